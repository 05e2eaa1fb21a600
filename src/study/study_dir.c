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

limen_status lm_make_dir(const char *path, limen_error *err)
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

json_t *lm_json_counts(const size_t *list, size_t count)
{
    json_t *out = json_array();

    for (size_t k = 0; k < count; k++)
        json_array_append_new(out, json_integer((json_int_t)list[k]));
    return out;
}

json_t *lm_json_conditions(const limen_study *study)
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
    if (study->compares_stability)
        json_array_append_new(measures, json_string("stability"));
    for (size_t k = 0; k < study->best_count; k++)
        json_array_append_new(best,
                              json_string(study->arm[study->best_of[k]].label));
    return json_pack(
        "{s:s, s:s*, s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:I, "
        "s:I, s:I, s:o, s:{s:s, s:s}}",
        "study", study->name, "question", study->question, "version",
        limen_version(), "match",
        study->match_parameters ? "parameters" : "width", "reference",
        study->arm[study->reference].label, "best_of", best, "arms",
        describe_arms(study), "seeds",
        lm_json_counts(study->seed, study->seeds), "test_samples",
        (json_int_t)study->test_samples, "conditions",
        lm_json_conditions(study), "vote_steps",
        lm_json_counts(study->vote_steps, study->votes), "examples",
        lm_json_counts(study->example, study->examples), "examples_updates",
        (json_int_t)study->examples_updates, "stability",
        (json_int_t)study->stability, "stability_steps",
        (json_int_t)study->stability_steps, "measures", measures, "data",
        "train", study->train->sha256, "test", study->test->sha256);
}

/* Whether the study described in a file is this one. */
static limen_status check_described(const char *path, const char *dir,
                                    json_t *described, limen_error *err)
{
    unsigned char *there = NULL;
    size_t size;
    char *text = to_text(json_incref(described));
    limen_status status = lm_file_read(&there, &size, path, err);

    if (status == LIMEN_OK && text == NULL)
        status = lm_error_no_memory(err, path, 1);
    // a newline follows in the file
    if (status == LIMEN_OK &&
        (size != strlen(text) + 1 || memcmp(there, text, strlen(text)) != 0))
        status = lm_error_set(err, LIMEN_INCOMPATIBLE,
                              "%.200s holds another study, or this one before "
                              "it was changed; name another directory with -o",
                              dir);
    lm_free(there);
    free(text);
    return status;
}

limen_status limen_study_open(limen_study *study, const char *dir,
                              limen_error *err)
{
    char path[LM_STUDY_PATH_MAX];
    char cells[LM_STUDY_PATH_MAX];
    struct stat about;

    if (strlen(dir) >= LM_STUDY_PATH_MAX - 200)
        return lm_error_set(err, LIMEN_CANNOT_WRITE,
                            "%.80s...: the path is too long", dir);
    snprintf(study->dir, sizeof study->dir, "%s", dir);
    json_t *described = describe(study);
    limen_status status = lm_study_path(path, study, "study.json", err);
    if (status == LIMEN_OK)
        status = lm_study_path(cells, study, "cells", err);
    if (status == LIMEN_OK && stat(path, &about) == 0) {
        status = check_described(path, dir, described, err);
        json_decref(described);
        return status;
    }
    if (status == LIMEN_OK)
        status = lm_make_dir(cells, err);
    if (status == LIMEN_OK)
        status = lm_json_write(path, json_incref(described), err);
    json_decref(described);
    return status;
}
