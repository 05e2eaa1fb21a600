/* bptt_rule.h -- the insides of the rule `bptt`, for its two files. */
#ifndef LM_BPTT_RULE_H
#define LM_BPTT_RULE_H

#include "learn/error_back.h"
#include "learn/rule.h"
#include "learn/surrogate.h"
#include "learn/weights_gradient.h"

/* Sums of u and u^2 over a sample's units and steps, one a layer. */
typedef struct lm_moments {
    double count, sum, square;
} lm_moments;

/* window: steps that errors go back at a time, at most the batch's most.
 * trace_steps: steps that the trace has room for, all or a window. */
typedef struct lm_bptt_room {
    size_t window, trace_steps;
} lm_bptt_room;

typedef struct lm_bptt {
    size_t layers;
    const size_t *units; /* (layers) the network's */
    lm_surrogate kind;
    float width;
    bool is_relative; /* width is in units of the spread */
    size_t credit;
    int threads;
    size_t window, trace_steps; /* see lm_bptt_room */
    limen_state **start; /* (starts) before each window, of runs longer than the
                            trace */
    size_t starts;

    double *spread;   /* (layers) running sd of u; 0: not seen yet */
    lm_moments *seen; /* (samples, layers) of this batch */

    /* The trace.  Rows are steps x samples of the batch. */
    uint64_t **bits; /* [layer] (trace_steps + 1, samples, words) */
    uint8_t **share; /* [layer] (trace_steps, samples, n) */

    float **g;     /* [layer] (window, samples, n) */
    float **after; /* [layer] (samples, n) of the step after the window; NULL
                      where no sparse connection asks for it */
    lm_sent *sent; /* (2, layers) of odd and of even steps */
    lm_error_back back;
    lm_gradient_room *gradient;
} lm_bptt;

/* lm_rule.new with a room of the caller's choice. */
limen_status lm_bptt_new(void **self, lm_batch *batch,
                         const limen_settings *settings, int threads,
                         lm_bptt_room room, limen_error *err);

/* The surrogate's width in a layer. */
float lm_bptt_width(const lm_bptt *rule, size_t l);

/* Runs a chunk over steps first .. last, from where its state stands, into the
 * trace's first rows. */
void lm_bptt_trace(lm_bptt *rule, const lm_batch *batch, lm_workspace *space,
                   const lm_chunk *of, size_t first, size_t last,
                   bool is_first_run);

/* lm_rule.backward. */
void lm_bptt_backward(void *self, const lm_batch *batch, float *gradient);

#endif
