/* run.c -- many steps of many samples, in chunks shared among threads. */
#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/threads.h"
#include "net/run.h"
#include "net/step.h"

#include <assert.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#define THREAD_NUMBER omp_get_thread_num()
#else
#define THREAD_NUMBER 0
#endif

/* Samples stepped together: many, so that weights are read from memory once
 * for all of them, but enough chunks for all threads, and no more than fit a
 * few caches. */
static size_t chunk_of(const limen_image *image, size_t samples, size_t threads)
{
    enum { LEAST = 32, ROOM = 1 << 24 }; // bytes of sums
    const size_t share = (samples + threads - 1) / threads;
    size_t chunk = share < LM_CHUNK ? share : LM_CHUNK;
    size_t sums = 1;

    if (chunk < LEAST)
        chunk = samples < LEAST ? samples : LEAST;
    for (size_t k = 0; k < image->connections; k++) {
        const lm_image_connection *c = &image->connection[k];

        if (!c->is_sparse)
            sums += (c->m / LM_SOURCE_BLOCK + 1) * c->stride * sizeof *c->w;
    }
    if (chunk > LEAST && chunk > ROOM / sums)
        chunk = ROOM / sums > LEAST ? ROOM / sums : LEAST;
    return chunk;
}

limen_status lm_workspaces_new(lm_workspaces *out, const limen_image *image,
                               size_t samples, int threads, limen_error *err)
{
    const int asked = threads = lm_threads(threads);
    const size_t chunk = chunk_of(image, samples, (size_t)threads);
    const size_t chunks = (samples + chunk - 1) / chunk;

    if ((size_t)threads > chunks)
        threads = (int)chunks;
    *out =
        (lm_workspaces){ .threads = threads, .asked = asked, .chunk = chunk };
    out->space = lm_alloc((size_t)threads, 1, sizeof(lm_workspace *));
    bool is_full = out->space != NULL;
    for (int k = 0; is_full && k < threads; k++) {
        out->space[k] = lm_workspace_new(image, chunk);
        is_full = out->space[k] != NULL;
    }
    if (!is_full) {
        lm_workspaces_free(out);
        return lm_error_set(err, LIMEN_NO_MEMORY,
                            "out of memory for running %zu samples", samples);
    }
    return LIMEN_OK;
}

void lm_workspaces_free(lm_workspaces *spaces)
{
    for (int k = 0; spaces->space != NULL && k < spaces->threads; k++)
        lm_workspace_free(spaces->space[k]);
    lm_free(spaces->space);
    *spaces = (lm_workspaces){ 0 };
}

/* Step t of a chunk into the caller's arrays; `place` is its row in a raster
 * of `steps`. */
static void record_step(const limen_record *record, const limen_image *image,
                        const lm_chunk *chunk, bool is_counted, size_t place,
                        size_t steps)
{
    for (size_t l = 0; l < image->layers; l++) {
        const lm_state_layer *layer = &chunk->state->layer[l];
        uint32_t *counts = record->counts == NULL ? NULL : record->counts[l];
        uint64_t *raster = record->raster == NULL ? NULL : record->raster[l];

        for (size_t b = chunk->first; b < chunk->first + chunk->count; b++) {
            const uint64_t *s = layer->bits + b * layer->words;

            if (counts != NULL && is_counted)
                image->kernel->count_add(counts + b * layer->n, s, layer->n);
            if (raster != NULL)
                memcpy(raster + (b * steps + place) * layer->words, s,
                       layer->words * sizeof *s);
        }
    }
}

void lm_run_spaces(const limen_image *image, const lm_workspaces *spaces,
                   limen_state *state, const limen_input *input, size_t steps,
                   size_t burn_in, uint64_t seed, const limen_record *record)
{
    const size_t size = spaces->chunk;
    const size_t chunks = (state->samples + size - 1) / size;
    const size_t begin = state->steps;

#pragma omp parallel for schedule(dynamic) num_threads(spaces->threads)
    for (size_t k = 0; k < chunks; k++) {
        lm_workspace *space = spaces->space[THREAD_NUMBER];
        const size_t first = k * size;
        const size_t left = state->samples - first;
        const lm_chunk chunk = {
            .state = state,
            .input = input,
            .first = first,
            .count = left < size ? left : size,
            .seed = seed,
        };

        lm_workspace_begin(image, space);
        for (size_t t = begin + 1; t <= begin + steps; t++) {
            lm_step(image, space, &chunk, t);
            if (record != NULL)
                record_step(record, image, &chunk, t > burn_in, t - begin - 1,
                            steps);
        }
    }
    state->steps += steps;
}

/* The state's own workspaces, made when there are none for so many threads. */
static limen_status keep_spaces(limen_state *state, const limen_image *image,
                                int threads, limen_error *err)
{
    if (state->spaces != NULL && state->spaces->asked == lm_threads(threads))
        return LIMEN_OK;
    if (state->spaces == NULL)
        state->spaces = lm_alloc(1, 1, sizeof *state->spaces);
    if (state->spaces == NULL)
        return lm_error_no_memory(err, "a run", sizeof *state->spaces);
    lm_workspaces_free(state->spaces);
    return lm_workspaces_new(state->spaces, image, state->samples, threads,
                             err);
}

limen_status limen_run(const limen_image *image, limen_state *state,
                       const limen_input *input, size_t steps, size_t burn_in,
                       uint64_t seed, int threads, const limen_record *record,
                       limen_error *err)
{
    limen_status status = limen_input_check(input, image->layer[0].n, err);

    if (status != LIMEN_OK)
        return status;
    if (state->samples != input->samples)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "the state has %zu samples, the input %zu",
                            state->samples, input->samples);
    if (steps > UINT32_MAX - state->steps)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "steps: %zu more than the %zu run are above 2^32",
                            steps, state->steps);

    status = keep_spaces(state, image, threads, err);
    if (status == LIMEN_OK)
        lm_run_spaces(image, state->spaces, state, input, steps, burn_in, seed,
                      record);
    return status;
}
