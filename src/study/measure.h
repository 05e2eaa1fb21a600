/* measure.h -- what a test of a network on a set says. */
#ifndef LM_MEASURE_H
#define LM_MEASURE_H

#include "study/study.h"

typedef struct lm_test {
    const limen_image *image;
    const limen_settings *settings; /* resolved */
    double temperature;             /* NAN: none was fitted */
    int threads;
} lm_test;

/* The vote temperature of held-out samples. */
limen_status lm_test_temperature(double *temperature, const lm_test *test,
                                 const limen_data *data, limen_error *err);

/* value: (LM_MEASURE_COUNT), NAN for what does not exist. */
limen_status lm_test_measure(double *value, const lm_test *test,
                             const limen_network *net, const limen_data *data,
                             limen_error *err);

/* accuracy: (points) after each of `steps`. */
limen_status lm_test_votes(double *accuracy, const lm_test *test,
                           const limen_data *data, const size_t *steps,
                           size_t points, limen_error *err);

/* limen_stability of the first samples, over `steps` steps: an array for each
 * measure of layers, from layer 1 on, and a number for each of answers. */
limen_status lm_test_stability(json_t **out, const lm_test *test,
                               const limen_network *net, const limen_data *data,
                               size_t samples, size_t steps, limen_error *err);

/* A number, or null for NAN. */
json_t *lm_number(double x);

#endif
