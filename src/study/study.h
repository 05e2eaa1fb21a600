/* study.h -- a study as it was read, and its directory. */
#ifndef LM_STUDY_H
#define LM_STUDY_H

#include "limen.h"

#include <jansson.h>

enum {
    LM_STUDY_LABEL_MAX = 60,  /* bytes */
    LM_STUDY_LIST_MAX = 1000, /* arms, seeds, conditions, ... of each */
    LM_STUDY_PATH_MAX = 1200  /* bytes, the zero counted */
};

/* Measures of an answer; docs/compare.md says what each is. */
#define LM_MEASURES(X)                                                         \
    X(ACCURACY, "accuracy")                                                    \
    X(TIES, "ties")                                                            \
    X(SILENT, "silent")                                                        \
    X(SATURATED, "saturated")                                                  \
    X(WINNER, "winner")                                                        \
    X(ECE, "ece")                                                              \
    X(ECE_TEMPERATURE, "ece_temperature")                                      \
    X(TEMPERATURE, "temperature")                                              \
    X(ROC_AREA, "roc_area")                                                    \
    X(LOSS, "loss")

typedef enum lm_measure {
#define X(name, text) LM_##name,
    LM_MEASURES(X)
#undef X
        LM_MEASURE_COUNT
} lm_measure;

const char *lm_measure_name(lm_measure measure);

/* Measures of stability, each a mean over hidden layers or one number. */
#define LM_STABILITIES(X)                                                      \
    X(SETTLE, "settle")                                                        \
    X(FLIPS, "flips")                                                          \
    X(AUTOCORRELATION, "autocorrelation")                                      \
    X(AGREEMENT, "agreement")                                                  \
    X(STANDS, "stands")                                                        \
    X(SAME_ANSWER, "same_answer")                                              \
    X(ENTROPY, "entropy")

typedef enum lm_stability {
#define X(name, text) LM_##name,
    LM_STABILITIES(X)
#undef X
        LM_STABILITY_COUNT
} lm_stability;

const char *lm_stability_name(lm_stability measure);

typedef struct lm_study_arm {
    char label[LM_STUDY_LABEL_MAX + 1];
    char file[LM_STUDY_LABEL_MAX + 1]; /* the label, fit for a file's name */
    bool is_baseline;
    limen_settings *settings; /* resolved and matched; of a baseline: what base
                                 gives it */
    json_t *options;          /* a baseline's own */
    size_t parameters;        /* of a Limen network with these settings */
} lm_study_arm;

typedef struct lm_condition {
    size_t kind; /* index of a corruption */
    double amount;
} lm_condition;

struct limen_study {
    char path[LM_STUDY_PATH_MAX];
    char dir[LM_STUDY_PATH_MAX]; /* "" until it is opened */
    char *name, *question, *script;
    char *options_text; /* of limen_study_options, jansson's */
    limen_settings *base;
    lm_study_arm *arm; /* baselines last */
    size_t arms;
    size_t reference;
    size_t *best_of;
    size_t best_count;
    bool match_parameters;
    bool compares[LM_MEASURE_COUNT]; /* measures with differences */
    bool compares_stability;

    size_t *seed;
    size_t seeds;
    size_t test_samples;     /* 0: all */
    lm_condition *condition; /* one corruption after the other, ascending */
    size_t conditions;
    size_t *vote_steps, *example;
    size_t votes, examples;
    size_t examples_updates;
    size_t stability; /* samples; 0: none */
    size_t stability_steps;

    limen_data *train, *test; /* all there is */
};

/* Reads the file into a zeroed study; data, resolved settings and parameters
 * are not its. */
limen_status lm_study_read(limen_study *study, const char *text, size_t size,
                           limen_error *err);

/* The samples of a cell.  validation may be NULL. */
typedef struct lm_study_data {
    limen_data *train, *validation, *test;
} lm_study_data;

limen_status lm_study_data_new(lm_study_data *out, const limen_study *study,
                               size_t seed, limen_error *err);
void lm_study_data_free(lm_study_data *data);

/* `count` training samples of each class, those for a smaller count among
 * them. */
limen_status lm_study_examples(limen_data **out, const limen_study *study,
                               size_t seed, size_t count, limen_error *err);

/* Epochs that few samples are trained for: at least those of the settings, and
 * at least examples-updates updates. */
size_t lm_study_epochs(const limen_study *study, const limen_settings *settings,
                       size_t samples);

/* Makes a directory and those above it. */
limen_status lm_make_dir(const char *path, limen_error *err);

/* DIR/<name> */
limen_status lm_study_path(char path[LM_STUDY_PATH_MAX],
                           const limen_study *study, const char *name,
                           limen_error *err);
limen_status lm_cell_path(char path[LM_STUDY_PATH_MAX],
                          const limen_study *study, size_t cell,
                          limen_error *err);

/* Writes JSON as text that is the same on every machine; consumes value. */
limen_status lm_json_write(const char *path, json_t *value, limen_error *err);

json_t *lm_json_counts(const size_t *list, size_t count);

/* {"gaussian": [0.1, 0.3], ...} */
json_t *lm_json_conditions(const limen_study *study);

/* A cell that is done, checked for what the study asks of it. */
limen_status lm_cell_read(json_t **out, const limen_study *study, size_t cell,
                          limen_error *err);

#endif
