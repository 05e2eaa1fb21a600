/* normalise.c -- the links that a unit hears sum to a constant.
 *
 *     w_ij <- w_ij target / sum_j |w_ij|
 *
 * over the excitatory sources of row i, and over the inhibitory ones by
 * themselves.  A row whose sum is within 2^-23 target stays as it is, so that a
 * row that did not change since is left alone whatever happened in between: how
 * far rows are looked at cannot be seen in the weights.
 *
 * | parameter | default | unit | is                       |
 * |-----------|---------|------|--------------------------|
 * | target    | 1       | of w | the sum of a row's links |
 *
 * Local to the listening unit.  Cost a step: the rows that changed.
 * After: Lazar, Pipa & Triesch 2009, Front. Comput. Neurosci. 3:23 (synaptic
 * normalisation); Turrigiano et al. 1998, Nature 391:892 (scaling).
 */
#include "plastic/plastic.h"

#include "base/vectorise.h"
#include "net/balance.h"

#include <math.h>

LM_VECTORISE static void scale(float *w, size_t count, double factor)
{
    for (size_t j = 0; j < count; j++)
        w[j] = (float)((double)w[j] * factor);
}

/* Scales the weights of one sign. */
LM_VECTORISE static void scale_sign(float *w, size_t count, float sign,
                                    double factor)
{
    for (size_t j = 0; j < count; j++) {
        const float scaled = (float)((double)w[j] * factor);

        w[j] = w[j] * sign > 0.0F ? scaled : w[j];
    }
}

/* The weights of one sign, 0 for the others. */
LM_VECTORISE static void select_sign(float *to, const float *w, size_t count,
                                     float sign)
{
    for (size_t j = 0; j < count; j++)
        to[j] = w[j] * sign > 0.0F ? w[j] * sign : 0.0F;
}

double lm_row_total(const limen_plastic *p, const lm_connection *c, size_t i,
                    float sign)
{
    const size_t first = lm_row_first(c, i);
    const size_t count = lm_row_first(c, i + 1) - first;
    float *room = lm_plastic_room(p);

    if (sign == 0.0F)
        return lm_row_sum(c->w + first, count);
    select_sign(room, c->w + first, count, sign);
    return lm_row_sum(room, count);
}

void lm_row_scale(limen_plastic *p, const limen_plastic_rule *rule, size_t i,
                  double factor)
{
    const size_t k = rule->place;
    const lm_connection *c = &p->net->connection[k];
    const size_t first = lm_row_first(c, i);
    const double before = rule->plus_minus ? lm_row_total(p, c, i, 0.0F) : 0.0;

    scale(c->w + first, lm_row_first(c, i + 1) - first, factor);
    if (rule->plus_minus) {
        float *theta = &p->net->theta[c->to][i];
        const double after = lm_row_total(p, c, i, 0.0F);

        *theta = (float)((double)*theta + (after - before) / 2.0);
        p->moved[c->to][i] = 1;
    }
    lm_plastic_mark(p, k, i);
}

/* Scales the weights of one sign; whether any changed. */
static bool normalise(limen_plastic *p, const lm_connection *c, size_t i,
                      float sign, double target)
{
    const size_t first = lm_row_first(c, i);
    const size_t count = lm_row_first(c, i + 1) - first;
    const double sum = lm_row_total(p, c, i, sign);
    const double factor = target / sum;

    if (sum == 0.0 || fabs(sum - target) <= target * 0x1p-23)
        return false;
    scale_sign(c->w + first, count, sign, factor);
    return true;
}

void lm_normalise_apply(limen_plastic *p, size_t r)
{
    const limen_plastic_rule *rule = &p->rule[r];
    const size_t k = rule->place;
    const lm_connection *c = &p->net->connection[k];
    const int threads = lm_plastic_threads(p, c->entries);

#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
    for (size_t i = 0; i < c->n; i++) {
        if (!p->unsummed[k][i])
            continue;
        const bool up = p->excites[c->from] &&
                        normalise(p, c, i, 1.0F, (double)rule->target);
        const bool down = p->inhibits[c->from] &&
                          normalise(p, c, i, -1.0F, (double)rule->target);

        if (up || down)
            p->changed[k][i] = 1;
        p->unsummed[k][i] = 0;
    }
    (void)threads;
}
