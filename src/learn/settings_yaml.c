/* settings_yaml.c -- an experiment file: a YAML mapping of settings.
 *
 * The table of settings is the schema: a scalar or a list of scalars for each
 * name, and every fault has its line and column.
 */
#include "learn/settings_yaml.h"

#include "base/arena.h"
#include "base/error.h"
#include "io/file.h"
#include "learn/settings_names.h"

#include <string.h>

enum { VALUE_MAX_BYTES = 4096 };

typedef struct reader {
    limen_settings *settings; /* a copy: nothing changes on failure */
    const lm_yaml *yaml;
    bool *seen; /* (limen_setting_count()) */
    limen_error *err;
} reader;

static limen_status fault(const reader *from, const yaml_node_t *at,
                          const char *what)
{
    return lm_yaml_fault(from->yaml, at, what, from->err);
}

/* Appends a scalar to a value. */
static limen_status append(const reader *from, const yaml_node_t *node,
                           char *value)
{
    const char *text = lm_yaml_text(node);
    const size_t used = strlen(value);

    if (node->type != YAML_SCALAR_NODE)
        return fault(from, node, "a list may hold plain values only");
    if (text == NULL)
        return fault(from, node, "a value has a zero byte in it");
    if (used + strlen(text) + 2 > VALUE_MAX_BYTES)
        return fault(from, node, "a value is too long");
    memcpy(value + used, text, strlen(text) + 1);
    return LIMEN_OK;
}

static limen_status read_value(const reader *from, size_t i,
                               const yaml_node_t *node, char *value)
{
    limen_status status = LIMEN_OK;

    if (node->type == YAML_SCALAR_NODE)
        return append(from, node, value);
    if (node->type != YAML_SEQUENCE_NODE)
        return fault(from, node, "a setting is a plain value or a list");
    if (limen_setting_at(i)->type != LIMEN_SETTING_LIST)
        return fault(from, node, "this setting takes one value, not a list");
    for (size_t k = 0; status == LIMEN_OK && k < lm_yaml_count(node); k++) {
        const size_t used = strlen(value);

        if (k > 0)
            memcpy(value + used, ",", 2); // append keeps room for it
        status = append(from, lm_yaml_item(from->yaml, node, k), value);
    }
    return status;
}

static limen_status read_setting(reader *from, const yaml_node_t *key,
                                 const yaml_node_t *node)
{
    const char *name = lm_yaml_text(key);
    char value[VALUE_MAX_BYTES] = "";
    limen_error why;

    if (name == NULL || strlen(name) >= 128)
        return fault(from, key, "expected the name of a setting");
    const size_t i = lm_setting_index(name);
    if (i == SIZE_MAX) {
        lm_setting_unknown(name, &why);
        return fault(from, key, why.text);
    }
    if (from->seen[i])
        return fault(from, key, "this setting was given before");
    from->seen[i] = true;

    limen_status status = read_value(from, i, node, value);
    if (status != LIMEN_OK || limen_settings_is_set(from->settings, name))
        return status;
    status = limen_settings_set(from->settings, name, value, &why);
    return status == LIMEN_BAD_VALUE ? fault(from, node, why.text)
           : status == LIMEN_OK
               ? LIMEN_OK
               : lm_error_set(from->err, status, "%s", why.text);
}

limen_status lm_settings_inherit(limen_settings *settings,
                                 const limen_settings *from, limen_error *err)
{
    limen_status status = LIMEN_OK;

    for (size_t i = 0; status == LIMEN_OK && i < limen_setting_count(); i++) {
        const char *name = limen_setting_at(i)->name;

        if (limen_settings_is_set(from, name) &&
            !limen_settings_is_set(settings, name))
            status = limen_settings_set(settings, name,
                                        limen_settings_get(from, name), err);
    }
    return status;
}

limen_status lm_settings_read(limen_settings *settings, const lm_yaml *yaml,
                              const yaml_node_t *mapping, limen_error *err)
{
    reader from = { .yaml = yaml, .err = err };
    limen_status status = limen_settings_copy(&from.settings, settings, err);

    if (status != LIMEN_OK)
        return status;
    from.seen = lm_alloc(limen_setting_count(), 1, sizeof *from.seen);
    if (from.seen == NULL)
        status = lm_error_no_memory(err, "reading YAML", limen_setting_count());
    for (size_t k = 0; status == LIMEN_OK && k < lm_yaml_count(mapping); k++)
        status = read_setting(&from, lm_yaml_key(yaml, mapping, k),
                              lm_yaml_value(yaml, mapping, k));
    if (status == LIMEN_OK)
        status = lm_settings_inherit(settings, from.settings, err);
    lm_free(from.seen);
    limen_settings_free(from.settings);
    return status;
}

limen_status lm_settings_load_text(limen_settings *settings, const char *text,
                                   size_t size, const char *name,
                                   limen_error *err)
{
    lm_yaml yaml;
    limen_status status =
        lm_yaml_read(&yaml, text, size, name, "epochs: 10", err);

    if (status != LIMEN_OK)
        return status;
    status = lm_settings_read(settings, &yaml, yaml.root, err);
    lm_yaml_free(&yaml);
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
