/* minimise.h -- the least value of a function of one or two variables. */
#ifndef LM_MINIMISE_H
#define LM_MINIMISE_H

enum { LM_MINIMISE_MAX = 2 };

/* Nelder and Mead's simplex (1965), begun again from what it found until that
 * gains nothing.  x: (n) the start, then the minimum; step: (n) sides of the
 * first simplex.  f may return INFINITY or NAN for "not here".  Returns the
 * least value. */
double lm_minimise(double *x, const double *step, int n,
                   double (*f)(const double *x, void *context), void *context);

#endif
