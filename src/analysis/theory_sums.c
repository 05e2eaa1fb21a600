/* theory_sums.c -- see theory.h. */
#include "analysis/theory.h"

#include <math.h>

lm_inputs lm_inputs_of(const limen_random_network *spec)
{
    const double high = spec->input_mean + spec->input_step;
    const double low = spec->input_mean - spec->input_step;
    const double r = spec->input_chance;

    if (high == low || r == 1.0)
        return (lm_inputs){ 1, { high }, { 1.0 } };
    if (r == 0.0)
        return (lm_inputs){ 1, { low }, { 1.0 } };
    return (lm_inputs){ 2, { high, low }, { r, 1.0 - r } };
}

double lm_binomial(size_t k, size_t j, double p)
{
    double log_p = 0.0;

    if (p <= 0.0 || p >= 1.0)
        return j == (p <= 0.0 ? 0 : k) ? 1.0 : 0.0;
    if (2 * j > k)
        return lm_binomial(k, k - j, 1.0 - p);
    for (size_t i = 1; i <= j; i++)
        log_p += log((double)(k - j + i) / (double)i);
    return exp(log_p + (double)j * log(p) + (double)(k - j) * log1p(-p));
}

lm_degrees lm_degrees_of(const limen_random_network *spec)
{
    const double mean = spec->in_degree;

    if (!spec->is_poisson)
        return (lm_degrees){ (size_t)mean, (size_t)mean };
    // what is left out is below 1e-15
    const double width = 9.0 * sqrt(mean) + 20.0;
    return (lm_degrees){ mean > width ? (size_t)(mean - width) : 0,
                         (size_t)(mean + width) };
}

double lm_degree_share(const limen_random_network *spec, size_t k)
{
    double log_p = -spec->in_degree;

    if (!spec->is_poisson)
        return 1.0;
    for (size_t i = 1; i <= k; i++)
        log_p += log(spec->in_degree / (double)i);
    return exp(log_p);
}
