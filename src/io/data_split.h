/* data_split.h -- the order that parts of a set are taken in. */
#ifndef LM_DATA_SPLIT_H
#define LM_DATA_SPLIT_H

#include "limen.h"

/* All samples, sorted by their draws.  Key 0 is that of limen_data_split.
 * order: (samples) */
limen_status lm_data_order(size_t *order, size_t samples, uint64_t seed,
                           uint64_t key, limen_error *err);

#endif
