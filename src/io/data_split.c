/* data_split.c -- which samples are trained on and which are held out. */
#include "base/arena.h"
#include "base/error.h"
#include "base/rng.h"
#include "io/data_split.h"

#include <stdlib.h>

typedef struct place {
    uint32_t draw;
    size_t sample;
} place;

static int by_draw(const void *a, const void *b)
{
    const place *x = a;
    const place *y = b;

    if (x->draw != y->draw)
        return x->draw < y->draw ? -1 : 1;
    return (x->sample > y->sample) - (x->sample < y->sample);
}

limen_status lm_data_order(size_t *order, size_t samples, uint64_t seed,
                           uint64_t key, limen_error *err)
{
    place *places = lm_alloc(samples, 1, sizeof *places);

    if (places == NULL)
        return lm_error_no_memory(err, "the split", samples * sizeof *places);
    for (size_t k = 0; k < samples; k++)
        places[k] =
            (place){ lm_draw(seed, LM_STREAM_SPLIT, key, 0, (uint32_t)k), k };
    qsort(places, samples, sizeof *places, by_draw);
    for (size_t k = 0; k < samples; k++)
        order[k] = places[k].sample;
    lm_free(places);
    return LIMEN_OK;
}

limen_status limen_data_split(limen_data **train, limen_data **held,
                              const limen_data *data, size_t train_samples,
                              size_t held_samples, uint64_t seed,
                              limen_error *err)
{
    *train = NULL;
    *held = NULL;
    if (held_samples >= data->samples)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "validation: %zu leaves nothing of %zu samples to "
                            "train on",
                            held_samples, data->samples);
    const size_t left = data->samples - held_samples;
    if (train_samples > left)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "train-samples: %zu are more than the %zu there "
                            "are beside validation",
                            train_samples, left);
    size_t *order = lm_alloc(data->samples, 1, sizeof *order);
    if (order == NULL)
        return lm_error_no_memory(err, "the split",
                                  data->samples * sizeof *order);
    // where all are trained on, sample k stays the file's k
    const bool is_drawn =
        held_samples > 0 || (train_samples > 0 && train_samples < left);
    limen_status status = LIMEN_OK;
    for (size_t k = 0; k < data->samples; k++)
        order[k] = k;
    if (is_drawn)
        status = lm_data_order(order, data->samples, seed, 0, err);
    if (status == LIMEN_OK && held_samples > 0)
        status = limen_data_select(held, data, order, held_samples, err);
    if (status == LIMEN_OK)
        status =
            limen_data_select(train, data, order + held_samples,
                              train_samples == 0 ? left : train_samples, err);
    lm_free(order);
    if (status != LIMEN_OK) {
        limen_data_free(*held);
        *held = NULL;
    }
    return status;
}
