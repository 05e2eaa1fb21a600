/* branching_naive.c -- the branching ratio of one lag, and its bias.
 *
 * Of A_t active units a share p is seen, a_t = Binomial(A_t, p).  Then
 *     cov(a_t, a_(t+1)) = p^2 cov(A_t, A_(t+1)),
 *     var(a) = p^2 var(A) + p (1 - p) <A>,
 * so the slope is that of A times 1 - (1 - p) <a> / var(a).
 */
#include "analysis/branching.h"

#include "base/error.h"

#include <math.h>

/* Mean of A_(t+1) / A_t where A_t > 0; NAN if it never is. */
static double descendants(const double *activity, size_t trials, size_t steps)
{
    double sum = 0.0;
    double count = 0.0;

    for (size_t i = 0; i < trials; i++)
        for (size_t t = 0; t + 1 < steps; t++) {
            const double *a = activity + i * steps + t;

            if (a[0] > 0.0) {
                sum += a[1] / a[0];
                count += 1.0;
            }
        }
    return sum / count;
}

static void mean_and_fano(double *mean, double *fano, const double *a, size_t n)
{
    double sum = 0.0;
    double square = 0.0;

    for (size_t t = 0; t < n; t++)
        sum += a[t];
    *mean = sum / (double)n;
    for (size_t t = 0; t < n; t++)
        square += (a[t] - *mean) * (a[t] - *mean);
    *fano = square / (double)n / *mean;
}

limen_status limen_branching_naive(limen_branching_naive_result *out,
                                   const double *activity, size_t trials,
                                   size_t steps, double sampled,
                                   limen_error *err)
{
    double slope;

    if (!(sampled > 0.0 && sampled <= 1.0))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "sampled: %g is not in (0, 1]", sampled);
    for (size_t t = 0; t < trials * steps; t++)
        if (activity[t] < 0.0)
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "activity: step %zu of trial %zu is %g; counts "
                                "cannot be negative",
                                t % steps + 1, t / steps + 1, activity[t]);
    const limen_status status = limen_branching_coefficients(
        &slope, 1, activity, trials, steps, LIMEN_MEANS_STATIONARY, err);
    if (status != LIMEN_OK)
        return status;

    *out = (limen_branching_naive_result){ .slope = slope };
    mean_and_fano(&out->mean, &out->fano, activity, trials * steps);
    out->descendants = descendants(activity, trials, steps);
    double first = 0.0; // means of A_t and A_(t+1)
    double second = 0.0;
    for (size_t i = 0; i < trials; i++)
        for (size_t t = 0; t + 1 < steps; t++) {
            first += activity[i * steps + t];
            second += activity[i * steps + t + 1];
        }
    out->drive = (second - slope * first) / (double)(trials * (steps - 1));
    out->attenuation = 1.0 - (1.0 - sampled) / out->fano;
    out->corrected =
        out->attenuation > 0.0 ? slope / out->attenuation : (double)NAN;
    return LIMEN_OK;
}

double limen_branching_naive_theory(double m, double mean, double sampled)
{
    const double variance = mean / (1.0 - m * m);

    return m * sampled * variance /
           (sampled * variance + (1.0 - sampled) * mean);
}
