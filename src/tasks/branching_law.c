/* branching_law.c -- sizes and durations of avalanches, in closed form.
 *
 * Otter 1949, Ann. Math. Stat. 20:206: P(S = s) = P(s parents have s - 1
 * offspring) / s.
 */
#include "limen.h"

#include <math.h>

double limen_branching_size_law(size_t s, double m, uint32_t offspring_max)
{
    const double size = (double)s;
    const double born = size - 1.0;

    if (m <= 0.0 || s == 0)
        return s == 1 ? 1.0 : 0.0;
    if (offspring_max == 0)
        return exp(born * log(m * size) - m * size - lgamma(size + 1.0));
    const double all = (double)offspring_max * size;
    const double q = m / (double)offspring_max;
    const double rest = all - born;
    const double log_q = born > 0.0 ? born * log(q) : 0.0;
    const double log_not = rest > 0.0 ? rest * log1p(-q) : 0.0;

    return exp(lgamma(all + 1.0) - lgamma(born + 1.0) - lgamma(rest + 1.0) +
               log_q + log_not) /
           size;
}

void limen_branching_duration_law(double *cdf, size_t steps, double m,
                                  uint32_t offspring_max)
{
    const double most = (double)offspring_max;
    double f = 0.0;

    for (size_t t = 0; t < steps; t++) {
        f = offspring_max == 0 ? exp(m * (f - 1.0))
                               : pow(1.0 + m / most * (f - 1.0), most);
        cdf[t] = f;
    }
}

double limen_branching_response_theory(double m, double drive)
{
    double low = 0.0;
    double high = 1.0;

    // F - 1 + exp(-(m F + drive)) is convex and positive at 1: it has at most
    // two zeros in [0, 1], and is negative between them
    if (drive <= 0.0 && m <= 1.0)
        return 0.0;
    if (drive <= 0.0)
        low = log(m) / m; // its minimum, between the zeros 0 and F
    for (int k = 0; k < 200; k++) {
        const double f = 0.5 * (low + high);

        // -expm1: small F keeps its digits
        if (-expm1(-(m * f + drive)) > f)
            low = f;
        else
            high = f;
    }
    return 0.5 * (low + high);
}
