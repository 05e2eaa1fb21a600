/* test_branching_allocation.c -- with the k-th allocation failing, for every k,
 * an estimate says so, leaks nothing (under ASan) and leaves its outputs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "limen.h"

#include <string.h>

enum { STEPS = 300, UNITS = 70, WORDS = 2, POINTS = 3 };

typedef struct scene {
    double activity[STEPS];
    uint64_t raster[STEPS * WORDS];
} scene;

typedef limen_status (*action)(const scene *at, double *out);

static const limen_branching_process process = { .m = 0.9,
                                                 .drive = 3.0,
                                                 .sampled = 0.5 };

static limen_status ratio(const scene *at, double *out)
{
    const limen_branching_options options = limen_branching_defaults();
    limen_branching_result result;
    const limen_status status = limen_branching_ratio(
        &result, NULL, 0, at->activity, 1, STEPS, &options, NULL);

    *out = status == LIMEN_OK ? result.fit.m : *out;
    return status;
}

static limen_status naive(const scene *at, double *out)
{
    limen_branching_naive_result result;
    const limen_status status =
        limen_branching_naive(&result, at->activity, 1, STEPS, 1.0, NULL);

    *out = status == LIMEN_OK ? result.slope : *out;
    return status;
}

static limen_status simulate(const scene *at, double *out)
{
    (void)at;
    return limen_branching_simulate(out, &process, 1, 1, 50, 30, 1, NULL);
}

static limen_status avalanches(const scene *at, double *out)
{
    uint64_t size[POINTS];
    const limen_status status = limen_branching_avalanches(
        size, NULL, POINTS, &process, 1000, 1000, 1, NULL);

    (void)at;
    *out = status == LIMEN_OK ? (double)size[0] : *out;
    return status;
}

static limen_status response(const scene *at, double *out)
{
    const double drive[POINTS] = { 0.1, 0.2, 0.3 };
    double answer[POINTS] = { *out, *out, *out };
    const limen_status status = limen_branching_response(
        answer, drive, POINTS, 1.0, 100, 10, 0, 0, 1, NULL);

    (void)at;
    *out = answer[1];
    return status;
}

static limen_status correlation(const scene *at, double *out)
{
    limen_pairwise result = { .mean = *out };
    const limen_status status =
        limen_raster_correlation(&result, at->raster, STEPS, UNITS, NULL);

    *out = result.mean;
    return status;
}

static limen_status entropy(const scene *at, double *out)
{
    limen_entropy_result result = { .rate = *out };
    const limen_status status =
        limen_raster_entropy(&result, at->raster, STEPS, UNITS, 0, NULL);

    *out = result.rate;
    return status;
}

static limen_status surrogates(const scene *at, double *out)
{
    double series[STEPS];
    uint64_t raster[STEPS * WORDS];
    limen_status status = limen_surrogate_series(
        series, at->activity, STEPS, LIMEN_SURROGATE_POISSON, 0, NULL);

    if (status == LIMEN_OK)
        status = limen_surrogate_raster(raster, at->raster, STEPS, UNITS,
                                        LIMEN_RASTER_SHIFT, 0, NULL);
    *out = status == LIMEN_OK ? series[0] : *out;
    return status;
}

static void make(scene *to)
{
    assert_int_equal(limen_branching_simulate(to->activity, &process, 1, STEPS,
                                              50, 30, 1, NULL),
                     LIMEN_OK);
    for (size_t t = 0; t < STEPS; t++)
        for (size_t i = 0; i < UNITS; i++)
            if ((t * 7 + i * i) % 5 < 2)
                to->raster[t * WORDS + i / 64] |= UINT64_C(1) << (i % 64);
}

static void fail_each(action act)
{
    static const double untouched = -77.0;
    scene at = { 0 };
    double out = untouched;

    make(&at);
    (void)lm_alloc_fail_at(0);
    assert_int_equal(act(&at, &out), LIMEN_OK);
    const size_t all = lm_alloc_fail_at(0);
    assert_true(out != untouched);
    assert_true(all > 0); // or nothing is tested
    for (size_t k = 1; k <= all; k++) {
        out = untouched;
        (void)lm_alloc_fail_at(k);
        assert_int_equal(act(&at, &out), LIMEN_NO_MEMORY);
        (void)lm_alloc_fail_at(0);
        assert_true(out == untouched);
    }
}

#define CASE(name)                                                             \
    static void name##_survives_every_failed_allocation(void **state)          \
    {                                                                          \
        (void)state;                                                           \
        fail_each(name);                                                       \
    }

CASE(ratio)
CASE(naive)
CASE(simulate)
CASE(avalanches)
CASE(response)
CASE(correlation)
CASE(entropy)
CASE(surrogates)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratio_survives_every_failed_allocation),
        cmocka_unit_test(naive_survives_every_failed_allocation),
        cmocka_unit_test(simulate_survives_every_failed_allocation),
        cmocka_unit_test(avalanches_survives_every_failed_allocation),
        cmocka_unit_test(response_survives_every_failed_allocation),
        cmocka_unit_test(correlation_survives_every_failed_allocation),
        cmocka_unit_test(entropy_survives_every_failed_allocation),
        cmocka_unit_test(surrogates_survives_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
