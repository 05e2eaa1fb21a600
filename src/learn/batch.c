/* batch.c -- which samples come next, gathered and counted. */
#include "learn/batch.h"

#include "base/arena.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

void lm_batch_count(const lm_batch *batch, const lm_chunk *chunk, size_t t)
{
    if (t <= batch->burn_in)
        return;
    for (size_t l = 0; l < batch->net->layers; l++) {
        const lm_state_layer *layer = &batch->state->layer[l];

        for (size_t b = chunk->first; b < chunk->first + chunk->count; b++)
            batch->kernel->count_add(batch->counts[l] + b * layer->n,
                                     layer->bits + b * layer->words, layer->n);
    }
}

static int ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

limen_status lm_epoch_order(uint32_t *order, size_t samples, uint64_t seed,
                            size_t epoch, limen_error *err)
{
    // the draw above, the sample below: ties fall in order of the sample
    uint64_t *places = lm_alloc(samples, 1, sizeof *places);

    if (places == NULL)
        return lm_error_no_memory(err, "the order of samples",
                                  samples * sizeof *places);
    for (size_t k = 0; k < samples; k++)
        places[k] =
            (uint64_t)lm_draw(seed, LM_STREAM_ORDER, epoch, 0, (uint32_t)k)
                << 32 |
            k;
    qsort(places, samples, sizeof *places, ascending);
    for (size_t k = 0; k < samples; k++)
        order[k] = (uint32_t)places[k];
    lm_free(places);
    return LIMEN_OK;
}

/* Sample k as place b's values, drawn from the mixture. */
static void corrupt_sample(limen_trainer *trainer, size_t b, size_t k)
{
    const limen_data *data = trainer->data;
    const size_t first = k * data->features;

    for (size_t j = 0; j < data->features; j++)
        trainer->plain[j] = data->bytes != NULL
                                ? (float)(data->bytes[first + j] / 255.0)
                                : data->floats[first + j];
    lm_augment_apply(&trainer->augment, trainer->floats + b * data->features,
                     trainer->plain, data->height, data->width, trainer->seed,
                     trainer->keys[b]);
}

void lm_batch_gather(limen_trainer *trainer, size_t epoch, size_t first)
{
    const limen_data *data = trainer->data;
    lm_batch *batch = &trainer->batch;
    const size_t left = data->samples - first;

    batch->samples = left < trainer->batch_size ? left : trainer->batch_size;
    for (size_t b = 0; b < batch->samples; b++) {
        const size_t k = trainer->order[first + b];

        trainer->labels[b] = data->labels[k];
        trainer->keys[b] = lm_augment_key(epoch, k);
        if (trainer->augment.items > 0)
            corrupt_sample(trainer, b, k);
        else if (data->bytes != NULL)
            memcpy(trainer->bytes + b * data->features,
                   data->bytes + k * data->features, data->features);
        else
            memcpy(trainer->floats + b * data->features,
                   data->floats + k * data->features,
                   data->features * sizeof *data->floats);
    }
    batch->input = (limen_input){
        .bytes = trainer->bytes,
        .floats = trainer->floats,
        .scale = trainer->scale,
        .samples = batch->samples,
        .frames = 1,
        .hold = 1,
        .encoder = trainer->encoder,
        .keys = trainer->keys,
    };
    const int64_t entries = (int64_t)trainer->train_steps_count;
    batch->steps =
        (size_t)trainer
            ->train_steps[(int64_t)epoch * entries / (int64_t)trainer->epochs];

    limen_state_reset(batch->state);
    batch->state->samples = batch->samples;
    for (size_t l = 0; l < batch->net->layers; l++)
        memset(batch->counts[l], 0,
               batch->room * batch->net->units[l] * sizeof(uint32_t));
}
