/* csv.c -- rows of numbers between commas, a label first. */
#include "base/arena.h"
#include "base/error.h"
#include "io/array.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where the reader is, for errors that say so. */
typedef struct cursor {
    const char *at, *end; /* *end is 0 */
    size_t line;
    const char *name;
    limen_error *err;
} cursor;

static limen_status fault(const cursor *from, size_t column, const char *what)
{
    return lm_error_set(from->err, LIMEN_BAD_FILE,
                        "%.200s, line %zu, column %zu: %s", from->name,
                        from->line, column, what);
}

static size_t line_bytes(const cursor *from)
{
    const char *newline =
        memchr(from->at, '\n', (size_t)(from->end - from->at));

    return (size_t)((newline == NULL ? from->end : newline) - from->at);
}

static void skip_line(cursor *from)
{
    from->at += line_bytes(from);
    if (from->at < from->end)
        from->at++;
    from->line++;
}

static bool is_blank(const cursor *from)
{
    return strspn(from->at, " \t\r") >= line_bytes(from);
}

static size_t count_fields(const cursor *from)
{
    const char *end = from->at + line_bytes(from);
    size_t fields = 1;

    for (const char *at = from->at; at < end; at++)
        fields += *at == ',';
    return fields;
}

/* Reads one line of `fields` numbers. */
static limen_status read_row(cursor *from, double *to, size_t fields)
{
    if (count_fields(from) != fields)
        return lm_error_set(from->err, LIMEN_BAD_FILE,
                            "%.200s, line %zu: %zu fields, the first row has "
                            "%zu",
                            from->name, from->line, count_fields(from), fields);
    const char *line_end = from->at + line_bytes(from);
    for (size_t k = 0; k < fields; k++) {
        char *end;

        to[k] = strtod(from->at, &end);
        // strtod would look for a number on the next line
        if (end == from->at || end > line_end || !isfinite(to[k]))
            return fault(from, k + 1, "not a number");
        end += strspn(end, " \t\r");
        if (k + 1 < fields && *end != ',')
            return fault(from, k + 1, "not a number");
        if (k + 1 == fields && *end != '\n' && end != from->end)
            return fault(from, k + 1, "not a number");
        from->at = end + (k + 1 < fields);
    }
    skip_line(from);
    return LIMEN_OK;
}

/* Whether the first line is names, not numbers. */
static bool has_header(const cursor *from)
{
    char *end;

    (void)strtod(from->at, &end);
    return end == from->at;
}

static limen_status read_rows(lm_array *all, cursor *from)
{
    const size_t fields = count_fields(from);
    size_t room = 0;

    all->dims = 2;
    all->shape[1] = fields;
    for (; from->at < from->end; all->shape[0]++) {
        if (is_blank(from)) {
            skip_line(from);
            all->shape[0]--;
            continue;
        }
        if (all->shape[0] == room) {
            size_t items;

            room = 2 * room + 64;
            double *more = NULL;
            if (lm_size_multiply(&items, room, fields))
                more = lm_grow(all->reals, all->shape[0] * fields, items,
                               sizeof *more);
            if (more == NULL)
                return lm_error_no_memory(from->err, from->name, room);
            all->reals = more;
        }
        const limen_status status =
            read_row(from, all->reals + all->shape[0] * fields, fields);
        if (status != LIMEN_OK)
            return status;
    }
    all->count = all->shape[0] * fields;
    return LIMEN_OK;
}

/* Moves the first column of `all` to labels. */
static limen_status split_labels(lm_array *all, lm_array *labels,
                                 const char *name, limen_error *err)
{
    const size_t fields = all->shape[1];

    if (fields < 2)
        return lm_error_set(err, LIMEN_BAD_FILE,
                            "%.200s: a row needs a label and at least one "
                            "value",
                            name);
    *labels = (lm_array){ .dims = 1, .shape = { all->shape[0] } };
    const limen_status status = lm_array_new(labels, false, name, err);
    if (status != LIMEN_OK)
        return status;
    for (size_t b = 0; b < all->shape[0]; b++) {
        labels->reals[b] = all->reals[b * fields];
        memmove(all->reals + b * (fields - 1), all->reals + b * fields + 1,
                (fields - 1) * sizeof *all->reals);
    }
    all->shape[1] = fields - 1;
    all->count = all->shape[0] * all->shape[1];
    return LIMEN_OK;
}

limen_status lm_csv_parse(lm_array *out, lm_array *labels,
                          const unsigned char *bytes, size_t size,
                          const char *name, limen_error *err)
{
    // strtod needs an end: a copy with a zero byte after it
    char *text = lm_alloc(size + 1, 1, 1);

    *out = (lm_array){ 0 };
    if (labels != NULL)
        *labels = (lm_array){ 0 };
    if (text == NULL)
        return lm_error_no_memory(err, name, size);
    memcpy(text, bytes, size);
    cursor from = {
        .at = text, .end = text + size, .line = 1, .name = name, .err = err
    };
    limen_status status = LIMEN_OK;
    if (memchr(text, '\0', size) != NULL)
        status =
            lm_error_set(err, LIMEN_BAD_FILE, "%.200s: not a text file", name);
    if (status == LIMEN_OK && has_header(&from))
        skip_line(&from);
    if (status == LIMEN_OK)
        status = read_rows(out, &from);
    if (status == LIMEN_OK && out->count == 0)
        status = lm_error_set(err, LIMEN_BAD_FILE,
                              "%.200s: no rows of numbers in it", name);
    if (status == LIMEN_OK && labels != NULL)
        status = split_labels(out, labels, name, err);
    lm_free(text);
    if (status != LIMEN_OK)
        lm_array_free(out);
    return status;
}
