/* yaml.c -- libyaml's documents, with faults that name line and column. */
#include "io/yaml.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum { FILE_MAX_BYTES = 1 << 20 };

static limen_status fault_at(const char *name, yaml_mark_t at, const char *what,
                             limen_error *err)
{
    return lm_error_set(err, LIMEN_BAD_FILE, "%.200s:%zu:%zu: %.240s", name,
                        at.line + 1, at.column + 1, what);
}

limen_status lm_yaml_fault(const lm_yaml *yaml, const yaml_node_t *at,
                           const char *what, limen_error *err)
{
    return fault_at(yaml->name, at->start_mark, what, err);
}

/* The next document; its root is NULL at the end of the file. */
static limen_status load(yaml_document_t *out, yaml_parser_t *parser,
                         const char *name, limen_error *err)
{
    if (yaml_parser_load(parser, out))
        return LIMEN_OK;
    return fault_at(name, parser->problem_mark,
                    parser->problem == NULL ? "not readable as YAML"
                                            : parser->problem,
                    err);
}

static limen_status check_root(const yaml_node_t *root, const char *name,
                               const char *example, limen_error *err)
{
    const yaml_mark_t start = { 0 };
    char what[160];

    if (root == NULL) {
        snprintf(what, sizeof what, "the file is empty; write lines like `%s`",
                 example);
        return fault_at(name, start, what, err);
    }
    if (root->type != YAML_MAPPING_NODE) {
        snprintf(what, sizeof what, "expected lines like `%s`", example);
        return fault_at(name, root->start_mark, what, err);
    }
    return LIMEN_OK;
}

static limen_status check_end(yaml_parser_t *parser, const char *name,
                              limen_error *err)
{
    yaml_document_t document;
    limen_status status = load(&document, parser, name, err);

    if (status != LIMEN_OK)
        return status;
    if (yaml_document_get_root_node(&document) != NULL)
        status = fault_at(name, document.start_mark,
                          "a second document; the file is to hold one", err);
    yaml_document_delete(&document);
    return status;
}

limen_status lm_yaml_read(lm_yaml *out, const char *text, size_t size,
                          const char *name, const char *example,
                          limen_error *err)
{
    yaml_parser_t parser;

    *out = (lm_yaml){ .name = name };
    if (size > FILE_MAX_BYTES)
        return lm_error_set(err, LIMEN_BAD_FILE,
                            "%.200s: such a file is at most 1 MiB", name);
    if (!yaml_parser_initialize(&parser))
        return lm_error_no_memory(err, "reading YAML", size);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    limen_status status = load(&out->document, &parser, name, err);
    if (status == LIMEN_OK) {
        out->root = yaml_document_get_root_node(&out->document);
        status = check_root(out->root, name, example, err);
        if (status == LIMEN_OK)
            status = check_end(&parser, name, err);
        if (status != LIMEN_OK)
            lm_yaml_free(out);
    }
    yaml_parser_delete(&parser);
    return status;
}

void lm_yaml_free(lm_yaml *yaml)
{
    yaml_document_delete(&yaml->document);
    yaml->root = NULL;
}

const yaml_node_t *lm_yaml_node(const lm_yaml *yaml, int id)
{
    // libyaml's function takes what it does not change
    yaml_document_t copy = yaml->document;

    return yaml_document_get_node(&copy, id);
}

size_t lm_yaml_count(const yaml_node_t *node)
{
    if (node->type == YAML_SEQUENCE_NODE)
        return (size_t)(node->data.sequence.items.top -
                        node->data.sequence.items.start);
    if (node->type == YAML_MAPPING_NODE)
        return (size_t)(node->data.mapping.pairs.top -
                        node->data.mapping.pairs.start);
    return 0;
}

const yaml_node_t *lm_yaml_item(const lm_yaml *yaml, const yaml_node_t *node,
                                size_t k)
{
    return lm_yaml_node(yaml, node->data.sequence.items.start[k]);
}

const yaml_node_t *lm_yaml_key(const lm_yaml *yaml, const yaml_node_t *node,
                               size_t k)
{
    return lm_yaml_node(yaml, node->data.mapping.pairs.start[k].key);
}

const yaml_node_t *lm_yaml_value(const lm_yaml *yaml, const yaml_node_t *node,
                                 size_t k)
{
    return lm_yaml_node(yaml, node->data.mapping.pairs.start[k].value);
}

const char *lm_yaml_text(const yaml_node_t *node)
{
    const char *text;

    if (node->type != YAML_SCALAR_NODE)
        return NULL;
    text = (const char *)node->data.scalar.value;
    return strlen(text) == node->data.scalar.length ? text : NULL;
}
