/* hear.h -- a_l(t): what a layer hears of the others. */
#ifndef LM_HEAR_H
#define LM_HEAR_H

#include "net/step.h"

/* space->a = sum over connections to l of w^ s_from - theta^. */
void lm_hear(const limen_image *image, lm_workspace *space,
             const lm_chunk *chunk, size_t l);

/* Connections from the input keep sums over the state it is in now, around
 * which its coming states will stray. */
void lm_hear_around(const limen_image *image, lm_workspace *space,
                    const lm_chunk *chunk);

static inline uint64_t *lm_chunk_bits(const lm_chunk *chunk, size_t l)
{
    const lm_state_layer *layer = &chunk->state->layer[l];

    return layer->bits + chunk->first * layer->words;
}

#endif
