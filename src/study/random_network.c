/* random_network.c -- random threshold networks, +-1 ones as 0/1.
 *
 * With x = 2 s - 1 the event sum_j w_j x_j + u > theta is
 *
 *     sum_j (2 w_j) s_j > theta - u + sum_j w_j.
 *
 * Each unit has a grid of 2^-e on which all numbers it hears are rounded, the
 * finest for which the integer image (docs/numerics.md section 1) is sure to
 * represent them: then both sides are integers in units of 2^-e, whatever the
 * order of the sum.
 */
#include "limen.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/fixed_math.h"
#include "base/quantiles.h"
#include "base/rng.h"
#include "net/network.h"

#include <math.h>

/* The number of sources of unit i, by inversion of Poisson's law. */
static size_t draw_degree(const limen_random_network *spec, size_t i)
{
    const double u =
        ((double)lm_draw(spec->seed, LM_STREAM_DEGREE, 0, (uint32_t)i, 0) +
         0.5) /
        4294967296.0;
    double p = lm_exp(-spec->in_degree);
    double sum = p;
    size_t k = 0;

    if (!spec->is_poisson)
        return (size_t)spec->in_degree;
    while (sum < u && k < spec->units - 1 && p > 0.0) {
        k++;
        p *= spec->in_degree / (double)k;
        sum += p;
    }
    return k;
}

static limen_status connect(limen_network *net,
                            const limen_random_network *spec, size_t *recurrent,
                            limen_error *err)
{
    const size_t n = spec->units;
    uint64_t *row_start = lm_alloc(n + 1, 1, sizeof *row_start);
    uint32_t *source = NULL;
    limen_status status = LIMEN_OK;

    for (size_t i = 0; row_start != NULL && i < n; i++)
        row_start[i + 1] = row_start[i] + draw_degree(spec, i);
    if (row_start != NULL)
        source = lm_alloc((size_t)row_start[n] + 1, 1, sizeof *source);
    if (source == NULL)
        status =
            lm_error_no_memory(err, "a random network", n * sizeof *source);
    for (size_t i = 0; source != NULL && i < n; i++) {
        uint32_t *row = source + row_start[i];
        const size_t picks = (size_t)(row_start[i + 1] - row_start[i]);

        lm_pattern_sample(row, picks, n - 1, spec->seed, 1, i);
        for (size_t k = 0; k < picks; k++)
            row[k] += row[k] >= i;
    }
    const limen_pattern pattern = { .kind = LIMEN_GIVEN,
                                    .row_start = row_start,
                                    .source = source };
    if (status == LIMEN_OK && spec->input_step != 0.0)
        status = limen_network_connect(net, 0, 1, false, NULL, NULL, err);
    if (status == LIMEN_OK)
        status =
            limen_network_connect(net, 1, 1, false, &pattern, recurrent, err);
    lm_free(row_start);
    lm_free(source);
    return status;
}

static double draw_weight(const limen_random_network *spec, size_t i, size_t j)
{
    const uint32_t draw =
        lm_draw(spec->seed, LM_STREAM_WEIGHTS, 1, (uint32_t)i, (uint32_t)j);

    if (spec->weights == LIMEN_WEIGHTS_SIGNS)
        return draw < 0x80000000U ? 1.0 : -1.0;
    return spec->mean + sqrt(spec->variance) *
                            lm_noise(lm_quantile_gaussian, draw) / 65536.0;
}

/* The finest grid for a unit that hears weights whose sizes sum to `sum`, an
 * input that moves by `input`, and numbers of the size `more` besides. */
static int grid_exponent(double sum, double input, double more)
{
    enum { FINEST = 40 };
    // 500 roundings of half a step fit between this and int16's 32767
    const double most = 32500.0;
    // thresholds are floats of 24 bits
    const double widest = 4194304.0;
    int e = FINEST;

    while (e > -FINEST && (ldexp(sum, e) > most || ldexp(input, e) > most ||
                           ldexp(more, e) > widest))
        e--;
    return e;
}

/* Weights and threshold of unit i; `scale` is 2 for +-1, else 1. */
static void set_unit(limen_network *net, const limen_random_network *spec,
                     size_t recurrent, size_t i, double scale)
{
    lm_connection *c = &net->connection[recurrent];
    const double high = spec->input_mean + spec->input_step;
    const double low = spec->input_mean - spec->input_step;
    double sum = 0.0;

    for (size_t k = lm_row_first(c, i); k < lm_row_first(c, i + 1); k++)
        sum += scale * fabs(draw_weight(spec, i, c->source[k]));
    const int e = grid_exponent(sum, fabs(high - low),
                                fabs(high) + fabs(low) + fabs(spec->threshold));
    // in units of 2^-e: small whole numbers, so that no sum of them rounds
    const double step = rint(ldexp(high, e)) - rint(ldexp(low, e));
    double theta = rint(ldexp(spec->threshold, e)) - rint(ldexp(low, e));

    for (size_t k = lm_row_first(c, i); k < lm_row_first(c, i + 1); k++) {
        const double w = rint(ldexp(draw_weight(spec, i, c->source[k]), e));

        c->w[k] = (float)ldexp(scale * w, -e);
        theta += (scale - 1.0) * w;
    }
    if (spec->zero_fires)
        theta -= 1.0;
    if (recurrent > 0)
        net->connection[0].w[i] = (float)ldexp(step, -e);
    net->theta[1][i] = (float)ldexp(theta, -e);
}

limen_status limen_network_random(limen_network **out,
                                  const limen_random_network *spec,
                                  limen_error *err)
{
    const size_t units[2] = { 1, spec->units };
    limen_network *net = NULL;
    size_t recurrent = 0;
    limen_status status = limen_random_network_check(spec, err);

    *out = NULL;
    if (status != LIMEN_OK)
        return status;
    if (spec->units < 2 ||
        (!spec->is_poisson && spec->in_degree > (double)(spec->units - 1)))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "units: %zu are too few for an in-degree of %g "
                            "from other units",
                            spec->units, spec->in_degree);
    status = limen_network_new(&net, units, 2, err);
    if (status == LIMEN_OK)
        status = connect(net, spec, &recurrent, err);
    if (status != LIMEN_OK) {
        limen_network_free(net);
        return status;
    }
    const double scale = spec->form == LIMEN_PLUS_MINUS ? 2.0 : 1.0;
    for (size_t i = 0; i < spec->units; i++)
        set_unit(net, spec, recurrent, i, scale);
    *out = net;
    return LIMEN_OK;
}
