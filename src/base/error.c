/* error.c -- statuses in words. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

const char *limen_status_text(limen_status status)
{
    switch (status) {
#define X(name, text)                                                          \
    case name:                                                                 \
        return text;
        LIMEN_STATUS_LIST(X)
#undef X
    }
    return "unknown status";
}

limen_status lm_error_set(limen_error *err, limen_status status,
                          const char *format, ...)
{
    if (err != NULL) {
        va_list arguments;

        va_start(arguments, format);
        err->status = status;
        vsnprintf(err->text, sizeof err->text, format, arguments);
        va_end(arguments);
    }
    return status;
}

limen_status lm_error_no_memory(limen_error *err, const char *what,
                                size_t bytes)
{
    return lm_error_set(err, LIMEN_NO_MEMORY,
                        "out of memory: %s needs %zu bytes", what, bytes);
}
