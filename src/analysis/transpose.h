/* transpose.h -- a raster unit by unit. */
#ifndef LM_TRANSPOSE_H
#define LM_TRANSPOSE_H

#include <stddef.h>
#include <stdint.h>

/* out: (n, words of steps), raster: (steps, words of n). */
void lm_raster_transpose(uint64_t *out, const uint64_t *raster, size_t steps,
                         size_t n);

#endif
