/* npz_write.c -- see npz_write.h. */
#include "io/npz_write.h"

#include "base/arena.h"
#include "base/error.h"
#include "io/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zip.h>

/* The NPY file of an array; freed by free(), as libzip does. */
static void *npy_of(const lm_npz_array *array, size_t *size)
{
    char head[LM_NPY_HEAD];
    const size_t length =
        lm_npy_head(head, array->type, array->shape, array->dims);
    size_t bytes = strtoul(array->type + 2, NULL, 10);

    for (size_t k = 0; k < array->dims; k++)
        if (!lm_size_multiply(&bytes, bytes, array->shape[k]))
            return NULL;
    if (bytes > SIZE_MAX / 2)
        return NULL;
    *size = length + bytes;
    unsigned char *file = malloc(*size);
    if (file != NULL) {
        memcpy(file, head, length);
        memcpy(file + length, array->data, bytes);
    }
    return file;
}

static bool add(zip_t *zip, const lm_npz_array *array)
{
    char name[128];
    size_t size;
    void *file = npy_of(array, &size);
    zip_source_t *source =
        file == NULL ? NULL : zip_source_buffer(zip, file, size, 1);

    if (source == NULL) {
        free(file);
        return false;
    }
    // the source owns the file from here on
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc)
    snprintf(name, sizeof name, "%s.npy", array->name);
    const zip_int64_t at = zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8);
    if (at < 0) {
        zip_source_free(source);
        return false;
    }
    // the same content gives the same bytes: no clock, 1 January 1980
    const time_t first = 315532800 + 86400;
    return zip_file_set_mtime(zip, (zip_uint64_t)at, first, 0) == 0 &&
           zip_set_file_compression(zip, (zip_uint64_t)at, ZIP_CM_DEFLATE, 1) ==
               0;
}

/* The zip that a source holds once it is closed. */
static limen_status write_source(zip_source_t *source, const char *path,
                                 limen_error *err)
{
    zip_stat_t about;

    if (zip_source_stat(source, &about) != 0 ||
        (about.valid & ZIP_STAT_SIZE) == 0 || zip_source_open(source) != 0)
        return lm_error_set(err, LIMEN_NO_MEMORY, "out of memory for %.200s",
                            path);
    const size_t size = (size_t)about.size;
    unsigned char *bytes = lm_alloc(size, 1, 1);
    limen_status status = LIMEN_OK;
    if (bytes == NULL ||
        zip_source_read(source, bytes, size) != (zip_int64_t)size)
        status = lm_error_set(err, LIMEN_NO_MEMORY, "out of memory for %.200s",
                              path);
    else
        status = limen_file_write(path, bytes, size, err);
    lm_free(bytes);
    zip_source_close(source);
    return status;
}

limen_status lm_npz_write(const char *path, const lm_npz_array *arrays,
                          size_t count, limen_error *err)
{
    zip_error_t why;
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &why);
    zip_t *zip = NULL;
    bool is_good = true;

    if (source != NULL) {
        zip_source_keep(source); // it outlives the archive
        zip = zip_open_from_source(source, ZIP_TRUNCATE, &why);
    }
    for (size_t k = 0; zip != NULL && is_good && k < count; k++)
        is_good = add(zip, &arrays[k]);
    if (zip != NULL && (!is_good || zip_close(zip) != 0)) {
        zip_discard(zip);
        is_good = false;
    }
    limen_status status = LIMEN_OK;
    if (zip == NULL || !is_good)
        status = lm_error_set(err, LIMEN_NO_MEMORY, "out of memory for %.200s",
                              path);
    else
        status = write_source(source, path, err);
    if (source != NULL) {
        zip_source_free(source);
        if (zip == NULL)
            zip_source_free(source);
    }
    return status;
}
