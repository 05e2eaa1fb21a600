/* study_dir.c -- the directory of a study: what it is, its data, its cells. */
#include "study/study.h"

#include "base/arena.h"
#include "base/error.h"
#include "io/file.h"
#include "learn/settings.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

limen_status lm_study_path(char path[LM_STUDY_PATH_MAX],
                           const limen_study *study, const char *name,
                           limen_error *err)
{
    if (snprintf(path, LM_STUDY_PATH_MAX, "%s/%s", study->dir, name) >=
        LM_STUDY_PATH_MAX)
        return lm_error_set(err, LIMEN_CANNOT_WRITE,
                            "%.80s...: the path is "
                            "too long",
                            study->dir);
    return LIMEN_OK;
}

limen_status lm_cell_path(char path[LM_STUDY_PATH_MAX],
                          const limen_study *study, size_t cell,
                          limen_error *err)
{
    char name[LM_STUDY_LABEL_MAX + 64];

    snprintf(name, sizeof name, "cells/%s.%zu.json",
             study->arm[cell % study->arms].file,
             study->seed[cell / study->arms]);
    return lm_study_path(path, study, name, err);
}

/* NULL, and value gone, if memory is out. */
static char *to_text(json_t *value)
{
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_PRESERVE_ORDER |
                                       JSON_REAL_PRECISION(10));

    json_decref(value);
    return text;
}

limen_status lm_json_write(const char *path, json_t *value, limen_error *err)
{
    char *text = to_text(value);
    limen_status status;

    if (text == NULL)
        return lm_error_no_memory(err, path, 1);
    // a text file ends with a newline: the zero byte's place has it
    const size_t bytes = strlen(text);
    text[bytes] = '\n';
    status = limen_file_write(path, text, bytes + 1, err);
    free(text);
    return status;
}

static limen_status make_dir(const char *path, limen_error *err)
{
    char part[LM_STUDY_PATH_MAX];

    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(part, 0777);
        *slash = '/';
    }
    if (mkdir(part, 0777) != 0 && errno != EEXIST)
        return lm_error_set(err, LIMEN_CANNOT_WRITE, "%.300s: %s", path,
                            strerror(errno));
    return LIMEN_OK;
}

static json_t *numbers(const size_t *list, size_t count)
{
    json_t *out = json_array();

    for (size_t k = 0; k < count; k++)
        json_array_append_new(out, json_integer((json_int_t)list[k]));
    return out;
}

/* {"gaussian": [0.1, 0.3], ...} */
static json_t *describe_conditions(const limen_study *study)
{
    json_t *out = json_object();

    for (size_t k = 0; k < study->conditions; k++) {
        const char *name = limen_corruption_at(study->condition[k].kind)->name;

        if (json_object_get(out, name) == NULL)
            json_object_set_new(out, name, json_array());
        json_array_append_new(json_object_get(out, name),
                              json_real(study->condition[k].amount));
    }
    return out;
}

/* Settings without the places of files, which may move. */
static json_t *describe_settings(const limen_settings *settings)
{
    json_t *out = json_object();

    for (size_t i = 0; i < limen_setting_count(); i++) {
        const char *name = limen_setting_at(i)->name;

        if (strcmp(name, "data") != 0 && strcmp(name, "data-dir") != 0 &&
            strcmp(name, "seed") != 0)
            json_object_set_new(
                out, name, json_string(limen_settings_get(settings, name)));
    }
    return out;
}

static json_t *describe_arms(const limen_study *study)
{
    json_t *out = json_array();

    for (size_t k = 0; k < study->arms; k++) {
        const lm_study_arm *arm = &study->arm[k];
        json_t *one =
            json_pack("{s:s, s:b, s:s}", "label", arm->label, "baseline",
                      arm->is_baseline, "file", arm->file);

        if (arm->is_baseline) {
            json_object_set(one, "options", arm->options);
        } else {
            json_object_set_new(one, "parameters",
                                json_integer((json_int_t)arm->parameters));
            json_object_set_new(one, "settings",
                                describe_settings(arm->settings));
        }
        json_array_append_new(out, one);
    }
    return out;
}

static json_t *describe(const limen_study *study)
{
    json_t *measures = json_array();
    json_t *best = json_array();

    for (size_t m = 0; m < LM_MEASURE_COUNT; m++)
        if (study->compares[m])
            json_array_append_new(measures,
                                  json_string(lm_measure_name((lm_measure)m)));
    for (size_t k = 0; k < study->best_count; k++)
        json_array_append_new(best,
                              json_string(study->arm[study->best_of[k]].label));
    return json_pack(
        "{s:s, s:s*, s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:I, "
        "s:I, s:o, s:{s:s, s:s}}",
        "study", study->name, "question", study->question, "version",
        limen_version(), "match",
        study->match_parameters ? "parameters" : "width", "reference",
        study->arm[study->reference].label, "best_of", best, "arms",
        describe_arms(study), "seeds", numbers(study->seed, study->seeds),
        "test_samples", (json_int_t)study->test_samples, "conditions",
        describe_conditions(study), "vote_steps",
        numbers(study->vote_steps, study->votes), "examples",
        numbers(study->example, study->examples), "examples_updates",
        (json_int_t)study->examples_updates, "stability",
        (json_int_t)study->stability, "measures", measures, "data", "train",
        study->train->sha256, "test", study->test->sha256);
}

limen_status limen_study_open(limen_study *study, const char *dir,
                              limen_error *err)
{
    char path[LM_STUDY_PATH_MAX];
    char cells[LM_STUDY_PATH_MAX];
    unsigned char *there = NULL;
    size_t size;
    struct stat about;
    json_t *described = describe(study);
    limen_status status = LIMEN_OK;

    if (snprintf(study->dir, sizeof study->dir, "%s", dir) >=
        LM_STUDY_PATH_MAX - 200) {
        study->dir[0] = '\0';
        json_decref(described);
        return lm_error_set(err, LIMEN_CANNOT_WRITE,
                            "%.80s...: the path is too long", dir);
    }
    status = lm_study_path(path, study, "study.json", err);
    if (status == LIMEN_OK && stat(path, &about) == 0) {
        status = lm_file_read(&there, &size, path, err);
        json_t *old = status != LIMEN_OK
                          ? NULL
                          : json_loadb((const char *)there, size, 0, NULL);
        json_t *again =
            json_loads(json_dumps(described, JSON_REAL_PRECISION(10)), 0, NULL);
        if (status == LIMEN_OK && !json_equal(old, again))
            status = lm_error_set(err, LIMEN_INCOMPATIBLE,
                                  "%.200s holds another study, or this one "
                                  "before it was changed; name another "
                                  "directory with -o",
                                  dir);
        json_decref(old);
        json_decref(again);
        lm_free(there);
        json_decref(described);
        return status;
    }
    if (status == LIMEN_OK)
        status = lm_study_path(cells, study, "cells", err);
    if (status == LIMEN_OK)
        status = make_dir(cells, err);
    if (status == LIMEN_OK)
        status = lm_json_write(path, described, err);
    else
        json_decref(described);
    return status;
}

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
        status = make_dir(path, err);
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
    json_object_set_new(all, "conditions", describe_conditions(study));
    json_object_set_new(all, "examples",
                        numbers(study->example, study->examples));
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

static limen_status wrong(const char *path, const char *what, limen_error *err)
{
    return lm_error_set(err, LIMEN_BAD_FILE,
                        "%.200s: %.120s; delete it, and it is made again", path,
                        what);
}

static bool has_accuracy(const json_t *measures)
{
    const double x = json_number_value(json_object_get(measures, "accuracy"));

    return json_is_number(json_object_get(measures, "accuracy")) && x >= 0.0 &&
           x <= 1.0;
}

static limen_status check_cell(const json_t *cell, const limen_study *study,
                               size_t i, const char *path, limen_error *err)
{
    const char *arm = json_string_value(json_object_get(cell, "arm"));
    const json_t *conditions = json_object_get(cell, "conditions");

    if (arm == NULL || strcmp(arm, study->arm[i % study->arms].label) != 0 ||
        json_integer_value(json_object_get(cell, "seed")) !=
            (json_int_t)study->seed[i / study->arms])
        return wrong(path, "it is not the cell of this arm and seed", err);
    if (!has_accuracy(json_object_get(cell, "clean")))
        return wrong(path, "it has no clean accuracy in 0 to 1", err);
    if (json_array_size(conditions) != study->conditions)
        return wrong(path, "it has not the conditions of the study", err);
    for (size_t k = 0; k < study->conditions; k++) {
        const json_t *one = json_array_get(conditions, k);
        const char *name =
            json_string_value(json_object_get(one, "corruption"));
        const double amount = json_number_value(json_object_get(one, "amount"));
        const lm_condition *wanted = &study->condition[k];

        if (name == NULL ||
            strcmp(name, limen_corruption_at(wanted->kind)->name) != 0 ||
            fabs(amount - wanted->amount) > 1e-9 * fabs(wanted->amount))
            return wrong(path, "its conditions are not in the study's order",
                         err);
        if (!has_accuracy(one))
            return wrong(path, "a condition has no accuracy in 0 to 1", err);
    }
    return LIMEN_OK;
}

limen_status lm_cell_read(json_t **out, const limen_study *study, size_t cell,
                          limen_error *err)
{
    char path[LM_STUDY_PATH_MAX];
    unsigned char *text;
    size_t size;
    limen_status status = lm_cell_path(path, study, cell, err);

    *out = NULL;
    if (status == LIMEN_OK)
        status = lm_file_read(&text, &size, path, err);
    if (status != LIMEN_OK)
        return status;
    json_t *read = json_loadb((const char *)text, size, 0, NULL);
    lm_free(text);
    status = read == NULL ? wrong(path, "it is not JSON", err)
                          : check_cell(read, study, cell, path, err);
    if (status != LIMEN_OK) {
        json_decref(read);
        return status;
    }
    *out = read;
    return LIMEN_OK;
}

limen_status limen_study_cell_done(bool *done, const limen_study *study,
                                   size_t cell, limen_error *err)
{
    char path[LM_STUDY_PATH_MAX];
    struct stat about;
    json_t *read;
    limen_status status = lm_cell_path(path, study, cell, err);

    *done = false;
    if (status != LIMEN_OK || stat(path, &about) != 0)
        return status;
    status = lm_cell_read(&read, study, cell, err);
    json_decref(read);
    *done = status == LIMEN_OK;
    return status;
}
