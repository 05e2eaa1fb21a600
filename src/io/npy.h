/* npy.h -- writing an array of bytes whose size is known before its content. */
#ifndef LM_NPY_H
#define LM_NPY_H

#include "io/file.h"

enum { LM_NPY_HEAD = 320 };

/* What an NPY file begins with; returns its length.  type: NumPy's, as "<f4";
 * dims <= 4. */
size_t lm_npy_head(char head[LM_NPY_HEAD], const char *type,
                   const size_t *shape, size_t dims);

/* Begins an NPY file of bytes; the numbers follow by lm_file_append, then
 * lm_file_commit.  dims <= 4.  On failure the writer is closed. */
limen_status lm_npy_begin(lm_file_writer *writer, const char *path,
                          const size_t *shape, size_t dims, limen_error *err);

#endif
