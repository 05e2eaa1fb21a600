/* cell.c -- one arm with one seed: trained, tested under every condition, and
 * trained anew on few examples.
 *
 * A cell is a list of tasks: train, clean test, one test a condition,
 * stability, and a training with its test for each number of examples.
 */
#include "study/study.h"

#include "base/arena.h"
#include "base/error.h"
#include "learn/settings.h"
#include "study/cell_adapt.h"

#include <math.h>
#include <stdio.h>

/* A step of training takes about three of testing: forward and back. */
enum { TRAIN_WORK = 3 };

enum { TRAIN, CLEAN, CONDITIONS };

struct limen_cell {
    const limen_study *study;
    size_t index, seed; /* places of the cell and of its seed */
    const lm_study_arm *arm;
    limen_settings *settings; /* with the seed; epochs of the task */
    lm_study_data data;
    limen_data *pool; /* what thresholds are moved on */
    limen_data *few;  /* of the examples being trained on */
    limen_network *net;
    limen_trainer *trainer;
    lm_test test;
    limen_image *image;
    size_t task;
    double done, all; /* sample steps; done: before this task */
    json_t *result;
};

static size_t stability_task(const limen_cell *cell)
{
    return CONDITIONS + cell->study->conditions;
}

static size_t first_example(const limen_cell *cell)
{
    return stability_task(cell) + 1;
}

static size_t tasks(const limen_cell *cell)
{
    return first_example(cell) + cell->study->examples;
}

/* Steps of a training sample, the last of them. */
static double train_steps(const limen_settings *settings)
{
    size_t count;
    const int64_t *list = lm_settings_list(settings, "train-steps", &count);

    return (double)list[count - 1];
}

static double train_work(const limen_settings *settings, size_t samples,
                         size_t epochs)
{
    return TRAIN_WORK * train_steps(settings) * (double)samples *
           (double)epochs;
}

static double test_work(const limen_study *study,
                        const limen_settings *settings)
{
    const size_t samples =
        study->test_samples == 0 ? study->test->samples : study->test_samples;

    return (double)samples * (double)lm_settings_int(settings, "steps");
}

/* The work of a whole cell in sample steps, with `samples` to train on. */
static double cell_work(const limen_study *study,
                        const limen_settings *settings, bool is_baseline)
{
    const size_t wanted = (size_t)lm_settings_int(settings, "train-samples");
    const size_t held = (size_t)lm_settings_int(settings, "validation");
    const size_t samples = wanted == 0 ? study->train->samples - held : wanted;
    double all = train_work(settings, samples,
                            (size_t)lm_settings_int(settings, "epochs"));

    all += test_work(study, settings) *
           (double)(1 + study->conditions + study->examples);
    for (size_t k = 0; k < study->examples; k++) {
        const size_t few = study->example[k] * study->train->classes;

        all += train_work(settings, few, lm_study_epochs(study, settings, few));
    }
    // most baselines see one frame where a network sees its steps
    return is_baseline ? all / (double)lm_settings_int(settings, "steps") : all;
}

limen_study_cell limen_study_cell_at(const limen_study *study, size_t i)
{
    const lm_study_arm *arm = &study->arm[i % study->arms];

    return (limen_study_cell){
        .label = arm->label,
        .file = arm->file,
        .seed = study->seed[i / study->arms],
        .is_baseline = arm->is_baseline,
        .work = cell_work(study, arm->settings, arm->is_baseline),
    };
}

static void drop_network(limen_cell *cell)
{
    limen_image_free(cell->image);
    limen_trainer_free(cell->trainer);
    limen_network_free(cell->net);
    cell->image = NULL;
    cell->trainer = NULL;
    cell->net = NULL;
}

static limen_status begin_training(limen_cell *cell, const limen_data *data,
                                   size_t epochs, limen_error *err)
{
    char text[32];

    drop_network(cell);
    snprintf(text, sizeof text, "%zu", epochs);
    limen_status status =
        limen_settings_set(cell->settings, "epochs", text, err);
    if (status == LIMEN_OK)
        status = limen_settings_network(&cell->net, cell->settings, data, err);
    if (status == LIMEN_OK)
        status = limen_trainer_new(&cell->trainer, cell->net, cell->settings,
                                   data, cell->test.threads, err);
    return status;
}

/* One batch; after the last, the network as it runs. */
static limen_status train(limen_cell *cell, bool *is_over, limen_error *err)
{
    limen_status status = limen_trainer_step(cell->trainer, err);

    if (status != LIMEN_OK)
        return status;
    const limen_progress at = limen_trainer_progress(cell->trainer);
    *is_over = at.epoch >= at.epochs;
    if (!*is_over)
        return LIMEN_OK;
    limen_trainer_free(cell->trainer);
    cell->trainer = NULL;
    status = limen_image_new(&cell->image, cell->net, cell->test.threads, err);
    cell->test.image = cell->image;
    return status;
}

static limen_status measure(limen_cell *cell, const limen_data *data,
                            const lm_condition *condition, json_t *to,
                            limen_error *err)
{
    double value[LM_MEASURE_COUNT];
    const limen_status status = lm_cell_measure(
        value, &cell->test, cell->net, data, cell->pool, condition, err);

    for (size_t m = 0; status == LIMEN_OK && m < LM_MEASURE_COUNT; m++)
        json_object_set_new(to, lm_measure_name((lm_measure)m),
                            lm_number(value[m]));
    return status;
}

static json_t *under(limen_cell *cell, const char *key, json_t *empty)
{
    json_object_set_new(cell->result, key, empty);
    return json_object_get(cell->result, key);
}

static limen_status vote(limen_cell *cell, limen_error *err)
{
    const limen_study *study = cell->study;
    json_t *to = under(cell, "by_steps", json_object());
    double *accuracy = lm_alloc(study->votes, 1, sizeof *accuracy);
    char steps[32];

    if (accuracy == NULL)
        return lm_error_no_memory(err, "votes", study->votes * 8);
    limen_status status = LIMEN_OK;
    if (study->votes > 0)
        status = lm_test_votes(accuracy, &cell->test, cell->data.test,
                               study->vote_steps, study->votes, err);
    for (size_t k = 0; status == LIMEN_OK && k < study->votes; k++) {
        snprintf(steps, sizeof steps, "%zu", study->vote_steps[k]);
        json_object_set_new(to, steps, lm_number(accuracy[k]));
    }
    lm_free(accuracy);
    return status;
}

static limen_status test_clean(limen_cell *cell, limen_error *err)
{
    limen_status status = LIMEN_OK;

    cell->test.temperature = NAN;
    if (cell->data.validation != NULL)
        status = lm_test_temperature(&cell->test.temperature, &cell->test,
                                     cell->data.validation, err);
    if (status == LIMEN_OK)
        status = lm_cell_rates(cell->net, &cell->test, cell->data.train, err);
    if (status == LIMEN_OK)
        status = measure(cell, cell->data.test, NULL,
                         under(cell, "clean", json_object()), err);
    if (status == LIMEN_OK)
        status = vote(cell, err);
    under(cell, "conditions", json_array());
    return status;
}

static limen_status test_condition(limen_cell *cell, size_t k, limen_error *err)
{
    const limen_study *study = cell->study;
    const lm_condition *condition = &study->condition[k];
    limen_data *corrupted = NULL;
    json_t *to = json_pack("{s:s, s:f}", "corruption",
                           limen_corruption_at(condition->kind)->name, "amount",
                           condition->amount);

    json_array_append_new(json_object_get(cell->result, "conditions"), to);
    limen_status status =
        limen_data_corrupt(&corrupted, cell->data.test, condition->kind,
                           condition->amount, study->seed[cell->seed], err);
    if (status == LIMEN_OK)
        status = measure(cell, corrupted, condition, to, err);
    limen_data_free(corrupted);
    return status;
}

static limen_status test_stability(limen_cell *cell, limen_error *err)
{
    const limen_study *study = cell->study;
    json_t *out;

    if (study->stability == 0)
        return LIMEN_OK;
    const limen_status status =
        lm_test_stability(&out, &cell->test, cell->net, cell->data.test,
                          study->stability, study->stability_steps, err);
    if (status == LIMEN_OK)
        under(cell, "stability", out);
    return status;
}

/* Trains on few examples, batch by batch; after the last, tests. */
static limen_status learn_examples(limen_cell *cell, size_t k, bool *is_over,
                                   limen_error *err)
{
    const limen_study *study = cell->study;
    limen_status status = LIMEN_OK;
    double accuracy;

    if (cell->few == NULL) {
        status = lm_study_examples(&cell->few, study, cell->seed,
                                   study->example[k], err);
        if (status == LIMEN_OK)
            status = begin_training(
                cell, cell->few,
                lm_study_epochs(study, cell->arm->settings, cell->few->samples),
                err);
        return status;
    }
    status = train(cell, is_over, err);
    if (status != LIMEN_OK || !*is_over)
        return status;
    const size_t steps = (size_t)lm_settings_int(cell->settings, "steps");
    status =
        lm_test_votes(&accuracy, &cell->test, cell->data.test, &steps, 1, err);
    if (status != LIMEN_OK)
        return status;
    if (json_object_get(cell->result, "examples") == NULL)
        under(cell, "examples", json_object());
    char count[32];
    snprintf(count, sizeof count, "%zu", study->example[k]);
    json_object_set_new(json_object_get(cell->result, "examples"), count,
                        lm_number(accuracy));
    limen_data_free(cell->few);
    cell->few = NULL;
    return LIMEN_OK;
}

/* The work of a task in sample steps. */
static double task_work(const limen_cell *cell, size_t task)
{
    const limen_study *study = cell->study;
    const limen_settings *settings = cell->arm->settings;
    const double test = test_work(study, settings);

    if (task == TRAIN)
        return train_work(settings, cell->data.train->samples,
                          (size_t)lm_settings_int(settings, "epochs"));
    if (task < stability_task(cell))
        return test;
    if (task == stability_task(cell)) { // three runs, short ones made longer
        const size_t steps = study->stability_steps;

        return 3.0 * (double)study->stability *
               (double)(steps > LIMEN_STABILITY_STEPS ? steps
                                                      : LIMEN_STABILITY_STEPS);
    }
    const size_t few =
        study->example[task - first_example(cell)] * study->train->classes;
    return test +
           train_work(settings, few, lm_study_epochs(study, settings, few));
}

double limen_cell_progress(const limen_cell *cell)
{
    double done = cell->done;

    if (cell->trainer != NULL) {
        const limen_progress at = limen_trainer_progress(cell->trainer);

        done += task_work(cell, cell->task) *
                (double)(at.epoch * at.batches + at.batch) /
                (double)(at.epochs * at.batches);
    }
    return cell->all > 0.0 ? done / cell->all : 1.0;
}

static limen_status finish(limen_cell *cell, limen_error *err)
{
    char path[LM_STUDY_PATH_MAX];
    const limen_status status =
        lm_cell_path(path, cell->study, cell->index, err);

    return status == LIMEN_OK
               ? lm_json_write(path, json_incref(cell->result), err)
               : status;
}

limen_status limen_cell_step(limen_cell *cell, bool *is_done, limen_error *err)
{
    bool is_over = true; // the task
    limen_status status = LIMEN_OK;

    *is_done = false;
    if (cell->task == tasks(cell))
        return lm_error_set(err, LIMEN_BAD_VALUE, "the cell is done");
    if (cell->task == TRAIN)
        status = train(cell, &is_over, err);
    else if (cell->task == CLEAN)
        status = test_clean(cell, err);
    else if (cell->task < stability_task(cell))
        status = test_condition(cell, cell->task - CONDITIONS, err);
    else if (cell->task == stability_task(cell))
        status = test_stability(cell, err);
    else {
        is_over = false;
        status = learn_examples(cell, cell->task - first_example(cell),
                                &is_over, err);
    }
    if (status != LIMEN_OK || !is_over)
        return status;
    cell->done += task_work(cell, cell->task);
    cell->task++;
    *is_done = cell->task == tasks(cell);
    return *is_done ? finish(cell, err) : LIMEN_OK;
}

limen_status limen_cell_new(limen_cell **out, const limen_study *study,
                            size_t index, int threads, limen_error *err)
{
    limen_cell *cell = lm_alloc(1, 1, sizeof *cell);
    char seed[32];

    *out = NULL;
    if (cell == NULL)
        return lm_error_no_memory(err, "a cell", sizeof *cell);
    cell->study = study;
    cell->index = index;
    cell->seed = index / study->arms;
    cell->arm = &study->arm[index % study->arms];
    cell->test.threads = threads;
    snprintf(seed, sizeof seed, "%zu", study->seed[cell->seed]);
    limen_status status =
        limen_settings_copy(&cell->settings, cell->arm->settings, err);
    cell->test.settings = cell->settings;
    if (status == LIMEN_OK)
        status = limen_settings_set(cell->settings, "seed", seed, err);
    if (status == LIMEN_OK)
        status = lm_study_data_new(&cell->data, study, cell->seed, err);
    if (status == LIMEN_OK)
        status = lm_cell_pool(&cell->pool, &cell->data, cell->settings, err);
    if (status == LIMEN_OK)
        status = begin_training(
            cell, cell->data.train,
            (size_t)lm_settings_int(cell->settings, "epochs"), err);
    if (status != LIMEN_OK) {
        limen_cell_free(cell);
        return status;
    }
    for (size_t k = 0; k < tasks(cell); k++)
        cell->all += task_work(cell, k);
    cell->result =
        json_pack("{s:s, s:I, s:I, s:I}", "arm", cell->arm->label, "seed",
                  (json_int_t)study->seed[cell->seed], "parameters",
                  (json_int_t)cell->arm->parameters, "train_samples",
                  (json_int_t)cell->data.train->samples);
    *out = cell;
    return LIMEN_OK;
}

void limen_cell_free(limen_cell *cell)
{
    if (cell == NULL)
        return;
    drop_network(cell);
    lm_study_data_free(&cell->data);
    limen_data_free(cell->pool);
    limen_data_free(cell->few);
    limen_settings_free(cell->settings);
    json_decref(cell->result);
    lm_free(cell);
}
