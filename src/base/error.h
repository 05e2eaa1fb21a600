/* error.h -- how a function says what went wrong. */
#ifndef LM_ERROR_H
#define LM_ERROR_H

#include "limen.h"

/* Fills err (which may be NULL) with a sentence made as by printf, and returns
 * status, so that a function can end with `return lm_error_set(...)`. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
limen_status
lm_error_set(limen_error *err, limen_status status, const char *format, ...);

/* The same for memory: "out of memory: <what> needs <bytes> bytes". */
limen_status lm_error_no_memory(limen_error *err, const char *what,
                                size_t bytes);

#endif
