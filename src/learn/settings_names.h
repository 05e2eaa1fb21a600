/* settings_names.h -- names of settings, for their readers. */
#ifndef LM_SETTINGS_NAMES_H
#define LM_SETTINGS_NAMES_H

#include "limen.h"

/* The place of a name in the table, SIZE_MAX for an unknown one. */
size_t lm_setting_index(const char *name);

/* An error that names the nearest setting. */
limen_status lm_setting_unknown(const char *name, limen_error *err);

/* Sets a value that nobody asked for: it can still be overridden. */
limen_status lm_settings_fill(limen_settings *settings, const char *name,
                              const char *text, limen_error *err);

#endif
