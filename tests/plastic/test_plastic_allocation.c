/* test_plastic_allocation.c -- with the k-th allocation failing, for every k,
 * a simulation says so and leaks nothing (under ASan). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "limen.h"

#include <stdlib.h>
#include <unistd.h>

enum { STEPS = 30 };

static limen_simulation_options options_of(limen_preset preset)
{
    limen_simulation_options options = limen_simulation_defaults(preset);

    options.units = 60;
    options.steps = STEPS;
    options.frozen = 0;
    options.recorded = STEPS;
    return options;
}

/* Makes, runs half, saves, loads, runs on and writes. */
static limen_status whole(limen_preset preset, const char *path)
{
    const limen_simulation_options options = options_of(preset);
    limen_simulation *first = NULL;
    limen_simulation *second = NULL;
    limen_error err;
    limen_status status = limen_simulation_new(&first, &options, 1, &err);

    if (status == LIMEN_OK)
        status = limen_simulation_run(first, STEPS / 2, &err);
    if (status == LIMEN_OK)
        status = limen_simulation_save(path, first, &err);
    if (status == LIMEN_OK)
        status = limen_simulation_load(&second, path, 1, &err);
    if (status == LIMEN_OK)
        status = limen_simulation_run(second, STEPS, &err);
    if (status == LIMEN_OK)
        status = limen_simulation_write(path, second, &err);
    if (status != LIMEN_OK)
        assert_true(err.text[0] != '\0' && err.status == status);
    limen_simulation_free(first);
    limen_simulation_free(second);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    char path[] = "/tmp/limen-test-XXXXXX";

    (void)state;
    close(mkstemp(path));
    for (size_t preset = 0; preset < LIMEN_PRESETS; preset++) {
        lm_alloc_fail_at(0);
        assert_int_equal(whole((limen_preset)preset, path), LIMEN_OK);
        const size_t all = lm_alloc_fail_at(0);

        assert_true(all > 10);
        size_t unharmed = 0; // the folder of a written file is synced or not

        for (size_t k = 1; k <= all; k++) {
            lm_alloc_fail_at(k);
            const limen_status got = whole((limen_preset)preset, path);

            assert_true(got == LIMEN_OK || got == LIMEN_NO_MEMORY);
            unharmed += got == LIMEN_OK;
        }
        assert_true(unharmed <= 2);
    }
    lm_alloc_fail_at(0);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
