/* pairwise.c -- correlations of all pairs of units of a raster.
 *
 *     rho_ij = (steps n_ij - n_i n_j) / sqrt(n_i (steps - n_i) n_j (steps - n_j))
 *
 * with the counts of spikes n_i and of common spikes n_ij: whole numbers, so
 * that only the last division and the sums over pairs round.
 */
#include "limen.h"

#include "analysis/transpose.h"
#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/vectorise.h"

#include <math.h>

LM_VECTORISE static uint64_t common(const uint64_t *a, const uint64_t *b,
                                    size_t words)
{
    uint64_t count = 0;

    for (size_t k = 0; k < words; k++)
        count += (uint64_t)__builtin_popcountll(a[k] & b[k]);
    return count;
}

typedef struct tally {
    double sum, square, magnitude;
} tally;

/* Pairs of unit i with those before it; scale[j] = 1 / sqrt(n (steps - n)). */
static void add_pairs(tally *to, const uint64_t *unit, const uint64_t *count,
                      const double *scale, size_t i, size_t steps)
{
    const size_t words = lm_bits_words(steps);

    for (size_t j = 0; j < i; j++) {
        const double both =
            (double)common(unit + i * words, unit + j * words, words);
        const double rho =
            ((double)steps * both - (double)count[i] * (double)count[j]) *
            scale[i] * scale[j];

        to->sum += rho;
        to->square += rho * rho;
        to->magnitude += fabs(rho);
    }
}

/* Moves the units that vary to the front; returns their number. */
static size_t keep_varying(uint64_t *unit, uint64_t *count, double *scale,
                           size_t steps, size_t n)
{
    const size_t words = lm_bits_words(steps);
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        const size_t spikes = lm_bits_count(unit + i * words, words);

        if (spikes == 0 || spikes == steps)
            continue;
        for (size_t k = 0; k < words; k++)
            unit[kept * words + k] = unit[i * words + k];
        count[kept] = spikes;
        scale[kept] =
            1.0 / (sqrt((double)spikes) * sqrt((double)(steps - spikes)));
        kept++;
    }
    return kept;
}

static limen_status summarise(limen_pairwise *out, const uint64_t *unit,
                              const uint64_t *count, const double *scale,
                              size_t kept, size_t steps, limen_error *err)
{
    const size_t pairs = kept < 2 ? 0 : kept * (kept - 1) / 2;
    tally all = { 0 };

    if (pairs == 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "raster: %zu units are neither silent nor "
                            "saturated, a correlation needs 2",
                            kept);
    for (size_t i = 1; i < kept; i++) {
        tally row = { 0 };

        add_pairs(&row, unit, count, scale, i, steps);
        all.sum += row.sum;
        all.square += row.square;
        all.magnitude += row.magnitude;
    }
    const double mean = all.sum / (double)pairs;
    *out = (limen_pairwise){
        .mean = mean,
        .sd = sqrt(fmax(0.0, all.square / (double)pairs - mean * mean)),
        .mean_magnitude = all.magnitude / (double)pairs,
        .units = kept,
        .pairs = pairs,
    };
    return LIMEN_OK;
}

limen_status limen_raster_correlation(limen_pairwise *out,
                                      const uint64_t *raster, size_t steps,
                                      size_t n, limen_error *err)
{
    const size_t words = lm_bits_words(steps);
    uint64_t *unit;
    uint64_t *count;
    double *scale;
    limen_status status;

    if (steps < 2 || n < 2)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "raster: %zu steps of %zu units have no "
                            "correlation; it needs 2 of both",
                            steps, n);
    unit = lm_alloc(n, words, sizeof *unit);
    count = lm_alloc(n, 1, sizeof *count);
    scale = lm_alloc(n, 1, sizeof *scale);
    if (unit == NULL || count == NULL || scale == NULL) {
        status =
            lm_error_no_memory(err, "correlations", n * words * sizeof *unit);
    } else {
        lm_raster_transpose(unit, raster, steps, n);
        const size_t kept = keep_varying(unit, count, scale, steps, n);
        status = summarise(out, unit, count, scale, kept, steps, err);
    }
    lm_free(unit);
    lm_free(count);
    lm_free(scale);
    return status;
}
