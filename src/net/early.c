/* early.c -- answers that need not wait for the last step. */
#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "net/image.h"
#include "net/input.h"
#include "net/state.h"

#include <string.h>

enum { BLOCK = 1024 }; // samples, as in evaluate.c

typedef struct early {
    const limen_image *image;
    limen_state *state;
    uint64_t *keys;    /* (BLOCK) */
    uint64_t **raster; /* [layer], the output's (BLOCK, steps, words) */
    uint32_t *counts;  /* (n_L) */
    size_t outputs, steps;
} early;

static void early_free(early *room)
{
    limen_state_free(room->state);
    if (room->raster != NULL)
        lm_free(room->raster[room->image->layers - 1]);
    lm_free(room->raster);
    lm_free(room->keys);
    lm_free(room->counts);
}

static limen_status early_new(early *room, const limen_image *image,
                              size_t samples, size_t steps, limen_error *err)
{
    const size_t most = samples < BLOCK ? samples : BLOCK;
    size_t rows;

    *room = (early){ .image = image,
                     .outputs = image->layer[image->layers - 1].n,
                     .steps = steps };
    const size_t words = lm_bits_words(room->outputs);
    room->keys = lm_alloc(most, 1, sizeof *room->keys);
    room->counts = lm_alloc(room->outputs, 1, sizeof *room->counts);
    room->raster = lm_alloc(image->layers, 1, sizeof *room->raster);
    if (room->raster != NULL && lm_size_multiply(&rows, most, steps))
        room->raster[image->layers - 1] =
            lm_alloc(rows, words, sizeof **room->raster);
    if (room->keys == NULL || room->counts == NULL || room->raster == NULL ||
        room->raster[image->layers - 1] == NULL)
        return lm_error_set(err, LIMEN_NO_MEMORY,
                            "out of memory for %zu steps of %zu samples", steps,
                            most);
    return limen_state_new(&room->state, image, most, err);
}

/* How far the leader is ahead of the next. */
static size_t lead_of(const uint32_t *counts, size_t n)
{
    uint32_t first = 0;
    uint32_t second = 0;

    for (size_t i = 0; i < n; i++) {
        if (counts[i] > first) {
            second = first;
            first = counts[i];
        } else if (counts[i] > second) {
            second = counts[i];
        }
    }
    return first - second;
}

/* One sample: the answer at every lead, in one pass over its steps. */
static void answer(early *room, double *right, double *step,
                   const uint64_t *raster, uint32_t label, uint64_t key,
                   const size_t *leads, size_t points, uint64_t seed)
{
    const size_t words = lm_bits_words(room->outputs);
    uint64_t is_given = 0; // a bit a point

    memset(room->counts, 0, room->outputs * sizeof *room->counts);
    for (size_t t = 1; t <= room->steps; t++) {
        for (size_t i = 0; i < room->outputs; i++)
            room->counts[i] += lm_bits_get(raster + (t - 1) * words, i);
        const size_t lead = lead_of(room->counts, room->outputs);
        for (size_t k = 0; k < points; k++) {
            if (is_given >> k & 1 || (lead < leads[k] && t < room->steps))
                continue;
            is_given |= UINT64_C(1) << k;
            step[k] += (double)t;
            right[k] += limen_vote(room->counts, room->outputs, seed, key,
                                   NULL) == label;
        }
    }
}

limen_status limen_early_answer(double *accuracy, double *mean_step,
                                const limen_image *image,
                                const limen_input *input,
                                const uint32_t *labels, const size_t *leads,
                                size_t points, size_t steps, uint64_t seed,
                                int threads, limen_error *err)
{
    const size_t values = input->frames * image->layer[0].n;
    limen_status status = limen_input_check(input, image->layer[0].n, err);
    early room;

    if (status != LIMEN_OK)
        return status;
    if (points > 64 || steps == 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "%zu leads over %zu steps; up to 64 leads, at "
                            "least one step",
                            points, steps);
    status = early_new(&room, image, input->samples, steps, err);
    memset(accuracy, 0, points * sizeof *accuracy);
    memset(mean_step, 0, points * sizeof *mean_step);
    for (size_t first = 0; status == LIMEN_OK && first < input->samples;
         first += BLOCK) {
        const limen_record record = { .raster = room.raster };
        const size_t left = input->samples - first;
        limen_input part = *input;

        part.samples = left < BLOCK ? left : BLOCK;
        part.keys = room.keys;
        if (input->bytes != NULL)
            part.bytes = input->bytes + first * values;
        else
            part.floats = input->floats + first * values;
        for (size_t b = 0; b < part.samples; b++)
            room.keys[b] = lm_input_key(input, first + b);
        limen_state_reset(room.state);
        room.state->samples = part.samples;
        status = limen_run(image, room.state, &part, steps, 0, seed, threads,
                           &record, err);
        for (size_t b = 0; status == LIMEN_OK && b < part.samples; b++)
            answer(&room, accuracy, mean_step,
                   room.raster[image->layers - 1] +
                       b * steps * lm_bits_words(room.outputs),
                   labels[first + b], room.keys[b], leads, points, seed);
    }
    for (size_t k = 0; k < points; k++) {
        accuracy[k] /= (double)input->samples;
        mean_step[k] /= (double)input->samples;
    }
    early_free(&room);
    return status;
}
