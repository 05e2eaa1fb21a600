/* tail.h -- events as distinct values with counts, and the laws of a range of
 * them. */
#ifndef LM_TAIL_H
#define LM_TAIL_H

#include "limen.h"

#include <stdbool.h>
#include <stddef.h>

struct limen_tail {
    bool discrete;
    size_t distinct;
    double *value; /* (distinct) ascending */
    double *count; /* (distinct) */
    double *below; /* (distinct + 1) events below value[i]; all at the end */
    double *log_value; /* (distinct) */
    double *log_above; /* (distinct + 1) sum of logs of the events from i on */
};

/* Exponents are looked for up to here; from ALPHA_MIN with xmax only. */
#define LM_ALPHA_MAX 20.0
#define LM_ALPHA_MIN (-5.0)

/* An empty set with room for n events; NULL if there is no memory. */
limen_tail *lm_tail_room(size_t n, bool discrete);

/* Fills the arrays, which have room for n, from n > 0 sorted events. */
void lm_tail_fill(limen_tail *tail, const double *sorted, size_t n);

/* Sorts n positive numbers; room: (n). */
void lm_sort_positive(double *x, double *room, size_t n);

/* The events in [a, b]: value[first] .. value[past - 1]. */
typedef struct lm_range {
    const limen_tail *tail;
    size_t first, past;
    double a, b;
    double events;
} lm_range;

/* For whole numbers xmin is rounded up, xmax down. */
lm_range lm_tail_range(const limen_tail *tail, double xmin, double xmax);

/* The first i with value[i] >= x. */
size_t lm_tail_find(const limen_tail *tail, double x);

/* sum or integral of (x / a)^-alpha from x to b over that from a to b. */
double lm_power_survival(bool discrete, double alpha, double a, double b,
                         double x);

/* The mean of ln(x / a) of the events of a range. */
double lm_range_mean_log(const lm_range *range);

/* The exponent of most likelihood for events in [a, b] whose mean of ln(x / a)
 * is `mean`; NAN if there is none within the bounds of alpha. */
double lm_power_exponent(bool discrete, double a, double b, double mean);

/* The power law of most likelihood; false if there is none within the bounds
 * of alpha.  Fills all but the distance, which is NAN. */
bool lm_power_fit(limen_tail_power *out, const lm_range *range);

/* D of a fitted law; or, as soon as it is sure to be above `limit`, any number
 * above it.  *where: a value to look at first, where a range that begins nearby
 * had its D; then where this one has it. */
double lm_power_distance(const lm_range *range, double alpha, double limit,
                         size_t *where);

#endif
