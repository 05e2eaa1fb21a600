/* cell_adapt.h -- tests of a cell after homeostasis. */
#ifndef LM_CELL_ADAPT_H
#define LM_CELL_ADAPT_H

#include "study/measure.h"

/* Leaves the samples of the setting test-classes in the test set and, without
 * labels being read later, in what thresholds are moved on: *pool, the held-out
 * samples, or those of training where none are held out. */
limen_status lm_cell_pool(limen_data **pool, lm_study_data *data,
                          const limen_settings *settings, limen_error *err);

/* lm_test_measure, after adaptation to samples of `pool` if the settings ask
 * for it.  condition: what `data` went through, NULL for clean. */
limen_status lm_cell_measure(double *value, const lm_test *test,
                             const limen_network *net, const limen_data *data,
                             const limen_data *pool,
                             const lm_condition *condition, limen_error *err);

/* Measures the rates that adaptation goes back to, if the settings ask for it,
 * on the samples of training. */
limen_status lm_cell_rates(limen_network *net, const lm_test *test,
                           const limen_data *train, limen_error *err);

#endif
