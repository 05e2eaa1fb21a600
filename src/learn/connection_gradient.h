/* connection_gradient.h -- the two products of every rule, dense or sparse. */
#ifndef LM_CONNECTION_GRADIENT_H
#define LM_CONNECTION_GRADIENT_H

#include "kernels/kernels.h"
#include "net/network.h"

/* e_bj += sum_i g_bi w_ij     e: (samples, m), g: (samples, n) */
void lm_error_back(float *e, const float *g, const lm_connection *c,
                   size_t samples, const lm_kernels *kernel);

/* d_ij += sum_b g_bi s_bj     d: (entries), g: (samples, n), s: (samples, m) */
void lm_weights_gradient(float *d, const float *g, const float *s,
                         const lm_connection *c, size_t samples,
                         const lm_kernels *kernel);

/* d_i -= sum_b g_bi           d: (n): dL/dtheta = -sum g */
void lm_theta_gradient(float *d, const float *g, size_t samples, size_t n);

/* s_bi = 0.0 or 1.0 from bits: s: (samples, n), bits: (samples, words) */
void lm_bits_to_floats(float *s, const uint64_t *bits, size_t samples,
                       size_t n);

#endif
