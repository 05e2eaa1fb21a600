/* balance.h -- rows of weights that sum to zero, as integers too.
 *
 * A balanced row runs as v_j = w_j - mean(w).  Rounded one by one, its integers
 * would not sum to zero; instead sums are rounded:
 *
 *     w^_j = rint(V_j) - rint(V_(j-1)),   V_j = (v_0 + ... + v_j) 2^q
 *
 * so that all of a row sum to rint(V_m-1) = 0, and each is less than one off
 * (docs/numerics.md section 1).
 */
#ifndef LM_BALANCE_H
#define LM_BALANCE_H

#include "net/network.h"

#include <math.h>

/* In double: 16 sums of every sixteenth weight, then those in order. */
double lm_row_sum(const float *w, size_t count);
double lm_row_mean(const float *w, size_t count);

/* The largest |w - mean|, as a float; NAN if there is one. */
float lm_row_gap(const float *w, size_t count, double mean);

/* A row on its way, from the first weight on. */
typedef struct lm_balance {
    double mean, scale, sum, last;
} lm_balance;

static inline int32_t lm_balance_next(lm_balance *at, float w)
{
    at->sum += ((double)w - at->mean) * at->scale;
    const double now = rint(at->sum);
    const int32_t rounded = (int32_t)(now - at->last);

    at->last = now;
    return rounded;
}

/* Subtracts the mean of each row of the balanced connections, in place: of
 * masters, or of gradients that lie as masters do. */
void lm_balance_rows(float *w, size_t rows, size_t cols, int threads);

#endif
