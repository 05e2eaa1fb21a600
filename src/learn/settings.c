/* settings.c -- settings by name: kept as text, checked when set. */
#include "learn/settings.h"

#include "base/arena.h"
#include "base/error.h"
#include "learn/settings_names.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 256, TEXT_MAX_BYTES = 4096 };

typedef struct value {
    char *text;
    int64_t *list; /* LIST only */
    size_t count;
    bool is_set;
} value;

struct limen_settings {
    value *value; /* (limen_setting_count()) */
};

static bool is_auto(const limen_setting_info *info, const char *text)
{
    return strcmp(info->initial, "auto") == 0 && strcmp(text, "auto") == 0;
}

static char *copy_text(const char *text)
{
    const size_t bytes = strlen(text) + 1;
    char *copy = lm_alloc(bytes, 1, 1);

    if (copy != NULL)
        memcpy(copy, text, bytes);
    return copy;
}

size_t lm_setting_index(const char *name)
{
    for (size_t i = 0; i < limen_setting_count(); i++)
        if (strcmp(limen_setting_at(i)->name, name) == 0)
            return i;
    return SIZE_MAX;
}

/* The number of insertions, deletions and changes between two names. */
static size_t edit_distance(const char *a, const char *b)
{
    enum { LONGEST = 63 };
    size_t row[LONGEST + 1];
    const size_t n = strnlen(b, LONGEST);

    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t corner = row[0];

        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            const size_t change = corner + (a[i - 1] != b[j - 1]);
            const size_t add = row[j] < row[j - 1] ? row[j] : row[j - 1];

            corner = row[j];
            row[j] = change < add + 1 ? change : add + 1;
        }
    }
    return row[n];
}

limen_status lm_setting_unknown(const char *name, limen_error *err)
{
    const char *nearest = NULL;
    size_t least = 4; // farther names are no help

    for (size_t i = 0; i < limen_setting_count(); i++) {
        const size_t far = edit_distance(name, limen_setting_at(i)->name);

        if (far < least) {
            least = far;
            nearest = limen_setting_at(i)->name;
        }
    }
    if (nearest != NULL)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "there is no setting '%.60s'; did you mean '%s'?",
                            name, nearest);
    return lm_error_set(err, LIMEN_BAD_VALUE,
                        "there is no setting '%.60s'; `limen help train` "
                        "lists them",
                        name);
}

static const char *unit_of(const limen_setting_info *info)
{
    return info->unit[0] == '\0' ? "" : info->unit;
}

static limen_status check_range(const limen_setting_info *info, double x,
                                const char *text, limen_error *err)
{
    const char *space = info->unit[0] == '\0' ? "" : " ";

    if (x < info->min)
        return lm_error_set(err, LIMEN_BAD_VALUE, "%s: %s is below %.15g%s%s",
                            info->name, text, info->min, space, unit_of(info));
    if (x > info->max)
        return lm_error_set(err, LIMEN_BAD_VALUE, "%s: %s is above %.15g%s%s",
                            info->name, text, info->max, space, unit_of(info));
    return LIMEN_OK;
}

static limen_status check_real(const limen_setting_info *info, const char *text,
                               limen_error *err)
{
    char *end;
    const double x = strtod(text, &end);

    if (end == text || *end != '\0' || !isfinite(x) ||
        strpbrk(text, "xXnN \t\n") != NULL)
        return lm_error_set(err, LIMEN_BAD_VALUE, "%s: '%.40s' is not a number",
                            info->name, text);
    return check_range(info, x, text, err);
}

static limen_status parse_int(int64_t *out, const limen_setting_info *info,
                              const char *text, limen_error *err)
{
    char *end;

    errno = 0;
    const long long x = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || strpbrk(text, " \t\n") != NULL)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "%s: '%.40s' is not a whole number", info->name,
                            text);
    *out = x;
    if (errno == ERANGE)
        return lm_error_set(err, LIMEN_BAD_VALUE, "%s: %.40s is too large",
                            info->name, text);
    return check_range(info, (double)x, text, err);
}

static limen_status parse_list(value *to, const limen_setting_info *info,
                               const char *text, limen_error *err)
{
    char item[64];
    limen_status status = LIMEN_OK;

    to->list = lm_alloc(LIST_MAX, 1, sizeof *to->list);
    if (to->list == NULL)
        return lm_error_no_memory(err, "a list", LIST_MAX);
    if (text[0] == '\0' || strcmp(text, "none") == 0)
        return LIMEN_OK;
    for (const char *from = text; status == LIMEN_OK;) {
        const size_t bytes = strcspn(from, ",");

        if (bytes >= sizeof item || to->count == LIST_MAX)
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "%s: '%.40s' is too long a list", info->name,
                                text);
        memcpy(item, from, bytes);
        item[bytes] = '\0';
        status = parse_int(&to->list[to->count++], info, item, err);
        if (from[bytes] == '\0')
            break;
        from += bytes + 1;
    }
    return status;
}

/* The place of `text` among choices, or SIZE_MAX. */
static size_t choice_of(const char *choices, const char *text)
{
    const size_t bytes = strlen(text);
    size_t place = 0;

    for (const char *at = choices;; place++) {
        const size_t length = strcspn(at, "|");

        if (length == bytes && strncmp(at, text, length) == 0)
            return place;
        if (at[length] == '\0')
            return SIZE_MAX;
        at += length + 1;
    }
}

static limen_status check_bool(const limen_setting_info *info, const char *text,
                               limen_error *err)
{
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return LIMEN_OK;
    return lm_error_set(err, LIMEN_BAD_VALUE,
                        "%s: '%.40s' is neither true nor false", info->name,
                        text);
}

/* Checks the text and fills all of *to but text and is_set. */
static limen_status parse(value *to, const limen_setting_info *info,
                          const char *text, limen_error *err)
{
    int64_t number;

    if (strlen(text) > TEXT_MAX_BYTES)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "%s: the value is longer than %d bytes", info->name,
                            TEXT_MAX_BYTES);
    if (is_auto(info, text))
        return LIMEN_OK;
    switch (info->type) {
    case LIMEN_SETTING_BOOL:
        return check_bool(info, text, err);
    case LIMEN_SETTING_INT:
        return parse_int(&number, info, text, err);
    case LIMEN_SETTING_REAL:
        return check_real(info, text, err);
    case LIMEN_SETTING_LIST:
        return parse_list(to, info, text, err);
    case LIMEN_SETTING_CHOICE:
        if (choice_of(info->choices, text) == SIZE_MAX)
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "%s: '%.40s' is not one of %s", info->name,
                                text, info->choices);
        return LIMEN_OK;
    case LIMEN_SETTING_TEXT:
        return LIMEN_OK;
    }
    return LIMEN_OK;
}

static limen_status assign(limen_settings *settings, size_t i, const char *text,
                           bool is_set, limen_error *err)
{
    value to = { .is_set = is_set };
    limen_status status = parse(&to, limen_setting_at(i), text, err);

    if (status == LIMEN_OK) {
        to.text = copy_text(text);
        if (to.text == NULL)
            status = lm_error_no_memory(err, "a setting", strlen(text) + 1);
    }
    if (status != LIMEN_OK) {
        lm_free(to.list);
        return status;
    }
    lm_free(settings->value[i].text);
    lm_free(settings->value[i].list);
    settings->value[i] = to;
    return LIMEN_OK;
}

limen_status limen_settings_new(limen_settings **out, limen_error *err)
{
    limen_settings *settings = lm_alloc(1, 1, sizeof *settings);
    limen_status status = LIMEN_OK;

    *out = NULL;
    if (settings != NULL)
        settings->value =
            lm_alloc(limen_setting_count(), 1, sizeof *settings->value);
    if (settings == NULL || settings->value == NULL)
        status = lm_error_no_memory(err, "the settings",
                                    limen_setting_count() * sizeof(value));
    for (size_t i = 0; status == LIMEN_OK && i < limen_setting_count(); i++)
        status = assign(settings, i, limen_setting_at(i)->initial, false, err);
    if (status != LIMEN_OK) {
        limen_settings_free(settings);
        return status;
    }
    *out = settings;
    return LIMEN_OK;
}

limen_status limen_settings_copy(limen_settings **out,
                                 const limen_settings *settings,
                                 limen_error *err)
{
    limen_settings *copy;
    limen_status status = limen_settings_new(&copy, err);

    *out = NULL;
    for (size_t i = 0; status == LIMEN_OK && i < limen_setting_count(); i++)
        status = assign(copy, i, settings->value[i].text,
                        settings->value[i].is_set, err);
    if (status != LIMEN_OK) {
        limen_settings_free(copy);
        return status;
    }
    *out = copy;
    return LIMEN_OK;
}

void limen_settings_free(limen_settings *settings)
{
    if (settings == NULL)
        return;
    for (size_t i = 0; settings->value != NULL && i < limen_setting_count();
         i++) {
        lm_free(settings->value[i].text);
        lm_free(settings->value[i].list);
    }
    lm_free(settings->value);
    lm_free(settings);
}

limen_status limen_settings_set(limen_settings *settings, const char *name,
                                const char *value_text, limen_error *err)
{
    const size_t i = lm_setting_index(name);

    if (i == SIZE_MAX)
        return lm_setting_unknown(name, err);
    return assign(settings, i, value_text, true, err);
}

limen_status lm_settings_fill(limen_settings *settings, const char *name,
                              const char *text, limen_error *err)
{
    return assign(settings, lm_setting_index(name), text, false, err);
}

const char *limen_settings_get(const limen_settings *settings, const char *name)
{
    const size_t i = lm_setting_index(name);

    return i == SIZE_MAX ? NULL : settings->value[i].text;
}

bool limen_settings_is_set(const limen_settings *settings, const char *name)
{
    const size_t i = lm_setting_index(name);

    return i != SIZE_MAX && settings->value[i].is_set;
}

static const value *known(const limen_settings *settings, const char *name,
                          limen_setting_type type)
{
    const size_t i = lm_setting_index(name);

    assert(i != SIZE_MAX && limen_setting_at(i)->type == type);
    assert(!is_auto(limen_setting_at(i), settings->value[i].text));
    (void)type;
    return &settings->value[i];
}

bool lm_settings_bool(const limen_settings *settings, const char *name)
{
    return strcmp(known(settings, name, LIMEN_SETTING_BOOL)->text, "true") == 0;
}

int64_t lm_settings_int(const limen_settings *settings, const char *name)
{
    return strtoll(known(settings, name, LIMEN_SETTING_INT)->text, NULL, 10);
}

double lm_settings_real(const limen_settings *settings, const char *name)
{
    return strtod(known(settings, name, LIMEN_SETTING_REAL)->text, NULL);
}

const char *lm_settings_text(const limen_settings *settings, const char *name)
{
    return known(settings, name, LIMEN_SETTING_TEXT)->text;
}

size_t lm_settings_choice(const limen_settings *settings, const char *name)
{
    const value *chosen = known(settings, name, LIMEN_SETTING_CHOICE);

    return choice_of(limen_setting_at(lm_setting_index(name))->choices,
                     chosen->text);
}

const int64_t *lm_settings_list(const limen_settings *settings,
                                const char *name, size_t *count)
{
    const value *list = known(settings, name, LIMEN_SETTING_LIST);

    *count = list->count;
    return list->list;
}
