/* self_critical.c -- each unit brings itself to the edge of chaos.
 *
 *     f_i  <- f_i + (flips_i - f_i) / window
 *     w_ij <- w_ij / (1 + rate)  if f_i > target, else  w_ij (1 + rate)
 *
 * where flips_i is how many of unit i's sources would each flip it by
 * themselves: f_i estimates K P_bf, the unit's share in the growth of damage.
 * Weights whose largest would exceed `ceiling` stay.
 *
 * | parameter | default | unit  | is                                   |
 * |-----------|---------|-------|--------------------------------------|
 * | rate      | 0.01    |       | nu                                   |
 * | target    | 1       | units | growth aimed at                      |
 * | window    | 100     | steps | memory of f                          |
 * | ceiling   | 1000    | of w  | the largest weight that still grows  |
 *
 * Local: needs the unit's own sum, its weights and the spikes it hears.  O(K) a
 * unit and step.
 * After: Bertschinger, Natschlaeger & Legenstein 2004, NIPS 17:145; differs in
 * measuring P_bf by each source in turn instead of from the weights' variance.
 */
#include "plastic/plastic.h"

#include <math.h>

static float largest(const lm_connection *c, size_t i)
{
    float most = 0.0F;

    for (size_t e = lm_row_first(c, i); e < lm_row_first(c, i + 1); e++)
        most = fmaxf(most, fabsf(c->w[e]));
    return most;
}

static void move_unit(limen_plastic *p, size_t r, size_t i)
{
    const limen_plastic_rule *rule = &p->rule[r];
    const lm_connection *c = &p->net->connection[rule->place];
    const double grown = 1.0 + (double)rule->rate;
    float *own = &p->memory[r].own[i];
    float flips = 0.0F; // exact: at most 2^24

    for (size_t b = 0; b < p->state->samples; b++)
        flips += (float)lm_sensitivity(p, rule->place, i, b);
    *own += (flips / (float)p->state->samples - *own) / (float)rule->window;
    if (*own > rule->target)
        lm_row_scale(p, rule, i, 1.0 / grown);
    else if ((double)largest(c, i) * grown <= (double)rule->ceiling)
        lm_row_scale(p, rule, i, grown);
}

void lm_self_critical_apply(limen_plastic *p, size_t r)
{
    const lm_connection *c = &p->net->connection[p->rule[r].place];
    const int threads = lm_plastic_threads(p, c->entries);

#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
    for (size_t i = 0; i < c->n; i++)
        move_unit(p, r, i);
    (void)threads;
}
