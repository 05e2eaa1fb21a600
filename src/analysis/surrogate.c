/* surrogate.c -- null models of a series.
 *
 * Draws: stream LM_STREAM_SURROGATE, key = kind (docs/numerics.md).
 */
#include "limen.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/law.h"
#include "base/quantiles.h"

#include <math.h>
#include <string.h>

enum { MEAN_MAX = 100000 };

/* Fisher and Yates: each place from the last gets one of those before it. */
static void shuffle(double *x, size_t steps, uint64_t seed)
{
    for (size_t t = steps; t > 1; t--) {
        const uint32_t draw = lm_draw(seed, LM_STREAM_SURROGATE,
                                      LIMEN_SURROGATE_SHUFFLE, (uint32_t)t, 0);
        const size_t k = lm_draw_below(draw, t);
        const double held = x[t - 1];

        x[t - 1] = x[k];
        x[k] = held;
    }
}

static limen_status poisson(double *x, size_t steps, double mean, uint64_t seed,
                            limen_error *err)
{
    lm_law law;

    if (!lm_law_new(&law, mean, 0.0)) {
        lm_law_free(&law);
        return lm_error_no_memory(err, "a surrogate", sizeof law);
    }
    for (size_t t = 0; t < steps; t++) {
        lm_draws draws = { .seed = seed,
                           .key = LIMEN_SURROGATE_POISSON,
                           .stream = LM_STREAM_SURROGATE,
                           .step = (uint32_t)t };

        x[t] = (double)lm_law_draw(&law, &draws);
    }
    lm_law_free(&law);
    return LIMEN_OK;
}

void limen_ornstein_uhlenbeck(double *x, size_t steps, double mean, double sd,
                              double time, uint64_t seed)
{
    const double f = exp(-1.0 / time);
    const double step = sqrt(-expm1(-2.0 / time)); // 1 - f^2 keeps its digits
    double state = 0.0;

    for (size_t t = 0; t < steps; t++) {
        const uint32_t draw = lm_draw(seed, LM_STREAM_SURROGATE,
                                      LIMEN_SURROGATE_OU, (uint32_t)t, 0);
        const double z = (double)lm_noise(lm_quantile_gaussian, draw) / 65536.0;

        state = t == 0 ? z : f * state + step * z;
        x[t] = mean + sd * state;
    }
}

/* f of the process whose integrated time is (1 + f) / (1 - f), as a time. */
static double time_of(double integrated)
{
    return integrated > 1.0
               ? -1.0 / log((integrated - 1.0) / (integrated + 1.0))
               : 1e-3;
}

static limen_status matched(double *out, const double *x, size_t steps,
                            double mean, uint64_t seed, limen_error *err)
{
    const double integrated = limen_autocorrelation_time(x, steps);
    double square = 0.0;

    if (isnan(integrated))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "series: does not vary, so there is no "
                            "Ornstein-Uhlenbeck process like it");
    for (size_t t = 0; t < steps; t++)
        square += (x[t] - mean) * (x[t] - mean);
    limen_ornstein_uhlenbeck(out, steps, mean, sqrt(square / (double)steps),
                             time_of(integrated), seed);
    return LIMEN_OK;
}

limen_status limen_surrogate_series(double *out, const double *x, size_t steps,
                                    limen_surrogate kind, uint64_t seed,
                                    limen_error *err)
{
    double mean = 0.0;

    if (steps == 0 || steps > UINT32_MAX)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "series: %zu steps are not in [1, 2^32)", steps);
    for (size_t t = 0; t < steps; t++) {
        if (!isfinite(x[t]))
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "series: step %zu is %g, not a finite number",
                                t + 1, x[t]);
        mean += x[t] / (double)steps;
    }
    switch (kind) {
    case LIMEN_SURROGATE_SHUFFLE:
        memcpy(out, x, steps * sizeof *x);
        shuffle(out, steps, seed);
        return LIMEN_OK;
    case LIMEN_SURROGATE_POISSON:
        if (!(mean >= 0.0 && mean <= MEAN_MAX))
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "series: its mean %g is not in [0, %d], which "
                                "Poisson counts need",
                                mean, MEAN_MAX);
        return poisson(out, steps, mean, seed, err);
    case LIMEN_SURROGATE_OU:
        return matched(out, x, steps, mean, seed, err);
    }
    return lm_error_set(err, LIMEN_BAD_VALUE, "surrogate: no kind %d",
                        (int)kind);
}
