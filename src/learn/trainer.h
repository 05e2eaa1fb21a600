/* trainer.h -- a trainer's insides, shared with its checkpoints. */
#ifndef LM_TRAINER_H
#define LM_TRAINER_H

#include "learn/homeostasis.h"
#include "learn/loss.h"
#include "learn/optimiser.h"
#include "learn/rule.h"
#include "tasks/augment.h"

/* Sums over the samples of the current epoch. */
typedef struct lm_epoch_sums {
    double loss, norm;
    uint64_t samples, correct, ties, batches;
    uint64_t spike_steps; /* samples x steps counted */
    uint64_t *spikes;     /* (all units) layer after layer */
} lm_epoch_sums;

struct limen_trainer {
    limen_network *net;
    const limen_settings *settings;
    const limen_data *data;
    int threads;

    lm_parameters parameters;
    lm_optimiser optimiser;
    lm_loss loss;
    double penalty, penalty_rate;
    lm_homeostasis homeostasis;
    uint64_t seed;
    float scale; /* p = scale x value */
    limen_encoder encoder;
    lm_augment augment;
    size_t epochs, batches, batch_size;
    const int64_t *train_steps;
    size_t train_steps_count;

    limen_image *image;
    lm_workspaces spaces;
    const lm_rule *rule;
    void *self; /* the rule's */
    lm_batch batch;
    uint32_t *order;    /* (samples) of the epoch `order_epoch` */
    size_t order_epoch; /* SIZE_MAX: none */
    uint8_t *bytes;     /* (batch, features) gathered samples, */
    float *floats;      /* or these */
    float *plain;       /* (features) a sample before it is corrupted */
    uint64_t *keys;     /* (batch) */
    uint32_t *labels;   /* (batch) */
    float *gradient;    /* (parameters) */
    float *pull_values; /* (all units) */

    size_t done; /* batches in all */
    size_t all_units;
    lm_epoch_sums sums;
    double learning_rate; /* of the last batch */
};

#endif
