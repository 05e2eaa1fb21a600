/* structural.c -- links that appear.
 *
 *     with chance `chance` a step, one absent link, drawn, gets the weight floor
 *
 * A pair of the connection's pattern whose weight is 0 is an absent link; a
 * unit never gets one to itself.  With stream LM_STREAM_PLASTIC, key =
 * connection and step = t: draw 0 says whether, draws 1, 2, .. each pick an
 * entry, until one is absent or all TRIES have failed.  A source that inhibits
 * gets -floor.
 *
 * | parameter | default | unit   | is                           |
 * |-----------|---------|--------|------------------------------|
 * | chance    | 0.1     | a step | that a link appears          |
 * | floor     | 0.001   | of w   | the weight of a new link     |
 *
 * Links disappear by STDP.  After: Zheng, Dimitrakakis & Triesch 2013, PLoS
 * Comput. Biol. 9:e1002848.
 */
#include "plastic/plastic.h"

#include "base/rng.h"

#include <math.h>

enum { TRIES = 64 }; // all fail with chance 1e-3 where nine in ten exist

/* The row of an entry. */
static size_t row_of(const lm_connection *c, size_t e)
{
    size_t low = 0;
    size_t high = c->n;

    if (!c->is_sparse)
        return e / c->m;
    while (high - low > 1) {
        const size_t middle = (low + high) / 2;

        if (c->row_start[middle] <= e)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void lm_structural_apply(limen_plastic *p, size_t r, size_t t)
{
    const limen_plastic_rule *rule = &p->rule[r];
    const size_t k = rule->place;
    const lm_connection *c = &p->net->connection[k];
    const uint64_t bound = (uint64_t)rint(4294967296.0 * rule->chance);

    if (lm_draw(p->seed, LM_STREAM_PLASTIC, k, (uint32_t)t, 0) >= bound)
        return;
    for (uint32_t u = 1; u <= TRIES; u++) {
        const uint32_t draw =
            lm_draw(p->seed, LM_STREAM_PLASTIC, k, (uint32_t)t, u);
        const size_t e = lm_draw_below(draw, c->entries);
        const size_t i = row_of(c, e);
        const size_t j = c->is_sparse ? c->source[e] : e - i * c->m;

        if (c->w[e] != 0.0F || (c->from == c->to && i == j))
            continue;
        c->w[e] = p->sign[c->from][j] * rule->floor;
        lm_plastic_mark(p, k, i);
        return;
    }
}
