/* connection_gradient.c -- errors back through a connection, and its
 * gradient. */
#include "learn/connection_gradient.h"

#include "base/bits.h"

void lm_error_back(float *e, const float *g, const lm_connection *c,
                   size_t samples, const lm_kernels *kernel)
{
    if (!c->is_sparse) {
        kernel->product_add(e, g, c->n, 1, c->w, samples, c->n, c->m);
        return;
    }
    for (size_t b = 0; b < samples; b++)
        for (size_t i = 0; i < c->n; i++) {
            const float left = g[b * c->n + i];

            if (left == 0.0F)
                continue;
            for (uint64_t k = c->row_start[i]; k < c->row_start[i + 1]; k++)
                e[b * c->m + c->source[k]] += left * c->w[k];
        }
}

void lm_weights_gradient(float *d, const float *g, const float *s,
                         const lm_connection *c, size_t samples,
                         const lm_kernels *kernel)
{
    if (!c->is_sparse) {
        kernel->product_add(d, g, 1, c->n, s, c->n, samples, c->m);
        return;
    }
    for (size_t b = 0; b < samples; b++)
        for (size_t i = 0; i < c->n; i++) {
            const float left = g[b * c->n + i];

            if (left == 0.0F)
                continue;
            for (uint64_t k = c->row_start[i]; k < c->row_start[i + 1]; k++)
                d[k] += left * s[b * c->m + c->source[k]];
        }
}

void lm_theta_gradient(float *d, const float *g, size_t samples, size_t n)
{
    for (size_t b = 0; b < samples; b++)
        for (size_t i = 0; i < n; i++)
            d[i] -= g[b * n + i];
}

void lm_bits_to_floats(float *s, const uint64_t *bits, size_t samples, size_t n)
{
    const size_t words = lm_bits_words(n);

    for (size_t b = 0; b < samples; b++)
        for (size_t k = 0; k < words; k++) {
            const size_t end = 64 * k + 64 < n ? 64 : n - 64 * k;
            const uint64_t word = bits[b * words + k];

            for (size_t i = 0; i < end; i++)
                s[b * n + 64 * k + i] = (float)(word >> i & 1);
        }
}
