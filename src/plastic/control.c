/* control.c -- a layer held at a set-point by a closed loop.
 *
 * Every `window` steps the quantity x is estimated from those steps, over all
 * samples, and
 *
 *     rate        theta_i <- theta_i + rate (x - target)       all units
 *     branching   w_ij <- w_ij (1 + rate (target - x))         all weights
 *     growth      the same
 *
 * with the factor kept within [1/2, 2].  x is the mean rate; the slope of the
 * regression of a step's spikes on those of the step before, which is the
 * branching ratio where all units are seen (subsampled, it is not: see
 * limen_branching_ratio); or the one-step growth of damage (sensitivity.c).
 * Without spikes the branching ratio is taken as 0; where activity is constant
 * it is not known and nothing changes.
 *
 * | parameter | default | unit  | is               |
 * |-----------|---------|-------|------------------|
 * | rate      | 0.1     |       | gain of the loop |
 * | target    |         |       | the set-point    |
 * | window    | 1000    | steps | of an estimate   |
 *
 * sums: 0 what is summed, 1 steps, 2 the last estimate, 3 .. 6 of regression.
 */
#include "plastic/plastic.h"

#include "base/bits.h"

#include <math.h>

enum { SUM, STEPS, LAST, X, Y, XX, XY };

/* Whether a window is full; its steps are counted anew then. */
static bool is_full(lm_plastic_memory *memory, const limen_plastic_rule *rule)
{
    memory->sums[STEPS] += 1.0;
    if (memory->sums[STEPS] < (double)rule->window)
        return false;
    memory->sums[STEPS] = 0.0;
    return true;
}

static double count(const uint64_t *bits, const lm_state_layer *layer,
                    size_t samples)
{
    return (double)lm_bits_count(bits, samples * layer->words);
}

static void scale_all(limen_plastic *p, const limen_plastic_rule *rule,
                      double x)
{
    const lm_connection *c = &p->net->connection[rule->place];
    const double factor = 1.0 + (double)rule->rate * ((double)rule->target - x);

    for (size_t i = 0; i < c->n; i++)
        lm_row_scale(p, rule, i, fmin(fmax(factor, 0.5), 2.0));
}

void lm_control_rate_apply(limen_plastic *p, size_t r)
{
    const limen_plastic_rule *rule = &p->rule[r];
    const lm_state_layer *layer = &p->state->layer[rule->place];
    lm_plastic_memory *memory = &p->memory[r];
    float *theta = p->net->theta[rule->place];

    memory->sums[SUM] += count(layer->bits, layer, p->state->samples);
    if (!is_full(memory, rule))
        return;
    const double all = (double)rule->window * (double)p->state->samples;
    const double x = memory->sums[SUM] / (all * (double)layer->n);

    for (size_t i = 0; i < layer->n; i++) {
        theta[i] += rule->rate * (float)(x - (double)rule->target);
        p->moved[rule->place][i] = 1;
    }
    memory->sums[LAST] = x;
    memory->sums[SUM] = 0.0;
}

/* The slope of y on x; false where it is not known. */
static bool slope(double *m, const double *sums, double pairs)
{
    const double spread = pairs * sums[XX] - sums[X] * sums[X];

    *m = 0.0;
    if (sums[X] == 0.0)
        return true;
    if (spread == 0.0)
        return false;
    *m = (pairs * sums[XY] - sums[X] * sums[Y]) / spread;
    return true;
}

void lm_control_branching_apply(limen_plastic *p, size_t r)
{
    const limen_plastic_rule *rule = &p->rule[r];
    const size_t l = p->net->connection[rule->place].to;
    const lm_state_layer *layer = &p->state->layer[l];
    double *sums = p->memory[r].sums;
    double m;

    for (size_t b = 0; b < p->state->samples; b++) {
        const double x = count(p->before[l] + b * layer->words, layer, 1);
        const double y = count(layer->bits + b * layer->words, layer, 1);

        sums[X] += x;
        sums[Y] += y;
        sums[XX] += x * x;
        sums[XY] += x * y;
    }
    if (!is_full(&p->memory[r], rule))
        return;
    if (slope(&m, sums, (double)rule->window * (double)p->state->samples)) {
        scale_all(p, rule, m);
        sums[LAST] = m;
    }
    sums[X] = sums[Y] = sums[XX] = sums[XY] = 0.0;
}

void lm_control_growth_apply(limen_plastic *p, size_t r)
{
    const limen_plastic_rule *rule = &p->rule[r];
    const lm_connection *c = &p->net->connection[rule->place];
    lm_plastic_memory *memory = &p->memory[r];

    for (size_t b = 0; b < p->state->samples; b++)
        for (size_t i = 0; i < c->n; i++)
            memory->sums[SUM] += (double)lm_sensitivity(p, rule->place, i, b);
    if (!is_full(memory, rule))
        return;
    const double all = (double)rule->window * (double)p->state->samples;
    const double x = memory->sums[SUM] / (all * (double)c->m);

    scale_all(p, rule, x);
    memory->sums[LAST] = x;
    memory->sums[SUM] = 0.0;
}
