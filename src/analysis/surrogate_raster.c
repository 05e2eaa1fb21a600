/* surrogate_raster.c -- null models of a raster.
 *
 * Draws: stream LM_STREAM_SURROGATE, key = 16 + kind, step and unit those of
 * what is drawn (docs/numerics.md).
 */
#include "limen.h"

#include "analysis/transpose.h"
#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/rng.h"

#include <string.h>

static uint32_t draw_at(uint64_t seed, limen_raster_surrogate kind, size_t step,
                        size_t unit)
{
    return lm_draw_block(seed, LM_STREAM_SURROGATE,
                         16 + (uint64_t)kind + ((uint64_t)unit << 32),
                         (uint32_t)step, 0)
        .word[0];
}

static void set(uint64_t *x, size_t i)
{
    x[i / 64] |= UINT64_C(1) << (i % 64);
}

/* `ones` bits of n at random, by Floyd's sampling: a place that is taken gives
 * way to the last.  row: (words of n), zero. */
static void scatter(uint64_t *row, size_t n, size_t ones, uint64_t seed,
                    limen_raster_surrogate kind, size_t which)
{
    for (size_t k = 0; k < ones; k++) {
        const size_t last = n - ones + k;
        const size_t i = lm_draw_below(draw_at(seed, kind, k, which), last + 1);

        set(row, lm_bits_get(row, i) ? last : i);
    }
}

/* Bit t goes to bit (t + by) mod steps. */
static void shift(uint64_t *out, const uint64_t *x, size_t steps, size_t by)
{
    for (size_t t = 0; t < steps; t++)
        if (lm_bits_get(x, t))
            set(out, t + by < steps ? t + by : t + by - steps);
}

static void redraw(uint64_t *out, const uint64_t *x, size_t steps, size_t ones,
                   limen_raster_surrogate kind, uint64_t seed, size_t unit)
{
    if (kind == LIMEN_RASTER_SHUFFLE)
        scatter(out, steps, ones, seed, kind, unit);
    if (kind == LIMEN_RASTER_SHIFT)
        shift(out, x, steps,
              lm_draw_below(draw_at(seed, kind, 0, unit), steps));
    // a draw below 2^32 ones / steps, compared without rounding
    for (size_t t = 0; kind == LIMEN_RASTER_RATE && t < steps; t++)
        if ((uint64_t)draw_at(seed, kind, t, unit) * steps < (uint64_t)ones
                                                                 << 32)
            set(out, t);
}

/* Unit by unit, on the raster turned. */
static limen_status redraw_units(uint64_t *out, const uint64_t *raster,
                                 size_t steps, size_t n,
                                 limen_raster_surrogate kind, uint64_t seed,
                                 limen_error *err)
{
    const size_t words = lm_bits_words(steps);
    uint64_t *from = lm_alloc(n, words, sizeof *from);
    uint64_t *to = lm_alloc(n, words, sizeof *to);
    limen_status status = LIMEN_OK;

    if (from == NULL || to == NULL) {
        status = lm_error_no_memory(err, "a surrogate",
                                    2 * n * words * sizeof *from);
    } else {
        lm_raster_transpose(from, raster, steps, n);
        for (size_t i = 0; i < n; i++)
            redraw(to + i * words, from + i * words, steps,
                   lm_bits_count(from + i * words, words), kind, seed, i);
        lm_raster_transpose(out, to, n, steps);
    }
    lm_free(from);
    lm_free(to);
    return status;
}

limen_status limen_surrogate_raster(uint64_t *out, const uint64_t *raster,
                                    size_t steps, size_t n,
                                    limen_raster_surrogate kind, uint64_t seed,
                                    limen_error *err)
{
    const size_t words = lm_bits_words(n);

    if (steps == 0 || n == 0 || steps > UINT32_MAX || n > UINT32_MAX)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "raster: %zu steps of %zu units are not in "
                            "[1, 2^32)",
                            steps, n);
    if (kind != LIMEN_RASTER_UNITS)
        return redraw_units(out, raster, steps, n, kind, seed, err);
    memset(out, 0, steps * words * sizeof *out);
    for (size_t t = 0; t < steps; t++)
        scatter(out + t * words, n, lm_bits_count(raster + t * words, words),
                seed, kind, t);
    return LIMEN_OK;
}
