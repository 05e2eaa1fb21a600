/* tail_laws.h -- log densities of heavy-tailed and other laws on a range. */
#ifndef LM_TAIL_LAWS_H
#define LM_TAIL_LAWS_H

#include "analysis/tail.h"

/* Means over the events of a range, relative to a. */
typedef struct lm_moments {
    double above;      /* of x - a */
    double log_ratio;  /* of ln(x / a) */
    double log_square; /* of its square */
} lm_moments;

lm_moments lm_range_moments(const lm_range *range);

/* A law with its parameters on a range, ready for many x. */
typedef struct lm_law {
    limen_tail_law law;
    const lm_range *range;
    double parameter[2];
    double log_norm;
} lm_law;

/* NAN or infinite log_norm: no such law on this range. */
lm_law lm_law_on(limen_tail_law law, const double parameter[2],
                 const lm_range *range);

double lm_law_log_density(const lm_law *law, double x, double log_x);

/* The sum of log densities over the events; from the moments alone where that
 * is possible. */
double lm_law_log_likelihood(const lm_law *law, const lm_moments *moments);

#endif
