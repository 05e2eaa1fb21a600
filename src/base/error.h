/* error.h -- how a function says what went wrong. */
#ifndef LM_ERROR_H
#define LM_ERROR_H

#include "limen.h"

/* Fills err (which may be NULL) with a sentence made as by printf. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void
lm_error_write(limen_error *err, limen_status status, const char *format, ...);

/* The same, and is the status, so that a function can end with `return
 * lm_error_set(...)`.  A macro, so that who reads the code, a compiler or an
 * analyser too, sees which status it is. */
#define lm_error_set(err, status, ...)                                         \
    (lm_error_write((err), (status), __VA_ARGS__), (status))

/* "out of memory: <what> needs <bytes> bytes". */
static inline limen_status lm_error_no_memory(limen_error *err,
                                              const char *what, size_t bytes)
{
    return lm_error_set(err, LIMEN_NO_MEMORY,
                        "out of memory: %s needs %zu bytes", what, bytes);
}

#endif
