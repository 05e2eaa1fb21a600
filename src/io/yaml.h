/* yaml.h -- a YAML file as a tree whose nodes know their place. */
#ifndef LM_YAML_H
#define LM_YAML_H

#include "limen.h"

#include <yaml.h>

typedef struct lm_yaml {
    yaml_document_t document;
    const char *name;        /* what errors call the file; the caller's */
    const yaml_node_t *root; /* a mapping */
} lm_yaml;

/* Reads one document that is a mapping, of at most 1 MiB.  example: a line of
 * such a file, for errors. */
limen_status lm_yaml_read(lm_yaml *out, const char *text, size_t size,
                          const char *name, const char *example,
                          limen_error *err);
void lm_yaml_free(lm_yaml *yaml);

/* An error "FILE:LINE:COLUMN: <what>". */
limen_status lm_yaml_fault(const lm_yaml *yaml, const yaml_node_t *at,
                           const char *what, limen_error *err);

const yaml_node_t *lm_yaml_node(const lm_yaml *yaml, int id);

/* Entries of a sequence, pairs of a mapping, 0 of a scalar. */
size_t lm_yaml_count(const yaml_node_t *node);
const yaml_node_t *lm_yaml_item(const lm_yaml *yaml, const yaml_node_t *node,
                                size_t k);
const yaml_node_t *lm_yaml_key(const lm_yaml *yaml, const yaml_node_t *node,
                               size_t k);
const yaml_node_t *lm_yaml_value(const lm_yaml *yaml, const yaml_node_t *node,
                                 size_t k);

/* A scalar's text; NULL for another node, or one with a zero byte in it. */
const char *lm_yaml_text(const yaml_node_t *node);

#endif
