/* bptt.h -- back-propagation through time: its equations.
 *
 * With e_l(t) the derivative of the loss with respect to s_l(t):
 *
 *     e_l(t) = dL/ds_l(t) + sum over connections c from l to k of
 *              W_c^T g_k(t)      if c delivers now
 *              W_c^T g_k(t+1)    if c delivers the step before
 *     g_l(t) = psi_l(t) e_l(t)
 *     dL/dW_c = sum_t g_to(t) s_from(t or t-1)^T,   dL/dtheta = -sum_t g
 *
 * (SCIENCE.md section 9.6, R3).  Credit through time in windows of `credit`
 * steps: between t and t + 1 nothing passes if credit divides t; 0 is full.
 */
#ifndef LM_BPTT_H
#define LM_BPTT_H

#include "learn/parameters.h"

/* What is differentiated: `samples` samples, steps 1..steps. */
typedef struct lm_bptt_task {
    const limen_network *net;
    const lm_parameters *parameters;
    size_t samples, steps, credit;

    /* dL/ds_L(t) of each sample, (samples, n_L), and dL/ds_l(t) that all
     * samples share, [layer] (n) or NULL: at every t > burn_in. */
    const float *error;
    float *const *pull;
    size_t burn_in;

    /* s: (samples, n_l) s_l(t), t = 0 .. steps, all layers. */
    void (*states)(const void *trace, size_t t, size_t l, float *s);
    /* psi: (samples, n_l), t >= 1, l >= 1. */
    void (*factors)(const void *trace, size_t t, size_t l, float *psi);
    const void *trace;
} lm_bptt_task;

/* gradient += dL/d(parameters), in double, one multiplication at a time: what
 * the rule `bptt` means.  Slow; for tests.  false if memory is out.
 * gradient: (parameters->count) */
bool lm_bptt_definition(double *gradient, const lm_bptt_task *task);

#endif
