/* numbers.c -- an array of numbers from anybody's file: NPY, NPZ or CSV. */
#include "base/arena.h"
#include "base/error.h"
#include "io/array.h"
#include "io/file.h"

#include <math.h>
#include <string.h>

static limen_status parse_npz(lm_array *out, const unsigned char *bytes,
                              size_t size, const char *member, const char *path,
                              limen_error *err)
{
    static const char *const usual[] = { "activity", "counts", "raster", "x" };
    limen_status status = LIMEN_OK;

    if (member != NULL) {
        status = lm_npz_parse(out, bytes, size, member, path, err);
        if (status == LIMEN_OK && out->dims == 0)
            status =
                lm_error_set(err, LIMEN_BAD_FILE,
                             "%.200s: no array '%.60s' in it", path, member);
        return status;
    }
    for (size_t k = 0; status == LIMEN_OK && k < sizeof usual / sizeof *usual;
         k++) {
        status = lm_npz_parse(out, bytes, size, usual[k], path, err);
        if (status == LIMEN_OK && out->dims > 0)
            return LIMEN_OK;
    }
    if (status != LIMEN_OK)
        return status;
    return lm_error_set(err, LIMEN_BAD_FILE,
                        "%.200s: none of its arrays is called activity, "
                        "counts, raster or x; name the one to take",
                        path);
}

static limen_status parse(lm_array *out, const unsigned char *bytes,
                          size_t size, const char *member, const char *path,
                          limen_error *err)
{
    if (size >= 2 && memcmp(bytes, "PK", 2) == 0)
        return parse_npz(out, bytes, size, member, path, err);
    if (size >= 6 && memcmp(bytes, "\x93NUMPY", 6) == 0)
        return lm_npy_parse(out, bytes, size, path, err);
    return lm_csv_parse(out, NULL, bytes, size, path, err);
}

static limen_status take(limen_numbers *to, const lm_array *from,
                         const char *path, limen_error *err)
{
    to->dims = from->dims;
    to->count = from->count;
    if (from->count == 0)
        return lm_error_set(err, LIMEN_BAD_FILE, "%.200s: no numbers in it",
                            path);
    to->values = lm_alloc(from->count, 1, sizeof *to->values);
    if (to->values == NULL)
        return lm_error_no_memory(err, path, from->count * sizeof *to->values);
    for (size_t k = 0; k < from->dims; k++)
        to->shape[k] = from->shape[k];
    for (size_t k = 0; k < from->count; k++) {
        const double x =
            from->bytes != NULL ? (double)from->bytes[k] : from->reals[k];

        if (!isfinite(x))
            return lm_error_set(err, LIMEN_BAD_FILE,
                                "%.200s: value %zu is not finite", path, k);
        to->values[k] = x;
    }
    return LIMEN_OK;
}

limen_status limen_numbers_load(limen_numbers **out, const char *path,
                                const char *member, limen_error *err)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    lm_array from = { 0 };
    limen_numbers *to = lm_alloc(1, 1, sizeof *to);
    limen_status status = LIMEN_OK;

    *out = NULL;
    if (to == NULL)
        status = lm_error_no_memory(err, path, sizeof *to);
    if (status == LIMEN_OK)
        status = lm_file_read(&bytes, &size, path, err);
    if (status == LIMEN_OK)
        status = parse(&from, bytes, size, member, path, err);
    if (status == LIMEN_OK)
        status = take(to, &from, path, err);
    lm_array_free(&from);
    lm_free(bytes);
    if (status != LIMEN_OK) {
        limen_numbers_free(to);
        return status;
    }
    *out = to;
    return LIMEN_OK;
}

void limen_numbers_free(limen_numbers *numbers)
{
    if (numbers != NULL)
        lm_free(numbers->values);
    lm_free(numbers);
}
