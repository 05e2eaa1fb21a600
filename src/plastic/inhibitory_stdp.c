/* inhibitory_stdp.c -- inhibition that holds the rates of those it meets.
 *
 *     v_ik <- v_ik - rate s_k(t-1) (1 - s_i(t) (1 + 1 / target))
 *
 * for links of sources that inhibit and exist (v = |w| > 0); a value of 0 or
 * less becomes `floor`.  The products are means over the samples.
 *
 * | parameter | default | unit          | is                               |
 * |-----------|---------|---------------|----------------------------------|
 * | rate      | 0.001   | of w          | eta_istdp                        |
 * | target    | 0.1     | spikes a step | the rate at which nothing changes |
 * | floor     | 0.001   | of w          | the least weight                 |
 *
 * Local: needs the spikes of both units.  Cost a step: all rows in which a
 * source fired.
 * After: Zheng, Dimitrakakis & Triesch 2013, PLoS Comput. Biol. 9:e1002848.
 */
#include "plastic/plastic.h"

typedef struct inhibitory {
    float rate, gain, floor;
} inhibitory;

static inline float moved(float w, float sign, float both, float alone,
                          const inhibitory *by)
{
    float x = -w + by->rate * (by->gain * both - alone);

    x = x <= 0.0F ? by->floor : x;
    return w < 0.0F && sign < 0.0F ? -x : w;
}

static void move_row(limen_plastic *p, size_t k, size_t i, const inhibitory *by)
{
    const lm_connection *c = &p->net->connection[k];
    const float *sign = p->sign[c->from];
    const uint32_t *source = lm_row_sources(c, i);
    const size_t first = lm_row_first(c, i);
    const size_t count = lm_row_first(c, i + 1) - first;
    float *room = lm_plastic_room(p);
    const float *both = lm_pairs(p, c, i, 0, room);
    const float *alone = lm_pairs(p, c, i, 2, room + p->widest);
    float *w = c->w + first;

    if (alone == NULL)
        return; // no source fired
    both = both == NULL ? p->nothing : both;
    for (size_t e = 0; source == NULL && e < count; e++)
        w[e] = moved(w[e], sign[e], both[e], alone[e], by);
    for (size_t e = 0; source != NULL && e < count; e++)
        w[e] =
            moved(w[e], sign[source[e]], both[source[e]], alone[source[e]], by);
    lm_plastic_mark(p, k, i);
}

void lm_inhibitory_stdp_apply(limen_plastic *p, size_t r)
{
    const limen_plastic_rule *rule = &p->rule[r];
    const lm_connection *c = &p->net->connection[rule->place];
    const inhibitory by = { .rate = rule->rate / (float)p->state->samples,
                            .gain = 1.0F + 1.0F / rule->target,
                            .floor = rule->floor };
    const int threads = lm_plastic_threads(p, c->entries);

#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
    for (size_t i = 0; i < c->n; i++)
        move_row(p, rule->place, i, &by);
    (void)threads;
}
