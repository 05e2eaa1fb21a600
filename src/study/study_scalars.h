/* study_scalars.h -- the values of a study file. */
#ifndef LM_STUDY_SCALARS_H
#define LM_STUDY_SCALARS_H

#include "io/yaml.h"

#include <jansson.h>

/* A copy of the text; lm_free() it. */
limen_status lm_study_text(char **out, const lm_yaml *yaml,
                           const yaml_node_t *node, limen_error *err);
limen_status lm_study_real(double *out, const lm_yaml *yaml,
                           const yaml_node_t *node, limen_error *err);

/* A whole number from `min` to 2^53. */
limen_status lm_study_count(size_t *out, const lm_yaml *yaml,
                            const yaml_node_t *node, size_t min,
                            limen_error *err);

/* A list of them, of at least one; lm_free() it. */
limen_status lm_study_counts(size_t **out, size_t *count, const lm_yaml *yaml,
                             const yaml_node_t *node, size_t min,
                             limen_error *err);

/* A mapping of names to numbers, true or false, and text. */
limen_status lm_study_options(json_t **out, const lm_yaml *yaml,
                              const yaml_node_t *node, limen_error *err);

#endif
