/* text.h -- text that grows: how the program writes a page or a chart. */
#ifndef LIMEN_TEXT_H
#define LIMEN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is empty.  When memory is out it stays as it is and has_failed is
 * true: the writer asks once, at the end. */
typedef struct cli_text {
    char *bytes; /* (used), then a zero byte; NULL while empty */
    size_t used, room;
    bool has_failed;
} cli_text;

void cli_text_clear(cli_text *text);

/* bytes: (size) */
void cli_text_add(cli_text *text, const char *bytes, size_t size);

/* Of any length. */
void cli_text_print(cli_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A string as HTML, XML or the value of an attribute: & < > " ' as entities,
 * control characters and what is no UTF-8 as U+FFFD.  NULL is nothing. */
void cli_text_escape(cli_text *text, const char *string);

/* RFC 4648, section 4.  bytes: (size) */
void cli_text_base64(cli_text *text, const uint8_t *bytes, size_t size);

#endif
