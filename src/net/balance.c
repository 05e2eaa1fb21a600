/* balance.c -- see balance.h. */
#include "net/balance.h"

#include "base/vectorise.h"

#include <string.h>

enum { LANES = 16 };

LM_VECTORISE static double row_sum(const float *w, size_t count)
{
    double lane[LANES] = { 0.0 };
    double sum = 0.0;
    size_t j = 0;

    for (; j + LANES <= count; j += LANES)
        for (size_t k = 0; k < LANES; k++)
            lane[k] += (double)w[j + k];
    for (size_t k = 0; j < count; j++, k++)
        lane[k] += (double)w[j];
    for (size_t k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

LM_VECTORISE static float row_gap(const float *w, size_t count, double mean)
{
    uint32_t most = 0; // the bits of |x| order as the numbers do, NaN on top
    float gap;

    for (size_t j = 0; j < count; j++) {
        const float x = (float)((double)w[j] - mean);
        uint32_t bits;

        memcpy(&bits, &x, sizeof bits);
        bits &= 0x7fffffffU;
        most = bits > most ? bits : most;
    }
    memcpy(&gap, &most, sizeof gap);
    return gap;
}

LM_VECTORISE static void centre(float *w, size_t count, double mean)
{
    for (size_t j = 0; j < count; j++)
        w[j] = (float)((double)w[j] - mean);
}

double lm_row_sum(const float *w, size_t count)
{
    return row_sum(w, count);
}

double lm_row_mean(const float *w, size_t count)
{
    return row_sum(w, count) / (double)count;
}

float lm_row_gap(const float *w, size_t count, double mean)
{
    return row_gap(w, count, mean);
}

void lm_balance_rows(float *w, size_t rows, size_t cols, int threads)
{
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < rows; i++)
        centre(w + i * cols, cols, lm_row_mean(w + i * cols, cols));
    (void)threads;
}
