/* settings_yaml.h -- experiment files from memory. */
#ifndef LM_SETTINGS_YAML_H
#define LM_SETTINGS_YAML_H

#include "limen.h"

/* As limen_settings_load; name: what errors call the text. */
limen_status lm_settings_load_text(limen_settings *settings, const char *text,
                                   size_t size, const char *name,
                                   limen_error *err);

#endif
