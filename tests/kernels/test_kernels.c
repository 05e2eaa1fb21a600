/* test_kernels.c -- every backend gives the bits of ref, on arrays that end
 * exactly at the last element. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/bits.h"
#include "base/rng.h"
#include "kernels/kernels.h"

#include <stdlib.h>
#include <string.h>

static const size_t sizes[] = { 1,   3,   7,   8,   15,  16,  17,  31,
                                32,  33,  63,  64,  65,  100, 127, 128,
                                129, 255, 256, 257, 300, 513, 784 };
enum { SIZES = sizeof sizes / sizeof *sizes };

/* Dice of this file: draws of a fixed seed, one after the other. */
static uint32_t dice(void)
{
    static uint32_t thrown;

    return lm_draw(2718, 0, 0, 0, thrown++ & 0x3ffffff);
}

/* malloc, so that a sanitizer sees one element too far. */
static void *room(size_t bytes)
{
    void *block = malloc(bytes == 0 ? 1 : bytes);

    assert_non_null(block);
    return block;
}

static uint64_t *random_bits(size_t n)
{
    uint64_t *x = room(lm_bits_words(n) * sizeof *x);

    memset(x, 0, lm_bits_words(n) * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i / 64] |= (uint64_t)(dice() & 1) << (i % 64);
    return x;
}

#define FOR_EACH_BACKEND(table)                                                \
    for (size_t at_##table = 1; lm_kernels_at(at_##table) != NULL;             \
         at_##table++)                                                         \
        for (const lm_kernels *table = lm_kernels_at(at_##table),              \
                              *once_##table = table;                           \
             once_##table != NULL; once_##table = NULL)

static void input_draws_are_those_of_ref(void **state)
{
    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (size_t k = 0; k < SIZES; k++) {
            const size_t n = sizes[k];
            const size_t bytes = lm_bits_words(n) * sizeof(uint64_t);
            uint32_t *level = room(n * sizeof *level);
            uint64_t *x = room(bytes);
            uint64_t *y = room(bytes);

            for (size_t i = 0; i < n; i++)
                level[i] = dice() % 4 == 0   ? 0
                           : dice() % 4 == 0 ? 65536
                           : dice() % 8 == 0 ? 65535
                                             : dice() % 65537;
            for (uint32_t t = 0; t < 20; t++) {
                lm_kernels_ref.input_draw(x, level, n, 1ULL << 40 | k, k << 33,
                                          t);
                table->input_draw(y, level, n, 1ULL << 40 | k, k << 33, t);
                assert_memory_equal(x, y, bytes);
                assert_true(lm_bits_tidy(y, n));
            }
            free(level);
            free(x);
            free(y);
        }
    }
}

static void row_sums_are_those_of_ref(void **state)
{
    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (size_t k = 0; k < SIZES; k++) {
            const size_t n = sizes[k];
            const size_t stride = lm_padded(n);
            const size_t m = 40;
            int16_t *w = room(m * stride * sizeof *w);
            int32_t *a = room(stride * sizeof *a);
            int32_t *b = room(stride * sizeof *b);
            uint32_t active[40];
            size_t count = 0;

            for (size_t i = 0; i < m * stride; i++)
                w[i] = i % stride < n ? (int16_t)(dice() % 1600) - 800 : 0;
            for (size_t i = 0; i < stride; i++)
                a[i] = b[i] = (int32_t)dice() / 4;
            for (uint32_t j = 0; j < m; j++)
                if (dice() % 2)
                    active[count++] = j;
            lm_kernels_ref.rows_add(a, w, stride, active, count, n);
            table->rows_add(b, w, stride, active, count, n);
            assert_memory_equal(a, b, stride * sizeof *a);
            free(w);
            free(a);
            free(b);
        }
    }
}

static void thresholds_are_those_of_ref(void **state)
{
    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (size_t k = 0; k < SIZES; k++) {
            const size_t n = sizes[k];
            const size_t bytes = lm_bits_words(n) * sizeof(uint64_t);
            int32_t *a = room(n * sizeof *a);
            uint64_t *x = room(bytes);
            uint64_t *y = room(bytes);

            for (size_t i = 0; i < n; i++)
                a[i] = (int32_t)(dice() % 3) - 1;
            lm_kernels_ref.threshold(x, a, n);
            table->threshold(y, a, n);
            assert_memory_equal(x, y, bytes);
            for (size_t i = 0; i < n; i++)
                assert_int_equal(lm_bits_get(x, i), a[i] > 0);
            free(a);
            free(x);
            free(y);
        }
    }
}

static void counts_are_those_of_ref(void **state)
{
    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (size_t k = 0; k < SIZES; k++) {
            const size_t n = sizes[k];
            uint32_t *c = room(n * sizeof *c);
            uint32_t *d = room(n * sizeof *d);
            uint64_t *x = random_bits(n);

            for (size_t i = 0; i < n; i++)
                c[i] = d[i] = dice();
            lm_kernels_ref.count_add(c, x, n);
            table->count_add(d, x, n);
            assert_memory_equal(c, d, n * sizeof *c);
            free(c);
            free(d);
            free(x);
        }
    }
}

static float *random_floats(size_t count)
{
    float *x = room(count * sizeof *x);

    for (size_t i = 0; i < count; i++)
        x[i] = (float)((double)dice() / 4294967296.0 - 0.5);
    return x;
}

static void products_are_those_of_ref(void **state)
{
    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (size_t k = 0; k < 60; k++) {
            const size_t rows = 1 + dice() % 20;
            const size_t depth = 1 + dice() % 33;
            const size_t cols = sizes[dice() % SIZES];
            const bool is_transposed = dice() % 2;
            float *a = random_floats(rows * depth);
            float *b = random_floats(depth * cols);
            float *c = random_floats(rows * cols);
            float *d = room(rows * cols * sizeof *d);
            const size_t row_stride = is_transposed ? 1 : depth;
            const size_t depth_stride = is_transposed ? rows : 1;

            memcpy(d, c, rows * cols * sizeof *d);
            lm_kernels_ref.product_add(c, a, row_stride, depth_stride, b, rows,
                                       depth, cols);
            table->product_add(d, a, row_stride, depth_stride, b, rows, depth,
                               cols);
            assert_memory_equal(c, d, rows * cols * sizeof *d);
            free(a);
            free(b);
            free(c);
            free(d);
        }
    }
}

static void the_first_backend_is_ref(void **state)
{
    (void)state;
    assert_ptr_equal(lm_kernels_at(0), &lm_kernels_ref);
    assert_non_null(lm_kernels_best());
}

static void an_unknown_backend_is_no_backend(void **state)
{
    const char *kept = getenv("LIMEN_BACKEND");
    char copy[64] = "";

    (void)state;
    if (kept != NULL)
        strncpy(copy, kept, sizeof copy - 1);
    setenv("LIMEN_BACKEND", "abacus", 1);
    assert_null(lm_kernels_best());
    if (kept != NULL)
        setenv("LIMEN_BACKEND", copy, 1);
    else
        unsetenv("LIMEN_BACKEND");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_draws_are_those_of_ref),
        cmocka_unit_test(row_sums_are_those_of_ref),
        cmocka_unit_test(thresholds_are_those_of_ref),
        cmocka_unit_test(counts_are_those_of_ref),
        cmocka_unit_test(products_are_those_of_ref),
        cmocka_unit_test(the_first_backend_is_ref),
        cmocka_unit_test(an_unknown_backend_is_no_backend),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
