/* input.c -- encoders: levels of 16-bit draws, and the spikes they give.
 *
 *     s_0j(t) = 1 if draw16(seed, key, t, j) < level_j = rint(65536 p_j)
 *
 * docs/numerics.md section 4.
 */
#include "net/input.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

static uint32_t level_of(double p)
{
    const double level = rint(65536.0 * p);

    return level > 65536.0 ? 65536U : (uint32_t)level;
}

/* Adds a block of eight levels, unless none of them can fire. */
static void add_block(lm_chances *to, uint32_t number, const uint32_t level[8])
{
    const size_t k = to->count;
    uint32_t possible = 0;
    uint32_t likely = 0;

    for (unsigned u = 0; u < 8; u++) {
        // level - 1 fits 16 bits where it matters
        to->bound[8 * k + u] = (uint16_t)(level[u] - 1);
        possible |= (uint32_t)(level[u] > 0) << u;
        likely |= (uint32_t)(level[u] >= 32768) << u;
    }
    if (possible == 0)
        return;
    to->possible[k] = (uint8_t)possible;
    to->likely[k] = (uint8_t)likely;
    to->block[k] = number;
    to->count++;
}

void lm_input_levels(uint32_t *of_byte, const limen_input *input)
{
    for (size_t value = 0; value < 256; value++)
        of_byte[value] = level_of((double)input->scale * (double)value);
}

/* Levels of inputs j .. j + 7 from their values; false if all are zero. */
static bool read_block(uint32_t level[8], const limen_input *input,
                       const uint32_t *of_byte, size_t place, size_t count)
{
    const double scale = (double)input->scale;

    if (input->bytes != NULL && count == 8) {
        uint64_t eight;

        memcpy(&eight, input->bytes + place, sizeof eight);
        if (eight == 0)
            return false;
    }
    for (size_t u = 0; u < 8; u++)
        level[u] = u >= count ? 0
                   : input->bytes != NULL
                       ? of_byte[input->bytes[place + u]]
                       : level_of(scale * (double)input->floats[place + u]);
    return true;
}

void lm_input_chances(lm_chances *to, const limen_input *input,
                      const uint32_t *of_byte, size_t units, size_t sample,
                      size_t frame)
{
    const size_t place = (sample * input->frames + frame) * units;

    to->count = 0;
    for (size_t j = 0; j < units; j += 8) {
        uint32_t level[8];

        if (read_block(level, input, of_byte, place + j,
                       units - j < 8 ? units - j : 8))
            add_block(to, (uint32_t)(j / 8), level);
    }
    // kernels draw some blocks past the last, to no effect
    for (size_t k = to->count; k < to->count + LM_CHANCES; k++) {
        memset(to->bound + 8 * k, 0, 8 * sizeof *to->bound);
        to->possible[k] = 0;
        to->block[k] = 0;
    }
}

void lm_input_likely(uint64_t *s, const lm_chances *chances, size_t units)
{
    memset(s, 0, lm_bits_words(units) * sizeof *s);
    for (size_t k = 0; k < chances->count; k++)
        s[chances->block[k] / 8] |= (uint64_t)chances->likely[k]
                                    << 8 * (chances->block[k] % 8);
}

size_t lm_input_frame(const limen_input *input, size_t t)
{
    const size_t frame = (t - 1) / input->hold;

    return frame < input->frames ? frame : input->frames - 1;
}

void lm_input_fire(uint64_t *s, const lm_chances *chances, size_t units,
                   limen_encoder encoder, uint64_t seed, uint64_t key, size_t t,
                   const lm_kernels *kernel)
{
    switch (encoder) {
    case LIMEN_STOCHASTIC:
        kernel->input_draw(s, chances, seed, key, (uint32_t)t);
        break;
    case LIMEN_FROZEN:
        kernel->input_draw(s, chances, seed, key, 0);
        break;
    case LIMEN_THRESHOLD:
        lm_input_likely(s, chances, units);
        break;
    }
}

static limen_status bad_probability(const limen_input *input, size_t units,
                                    size_t place, double value,
                                    limen_error *err)
{
    const size_t sample = place / (input->frames * units);

    return lm_error_set(err, LIMEN_BAD_VALUE,
                        "input %zu of sample %zu: the probability %g is not "
                        "in [0, 1]; scale the values",
                        place % units, sample, value);
}

limen_input lm_input_part(const limen_input *input, size_t units, size_t first,
                          size_t count, uint64_t *keys)
{
    const size_t values = input->frames * units;
    limen_input part = *input;

    part.samples = count;
    part.keys = keys;
    if (input->bytes != NULL)
        part.bytes = input->bytes + first * values;
    else
        part.floats = input->floats + first * values;
    for (size_t b = 0; b < count; b++)
        keys[b] = lm_input_key(input, first + b);
    return part;
}

limen_status limen_input_check(const limen_input *input, size_t units,
                               limen_error *err)
{
    const double most = 1.0 + 1e-6; // 255 (float)(1/255) is above 1 by 6e-8
    size_t count;

    if ((input->bytes == NULL) == (input->floats == NULL))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "input: give bytes or floats, one of them");
    if (input->samples == 0 || input->frames == 0 || input->hold == 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "input: %zu samples, %zu frames held for %zu "
                            "steps: none may be 0",
                            input->samples, input->frames, input->hold);
    if (!lm_size_multiply(&count, input->samples, input->frames) ||
        !lm_size_multiply(&count, count, units))
        return lm_error_set(err, LIMEN_BAD_VALUE, "input: too many values");

    const double scale = (double)input->scale;
    if (!isfinite(scale) || scale < 0.0 ||
        (input->bytes != NULL && 255.0 * scale > most))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "input: the scale %g gives probabilities outside "
                            "[0, 1]",
                            scale);
    for (size_t k = 0; input->floats != NULL && k < count; k++) {
        const double p = scale * (double)input->floats[k];

        if (!(p >= 0.0 && p <= most))
            return bad_probability(input, units, k, p, err);
    }
    return LIMEN_OK;
}
