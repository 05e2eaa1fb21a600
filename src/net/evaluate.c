/* evaluate.c -- answers, and how many are right.
 *
 * Samples go through in blocks, and a block's spikes are counted as they fall:
 * memory depends on neither the number of samples nor that of steps.
 */
#include "base/arena.h"
#include "base/error.h"
#include "net/input.h"
#include "net/run.h"

#include <string.h>

enum { BLOCK = 1024 }; // samples: enough chunks for 32 threads

/* What one block of samples needs. */
typedef struct block {
    const limen_image *image;
    lm_workspaces spaces;
    limen_state *state;
    uint64_t *keys;    /* (BLOCK) */
    uint32_t **counts; /* [layer] (BLOCK, n); NULL where not asked for */
} block;

static void block_free(block *room)
{
    lm_workspaces_free(&room->spaces);
    limen_state_free(room->state);
    for (size_t l = 0; room->counts != NULL && l < room->image->layers; l++)
        lm_free(room->counts[l]);
    lm_free(room->counts);
    lm_free(room->keys);
}

static bool counts_new(block *room, size_t most, bool all)
{
    const limen_image *image = room->image;

    room->counts = lm_alloc(image->layers, 1, sizeof *room->counts);
    for (size_t l = all ? 0 : image->layers - 1;
         room->counts != NULL && l < image->layers; l++) {
        room->counts[l] =
            lm_alloc(most, image->layer[l].n, sizeof **room->counts);
        if (room->counts[l] == NULL)
            return false;
    }
    return room->counts != NULL;
}

/* all: count the spikes of every layer, not the output's only. */
static limen_status block_new(block *room, const limen_image *image,
                              size_t samples, bool all, int threads,
                              limen_error *err)
{
    const size_t most = samples < BLOCK ? samples : BLOCK;

    *room = (block){ .image = image };
    limen_status status =
        lm_workspaces_new(&room->spaces, image, most, threads, err);
    if (status == LIMEN_OK)
        status = limen_state_new(&room->state, image, most, err);
    if (status != LIMEN_OK)
        return status;

    room->keys = lm_alloc(most, 1, sizeof *room->keys);
    if (room->keys == NULL || !counts_new(room, most, all))
        return lm_error_set(err, LIMEN_NO_MEMORY,
                            "out of memory for the spikes of %zu samples",
                            most);
    return LIMEN_OK;
}

/* Samples first .. of the input as an input of their own, from rest. */
static limen_input block_begin(block *room, const limen_input *input,
                               size_t first)
{
    const size_t left = input->samples - first;
    const size_t most = room->state->samples;
    const limen_input part =
        lm_input_part(input, room->image->layer[0].n, first,
                      left < most ? left : most, room->keys);

    limen_state_reset(room->state);
    room->state->samples = part.samples; // the last block may be shorter
    for (size_t l = 0; l < room->image->layers; l++)
        if (room->counts[l] != NULL)
            memset(room->counts[l], 0,
                   part.samples * room->image->layer[l].n * sizeof(uint32_t));
    return part;
}

static void block_run(block *room, const limen_input *part, size_t steps,
                      size_t burn_in, uint64_t seed)
{
    const limen_record record = { .counts = room->counts };

    lm_run_spaces(room->image, &room->spaces, room->state, part, steps, burn_in,
                  seed, &record);
}

static limen_status check_steps(const size_t *steps, size_t points,
                                size_t burn_in, limen_error *err)
{
    for (size_t k = 0; k < points; k++)
        if (steps[k] <= burn_in || steps[k] > UINT32_MAX - 1 ||
            (k > 0 && steps[k] <= steps[k - 1]))
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "steps: %zu must be above the burn-in of %zu "
                                "and the numbers must ascend",
                                steps[k], burn_in);
    return LIMEN_OK;
}

static limen_status check_labels(const limen_evaluation *out,
                                 const limen_image *image,
                                 const limen_input *input,
                                 const uint32_t *labels, limen_error *err)
{
    const size_t outputs = image->layer[image->layers - 1].n;

    if (out->classes > outputs)
        return lm_error_set(err, LIMEN_INCOMPATIBLE,
                            "the data has %zu classes, the network %zu "
                            "outputs; use the data it was trained on",
                            out->classes, outputs);
    for (size_t b = 0; b < input->samples; b++)
        if (labels[b] >= out->classes)
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "label %u of sample %zu is not below %zu",
                                labels[b], b, out->classes);
    return LIMEN_OK;
}

/* Votes after a run up to point k. */
static void score(limen_evaluation *out, const block *room,
                  const limen_input *part, const uint32_t *labels,
                  uint64_t seed, size_t k)
{
    const size_t last = room->image->layers - 1;
    const size_t outputs = room->image->layer[last].n;

    for (size_t b = 0; b < part->samples; b++) {
        bool tied;
        const size_t answer = limen_vote(room->counts[last] + b * outputs,
                                         outputs, seed, part->keys[b], &tied);

        out->accuracy[k] += answer == labels[b];
        out->ties[k] += tied;
        if (k + 1 == out->points && answer < out->classes)
            out->confusion[labels[b] * out->classes + answer]++;
    }
}

/* What else is wanted at the last point, of the samples from `first` on. */
static void keep(limen_evaluation *out, const block *room,
                 const limen_input *part, size_t first, size_t spike_steps,
                 uint64_t seed)
{
    const size_t last = room->image->layers - 1;
    const size_t outputs = room->image->layer[last].n;

    for (size_t b = 0; b < part->samples; b++) {
        const uint32_t *counts = room->counts[last] + b * outputs;

        if (out->answers != NULL)
            out->answers[first + b] = (uint32_t)limen_vote(
                counts, outputs, seed, part->keys[b], NULL);
        for (size_t i = 0; out->y != NULL && i < outputs; i++)
            out->y[(first + b) * outputs + i] =
                (float)((double)counts[i] / (double)spike_steps);
    }
    for (size_t l = 0; out->spikes != NULL && l <= last; l++) {
        const size_t n = room->image->layer[l].n;

        for (size_t k = 0; k < part->samples * n; k++)
            out->spikes[l][k % n] += room->counts[l][k];
    }
}

limen_status limen_evaluate(limen_evaluation *out, const limen_image *image,
                            const limen_input *input, const uint32_t *labels,
                            const size_t *steps, size_t burn_in, uint64_t seed,
                            int threads, limen_error *err)
{
    limen_status status = limen_input_check(input, image->layer[0].n, err);
    block room = { 0 };

    if (status == LIMEN_OK)
        status = check_steps(steps, out->points, burn_in, err);
    if (status == LIMEN_OK)
        status = check_labels(out, image, input, labels, err);
    if (status != LIMEN_OK)
        return status;
    room.image = image;
    status = block_new(&room, image, input->samples, out->spikes != NULL,
                       threads, err);
    if (status != LIMEN_OK) {
        block_free(&room);
        return status;
    }

    out->samples = input->samples;
    memset(out->accuracy, 0, out->points * sizeof *out->accuracy);
    memset(out->ties, 0, out->points * sizeof *out->ties);
    memset(out->confusion, 0,
           out->classes * out->classes * sizeof *out->confusion);
    for (size_t l = 0; out->spikes != NULL && l < image->layers; l++)
        memset(out->spikes[l], 0, image->layer[l].n * sizeof **out->spikes);
    for (size_t first = 0; first < input->samples;) {
        const limen_input part = block_begin(&room, input, first);

        for (size_t k = 0; k < out->points; k++) {
            block_run(&room, &part, steps[k] - (k > 0 ? steps[k - 1] : 0),
                      burn_in, seed);
            score(out, &room, &part, labels + first, seed, k);
        }
        keep(out, &room, &part, first, steps[out->points - 1] - burn_in, seed);
        first += part.samples;
    }
    for (size_t k = 0; k < out->points; k++) {
        out->accuracy[k] /= (double)input->samples;
        out->ties[k] /= (double)input->samples;
    }
    block_free(&room);
    return LIMEN_OK;
}

limen_status limen_count_spikes(uint64_t *const *spikes,
                                const limen_image *image,
                                const limen_input *input, size_t steps,
                                size_t burn_in, uint64_t seed, int threads,
                                limen_error *err)
{
    limen_status status = limen_input_check(input, image->layer[0].n, err);
    block room = { .image = image };

    if (status == LIMEN_OK)
        status = check_steps(&steps, 1, burn_in, err);
    if (status == LIMEN_OK)
        status = block_new(&room, image, input->samples, true, threads, err);
    for (size_t l = 0; status == LIMEN_OK && l < image->layers; l++)
        memset(spikes[l], 0, image->layer[l].n * sizeof **spikes);
    for (size_t first = 0; status == LIMEN_OK && first < input->samples;) {
        const limen_input part = block_begin(&room, input, first);

        block_run(&room, &part, steps, burn_in, seed);
        for (size_t l = 0; l < image->layers; l++)
            for (size_t k = 0; k < part.samples * image->layer[l].n; k++)
                spikes[l][k % image->layer[l].n] += room.counts[l][k];
        first += part.samples;
    }
    block_free(&room);
    return status;
}

limen_status limen_predict(uint32_t *answers, float *y,
                           const limen_image *image, const limen_input *input,
                           size_t steps, size_t burn_in, uint64_t seed,
                           int threads, limen_error *err)
{
    const size_t last = image->layers - 1;
    const size_t outputs = image->layer[last].n;
    limen_status status = limen_input_check(input, image->layer[0].n, err);
    block room = { .image = image };

    if (status == LIMEN_OK)
        status = check_steps(&steps, 1, burn_in, err);
    if (status == LIMEN_OK)
        status = block_new(&room, image, input->samples, false, threads, err);
    for (size_t first = 0; status == LIMEN_OK && first < input->samples;) {
        const limen_input part = block_begin(&room, input, first);
        const uint32_t *counts = room.counts[last];

        block_run(&room, &part, steps, burn_in, seed);
        for (size_t b = 0; answers != NULL && b < part.samples; b++)
            answers[first + b] = (uint32_t)limen_vote(
                counts + b * outputs, outputs, seed, part.keys[b], NULL);
        for (size_t k = 0; y != NULL && k < part.samples * outputs; k++)
            y[first * outputs + k] =
                (float)((double)counts[k] / (double)(steps - burn_in));
        first += part.samples;
    }
    block_free(&room);
    return status;
}
