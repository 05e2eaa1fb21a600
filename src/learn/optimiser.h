/* optimiser.h -- from a gradient to new masters.
 *
 *     sgd     v <- momentum v + g,  w <- w - rate v
 *     adam    m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2,
 *             w <- w - rate (m / (1 - b1^k)) / (sqrt(v / (1 - b2^k)) + eps)
 *     adamw   adam, and w <- w - rate decay w
 *
 * (Kingma & Ba 2015; Loshchilov & Hutter 2019.)  Else decay adds decay w to g.
 * The norm of g over all parameters is clipped first.  Thresholds do not
 * decay.
 */
#ifndef LM_OPTIMISER_H
#define LM_OPTIMISER_H

#include "learn/parameters.h"
#include "learn/settings.h"

enum lm_optimiser_kind { LM_ADAM, LM_ADAMW, LM_SGD };
enum lm_schedule { LM_COSINE, LM_CONSTANT, LM_STEP };

typedef struct lm_optimiser {
    enum lm_optimiser_kind kind;
    enum lm_schedule schedule;
    double rate, recurrent_rate, momentum, beta1, beta2, epsilon, decay, clip;
    double warm_up; /* share of all updates */
    size_t step_epochs;
    double step_factor;
    size_t per_epoch, updates; /* in an epoch, in all */

    /* The state. */
    size_t done;           /* updates */
    double power1, power2; /* beta1^done, beta2^done */
    float *first, *second; /* (parameters) m or v, v of adam */
} lm_optimiser;

limen_status lm_optimiser_new(lm_optimiser *out,
                              const lm_parameters *parameters,
                              const limen_settings *settings, size_t per_epoch,
                              size_t epochs, limen_error *err);
void lm_optimiser_free(lm_optimiser *optimiser);

/* The learning rate of update `done` (from 0). */
double lm_optimiser_rate(const lm_optimiser *optimiser, size_t done);

/* The Euclidean norm of a gradient; sums blocks in order, so the same on any
 * number of threads. */
double lm_gradient_norm(const float *gradient, size_t count, int threads);

/* Moves the masters.  norm: of the gradient, finite. */
void lm_optimiser_step(lm_optimiser *optimiser, const lm_parameters *parameters,
                       const float *gradient, double norm, int threads);

#endif
