/* checkpoint.c -- the whole state of a trainer, so that going on from it ends
 * with the same bytes.
 *
 * A checkpoint is a model file with the optimiser's arrays, the sums of the
 * epoch so far and the position beside it.  Doubles are kept as arrays, not as
 * text.  Order and noise need not be kept: they are functions of the seed.
 */
#include "base/arena.h"
#include "base/error.h"
#include "learn/model_file.h"
#include "learn/trainer.h"

#include <string.h>

enum { REALS = 5, COUNTS = 9 };

static void pack(const limen_trainer *trainer, double *reals, uint64_t *counts)
{
    const lm_epoch_sums *sums = &trainer->sums;
    const double r[REALS] = { sums->loss, sums->norm, trainer->learning_rate,
                              trainer->optimiser.power1,
                              trainer->optimiser.power2 };
    const uint64_t c[COUNTS] = { trainer->done,
                                 trainer->optimiser.done,
                                 sums->samples,
                                 sums->correct,
                                 sums->ties,
                                 sums->batches,
                                 sums->spike_steps,
                                 trainer->data->samples,
                                 trainer->parameters.count };

    memcpy(reals, r, sizeof r);
    memcpy(counts, c, sizeof c);
}

static void unpack(limen_trainer *trainer, const double *reals,
                   const uint64_t *counts)
{
    lm_epoch_sums *sums = &trainer->sums;

    sums->loss = reals[0];
    sums->norm = reals[1];
    trainer->learning_rate = reals[2];
    trainer->optimiser.power1 = reals[3];
    trainer->optimiser.power2 = reals[4];
    trainer->done = (size_t)counts[0];
    trainer->optimiser.done = (size_t)counts[1];
    sums->samples = counts[2];
    sums->correct = counts[3];
    sums->ties = counts[4];
    sums->batches = counts[5];
    sums->spike_steps = counts[6];
}

/* The rule's own memory. */
static double *rule_memory(const limen_trainer *trainer, size_t *count)
{
    *count = 0;
    return trainer->rule->memory == NULL
               ? NULL
               : trainer->rule->memory(trainer->self, count);
}

static limen_status add_all(lm_tensors *tensors, const limen_trainer *trainer,
                            const double *reals, const uint64_t *counts,
                            limen_error *err)
{
    const lm_optimiser *optimiser = &trainer->optimiser;
    const size_t parameters = trainer->parameters.count;
    size_t memories;
    const double *memory = rule_memory(trainer, &memories);
    limen_status status =
        lm_model_add(tensors, trainer->net, trainer->settings, err);

    if (status == LIMEN_OK)
        status = lm_tensors_note(tensors, "data", trainer->data->sha256, err);
    if (status == LIMEN_OK)
        status = lm_tensors_add(tensors, "optimiser.first", LM_F32,
                                optimiser->first, parameters, 0, err);
    if (status == LIMEN_OK && optimiser->second != NULL)
        status = lm_tensors_add(tensors, "optimiser.second", LM_F32,
                                optimiser->second, parameters, 0, err);
    if (status == LIMEN_OK)
        status =
            lm_tensors_add(tensors, "epoch.spikes", LM_U64,
                           trainer->sums.spikes, trainer->all_units, 0, err);
    if (status == LIMEN_OK)
        status = lm_tensors_add(tensors, "trainer.reals", LM_F64, reals, REALS,
                                0, err);
    if (status == LIMEN_OK)
        status = lm_tensors_add(tensors, "trainer.counts", LM_U64, counts,
                                COUNTS, 0, err);
    if (status == LIMEN_OK && memory != NULL)
        status = lm_tensors_add(tensors, "rule.memory", LM_F64, memory,
                                memories, 0, err);
    return status;
}

limen_status limen_trainer_save(const limen_trainer *trainer, const char *path,
                                limen_error *err)
{
    double reals[REALS];
    uint64_t counts[COUNTS];
    lm_tensors *tensors;
    limen_status status = lm_tensors_new(&tensors, err);

    pack(trainer, reals, counts);
    if (status == LIMEN_OK)
        status = add_all(tensors, trainer, reals, counts, err);
    if (status == LIMEN_OK)
        status = lm_tensors_write(tensors, path, err);
    lm_tensors_free(tensors);
    return status;
}

/* Whether the file was saved by a run of these settings on this data. */
static limen_status check_same(const limen_trainer *trainer,
                               const lm_safetensors *from,
                               const uint64_t *counts, limen_error *err)
{
    const char *data = lm_safetensors_note(from, "data");
    limen_network *net = NULL;
    limen_settings *settings = NULL;
    const char *name = lm_safetensors_name(from);
    limen_status status = limen_model_load(&net, &settings, name, err);

    if (status != LIMEN_OK)
        return status;
    if (data == NULL || strcmp(data, trainer->data->sha256) != 0 ||
        counts[7] != trainer->data->samples)
        status =
            lm_error_set(err, LIMEN_INCOMPATIBLE,
                         "%.200s was saved while training on other data", name);
    for (size_t i = 0; status == LIMEN_OK && i < limen_setting_count(); i++) {
        const char *setting = limen_setting_at(i)->name;
        const char *then = limen_settings_get(settings, setting);
        const char *now = limen_settings_get(trainer->settings, setting);

        // where the data lies is no part of what it is
        if (strcmp(then, now) != 0 && strcmp(setting, "data") != 0 &&
            strcmp(setting, "data-dir") != 0)
            status = lm_error_set(err, LIMEN_INCOMPATIBLE,
                                  "%.200s was saved with %s %.40s, not %.40s",
                                  name, setting, then, now);
    }
    if (status == LIMEN_OK && !lm_network_same_shape(net, trainer->net))
        status = lm_error_set(err, LIMEN_INCOMPATIBLE,
                              "%.200s is of another network", name);
    if (status == LIMEN_OK && (counts[8] != trainer->parameters.count ||
                               counts[0] > trainer->batches * trainer->epochs))
        status = lm_error_set(err, LIMEN_INCOMPATIBLE,
                              "%.200s is of another run", name);
    limen_network_free(net);
    limen_settings_free(settings);
    return status;
}

/* Every array is in the file with the size it must have, so that nothing is
 * half-read. */
static bool is_complete(const limen_trainer *trainer,
                        const lm_safetensors *from)
{
    const size_t parameters = trainer->parameters.count;
    size_t memories;
    const double *memory = rule_memory(trainer, &memories);

    return lm_safetensors_count(from, "optimiser.first", LM_F32) ==
               parameters &&
           (trainer->optimiser.second == NULL ||
            lm_safetensors_count(from, "optimiser.second", LM_F32) ==
                parameters) &&
           lm_safetensors_count(from, "epoch.spikes", LM_U64) ==
               trainer->all_units &&
           (memory == NULL ||
            lm_safetensors_count(from, "rule.memory", LM_F64) == memories);
}

static limen_status read_all(limen_trainer *trainer, const lm_safetensors *from,
                             limen_error *err)
{
    const size_t parameters = trainer->parameters.count;
    size_t memories;
    double *memory = rule_memory(trainer, &memories);
    limen_status status = lm_model_read_weights(trainer->net, from, err);

    if (status == LIMEN_OK)
        status = lm_safetensors_get(from, "optimiser.first", LM_F32,
                                    trainer->optimiser.first, parameters, err);
    if (status == LIMEN_OK && trainer->optimiser.second != NULL)
        status = lm_safetensors_get(from, "optimiser.second", LM_F32,
                                    trainer->optimiser.second, parameters, err);
    if (status == LIMEN_OK)
        status =
            lm_safetensors_get(from, "epoch.spikes", LM_U64,
                               trainer->sums.spikes, trainer->all_units, err);
    if (status == LIMEN_OK && memory != NULL)
        status = lm_safetensors_get(from, "rule.memory", LM_F64, memory,
                                    memories, err);
    if (status == LIMEN_OK)
        status = limen_image_update(trainer->image, trainer->net,
                                    trainer->threads, err);
    return status;
}

limen_status limen_trainer_load(limen_trainer *trainer, const char *path,
                                limen_error *err)
{
    double reals[REALS];
    uint64_t counts[COUNTS];
    lm_safetensors *from;
    limen_status status = lm_safetensors_read(&from, path, err);

    if (status != LIMEN_OK)
        return status;
    status =
        lm_safetensors_get(from, "trainer.reals", LM_F64, reals, REALS, err);
    if (status == LIMEN_OK)
        status = lm_safetensors_get(from, "trainer.counts", LM_U64, counts,
                                    COUNTS, err);
    if (status == LIMEN_OK)
        status = check_same(trainer, from, counts, err);
    if (status == LIMEN_OK && !is_complete(trainer, from))
        status =
            lm_error_set(err, LIMEN_BAD_FILE,
                         "%.200s: arrays of the trainer are missing", path);
    if (status == LIMEN_OK)
        status = read_all(trainer, from, err);
    if (status == LIMEN_OK) {
        unpack(trainer, reals, counts);
        trainer->order_epoch = SIZE_MAX;
    }
    lm_safetensors_free(from);
    return status;
}
