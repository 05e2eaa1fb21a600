/* corrupt_data.c -- corruptions of whole sets. */
#include "base/arena.h"
#include "base/error.h"
#include "tasks/augment.h"

#include <string.h>

/* A copy whose values are floats. */
static limen_status copy_as_floats(limen_data **out, const limen_data *data,
                                   limen_error *err)
{
    limen_status status;
    size_t *rows = lm_alloc(data->samples, 1, sizeof *rows);

    if (rows == NULL)
        return lm_error_no_memory(err, "a set", data->samples * sizeof *rows);
    for (size_t b = 0; b < data->samples; b++)
        rows[b] = b;
    status = limen_data_select(out, data, rows, data->samples, err);
    lm_free(rows);
    if (status != LIMEN_OK || (*out)->floats != NULL)
        return status;
    (*out)->floats =
        lm_alloc(data->samples, data->features, sizeof *(*out)->floats);
    if ((*out)->floats == NULL) {
        limen_data_free(*out);
        *out = NULL;
        return lm_error_no_memory(err, "a set of floats",
                                  data->samples * data->features * 4);
    }
    for (size_t k = 0; k < data->samples * data->features; k++)
        (*out)->floats[k] = (float)((*out)->bytes[k] / 255.0);
    lm_free((*out)->bytes);
    (*out)->bytes = NULL;
    return LIMEN_OK;
}

/* What is done to each sample: one corruption, or a draw from a mixture. */
typedef struct treatment {
    const lm_augment *augment; /* or NULL */
    size_t index;
    double amount;
    size_t epoch; /* of the mixture */
    uint64_t seed;
} treatment;

static void treat(float *to, const float *from, const limen_data *data,
                  const treatment *how, size_t b)
{
    if (how->augment == NULL)
        limen_corrupt(to, from, data->height, data->width, how->index,
                      how->amount, how->seed, b);
    else
        lm_augment_apply(how->augment, to, from, data->height, data->width,
                         how->seed, lm_augment_key(how->epoch, b));
}

static limen_status treat_all(limen_data **out, const limen_data *data,
                              const treatment *how, limen_error *err)
{
    limen_data *copy;
    limen_status status = copy_as_floats(&copy, data, err);

    if (status != LIMEN_OK)
        return status;
    float *before = lm_alloc(data->features, 1, sizeof *before);
    if (before == NULL) {
        limen_data_free(copy);
        return lm_error_no_memory(err, "an image", data->features * 4);
    }
    for (size_t b = 0; b < data->samples; b++) {
        float *x = copy->floats + b * data->features;

        memcpy(before, x, data->features * sizeof *before);
        treat(x, before, data, how, b);
    }
    lm_free(before);
    *out = copy;
    return LIMEN_OK;
}

limen_status limen_data_corrupt(limen_data **out, const limen_data *data,
                                size_t index, double amount, uint64_t seed,
                                limen_error *err)
{
    const treatment how = { .index = index, .amount = amount, .seed = seed };
    const limen_status status = limen_corruption_check(index, amount, err);

    *out = NULL;
    return status == LIMEN_OK ? treat_all(out, data, &how, err) : status;
}

limen_status limen_data_augment(limen_data **out, const limen_data *data,
                                const char *mixture, const char *without,
                                size_t epoch, uint64_t seed, limen_error *err)
{
    lm_augment augment;
    const treatment how = { .augment = &augment, .epoch = epoch, .seed = seed };
    const limen_status status =
        lm_augment_parse(&augment, mixture, without, err);

    *out = NULL;
    if (status != LIMEN_OK)
        return status;
    if (augment.items == 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "augment: '%.60s' changes nothing; give mix, or "
                            "items like none,gaussian:0-0.5,rectangle",
                            mixture);
    if (data->samples > UINT32_MAX)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "%zu samples are more than 2^32", data->samples);
    return treat_all(out, data, &how, err);
}
