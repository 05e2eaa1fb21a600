/* twins.c -- see twins.h. */
#include "study/twins.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/rng.h"
#include "base/vectorise.h"
#include "net/image.h"
#include "net/input.h"
#include "net/state.h"

#include <math.h>
#include <string.h>

enum {
    ROWS = 4096,            // of a block, where a sample has no more
    ROOM = 64 * 1024 * 1024 // bytes of them
};

static size_t value_size(const limen_input *input)
{
    return input->bytes != NULL ? sizeof *input->bytes : sizeof *input->floats;
}

static limen_status check(const limen_damage_options *options, size_t units,
                          limen_error *err)
{
    if (options->steps == 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "steps: 0 is below 1; damage needs one to spread");
    if (options->tail == 0 || options->tail > options->steps)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "tail: %zu is outside 1 to %zu, the steps",
                            options->tail, options->steps);
    if (options->flips == 0 || options->flips > units)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "flips: %zu is outside 1 to %zu, the units",
                            options->flips, units);
    if (options->twins == 0 && options->flips != 1)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "flips: %zu; a twin for each unit has 1",
                            options->flips);
    if (!(options->start >= 0.0 && options->start <= 1.0))
        return lm_error_set(err, LIMEN_BAD_VALUE, "start: %g is not in [0, 1]",
                            options->start);
    return LIMEN_OK;
}

/* How many samples make a block; memory is refused before the system promises
 * what it does not have. */
static limen_status size_block(lm_twins *twins, limen_error *err)
{
    const size_t limit = (size_t)1 << 31;
    const limen_image *image = twins->image;
    size_t bytes;
    size_t input;
    size_t sample;

    if (!lm_size_multiply(&input, twins->input->frames, image->layer[0].n) ||
        !lm_size_multiply(&input, input, value_size(twins->input)) ||
        !lm_size_multiply(&sample, twins->each + 1, input + twins->units / 4) ||
        sample > limit)
        return lm_error_set(err, LIMEN_NO_MEMORY,
                            "twins: %zu of a network of %zu units need more "
                            "than 2 GiB; take fewer",
                            twins->each, twins->units);
    bytes = ROOM / (sample + 1);
    twins->most = ROWS / (twins->each + 1);
    twins->most = twins->most < bytes ? twins->most : bytes;
    twins->most = twins->most < 1 ? 1 : twins->most;
    if (twins->most > twins->input->samples)
        twins->most = twins->input->samples;
    return LIMEN_OK;
}

limen_status lm_twins_new(lm_twins *out, const limen_image *image,
                          const limen_input *input,
                          const limen_damage_options *options, uint64_t seed,
                          int threads, limen_error *err)
{
    limen_status status = limen_input_check(input, image->layer[0].n, err);

    *out = (lm_twins){ .image = image,
                       .input = input,
                       .options = *options,
                       .seed = seed,
                       .threads = threads };
    for (size_t l = 1; l < image->layers; l++)
        out->units += image->layer[l].n;
    out->each = options->twins == 0 ? out->units : options->twins;
    if (status == LIMEN_OK)
        status = check(options, out->units, err);
    if (status == LIMEN_OK)
        status = size_block(out, err);
    if (status != LIMEN_OK)
        return status;

    const size_t rows = out->most * (out->each + 1);
    out->keys = lm_alloc(rows, 1, sizeof *out->keys);
    out->values =
        lm_alloc(rows * input->frames, image->layer[0].n, value_size(input));
    if (out->keys == NULL || out->values == NULL)
        return lm_error_no_memory(err, "twins", rows * input->frames);
    status = limen_state_new(&out->alone, image, out->most, err);
    if (status == LIMEN_OK)
        status = limen_state_new(&out->state, image, rows, err);
    if (status == LIMEN_OK && input->frames == 1 &&
        input->encoder == LIMEN_STOCHASTIC)
        status = lm_slices_new(&out->slices, image, err);
    return status;
}

void lm_twins_free(lm_twins *twins)
{
    limen_state_free(twins->alone);
    limen_state_free(twins->state);
    lm_slices_free(twins->slices);
    lm_free(twins->keys);
    lm_free(twins->values);
    *twins = (lm_twins){ .each = 0 };
}

limen_input lm_input_repeat(const limen_input *input, size_t units,
                            size_t first, size_t count, size_t copies,
                            unsigned char *values, uint64_t *keys)
{
    const size_t size = input->frames * units * value_size(input);
    const unsigned char *from = input->bytes != NULL
                                    ? input->bytes
                                    : (const unsigned char *)input->floats;
    limen_input rows = *input;

    for (size_t r = 0; r < count * copies; r++) {
        const size_t b = first + r / copies;

        memcpy(values + r * size, from + b * size, size);
        keys[r] = lm_input_key(input, b);
    }
    rows.samples = count * copies;
    rows.keys = keys;
    if (input->bytes != NULL)
        rows.bytes = values;
    else
        rows.floats = (const float *)(const void *)values;
    return rows;
}

void lm_state_draw(limen_state *state, size_t row, double start, uint64_t seed,
                   uint64_t key)
{
    const uint64_t bound = (uint64_t)rint(4294967296.0 * start);

    for (size_t l = 1; l < state->layers; l++) {
        const size_t n = state->layer[l].n;
        uint64_t *bits = limen_state_bits(state, l, row);

        for (size_t i = 0; i < n; i += 4) {
            const lm_block four = lm_draw_block(seed, LM_STREAM_START, key,
                                                (uint32_t)l, (uint32_t)(i / 4));

            for (size_t u = i; u < n && u < i + 4; u++)
                bits[u / 64] |= (uint64_t)(four.word[u % 4] < bound) << u % 64;
        }
    }
}

static limen_status run(lm_twins *twins, limen_state *state, size_t steps,
                        uint64_t *const *raster, limen_error *err)
{
    const limen_record record = { .raster = raster };

    if (twins->slices != NULL)
        return lm_slices_run(twins->slices, state, &twins->rows, steps,
                             twins->seed, twins->threads,
                             raster == NULL ? NULL : raster[1], err);
    return limen_run(twins->image, state, &twins->rows, steps, 0, twins->seed,
                     twins->threads, &record, err);
}

limen_status lm_twins_begin(lm_twins *twins, size_t first, size_t *active,
                            limen_error *err)
{
    const size_t left = twins->input->samples - first;
    const size_t copies = twins->each + 1;
    const size_t n = twins->image->layer[0].n;

    twins->count = left < twins->most ? left : twins->most;
    // a state is cleared whole, then holds this block
    twins->alone->samples = twins->most;
    limen_state_reset(twins->alone);
    twins->alone->samples = twins->count;
    twins->state->samples = twins->count * copies;
    twins->rows = lm_input_repeat(twins->input, n, first, twins->count, 1,
                                  twins->values, twins->keys);
    for (size_t b = 0; b < twins->count; b++)
        lm_state_draw(twins->alone, b, twins->options.start, twins->seed,
                      twins->keys[b]);
    limen_status status =
        run(twins, twins->alone, twins->options.warm_up, NULL, err);
    if (status != LIMEN_OK)
        return status;
    twins->state->steps = twins->alone->steps;
    *active = 0;
    for (size_t b = 0; b < twins->count; b++) {
        for (size_t x = 0; x < copies; x++)
            lm_state_copy_sample(twins->state, b * copies + x, twins->alone, b);
        *active += lm_twins_active(twins, b);
    }
    twins->rows = lm_input_repeat(twins->input, n, first, twins->count, copies,
                                  twins->values, twins->keys);
    return LIMEN_OK;
}

limen_status lm_twins_run(lm_twins *twins, size_t steps,
                          uint64_t *const *raster, limen_error *err)
{
    return run(twins, twins->state, steps, raster, err);
}

/* Flips unit u of all layers; returns whether it then is `wanted` apart from
 * the sample's. */
static bool flip(lm_twins *twins, size_t row, size_t sample, size_t u,
                 bool wanted)
{
    size_t l = 1;

    while (u >= twins->image->layer[l].n)
        u -= twins->image->layer[l++].n;
    uint64_t *bits = limen_state_bits(twins->state, l, row);
    const uint64_t *own = limen_state_bits(twins->state, l, sample);
    const bool differs = lm_bits_get(bits, u) != lm_bits_get(own, u);
    if (differs == wanted)
        return false;
    bits[u / 64] ^= (uint64_t)1 << u % 64;
    return true;
}

/* Flips `picks` distinct units of a row; more than half of them by flipping all
 * and then some back, so that most draws count. */
static void flip_some(lm_twins *twins, size_t row, size_t sample, size_t twin)
{
    const size_t units = twins->units;
    const bool most = 2 * twins->options.flips > units;
    const size_t picks =
        most ? units - twins->options.flips : twins->options.flips;
    // draws have a step and a unit: a twin has a seed of its own
    const uint64_t seed = twins->seed + UINT64_C(0x9E3779B97F4A7C15) * twin;

    for (size_t u = 0; most && u < units; u++)
        flip(twins, row, sample, u, true);
    for (size_t k = 0, done = 0; done < picks; k++) {
        const uint32_t draw =
            lm_draw(seed, LM_STREAM_DAMAGE, twins->keys[row],
                    (uint32_t)twins->state->steps, (uint32_t)k & 0x3ffffffU);

        done += flip(twins, row, sample, lm_draw_below(draw, units), !most);
    }
}

void lm_twins_damage(lm_twins *twins)
{
    const size_t copies = twins->each + 1;

    for (size_t b = 0; b < twins->count; b++)
        for (size_t x = 1; x < copies; x++) {
            const size_t row = b * copies + x;

            lm_state_copy_sample(twins->state, row, twins->state, b * copies);
            if (twins->options.twins == 0)
                flip(twins, row, b * copies, x - 1, true);
            else
                flip_some(twins, row, b * copies, x);
        }
}

LM_VECTORISE static size_t differ(const uint64_t *a, const uint64_t *b,
                                  size_t words)
{
    size_t count = 0;

    for (size_t k = 0; k < words; k++)
        count += (size_t)__builtin_popcountll(a[k] ^ b[k]);
    return count;
}

size_t lm_words_differ(const uint64_t *a, const uint64_t *b, size_t words)
{
    return differ(a, b, words);
}

size_t lm_rows_differ(const limen_state *a, size_t row, const limen_state *b,
                      size_t other)
{
    size_t count = 0;

    for (size_t l = 1; l < a->layers; l++) {
        const size_t words = a->layer[l].words;

        count += differ(a->layer[l].bits + row * words,
                        b->layer[l].bits + other * words, words);
    }
    return count;
}

size_t lm_twins_differ(const lm_twins *twins, size_t b)
{
    const size_t copies = twins->each + 1;
    size_t differ = 0;

    for (size_t x = 1; x < copies; x++)
        differ += lm_rows_differ(twins->state, b * copies, twins->state,
                                 b * copies + x);
    return differ;
}

size_t lm_twins_active(const lm_twins *twins, size_t b)
{
    const limen_state *state = twins->state;
    size_t active = 0;

    for (size_t l = 1; l < state->layers; l++) {
        const size_t words = state->layer[l].words;

        active += lm_bits_count(
            state->layer[l].bits + b * (twins->each + 1) * words, words);
    }
    return active;
}

void lm_moments(double *mean, double *error, const double *x, size_t n)
{
    double sum = 0.0;
    double square = 0.0;

    for (size_t k = 0; k < n; k++)
        sum += x[k];
    *mean = sum / (double)n;
    for (size_t k = 0; k < n; k++)
        square += (x[k] - *mean) * (x[k] - *mean);
    *error = n < 2 ? (double)NAN : sqrt(square / (double)(n - 1) / (double)n);
}
