/* branching.h -- sums over pairs (A_t, A_(t+k)), of which r_k are made.
 *
 * A segment is a trial, or one of equal blocks that the pairs of a trial are
 * cut into; sums of segments add, so that a resample is a sum with weights.
 */
#ifndef LM_BRANCHING_H
#define LM_BRANCHING_H

#include "limen.h"

/* Over the pairs of one segment and lag; x = A_t, y = A_(t+k), both less a
 * number that is the same everywhere. */
typedef struct lm_pair_sums {
    double n, x, y, xx, xy;
} lm_pair_sums;

/* Activity less a number near its mean, whole if the counts are, so that their
 * sums are exact; and sums of the first t values and squares of each trial. */
typedef struct lm_pairs {
    size_t trials, steps;
    size_t blocks; /* of a trial */
    double *a;     /* (trials, steps) */
    double *sum;   /* (trials, steps + 1) */
    double *square;
} lm_pairs;

/* Refuses lags outside of least..steps / 2. */
limen_status lm_check_lags(size_t lags, size_t least, size_t steps,
                           limen_error *err);

/* Refuses what has no coefficients: numbers that are not finite, silence, a
 * constant (with `separated`, any constant trial).  `what` names the estimate
 * in the sentence. */
limen_status lm_pairs_new(lm_pairs *out, const double *activity, size_t trials,
                          size_t steps, bool separated, limen_error *err);
void lm_pairs_free(lm_pairs *pairs);

enum { LM_LAGS = 4 }; /* whose products share a pass over the activity */

/* sums: (count, segments) of lags lag..lag + count - 1, count <= LM_LAGS; the
 * blocks of a trial cut its steps - lag pairs. */
void lm_pairs_sums(lm_pair_sums *sums, const lm_pairs *pairs, size_t lag,
                   size_t count);

/* r of one lag from sums: (segments), segment = trial blocks + block, each
 * counted weight times (NULL: once); a trial counts for the mean share of its
 * blocks.  NAN if there is no variance. */
double lm_pairs_coefficient(const lm_pairs *pairs, const lm_pair_sums *sums,
                            const uint32_t *weight,
                            limen_branching_means means);

/* r[k - first] for k = first..last; sums is room for (LM_LAGS,
 * segments). */
limen_status lm_pairs_coefficients(double *r, size_t first, size_t last,
                                   const lm_pairs *pairs, lm_pair_sums *sums,
                                   limen_branching_means means,
                                   limen_error *err);

#endif
