/* state.h -- what a network remembers from one step to the next. */
#ifndef LM_STATE_H
#define LM_STATE_H

#include "limen.h"

typedef struct lm_state_layer {
    size_t n, words;
    uint64_t *bits;       /* (samples, words) s_l */
    uint16_t *refractory; /* (samples, n) steps of silence left; NULL: none */
    int32_t *adapted;     /* (samples, n) c in units of 2^-16; NULL: none */
} lm_state_layer;

struct lm_workspaces;

struct limen_state {
    size_t layers, samples, steps;
    lm_state_layer *layer; /* (layers) */
    /* Room for limen_run, kept from one to the next; NULL until the first. */
    struct lm_workspaces *spaces;
};

/* Samples first .. first + count - 1 of `from` into `to`, of the same network
 * and number of samples; the count of steps stays. */
void lm_state_copy_rows(limen_state *to, const limen_state *from, size_t first,
                        size_t count);

/* One sample of `from` into one of `to`, of the same network. */
void lm_state_copy_sample(limen_state *to, size_t place,
                          const limen_state *from, size_t sample);

#endif
