/* state.c -- states: one block, from rest. */
#include "net/state.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "net/run.h"

#include <assert.h>
#include <string.h>

/* Called twice by _new: to measure, then to place (base/arena.h). */
static limen_state *lay_out(lm_arena *arena, const limen_image *image,
                            size_t samples)
{
    limen_state *state = lm_arena_take(arena, 1, 1, sizeof *state);
    lm_state_layer *layer =
        lm_arena_take(arena, image->layers, 1, sizeof *layer);

    for (size_t l = 0; l < image->layers; l++) {
        const lm_image_layer *from = &image->layer[l];
        lm_state_layer to = { .n = from->n, .words = lm_bits_words(from->n) };

        to.bits = lm_arena_take(arena, samples, to.words, sizeof *to.bits);
        if (from->refractory > 0)
            to.refractory =
                lm_arena_take(arena, samples, to.n, sizeof *to.refractory);
        if (from->adapt != NULL)
            to.adapted =
                lm_arena_take(arena, samples, to.n, sizeof *to.adapted);
        if (state != NULL)
            layer[l] = to;
    }
    if (state != NULL) {
        state->layers = image->layers;
        state->samples = samples;
        state->layer = layer;
    }
    return state;
}

limen_status limen_state_new(limen_state **out, const limen_image *image,
                             size_t samples, limen_error *err)
{
    *out = NULL;
    if (samples == 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "samples: 0 is below 1; a state needs one");

    lm_arena measured = { .base = NULL };
    lay_out(&measured, image, samples);

    lm_arena arena = { .base = lm_block_new(&measured) };
    if (arena.base == NULL)
        return lm_error_no_memory(err, "a state", measured.used);
    *out = lay_out(&arena, image, samples);
    return LIMEN_OK;
}

void limen_state_free(limen_state *state)
{
    if (state != NULL && state->spaces != NULL) {
        lm_workspaces_free(state->spaces);
        lm_free(state->spaces);
    }
    lm_block_free(state); // the struct is first in its block
}

/* `count` samples from `first` on, to `place` and on. */
static void layer_copy(lm_state_layer *to, size_t place,
                       const lm_state_layer *from, size_t first, size_t count)
{
    const size_t row = first * to->n;
    const size_t to_row = place * to->n;

    memcpy(to->bits + place * to->words, from->bits + first * to->words,
           count * to->words * sizeof *to->bits);
    if (to->refractory != NULL)
        memcpy(to->refractory + to_row, from->refractory + row,
               count * to->n * sizeof *to->refractory);
    if (to->adapted != NULL)
        memcpy(to->adapted + to_row, from->adapted + row,
               count * to->n * sizeof *to->adapted);
}

void lm_state_copy_rows(limen_state *to, const limen_state *from, size_t first,
                        size_t count)
{
    for (size_t l = 0; l < to->layers; l++)
        layer_copy(&to->layer[l], first, &from->layer[l], first, count);
}

void lm_state_copy_sample(limen_state *to, size_t place,
                          const limen_state *from, size_t sample)
{
    for (size_t l = 0; l < to->layers; l++)
        layer_copy(&to->layer[l], place, &from->layer[l], sample, 1);
}

void limen_state_reset(limen_state *state)
{
    state->steps = 0;
    for (size_t l = 0; l < state->layers; l++) {
        lm_state_layer *layer = &state->layer[l];

        memset(layer->bits, 0,
               state->samples * layer->words * sizeof *layer->bits);
        if (layer->refractory != NULL)
            memset(layer->refractory, 0,
                   state->samples * layer->n * sizeof *layer->refractory);
        if (layer->adapted != NULL)
            memset(layer->adapted, 0,
                   state->samples * layer->n * sizeof *layer->adapted);
    }
}

void limen_state_copy(limen_state *to, const limen_state *from)
{
    assert(to->layers == from->layers && to->samples == from->samples);
    to->steps = from->steps;
    lm_state_copy_rows(to, from, 0, to->samples);
}

size_t limen_state_samples(const limen_state *state)
{
    return state->samples;
}

size_t limen_state_steps(const limen_state *state)
{
    return state->steps;
}

uint64_t *limen_state_bits(limen_state *state, size_t layer, size_t sample)
{
    assert(layer < state->layers && sample < state->samples);
    return state->layer[layer].bits + sample * state->layer[layer].words;
}
