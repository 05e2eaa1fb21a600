/* settings_yaml.h -- settings from YAML. */
#ifndef LM_SETTINGS_YAML_H
#define LM_SETTINGS_YAML_H

#include "io/yaml.h"

/* As limen_settings_load; name: what errors call the text. */
limen_status lm_settings_load_text(limen_settings *settings, const char *text,
                                   size_t size, const char *name,
                                   limen_error *err);

/* The same of a mapping that is a part of a file. */
limen_status lm_settings_read(limen_settings *settings, const lm_yaml *yaml,
                              const yaml_node_t *mapping, limen_error *err);

/* Takes over what is set in `from` and not in `settings`. */
limen_status lm_settings_inherit(limen_settings *settings,
                                 const limen_settings *from, limen_error *err);

#endif
