/* avalanche.h -- sums over avalanches of each duration. */
#ifndef LM_AVALANCHE_H
#define LM_AVALANCHE_H

#include "limen.h"

typedef struct lm_growth_table {
    double low;       /* the first duration */
    size_t durations; /* low, low + 1, ... */
    double *count;    /* (durations) avalanches */
    double *size;     /* (durations) the sum of their sizes */
} lm_growth_table;

/* Empty, for the durations in the window up to the longest there is. */
limen_status lm_growth_table_new(lm_growth_table *table,
                                 const limen_avalanches *avalanches,
                                 limen_window duration, limen_error *err);
void lm_growth_table_free(lm_growth_table *table);

/* Counts an avalanche `times` times if its duration is in the table. */
void lm_growth_table_add(lm_growth_table *table, double duration, double size,
                         double times);

/* The exponent of size on duration by gamma regression, and its standard error
 * if `error` is not NULL; NAN for fewer than 3 durations. */
double lm_growth_slope(double *error, const lm_growth_table *table);

#endif
