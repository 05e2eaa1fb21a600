/* ref.c -- what each kernel means, in the plainest C. */
#include "kernels/kernels.h"

#include "base/bits.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

static void input_draw(uint64_t *x, const uint32_t *level, size_t n,
                       uint64_t seed, uint64_t key, uint32_t step)
{
    memset(x, 0, lm_bits_words(n) * sizeof *x);
    for (size_t j = 0; j < n; j += 8) {
        const lm_block block =
            lm_draw_block(seed, LM_STREAM_INPUT, key, step, (uint32_t)(j / 8));

        for (size_t u = j; u < n && u < j + 8; u++)
            if (lm_block_half(block, (uint32_t)u) < level[u])
                x[u / 64] |= (uint64_t)1 << (u % 64);
    }
}

static void rows_add(int32_t *a, const int16_t *w, size_t stride,
                     const uint32_t *active, size_t count, size_t n)
{
    for (size_t k = 0; k < count; k++) {
        const int16_t *row = w + active[k] * stride;

        for (size_t i = 0; i < n; i++)
            a[i] += row[i];
    }
}

static void threshold(uint64_t *s, const int32_t *a, size_t n)
{
    memset(s, 0, lm_bits_words(n) * sizeof *s);
    for (size_t i = 0; i < n; i++)
        s[i / 64] |= (uint64_t)(a[i] > 0) << (i % 64);
}

static void count_add(uint32_t *count, const uint64_t *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        count[i] += lm_bits_get(x, i);
}

static void product_add(float *c, const float *a, size_t row_stride,
                        size_t depth_stride, const float *b, size_t rows,
                        size_t depth, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < depth; k++)
            for (size_t j = 0; j < cols; j++)
                c[r * cols + j] = fmaf(a[r * row_stride + k * depth_stride],
                                       b[k * cols + j], c[r * cols + j]);
}

const lm_kernels lm_kernels_ref = {
    .name = "ref",
    .input_draw = input_draw,
    .rows_add = rows_add,
    .threshold = threshold,
    .count_add = count_add,
    .product_add = product_add,
};
