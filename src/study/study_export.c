/* study_export.c -- what a baseline's script is given. */
#include "study/study.h"

#include "base/error.h"
#include "learn/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static limen_status save_once(const char *path, const limen_data *data,
                              limen_error *err)
{
    struct stat about;

    return data == NULL || stat(path, &about) == 0
               ? LIMEN_OK
               : limen_data_save(path, data, err);
}

static limen_status data_path(char path[LM_STUDY_PATH_MAX],
                              const limen_study *study, size_t cell,
                              const char *name, limen_error *err)
{
    char place[100];

    snprintf(place, sizeof place, "data/seed-%zu%s%s",
             study->seed[cell / study->arms], name[0] == '\0' ? "" : "/", name);
    return lm_study_path(path, study, place, err);
}

static limen_status save_examples(const limen_study *study, size_t cell,
                                  limen_error *err)
{
    char path[LM_STUDY_PATH_MAX];
    char name[64];
    limen_status status = LIMEN_OK;

    for (size_t k = 0; status == LIMEN_OK && k < study->examples; k++) {
        limen_data *few = NULL;

        snprintf(name, sizeof name, "train-%zu.npz", study->example[k]);
        status = data_path(path, study, cell, name, err);
        if (status == LIMEN_OK)
            status = lm_study_examples(&few, study, cell / study->arms,
                                       study->example[k], err);
        if (status == LIMEN_OK)
            status = save_once(path, few, err);
        limen_data_free(few);
    }
    return status;
}

limen_status limen_study_export(const limen_study *study, size_t cell,
                                limen_error *err)
{
    static const char *const names[] = { "train.npz", "validation.npz",
                                         "test.npz" };
    char path[LM_STUDY_PATH_MAX];
    lm_study_data data = { 0 };
    limen_status status = data_path(path, study, cell, "", err);

    if (status == LIMEN_OK)
        status = lm_make_dir(path, err);
    if (status == LIMEN_OK)
        status = lm_study_data_new(&data, study, cell / study->arms, err);
    const limen_data *const sets[] = { data.train, data.validation, data.test };
    for (size_t k = 0; status == LIMEN_OK && k < 3; k++) {
        status = data_path(path, study, cell, names[k], err);
        if (status == LIMEN_OK)
            status = save_once(path, sets[k], err);
    }
    if (status == LIMEN_OK)
        status = save_examples(study, cell, err);
    lm_study_data_free(&data);
    return status;
}

/* A setting as the JSON that its text is. */
static json_t *setting_json(const limen_settings *settings, const char *name)
{
    const char *text = limen_settings_get(settings, name);

    for (size_t i = 0; i < limen_setting_count(); i++) {
        const limen_setting_info *info = limen_setting_at(i);

        if (strcmp(info->name, name) != 0)
            continue;
        if (info->type == LIMEN_SETTING_INT)
            return json_integer(strtoll(text, NULL, 10));
        if (info->type == LIMEN_SETTING_REAL)
            return json_real(strtod(text, NULL));
        if (info->type == LIMEN_SETTING_LIST) {
            size_t count;
            const int64_t *list = lm_settings_list(settings, name, &count);
            json_t *out = json_array();

            for (size_t k = 0; k < count; k++)
                json_array_append_new(out, json_integer(list[k]));
            return out;
        }
    }
    return json_string(text);
}

const char *limen_study_options(limen_study *study, size_t cell)
{
    static const char *const told[] = { "hidden", "epochs",  "batch",
                                        "steps",  "augment", "augment-without",
                                        "balance" };
    const lm_study_arm *arm = &study->arm[cell % study->arms];
    json_t *all = json_deep_copy(arm->options);

    for (size_t k = 0; k < sizeof told / sizeof *told; k++)
        if (json_object_get(all, told[k]) == NULL)
            json_object_set_new(all, told[k],
                                setting_json(arm->settings, told[k]));
    if (json_object_get(all, "learning-rate") == NULL)
        json_object_set_new(all, "learning-rate",
                            limen_settings_is_set(study->base, "learning-rate")
                                ? setting_json(study->base, "learning-rate")
                                : json_null());
    json_object_set_new(all, "conditions", lm_json_conditions(study));
    json_object_set_new(all, "examples",
                        lm_json_counts(study->example, study->examples));
    json_object_set_new(all, "examples-updates",
                        json_integer((json_int_t)study->examples_updates));
    json_object_set_new(all, "classes",
                        json_integer((json_int_t)study->train->classes));
    json_object_set_new(
        all, "test-seed",
        json_integer((json_int_t)study->seed[cell / study->arms]));
    free(study->options_text);
    study->options_text = json_dumps(all, JSON_COMPACT | JSON_PRESERVE_ORDER |
                                              JSON_REAL_PRECISION(10));
    json_decref(all);
    return study->options_text;
}

const char *limen_study_script(const limen_study *study)
{
    return study->script;
}
