/* batch.h -- the trainer's next samples. */
#ifndef LM_BATCH_H
#define LM_BATCH_H

#include "base/error.h"
#include "learn/trainer.h"

/* The samples of an epoch in the order they are trained in: sorted by their
 * draws.  order: (samples) */
limen_status lm_epoch_order(uint32_t *order, size_t samples, uint64_t seed,
                            size_t epoch, limen_error *err);

/* Fills trainer->batch with the samples at `first` of the epoch's order, from
 * rest.  The key of sample k in epoch e is (e + 1) 2^32 + k: each epoch has
 * its own noise, and none has that of a test. */
void lm_batch_gather(limen_trainer *trainer, size_t epoch, size_t first);

#endif
