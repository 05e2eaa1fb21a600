/* weights_gradient.h -- the gradient of weights from bits and errors.
 *
 * Rows r are the sample-steps of a window of time, in the order of steps, then
 * samples, cut into blocks of LM_GRADIENT_ROWS:
 *
 *     d_ij += sum over blocks of 2^-e_i sum_r rint(g_ri 2^e_i) s_rj
 *     dtheta_i -= sum_r g_ri
 *
 * with the largest e_i, for each unit and block, at which the rounded g of a
 * block sum to int16.  So the inner sum is the same exact sum of selected
 * int16 rows as in a step of the network (kernel->rows_select), and the order
 * of the outer one is that of blocks.
 */
#ifndef LM_WEIGHTS_GRADIENT_H
#define LM_WEIGHTS_GRADIENT_H

#include "kernels/kernels.h"
#include "learn/parameters.h"

enum { LM_GRADIENT_ROWS = 1280 };

/* A window: `rows` = steps x samples of it. */
typedef struct lm_window {
    size_t steps, samples;
    const float *const *g; /* [layer] (rows, n) */
    /* [layer] (samples + rows, words): states of the step before the window,
     * then of its steps. */
    const uint64_t *const *bits;
} lm_window;

/* Room for one window at a time. */
typedef struct lm_gradient_room lm_gradient_room;

/* NULL if memory is out. */
lm_gradient_room *lm_gradient_room_new(const limen_network *net, int threads);
void lm_gradient_room_free(lm_gradient_room *room);

/* Adds the window's part of the gradient. */
void lm_weights_gradient(float *gradient, const lm_window *window,
                         const limen_network *net,
                         const lm_parameters *parameters,
                         const lm_kernels *kernel, lm_gradient_room *room);

#endif
