/* ref.c -- what each kernel means, in the plainest C. */
#include "kernels/kernels.h"

#include "base/bits.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

static void input_draw(uint64_t *x, const lm_chances *chances, uint64_t seed,
                       uint64_t key, uint32_t step)
{
    for (size_t k = 0; k < chances->count; k++) {
        const uint32_t number = chances->block[k];
        const lm_block block =
            lm_draw_block(seed, LM_STREAM_INPUT, key, step, number);
        uint64_t byte = 0;

        for (uint32_t u = 0; u < 8; u++)
            if (lm_block_half(block, u) <= chances->bound[8 * k + u])
                byte |= (uint64_t)1 << u;
        byte &= chances->possible[k];
        x[number / 8] &= ~((uint64_t)0xff << (8 * (number % 8)));
        x[number / 8] |= byte << (8 * (number % 8));
    }
}

static void rows_move(int16_t *to, const int16_t *from, size_t sum_stride,
                      const int16_t *w, size_t stride, const uint16_t *list,
                      const lm_moves *moves, size_t samples, size_t n)
{
    for (size_t b = 0; b < samples; b++) {
        const uint16_t *on = list + moves[b].first;
        const uint16_t *off = on + moves[b].on;

        for (size_t i = 0; i < n; i++) {
            uint16_t sum =
                moves[b].is_fresh ? 0 : (uint16_t)from[b * sum_stride + i];

            for (size_t k = 0; k < moves[b].on; k++)
                sum = (uint16_t)(sum + (uint16_t)w[on[k] * stride + i]);
            for (size_t k = 0; k < moves[b].off; k++)
                sum = (uint16_t)(sum - (uint16_t)w[off[k] * stride + i]);
            to[b * sum_stride + i] = (int16_t)sum;
        }
    }
}

static void rows_select(int16_t *to, size_t to_stride, const int16_t *w,
                        size_t stride, const uint64_t *s, size_t s_words,
                        size_t samples, size_t m, size_t n)
{
    for (size_t b = 0; b < samples; b++)
        for (size_t i = 0; i < n; i++) {
            uint16_t sum = 0;

            for (size_t j = 0; j < m; j++)
                if (lm_bits_get(s + b * s_words, j))
                    sum = (uint16_t)(sum + (uint16_t)w[j * stride + i]);
            to[b * to_stride + i] = (int16_t)sum;
        }
}

static void sums_add(int32_t *a, const int16_t *sum, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] += sum[i];
}

static void slots_add(int32_t *a, const lm_slots *slots, const uint64_t *s,
                      size_t words)
{
    (void)words;
    for (size_t g = 0; g < slots->groups; g++)
        for (size_t k = slots->first[g]; k < slots->first[g + 1]; k++)
            for (size_t u = 0; u < LM_SLOT_UNITS; u++) {
                const size_t at = k * LM_SLOT_UNITS + u;
                const size_t byte =
                    128 * (size_t)slots->table[at] + slots->byte[at];

                if (slots->bit[at] != 0 &&
                    (s[byte / 8] >> 8 * (byte % 8) & slots->bit[at]) != 0)
                    a[g * LM_SLOT_UNITS + u] += slots->w[at];
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

static void errors_add(float *e, size_t e_stride, const int16_t *h,
                       size_t h_stride, const float *unit, const int16_t *v,
                       size_t samples, size_t pairs, size_t cols)
{
    for (size_t b = 0; b < samples; b++)
        for (size_t j = 0; j < cols; j++) {
            const int16_t *panel = v + j / LM_PANEL * pairs * 2 * LM_PANEL;
            int32_t sum = 0;

            for (size_t i = 0; i < 2 * pairs; i++)
                sum += (int32_t)h[b * h_stride + i] *
                       panel[i / 2 * 2 * LM_PANEL + 2 * (j % LM_PANEL) + i % 2];
            e[b * e_stride + j] += unit[b] * (float)sum;
        }
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

void lm_columns_add(float *d, size_t d_stride, const int16_t *sum,
                    size_t sum_stride, const float *unit, size_t m, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            d[i * d_stride + j] += unit[i] * (float)sum[j * sum_stride + i];
}

const lm_kernels lm_kernels_ref = {
    .name = "ref",
    .input_draw = input_draw,
    .bits_list = lm_bits_list16,
    .rows_move = rows_move,
    .rows_select = rows_select,
    .sums_add = sums_add,
    .slots_add = slots_add,
    .threshold = threshold,
    .count_add = count_add,
    .errors_add = errors_add,
    .columns_add = lm_columns_add,
    .product_add = product_add,
};
