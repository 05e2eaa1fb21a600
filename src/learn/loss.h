/* loss.h -- how wrong a batch's answers are, and in which direction. */
#ifndef LM_LOSS_H
#define LM_LOSS_H

#include "limen.h"

typedef enum lm_loss_kind {
    LM_LOSS_CROSS_ENTROPY, /* -log softmax(beta r)_label */
    LM_LOSS_MSE            /* 1/2 sum_i (r_i - 1[i = label])^2 */
} lm_loss_kind;

typedef struct lm_loss {
    lm_loss_kind kind;
    double beta;
} lm_loss;

/* The loss of one sample with rates r = counts / steps; error_i = dL/dr_i /
 * batch.  counts, error: (n). */
double lm_loss_sample(const lm_loss *loss, float *error, const uint32_t *counts,
                      size_t n, uint32_t label, size_t steps, size_t batch);

#endif
