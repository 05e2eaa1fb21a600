/* rate.c -- the original rule: gradients of time-averaged activity.
 *
 *     delta_L = e (x) f_L,   delta_l = (sum over c up from l of
 *                                       W_c^T delta_to) (x) f_l
 *     dW_c = delta_to r_from^T,   dtheta_l = -delta_l
 *
 * with e = dL/dr_L and rates r over the run; e alone goes through connections
 * that deliver now (SCIENCE.md section 9.1).  The factor f says how a unit's
 * rate answers its input:
 *
 *     mask      1[r > 0], or 1[0 < r < 1] with mask-saturated
 *     rate      4 r (1 - r)
 *     probit    phi(z) / sigma, z = (mu - theta) / sigma,
 *               mu = sum w r, sigma^2 = sigma_0^2 + sum w^2 r (1 - r)
 *     density   share of steps with |u| < width, over 2 width
 *
 * f_L is 1[r > 0] with mask-output and 1 without.  split-samples takes e from
 * odd and rates from even steps, which removes their common noise (9.4, 5).
 * Cost: one forward run and one step backward a sample.
 */
#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/fixed_math.h"
#include "learn/rule.h"

#include <math.h>
#include <string.h>

enum gain { GAIN_MASK, GAIN_RATE, GAIN_PROBIT, GAIN_DENSITY };

/* sd of the noise assumed where a unit's input does not vary. */
static const double sigma_floor = 0.1;

typedef struct rate {
    size_t layers;
    const size_t *units; /* (layers) the network's */
    enum gain gain;
    float density_width;
    bool mask_output, mask_saturated, is_split;
    int threads;
    float **scale;   /* [layer] (n) 2^-q_i, DENSITY only */
    uint32_t **near; /* [layer] (samples, n) steps with |u| < width */
    uint32_t **even; /* [layer] (samples, n) spikes of even steps, split */
    uint32_t *odd;   /* (samples, n_L) spikes of odd steps, split */
    float **r;       /* [layer] (samples, n) rates */
    float **delta;   /* [layer] (samples, n) */
    float **factor;  /* [layer] (samples, n) */
} rate;

static void free_list(void *list, size_t count)
{
    void **arrays = list;

    for (size_t k = 0; arrays != NULL && k < count; k++)
        lm_free(arrays[k]);
    lm_free(arrays);
}

static void rate_free(void *self)
{
    rate *rule = self;

    if (rule == NULL)
        return;
    free_list(rule->r, rule->layers);
    free_list(rule->delta, rule->layers);
    free_list(rule->factor, rule->layers);
    free_list(rule->scale, rule->layers);
    free_list(rule->near, rule->layers);
    free_list(rule->even, rule->layers);
    lm_free(rule->odd);
    lm_free(rule);
}

/* [layer] (rows, n) items of `size` bytes; NULL if memory is out. */
static void *new_list(const rate *rule, size_t rows, size_t size)
{
    void **arrays = lm_alloc(rule->layers, 1, sizeof *arrays);

    for (size_t l = 0; arrays != NULL && l < rule->layers; l++) {
        arrays[l] = lm_alloc(rows, rule->units[l], size);
        if (arrays[l] == NULL) {
            free_list(arrays, rule->layers);
            return NULL;
        }
    }
    return arrays;
}

static bool fill(rate *rule, const lm_batch *batch)
{
    if (rule->gain == GAIN_DENSITY) {
        rule->scale = new_list(rule, 1, sizeof(float));
        rule->near = new_list(rule, batch->room, sizeof(uint32_t));
        if (rule->scale == NULL || rule->near == NULL)
            return false;
    }
    if (rule->is_split) {
        rule->even = new_list(rule, batch->room, sizeof(uint32_t));
        rule->odd = lm_alloc(batch->room, rule->units[rule->layers - 1],
                             sizeof *rule->odd);
        if (rule->even == NULL || rule->odd == NULL)
            return false;
    }
    rule->r = new_list(rule, batch->room, sizeof(float));
    rule->delta = new_list(rule, batch->room, sizeof(float));
    rule->factor = new_list(rule, batch->room, sizeof(float));
    return rule->r != NULL && rule->delta != NULL && rule->factor != NULL;
}

static limen_status rate_new(void **self, lm_batch *batch,
                             const limen_settings *settings, int threads,
                             limen_error *err)
{
    rate *rule = lm_alloc(1, 1, sizeof *rule);

    *self = NULL;
    if (rule != NULL)
        *rule = (rate){
            .layers = batch->net->layers,
            .units = batch->net->units,
            .gain = (enum gain)lm_settings_choice(settings, "gain-rule"),
            .density_width = (float)lm_settings_real(settings, "density-width"),
            .mask_output = lm_settings_bool(settings, "mask-output"),
            .mask_saturated = lm_settings_bool(settings, "mask-saturated"),
            .is_split = lm_settings_bool(settings, "split-samples"),
            .threads = threads,
        };
    if (rule == NULL || !fill(rule, batch)) {
        rate_free(rule);
        return lm_error_set(err, LIMEN_NO_MEMORY,
                            "out of memory for the rates of %zu samples",
                            batch->room);
    }
    if (rule->is_split) {
        batch->answer = rule->odd;
        batch->answer_is_odd = true;
    }
    *self = rule;
    return LIMEN_OK;
}

/* Where the observer of a step counts. */
typedef struct place {
    const rate *rule;
    size_t first, t, burn_in;
} place;

static void observe(void *self, size_t l, const int32_t *a, size_t stride,
                    size_t samples)
{
    const place *to = self;
    const rate *rule = to->rule;
    const size_t n = rule->units[l];
    uint32_t *near = rule->near[l] + to->first * n;

    for (size_t b = 0; to->t > to->burn_in && b < samples; b++)
        for (size_t i = 0; i < n; i++)
            near[b * n + i] += fabsf((float)a[b * stride + i] *
                                     rule->scale[l][i]) < rule->density_width;
}

static void begin(void *self, const lm_batch *batch)
{
    rate *rule = self;

    for (size_t l = 0; l < rule->layers; l++) {
        const size_t n = rule->units[l];

        for (size_t i = 0; rule->scale != NULL && l > 0 && i < n; i++)
            rule->scale[l][i] = ldexpf(1.0F, -batch->image->layer[l].q[i]);
        if (rule->near != NULL)
            memset(rule->near[l], 0, batch->room * n * sizeof(uint32_t));
        if (rule->even != NULL)
            memset(rule->even[l], 0, batch->room * n * sizeof(uint32_t));
    }
    if (rule->odd != NULL)
        memset(rule->odd, 0,
               batch->room * rule->units[rule->layers - 1] * sizeof *rule->odd);
}

static void count_split(const rate *rule, const lm_batch *batch,
                        const lm_chunk *chunk, size_t t)
{
    const size_t last = rule->layers - 1;

    if (t <= batch->burn_in)
        return;
    for (size_t l = 0; l < rule->layers; l++) {
        const lm_state_layer *layer = &batch->state->layer[l];

        for (size_t b = chunk->first; b < chunk->first + chunk->count; b++) {
            const uint64_t *s = layer->bits + b * layer->words;

            if (t % 2 == 0)
                batch->kernel->count_add(rule->even[l] + b * layer->n, s,
                                         layer->n);
            else if (l == last)
                batch->kernel->count_add(rule->odd + b * layer->n, s, layer->n);
        }
    }
}

static void forward(void *self, const lm_batch *batch, lm_workspace *space,
                    const lm_chunk *of)
{
    rate *rule = self;
    lm_chunk chunk = *of;
    place to = { .rule = rule,
                 .first = chunk.first,
                 .burn_in = batch->burn_in };

    if (rule->near != NULL)
        chunk.observer = (lm_observer){ .layer = observe, .self = &to };
    lm_workspace_begin(batch->image, space);
    for (size_t t = 1; t <= batch->steps; t++) {
        to.t = t;
        lm_step(batch->image, space, &chunk, t);
        lm_batch_count(batch, &chunk, t);
        if (rule->is_split)
            count_split(rule, batch, &chunk, t);
    }
}

static void set_rates(const rate *rule, const lm_batch *batch,
                      const lm_chunk *chunk)
{
    const float steps =
        (float)(rule->is_split ? batch->steps / 2 - batch->burn_in / 2
                               : batch->steps - batch->burn_in);

    for (size_t l = 0; l < rule->layers; l++) {
        const size_t n = rule->units[l];
        const size_t first = chunk->first * n;
        const uint32_t *counts =
            (rule->is_split ? rule->even[l] : batch->counts[l]) + first;

        for (size_t i = 0; i < chunk->count * n; i++)
            rule->r[l][first + i] = (float)counts[i] / steps;
    }
}

/* phi(z) / sigma of unit i of layer l of one sample. */
static float probit_gain(const lm_batch *batch, float *const *rates, size_t b,
                         size_t l, size_t i)
{
    const limen_network *net = batch->net;
    double mu = -(double)net->theta[l][i];
    double variance = sigma_floor * sigma_floor;

    for (size_t k = 0; k < net->connections; k++) {
        const lm_connection *c = &net->connection[k];

        if (c->to != l)
            continue;
        for (size_t e = lm_row_first(c, i); e < lm_row_first(c, i + 1); e++) {
            const size_t j = c->is_sparse ? c->source[e] : e - i * c->m;
            const double w = (double)c->w[e];
            const double r = (double)rates[c->from][b * c->m + j];

            mu += w * r;
            variance += w * w * r * (1.0 - r);
        }
    }
    const double sigma = sqrt(variance);
    const double z = mu / sigma;
    return (float)(0.3989422804014327 * lm_exp(-0.5 * z * z) / sigma);
}

static void set_factors(const rate *rule, const lm_batch *batch,
                        const lm_chunk *chunk, size_t l)
{
    const size_t n = rule->units[l];
    const bool is_output = l + 1 == rule->layers;
    const float per_step =
        0.5F / rule->density_width / (float)(batch->steps - batch->burn_in);

    for (size_t i = chunk->first * n; i < (chunk->first + chunk->count) * n;
         i++) {
        const float r = rule->r[l][i];
        float *factor = &rule->factor[l][i];

        if (is_output && !rule->mask_output)
            *factor = 1.0F;
        else if (is_output || rule->gain == GAIN_MASK)
            *factor = r > 0.0F && !(rule->mask_saturated && r >= 1.0F);
        else if (rule->gain == GAIN_RATE)
            *factor = 4.0F * r * (1.0F - r);
        else if (rule->gain == GAIN_PROBIT)
            *factor = probit_gain(batch, rule->r, i / n, l, i % n);
        else
            *factor = per_step * (float)rule->near[l][i];
    }
}

/* e += W^T delta of connection c, for the samples of a chunk. */
static void bring_back(float *e, const rate *rule, const lm_connection *c,
                       const lm_chunk *chunk, const lm_kernels *kernel)
{
    const float *delta = rule->delta[c->to] + chunk->first * c->n;

    if (!c->is_sparse) {
        kernel->product_add(e, delta, c->n, 1, c->w, chunk->count, c->n, c->m);
        return;
    }
    for (size_t b = 0; b < chunk->count; b++)
        for (size_t i = 0; i < c->n; i++)
            for (uint64_t k = c->row_start[i]; k < c->row_start[i + 1]; k++)
                e[b * c->m + c->source[k]] += delta[b * c->n + i] * c->w[k];
}

static void chunk_deltas(const rate *rule, const lm_batch *batch,
                         const lm_chunk *chunk)
{
    const limen_network *net = batch->net;
    const float steps = (float)(batch->steps - batch->burn_in);

    set_rates(rule, batch, chunk);
    for (size_t l = rule->layers - 1; l >= 1; l--) {
        const size_t n = rule->units[l];
        const size_t values = chunk->count * n;
        const float *pull = batch->pull[l];
        float *delta = rule->delta[l] + chunk->first * n;

        if (l + 1 == rule->layers)
            memcpy(delta, batch->error + chunk->first * n,
                   values * sizeof *delta);
        else
            memset(delta, 0, values * sizeof *delta);
        for (size_t k = 0; k < net->connections; k++)
            if (net->connection[k].from == l &&
                !lm_delivers_before(net, &net->connection[k]))
                bring_back(delta, rule, &net->connection[k], chunk,
                           batch->kernel);
        for (size_t i = 0; pull != NULL && i < values; i++)
            delta[i] += pull[i % n] * steps;
        set_factors(rule, batch, chunk, l);
        for (size_t i = 0; i < values; i++)
            delta[i] *= rule->factor[l][chunk->first * n + i];
    }
}

/* The gradient of units first .. last - 1 of layer l. */
static void add_rows(const rate *rule, const lm_batch *batch, float *gradient,
                     size_t l, size_t first, size_t last)
{
    const limen_network *net = batch->net;
    const size_t n = rule->units[l];
    const float *delta = rule->delta[l];
    float *theta = gradient + lm_offset_of_theta(batch->parameters, net, l);

    for (size_t b = 0; b < batch->samples; b++)
        for (size_t i = first; i < last; i++)
            theta[i] -= delta[b * n + i];
    for (size_t k = 0; k < net->connections; k++) {
        const lm_connection *c = &net->connection[k];
        const float *r = rule->r[c->from];
        float *d = gradient + lm_offset_of_weights(batch->parameters, k);

        if (c->to != l)
            continue;
        if (!c->is_sparse) {
            batch->kernel->product_add(d + first * c->m, delta + first, 1, n, r,
                                       last - first, batch->samples, c->m);
            continue;
        }
        for (size_t b = 0; b < batch->samples; b++)
            for (size_t i = first; i < last; i++)
                for (uint64_t e = c->row_start[i]; e < c->row_start[i + 1]; e++)
                    d[e] += delta[b * n + i] * r[b * c->m + c->source[e]];
    }
}

static void backward(void *self, const lm_batch *batch, float *gradient)
{
    enum { CHUNK = 32, ROWS = 24 }; // shares of samples, then of units
    const rate *rule = self;

#pragma omp parallel for schedule(static) num_threads(rule->threads)
    for (size_t k = 0; k < lm_batch_chunks(batch, CHUNK); k++) {
        const lm_chunk chunk = lm_batch_chunk(batch, k, CHUNK);

        chunk_deltas(rule, batch, &chunk);
    }
    for (size_t l = 1; l < rule->layers; l++) {
        const size_t n = rule->units[l];

#pragma omp parallel for schedule(static) num_threads(rule->threads)
        for (size_t i = 0; i < n; i += ROWS)
            add_rows(rule, batch, gradient, l, i, i + ROWS < n ? i + ROWS : n);
    }
}

const lm_rule lm_rule_rate = {
    .name = "rate",
    .new = rate_new,
    .free = rate_free,
    .begin = begin,
    .forward = forward,
    .backward = backward,
};
