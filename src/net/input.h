/* input.h -- from pixels to spikes of the input layer. */
#ifndef LM_INPUT_H
#define LM_INPUT_H

#include "limen.h"

#include "kernels/kernels.h"

/* level_j = rint(65536 p_j) of one sample at one frame.  level: (units) */
void lm_input_levels(uint32_t *level, const limen_input *input, size_t units,
                     size_t sample, size_t frame);

/* The frame shown at step t >= 1. */
size_t lm_input_frame(const limen_input *input, size_t t);

static inline uint64_t lm_input_key(const limen_input *input, size_t sample)
{
    return input->keys == NULL ? sample : input->keys[sample];
}

/* s_0(t) of one sample.  s: (units) bits */
void lm_input_fire(uint64_t *s, const uint32_t *level, size_t units,
                   limen_encoder encoder, uint64_t seed, uint64_t key, size_t t,
                   const lm_kernels *kernel);

#endif
