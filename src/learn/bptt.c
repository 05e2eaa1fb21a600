/* bptt.c -- surrogate gradients through time: the trace and the rule.
 *
 * The trace of a step is one bit and one byte a unit: the state, and the
 * surrogate factor as a share of its peak (learn/surrogate.h).  Widths can be
 * given in units of the layer's spread, the standard deviation of its
 * activations, which is then averaged over batches as they pass:
 *
 *     spread <- 0.9 spread + 0.1 sd(batch)
 */
#include "learn/bptt.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "learn/connection_gradient.h"
#include "learn/rule.h"
#include "learn/surrogate.h"

#include <math.h>
#include <string.h>

/* Sums of u and u^2 over a chunk's units and steps, one a layer. */
typedef struct moments {
    double count, sum, square;
} moments;

typedef struct bptt {
    size_t layers, chunks, steps_most;
    const size_t *units; /* (layers) the network's */
    lm_surrogate kind;
    float width;
    bool is_relative; /* width is in units of the spread */
    size_t credit;
    int threads;
    double *spread;      /* (layers) running sd of u; 0: not seen yet */
    float **scale;       /* [layer] (n) 2^-q_i */
    moments *seen;       /* (chunks, layers) of this batch */
    uint64_t **bits;     /* [layer] (chunks, steps_most, LM_BATCH_CHUNK, words) */
    uint8_t **share;     /* [layer] (chunks, steps_most, LM_BATCH_CHUNK, n) */
    float **error;       /* [thread] (LM_BATCH_CHUNK, n_L) */
    lm_bptt_room **room; /* [thread] */
} bptt;

static void bptt_free(void *self)
{
    bptt *rule = self;

    if (rule == NULL)
        return;
    for (size_t l = 0; l < rule->layers; l++) {
        if (rule->scale != NULL)
            lm_free(rule->scale[l]);
        if (rule->bits != NULL)
            lm_free(rule->bits[l]);
        if (rule->share != NULL)
            lm_free(rule->share[l]);
    }
    for (int k = 0; k < rule->threads; k++) {
        if (rule->error != NULL)
            lm_free(rule->error[k]);
        if (rule->room != NULL)
            lm_bptt_room_free(rule->room[k]);
    }
    lm_free(rule->spread);
    lm_free(rule->scale);
    lm_free(rule->seen);
    lm_free(rule->bits);
    lm_free(rule->share);
    lm_free(rule->error);
    lm_free(rule->room);
    lm_free(rule);
}

static bool fill_layers(bptt *rule, const lm_batch *batch)
{
    const size_t rows = rule->chunks * rule->steps_most;

    for (size_t l = 0; l < rule->layers; l++) {
        const size_t n = batch->net->units[l];

        rule->bits[l] =
            lm_alloc(rows, LM_BATCH_CHUNK * lm_bits_words(n), sizeof *rule->bits[l]);
        if (rule->bits[l] == NULL)
            return false;
        if (l == 0)
            continue;
        rule->share[l] = lm_alloc(rows, LM_BATCH_CHUNK * n, 1);
        rule->scale[l] = lm_alloc(n, 1, sizeof *rule->scale[l]);
        if (rule->share[l] == NULL || rule->scale[l] == NULL)
            return false;
    }
    return true;
}

static bool fill(bptt *rule, const lm_batch *batch)
{
    const size_t outputs = batch->net->units[rule->layers - 1];

    rule->spread = lm_alloc(rule->layers, 1, sizeof *rule->spread);
    rule->scale = lm_alloc(rule->layers, 1, sizeof *rule->scale);
    rule->seen = lm_alloc(rule->chunks, rule->layers, sizeof *rule->seen);
    rule->bits = lm_alloc(rule->layers, 1, sizeof *rule->bits);
    rule->share = lm_alloc(rule->layers, 1, sizeof *rule->share);
    rule->error = lm_alloc((size_t)rule->threads, 1, sizeof *rule->error);
    rule->room = lm_alloc((size_t)rule->threads, 1, sizeof *rule->room);
    if (rule->spread == NULL || rule->scale == NULL || rule->seen == NULL ||
        rule->bits == NULL || rule->share == NULL || rule->error == NULL ||
        rule->room == NULL || !fill_layers(rule, batch))
        return false;
    for (int k = 0; k < rule->threads; k++) {
        rule->error[k] = lm_alloc(LM_BATCH_CHUNK, outputs, sizeof *rule->error[k]);
        rule->room[k] = lm_bptt_room_new(batch->net);
        if (rule->error[k] == NULL || rule->room[k] == NULL)
            return false;
    }
    return true;
}

static limen_status bptt_new(void **self, lm_batch *batch,
                             const limen_settings *settings, int threads,
                             limen_error *err)
{
    bptt *rule = lm_alloc(1, 1, sizeof *rule);

    *self = NULL;
    if (rule != NULL)
        *rule = (bptt){
            .layers = batch->net->layers,
            .units = batch->net->units,
            .chunks = (batch->room + LM_BATCH_CHUNK - 1) / LM_BATCH_CHUNK,
            .steps_most = batch->steps_most,
            .kind = (lm_surrogate)lm_settings_choice(settings, "surrogate"),
            .width = (float)lm_settings_real(settings, "width"),
            .is_relative = lm_settings_choice(settings, "width-unit") == 1,
            .credit = (size_t)lm_settings_int(settings, "credit"),
            .threads = threads,
        };
    if (rule == NULL || !fill(rule, batch)) {
        bptt_free(rule);
        return lm_error_set(err, LIMEN_NO_MEMORY,
                            "out of memory for the trace of %zu samples over "
                            "%zu steps; use a smaller batch",
                            batch->room, batch->steps_most);
    }
    *self = rule;
    return LIMEN_OK;
}

static float width_of(const bptt *rule, size_t l)
{
    return rule->is_relative && rule->spread[l] > 0.0
               ? rule->width * (float)rule->spread[l]
               : rule->width;
}

/* Which rows of the trace a chunk's step fills. */
static size_t row_of(const bptt *rule, size_t k, size_t t)
{
    return (k * rule->steps_most + t - 1) * LM_BATCH_CHUNK;
}

/* Where the observer of a step writes. */
typedef struct place {
    bptt *rule;
    size_t chunk, t;
} place;

static void measure(moments *seen, const int32_t *a, const float *scale,
                    size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double u = (double)((float)a[i] * scale[i]);

        seen->sum += u;
        seen->square += u * u;
    }
    seen->count += (double)n;
}

static void observe(void *self, size_t l, const int32_t *a, size_t stride,
                    size_t samples)
{
    const place *to = self;
    bptt *rule = to->rule;
    const size_t n = rule->units[l];
    uint8_t *share = rule->share[l] + row_of(rule, to->chunk, to->t) * n;

    for (size_t b = 0; b < samples; b++) {
        lm_surrogate_shares(share + b * n, a + b * stride, rule->scale[l], n,
                            rule->kind, width_of(rule, l));
        if (rule->is_relative)
            measure(&rule->seen[to->chunk * rule->layers + l], a + b * stride,
                    rule->scale[l], n);
    }
}

static void begin(void *self, const lm_batch *batch)
{
    bptt *rule = self;

    for (size_t l = 1; l < rule->layers; l++)
        for (size_t i = 0; i < rule->units[l]; i++)
            rule->scale[l][i] = ldexpf(1.0F, -batch->image->layer[l].q[i]);
    memset(rule->seen, 0, rule->chunks * rule->layers * sizeof *rule->seen);
}

static void forward(void *self, const lm_batch *batch, lm_workspace *space,
                    size_t k)
{
    bptt *rule = self;
    place to = { .rule = rule, .chunk = k };
    lm_chunk chunk = lm_batch_chunk(batch, k);

    chunk.observer = (lm_observer){ .layer = observe, .self = &to };
    lm_workspace_begin(batch->image, space);
    for (size_t t = 1; t <= batch->steps; t++) {
        to.t = t;
        lm_step(batch->image, space, &chunk, t);
        lm_batch_count(batch, &chunk, t);
        for (size_t l = 0; l < rule->layers; l++) {
            const lm_state_layer *layer = &batch->state->layer[l];

            memcpy(rule->bits[l] + row_of(rule, k, t) * layer->words,
                   layer->bits + chunk.first * layer->words,
                   chunk.count * layer->words * sizeof *layer->bits);
        }
    }
}

/* A chunk's trace, as lm_bptt_task reads it. */
typedef struct trace {
    const bptt *rule;
    size_t chunk, samples;
} trace;

static void read_states(const void *self, size_t t, size_t l, float *s)
{
    const trace *from = self;
    const bptt *rule = from->rule;
    const size_t n = rule->units[l];

    if (t == 0)
        memset(s, 0, from->samples * n * sizeof *s);
    else
        lm_bits_to_floats(
            s, rule->bits[l] + row_of(rule, from->chunk, t) * lm_bits_words(n),
            from->samples, n);
}

static void read_factors(const void *self, size_t t, size_t l, float *psi)
{
    const trace *from = self;
    const bptt *rule = from->rule;
    const size_t values = from->samples * rule->units[l];
    const uint8_t *share =
        rule->share[l] + row_of(rule, from->chunk, t) * rule->units[l];
    const float unit =
        lm_surrogate_peak(rule->kind, width_of(rule, l)) / 255.0F;

    for (size_t k = 0; k < values; k++)
        psi[k] = unit * (float)share[k];
}

static void backward(void *self, const lm_batch *batch, float *part, size_t k,
                     int thread)
{
    bptt *rule = self;
    const lm_chunk chunk = lm_batch_chunk(batch, k);
    const size_t outputs = rule->units[rule->layers - 1];
    const trace from = { .rule = rule, .chunk = k, .samples = chunk.count };
    const float *error = batch->error + chunk.first * outputs;
    const float share = 1.0F / (float)lm_batch_answer_steps(batch);

    for (size_t i = 0; i < chunk.count * outputs; i++)
        rule->error[thread][i] = error[i] * share; // dr/ds(t) = 1 / steps

    const lm_bptt_task task = {
        .net = batch->net,
        .parameters = batch->parameters,
        .kernel = batch->kernel,
        .samples = chunk.count,
        .steps = batch->steps,
        .credit = rule->credit,
        .error = rule->error[thread],
        .pull = batch->pull,
        .burn_in = batch->burn_in,
        .states = read_states,
        .factors = read_factors,
        .trace = &from,
    };
    lm_bptt_backward(part, &task, rule->room[thread]);
}

static void finish(void *self, const lm_batch *batch)
{
    bptt *rule = self;
    const size_t chunks = (batch->samples + LM_BATCH_CHUNK - 1) / LM_BATCH_CHUNK;

    for (size_t l = 1; rule->is_relative && l < rule->layers; l++) {
        moments all = { 0 };

        for (size_t k = 0; k < chunks; k++) {
            const moments *seen = &rule->seen[k * rule->layers + l];

            all.count += seen->count;
            all.sum += seen->sum;
            all.square += seen->square;
        }
        const double mean = all.sum / all.count;
        const double sd = sqrt(fmax(all.square / all.count - mean * mean, 0));
        rule->spread[l] =
            rule->spread[l] == 0.0 ? sd : 0.9 * rule->spread[l] + 0.1 * sd;
    }
}

static double *memory(void *self, size_t *count)
{
    bptt *rule = self;

    *count = rule->layers;
    return rule->spread;
}

const lm_rule lm_rule_bptt = {
    .name = "bptt",
    .new = bptt_new,
    .free = bptt_free,
    .begin = begin,
    .forward = forward,
    .backward = backward,
    .finish = finish,
    .memory = memory,
};
