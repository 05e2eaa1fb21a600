/* input.h -- from pixels to spikes of the input layer. */
#ifndef LM_INPUT_H
#define LM_INPUT_H

#include "limen.h"

#include "kernels/kernels.h"

/* What one sample is shown at one frame: level_j = rint(65536 p_j) as the
 * kernel wants it. */
void lm_input_chances(lm_chances *to, const limen_input *input,
                      const uint32_t *of_byte, size_t units, size_t sample,
                      size_t frame);

/* The level of every byte value, for inputs of bytes.  of_byte: (256) */
void lm_input_levels(uint32_t *of_byte, const limen_input *input);

static inline size_t lm_input_blocks(size_t units)
{
    return (units + 7) / 8;
}

/* The state from which the draws of a frame differ least.  s: (units) bits */
void lm_input_likely(uint64_t *s, const lm_chances *chances, size_t units);

/* The frame shown at step t >= 1. */
size_t lm_input_frame(const limen_input *input, size_t t);

static inline uint64_t lm_input_key(const limen_input *input, size_t sample)
{
    return input->keys == NULL ? sample : input->keys[sample];
}

/* Samples first .. first + count - 1 as an input of their own, with their keys.
 * keys: (count), which the part points to */
limen_input lm_input_part(const limen_input *input, size_t units, size_t first,
                          size_t count, uint64_t *keys);

/* s_0(t) of one sample.  s: (units) bits, zero where nothing can fire */
void lm_input_fire(uint64_t *s, const lm_chances *chances, size_t units,
                   limen_encoder encoder, uint64_t seed, uint64_t key, size_t t,
                   const lm_kernels *kernel);

#endif
