/* rasters.h -- samples run block by block, with what all layers did. */
#ifndef LM_RASTERS_H
#define LM_RASTERS_H

#include "limen.h"

enum { LM_RASTER_COPIES = 2 };

typedef struct lm_rasters {
    const limen_image *image;
    limen_state *state;
    uint64_t *keys; /* (most) */
    size_t most;    /* samples of a block */
    size_t copies;
    /* [copy][layer] (most, steps, words of n_l) */
    uint64_t **raster[LM_RASTER_COPIES];
} lm_rasters;

/* Room for up to `samples` samples of `steps` steps, `copies` times; fewer
 * samples make a block where they are long, and what one sample needs is
 * limited.  Free `out` also after a failure. */
limen_status lm_rasters_new(lm_rasters *out, const limen_image *image,
                            size_t samples, size_t steps, size_t copies,
                            limen_error *err);
void lm_rasters_free(lm_rasters *rasters);

/* Runs samples first .. first + count - 1 of the input from rest, count <=
 * most. */
limen_status lm_rasters_run(lm_rasters *rasters, size_t copy,
                            const limen_input *input, size_t first,
                            size_t count, size_t steps, uint64_t seed,
                            int threads, limen_error *err);

#endif
