/* sensitivity.c -- how many sources could each flip a unit by itself.
 *
 * A source that is flipped moves a^_i by +-w^_ij; it matters if that takes a^_i
 * across 0.  Summed over the units of a layer and divided by their number this
 * is, for one source flipped at random, the expected number of units that
 * differ a step later: the one-step growth of damage, without any twin run.
 */
#include "plastic/plastic.h"

#include "base/bits.h"

size_t lm_sensitivity(const limen_plastic *p, size_t connection, size_t i,
                      size_t b)
{
    const lm_connection *c = &p->net->connection[connection];
    const lm_image_connection *image = &p->image->connection[connection];
    const lm_state_layer *from = &p->state->layer[c->from];
    const uint64_t *s =
        (image->is_before ? p->before[c->from] : from->bits) + b * from->words;
    const int32_t a = p->a[c->to][b * c->n + i];
    const size_t first = lm_row_first(c, i);
    size_t flips = 0;

    for (size_t e = first; e < lm_row_first(c, i + 1); e++) {
        const size_t j = c->is_sparse ? c->source[e] : e - first;
        const int32_t w = c->is_sparse ? image->w[image->place[e]]
                                       : image->w[j * image->stride + i];

        flips += (a > 0) != (a + (lm_bits_get(s, j) ? -w : w) > 0);
    }
    return flips;
}
