/* file.c -- reading and replacing whole files. */
#include "io/file.h"

#include "base/arena.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static limen_status unreadable(limen_error *err, const char *path)
{
    return lm_error_set(err, LIMEN_BAD_FILE, "%.300s: %s", path,
                        strerror(errno));
}

static limen_status read_stream(unsigned char *bytes, size_t size, FILE *in,
                                const char *path, limen_error *err)
{
    if (fread(bytes, 1, size, in) != size || getc(in) != EOF)
        return lm_error_set(err, LIMEN_BAD_FILE,
                            "%.300s: the file changed while it was read", path);
    return LIMEN_OK;
}

limen_status lm_file_read(unsigned char **bytes, size_t *size, const char *path,
                          limen_error *err)
{
    struct stat about;
    FILE *in = fopen(path, "rb");

    *bytes = NULL;
    if (in == NULL)
        return unreadable(err, path);
    if (fstat(fileno(in), &about) != 0 || !S_ISREG(about.st_mode)) {
        fclose(in);
        return lm_error_set(err, LIMEN_BAD_FILE, "%.300s: not a regular file",
                            path);
    }
    *size = (size_t)about.st_size;
    unsigned char *read = lm_alloc(*size + 1, 1, 1);
    limen_status status = read == NULL
                              ? lm_error_no_memory(err, path, *size)
                              : read_stream(read, *size, in, path, err);
    fclose(in);
    if (status != LIMEN_OK) {
        lm_free(read);
        return status;
    }
    *bytes = read;
    return LIMEN_OK;
}

static limen_status unwritable(limen_error *err, const char *path)
{
    return lm_error_set(err, LIMEN_CANNOT_WRITE, "%.300s: %s", path,
                        strerror(errno));
}

static void release(lm_file_writer *writer)
{
    lm_free(writer->path);
    lm_free(writer->temporary);
    *writer = (lm_file_writer){ 0 };
}

limen_status lm_file_begin(lm_file_writer *writer, const char *path,
                           limen_error *err)
{
    static const char suffix[] = ".XXXXXX";
    const size_t bytes = strlen(path) + sizeof suffix;
    struct stat about;

    *writer = (lm_file_writer){ 0 };
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
        return lm_error_set(err, LIMEN_CANNOT_WRITE,
                            "%.300s: not a regular file", path);
    writer->path = lm_alloc(bytes, 1, 1);
    writer->temporary = lm_alloc(bytes, 1, 1);
    if (writer->path == NULL || writer->temporary == NULL) {
        release(writer);
        return lm_error_no_memory(err, "a path", bytes);
    }
    snprintf(writer->path, bytes, "%s", path);
    snprintf(writer->temporary, bytes, "%s%s", path, suffix);
    const int file = mkstemp(writer->temporary);
    if (file >= 0)
        writer->stream = fdopen(file, "wb");
    if (writer->stream == NULL) {
        const limen_status status = unwritable(err, path);

        if (file >= 0) {
            close(file);
            unlink(writer->temporary);
        }
        release(writer);
        return status;
    }
    // mkstemp makes it private; take what a new file would have
    const mode_t mask = umask(0);
    umask(mask);
    (void)fchmod(file, 0666 & ~mask);
    return LIMEN_OK;
}

limen_status lm_file_append(lm_file_writer *writer, const void *bytes,
                            size_t size, limen_error *err)
{
    if (size > 0 && fwrite(bytes, 1, size, writer->stream) != size)
        return unwritable(err, writer->path);
    return LIMEN_OK;
}

/* So that the rename itself survives a power cut. */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    const size_t bytes = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    char *folder = lm_alloc(bytes + 2, 1, 1);

    if (folder == NULL)
        return; // the file itself is safe
    memcpy(folder, bytes == 0 ? "." : path, bytes == 0 ? 1 : bytes);
    const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file >= 0) {
        (void)fsync(file);
        close(file);
    }
    lm_free(folder);
}

limen_status lm_file_commit(lm_file_writer *writer, limen_error *err)
{
    limen_status status = LIMEN_OK;

    if (fflush(writer->stream) != 0 || fsync(fileno(writer->stream)) != 0)
        status = unwritable(err, writer->path);
    if (fclose(writer->stream) != 0 && status == LIMEN_OK)
        status = unwritable(err, writer->path);
    if (status == LIMEN_OK && rename(writer->temporary, writer->path) != 0)
        status = unwritable(err, writer->path);
    if (status == LIMEN_OK)
        sync_folder(writer->path);
    else
        unlink(writer->temporary);
    release(writer);
    return status;
}

void lm_file_abort(lm_file_writer *writer)
{
    if (writer->stream != NULL) {
        fclose(writer->stream);
        unlink(writer->temporary);
    }
    release(writer);
}

limen_status limen_file_write(const char *path, const void *bytes, size_t size,
                              limen_error *err)
{
    lm_file_writer writer;
    limen_status status = lm_file_begin(&writer, path, err);

    if (status != LIMEN_OK)
        return status;
    status = lm_file_append(&writer, bytes, size, err);
    if (status != LIMEN_OK) {
        lm_file_abort(&writer);
        return status;
    }
    return lm_file_commit(&writer, err);
}
