/* stdp.c -- spike-timing dependent plasticity of excitatory links.
 *
 *     v_ij <- v_ij + rate (s_i(t) s_j(t-1)) - rate_down (s_i(t-1) s_j(t))
 *
 * for links that exist (v > 0), then v is cut at ceiling, and a link below
 * LIMEN_LINK_LEAST is gone.  v = |w|; sources that inhibit are left alone.  The
 * products are means over the samples.
 *
 * | parameter | default | unit | is                                        |
 * |-----------|---------|------|-------------------------------------------|
 * | rate      | 0.001   | of w | eta_stdp, what a causal pair adds          |
 * | rate_down | as rate | of w | what an anti-causal pair takes             |
 * | ceiling   | 1       | of w | the largest weight                         |
 *
 * Local: needs the spikes of both units, now and before.  Cost a step: the
 * rows of units that fire or fired.
 * After: Lazar, Pipa & Triesch 2009, Front. Comput. Neurosci. 3:23.
 */
#include "plastic/plastic.h"

#include "base/threads.h"

typedef struct stdp {
    float up, down, ceiling;
} stdp;

/* One weight.  x: where the pairs would move it. */
static inline float moved(float w, float sign, float change, float ceiling)
{
    float x = w + change;

    x = x > ceiling ? ceiling : x;
    x = x < LIMEN_LINK_LEAST ? 0.0F : x;
    return w > 0.0F && sign > 0.0F ? x : w;
}

static void move_dense(float *w, size_t m, const float *sign, const float *up,
                       const float *down, const stdp *by)
{
    for (size_t j = 0; j < m; j++)
        w[j] = moved(w[j], sign[j], by->up * up[j] - by->down * down[j],
                     by->ceiling);
}

static void move_sparse(float *w, const uint32_t *source, size_t count,
                        const float *sign, const float *up, const float *down,
                        const stdp *by)
{
    for (size_t e = 0; e < count; e++) {
        const uint32_t j = source[e];

        w[e] = moved(w[e], sign[j], by->up * up[j] - by->down * down[j],
                     by->ceiling);
    }
}

static void move_row(limen_plastic *p, size_t k, size_t i, const stdp *by,
                     const float *nothing)
{
    const lm_connection *c = &p->net->connection[k];
    const size_t first = lm_row_first(c, i);
    float *room = lm_plastic_room(p);
    const float *up = lm_pairs(p, c, i, 0, room);
    const float *down = lm_pairs(p, c, i, 1, room + p->widest);

    if (up == NULL && down == NULL)
        return;
    up = up == NULL ? nothing : up;
    down = down == NULL ? nothing : down;
    if (c->is_sparse)
        move_sparse(c->w + first, c->source + first,
                    lm_row_first(c, i + 1) - first, p->sign[c->from], up, down,
                    by);
    else
        move_dense(c->w + first, c->m, p->sign[c->from], up, down, by);
    lm_plastic_mark(p, k, i);
}

void lm_stdp_apply(limen_plastic *p, size_t r)
{
    const limen_plastic_rule *rule = &p->rule[r];
    const lm_connection *c = &p->net->connection[rule->place];
    const float samples = (float)p->state->samples;
    const stdp by = { .up = rule->rate / samples,
                      .down = rule->rate_down / samples,
                      .ceiling = rule->ceiling };
    const int threads = lm_plastic_threads(p, c->entries);

#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
    for (size_t i = 0; i < c->n; i++)
        move_row(p, rule->place, i, &by, p->nothing);
    (void)threads;
}
