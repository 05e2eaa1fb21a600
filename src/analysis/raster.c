/* raster.c -- what a raster tells of one layer: activity, change, cycles. */
#include "limen.h"

#include "base/bits.h"

#include <math.h>
#include <string.h>

void limen_raster_activity(double *activity, const uint64_t *raster,
                           size_t steps, size_t n)
{
    const size_t words = lm_bits_words(n);

    for (size_t t = 0; t < steps; t++)
        activity[t] =
            (double)lm_bits_count(raster + t * words, words) / (double)n;
}

/* Units that differ, and units of either state. */
static void compare(const uint64_t *a, const uint64_t *b, size_t words,
                    size_t *differ, size_t *either)
{
    *differ = *either = 0;
    for (size_t k = 0; k < words; k++) {
        *differ += (size_t)__builtin_popcountll(a[k] ^ b[k]);
        *either += (size_t)__builtin_popcountll(a[k] | b[k]);
    }
}

void limen_raster_flips(double *flips, double *distance, const uint64_t *raster,
                        size_t steps, size_t n)
{
    const size_t words = lm_bits_words(n);

    for (size_t t = 0; t < steps; t++) {
        const uint64_t *now = raster + t * words;
        size_t differ = lm_bits_count(now, words); // from rest
        size_t either = differ;

        if (t > 0)
            compare(now, now - words, words, &differ, &either);
        if (flips != NULL)
            flips[t] = (double)differ / (double)n;
        if (distance != NULL)
            distance[t] = either == 0 ? 0.0 : (double)differ / (double)either;
    }
}

/* Whether all layers have the same states at two steps. */
static bool same(const uint64_t *const *raster, const size_t *units,
                 size_t layers, size_t t, size_t u)
{
    for (size_t l = 0; l < layers; l++) {
        const size_t words = lm_bits_words(units[l]);

        if (memcmp(raster[l] + t * words, raster[l] + u * words,
                   words * sizeof **raster) != 0)
            return false;
    }
    return true;
}

size_t limen_raster_cycle(size_t *transient, const uint64_t *const *raster,
                          const size_t *units, size_t layers, size_t steps)
{
    size_t length = 0;

    for (size_t p = 1; length == 0 && 2 * p <= steps; p++) {
        size_t held = 0;

        while (held < p && same(raster, units, layers, steps - 1 - held,
                                steps - 1 - held - p))
            held++;
        if (held == p)
            length = p;
    }
    if (length == 0)
        return 0;
    size_t first = steps - length; // where the cycle begins, from 0
    while (first > 0 &&
           same(raster, units, layers, first - 1, first - 1 + length))
        first--;
    if (transient != NULL)
        *transient = first;
    return length;
}

double limen_raster_agreement(double *chance, const uint64_t *a,
                              const uint64_t *b, size_t steps, size_t n)
{
    const size_t words = lm_bits_words(n);
    double agree = 0.0;
    double expected = 0.0;

    for (size_t k = 0; k < steps * words; k++)
        agree += (double)__builtin_popcountll(a[k] ^ b[k]);
    for (size_t i = 0; i < n; i++) {
        size_t p = 0;
        size_t q = 0;

        for (size_t t = 0; t < steps; t++) {
            p += lm_bits_get(a + t * words, i);
            q += lm_bits_get(b + t * words, i);
        }
        const double x = (double)p / (double)steps;
        const double y = (double)q / (double)steps;
        expected += x * y + (1.0 - x) * (1.0 - y);
    }
    if (chance != NULL)
        *chance = expected / (double)n;
    return 1.0 - agree / ((double)steps * (double)n);
}
