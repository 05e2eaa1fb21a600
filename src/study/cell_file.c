/* cell_file.c -- results of cells, read and checked. */
#include "study/study.h"

#include "base/arena.h"
#include "base/error.h"
#include "io/file.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

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
