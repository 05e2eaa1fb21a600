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

static lm_chances random_chances(size_t n)
{
    const size_t blocks = (n + 7) / 8;
    const size_t size = lm_chances_room(blocks);
    lm_chances to = { .bound = room(8 * size * sizeof *to.bound),
                      .possible = room(size),
                      .block = room(size * sizeof *to.block) };

    memset(to.bound, 0, 8 * size * sizeof *to.bound);
    memset(to.possible, 0, size);
    memset(to.block, 0, size * sizeof *to.block);
    for (size_t k = 0; k < blocks; k++) {
        const size_t last = n - 8 * k < 8 ? n - 8 * k : 8;

        if (dice() % 4 == 0)
            continue;
        for (size_t u = 0; u < last; u++) {
            to.bound[8 * to.count + u] =
                (uint16_t)(dice() % 4 == 0 ? 65535 : dice());
            if (dice() % 3 > 0)
                to.possible[to.count] |= (uint8_t)(1U << u);
        }
        to.block[to.count++] = (uint32_t)k;
    }
    return to;
}

static void input_draws_are_those_of_ref(void **state)
{
    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (size_t k = 0; k < SIZES; k++) {
            const size_t n = sizes[k];
            const size_t bytes = lm_bits_words(n) * sizeof(uint64_t);
            lm_chances chances = random_chances(n);
            uint64_t *x = room(bytes);
            uint64_t *y = room(bytes);

            memset(x, 0, bytes);
            memset(y, 0, bytes);
            for (uint32_t t = 0; t < 20; t++) {
                lm_kernels_ref.input_draw(x, &chances, 1ULL << 40 | k, k << 33,
                                          t);
                table->input_draw(y, &chances, 1ULL << 40 | k, k << 33, t);
                assert_memory_equal(x, y, bytes);
                assert_true(lm_bits_tidy(y, n));
            }
            free(chances.bound);
            free(chances.possible);
            free(chances.block);
            free(x);
            free(y);
        }
    }
}

static void draws_are_those_of_the_generator(void **state)
{
    lm_chances chances = random_chances(300);
    uint64_t x[5] = { 0 };

    (void)state;
    lm_kernels_ref.input_draw(x, &chances, 7, 1ULL << 35, 3);
    for (size_t k = 0; k < chances.count; k++)
        for (uint32_t u = 0; u < 8; u++) {
            const lm_block block =
                lm_draw_block(7, 0, 1ULL << 35, 3, chances.block[k]);

            assert_int_equal(lm_bits_get(x, 8 * chances.block[k] + u),
                             (chances.possible[k] >> u & 1) &&
                                 lm_block_half(block, u) <=
                                     chances.bound[8 * k + u]);
        }
    free(chances.bound);
    free(chances.possible);
    free(chances.block);
}

static void lists_are_those_of_ref(void **state)
{
    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (size_t k = 0; k < SIZES; k++) {
            const size_t words = lm_bits_words(sizes[k]);
            uint64_t *x = random_bits(sizes[k]);
            uint16_t *list = room((64 * words + LM_LANES) * sizeof *list);
            uint16_t *other = room((64 * words + LM_LANES) * sizeof *list);
            const size_t count = lm_kernels_ref.bits_list(list, x, words);

            assert_int_equal(table->bits_list(other, x, words), count);
            assert_memory_equal(list, other, count * sizeof *list);
            free(x);
            free(list);
            free(other);
        }
    }
}

enum { SOURCES = 100 };

/* Rows of weights that end exactly with the last row. */
static int16_t *random_rows(size_t rows, size_t n)
{
    const size_t stride = lm_padded(n);
    int16_t *w = room(rows * stride * sizeof *w);

    for (size_t i = 0; i < rows * stride; i++)
        w[i] = i % stride < n ? (int16_t)dice() : 0;
    return w;
}

static void moved_sums_are_those_of_ref(void **state)
{
    enum { SAMPLES = 5 };

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (size_t k = 0; k <= SIZES; k++) {
            const size_t n = k < SIZES ? sizes[k] : 4500; // a wide one
            const size_t stride = lm_padded(n);
            int16_t *w = random_rows(SOURCES, n);
            int16_t *from = random_rows(SAMPLES, n);
            int16_t *x = random_rows(SAMPLES, n);
            int16_t *y = random_rows(SAMPLES, n);
            uint16_t *list = room(SAMPLES * SOURCES * sizeof *list);
            lm_moves moves[SAMPLES];
            uint32_t listed = 0;

            for (size_t b = 0; b < SAMPLES; b++) {
                moves[b] = (lm_moves){ .first = listed, .is_fresh = b % 2 };
                for (uint16_t j = 0; j < SOURCES / 2; j++)
                    if (dice() % 3 == 0) {
                        list[listed++] = j;
                        moves[b].on++;
                    }
                for (uint16_t j = SOURCES / 2; j < SOURCES; j++)
                    if (dice() % 3 == 0) {
                        list[listed++] = j;
                        moves[b].off++;
                    }
            }
            lm_kernels_ref.rows_move(x, from, stride, w, stride, list, moves,
                                     SAMPLES, n);
            table->rows_move(y, from, stride, w, stride, list, moves, SAMPLES,
                             n);
            table->rows_move(from, from, stride, w, stride, list, moves,
                             SAMPLES, n);
            for (size_t b = 0; b < SAMPLES; b++) {
                assert_memory_equal(x + b * stride, y + b * stride,
                                    n * sizeof *x);
                assert_memory_equal(x + b * stride, from + b * stride,
                                    n * sizeof *x);
            }
            free(w);
            free(from);
            free(x);
            free(y);
            free(list);
        }
    }
}

static void selected_sums_are_those_of_ref(void **state)
{
    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (size_t k = 0; k < SIZES; k++) {
            const size_t n = sizes[k];
            const size_t m = sizes[dice() % SIZES];
            const size_t words = lm_bits_words(m);
            const size_t samples = 1 + dice() % 40;
            const size_t count = samples * lm_padded(n);
            int16_t *w = random_rows(m, n);
            uint64_t *s = room(samples * words * sizeof *s);
            int16_t *x = room(count * sizeof *x);
            int16_t *y = room(count * sizeof *y);

            memset(x, 0, count * sizeof *x);
            memset(y, 0, count * sizeof *y);
            for (size_t b = 0; b < samples; b++) {
                uint64_t *bits = random_bits(m);

                memcpy(s + b * words, bits, words * sizeof *s);
                free(bits);
            }
            lm_kernels_ref.rows_select(x, lm_padded(n), w, lm_padded(n), s,
                                       words, samples, m, n);
            table->rows_select(y, lm_padded(n), w, lm_padded(n), s, words,
                               samples, m, n);
            assert_memory_equal(x, y, count * sizeof *x);
            free(w);
            free(s);
            free(x);
            free(y);
        }
    }
}

static lm_slots random_slots(size_t groups, size_t tables)
{
    lm_slots to = { .groups = groups,
                    .first = room((groups + 1) * sizeof *to.first) };

    to.first[0] = 0;
    for (size_t g = 0; g < groups; g++)
        to.first[g + 1] = to.first[g] + dice() % 5;
    const size_t slots = to.first[groups];
    const size_t count = slots * LM_SLOT_UNITS;
    to.table = room(count);
    to.byte = room(count);
    to.bit = room(count);
    to.w = room(count * sizeof *to.w);
    to.low = room(slots);
    to.high = room(slots);
    for (size_t k = 0; k < slots; k++) {
        to.low[k] = (uint8_t)(dice() % tables);
        to.high[k] = (uint8_t)(to.low[k] + dice() % (tables - to.low[k]));
        for (size_t u = k * LM_SLOT_UNITS; u < (k + 1) * LM_SLOT_UNITS; u++) {
            to.table[u] =
                (uint8_t)(to.low[k] + dice() % (to.high[k] - to.low[k] + 1U));
            to.byte[u] = (uint8_t)(dice() % 128);
            to.bit[u] = dice() % 4 == 0 ? 0 : (uint8_t)(1U << dice() % 8);
            to.w[u] = (int16_t)dice();
        }
    }
    return to;
}

static void slots_are_those_of_ref(void **state)
{
    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (size_t k = 0; table->slots_add != NULL && k < 60; k++) {
            const size_t groups = 1 + dice() % 4;
            const size_t tables =
                k == 0 ? LM_SLOT_TABLES : 1 + dice() % (LM_SLOT_TABLES - 1);
            const size_t count = groups * LM_SLOT_UNITS;
            lm_slots slots = random_slots(groups, tables);
            uint64_t *s = random_bits(1024 * tables);
            int32_t *a = room(count * sizeof *a);
            int32_t *b = room(count * sizeof *b);

            for (size_t i = 0; i < count; i++)
                a[i] = b[i] = (int32_t)dice() / 4;
            lm_kernels_ref.slots_add(a, &slots, s, 16 * tables);
            table->slots_add(b, &slots, s, 16 * tables);
            assert_memory_equal(a, b, count * sizeof *a);
            free(slots.first);
            free(slots.table);
            free(slots.byte);
            free(slots.bit);
            free(slots.w);
            free(slots.low);
            free(slots.high);
            free(s);
            free(a);
            free(b);
        }
    }
}

static void wide_sums_are_those_of_ref(void **state)
{
    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (size_t k = 0; k < SIZES; k++) {
            const size_t n = sizes[k];
            int32_t *a = room(lm_padded(n) * sizeof *a);
            int32_t *b = room(lm_padded(n) * sizeof *b);
            int16_t *sum = random_rows(1, n);

            for (size_t i = 0; i < lm_padded(n); i++)
                a[i] = b[i] = (int32_t)dice() / 4;
            lm_kernels_ref.sums_add(a, sum, n);
            table->sums_add(b, sum, n);
            assert_memory_equal(a, b, n * sizeof *a);
            free(a);
            free(b);
            free(sum);
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

static float *random_floats(size_t count);

static void errors_are_those_of_ref(void **state)
{
    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (size_t k = 0; k < 60; k++) {
            const size_t samples = 1 + dice() % 80;
            const size_t pairs = 1 + dice() % 150;
            const size_t cols = sizes[dice() % SIZES];
            const size_t panels = (cols + LM_PANEL - 1) / LM_PANEL;
            const size_t count = panels * pairs * 2 * LM_PANEL;
            int16_t *h = room(samples * 2 * pairs * sizeof *h);
            int16_t *v = room(count * sizeof *v);
            float *unit = random_floats(samples);
            float *e = random_floats(samples * cols);
            float *f = room(samples * cols * sizeof *f);

            // 300 products of 2^15 and 2^7 stay within int32
            for (size_t i = 0; i < samples * 2 * pairs; i++)
                h[i] = (int16_t)dice();
            for (size_t i = 0; i < count; i++)
                v[i] = (int16_t)(dice() % 256 - 128);
            memcpy(f, e, samples * cols * sizeof *f);
            lm_kernels_ref.errors_add(e, cols, h, 2 * pairs, unit, v, samples,
                                      pairs, cols);
            table->errors_add(f, cols, h, 2 * pairs, unit, v, samples, pairs,
                              cols);
            assert_memory_equal(e, f, samples * cols * sizeof *e);
            free(h);
            free(v);
            free(unit);
            free(e);
            free(f);
        }
    }
}

static void turned_sums_are_those_of_ref(void **state)
{
    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (size_t k = 0; k < 60; k++) {
            const size_t m = 1 + dice() % 70;
            const size_t n = k % 2 ? 64 : 1 + dice() % 64;
            float *unit = random_floats(n);
            float *d = random_floats(n * m);
            float *e = room(n * m * sizeof *e);
            int16_t *sum = random_rows(m, n);

            memcpy(e, d, n * m * sizeof *e);
            lm_kernels_ref.columns_add(d, m, sum, lm_padded(n), unit, m, n);
            table->columns_add(e, m, sum, lm_padded(n), unit, m, n);
            assert_memory_equal(d, e, n * m * sizeof *d);
            free(unit);
            free(d);
            free(e);
            free(sum);
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
        cmocka_unit_test(draws_are_those_of_the_generator),
        cmocka_unit_test(lists_are_those_of_ref),
        cmocka_unit_test(moved_sums_are_those_of_ref),
        cmocka_unit_test(selected_sums_are_those_of_ref),
        cmocka_unit_test(slots_are_those_of_ref),
        cmocka_unit_test(wide_sums_are_those_of_ref),
        cmocka_unit_test(thresholds_are_those_of_ref),
        cmocka_unit_test(counts_are_those_of_ref),
        cmocka_unit_test(errors_are_those_of_ref),
        cmocka_unit_test(turned_sums_are_those_of_ref),
        cmocka_unit_test(products_are_those_of_ref),
        cmocka_unit_test(the_first_backend_is_ref),
        cmocka_unit_test(an_unknown_backend_is_no_backend),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
