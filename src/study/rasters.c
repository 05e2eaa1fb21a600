/* rasters.c -- see rasters.h. */
#include "study/rasters.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "net/image.h"
#include "net/input.h"
#include "net/state.h"

#include <assert.h>
#include <string.h>

enum {
    BLOCK = 1024,           // samples, as in net/evaluate.c
    ROOM = 16 * 1024 * 1024 // bytes of a block, where a sample needs no more
};

/* Bytes of one sample, at most a GiB: memory is refused before the system
 * promises what it does not have. */
static limen_status sample_bytes(size_t *bytes, const limen_image *image,
                                 size_t steps, size_t copies, limen_error *err)
{
    const size_t limit = (size_t)1 << 30;
    size_t words = 0;

    for (size_t l = 0; l < image->layers; l++)
        words += lm_bits_words(image->layer[l].n);
    assert(words > 0);
    if (!lm_size_multiply(bytes, words * copies * sizeof(uint64_t), steps) ||
        *bytes > limit)
        return lm_error_set(err, LIMEN_NO_MEMORY,
                            "steps: the spikes of %zu steps of one sample "
                            "need more than 1 GiB; up to %zu fit",
                            steps, limit / (words * copies * sizeof(uint64_t)));
    return LIMEN_OK;
}

limen_status lm_rasters_new(lm_rasters *out, const limen_image *image,
                            size_t samples, size_t steps, size_t copies,
                            limen_error *err)
{
    size_t bytes = 0;

    *out = (lm_rasters){ .image = image, .copies = copies };
    const limen_status status = sample_bytes(&bytes, image, steps, copies, err);
    if (status != LIMEN_OK)
        return status;
    out->most = bytes > ROOM ? 1 : ROOM / bytes;
    out->most = out->most < BLOCK ? out->most : BLOCK;
    out->most = out->most < samples ? out->most : samples;
    out->keys = lm_alloc(out->most, 1, sizeof *out->keys);
    bool is_full = out->keys != NULL;
    for (size_t k = 0; is_full && k < copies; k++) {
        out->raster[k] = lm_alloc(image->layers, 1, sizeof *out->raster[k]);
        is_full = out->raster[k] != NULL;
        for (size_t l = 0; is_full && l < image->layers; l++) {
            out->raster[k][l] =
                lm_alloc(out->most * steps, lm_bits_words(image->layer[l].n),
                         sizeof(uint64_t));
            is_full = out->raster[k][l] != NULL;
        }
    }
    if (!is_full)
        return lm_error_no_memory(err, "a raster", out->most * bytes);
    return limen_state_new(&out->state, image, out->most, err);
}

void lm_rasters_free(lm_rasters *rasters)
{
    for (size_t k = 0; k < rasters->copies; k++) {
        for (size_t l = 0;
             rasters->raster[k] != NULL && l < rasters->image->layers; l++)
            lm_free(rasters->raster[k][l]);
        lm_free(rasters->raster[k]);
    }
    limen_state_free(rasters->state);
    lm_free(rasters->keys);
    *rasters = (lm_rasters){ 0 };
}

limen_status lm_rasters_run(lm_rasters *rasters, size_t copy,
                            const limen_input *input, size_t first,
                            size_t count, size_t steps, uint64_t seed,
                            int threads, limen_error *err)
{
    const limen_record record = { .raster = rasters->raster[copy] };
    const limen_input part = lm_input_part(input, rasters->image->layer[0].n,
                                           first, count, rasters->keys);

    rasters->state->samples = rasters->most;
    limen_state_reset(rasters->state);
    rasters->state->samples = count;
    return limen_run(rasters->image, rasters->state, &part, steps, 0, seed,
                     threads, &record, err);
}
