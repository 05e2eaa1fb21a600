/* init.c -- drawn weights and thresholds (docs/numerics.md section 6). */
#include "net/network.h"

#include "base/error.h"
#include "base/rng.h"
#include "base/quantiles.h"

#include <math.h>

static float uniform(uint32_t draw, float gain)
{
    const double u = ((double)draw + 0.5) / 4294967296.0;

    return (float)((double)-gain + 2.0 * (double)gain * u);
}

static float normal(uint32_t draw, double sd)
{
    return (float)(sd * lm_noise(lm_quantile_gaussian, draw) / 65536.0);
}

/* The source of entry e. */
static size_t source_of(const lm_connection *c, size_t i, size_t e)
{
    return c->is_sparse ? c->source[e] : e - i * c->m;
}

static double row_sd(const limen_network *net, const lm_connection *c,
                     const limen_init *init, const double *mean_variance)
{
    const double gain =
        (double)(lm_delivers_before(net, c) ? init->recurrent_gain
                                            : init->gain);
    const double fan_in = c->n == 0 ? 0.0 : (double)c->entries / (double)c->n;

    if (fan_in == 0.0)
        return 0.0;
    if (init->kind == LIMEN_INIT_SCALED)
        return gain / sqrt(fan_in * mean_variance[c->from]);
    return gain / sqrt(fan_in);
}

static void draw_weights(limen_network *net, size_t index,
                         const limen_init *init, double sd)
{
    lm_connection *c = &net->connection[index];
    const float gain =
        lm_delivers_before(net, c) ? init->recurrent_gain : init->gain;

    for (size_t i = 0; i < c->n; i++)
        for (size_t e = lm_row_first(c, i); e < lm_row_first(c, i + 1); e++) {
            const uint32_t draw =
                lm_draw(init->seed, LM_STREAM_WEIGHTS, index, (uint32_t)i,
                        (uint32_t)source_of(c, i, e));

            c->w[e] = init->kind == LIMEN_INIT_UNIFORM ? uniform(draw, gain)
                                                       : normal(draw, sd);
        }
}

static void set_thresholds(limen_network *net, size_t l, const limen_init *init)
{
    for (size_t i = 0; i < net->units[l]; i++)
        net->theta[l][i] =
            init->kind == LIMEN_INIT_UNIFORM
                ? init->threshold -
                      uniform(lm_draw(init->seed, LM_STREAM_THRESHOLDS, l, 0,
                                      (uint32_t)i),
                              init->gain)
                : 0.0F;
}

/* The threshold at which unit i fires at `rate` if its inputs are independent:
 *
 *     mu = sum w R,  sigma^2 = sum w^2 R (1 - R),  theta = mu - z sigma,
 *
 * with P(Z < z) = rate.  R is input_rates below, `rate` elsewhere. */
static float mean_field_threshold(const limen_network *net, size_t l, size_t i,
                                  const limen_init *init, double z)
{
    double mu = 0.0;
    double variance = 0.0;

    for (size_t k = 0; k < net->connections; k++) {
        const lm_connection *c = &net->connection[k];

        if (c->to != l)
            continue;
        for (size_t e = lm_row_first(c, i); e < lm_row_first(c, i + 1); e++) {
            const size_t j = source_of(c, i, e);
            const double w = (double)c->w[e];
            const double r = c->from != 0 ? (double)init->rate
                             : init->input_rates == NULL
                                 ? 0.5
                                 : (double)init->input_rates[j];

            mu += w * r;
            variance += w * w * r * (1.0 - r);
        }
    }
    return (float)(mu - z * sqrt(variance));
}

static limen_status check(const limen_init *init, limen_error *err)
{
    if (!isfinite(init->gain) || !isfinite(init->recurrent_gain) ||
        init->gain < 0.0F || init->recurrent_gain < 0.0F)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "gain: %g and %g must be finite and not negative",
                            (double)init->gain, (double)init->recurrent_gain);
    if (!isfinite(init->threshold))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "init-threshold: %g is not finite",
                            (double)init->threshold);
    if (init->kind == LIMEN_INIT_SCALED &&
        !(init->rate > 0.0F && init->rate < 1.0F))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "init-rate: %g is not between 0 and 1",
                            (double)init->rate);
    return LIMEN_OK;
}

/* mean R (1 - R) of each layer, as SCALED assumes it. */
static void mean_variances(double *out, const limen_network *net,
                           const limen_init *init)
{
    const double rate = (double)init->rate;
    double sum = 0.0;

    for (size_t j = 0; init->input_rates != NULL && j < net->units[0]; j++) {
        const double r = (double)init->input_rates[j];

        sum += r * (1.0 - r);
    }
    // inputs that never vary give no scale: take that of fair coins
    out[0] = sum > 0.0 ? sum / (double)net->units[0] : 0.25;
    for (size_t l = 1; l < net->layers; l++)
        out[l] = rate * (1.0 - rate);
}

limen_status limen_network_init(limen_network *net, const limen_init *init,
                                limen_error *err)
{
    const limen_status status = check(init, err);
    if (status != LIMEN_OK)
        return status;

    double mean_variance[LIMEN_LAYERS_MAX];
    mean_variances(mean_variance, net, init);
    for (size_t k = 0; k < net->connections; k++)
        draw_weights(net, k, init,
                     row_sd(net, &net->connection[k], init, mean_variance));
    for (size_t l = 1; l < net->layers; l++)
        set_thresholds(net, l, init);
    if (init->kind != LIMEN_INIT_SCALED)
        return LIMEN_OK;

    // the quantile of a probability, from the table of noise
    const double rate = (double)init->rate;
    const double tail = fmin(rate, 1.0 - rate);
    const uint32_t draw = (uint32_t)fmin(tail * 4294967296.0, 2147483647.0);
    const double below = lm_noise(lm_quantile_gaussian, draw) / 65536.0;
    const double z = rate < 0.5 ? below : -below;
    for (size_t l = 1; l < net->layers; l++)
        for (size_t i = 0; i < net->units[l]; i++)
            net->theta[l][i] = mean_field_threshold(net, l, i, init, z);
    return LIMEN_OK;
}
