/* balance.c -- see balance.h. */
#include "net/balance.h"

void lm_balance_rows(float *w, size_t rows, size_t cols, int threads)
{
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < rows; i++) {
        const double mean = lm_row_mean(w + i * cols, cols);

        for (size_t j = 0; j < cols; j++)
            w[i * cols + j] = (float)((double)w[i * cols + j] - mean);
    }
    (void)threads;
}
