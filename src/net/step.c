/* step.c -- one step, from input to spikes.
 *
 *     a_l(t) = sum over connections of w^ s_from - theta^      (integers)
 *     s_l(t) = 1 if a_l(t) > 0 else 0
 *
 * for the layers in order; a connection that goes up hears s_from(t), any
 * other s_from(t-1) (docs/model.md).  A chunk of samples goes through each
 * block of weights together, so that weights are read from memory once.
 */
#include "net/step.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/rng.h"
#include "base/quantiles.h"
#include "net/hear.h"
#include "net/input.h"

#include <assert.h>
#include <string.h>

/* What a refractory unit hears: less than any theta^ can make good. */
static const int32_t silence = -1073741824; // -2^30

static lm_heard heard_of(lm_arena *arena, const lm_image_connection *c,
                         size_t room)
{
    const size_t blocks = (c->m + LM_SOURCE_BLOCK - 1) / LM_SOURCE_BLOCK;
    lm_heard heard = { .blocks = blocks };

    heard.bits =
        lm_arena_take(arena, room, lm_bits_words(c->m), sizeof *heard.bits);
    heard.kept =
        lm_arena_take(arena, room * blocks, c->stride, sizeof *heard.kept);
    if (c->from == 0)
        heard.apart =
            lm_arena_take(arena, room * blocks, c->stride, sizeof *heard.kept);
    return heard;
}

static lm_chances chances_of(lm_arena *arena, size_t units)
{
    const size_t room = lm_chances_room(lm_input_blocks(units));
    lm_chances chances = { .count = 0 };

    chances.bound = lm_arena_take(arena, room, 8, sizeof *chances.bound);
    chances.possible = lm_arena_take(arena, room, 1, 1);
    chances.likely = lm_arena_take(arena, room, 1, 1);
    chances.block = lm_arena_take(arena, room, 1, sizeof *chances.block);
    return chances;
}

/* Called twice by _new: to measure, then to place (base/arena.h). */
static lm_workspace *lay_out(lm_arena *arena, const limen_image *image,
                             size_t room)
{
    lm_workspace *space = lm_arena_take(arena, 1, 1, sizeof *space);
    lm_workspace made = { .room = room };
    size_t widest = 0;

    made.before = lm_arena_take(arena, image->layers, 1, sizeof *made.before);
    made.heard =
        lm_arena_take(arena, image->connections, 1, sizeof *made.heard);
    made.moves = lm_arena_take(arena, room, 1, sizeof *made.moves);
    made.list =
        lm_arena_take(arena, room + 1, LM_SOURCE_BLOCK, sizeof *made.list);
    made.chances = lm_arena_take(arena, room, 1, sizeof *made.chances);
    for (size_t l = 0; l < image->layers; l++) {
        const size_t words = lm_bits_words(image->layer[l].n);
        uint64_t *bits = lm_arena_take(arena, room, words, sizeof *bits);

        if (image->layer[l].n > widest)
            widest = image->layer[l].n;
        if (space != NULL)
            made.before[l] = bits;
    }
    for (size_t k = 0; k < image->connections; k++) {
        const lm_image_connection *c = &image->connection[k];

        if (!c->is_sparse) {
            const lm_heard heard = heard_of(arena, c, room);

            if (space != NULL)
                made.heard[k] = heard;
        }
    }
    for (size_t b = 0; b < room; b++) {
        const lm_chances chances = chances_of(arena, image->layer[0].n);

        if (space != NULL)
            made.chances[b] = chances;
    }
    made.a = lm_arena_take(arena, room, lm_padded(widest), sizeof *made.a);
    // kernels add whole groups of units to the last row, nothing to most
    lm_arena_take(arena, LM_SLOT_UNITS, 1, sizeof *made.a);
    if (space != NULL)
        *space = made;
    return space;
}

lm_workspace *lm_workspace_new(const limen_image *image, size_t room)
{
    lm_arena measured = { .base = NULL };
    lay_out(&measured, image, room);

    lm_arena arena = { .base = lm_block_new(&measured) };
    return arena.base == NULL ? NULL : lay_out(&arena, image, room);
}

void lm_workspace_free(lm_workspace *space)
{
    lm_block_free(space);
}

void lm_workspace_begin(const limen_image *image, lm_workspace *space)
{
    space->frame = SIZE_MAX;
    for (size_t k = 0; k < image->connections; k++) {
        const lm_image_connection *c = &image->connection[k];
        lm_heard *heard = &space->heard[k];

        if (c->is_sparse)
            continue;
        // the sums of nothing: no sum of kept is looked at
        memset(heard->bits, 0,
               space->room * lm_bits_words(c->m) * sizeof *heard->bits);
        heard->now = heard->kept;
    }
}

static void remember(lm_workspace *space, const lm_chunk *chunk)
{
    for (size_t l = 0; l < chunk->state->layers; l++)
        memcpy(space->before[l], lm_chunk_bits(chunk, l),
               chunk->count * chunk->state->layer[l].words * sizeof(uint64_t));
}

/* The states that draws of a new frame will be near, if it stays a while. */
static void show_frame(const limen_image *image, lm_workspace *space,
                       const lm_chunk *chunk, size_t frame)
{
    const limen_input *input = chunk->input;
    const lm_state_layer *layer = &chunk->state->layer[0];
    uint32_t of_byte[256];

    lm_input_levels(of_byte, input);
    for (size_t b = 0; b < chunk->count; b++) {
        lm_input_chances(&space->chances[b], input, of_byte, layer->n,
                         chunk->first + b, frame);
        lm_input_likely(lm_chunk_bits(chunk, 0) + b * layer->words,
                        &space->chances[b], layer->n);
    }
    if (input->encoder == LIMEN_STOCHASTIC &&
        (input->frames == 1 || input->hold >= 4))
        lm_hear_around(image, space, chunk);
    space->frame = frame;
}

static void draw_input(const limen_image *image, lm_workspace *space,
                       const lm_chunk *chunk, size_t t)
{
    const limen_input *input = chunk->input;
    const lm_state_layer *layer = &chunk->state->layer[0];
    const size_t frame = lm_input_frame(input, t);
    const bool is_new = frame != space->frame;

    if (!is_new && input->encoder != LIMEN_STOCHASTIC)
        return; // the spikes of the step before stand
    if (is_new)
        show_frame(image, space, chunk, frame);
    for (size_t b = 0; b < chunk->count; b++)
        lm_input_fire(lm_chunk_bits(chunk, 0) + b * layer->words,
                      &space->chances[b], layer->n, input->encoder, chunk->seed,
                      lm_input_key(input, chunk->first + b), t, image->kernel);
}

static void add_noise(int32_t *a, const lm_image_layer *layer, size_t l,
                      uint64_t seed, uint64_t key, size_t t)
{
    const int32_t *node = layer->noise_kind == LIMEN_GAUSSIAN
                              ? lm_quantile_gaussian
                              : lm_quantile_logistic;

    for (size_t i = 0; i < layer->n; i += 4) {
        const lm_block block =
            lm_draw_block(seed, LM_STREAM_NOISE + (uint32_t)l, key, (uint32_t)t,
                          (uint32_t)(i / 4));

        for (size_t u = i; u < layer->n && u < i + 4; u++)
            a[u] += (int32_t)((int64_t)layer->noise[u] *
                                  lm_noise(node, block.word[u % 4]) >>
                              16);
    }
}

/* Unit options before the threshold. */
static void adjust(const limen_image *image, lm_workspace *space,
                   const lm_chunk *chunk, size_t l, size_t t)
{
    const lm_image_layer *layer = &image->layer[l];
    const lm_state_layer *state = &chunk->state->layer[l];

    for (size_t b = 0; b < chunk->count; b++) {
        int32_t *a = space->a + b * lm_padded(layer->n);
        const size_t place = (chunk->first + b) * layer->n;

        for (size_t i = 0; layer->adapt != NULL && i < layer->n; i++)
            a[i] -= (int32_t)((int64_t)layer->adapt[i] *
                                  state->adapted[place + i] >>
                              16);
        if (layer->noise != NULL)
            add_noise(a, layer, l, chunk->seed,
                      lm_input_key(chunk->input, chunk->first + b), t);
        for (size_t i = 0; layer->refractory > 0 && i < layer->n; i++)
            if (state->refractory[place + i] > 0)
                a[i] = silence;
    }
}

/* Unit options after the threshold. */
static void recover(const limen_image *image, const lm_chunk *chunk, size_t l)
{
    const lm_image_layer *layer = &image->layer[l];
    const lm_state_layer *state = &chunk->state->layer[l];

    for (size_t b = 0; b < chunk->count; b++) {
        const uint64_t *s = lm_chunk_bits(chunk, l) + b * state->words;
        const size_t place = (chunk->first + b) * layer->n;

        for (size_t i = 0; layer->adapt != NULL && i < layer->n; i++) {
            int32_t *c = &state->adapted[place + i];
            const int64_t gap = 65536 * (int64_t)lm_bits_get(s, i) - *c;

            *c += (int32_t)(gap * layer->adapt_rate >> 16);
        }
        for (size_t i = 0; layer->refractory > 0 && i < layer->n; i++) {
            uint16_t *left = &state->refractory[place + i];

            if (lm_bits_get(s, i))
                *left = (uint16_t)layer->refractory;
            else if (*left > 0)
                --*left;
        }
    }
}

void lm_step(const limen_image *image, lm_workspace *space,
             const lm_chunk *chunk, size_t t)
{
    assert(chunk->count <= space->room);
    remember(space, chunk);
    draw_input(image, space, chunk, t);

    for (size_t l = 1; l < image->layers; l++) {
        const lm_image_layer *layer = &image->layer[l];
        const size_t stride = lm_padded(layer->n);
        const size_t words = lm_bits_words(layer->n);

        lm_hear(image, space, chunk, l);
        if (layer->adapt != NULL || layer->noise != NULL ||
            layer->refractory > 0)
            adjust(image, space, chunk, l, t);
        if (chunk->observer.layer != NULL)
            chunk->observer.layer(chunk->observer.self, l, space->a, stride,
                                  chunk->count);
        for (size_t b = 0; b < chunk->count; b++)
            image->kernel->threshold(lm_chunk_bits(chunk, l) + b * words,
                                     space->a + b * stride, layer->n);
        if (layer->adapt != NULL || layer->refractory > 0)
            recover(image, chunk, l);
    }
}
