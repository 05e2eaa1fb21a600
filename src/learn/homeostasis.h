/* homeostasis.h -- thresholds that hold hidden activity at a set-point while
 * the network learns. */
#ifndef LM_HOMEOSTASIS_H
#define LM_HOMEOSTASIS_H

#include "learn/rule.h"

typedef enum lm_homeostasis_kind {
    LM_HOMEOSTASIS_NONE,
    LM_HOMEOSTASIS_RATE,
    LM_HOMEOSTASIS_LAYER_RATE
} lm_homeostasis_kind;

typedef struct lm_homeostasis {
    lm_homeostasis_kind kind;
    double target, gain;
} lm_homeostasis;

/* Reads the setting homeostasis: "none", "rate=X" or "layer-rate=X" with X in
 * (0, 1).  gain is not its. */
limen_status lm_homeostasis_parse(lm_homeostasis *out, const char *text,
                                  limen_error *err);

/* Moves the thresholds of the hidden layers after a batch, of which counts,
 * samples, steps and burn_in are read. */
void lm_homeostasis_move(const lm_homeostasis *homeostasis, limen_network *net,
                         const lm_batch *batch);

#endif
