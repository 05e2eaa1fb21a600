/* npz_pack.c -- an NPZ file of arrays too large for memory: of NPY files. */
#include "io/npz_write.h"

#include "base/error.h"
#include "io/file.h"

#include <time.h>
#include <zip.h>

static bool add_file(zip_t *zip, const lm_npz_part *part)
{
    char name[128];
    zip_source_t *source = zip_source_file(zip, part->path, 0, -1);

    snprintf(name, sizeof name, "%s.npy", part->name);
    const zip_int64_t at =
        source == NULL ? -1 : zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8);
    if (at < 0) {
        zip_source_free(source);
        return false;
    }
    // as in npz_write.c: the same content gives the same bytes
    const time_t first = 315532800 + 86400;
    return zip_file_set_mtime(zip, (zip_uint64_t)at, first, 0) == 0 &&
           zip_set_file_compression(zip, (zip_uint64_t)at, ZIP_CM_DEFLATE, 1) ==
               0;
}

/* libzip replaces the file of this name by one of its own. */
static bool pack(const char *file, const lm_npz_part *parts, size_t count)
{
    int why;
    zip_t *zip = zip_open(file, ZIP_CREATE | ZIP_TRUNCATE, &why);
    bool is_good = zip != NULL;

    for (size_t k = 0; is_good && k < count; k++)
        is_good = add_file(zip, &parts[k]);
    if (is_good && zip_close(zip) == 0)
        return true;
    if (zip != NULL)
        zip_discard(zip);
    return false;
}

limen_status lm_npz_pack(const char *path, const lm_npz_part *parts,
                         size_t count, limen_error *err)
{
    lm_file_writer to;
    const limen_status status = lm_file_begin(&to, path, err);

    if (status != LIMEN_OK)
        return status;
    bool is_good = pack(to.temporary, parts, count);
    if (is_good) {
        // what is synced must be the file that is there now
        FILE *now = fopen(to.temporary, "ab");

        is_good = now != NULL;
        if (is_good) {
            fclose(to.stream);
            to.stream = now;
        }
    }
    if (!is_good) {
        lm_file_abort(&to);
        return lm_error_set(err, LIMEN_CANNOT_WRITE,
                            "%.300s: cannot be written; is the disk full?",
                            path);
    }
    return lm_file_commit(&to, err);
}
