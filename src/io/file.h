/* file.h -- whole files: read at once, written whole or not at all. */
#ifndef LM_FILE_H
#define LM_FILE_H

#include "limen.h"

#include <stdio.h>

/* The bytes of a regular file; freed by lm_free.  *bytes is not NULL for an
 * empty one, and one zero byte follows the last. */
limen_status lm_file_read(unsigned char **bytes, size_t *size, const char *path,
                          limen_error *err);

/* A file that appears when it is complete: written beside its place, then
 * synced and renamed. */
typedef struct lm_file_writer {
    FILE *stream;
    char *path, *temporary;
} lm_file_writer;

limen_status lm_file_begin(lm_file_writer *writer, const char *path,
                           limen_error *err);
limen_status lm_file_append(lm_file_writer *writer, const void *bytes,
                            size_t size, limen_error *err);

/* Puts the file in its place.  The writer is closed whatever the result. */
limen_status lm_file_commit(lm_file_writer *writer, limen_error *err);

/* Leaves what was there before. */
void lm_file_abort(lm_file_writer *writer);

#endif
