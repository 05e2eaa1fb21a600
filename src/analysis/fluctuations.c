/* fluctuations.c -- how much activity varies: Fano factor, susceptibility,
 * dynamic range. */
#include "limen.h"

#include "base/error.h"

#include <math.h>

/* False if the values do not vary beyond rounding. */
static bool mean_and_variance(double *mean, double *variance, const double *x,
                              size_t n)
{
    double sum = 0.0;
    double square = 0.0;

    for (size_t t = 0; t < n; t++)
        sum += x[t];
    *mean = sum / (double)n;
    for (size_t t = 0; t < n; t++)
        square += (x[t] - *mean) * (x[t] - *mean);
    *variance = square / (double)n;
    return *variance > 1e-24 * *mean * *mean;
}

/* Windows are summed, then their mean, then squares about it: two passes over
 * x and no memory. */
static double window_sum(const double *x, size_t window)
{
    double sum = 0.0;

    for (size_t t = 0; t < window; t++)
        sum += x[t];
    return sum;
}

limen_status limen_fano(double *fano, const double *x, size_t steps,
                        size_t window, limen_error *err)
{
    const size_t windows = window == 0 ? 0 : steps / window;
    double mean = 0.0;
    double square = 0.0;

    if (windows < 2)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "window: %zu steps do not fit twice into %zu",
                            window, steps);
    for (size_t k = 0; k < windows; k++)
        mean += window_sum(x + k * window, window) / (double)windows;
    for (size_t k = 0; k < windows; k++) {
        const double d = window_sum(x + k * window, window) - mean;

        square += d * d;
    }
    if (!(mean > 0.0) || !isfinite(square))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "activity: its mean is %g, a Fano factor needs one "
                            "above 0",
                            mean);
    *fano = square / (double)windows / mean;
    return LIMEN_OK;
}

limen_status limen_susceptibility(double *chi, double *relative,
                                  const double *activity, size_t steps,
                                  size_t n, limen_error *err)
{
    double mean;
    double variance;

    if (steps < 2 || n == 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "activity: %zu steps of %zu units have no "
                            "susceptibility; it needs 2 steps and a unit",
                            steps, n);
    if (!mean_and_variance(&mean, &variance, activity, steps) ||
        !isfinite(variance))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "activity: %s at every step, which has no "
                            "susceptibility",
                            mean == 0.0 ? "silent" : "the same number");
    *chi = (double)n * variance;
    if (relative != NULL)
        *relative = *chi / mean;
    return LIMEN_OK;
}

static limen_status check_curve(const double *input, const double *response,
                                size_t points, limen_error *err)
{
    if (points < 3)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "response: %zu points are too few, a dynamic range "
                            "needs 3",
                            points);
    for (size_t k = 0; k < points; k++)
        if (!(input[k] > (k == 0 ? 0.0 : input[k - 1])) ||
            !isfinite(input[k]) || !isfinite(response[k]))
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "response: point %zu (%g, %g) must be finite, "
                                "inputs above 0 and ascending",
                                k + 1, input[k], response[k]);
    return LIMEN_OK;
}

/* The input at which straight lines through (log input, response) first reach
 * `level`; NAN if the first point is past it. */
static double first_reach(const double *input, const double *response,
                          size_t points, double level)
{
    for (size_t k = 0; k < points; k++)
        if (response[k] >= level) {
            if (k == 0)
                return response[0] > level ? (double)NAN : input[0];
            const double share =
                (level - response[k - 1]) / (response[k] - response[k - 1]);
            return exp((1.0 - share) * log(input[k - 1]) +
                       share * log(input[k]));
        }
    return NAN;
}

limen_status limen_dynamic_range(limen_range_result *out, const double *input,
                                 const double *response, size_t points,
                                 double rest, limen_error *err)
{
    const limen_status status = check_curve(input, response, points, err);
    double most = -INFINITY;

    if (status != LIMEN_OK)
        return status;
    for (size_t k = 0; k < points; k++)
        most = fmax(most, response[k]);
    const double least = isnan(rest) ? response[0] : rest;
    if (!(most - least > 1e-12 * fabs(most)))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "response: never above the %g at rest, which has "
                            "no dynamic range",
                            least);
    const limen_range_result range = {
        .low =
            first_reach(input, response, points, least + 0.1 * (most - least)),
        .high =
            first_reach(input, response, points, least + 0.9 * (most - least)),
    };
    if (!isfinite(range.low) || !isfinite(range.high))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "response: already past a tenth of its range at "
                            "the first input, %g; begin with weaker input",
                            input[0]);
    *out = range;
    out->decibel = 10.0 * log10(range.high / range.low);
    return LIMEN_OK;
}

double limen_log_slope(const double *x, const double *y, size_t points,
                       double low, double high)
{
    double n = 0.0;
    double mx = 0.0;
    double my = 0.0;
    double xx = 0.0;
    double xy = 0.0;

    for (size_t k = 0; k < points; k++)
        if (x[k] > 0.0 && x[k] >= low && x[k] <= high && y[k] > 0.0) {
            n += 1.0;
            mx += log(x[k]);
            my += log(y[k]);
        }
    mx /= n;
    my /= n;
    for (size_t k = 0; k < points; k++)
        if (x[k] > 0.0 && x[k] >= low && x[k] <= high && y[k] > 0.0) {
            xx += (log(x[k]) - mx) * (log(x[k]) - mx);
            xy += (log(x[k]) - mx) * (log(y[k]) - my);
        }
    return xx > 0.0 ? xy / xx : (double)NAN;
}
