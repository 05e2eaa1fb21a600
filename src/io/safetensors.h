/* safetensors.h -- named arrays with metadata, in one file.
 *
 * The format: a little-endian u64 N, N bytes of JSON, the arrays' bytes.  JSON:
 * {"__metadata__": {name: text}, name: {"dtype", "shape", "data_offsets"}}.
 */
#ifndef LM_SAFETENSORS_H
#define LM_SAFETENSORS_H

#include "limen.h"

typedef enum lm_dtype { LM_F32, LM_F64, LM_U8, LM_U32, LM_U64 } lm_dtype;

/* ---- Writing ---- */

typedef struct lm_tensors lm_tensors;

limen_status lm_tensors_new(lm_tensors **out, limen_error *err);
void lm_tensors_free(lm_tensors *tensors);

/* Adds an array of (rows, cols), cols 0 for (rows).  data must stay valid
 * until it is written. */
limen_status lm_tensors_add(lm_tensors *tensors, const char *name,
                            lm_dtype dtype, const void *data, size_t rows,
                            size_t cols, limen_error *err);

/* Adds a text to the metadata. */
limen_status lm_tensors_note(lm_tensors *tensors, const char *name,
                             const char *text, limen_error *err);

/* Arrays stand in the order they were added, metadata in that of names: the
 * same content gives the same bytes. */
limen_status lm_tensors_write(const lm_tensors *tensors, const char *path,
                              limen_error *err);

/* ---- Reading ---- */

typedef struct lm_safetensors lm_safetensors;

/* Checks all of the header.  Keeps no pointer to path. */
limen_status lm_safetensors_read(lm_safetensors **out, const char *path,
                                 limen_error *err);

/* The same from memory, which must outlive it; name: for errors. */
limen_status lm_safetensors_parse(lm_safetensors **out,
                                  const unsigned char *bytes, size_t size,
                                  const char *name, limen_error *err);
void lm_safetensors_free(lm_safetensors *from);

const char *lm_safetensors_name(const lm_safetensors *from);

/* A text of the metadata, NULL if there is none. */
const char *lm_safetensors_note(const lm_safetensors *from, const char *name);

/* Copies an array that must have this type and `count` items. */
limen_status lm_safetensors_get(const lm_safetensors *from, const char *name,
                                lm_dtype dtype, void *data, size_t count,
                                limen_error *err);

/* The number of items of an array, SIZE_MAX if there is none or of another
 * type. */
size_t lm_safetensors_count(const lm_safetensors *from, const char *name,
                            lm_dtype dtype);

#endif
