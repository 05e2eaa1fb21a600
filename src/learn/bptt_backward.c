/* bptt_backward.c -- bptt.h's equations over a window of steps at a time.
 *
 * Layers go from the top down within a step, so that what a layer sends up now
 * is known before its own error is needed.  Samples do not meet before the sum
 * over all of them, so chunks of them are shared among threads.
 */
#include "learn/bptt_rule.h"

#include "base/bits.h"
#include "base/vectorise.h"
#include "net/state.h"

#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#define THREAD_NUMBER omp_get_thread_num()
#else
#define THREAD_NUMBER 0
#endif

/* Steps first .. last, of which the trace's row 0 is `origin`. */
typedef struct window {
    lm_bptt *rule;
    const lm_batch *batch;
    size_t first, last, origin;
    bool is_second_run; /* the trace is yet to be made */
} window;

/* g_l(t) of the window, or of the step after it, from sample b on. */
static float *errors_at(const window *at, size_t t, size_t l, size_t b)
{
    const lm_bptt *rule = at->rule;
    const size_t n = rule->units[l];

    if (t > at->last)
        return rule->after[l] == NULL ? NULL : rule->after[l] + b * n;
    return rule->g[l] + ((t - at->first) * at->batch->samples + b) * n;
}

static lm_sent sent_at(const window *at, size_t t, size_t l, size_t b)
{
    lm_sent sent = at->rule->sent[t % 2 * at->rule->layers + l];

    sent.h += b * sent.stride;
    sent.unit += b;
    sent.g = errors_at(at, t, l, b);
    return sent;
}

/* e_l(t)'s first part: what the loss itself says. */
static void begin_error(float *e, const window *at, size_t t, size_t l,
                        const lm_chunk *chunk)
{
    const lm_batch *batch = at->batch;
    const size_t n = at->rule->units[l];
    const size_t values = chunk->count * n;
    const float *pull = batch->pull[l];
    const float share = 1.0F / (float)lm_batch_answer_steps(batch);

    memset(e, 0, values * sizeof *e);
    if (t <= batch->burn_in)
        return;
    if (l + 1 == at->rule->layers)
        for (size_t i = 0; i < values; i++)
            e[i] = batch->error[chunk->first * n + i] * share;
    for (size_t b = 0; pull != NULL && b < chunk->count; b++)
        for (size_t i = 0; i < n; i++)
            e[b * n + i] += pull[i];
}

LM_VECTORISE static void multiply_shares(float *e, const uint8_t *share,
                                         float unit, size_t values)
{
    for (size_t i = 0; i < values; i++)
        e[i] *= unit * (float)share[i];
}

/* g_l(t), in place of e_l(t), and ready to be sent back. */
static void layer_error(const window *at, size_t t, size_t l,
                        const lm_chunk *chunk, bool is_cut)
{
    lm_bptt *rule = at->rule;
    const limen_network *net = at->batch->net;
    const size_t n = rule->units[l];
    float *e = errors_at(at, t, l, chunk->first);

    begin_error(e, at, t, l, chunk);
    for (size_t k = 0; k < net->connections; k++) {
        const lm_connection *c = &net->connection[k];
        const bool is_before = lm_delivers_before(net, c);

        if (c->from != l || (is_before && is_cut))
            continue;
        const lm_sent sent =
            sent_at(at, is_before ? t + 1 : t, c->to, chunk->first);
        lm_error_receive(e, &rule->back, k, &sent, chunk->count,
                         at->batch->kernel);
    }
    multiply_shares(
        e,
        rule->share[l] +
            ((t - at->origin) * at->batch->samples + chunk->first) * n,
        lm_surrogate_peak(rule->kind, lm_bptt_width(rule, l)) / 255.0F,
        chunk->count * n);
    lm_sent sent = sent_at(at, t, l, chunk->first);
    lm_error_send(&sent, &rule->back, e, chunk->count, l);
}

static void chunk_errors(const window *at, const lm_chunk *chunk)
{
    const lm_bptt *rule = at->rule;

    for (size_t t = at->last; t >= at->first; t--) {
        const bool is_cut = t == at->batch->steps ||
                            (rule->credit > 0 && t % rule->credit == 0);

        for (size_t l = rule->layers - 1; l >= 1; l--)
            layer_error(at, t, l, chunk, is_cut);
    }
    // the window before will ask for the errors of this one's first step
    for (size_t l = 1; l < rule->layers; l++)
        if (rule->after[l] != NULL)
            memcpy(rule->after[l] + chunk->first * rule->units[l],
                   errors_at(at, at->first, l, chunk->first),
                   chunk->count * rule->units[l] * sizeof(float));
}

static void add_window(const window *at, float *gradient)
{
    lm_bptt *rule = at->rule;
    const lm_batch *batch = at->batch;
    const uint64_t *bits[LIMEN_LAYERS_MAX] = { NULL };

    for (size_t l = 0; l < rule->layers; l++)
        bits[l] = rule->bits[l] + (at->first - at->origin) * batch->samples *
                                      lm_bits_words(rule->units[l]);
    const lm_window all = {
        .steps = at->last - at->first + 1,
        .samples = batch->samples,
        .g = (const float *const *)rule->g,
        .bits = bits,
    };
    lm_weights_gradient(gradient, &all, batch->net, batch->parameters,
                        batch->kernel, rule->gradient);
}

/* The trace of the window, which the first run had no room for. */
static void run_again(const window *at, lm_workspace *space,
                      const lm_chunk *chunk)
{
    lm_bptt *rule = at->rule;

    lm_state_copy_rows(at->batch->state,
                       rule->start[(at->first - 1) / rule->window],
                       chunk->first, chunk->count);
    lm_bptt_trace(rule, at->batch, space, chunk, at->first, at->last, false);
}

static void run_window(const window *at, float *gradient)
{
    const lm_batch *batch = at->batch;
    const lm_workspaces *spaces = batch->spaces;
    const size_t chunks = lm_batch_chunks(batch, spaces->chunk);

#pragma omp parallel for schedule(dynamic) num_threads(spaces->threads)
    for (size_t k = 0; k < chunks; k++) {
        const lm_chunk chunk = lm_batch_chunk(batch, k, spaces->chunk);

        if (at->is_second_run)
            run_again(at, spaces->space[THREAD_NUMBER], &chunk);
        chunk_errors(at, &chunk);
    }
    add_window(at, gradient);
}

void lm_bptt_backward(void *self, const lm_batch *batch, float *gradient)
{
    lm_bptt *rule = self;
    window at = {
        .rule = rule,
        .batch = batch,
        .last = batch->steps,
        .origin = 1,
        .is_second_run = batch->steps > rule->trace_steps,
    };

    while (at.last > 0) {
        at.first = (at.last - 1) / rule->window * rule->window + 1;
        if (at.is_second_run)
            at.origin = at.first;
        run_window(&at, gradient);
        at.last = at.first - 1;
    }
}
