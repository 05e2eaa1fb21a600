/* test_base.c -- random numbers, exp and cos, arenas, bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/fixed_math.h"
#include "base/rng.h"
#include "base/threads.h"

#include <Random123/philox.h>

#include <math.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void known_answers_of_philox_come_out(void **state)
{
    // Random123's kat_vectors: counter, key, answer
    static const uint32_t known[3][10] = {
        { 0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 },
        { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
          0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd },
        { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822,
          0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 },
    };

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        uint32_t out[4];

        limen_philox(out, known[k], known[k] + 4);
        assert_memory_equal(out, known[k] + 6, sizeof out);
    }
}

static void philox_is_that_of_random123(void **state)
{
    philox4x32_ctr_t c = { { 1, 2, 3, 4 } };
    philox4x32_key_t k = { { 5, 6 } };

    (void)state;
    for (int round = 0; round < 1000; round++) {
        uint32_t out[4];
        const philox4x32_ctr_t theirs = philox4x32(c, k);

        limen_philox(out, c.v, k.v);
        assert_memory_equal(out, theirs.v, sizeof out);
        c = theirs;
        k.v[0] = theirs.v[1];
        k.v[1] = theirs.v[2];
    }
}

static void draws_are_uniform(void **state)
{
    enum { BINS = 256, DRAWS = 1 << 20 };
    static uint32_t count[BINS];
    double chi2 = 0.0;

    (void)state;
    for (uint32_t u = 0; u < DRAWS; u++)
        count[limen_draw(7, 3, 1, 2, u) >> 24]++;
    for (size_t k = 0; k < BINS; k++) {
        const double gap = count[k] - (double)DRAWS / BINS;

        chi2 += gap * gap / ((double)DRAWS / BINS);
    }
    // 255 degrees of freedom: 347 has a false-alarm rate of 1e-4
    assert_true(chi2 < 347.0);
}

static void every_argument_of_a_draw_matters(void **state)
{
    const uint32_t a = limen_draw(1, 2, 3, 4, 5);

    (void)state;
    assert_int_not_equal(a, limen_draw(1ULL << 32 | 1, 2, 3, 4, 5));
    assert_int_not_equal(a, limen_draw(2, 2, 3, 4, 5));
    assert_int_not_equal(a, limen_draw(1, 3, 3, 4, 5));
    assert_int_not_equal(a, limen_draw(1, 2, 1ULL << 32 | 3, 4, 5));
    assert_int_not_equal(a, limen_draw(1, 2, 4, 4, 5));
    assert_int_not_equal(a, limen_draw(1, 2, 3, 5, 5));
    assert_int_not_equal(a, limen_draw(1, 2, 3, 4, 6));
}

static void exp_and_cos_are_those_of_libm(void **state)
{
    (void)state;
    for (double x = -690.0; x < 690.0; x += 0.37)
        assert_true(fabs(lm_exp(x) / exp(x) - 1.0) < 1e-13);
    for (double x = 0.0; x <= 1.0; x += 1.0 / 4096)
        assert_true(fabs(lm_cos_pi(x) - cos(3.14159265358979323846 * x)) <
                    1e-14);
    assert_true(lm_exp(0.0) == 1.0);
    assert_true(lm_exp(-1000.0) == 0.0);
    assert_true(lm_cos_pi(0.5) == 0.0);
    assert_true(lm_cos_pi(1.0) == -1.0);
}

static void sizes_that_overflow_are_refused(void **state)
{
    size_t product;

    (void)state;
    assert_null(lm_alloc(SIZE_MAX / 2, 4, 1));
    assert_null(lm_alloc(SIZE_MAX / 8, 1, 8));
    assert_false(lm_size_multiply(&product, SIZE_MAX, 2));
    assert_true(lm_size_multiply(&product, 3, 4));
    assert_int_equal(product, 12);
}

static void an_array_grows_and_keeps_its_items(void **state)
{
    uint32_t *a = lm_alloc(3, 1, sizeof *a);

    (void)state;
    for (uint32_t k = 0; k < 3; k++)
        a[k] = k + 1;
    a = lm_grow(a, 3, 1000, sizeof *a);
    assert_non_null(a);
    assert_int_equal(a[2], 3);
    assert_int_equal(a[999], 0);
    assert_int_equal((uintptr_t)a % 64, 0);
    lm_free(a);
}

static void listed_bits_are_the_set_ones(void **state)
{
    const uint64_t x[2] = { 1ULL << 63 | 5, 1ULL << 1 };
    uint16_t list[128];

    (void)state;
    assert_int_equal(lm_bits_list16(list, x, 2), 4);
    assert_int_equal(list[0], 0);
    assert_int_equal(list[1], 2);
    assert_int_equal(list[2], 63);
    assert_int_equal(list[3], 65);
    assert_int_equal(lm_bits_count(x, 2), 4);
    assert_true(lm_bits_tidy(x, 66));
    assert_false(lm_bits_tidy(x, 65));
}

static void an_error_names_what_was_asked(void **state)
{
    limen_error err;

    (void)state;
    assert_int_equal(lm_error_no_memory(&err, "a thing", 12), LIMEN_NO_MEMORY);
    assert_string_equal(err.text, "out of memory: a thing needs 12 bytes");
    assert_int_equal(lm_error_set(NULL, LIMEN_BAD_FILE, "x"), LIMEN_BAD_FILE);
    for (int k = LIMEN_OK; k <= LIMEN_DIVERGED; k++)
        assert_true(strlen(limen_status_text((limen_status)k)) > 1);
}

static void a_forked_child_runs_on_one_thread(void **state)
{
    (void)state;
    const int before = lm_threads(2);
    const pid_t child = fork();

    if (child == 0)
        _exit(lm_threads(2));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_int_equal(lm_threads(2), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers_of_philox_come_out),
        cmocka_unit_test(philox_is_that_of_random123),
        cmocka_unit_test(draws_are_uniform),
        cmocka_unit_test(every_argument_of_a_draw_matters),
        cmocka_unit_test(exp_and_cos_are_those_of_libm),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(an_array_grows_and_keeps_its_items),
        cmocka_unit_test(listed_bits_are_the_set_ones),
        cmocka_unit_test(an_error_names_what_was_asked),
        cmocka_unit_test(a_forked_child_runs_on_one_thread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
