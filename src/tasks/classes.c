/* classes.c -- the part of a set that is of some classes. */
#include "base/arena.h"
#include "base/error.h"
#include "limen.h"

#include <stdlib.h>
#include <string.h>

/* Marks the classes of a list; the text is that of a setting. */
static limen_status mark(bool *wanted, const limen_data *data, const char *text,
                         limen_error *err)
{
    for (const char *at = text; *at != '\0';) {
        char *end;
        const unsigned long c = strtoul(at, &end, 10);

        if (end == at || (*end != ',' && *end != '\0'))
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "'%.40s' is not a list of classes, like 0,1,2",
                                text);
        if (c >= data->classes)
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "there is no class %lu; %.200s has %zu", c,
                                data->source, data->classes);
        wanted[c] = true;
        at = *end == ',' ? end + 1 : end;
    }
    return LIMEN_OK;
}

limen_status limen_data_of_classes(limen_data **out, const limen_data *data,
                                   const char *classes, limen_error *err)
{
    const bool takes_all = classes[0] == '\0' || strcmp(classes, "none") == 0;
    size_t count = 0;

    *out = NULL;
    if (!takes_all && data->labels == NULL)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "%.200s has no labels to choose classes by",
                            data->source);
    bool *wanted = lm_alloc(data->classes + 1, 1, sizeof *wanted);
    size_t *index = lm_alloc(data->samples, 1, sizeof *index);
    limen_status status =
        wanted == NULL || index == NULL
            ? lm_error_no_memory(err, "a part of a set",
                                 data->samples * sizeof *index)
            : LIMEN_OK;
    if (status == LIMEN_OK && !takes_all)
        status = mark(wanted, data, classes, err);
    for (size_t k = 0; status == LIMEN_OK && k < data->samples; k++)
        if (takes_all || wanted[data->labels[k]])
            index[count++] = k;
    if (status == LIMEN_OK && count == 0)
        status = lm_error_set(err, LIMEN_BAD_VALUE,
                              "%.200s has no sample of the classes %.40s",
                              data->source, classes);
    if (status == LIMEN_OK)
        status = limen_data_select(out, data, index, count, err);
    lm_free(wanted);
    lm_free(index);
    return status;
}
