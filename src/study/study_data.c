/* study_data.c -- the samples of each seed: the same for every arm. */
#include "study/study.h"

#include "base/arena.h"
#include "base/error.h"
#include "io/data_split.h"
#include "learn/settings.h"

/* Keys of lm_data_order: that of training sets is 0. */
enum { TEST_KEY = 1, TEST_SEED = 0 };

static size_t held_samples(const limen_study *study)
{
    return (size_t)lm_settings_int(study->arm[0].settings, "validation");
}

/* Block `seed` of the shuffled test set, from its start again when it ends. */
static limen_status test_block(limen_data **out, const limen_study *study,
                               size_t seed, limen_error *err)
{
    const size_t all = study->test->samples;
    const size_t count = study->test_samples == 0 ? all : study->test_samples;
    size_t *order = lm_alloc(all, 1, sizeof *order);
    size_t *block = lm_alloc(count, 1, sizeof *block);
    limen_status status = LIMEN_OK;

    *out = NULL;
    if (order == NULL || block == NULL)
        status = lm_error_no_memory(err, "a test block", all * sizeof *order);
    if (status == LIMEN_OK)
        status = lm_data_order(order, all, TEST_SEED, TEST_KEY, err);
    for (size_t k = 0; status == LIMEN_OK && k < count; k++)
        block[k] =
            study->test_samples == 0 ? k : order[(seed * count + k) % all];
    if (status == LIMEN_OK)
        status = limen_data_select(out, study->test, block, count, err);
    lm_free(order);
    lm_free(block);
    return status;
}

limen_status lm_study_data_new(lm_study_data *out, const limen_study *study,
                               size_t seed, limen_error *err)
{
    limen_status status = limen_data_split(
        &out->train, &out->validation, study->train,
        (size_t)lm_settings_int(study->arm[0].settings, "train-samples"),
        held_samples(study), study->seed[seed], err);

    out->test = NULL;
    if (status == LIMEN_OK)
        status = test_block(&out->test, study, seed, err);
    if (status != LIMEN_OK)
        lm_study_data_free(out);
    return status;
}

void lm_study_data_free(lm_study_data *data)
{
    limen_data_free(data->train);
    limen_data_free(data->validation);
    limen_data_free(data->test);
    *data = (lm_study_data){ 0 };
}

/* Takes samples in the order of the split, until each class has `count`. */
static limen_status choose(size_t *chosen, size_t *seen, const size_t *order,
                           const limen_study *study, size_t count,
                           limen_error *err)
{
    const limen_data *all = study->train;
    size_t used = 0;

    for (size_t k = held_samples(study); k < all->samples; k++) {
        const uint32_t label = all->labels[order[k]];

        if (seen[label] < count)
            chosen[used++] = order[k];
        seen[label] += seen[label] < count;
    }
    for (size_t c = 0; c < all->classes; c++)
        if (seen[c] < count)
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "%.200s: examples: %zu a class are more than "
                                "the %zu of class %zu beside validation",
                                study->path, count, seen[c], c);
    return LIMEN_OK;
}

limen_status lm_study_examples(limen_data **out, const limen_study *study,
                               size_t seed, size_t count, limen_error *err)
{
    const limen_data *all = study->train;
    size_t *order = lm_alloc(all->samples, 1, sizeof *order);
    size_t *chosen = lm_alloc(all->samples, 1, sizeof *chosen);
    size_t *seen = lm_alloc(all->classes, 1, sizeof *seen);
    limen_status status = LIMEN_OK;

    *out = NULL;
    if (order == NULL || chosen == NULL || seen == NULL)
        status = lm_error_no_memory(err, "examples",
                                    2 * all->samples * sizeof *order);
    if (status == LIMEN_OK)
        status = lm_data_order(order, all->samples, study->seed[seed], 0, err);
    if (status == LIMEN_OK)
        status = choose(chosen, seen, order, study, count, err);
    if (status == LIMEN_OK)
        status = limen_data_select(out, all, chosen, count * all->classes, err);
    lm_free(order);
    lm_free(chosen);
    lm_free(seen);
    return status;
}

size_t lm_study_epochs(const limen_study *study, const limen_settings *settings,
                       size_t samples)
{
    const size_t epochs = (size_t)lm_settings_int(settings, "epochs");
    const size_t batch = (size_t)lm_settings_int(settings, "batch");
    const size_t batches = (samples + batch - 1) / batch;
    const size_t least = (study->examples_updates + batches - 1) / batches;

    return epochs > least ? epochs : least;
}
