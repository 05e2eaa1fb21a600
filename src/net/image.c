/* image.c -- from float masters to the integers that run.
 *
 *     w^ = rint(w 2^q_i),  theta^ = rint(theta 2^q_i)
 *
 * with the largest q_i that keeps every sum of a block inside int16
 * (docs/numerics.md section 1).  Cost: two to three passes over the weights.
 */
#include "net/image.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/threads.h"
#include "base/vectorise.h"
#include "net/balance.h"
#include "net/exponent.h"
#include "net/network.h"
#include "net/slots.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Rows of units, whole vectors each.  Rows a multiple of 512 bytes apart would
 * share a few places of the cache, so that one of those gets a vector more. */
static size_t stride_of(size_t n)
{
    const size_t stride = lm_padded(n);

    return stride % 256 == 0 ? stride + LM_LANES : stride;
}

static bool sparse_fill(lm_image_connection *to, const lm_connection *from)
{
    to->col_start = lm_alloc(to->m + 1, 1, sizeof *to->col_start);
    to->target = lm_alloc(to->entries, 1, sizeof *to->target);
    to->master = lm_alloc(to->entries, 1, sizeof *to->master);
    to->w = lm_alloc(to->entries, 1, sizeof *to->w);
    if (to->n <= 65536)
        to->packed =
            lm_alloc(to->entries + LM_PACKED_MORE, 1, sizeof *to->packed);
    if (!lm_slots_fill(&to->slots, from))
        return false;
    if (to->col_start == NULL || to->target == NULL || to->master == NULL ||
        to->w == NULL || (to->n <= 65536 && to->packed == NULL))
        return false;

    // counting sort by source; afterwards col_start[j] begins source j
    for (size_t e = 0; e < to->entries; e++)
        to->col_start[from->source[e]]++;
    uint64_t end = 0;
    for (size_t j = 0; j <= to->m; j++) {
        end += to->col_start[j];
        to->col_start[j] = end;
    }
    for (size_t i = to->n; i-- > 0;)
        for (uint64_t e = from->row_start[i + 1]; e-- > from->row_start[i];) {
            const uint64_t place = --to->col_start[from->source[e]];

            to->target[place] = (uint32_t)i;
            to->master[place] = e;
        }
    return true;
}

static bool connection_fill(lm_image_connection *to, const limen_network *net,
                            const lm_connection *from)
{
    *to = (lm_image_connection){
        .from = from->from,
        .to = from->to,
        .n = from->n,
        .m = from->m,
        .entries = from->entries,
        .is_before = lm_delivers_before(net, from),
        .is_sparse = from->is_sparse,
        .stride = stride_of(from->n),
    };
    if (to->is_sparse)
        return sparse_fill(to, from);
    to->w = lm_alloc(to->m, to->stride, sizeof *to->w);
    return to->w != NULL;
}

static bool layer_fill(lm_image_layer *to, const limen_network *net, size_t l)
{
    const limen_unit_options *options = &net->options[l];

    to->n = net->units[l];
    if (l == 0)
        return true;
    to->refractory = (uint32_t)options->refractory_steps;
    to->noise_kind = options->noise;
    to->adapt_rate =
        (int64_t)rint(65536.0 * (1.0 - (double)options->adapt_memory));
    to->q = lm_alloc(to->n, 1, sizeof *to->q);
    to->theta = lm_alloc(to->n, 1, sizeof *to->theta);
    if (options->noise != LIMEN_NO_NOISE)
        to->noise = lm_alloc(to->n, 1, sizeof *to->noise);
    if (options->adapt_gain != 0.0F)
        to->adapt = lm_alloc(to->n, 1, sizeof *to->adapt);
    return to->q != NULL && to->theta != NULL &&
           (options->noise == LIMEN_NO_NOISE || to->noise != NULL) &&
           (options->adapt_gain == 0.0F || to->adapt != NULL);
}

static bool fill(limen_image *image, const limen_network *net)
{
    image->layers = net->layers;
    image->layer = lm_alloc(net->layers, 1, sizeof *image->layer);
    image->connection =
        lm_alloc(net->connections, 1, sizeof *image->connection);
    if (image->layer == NULL || image->connection == NULL)
        return false;

    for (size_t l = 0; l < net->layers; l++)
        if (!layer_fill(&image->layer[l], net, l))
            return false;
    for (size_t k = 0; k < net->connections; k++) {
        image->connections = k + 1;
        if (!connection_fill(&image->connection[k], net, &net->connection[k]))
            return false;
    }
    return true;
}

limen_status limen_image_new(limen_image **out, const limen_network *net,
                             int threads, limen_error *err)
{
    const lm_kernels *kernel = lm_kernels_best();

    *out = NULL;
    if (kernel == NULL)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "LIMEN_BACKEND names a backend that this machine "
                            "cannot run; `limen doctor` lists those it can");
    limen_image *image = lm_alloc(1, 1, sizeof *image);
    if (image == NULL || !fill(image, net)) {
        limen_image_free(image);
        return lm_error_set(err, LIMEN_NO_MEMORY,
                            "out of memory for the integer image of a network "
                            "of %zu layers",
                            net->layers);
    }
    image->kernel = kernel;
    const limen_status status = limen_image_update(image, net, threads, err);
    if (status != LIMEN_OK) {
        limen_image_free(image);
        return status;
    }
    *out = image;
    return LIMEN_OK;
}

void limen_image_free(limen_image *image)
{
    if (image == NULL)
        return;
    for (size_t k = 0; k < image->connections; k++) {
        lm_image_connection *c = &image->connection[k];

        lm_free(c->w);
        lm_free(c->col_start);
        lm_free(c->target);
        lm_free(c->master);
        lm_free(c->place);
        lm_free(c->packed);
        lm_slots_free(&c->slots);
    }
    for (size_t l = 0; image->layer != NULL && l < image->layers; l++) {
        lm_free(image->layer[l].q);
        lm_free(image->layer[l].theta);
        lm_free(image->layer[l].noise);
        lm_free(image->layer[l].adapt);
    }
    lm_free(image->connection);
    lm_free(image->layer);
    lm_free(image);
}

static int32_t scaled(float value, int32_t q)
{
    const double limit = 1073741824.0; // 2^30
    const double x = rint(ldexp((double)value, q));

    return (int32_t)(x > limit ? limit : x < -limit ? -limit : x);
}

/* The units' own numbers, once their exponents stand. */
static void layer_write(lm_image_layer *to, const limen_network *net, size_t l,
                        size_t first, size_t last)
{
    for (size_t i = first; i < last; i++) {
        to->theta[i] = scaled(net->theta[l][i], to->q[i]);
        if (to->noise != NULL)
            to->noise[i] = scaled(net->options[l].noise_scale, to->q[i]);
        if (to->adapt != NULL)
            to->adapt[i] = scaled(net->options[l].adapt_gain, to->q[i]);
    }
}

enum { SOURCES = 16, FOUR = 4 };

/* Weights of four rows of a master for the same SOURCES, rounded; word k has
 * those of source k, one beside the other. */
LM_VECTORISE static void round_four(uint64_t to[SOURCES], const float *row,
                                    size_t stride, const float scale[FOUR])
{
    for (size_t k = 0; k < SOURCES; k++) {
        uint64_t word = 0;

        for (size_t r = 0; r < FOUR; r++) {
            const int32_t w = lm_round_weight(row[r * stride + k] * scale[r]);

            word |= (uint64_t)(uint16_t)w << 16 * r;
        }
        to[k] = word;
    }
}

/* Four whole rows from first on, turned over: eight bytes a source. */
static size_t write_four(lm_image_connection *to, const lm_connection *from,
                         const int32_t *q, size_t first)
{
    uint64_t word[SOURCES];
    float scale[FOUR];
    size_t j = 0;

    for (size_t r = 0; r < FOUR; r++)
        scale[r] = ldexpf(1.0F, q[first + r]);
    for (; j + SOURCES <= to->m; j += SOURCES) {
        round_four(word, from->w + first * to->m + j, to->m, scale);
        for (size_t k = 0; k < SOURCES; k++)
            memcpy(to->w + (j + k) * to->stride + first, &word[k],
                   sizeof word[k]);
    }
    return j;
}

/* Rows first .. last - 1 of a dense master, written source by source. */
static void dense_write(lm_image_connection *to, const lm_connection *from,
                        const int32_t *q, size_t first, size_t last)
{
    for (size_t i = first; i < last;) {
        const size_t rows = last - i < FOUR ? 1 : FOUR;
        const size_t done = rows == FOUR ? write_four(to, from, q, i) : 0;

        for (size_t r = i; r < i + rows; r++)
            for (size_t j = done; j < to->m; j++)
                to->w[j * to->stride + r] = (int16_t)lm_round_weight(
                    from->w[r * to->m + j] * ldexpf(1.0F, q[r]));
        i += rows;
    }
}

/* The same of a balanced master, row by row. */
static void balanced_write(lm_image_connection *to, const lm_connection *from,
                           const int32_t *q, size_t first, size_t last)
{
    for (size_t i = first; i < last; i++) {
        const float *w = from->w + i * to->m;
        lm_balance row = { .mean = lm_row_mean(w, to->m),
                           .scale = ldexp(1.0, q[i]) };

        for (size_t j = 0; j < to->m; j++)
            to->w[j * to->stride + i] = (int16_t)lm_balance_next(&row, w[j]);
    }
}

static void sparse_write(lm_image_connection *to, const lm_connection *from,
                         const int32_t *q, int threads)
{
#pragma omp parallel for schedule(static)                                      \
    num_threads(threads) if (to->entries > 65536)
    for (size_t e = 0; e < to->entries; e++) {
        to->w[e] = (int16_t)lm_round_weight(from->w[to->master[e]] *
                                            ldexpf(1.0F, q[to->target[e]]));
        if (to->packed != NULL)
            to->packed[e] = to->target[e] | (uint32_t)(uint16_t)to->w[e] << 16;
    }
    lm_slots_write(&to->slots, from, q);
    (void)threads;
}

static void write_rows(limen_image *image, const limen_network *net, size_t l,
                       size_t first, size_t last)
{
    layer_write(&image->layer[l], net, l, first, last);
    for (size_t k = 0; k < net->connections; k++) {
        const lm_connection *c = &net->connection[k];

        if (c->to != l || c->is_sparse)
            continue;
        if (c->is_balanced)
            balanced_write(&image->connection[k], c, image->layer[l].q, first,
                           last);
        else
            dense_write(&image->connection[k], c, image->layer[l].q, first,
                        last);
    }
}

limen_status limen_image_update(limen_image *image, const limen_network *net,
                                int threads, limen_error *err)
{
    limen_status status = LIMEN_OK;

    threads = lm_threads(threads);
    assert(image->layers == net->layers &&
           image->connections == net->connections);

    for (size_t l = 1; l < net->layers; l++) {
        size_t bad = SIZE_MAX; // the first unit without an exponent

#pragma omp parallel for schedule(static) num_threads(threads)                 \
    reduction(min                                                              \
              : bad)
        for (size_t i = 0; i < net->units[l]; i++)
            if (!lm_exponent(&image->layer[l].q[i], net, l, i) && i < bad)
                bad = i;
        if (bad != SIZE_MAX && status == LIMEN_OK)
            status = lm_error_set(
                err, LIMEN_BAD_VALUE,
                "layer %zu, unit %zu: a weight or threshold is not a finite "
                "number below 2^100",
                l, bad);
    }
    if (status != LIMEN_OK)
        return status;

    for (size_t l = 1; l < net->layers; l++) {
#pragma omp parallel for schedule(static) num_threads(threads)
        for (size_t i = 0; i < net->units[l]; i += LM_LANES)
            write_rows(image, net, l, i,
                       i + LM_LANES < net->units[l] ? i + LM_LANES
                                                    : net->units[l]);
    }
    for (size_t k = 0; k < net->connections; k++)
        if (net->connection[k].is_sparse)
            sparse_write(&image->connection[k], &net->connection[k],
                         image->layer[net->connection[k].to].q, threads);
    return LIMEN_OK;
}

bool lm_image_rows_begin(limen_image *image)
{
    for (size_t k = 0; k < image->connections; k++) {
        lm_image_connection *c = &image->connection[k];

        if (!c->is_sparse || c->place != NULL)
            continue;
        c->place = lm_alloc(c->entries, 1, sizeof *c->place);
        if (c->place == NULL)
            return false;
        for (size_t e = 0; e < c->entries; e++)
            c->place[c->master[e]] = e;
    }
    return true;
}

/* One row of a connection. */
static void row_write(lm_image_connection *to, const lm_connection *from,
                      const int32_t *q, size_t i)
{
    const float scale = ldexpf(1.0F, q[i]);

    if (from->is_balanced) {
        balanced_write(to, from, q, i, i + 1);
        return;
    }
    if (!to->is_sparse) {
        for (size_t j = 0; j < to->m; j++)
            to->w[j * to->stride + i] =
                (int16_t)lm_round_weight(from->w[i * to->m + j] * scale);
        return;
    }
    for (uint64_t e = from->row_start[i]; e < from->row_start[i + 1]; e++) {
        const uint64_t place = to->place[e];

        to->w[place] = (int16_t)lm_round_weight(from->w[e] * scale);
        if (to->packed != NULL)
            to->packed[place] = (uint32_t)i | (uint32_t)(uint16_t)to->w[place]
                                                  << 16;
    }
    lm_slots_write_row(&to->slots, from, q[i], i);
}

bool lm_image_row(limen_image *image, const limen_network *net, size_t l,
                  size_t i, uint8_t *const *changed)
{
    lm_image_layer *layer = &image->layer[l];
    const int32_t before = layer->q[i];

    if (!lm_exponent_near(&layer->q[i], net, l, i))
        return false;
    layer_write(layer, net, l, i, i + 1);
    for (size_t k = 0; k < net->connections; k++)
        if (net->connection[k].to == l &&
            (changed[k][i] || layer->q[i] != before))
            row_write(&image->connection[k], &net->connection[k], layer->q, i);
    return true;
}

bool lm_image_threshold(limen_image *image, const limen_network *net, size_t l,
                        size_t i)
{
    lm_image_layer *layer = &image->layer[l];

    if (!isfinite(net->theta[l][i]))
        return false;
    if (lm_is_deaf(net, l, i) && !lm_exponent(&layer->q[i], net, l, i))
        return false;
    layer_write(layer, net, l, i, i + 1);
    return true;
}

const int32_t *limen_image_exponents(const limen_image *image, size_t layer)
{
    assert(layer >= 1 && layer < image->layers);
    return image->layer[layer].q;
}

const int32_t *limen_image_thresholds(const limen_image *image, size_t layer)
{
    assert(layer >= 1 && layer < image->layers);
    return image->layer[layer].theta;
}

void limen_image_weights(const limen_image *image, size_t index, int16_t *w)
{
    assert(index < image->connections);
    const lm_image_connection *c = &image->connection[index];

    if (c->is_sparse) {
        for (size_t e = 0; e < c->entries; e++)
            w[c->master[e]] = c->w[e];
        return;
    }
    for (size_t j = 0; j < c->m; j++)
        for (size_t i = 0; i < c->n; i++)
            w[i * c->m + j] = c->w[j * c->stride + i];
}
