/* spectral.c -- the largest eigenvalue of a layer's weights on itself.
 *
 * Small matrices by LAPACK.  Large ones by Arnoldi (1951): an orthonormal basis
 * of b, W b, W^2 b, ..; the eigenvalues of W within it approach the outermost
 * ones of W from inside.
 */
#include "base/arena.h"
#include "base/error.h"
#include "net/network.h"

#include <assert.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

enum { WHOLE = 1500, VECTORS = 200 };

/* The largest |eigenvalue| of a matrix that is used up.  matrix: (n, n) */
static limen_status largest(double *out, double *matrix, size_t n,
                            limen_error *err)
{
    double *value = lm_alloc(2, n, sizeof *value);
    lapack_int info = LAPACK_WORK_MEMORY_ERROR;

    if (value != NULL)
        info = LAPACKE_dgeev(LAPACK_ROW_MAJOR, 'N', 'N', (lapack_int)n, matrix,
                             (lapack_int)n, value, value + n, NULL,
                             (lapack_int)n, NULL, (lapack_int)n);
    if (info == 0) {
        *out = 0.0;
        for (size_t k = 0; k < n; k++)
            *out = fmax(*out, hypot(value[k], value[n + k]));
    }
    lm_free(value);
    if (info == 0)
        return LIMEN_OK;
    if (info > 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "spectral radius: the eigenvalues of %zu units did "
                            "not converge",
                            n);
    return lm_error_no_memory(err, "a spectral radius", n * n * sizeof *matrix);
}

/* to = W from. */
static void multiply(double *to, const lm_connection *c, const double *from)
{
    for (size_t i = 0; i < c->n; i++) {
        const size_t first = lm_row_first(c, i);
        double sum = 0.0;

        for (size_t e = first; e < lm_row_first(c, i + 1); e++)
            sum +=
                (double)c->w[e] * from[c->is_sparse ? c->source[e] : e - first];
        to[i] = sum;
    }
}

static double product(const double *a, const double *b, size_t n)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Takes the basis' part out of v; adds its coefficients to column `col` of h,
 * (VECTORS, VECTORS). */
static void orthogonalise(double *v, double *h, const double *basis, size_t col,
                          size_t n)
{
    for (size_t k = 0; k <= col; k++) {
        const double part = product(v, basis + k * n, n);

        h[k * VECTORS + col] += part;
        for (size_t i = 0; i < n; i++)
            v[i] -= part * basis[k * n + i];
    }
}

/* Fills h; returns how many vectors there are: fewer where they span all that
 * W reaches.  basis: (VECTORS + 1, n) */
static size_t arnoldi(double *h, double *basis, const lm_connection *c)
{
    const size_t n = c->n;
    double scale = 0.0;

    for (size_t i = 0; i < n; i++)
        basis[i] = 1.0 / sqrt((double)n) * (i * 2654435761U % 64 < 32 ? 1 : -1);
    for (size_t col = 0; col < VECTORS; col++) {
        double *v = basis + (col + 1) * n;

        multiply(v, c, basis + col * n);
        scale = fmax(scale, sqrt(product(v, v, n)));
        // twice is enough (Giraud et al. 2005)
        orthogonalise(v, h, basis, col, n);
        orthogonalise(v, h, basis, col, n);
        const double length = sqrt(product(v, v, n));
        if (length <= 1e-12 * scale || col + 1 == VECTORS)
            return col + 1;
        h[(col + 1) * VECTORS + col] = length;
        for (size_t i = 0; i < n; i++)
            v[i] /= length;
    }
    return VECTORS;
}

static limen_status radius_within(double *out, const lm_connection *c,
                                  limen_error *err)
{
    double *basis = lm_alloc(VECTORS + 1, c->n, sizeof *basis);
    double *h = lm_alloc(VECTORS, VECTORS, sizeof *h);
    limen_status status;

    if (basis == NULL || h == NULL) {
        status = lm_error_no_memory(err, "a spectral radius",
                                    VECTORS * c->n * sizeof *h);
    } else {
        const size_t count = arnoldi(h, basis, c);

        for (size_t k = 1; k < count; k++)
            memmove(h + k * count, h + k * VECTORS, count * sizeof *h);
        status = largest(out, h, count, err);
    }
    lm_free(basis);
    lm_free(h);
    return status;
}

static limen_status radius_whole(double *out, const lm_connection *c,
                                 limen_error *err)
{
    const size_t n = c->n;
    double *matrix = lm_alloc(n, n, sizeof *matrix);

    if (matrix == NULL)
        return lm_error_no_memory(err, "a spectral radius",
                                  n * n * sizeof *matrix);
    for (size_t i = 0; i < n; i++) {
        const size_t first = lm_row_first(c, i);

        for (size_t e = first; e < lm_row_first(c, i + 1); e++)
            matrix[i * n + (c->is_sparse ? c->source[e] : e - first)] =
                (double)c->w[e];
    }
    const limen_status status = largest(out, matrix, n, err);
    lm_free(matrix);
    return status;
}

limen_status limen_spectral_radius(double *out, const limen_network *net,
                                   size_t connection, limen_error *err)
{
    assert(connection < net->connections);
    const lm_connection *c = &net->connection[connection];

    if (c->from != c->to)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "spectral radius: connection %zu -> %zu is not of "
                            "a layer to itself",
                            c->from, c->to);
    for (size_t e = 0; e < c->entries; e++)
        if (!isfinite(c->w[e]))
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "spectral radius: weight %zu of connection "
                                "%zu -> %zu is not finite",
                                e, c->from, c->to);
    return c->n <= WHOLE ? radius_whole(out, c, err)
                         : radius_within(out, c, err);
}
