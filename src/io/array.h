/* array.h -- what a data file's reader returns, whatever the format. */
#ifndef LM_ARRAY_H
#define LM_ARRAY_H

#include "limen.h"

enum { LM_ARRAY_DIMS = 4 };

/* Numbers of one shape: bytes where the file has unsigned 8-bit ones, doubles
 * otherwise. */
typedef struct lm_array {
    size_t dims;
    size_t shape[LM_ARRAY_DIMS];
    size_t count; /* the product of shape */
    uint8_t *bytes;
    double *reals;
} lm_array;

void lm_array_free(lm_array *array);

/* Makes room for dims and shape as set; is_bytes chooses which numbers.  what:
 * for the error. */
limen_status lm_array_new(lm_array *array, bool is_bytes, const char *what,
                          limen_error *err);

/* Readers from memory; name: what errors call the file. */
limen_status lm_idx_parse(lm_array *out, const unsigned char *bytes,
                          size_t size, const char *name, limen_error *err);
limen_status lm_npy_parse(lm_array *out, const unsigned char *bytes,
                          size_t size, const char *name, limen_error *err);

/* One member ("x", without .npy) of an NPZ; out->dims is 0 if it is not
 * there. */
limen_status lm_npz_parse(lm_array *out, const unsigned char *bytes,
                          size_t size, const char *member, const char *name,
                          limen_error *err);

/* Rows of numbers; the first column goes to labels unless labels is NULL. */
limen_status lm_csv_parse(lm_array *out, lm_array *labels,
                          const unsigned char *bytes, size_t size,
                          const char *name, limen_error *err);

/* A grey picture of (height, width) of the file's own. */
limen_status lm_png_parse(lm_array *out, const unsigned char *bytes,
                          size_t size, const char *name, limen_error *err);

#endif
