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

void lm_error_write(limen_error *err, limen_status status, const char *format,
                    ...)
{
    if (err != NULL) {
        va_list arguments;

        va_start(arguments, format);
        err->status = status;
        vsnprintf(err->text, sizeof err->text, format, arguments);
        va_end(arguments);
    }
}
