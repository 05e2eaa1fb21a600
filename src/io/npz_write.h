/* npz_write.h -- NPZ files: named arrays, the same bytes for the same content.
 */
#ifndef LM_NPZ_WRITE_H
#define LM_NPZ_WRITE_H

#include "limen.h"

typedef struct lm_npz_array {
    const char *name; /* without .npy, at most 100 characters */
    const char *type; /* NumPy's: "<f4", "<f8", "<u4", "|u1", ... */
    size_t dims, shape[4];
    const void *data; /* C order, little endian */
} lm_npz_array;

limen_status lm_npz_write(const char *path, const lm_npz_array *arrays,
                          size_t count, limen_error *err);

/* An NPY file that becomes a member. */
typedef struct lm_npz_part {
    const char *name; /* without .npy, at most 100 characters */
    const char *path;
} lm_npz_part;

/* Packs NPY files as they are: memory does not grow with their size. */
limen_status lm_npz_pack(const char *path, const lm_npz_part *parts,
                         size_t count, limen_error *err);

#endif
