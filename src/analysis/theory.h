/* theory.h -- sums over in-degrees and inputs that all of theory*.c take. */
#ifndef LM_THEORY_H
#define LM_THEORY_H

#include "limen.h"

/* The inputs of a network and their chances. */
typedef struct lm_inputs {
    size_t count; /* 1 without input, otherwise 2 */
    double u[2], chance[2];
} lm_inputs;

lm_inputs lm_inputs_of(const limen_random_network *spec);

/* P(j of k) with chance p each. */
double lm_binomial(size_t k, size_t j, double p);

/* In-degrees that matter: the fixed one, or those of Poisson's law. */
typedef struct lm_degrees {
    size_t first, last;
} lm_degrees;

lm_degrees lm_degrees_of(const limen_random_network *spec);

/* The share of units of in-degree k, first <= k <= last. */
double lm_degree_share(const limen_random_network *spec, size_t k);

/* Whether a unit fires with this field above its threshold. */
static inline bool lm_fires(const limen_random_network *spec, double field)
{
    return field > 0.0 || (field == 0.0 && spec->zero_fires);
}

/* ZERO_ONE, input u: P(a unit of in-degree k in a network of activity a
 * fires), and its damage for each damaged source. */
double lm_binary_activity(const limen_random_network *spec, size_t k, double a,
                          double u);
double lm_binary_slope(const limen_random_network *spec, size_t k, double a,
                       double u);

#endif
