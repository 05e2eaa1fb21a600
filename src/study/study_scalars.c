/* study_scalars.c -- texts, numbers and lists of a study file. */
#include "study/study_scalars.h"

#include "base/arena.h"
#include "base/error.h"
#include "study/study.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

limen_status lm_study_text(char **out, const lm_yaml *yaml,
                           const yaml_node_t *node, limen_error *err)
{
    const char *text = lm_yaml_text(node);

    if (text == NULL || text[0] == '\0')
        return lm_yaml_fault(yaml, node, "expected a text", err);
    *out = lm_alloc(strlen(text) + 1, 1, 1);
    if (*out == NULL)
        return lm_error_no_memory(err, "a text", strlen(text) + 1);
    memcpy(*out, text, strlen(text) + 1);
    return LIMEN_OK;
}

/* Whether a text is a number as JSON writes it. */
static bool is_number(const char *text, double *out)
{
    char *end;

    if (text == NULL || text[0] == '\0' ||
        strspn(text, "0123456789+-.eE") != strlen(text))
        return false;
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out);
}

limen_status lm_study_real(double *out, const lm_yaml *yaml,
                           const yaml_node_t *node, limen_error *err)
{
    return is_number(lm_yaml_text(node), out)
               ? LIMEN_OK
               : lm_yaml_fault(yaml, node, "expected a number", err);
}

limen_status lm_study_count(size_t *out, const lm_yaml *yaml,
                            const yaml_node_t *node, size_t min,
                            limen_error *err)
{
    const double most = 9007199254740992.0;
    double x = 0.0;
    char what[80];

    if (!is_number(lm_yaml_text(node), &x) || x != floor(x))
        return lm_yaml_fault(yaml, node, "expected a whole number", err);
    snprintf(what, sizeof what, "%.15g is not in %zu to %.15g", x, min, most);
    if (x < (double)min || x > most)
        return lm_yaml_fault(yaml, node, what, err);
    *out = (size_t)x;
    return LIMEN_OK;
}

limen_status lm_study_counts(size_t **out, size_t *count, const lm_yaml *yaml,
                             const yaml_node_t *node, size_t min,
                             limen_error *err)
{
    const size_t items = lm_yaml_count(node);
    limen_status status = LIMEN_OK;

    if (node->type != YAML_SEQUENCE_NODE || items == 0 ||
        items > LM_STUDY_LIST_MAX)
        return lm_yaml_fault(yaml, node,
                             "expected a list of 1 to 1000 whole numbers, as "
                             "[1, 2, 3]",
                             err);
    *out = lm_alloc(items, 1, sizeof **out);
    if (*out == NULL)
        return lm_error_no_memory(err, "a list", items * sizeof **out);
    for (size_t k = 0; status == LIMEN_OK && k < items; k++)
        status = lm_study_count(&(*out)[k], yaml, lm_yaml_item(yaml, node, k),
                                min, err);
    *count = items;
    return status;
}

static json_t *scalar(const yaml_node_t *node)
{
    const char *text = lm_yaml_text(node);
    double x;

    if (text == NULL)
        return NULL;
    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return json_string(text);
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return json_boolean(text[0] == 't');
    if (!is_number(text, &x))
        return json_string(text);
    return x == floor(x) && fabs(x) < 9e15 && strpbrk(text, ".eE") == NULL
               ? json_integer((json_int_t)x)
               : json_real(x);
}

limen_status lm_study_options(json_t **out, const lm_yaml *yaml,
                              const yaml_node_t *node, limen_error *err)
{
    *out = json_object();
    for (size_t k = 0; k < lm_yaml_count(node); k++) {
        const yaml_node_t *key = lm_yaml_key(yaml, node, k);
        const yaml_node_t *value = lm_yaml_value(yaml, node, k);
        const char *name = lm_yaml_text(key);

        if (name == NULL || json_object_get(*out, name) != NULL)
            return lm_yaml_fault(yaml, key,
                                 "expected an option's name, each once", err);
        if (json_object_set_new(*out, name, scalar(value)) != 0)
            return lm_yaml_fault(yaml, value,
                                 "an option is a number, true, false or a "
                                 "text",
                                 err);
    }
    return LIMEN_OK;
}
