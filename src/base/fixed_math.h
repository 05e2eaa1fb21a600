/* fixed_math.h -- exp and cos that give the same bits everywhere.
 *
 * libm's are not correctly rounded and change between versions; what ends in a
 * weight ends in a threshold decision.  These use +, -, * only, in the order
 * written.  Relative error below 1e-14.
 */
#ifndef LM_FIXED_MATH_H
#define LM_FIXED_MATH_H

/* e^x for any x; 0 below -700, and e^700 above 700. */
double lm_exp(double x);

/* cos(pi x) for 0 <= x <= 1. */
double lm_cos_pi(double x);

#endif
