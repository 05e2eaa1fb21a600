/* law.h -- whole numbers that follow a Poisson or binomial law.
 *
 * A draw is the inverse of the distribution function at a 64-bit draw of
 * Philox, looked up in a table of thresholds.  The table is made of +, *, / in
 * a fixed order and never of libm, so that all machines draw the same numbers.
 * Each probability is right to about d 2^-53, d the distance from the mode;
 * what lies further out than probabilities of 1e-30 of the mode's is left out.
 */
#ifndef LM_LAW_H
#define LM_LAW_H

#include "base/rng.h"

#include <stdbool.h>
#include <stddef.h>

/* 64-bit draws of one stream, sample key and step, in order. */
typedef struct lm_draws {
    uint64_t seed, key;
    uint32_t stream, step;
    uint32_t next; /* draws taken, below 2^25 */
    lm_block block;
} lm_draws;

static inline uint64_t lm_draws_next(lm_draws *draws)
{
    const uint32_t half = draws->next % 2;

    if (half == 0)
        draws->block = lm_draw_block(draws->seed, draws->stream, draws->key,
                                     draws->step, draws->next / 2);
    draws->next++;
    return (uint64_t)draws->block.word[2 * half + 1] << 32 |
           draws->block.word[2 * half];
}

typedef struct lm_law {
    uint64_t low;        /* the least value */
    size_t values;       /* low .. low + values - 1 */
    uint64_t *threshold; /* (values) 2^64 P(X <= low + i); the last is never
                            compared */
    uint32_t guide[256]; /* where to look first, by the draw's highest byte */
} lm_law;

/* Binomial of `trials` trials with that mean in [0, trials], trials a whole
 * number below 2^31; Poisson if trials is 0, mean at most 1e6.  False if memory
 * is out; lm_law_free then and always. */
bool lm_law_new(lm_law *law, double mean, double trials);
void lm_law_free(lm_law *law);

static inline uint64_t lm_law_draw(const lm_law *law, lm_draws *draws)
{
    const uint64_t u = lm_draws_next(draws);
    size_t i = law->guide[u >> 56];

    while (i + 1 < law->values && u >= law->threshold[i])
        i++;
    return law->low + i;
}

enum { LM_LAW_DOUBLINGS = 11 };

/* Sums of independent numbers of one law: sum[j] is the law of 2^j of them. */
typedef struct lm_sums {
    lm_law sum[LM_LAW_DOUBLINGS];
} lm_sums;

/* mean <= 64, trials <= 2^20: of one of them. */
bool lm_sums_new(lm_sums *sums, double mean, double trials);
void lm_sums_free(lm_sums *sums);

/* A sum of `copies` <= 2^34; takes at most copies / 1024 + 10 draws. */
uint64_t lm_sums_draw(const lm_sums *sums, uint64_t copies, lm_draws *draws);

#endif
