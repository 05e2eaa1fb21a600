/* theory.c -- fixed points and critical values of random threshold networks. */
#include "analysis/theory.h"

#include "base/error.h"

#include <assert.h>
#include <math.h>

/* e^-500 is a double, and sums over in-degrees stay short. */
static const double degree_most = 500.0;

static limen_status check_weights(const limen_random_network *spec,
                                  limen_error *err)
{
    if (!isfinite(spec->mean) || !isfinite(spec->variance) ||
        spec->variance <= 0.0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "weights: mean %g and variance %g must be finite, "
                            "the variance above 0",
                            spec->mean, spec->variance);
    return LIMEN_OK;
}

limen_status limen_random_network_check(const limen_random_network *spec,
                                        limen_error *err)
{
    const double k = spec->in_degree;

    if (!(k > 0.0 && k <= degree_most) || (!spec->is_poisson && k != floor(k)))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "in-degree: %g is not a %snumber above 0 and at "
                            "most %g",
                            k, spec->is_poisson ? "" : "whole ", degree_most);
    if (!isfinite(spec->threshold) || !isfinite(spec->input_mean) ||
        !isfinite(spec->input_step))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "threshold %g, input mean %g and step %g must be "
                            "finite",
                            spec->threshold, spec->input_mean,
                            spec->input_step);
    if (!(spec->input_chance >= 0.0 && spec->input_chance <= 1.0))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "input chance: %g is not in [0, 1]",
                            spec->input_chance);
    if (spec->weights == LIMEN_WEIGHTS_NORMAL)
        return check_weights(spec, err);
    return LIMEN_OK;
}

double limen_activity_map(const limen_random_network *spec, double a)
{
    const lm_degrees degrees = lm_degrees_of(spec);
    const lm_inputs in = lm_inputs_of(spec);
    double sum = 0.0;

    assert(spec->form == LIMEN_ZERO_ONE);
    for (size_t k = degrees.first; k <= degrees.last; k++)
        for (size_t x = 0; x < in.count; x++)
            sum += lm_degree_share(spec, k) * in.chance[x] *
                   lm_binary_activity(spec, k, a, in.u[x]);
    return sum;
}

/* Under one input. */
static double slope_at(const limen_random_network *spec, double a, double u)
{
    const lm_degrees degrees = lm_degrees_of(spec);
    double sum = 0.0;

    for (size_t k = degrees.first; k <= degrees.last; k++) {
        const double share = lm_degree_share(spec, k);

        if (k == 0)
            continue;
        sum += spec->form == LIMEN_ZERO_ONE
                   ? share * lm_binary_slope(spec, k, a, u)
                   : share * (double)k * limen_bit_flip(spec, k, 1, u, u);
    }
    return sum;
}

double limen_damage_slope(const limen_random_network *spec, double a,
                          bool geometric)
{
    const lm_inputs in = lm_inputs_of(spec);
    double sum = 0.0;

    for (size_t x = 0; x < in.count; x++) {
        const double slope = slope_at(spec, a, in.u[x]);

        sum += in.chance[x] * (geometric ? log(slope) : slope);
    }
    return geometric ? exp(sum) : sum; // e^-inf = 0
}

/* From 1/2, half of each step: networks that inhibit themselves would swing. */
static double activity_fixed_point(const limen_random_network *spec)
{
    enum { MOST = 20000 };
    double a = 0.5;

    for (int k = 0; k < MOST; k++) {
        const double next = (a + limen_activity_map(spec, a)) / 2.0;
        const bool is_still = fabs(next - a) < 1e-13;

        a = next;
        if (is_still)
            break;
    }
    return a < 1e-9 ? 0.0 : a;
}

/* Where the map crosses the diagonal from above.  The map is concave enough to
 * do so once, if it leaves 0 above it at all. */
static double distance_fixed_point(const limen_random_network *spec, bool apart)
{
    const double least = 1e-6;
    double low = least;
    double high = 1.0;

    if (limen_hamming_map(spec, low, apart) <= low)
        return 0.0;
    while (high - low > 1e-13) {
        const double d = (low + high) / 2.0;

        if (limen_hamming_map(spec, d, apart) > d)
            low = d;
        else
            high = d;
    }
    return low;
}

limen_status limen_theory_of(limen_theory *out,
                             const limen_random_network *spec, limen_error *err)
{
    const limen_status status = limen_random_network_check(spec, err);
    limen_theory made = { NAN, NAN, NAN, NAN, NAN, NAN, NAN };

    if (status != LIMEN_OK)
        return status;
    if (spec->form == LIMEN_ZERO_ONE) {
        const lm_inputs in = lm_inputs_of(spec);

        made.activity = activity_fixed_point(spec);
        made.propagation = 0.0;
        for (size_t x = 0; x < in.count; x++)
            made.propagation += in.chance[x] * spec->in_degree *
                                lm_binary_activity(spec, 1, 1.0, in.u[x]);
    } else if (spec->weights == LIMEN_WEIGHTS_NORMAL && spec->mean != 0.0) {
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "mean: the theory of +-1 networks is of weights "
                            "with mean 0, not %g",
                            spec->mean);
    } else {
        made.distance = distance_fixed_point(spec, false);
        made.separation = distance_fixed_point(spec, true) -
                          limen_hamming_map(spec, 0.0, true);
        made.memory = made.separation - made.distance;
    }
    made.growth = limen_damage_slope(spec, made.activity, false);
    made.growth_geometric = limen_damage_slope(spec, made.activity, true);
    *out = made;
    return LIMEN_OK;
}

/* Where growth crosses 1 as *value, a member of spec, goes from low to high;
 * NAN if it does not. */
static double crossing(limen_random_network *spec, double *value, double low,
                       double high, bool geometric)
{
    *value = low;
    const bool begins_above = limen_damage_slope(spec, 0.0, geometric) > 1.0;
    *value = high;
    if ((limen_damage_slope(spec, 0.0, geometric) > 1.0) == begins_above)
        return NAN;
    while (high / low > 1.0 + 1e-14) {
        const double middle = sqrt(low * high);

        if (middle <= low || middle >= high)
            break;
        *value = middle;
        if ((limen_damage_slope(spec, 0.0, geometric) > 1.0) == begins_above)
            low = middle;
        else
            high = middle;
    }
    return sqrt(low * high);
}

/* Whether the critical values of this network have a theory. */
static limen_status check_critical(const limen_random_network *spec,
                                   limen_error *err)
{
    const limen_status status = limen_random_network_check(spec, err);

    if (status != LIMEN_OK)
        return status;
    if (spec->form != LIMEN_PLUS_MINUS ||
        (spec->weights == LIMEN_WEIGHTS_NORMAL && spec->mean != 0.0))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "critical values are of +-1 networks whose weights "
                            "have mean 0; sweep a 0/1 network instead");
    return LIMEN_OK;
}

limen_status limen_critical_variance(double *out,
                                     const limen_random_network *spec,
                                     bool geometric, limen_error *err)
{
    limen_random_network at = *spec;
    const limen_status status = check_critical(spec, err);

    if (status != LIMEN_OK)
        return status;
    const double critical =
        spec->weights == LIMEN_WEIGHTS_SIGNS
            ? (double)NAN
            : crossing(&at, &at.variance, 1e-6, 1e6, geometric);
    if (isnan(critical))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "variance: growth is on one side of 1 for every "
                            "variance from 1e-6 to 1e6 at in-degree %g",
                            spec->in_degree);
    *out = critical;
    return LIMEN_OK;
}

limen_status limen_critical_degree(double *out,
                                   const limen_random_network *spec,
                                   limen_error *err)
{
    limen_random_network at = *spec;
    const limen_status status = check_critical(spec, err);

    if (status != LIMEN_OK)
        return status;
    at.is_poisson = true;
    const double critical = crossing(&at, &at.in_degree, 0.01, 100.0, false);
    if (isnan(critical))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "in-degree: growth is on one side of 1 at 0.01 and "
                            "at 100 sources a unit");
    *out = critical;
    return LIMEN_OK;
}

double limen_kauffman_map(double d, double k, double p)
{
    return 2.0 * p * (1.0 - p) * (1.0 - pow(1.0 - d, k));
}

double limen_kauffman_critical(double p)
{
    return 1.0 / (2.0 * p * (1.0 - p));
}
