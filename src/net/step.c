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
#include "kernels/quantiles.h"
#include "net/input.h"

#include <assert.h>
#include <string.h>

/* What a refractory unit hears: less than any theta^ can make good. */
static const int32_t silence = -1073741824; // -2^30

/* Called twice by _new: to measure, then to place (base/arena.h). */
static lm_workspace *lay_out(lm_arena *arena, const limen_image *image)
{
    lm_workspace *space = lm_arena_take(arena, 1, 1, sizeof *space);
    uint64_t **before = lm_arena_take(arena, image->layers, 1, sizeof *before);
    size_t widest = 0;

    for (size_t l = 0; l < image->layers; l++) {
        const size_t words = lm_bits_words(image->layer[l].n);
        uint64_t *bits = lm_arena_take(arena, LM_CHUNK, words, sizeof *bits);

        if (image->layer[l].n > widest)
            widest = image->layer[l].n;
        if (space != NULL)
            before[l] = bits;
    }
    int32_t *a = lm_arena_take(arena, LM_CHUNK, lm_padded(widest), sizeof *a);
    uint32_t *active =
        lm_arena_take(arena, LM_CHUNK, LM_SOURCE_BLOCK, sizeof *active);
    size_t *count = lm_arena_take(arena, LM_CHUNK, 1, sizeof *count);
    uint32_t *level =
        lm_arena_take(arena, LM_CHUNK, image->layer[0].n, sizeof *level);

    if (space != NULL)
        *space = (lm_workspace){ .before = before,
                                 .a = a,
                                 .active = active,
                                 .active_count = count,
                                 .level = level };
    return space;
}

lm_workspace *lm_workspace_new(const limen_image *image)
{
    lm_arena measured = { .base = NULL };
    lay_out(&measured, image);

    lm_arena arena = { .base = lm_block_new(&measured) };
    return arena.base == NULL ? NULL : lay_out(&arena, image);
}

void lm_workspace_free(lm_workspace *space)
{
    lm_block_free(space);
}

static uint64_t *bits_of(const lm_chunk *chunk, size_t l)
{
    const lm_state_layer *layer = &chunk->state->layer[l];

    return layer->bits + chunk->first * layer->words;
}

static void remember(lm_workspace *space, const lm_chunk *chunk)
{
    for (size_t l = 0; l < chunk->state->layers; l++)
        memcpy(space->before[l], bits_of(chunk, l),
               chunk->count * chunk->state->layer[l].words * sizeof(uint64_t));
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
    for (size_t b = 0; b < chunk->count; b++) {
        const size_t sample = chunk->first + b;
        uint32_t *level = space->level + b * layer->n;

        if (is_new)
            lm_input_levels(level, input, layer->n, sample, frame);
        lm_input_fire(bits_of(chunk, 0) + b * layer->words, level, layer->n,
                      input->encoder, chunk->seed, lm_input_key(input, sample),
                      t, image->kernel);
    }
    space->frame = frame;
}

/* a += w^ s for a dense connection; s: (count, words of m) */
static void hear_dense(const limen_image *image, lm_workspace *space,
                       const lm_image_connection *c, const uint64_t *s,
                       size_t count)
{
    enum { TILE = 256 }; // units: a tile of 1024 rows is 512 KiB, within L2
    const size_t words = lm_bits_words(c->m);
    const size_t block_words = LM_SOURCE_BLOCK / 64;

    for (size_t k = 0; k < words; k += block_words) {
        const size_t end = k + block_words < words ? k + block_words : words;

        for (size_t b = 0; b < count; b++)
            space->active_count[b] = lm_bits_list(
                space->active + b * LM_SOURCE_BLOCK, s + b * words, k, end);
        for (size_t i = 0; i < c->n; i += TILE)
            for (size_t b = 0; b < count; b++)
                image->kernel->rows_add(
                    space->a + b * c->stride + i, c->w + i, c->stride,
                    space->active + b * LM_SOURCE_BLOCK, space->active_count[b],
                    c->n - i < TILE ? c->n - i : TILE);
    }
}

/* The same for a sparse one: every active source adds its entries. */
static void hear_sparse(lm_workspace *space, const lm_image_connection *c,
                        const uint64_t *s, size_t count)
{
    const size_t words = lm_bits_words(c->m);

    for (size_t b = 0; b < count; b++) {
        int32_t *a = space->a + b * c->stride;

        for (size_t k = 0; k < words; k++)
            for (uint64_t word = s[b * words + k]; word != 0;
                 word &= word - 1) {
                const size_t j = 64 * k + (size_t)__builtin_ctzll(word);

                for (uint64_t e = c->col_start[j]; e < c->col_start[j + 1]; e++)
                    a[c->target[e]] += c->w[e];
            }
    }
}

static void hear(const limen_image *image, lm_workspace *space,
                 const lm_chunk *chunk, size_t l)
{
    const lm_image_layer *layer = &image->layer[l];
    const size_t stride = lm_padded(layer->n);

    for (size_t b = 0; b < chunk->count; b++)
        for (size_t i = 0; i < layer->n; i++)
            space->a[b * stride + i] = -layer->theta[i];
    for (size_t k = 0; k < image->connections; k++) {
        const lm_image_connection *c = &image->connection[k];

        if (c->to != l)
            continue;
        const uint64_t *s =
            c->is_before ? space->before[c->from] : bits_of(chunk, c->from);
        if (c->is_sparse)
            hear_sparse(space, c, s, chunk->count);
        else
            hear_dense(image, space, c, s, chunk->count);
    }
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
        const uint64_t *s = bits_of(chunk, l) + b * state->words;
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
    assert(chunk->count <= LM_CHUNK);
    remember(space, chunk);
    draw_input(image, space, chunk, t);

    for (size_t l = 1; l < image->layers; l++) {
        const lm_image_layer *layer = &image->layer[l];
        const size_t stride = lm_padded(layer->n);
        const size_t words = lm_bits_words(layer->n);

        hear(image, space, chunk, l);
        if (layer->adapt != NULL || layer->noise != NULL ||
            layer->refractory > 0)
            adjust(image, space, chunk, l, t);
        if (chunk->observer.layer != NULL)
            chunk->observer.layer(chunk->observer.self, l, space->a, stride,
                                  chunk->count);
        for (size_t b = 0; b < chunk->count; b++)
            image->kernel->threshold(bits_of(chunk, l) + b * words,
                                     space->a + b * stride, layer->n);
        if (layer->adapt != NULL || layer->refractory > 0)
            recover(image, chunk, l);
    }
}
