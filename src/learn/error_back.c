/* error_back.c -- see error_back.h. */
#include "learn/error_back.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/vectorise.h"

#include <math.h>
#include <string.h>

static bool fill(lm_error_back *back)
{
    const limen_network *net = back->net;

    back->pairs = lm_alloc(net->connections, 1, sizeof *back->pairs);
    back->scale = lm_alloc(net->layers, 1, sizeof *back->scale);
    back->bound = lm_alloc(net->layers, 1, sizeof *back->bound);
    if (back->pairs == NULL || back->scale == NULL || back->bound == NULL)
        return false;
    for (size_t l = 1; l < net->layers; l++) {
        back->scale[l] = lm_alloc(net->units[l], 1, sizeof(float));
        if (back->scale[l] == NULL)
            return false;
    }
    for (size_t k = 0; k < net->connections; k++) {
        const lm_connection *c = &net->connection[k];
        lm_pairs *to = &back->pairs[k];

        if (c->is_sparse || c->from == 0)
            continue; // nobody asks for the input's errors
        to->pairs = (c->n + 1) / 2;
        to->v = lm_alloc((c->m + LM_PANEL - 1) / LM_PANEL * to->pairs,
                         2 * LM_PANEL, sizeof *to->v);
        if (to->v == NULL)
            return false;
    }
    return true;
}

limen_status lm_error_back_new(lm_error_back *out, const limen_network *net,
                               limen_error *err)
{
    *out = (lm_error_back){ .net = net,
                            .layers = net->layers,
                            .connections = net->connections };
    if (fill(out))
        return LIMEN_OK;
    lm_error_back_free(out);
    return lm_error_set(err, LIMEN_NO_MEMORY,
                        "out of memory for the weights of the way back");
}

void lm_error_back_free(lm_error_back *back)
{
    for (size_t k = 0; back->pairs != NULL && k < back->connections; k++)
        lm_free(back->pairs[k].v);
    for (size_t l = 0; back->scale != NULL && l < back->layers; l++)
        lm_free(back->scale[l]);
    lm_free(back->pairs);
    lm_free(back->scale);
    lm_free(back->bound);
    *back = (lm_error_back){ 0 };
}

/* The pairs of sources first .. last - 1 of one panel; the largest sum over i of |w^_ij|. */
LM_VECTORISE static uint64_t pair_columns(lm_pairs *to,
                                          const lm_image_connection *c,
                                          size_t first, size_t last)
{
    uint64_t most = 0;

    for (size_t j = first; j < last; j++) {
        const int16_t *row = c->w + j * c->stride;
        uint64_t sum = 0;

        for (size_t i = 0; i < c->n; i++)
            sum += (uint64_t)(row[i] < 0 ? -row[i] : row[i]);
        most = sum > most ? sum : most;
    }
    // the padding of a row is zero, so an odd n is safe
    int16_t *panel = to->v + first / LM_PANEL * to->pairs * 2 * LM_PANEL;
    for (size_t i = 0; i < to->pairs; i++)
        for (size_t j = first; j < last; j++)
            memcpy(panel + i * 2 * LM_PANEL + 2 * (j % LM_PANEL),
                   c->w + j * c->stride + 2 * i, 2 * sizeof *to->v);
    return most;
}

void lm_error_back_update(lm_error_back *back, const limen_image *image,
                          int threads)
{
    enum { COLUMNS = 16 }; // a cache line of pairs
    const limen_network *net = back->net;

    for (size_t l = 1; l < net->layers; l++) {
        back->bound[l] = 32767.0F;
        for (size_t i = 0; i < net->units[l]; i++)
            back->scale[l][i] = ldexpf(1.0F, -image->layer[l].q[i]);
    }
    for (size_t k = 0; k < net->connections; k++) {
        const lm_image_connection *c = &image->connection[k];
        uint64_t most = 0;

        if (back->pairs[k].v == NULL)
            continue;
#pragma omp parallel for schedule(static) num_threads(threads)                 \
    reduction(max                                                              \
              : most)
        for (size_t j = 0; j < c->m; j += COLUMNS) {
            const size_t last = j + COLUMNS < c->m ? j + COLUMNS : c->m;
            const uint64_t sum = pair_columns(&back->pairs[k], c, j, last);

            most = sum > most ? sum : most;
        }
        const float fits = floorf(2147480000.0F / ((float)most + 1.0F));
        if (fits < back->bound[c->to])
            back->bound[c->to] = fits;
    }
    (void)threads;
}

/* The largest power of two that keeps most x power <= bound, and is a number
 * whose inverse is one. */
static float power_below(float most, float bound)
{
    int exponent;

    if (most == 0.0F || bound < 1.0F)
        return 0.0F;
    frexpf(bound / most, &exponent); // bound / most in [2^(e-1), 2^e)
    exponent = exponent - 1 < 100 ? exponent - 1 : 100;
    return exponent < -100 ? 0.0F : ldexpf(1.0F, exponent);
}

/* x = g scale; the bits of the largest |x|, which order as the numbers do. */
LM_VECTORISE static uint32_t largest(float *x, const float *g,
                                     const float *scale, size_t n)
{
    uint32_t most = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t bits;

        x[i] = g[i] * scale[i];
        memcpy(&bits, x + i, sizeof bits);
        bits &= 0x7fffffffU;
        most = bits > most ? bits : most;
    }
    return most;
}

/* Adding 1.5 2^23 leaves no fraction: rint by adding, ties to even. */
static const float whole = 12582912.0F;

LM_VECTORISE static void round_errors(int16_t *h, const float *x, float power,
                                      size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const float rounded = (x[i] * power + whole) - whole;

        h[i] = (int16_t)(int32_t)rounded;
    }
}

void lm_error_send(lm_sent *to, const lm_error_back *back, const float *g,
                   size_t samples, size_t l)
{
    enum { BLOCK = 4096 };
    const size_t n = back->net->units[l];
    float x[BLOCK];

    to->g = g;
    for (size_t b = 0; b < samples; b++) {
        uint32_t bits = 0;
        float most;

        // the products are made twice, as they are cheaper than memory
        for (size_t i = 0; i < n; i += BLOCK) {
            const uint32_t part = largest(x, g + b * n + i, back->scale[l] + i,
                                          n - i < BLOCK ? n - i : BLOCK);

            bits = part > bits ? part : bits;
        }
        memcpy(&most, &bits, sizeof most);
        const float power = power_below(most, back->bound[l]);
        for (size_t i = 0; i < n; i += BLOCK) {
            const size_t count = n - i < BLOCK ? n - i : BLOCK;

            if (n > BLOCK)
                (void)largest(x, g + b * n + i, back->scale[l] + i, count);
            round_errors(to->h + b * to->stride + i, x, power, count);
        }
        memset(to->h + b * to->stride + n, 0, (to->stride - n) * sizeof *to->h);
        to->unit[b] = power == 0.0F ? 0.0F : 1.0F / power;
    }
}

static void receive_sparse(float *e, const lm_connection *c, const float *g,
                           size_t samples)
{
    for (size_t b = 0; b < samples; b++)
        for (size_t i = 0; i < c->n; i++) {
            const float left = g[b * c->n + i];

            if (left == 0.0F)
                continue;
            for (uint64_t k = c->row_start[i]; k < c->row_start[i + 1]; k++)
                e[b * c->m + c->source[k]] += left * c->w[k];
        }
}

void lm_error_receive(float *e, const lm_error_back *back, size_t k,
                      const lm_sent *sent, size_t samples,
                      const lm_kernels *kernel)
{
    const lm_connection *c = &back->net->connection[k];
    const lm_pairs *from = &back->pairs[k];

    if (c->is_sparse)
        receive_sparse(e, c, sent->g, samples);
    else
        kernel->errors_add(e, c->m, sent->h, sent->stride, sent->unit, from->v,
                           samples, from->pairs, c->m);
}
