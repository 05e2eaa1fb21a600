/* text.c -- text that grows. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cli_text_clear(cli_text *text)
{
    free(text->bytes);
    *text = (cli_text){ 0 };
}

/* Room for `size` more bytes and a zero. */
static bool reserve(cli_text *text, size_t size)
{
    if (text->has_failed || size > SIZE_MAX / 4 - text->used) {
        text->has_failed = true;
        return false;
    }
    const size_t needed = text->used + size + 1;
    if (needed <= text->room)
        return true;
    const size_t room = needed < 4096 ? 4096 : 2 * needed;
    char *bytes = realloc(text->bytes, room);
    if (bytes == NULL) {
        text->has_failed = true;
        return false;
    }
    text->bytes = bytes;
    text->room = room;
    return true;
}

void cli_text_add(cli_text *text, const char *bytes, size_t size)
{
    if (!reserve(text, size))
        return;
    memcpy(text->bytes + text->used, bytes, size);
    text->used += size;
    text->bytes[text->used] = '\0';
}

void cli_text_print(cli_text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !reserve(text, (size_t)length)) {
        text->has_failed = true;
        return;
    }
    va_start(arguments, format);
    vsnprintf(text->bytes + text->used, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->used += (size_t)length;
}

/* Bytes of the UTF-8 character that begins here, 0 if there is none. */
static size_t character_length(const unsigned char *s)
{
    const size_t length = s[0] < 0x80                   ? 1
                          : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
                          : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
                          : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                                        : 0;

    for (size_t k = 1; k < length; k++)
        if ((s[k] & 0xc0) != 0x80)
            return 0;
    if (length == 3 &&
        ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)))
        return 0; // too long a form; half of a surrogate pair
    if (length == 4 &&
        ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)))
        return 0;
    return length;
}

static const char *entity_of(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return c < 0x20 && c != '\n' && c != '\t' ? "\xef\xbf\xbd" : NULL;
    }
}

void cli_text_escape(cli_text *text, const char *string)
{
    const unsigned char *s = (const unsigned char *)string;

    while (s != NULL && *s != '\0') {
        const size_t length = character_length(s);
        const char *entity = length == 0 ? "\xef\xbf\xbd" : entity_of(*s);

        if (entity != NULL)
            cli_text_add(text, entity, strlen(entity));
        else
            cli_text_add(text, (const char *)s, length);
        s += length == 0 ? 1 : length;
    }
}

void cli_text_base64(cli_text *text, const uint8_t *bytes, size_t size)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t k = 0; k < size; k += 3) {
        const size_t left = size - k < 3 ? size - k : 3;
        uint32_t x = (uint32_t)bytes[k] << 16;
        char four[4];

        if (left > 1)
            x |= (uint32_t)bytes[k + 1] << 8;
        if (left > 2)
            x |= bytes[k + 2];
        for (size_t d = 0; d < 4; d++)
            four[d] = d <= left ? digits[x >> (18 - 6 * d) & 63] : '=';
        cli_text_add(text, four, 4);
    }
}
