/* courier.h -- arrays on their way to a checkpoint, or back. */
#ifndef LM_COURIER_H
#define LM_COURIER_H

#include "io/safetensors.h"
#include "plastic/plastic.h"

/* Writes where `to` is not NULL, else reads into the same place. */
typedef struct lm_courier {
    lm_tensors *to;
    const lm_safetensors *from;
    limen_error *err;
} lm_courier;

/* The array NAME.NUMBER. */
limen_status lm_carry(const lm_courier *by, const char *name, size_t number,
                      lm_dtype dtype, void *data, size_t count);

/* Masters, states and what rules remember. */
limen_status lm_carry_plastic(const lm_courier *by, limen_plastic *p);

/* Whether the bits past n are zero. */
limen_status lm_check_bits(const limen_plastic *p, const char *path,
                           limen_error *err);

#endif
