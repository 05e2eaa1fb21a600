/* bptt.c -- surrogate gradients through time: the rule.
 *
 * A run leaves a trace of one bit and one byte a unit and step: the state, and
 * the surrogate factor as a share of its peak (learn/surrogate.h).  Errors go
 * back over a window of steps at a time (bptt_backward.c).  A long run leaves
 * no trace but the states before each window, from which the window is run
 * again: the memory of training hardly grows with the number of steps.  So does
 * every run at a credit of one step that is longer than a window.
 *
 * Widths can be given in units of the layer's spread, the standard deviation of
 * its activations, which is then averaged over batches as they pass:
 *
 *     spread <- 0.9 spread + 0.1 sd(batch)
 */
#include "learn/bptt_rule.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/vectorise.h"
#include "net/state.h"

#include <math.h>
#include <string.h>

static void bptt_free(void *self)
{
    lm_bptt *rule = self;

    if (rule == NULL)
        return;
    for (size_t l = 0; l < rule->layers; l++) {
        void *arrays[] = {
            rule->bits == NULL ? NULL : rule->bits[l],
            rule->share == NULL ? NULL : rule->share[l],
            rule->g == NULL ? NULL : rule->g[l],
            rule->after == NULL ? NULL : rule->after[l],
            rule->sent == NULL ? NULL : rule->sent[l].h,
            rule->sent == NULL ? NULL : rule->sent[l].unit,
            rule->sent == NULL ? NULL : rule->sent[rule->layers + l].h,
            rule->sent == NULL ? NULL : rule->sent[rule->layers + l].unit,
        };

        for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++)
            lm_free(arrays[k]);
    }
    for (size_t k = 0; rule->start != NULL && k < rule->starts; k++)
        limen_state_free(rule->start[k]);
    lm_free(rule->start);
    lm_error_back_free(&rule->back);
    lm_gradient_room_free(rule->gradient);
    lm_free(rule->spread);
    lm_free(rule->seen);
    lm_free(rule->bits);
    lm_free(rule->share);
    lm_free(rule->g);
    lm_free(rule->after);
    lm_free(rule->sent);
    lm_free(rule);
}

static bool fill_sent(lm_sent *to, size_t room, size_t n)
{
    to->stride = lm_padded(n);
    to->h = lm_alloc(room, to->stride, sizeof *to->h);
    to->unit = lm_alloc(room, 1, sizeof *to->unit);
    return to->h != NULL && to->unit != NULL;
}

/* Whether a sparse connection brings layer l's errors back to the step before:
 * dense ones take them from lm_sent. */
static bool is_heard_later(const limen_network *net, size_t l)
{
    for (size_t k = 0; k < net->connections; k++) {
        const lm_connection *c = &net->connection[k];

        if (c->to == l && c->is_sparse && lm_delivers_before(net, c))
            return true;
    }
    return false;
}

static bool fill_starts(lm_bptt *rule, const lm_batch *batch)
{
    if (rule->trace_steps >= batch->steps_most)
        return true;
    rule->starts = (batch->steps_most - 1) / rule->window + 1;
    rule->start = lm_alloc(rule->starts, 1, sizeof(limen_state *));
    for (size_t k = 0; rule->start != NULL && k < rule->starts; k++)
        if (limen_state_new(&rule->start[k], batch->image, batch->room, NULL) !=
            LIMEN_OK)
            return false;
    return rule->start != NULL;
}

static bool fill_layer(lm_bptt *rule, const lm_batch *batch, size_t l)
{
    const size_t n = rule->units[l];
    const size_t room = batch->room;

    rule->bits[l] = lm_alloc((rule->trace_steps + 1) * room, lm_bits_words(n),
                             sizeof *rule->bits[l]);
    if (rule->bits[l] == NULL || l == 0)
        return rule->bits[l] != NULL;
    rule->share[l] = lm_alloc(rule->trace_steps * room, n, 1);
    rule->g[l] = lm_alloc(rule->window * room, n, sizeof *rule->g[l]);
    if (is_heard_later(batch->net, l)) {
        rule->after[l] = lm_alloc(room, n, sizeof *rule->after[l]);
        if (rule->after[l] == NULL)
            return false;
    }
    return rule->share[l] != NULL && rule->g[l] != NULL &&
           fill_sent(&rule->sent[l], room, n) &&
           fill_sent(&rule->sent[rule->layers + l], room, n);
}

static bool fill(lm_bptt *rule, const lm_batch *batch)
{
    rule->spread = lm_alloc(rule->layers, 1, sizeof *rule->spread);
    rule->seen = lm_alloc(batch->room, rule->layers, sizeof *rule->seen);
    rule->bits = lm_alloc(rule->layers, 1, sizeof *rule->bits);
    rule->share = lm_alloc(rule->layers, 1, sizeof *rule->share);
    rule->g = lm_alloc(rule->layers, 1, sizeof *rule->g);
    rule->after = lm_alloc(rule->layers, 1, sizeof *rule->after);
    rule->sent = lm_alloc(2 * rule->layers, 1, sizeof *rule->sent);
    rule->gradient = lm_gradient_room_new(batch->net, rule->threads);
    if (rule->spread == NULL || rule->seen == NULL || rule->bits == NULL ||
        rule->share == NULL || rule->g == NULL || rule->after == NULL ||
        rule->sent == NULL || rule->gradient == NULL)
        return false;
    for (size_t l = 0; l < rule->layers; l++)
        if (!fill_layer(rule, batch, l))
            return false;
    return fill_starts(rule, batch) &&
           lm_error_back_new(&rule->back, batch->net, NULL) == LIMEN_OK;
}

/* Steps that errors go back at a time: a block of the gradient's rows, or more
 * while the errors of all units stay small; more still where there is no trace
 * beside them, for a run that fits one window need not be made twice. */
static size_t window_of(const lm_batch *batch, size_t credit)
{
    enum { SMALL = 1 << 23, ALONE = 1 << 25 }; // bytes
    size_t units = batch->net->units[1];

    for (size_t l = 2; l < batch->net->layers; l++)
        units += batch->net->units[l];
    const size_t block = (LM_GRADIENT_ROWS + batch->room - 1) / batch->room;
    const size_t bytes = credit == 1 ? ALONE : SMALL;
    const size_t small = bytes / sizeof(float) / units / batch->room;
    return small > block ? small : block;
}

/* Steps that the trace has room for: all, if they fit into a few megabytes, or
 * else a window. */
static size_t trace_of(const lm_batch *batch, size_t window, size_t credit)
{
    enum { MOST = 1 << 25 };                                // bytes
    size_t bytes = 8 * lm_bits_words(batch->net->units[0]); // a sample and step

    for (size_t l = 1; l < batch->net->layers; l++)
        bytes += 8 * lm_bits_words(batch->net->units[l]) + batch->net->units[l];
    if (credit == 1 || batch->steps_most > MOST / bytes / batch->room)
        return window;
    return batch->steps_most;
}

limen_status lm_bptt_new(void **self, lm_batch *batch,
                         const limen_settings *settings, int threads,
                         lm_bptt_room room, limen_error *err)
{
    lm_bptt *rule = lm_alloc(1, 1, sizeof *rule);

    *self = NULL;
    if (rule != NULL)
        *rule = (lm_bptt){
            .layers = batch->net->layers,
            .units = batch->net->units,
            .kind = (lm_surrogate)lm_settings_choice(settings, "surrogate"),
            .width = (float)lm_settings_real(settings, "width"),
            .is_relative = lm_settings_choice(settings, "width-unit") == 1,
            .credit = (size_t)lm_settings_int(settings, "credit"),
            .threads = threads,
            .window = room.window,
            .trace_steps = room.trace_steps,
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

static limen_status bptt_new(void **self, lm_batch *batch,
                             const limen_settings *settings, int threads,
                             limen_error *err)
{
    const size_t credit = (size_t)lm_settings_int(settings, "credit");
    const size_t window = window_of(batch, credit);
    const size_t most = batch->steps_most;
    lm_bptt_room room = { .window = window < most ? window : most };

    room.trace_steps = trace_of(batch, room.window, credit);
    return lm_bptt_new(self, batch, settings, threads, room, err);
}

float lm_bptt_width(const lm_bptt *rule, size_t l)
{
    return rule->is_relative && rule->spread[l] > 0.0
               ? rule->width * (float)rule->spread[l]
               : rule->width;
}

/* Where the observer of a step writes. */
typedef struct place {
    lm_bptt *rule;
    const lm_chunk *chunk;
    size_t samples; /* of the batch */
    size_t row;     /* step of the trace, from 0 */
    bool is_measured;
} place;

static void measure(lm_moments *seen, const int32_t *a, const float *scale,
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
    lm_bptt *rule = to->rule;
    const size_t n = rule->units[l];
    const size_t first = to->chunk->first;
    uint8_t *share = rule->share[l] + (to->row * to->samples + first) * n;

    for (size_t b = 0; b < samples; b++) {
        lm_surrogate_shares(share + b * n, a + b * stride, rule->back.scale[l],
                            n, rule->kind, lm_bptt_width(rule, l));
        if (to->is_measured)
            measure(&rule->seen[(first + b) * rule->layers + l], a + b * stride,
                    rule->back.scale[l], n);
    }
}

/* The states of a chunk as row `row` of the trace's bits, which begin with the
 * step before its first. */
static void keep_states(lm_bptt *rule, const lm_batch *batch,
                        const lm_chunk *chunk, size_t row)
{
    for (size_t l = 0; l < rule->layers; l++) {
        const lm_state_layer *layer = &batch->state->layer[l];

        memcpy(rule->bits[l] +
                   (row * batch->samples + chunk->first) * layer->words,
               layer->bits + chunk->first * layer->words,
               chunk->count * layer->words * sizeof *layer->bits);
    }
}

void lm_bptt_trace(lm_bptt *rule, const lm_batch *batch, lm_workspace *space,
                   const lm_chunk *of, size_t first, size_t last,
                   bool is_first_run)
{
    lm_chunk chunk = *of;
    place to = { .rule = rule,
                 .chunk = &chunk,
                 .samples = batch->samples,
                 .is_measured = rule->is_relative && is_first_run };

    chunk.observer = (lm_observer){ .layer = observe, .self = &to };
    lm_workspace_begin(batch->image, space);
    keep_states(rule, batch, &chunk, 0);
    for (size_t t = first; t <= last; t++) {
        to.row = t - first;
        lm_step(batch->image, space, &chunk, t);
        keep_states(rule, batch, &chunk, t - first + 1);
        if (is_first_run)
            lm_batch_count(batch, &chunk, t);
    }
}

static void begin(void *self, const lm_batch *batch)
{
    lm_bptt *rule = self;

    lm_error_back_update(&rule->back, batch->image, rule->threads);
    memset(rule->seen, 0, batch->room * rule->layers * sizeof *rule->seen);
}

/* A run that leaves the states before each window, and counts. */
static void run_once(lm_bptt *rule, const lm_batch *batch, lm_workspace *space,
                     const lm_chunk *chunk)
{
    lm_workspace_begin(batch->image, space);
    for (size_t t = 1; t <= batch->steps; t++) {
        if ((t - 1) % rule->window == 0)
            lm_state_copy_rows(rule->start[(t - 1) / rule->window],
                               batch->state, chunk->first, chunk->count);
        lm_step(batch->image, space, chunk, t);
        lm_batch_count(batch, chunk, t);
    }
}

static void forward(void *self, const lm_batch *batch, lm_workspace *space,
                    const lm_chunk *chunk)
{
    lm_bptt *rule = self;

    if (batch->steps <= rule->trace_steps)
        lm_bptt_trace(rule, batch, space, chunk, 1, batch->steps, true);
    else
        run_once(rule, batch, space, chunk);
}

static void finish(void *self, const lm_batch *batch)
{
    lm_bptt *rule = self;

    for (size_t l = 1; rule->is_relative && l < rule->layers; l++) {
        lm_moments all = { 0 };

        for (size_t b = 0; b < batch->samples; b++) {
            const lm_moments *seen = &rule->seen[b * rule->layers + l];

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
    lm_bptt *rule = self;

    *count = rule->layers;
    return rule->spread;
}

const lm_rule lm_rule_bptt = {
    .name = "bptt",
    .new = bptt_new,
    .free = bptt_free,
    .begin = begin,
    .forward = forward,
    .backward = lm_bptt_backward,
    .finish = finish,
    .memory = memory,
};
