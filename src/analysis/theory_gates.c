/* theory_gates.c -- annealed damage of +-1 networks.
 *
 * c of the k sources of a unit differ.  Gaussian weights times +-1 are
 * gaussian, so that the fields of two copies are jointly normal with
 * correlation 1 - 2c/k whatever the state; the fields under weights +-1 are
 * A + B and A - B, A the sum of k - c signs and B of c.
 */
#include "analysis/theory.h"

#include <assert.h>
#include <math.h>

/* P([A + B + u fires] != [A - B + v fires]). */
static double signs_flip(const limen_random_network *spec, size_t k, size_t c,
                         double u, double v)
{
    double sum = 0.0;

    for (size_t i = 0; i <= k - c; i++) {
        const double a = 2.0 * (double)i - (double)(k - c);
        double inner = 0.0;

        for (size_t j = 0; j <= c; j++) {
            const double b = 2.0 * (double)j - (double)c;

            if (lm_fires(spec, a + b + u) != lm_fires(spec, a - b + v))
                inner += lm_binomial(c, j, 0.5);
        }
        if (inner > 0.0)
            sum += inner * lm_binomial(k - c, i, 0.5);
    }
    return sum;
}

double limen_bit_flip(const limen_random_network *spec, size_t k, size_t differ,
                      double u, double v)
{
    const double scale = sqrt(spec->variance * (double)k);

    assert(differ <= k);
    u -= spec->threshold;
    v -= spec->threshold;
    if (spec->weights == LIMEN_WEIGHTS_SIGNS)
        return signs_flip(spec, k, differ, u, v);
    if (k == 0)
        return lm_fires(spec, u) != lm_fires(spec, v) ? 1.0 : 0.0;
    return limen_normal_disagree(-u / scale, -v / scale,
                                 1.0 - 2.0 * (double)differ / (double)k);
}

/* Over the inputs of two copies, the same one or independent ones. */
static double mean_flip(const limen_random_network *spec, size_t k, size_t c,
                        bool apart)
{
    const lm_inputs in = lm_inputs_of(spec);
    double sum = 0.0;

    for (size_t x = 0; x < in.count; x++)
        for (size_t y = 0; apart && y < in.count; y++)
            sum += in.chance[x] * in.chance[y] *
                   limen_bit_flip(spec, k, c, in.u[x], in.u[y]);
    for (size_t x = 0; !apart && x < in.count; x++)
        sum += in.chance[x] * limen_bit_flip(spec, k, c, in.u[x], in.u[x]);
    return sum;
}

double limen_hamming_map(const limen_random_network *spec, double d, bool apart)
{
    const lm_degrees degrees = lm_degrees_of(spec);
    double sum = 0.0;

    for (size_t k = degrees.first; k <= degrees.last; k++) {
        double of_k = 0.0;

        for (size_t c = 0; c <= k; c++) {
            const double chance = lm_binomial(k, c, d);

            if (chance > 1e-17)
                of_k += chance * mean_flip(spec, k, c, apart);
        }
        sum += lm_degree_share(spec, k) * of_k;
    }
    return sum;
}
