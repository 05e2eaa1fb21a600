/* annealed.h -- a branching network whose links are drawn anew each step. */
#ifndef LM_ANNEALED_H
#define LM_ANNEALED_H

#include "limen.h"

typedef struct lm_annealed {
    size_t units;
    double *coupling; /* (units) alpha_i */
    double drive;     /* h */
    double target;    /* r* */
    double memory;    /* tau_hp in steps; 0: couplings stay */
    uint64_t seed;
} lm_annealed;

/* Unit i fires with chance 1 - exp(-(alpha_i active / n + h)), then alpha_i +=
 * (r* - s_i) / tau_hp, at least 0, unless `frozen`.  bits: (words of units), of
 * step t.  Returns how many fire.  active: of the step before. */
size_t lm_annealed_step(lm_annealed *net, uint64_t *bits, size_t active,
                        size_t t, bool frozen);

double lm_annealed_mean(const lm_annealed *net);

#endif
