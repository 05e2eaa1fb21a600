/* zeta.h -- sums and integrals of powers, with derivatives by the exponent. */
#ifndef LM_ZETA_H
#define LM_ZETA_H

/* A value and its first and second derivative by alpha. */
typedef struct lm_jet {
    double value, first, second;
} lm_jet;

/* The sum of (x / a)^-alpha over x = a, a + 1, ... <= b.  a > 0; b = INFINITY
 * needs alpha > 1.  To about 1e-14 of the value for |alpha| <= 20. */
lm_jet lm_power_sum(double alpha, double a, double b);

/* The same, the value only. */
double lm_power_sum_value(double alpha, double a, double b);

/* The integral of (x / a)^-alpha from a to b; conditions as above. */
lm_jet lm_power_integral(double alpha, double a, double b);

#endif
