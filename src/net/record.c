/* record.c -- spikes of a layer, streamed to a file.
 *
 * The file is (samples, steps, bytes), so samples are run one block after the
 * other; within a block the steps of one sample must stand together, so blocks
 * are as small as one sample when runs are long.
 */
#include "net/record.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "io/npy.h"
#include "net/image.h"
#include "net/input.h"

#include <assert.h>
#include <string.h>

enum { STEPS = 1024 }; // recorded in memory at a time

limen_status lm_raster_append(lm_file_writer *to, const uint64_t *raster,
                              size_t steps, size_t n, limen_error *err)
{
    const size_t words = lm_bits_words(n);
    const size_t bytes = (n + 7) / 8;
    unsigned char row[LIMEN_UNITS_MAX / 8 / 1024];
    limen_status status = LIMEN_OK;

    for (size_t t = 0; t < steps; t++)
        for (size_t k = 0; status == LIMEN_OK && k < bytes;) {
            size_t count = 0;

            for (; count < sizeof row && k < bytes; k++)
                row[count++] =
                    (unsigned char)(raster[t * words + k / 8] >> 8 * (k % 8));
            status = lm_file_append(to, row, count, err);
        }
    return status;
}

static limen_status record_sample(lm_file_writer *to, size_t layer,
                                  const limen_image *image,
                                  const limen_input *part, limen_state *state,
                                  uint64_t **raster, size_t steps,
                                  uint64_t seed, limen_error *err)
{
    const limen_record record = { .raster = raster };
    limen_status status = LIMEN_OK;

    limen_state_reset(state);
    for (size_t done = 0; status == LIMEN_OK && done < steps;) {
        const size_t now = steps - done < STEPS ? steps - done : STEPS;

        status = limen_run(image, state, part, now, 0, seed, 1, &record, err);
        if (status == LIMEN_OK)
            status = lm_raster_append(to, raster[layer], now,
                                      image->layer[layer].n, err);
        done += now;
    }
    return status;
}

static limen_status record_all(lm_file_writer *to, size_t layer,
                               const limen_image *image,
                               const limen_input *input, size_t steps,
                               uint64_t seed, limen_error *err)
{
    const size_t words = lm_bits_words(image->layer[layer].n);
    const size_t values = input->frames * image->layer[0].n;
    limen_state *state = NULL;
    uint64_t **raster = lm_alloc(image->layers, 1, sizeof *raster);
    limen_status status = limen_state_new(&state, image, 1, err);

    if (raster != NULL)
        raster[layer] = lm_alloc(STEPS, words, sizeof **raster);
    if (raster == NULL || raster[layer] == NULL)
        status = lm_error_no_memory(err, "a raster", STEPS * words * 8);
    for (size_t b = 0; status == LIMEN_OK && b < input->samples; b++) {
        const uint64_t key = lm_input_key(input, b);
        limen_input part = *input;

        part.samples = 1;
        part.keys = &key;
        if (input->bytes != NULL)
            part.bytes = input->bytes + b * values;
        else
            part.floats = input->floats + b * values;
        status = record_sample(to, layer, image, &part, state, raster, steps,
                               seed, err);
    }
    if (raster != NULL)
        lm_free(raster[layer]);
    lm_free(raster);
    limen_state_free(state);
    return status;
}

limen_status limen_record_raster(const char *path, size_t layer,
                                 const limen_image *image,
                                 const limen_input *input, size_t steps,
                                 uint64_t seed, int threads, limen_error *err)
{
    lm_file_writer to;
    limen_status status = limen_input_check(input, image->layer[0].n, err);

    (void)threads; // one sample at a time
    if (status != LIMEN_OK)
        return status;
    if (layer >= image->layers)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "layer: %zu is above %zu, the output", layer,
                            image->layers - 1);
    const size_t shape[] = { input->samples, steps,
                             (image->layer[layer].n + 7) / 8 };
    status = lm_npy_begin(&to, path, shape, 3, err);
    if (status != LIMEN_OK)
        return status;
    status = record_all(&to, layer, image, input, steps, seed, err);
    if (status != LIMEN_OK) {
        lm_file_abort(&to);
        return status;
    }
    return lm_file_commit(&to, err);
}
