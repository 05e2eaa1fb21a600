/* settings_yaml.c -- an experiment file: a YAML mapping of settings.
 *
 * The table of settings is the schema, so the file is read as a stream of
 * events: a scalar or a list of scalars for each name, and every fault has the
 * line and column that libyaml gives its event.
 */
#include "learn/settings_yaml.h"

#include "base/arena.h"
#include "base/error.h"
#include "io/file.h"
#include "learn/settings_names.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { FILE_MAX_BYTES = 1 << 20, VALUE_MAX_BYTES = 4096 };

typedef struct reader {
    limen_settings *settings; /* a copy: nothing changes on failure */
    const char *name;
    yaml_parser_t parser;
    yaml_event_t event;
    bool *seen; /* (limen_setting_count()) */
    limen_error *err;
} reader;

static limen_status fault(const reader *from, yaml_mark_t at, const char *what)
{
    return lm_error_set(from->err, LIMEN_BAD_FILE, "%.200s:%zu:%zu: %.200s",
                        from->name, at.line + 1, at.column + 1, what);
}

static limen_status next(reader *from)
{
    yaml_event_delete(&from->event);
    if (yaml_parser_parse(&from->parser, &from->event))
        return LIMEN_OK;
    const char *problem = from->parser.problem == NULL ? "not readable as YAML"
                                                       : from->parser.problem;
    return fault(from, from->parser.problem_mark, problem);
}

static limen_status expect(reader *from, yaml_event_type_t type,
                           const char *what)
{
    const limen_status status = next(from);

    if (status != LIMEN_OK)
        return status;
    return from->event.type == type ? LIMEN_OK
                                    : fault(from, from->event.start_mark, what);
}

/* Appends the scalar of the current event to a value. */
static limen_status append(reader *from, char *value, size_t *used)
{
    const size_t bytes = from->event.data.scalar.length;
    const char *text = (const char *)from->event.data.scalar.value;

    if (memchr(text, '\0', bytes) != NULL)
        return fault(from, from->event.start_mark,
                     "a value has a zero byte in it");
    if (*used + bytes + 2 > VALUE_MAX_BYTES)
        return fault(from, from->event.start_mark, "a value is too long");
    memcpy(value + *used, text, bytes);
    *used += bytes;
    value[*used] = '\0';
    return LIMEN_OK;
}

static limen_status read_list(reader *from, char *value)
{
    size_t used = 0;

    for (;;) {
        limen_status status = next(from);

        if (status != LIMEN_OK)
            return status;
        if (from->event.type == YAML_SEQUENCE_END_EVENT)
            return LIMEN_OK;
        if (from->event.type != YAML_SCALAR_EVENT)
            return fault(from, from->event.start_mark,
                         "a list may hold plain values only");
        if (used > 0)
            value[used++] = ',';
        status = append(from, value, &used);
        if (status != LIMEN_OK)
            return status;
    }
}

static limen_status read_value(reader *from, size_t i, yaml_mark_t *at,
                               char *value)
{
    size_t used = 0;
    const limen_status status = next(from);

    if (status != LIMEN_OK)
        return status;
    *at = from->event.start_mark;
    if (from->event.type == YAML_SCALAR_EVENT)
        return append(from, value, &used);
    if (from->event.type != YAML_SEQUENCE_START_EVENT)
        return fault(from, *at, "a setting is a plain value or a list");
    if (limen_setting_at(i)->type != LIMEN_SETTING_LIST)
        return fault(from, *at, "this setting takes one value, not a list");
    return read_list(from, value);
}

/* The setting whose name is the current event. */
static limen_status read_setting(reader *from)
{
    char name[128] = "";
    char value[VALUE_MAX_BYTES] = "";
    size_t used = 0;
    limen_error why;
    yaml_mark_t at = from->event.start_mark;

    if (from->event.type != YAML_SCALAR_EVENT ||
        from->event.data.scalar.length >= sizeof name)
        return fault(from, at, "expected the name of a setting");
    limen_status status = append(from, name, &used);
    if (status != LIMEN_OK)
        return status;

    const size_t i = lm_setting_index(name);
    if (i == SIZE_MAX) {
        lm_setting_unknown(name, &why);
        return fault(from, at, why.text);
    }
    if (from->seen[i])
        return fault(from, at, "this setting was given before");
    from->seen[i] = true;

    status = read_value(from, i, &at, value);
    if (status != LIMEN_OK || limen_settings_is_set(from->settings, name))
        return status;
    status = limen_settings_set(from->settings, name, value, &why);
    return status == LIMEN_BAD_VALUE ? fault(from, at, why.text)
           : status == LIMEN_OK
               ? LIMEN_OK
               : lm_error_set(from->err, status, "%s", why.text);
}

static limen_status read_document(reader *from)
{
    limen_status status =
        expect(from, YAML_STREAM_START_EVENT, "not a YAML file");

    if (status == LIMEN_OK)
        status = next(from);
    if (status != LIMEN_OK)
        return status;
    if (from->event.type == YAML_STREAM_END_EVENT)
        return fault(from, from->event.start_mark,
                     "the file is empty; write lines like `epochs: 10`");
    status = expect(from, YAML_MAPPING_START_EVENT,
                    "expected lines like `epochs: 10`");
    while (status == LIMEN_OK) {
        status = next(from);
        if (status != LIMEN_OK || from->event.type == YAML_MAPPING_END_EVENT)
            break;
        status = read_setting(from);
    }
    if (status == LIMEN_OK)
        status = expect(from, YAML_DOCUMENT_END_EVENT, "unexpected text");
    if (status == LIMEN_OK)
        status = expect(from, YAML_STREAM_END_EVENT,
                        "a second document; an experiment is one");
    return status;
}

/* Takes over what was read. */
static limen_status keep(limen_settings *settings, const limen_settings *read,
                         limen_error *err)
{
    limen_status status = LIMEN_OK;

    for (size_t i = 0; status == LIMEN_OK && i < limen_setting_count(); i++) {
        const char *name = limen_setting_at(i)->name;

        if (limen_settings_is_set(read, name) &&
            !limen_settings_is_set(settings, name))
            status = limen_settings_set(settings, name,
                                        limen_settings_get(read, name), err);
    }
    return status;
}

limen_status lm_settings_load_text(limen_settings *settings, const char *text,
                                   size_t size, const char *name,
                                   limen_error *err)
{
    reader from = { .name = name, .err = err };

    if (size > FILE_MAX_BYTES)
        return lm_error_set(err, LIMEN_BAD_FILE,
                            "%.200s: an experiment file is at most 1 MiB",
                            name);
    limen_status status = limen_settings_copy(&from.settings, settings, err);
    if (status != LIMEN_OK)
        return status;
    from.seen = lm_alloc(limen_setting_count(), 1, sizeof *from.seen);
    if (from.seen == NULL || !yaml_parser_initialize(&from.parser)) {
        lm_free(from.seen);
        limen_settings_free(from.settings);
        return lm_error_no_memory(err, "reading YAML", limen_setting_count());
    }
    yaml_parser_set_input_string(&from.parser, (const unsigned char *)text,
                                 size);
    status = read_document(&from);
    yaml_event_delete(&from.event);
    yaml_parser_delete(&from.parser);
    if (status == LIMEN_OK)
        status = keep(settings, from.settings, err);
    lm_free(from.seen);
    limen_settings_free(from.settings);
    return status;
}

limen_status limen_settings_load(limen_settings *settings, const char *path,
                                 limen_error *err)
{
    unsigned char *text;
    size_t size;
    limen_status status = lm_file_read(&text, &size, path, err);

    if (status != LIMEN_OK)
        return status;
    status =
        lm_settings_load_text(settings, (const char *)text, size, path, err);
    lm_free(text);
    return status;
}
