/* settings.h -- typed reading of settings that are known to exist. */
#ifndef LM_SETTINGS_H
#define LM_SETTINGS_H

#include "limen.h"

/* name must be in the table with the type read, and not be "auto": a bug
 * otherwise. */
bool lm_settings_bool(const limen_settings *settings, const char *name);
int64_t lm_settings_int(const limen_settings *settings, const char *name);
double lm_settings_real(const limen_settings *settings, const char *name);
const char *lm_settings_text(const limen_settings *settings, const char *name);

/* The position of a CHOICE among its choices, from 0. */
size_t lm_settings_choice(const limen_settings *settings, const char *name);

/* Entries of a LIST; *count of them.  Valid until the setting changes. */
const int64_t *lm_settings_list(const limen_settings *settings,
                                const char *name, size_t *count);

#endif
