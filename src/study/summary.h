/* summary.h -- the cells of a study as a table of arms, seeds and columns. */
#ifndef LM_SUMMARY_H
#define LM_SUMMARY_H

#include "study/study.h"

typedef enum lm_what {
    LM_AT,      /* a condition; place 0 is clean */
    LM_OVERALL, /* the mean over all conditions but clean */
    LM_AREA,    /* over the amounts of one corruption; place: its first */
    LM_FEW,     /* trained on few examples; place of their number */
    LM_VOTES,   /* after other numbers of steps; place of their number */
    LM_STABLE   /* place: a measure of stability */
} lm_what;

typedef struct lm_column {
    lm_what what;
    lm_measure measure; /* LM_AT, LM_OVERALL; accuracy otherwise */
    size_t place;
} lm_column;

typedef struct lm_difference {
    size_t arm, reference;
    bool is_best_of; /* reference is the best of the study's best-of here */
    lm_column column;
    limen_interval interval;
    double t, p, p_holm;
    bool is_real;
} lm_difference;

typedef struct lm_summary {
    const limen_study *study;
    json_t **cell; /* (seeds, arms) */
    lm_difference *difference;
    size_t differences;
} lm_summary;

/* A value of one cell; NAN if there is none. */
double lm_summary_value(const lm_summary *summary, size_t arm, size_t seed,
                        lm_column column);

/* x: (seeds) */
void lm_summary_values(double *x, const lm_summary *summary, size_t arm,
                       lm_column column);

/* The next corruption after the one that condition k is of: conditions of one
 * corruption are k .. next - 1. */
size_t lm_next_kind(const limen_study *study, size_t k);

/* The amount at which a corruption does nothing; NAN: none. */
double lm_clean_amount(size_t kind);

/* Whether more is better: 1, -1, or 0 for neither. */
int lm_measure_sign(lm_measure measure);

/* Fills difference, p corrected. */
limen_status lm_summary_compare(lm_summary *summary, limen_error *err);

json_t *lm_difference_json(const lm_summary *summary,
                           const lm_difference *difference);

/* In plain words, what is real and what is not. */
json_t *lm_summary_sentences(const lm_summary *summary);

/* " on clean samples", " under gaussian 0.3", ... */
void lm_column_words(char *out, size_t bytes, const limen_study *study,
                     lm_column column);

limen_status lm_summary_markdown(const lm_summary *summary,
                                 const json_t *result, limen_error *err);

#endif
