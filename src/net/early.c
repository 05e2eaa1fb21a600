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
    size_t outputs, steps, burn_in;
    uint64_t seed;
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
static void answer(early *room, limen_early *sums, const uint64_t *raster,
                   uint32_t label, uint64_t key)
{
    const size_t words = lm_bits_words(room->outputs);
    uint64_t is_given = 0; // a bit a point

    memset(room->counts, 0, room->outputs * sizeof *room->counts);
    for (size_t t = room->burn_in + 1; t <= room->steps; t++) {
        for (size_t i = 0; i < room->outputs; i++)
            room->counts[i] += lm_bits_get(raster + (t - 1) * words, i);
        const size_t lead = lead_of(room->counts, room->outputs);
        for (size_t k = 0; k < sums->points; k++) {
            if (is_given >> k & 1 || (lead < sums->leads[k] && t < room->steps))
                continue;
            is_given |= UINT64_C(1) << k;
            sums->mean_step[k] += (double)t;
            sums->accuracy[k] += limen_vote(room->counts, room->outputs,
                                            room->seed, key, NULL) == label;
        }
    }
}

/* The samples from `first` on, as many as there is room for. */
static limen_status answer_block(early *room, limen_early *sums,
                                 const limen_input *input,
                                 const uint32_t *labels, size_t first,
                                 int threads, limen_error *err)
{
    const limen_record record = { .raster = room->raster };
    const size_t last = room->image->layers - 1;
    const size_t row = room->steps * lm_bits_words(room->outputs);
    const size_t left = input->samples - first;
    const limen_input part =
        lm_input_part(input, room->image->layer[0].n, first,
                      left < BLOCK ? left : BLOCK, room->keys);

    limen_state_reset(room->state);
    room->state->samples = part.samples;
    const limen_status status =
        limen_run(room->image, room->state, &part, room->steps, 0, room->seed,
                  threads, &record, err);
    for (size_t b = 0; status == LIMEN_OK && b < part.samples; b++)
        answer(room, sums, room->raster[last] + b * row, labels[first + b],
               room->keys[b]);
    return status;
}

limen_status limen_early_answer(limen_early *out, const limen_image *image,
                                const limen_input *input,
                                const uint32_t *labels, size_t steps,
                                size_t burn_in, uint64_t seed, int threads,
                                limen_error *err)
{
    double accuracy[LIMEN_LEADS_MAX] = { 0.0 };
    double mean_step[LIMEN_LEADS_MAX] = { 0.0 };
    limen_early sums = { out->points, out->leads, accuracy, mean_step };
    limen_status status = limen_input_check(input, image->layer[0].n, err);
    early room;

    if (status != LIMEN_OK)
        return status;
    if (out->points > LIMEN_LEADS_MAX || steps <= burn_in)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "%zu leads over %zu steps; up to %d leads, and "
                            "steps must be above the burn-in of %zu",
                            out->points, steps, LIMEN_LEADS_MAX, burn_in);
    status = early_new(&room, image, input->samples, steps, err);
    room.burn_in = burn_in;
    room.seed = seed;
    for (size_t first = 0; status == LIMEN_OK && first < input->samples;
         first += BLOCK)
        status = answer_block(&room, &sums, input, labels, first, threads, err);
    early_free(&room);
    for (size_t k = 0; status == LIMEN_OK && k < out->points; k++) {
        out->accuracy[k] = accuracy[k] / (double)input->samples;
        out->mean_step[k] = mean_step[k] / (double)input->samples;
    }
    return status;
}
