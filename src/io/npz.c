/* npz.c -- NumPy's NPZ: a zip of NPY files. */
#include "base/arena.h"
#include "base/error.h"
#include "io/array.h"

#include <stdio.h>
#include <string.h>
#include <zip.h>

enum { INFLATE_MOST = 1032 }; // deflate shrinks by no more

static limen_status bad(const char *name, const char *what, limen_error *err)
{
    return lm_error_set(err, LIMEN_BAD_FILE, "%.200s: %s", name, what);
}

static limen_status read_member(lm_array *out, zip_t *zip, zip_uint64_t index,
                                size_t file_size, const char *name,
                                limen_error *err)
{
    zip_stat_t about;
    limen_status status;

    if (zip_stat_index(zip, index, 0, &about) != 0 ||
        (about.valid & ZIP_STAT_SIZE) == 0 ||
        about.size / INFLATE_MOST > file_size)
        return bad(name, "a damaged member", err);
    const size_t size = (size_t)about.size;
    unsigned char *bytes = lm_alloc(size + 1, 1, 1);
    if (bytes == NULL)
        return lm_error_no_memory(err, name, size);
    zip_file_t *member = zip_fopen_index(zip, index, 0);
    if (member == NULL || zip_fread(member, bytes, size) != (zip_int64_t)size ||
        zip_fread(member, &(char){ 0 }, 1) != 0)
        status = bad(name, "a damaged or encrypted member", err);
    else
        status = lm_npy_parse(out, bytes, size, name, err);
    if (member != NULL)
        zip_fclose(member);
    lm_free(bytes);
    return status;
}

limen_status lm_npz_parse(lm_array *out, const unsigned char *bytes,
                          size_t size, const char *member, const char *name,
                          limen_error *err)
{
    char file[128];
    char full[400];
    zip_error_t why;
    limen_status status = LIMEN_OK;

    *out = (lm_array){ 0 };
    if (size == 0) // which libzip takes for an archive without members
        return bad(name, "an empty file", err);
    zip_source_t *source = zip_source_buffer_create(bytes, size, 0, &why);
    zip_t *zip =
        source == NULL ? NULL : zip_open_from_source(source, ZIP_RDONLY, &why);
    if (zip == NULL) {
        zip_source_free(source);
        return bad(name, "not an NPZ file (a zip of arrays), or cut off", err);
    }
    snprintf(file, sizeof file, "%s.npy", member);
    snprintf(full, sizeof full, "%.200s: %s", name, file);
    const zip_int64_t index = zip_name_locate(zip, file, 0);
    if (index >= 0)
        status = read_member(out, zip, (zip_uint64_t)index, size, full, err);
    zip_discard(zip);
    return status;
}
