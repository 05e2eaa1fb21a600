/* loss.c -- squared error and cross-entropy of rates. */
#include "learn/loss.h"

#include "base/fixed_math.h"

#include <math.h>

static double squared_error(float *error, const uint32_t *counts, size_t n,
                            uint32_t label, double steps, double batch)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++) {
        const double gap = counts[i] / steps - (i == label);

        sum += 0.5 * gap * gap;
        error[i] = (float)(gap / batch);
    }
    return sum;
}

static double cross_entropy(double beta, float *error, const uint32_t *counts,
                            size_t n, uint32_t label, double steps,
                            double batch)
{
    uint32_t most = 0;
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        most = counts[i] > most ? counts[i] : most;
    for (size_t i = 0; i < n; i++)
        sum += lm_exp(beta * ((double)counts[i] - most) / steps);
    for (size_t i = 0; i < n; i++) {
        const double p =
            lm_exp(beta * ((double)counts[i] - most) / steps) / sum;

        error[i] = (float)(beta * (p - (i == label)) / batch);
    }
    // log only reports: it is no part of the gradient
    return log(sum) - beta * ((double)counts[label] - most) / steps;
}

double lm_loss_sample(const lm_loss *loss, float *error, const uint32_t *counts,
                      size_t n, uint32_t label, size_t steps, size_t batch)
{
    switch (loss->kind) {
    case LM_LOSS_MSE:
        return squared_error(error, counts, n, label, (double)steps,
                             (double)batch);
    case LM_LOSS_CROSS_ENTROPY:
        return cross_entropy(loss->beta, error, counts, n, label, (double)steps,
                             (double)batch);
    }
    return 0.0;
}
