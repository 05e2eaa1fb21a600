/* branching_layer.c -- a layer of units that can be hit only once a step.
 *
 * Kinouchi & Copelli 2006, Nat. Phys. 2:348, with neighbours drawn afresh each
 * step: arrivals ~ Poisson(m A) + Poisson(drive n), each on a unit at random.
 * Draws: stream LM_STREAM_BRANCHING, key = point, step = t.
 */
#include "limen.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/law.h"
#include "base/threads.h"

#include <string.h>

typedef struct layer {
    const lm_sums *offspring;
    size_t n;
    uint64_t seed;
} layer;

/* Units hit by the arrivals of one step. */
static uint64_t hit(uint64_t *bits, uint64_t arrivals, size_t n,
                    lm_draws *draws)
{
    uint64_t active = 0;

    memset(bits, 0, lm_bits_words(n) * sizeof *bits);
    for (uint64_t k = 0; k < arrivals; k++) {
        const size_t i = (size_t)(lm_draws_next(draws) >> 32) * n >> 32;
        const uint64_t bit = UINT64_C(1) << (i % 64);

        active += (bits[i / 64] & bit) == 0;
        bits[i / 64] |= bit;
    }
    return active;
}

/* Mean share of active units; below 0 if memory is out. */
static double respond(const layer *l, double drive, uint64_t point,
                      size_t steps, size_t burn_in)
{
    uint64_t *bits = lm_alloc(lm_bits_words(l->n), 1, sizeof *bits);
    lm_sums driven;
    double sum = -1.0;
    uint64_t active = 0;

    if (lm_sums_new(&driven, drive, 0.0) && bits != NULL) {
        sum = 0.0;
        for (size_t t = 0; t < burn_in + steps; t++) {
            lm_draws draws = { .seed = l->seed,
                               .key = point,
                               .stream = LM_STREAM_BRANCHING,
                               .step = (uint32_t)t };
            uint64_t arrivals = lm_sums_draw(&driven, l->n, &draws);

            arrivals += lm_sums_draw(l->offspring, active, &draws);
            active = hit(bits, arrivals, l->n, &draws);
            sum += t >= burn_in ? (double)active : 0.0;
        }
    }
    lm_sums_free(&driven);
    lm_free(bits);
    return sum / (double)steps / (double)l->n;
}

static limen_status check(const double *drive, size_t points, double m,
                          size_t n, size_t steps, size_t burn_in,
                          limen_error *err)
{
    for (size_t k = 0; k < points; k++)
        if (!(drive[k] >= 0.0 && drive[k] <= 16.0))
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "drive: %g (number %zu) is not in [0, 16]",
                                drive[k], k + 1);
    if (!(m >= 0.0 && m <= 16.0))
        return lm_error_set(err, LIMEN_BAD_VALUE, "m: %g is not in [0, 16]", m);
    if (n == 0 || n > 1U << 19)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "units: %zu are not in 1..2^19", n);
    if (steps == 0 || burn_in + steps > UINT32_MAX)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "steps: %zu with the burn-in are not in [1, 2^32)",
                            burn_in + steps);
    return LIMEN_OK;
}

limen_status limen_branching_response(double *response, const double *drive,
                                      size_t points, double m, size_t n,
                                      size_t steps, size_t burn_in,
                                      uint64_t seed, int threads,
                                      limen_error *err)
{
    lm_sums offspring = { 0 };
    const layer l = { &offspring, n, seed };
    limen_status status = check(drive, points, m, n, steps, burn_in, err);
    double *out = NULL;

    if (status != LIMEN_OK)
        return status;
    out = lm_alloc(points, 1, sizeof *out);
    if (out == NULL || !lm_sums_new(&offspring, m, 0.0)) {
        status = lm_error_no_memory(err, "a branching layer", n / 8);
        goto done;
    }
    threads = lm_threads(threads);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t k = 0; k < points; k++)
        out[k] = respond(&l, drive[k], k, steps, burn_in);
    (void)threads;
    for (size_t k = 0; k < points; k++)
        if (out[k] < 0.0)
            status = lm_error_no_memory(err, "a branching layer", n / 8);
    if (status == LIMEN_OK)
        memcpy(response, out, points * sizeof *out);
done:
    lm_sums_free(&offspring);
    lm_free(out);
    return status;
}
