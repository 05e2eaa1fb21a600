/* trainer_new.c -- what a trainer needs, made and freed. */
#include "learn/trainer.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/threads.h"

static bool fill_counts(limen_trainer *trainer)
{
    lm_batch *batch = &trainer->batch;
    const limen_network *net = trainer->net;
    float *pull = trainer->pull_values;

    for (size_t l = 0; l < net->layers; l++) {
        batch->counts[l] =
            lm_alloc(batch->room, net->units[l], sizeof *batch->counts[l]);
        if (batch->counts[l] == NULL)
            return false;
        // the penalty is on hidden layers
        if (trainer->penalty > 0.0 && l >= 1 && l + 1 < net->layers)
            batch->pull[l] = pull;
        pull += net->units[l];
    }
    batch->answer = batch->counts[net->layers - 1];
    return true;
}

static bool fill(limen_trainer *trainer)
{
    const limen_data *data = trainer->data;
    const limen_network *net = trainer->net;
    lm_batch *batch = &trainer->batch;

    for (size_t l = 0; l < net->layers; l++)
        trainer->all_units += net->units[l];
    if (data->bytes != NULL && trainer->augment.items == 0)
        trainer->bytes = lm_alloc(batch->room, data->features, 1);
    else
        trainer->floats =
            lm_alloc(batch->room, data->features, sizeof *trainer->floats);
    trainer->plain = lm_alloc(data->features, 1, sizeof *trainer->plain);
    trainer->order = lm_alloc(data->samples, 1, sizeof *trainer->order);
    trainer->keys = lm_alloc(batch->room, 1, sizeof *trainer->keys);
    trainer->labels = lm_alloc(batch->room, 1, sizeof *trainer->labels);
    trainer->pull_values =
        lm_alloc(trainer->all_units, 1, sizeof *trainer->pull_values);
    trainer->sums.spikes =
        lm_alloc(trainer->all_units, 1, sizeof *trainer->sums.spikes);
    batch->counts = lm_alloc(net->layers, 1, sizeof *batch->counts);
    batch->pull = lm_alloc(net->layers, 1, sizeof *batch->pull);
    batch->error = lm_alloc(batch->room, net->units[net->layers - 1],
                            sizeof *batch->error);
    trainer->gradient =
        lm_alloc(trainer->parameters.count, 1, sizeof *trainer->gradient);
    return trainer->gradient != NULL &&
           (trainer->bytes != NULL || trainer->floats != NULL) &&
           trainer->plain != NULL && trainer->order != NULL &&
           trainer->keys != NULL && trainer->labels != NULL &&
           trainer->pull_values != NULL && trainer->sums.spikes != NULL &&
           batch->counts != NULL && batch->pull != NULL &&
           batch->error != NULL && fill_counts(trainer);
}

static void read_settings(limen_trainer *trainer)
{
    const limen_settings *settings = trainer->settings;
    lm_batch *batch = &trainer->batch;
    const size_t batch_size = (size_t)lm_settings_int(settings, "batch");

    trainer->seed = (uint64_t)lm_settings_int(settings, "seed");
    trainer->epochs = (size_t)lm_settings_int(settings, "epochs");
    trainer->batch_size = batch_size < trainer->data->samples
                              ? batch_size
                              : trainer->data->samples;
    trainer->batches = (trainer->data->samples + trainer->batch_size - 1) /
                       trainer->batch_size;
    trainer->encoder = (limen_encoder)lm_settings_choice(settings, "encoder");
    trainer->scale = (float)lm_settings_real(settings, "pixel-scale");
    if (trainer->augment.items == 0)
        trainer->scale =
            limen_data_input(trainer->data, trainer->scale, trainer->encoder)
                .scale;
    trainer->train_steps =
        lm_settings_list(settings, "train-steps", &trainer->train_steps_count);
    trainer->penalty = lm_settings_real(settings, "penalty");
    trainer->penalty_rate = lm_settings_real(settings, "penalty-rate");
    trainer->homeostasis.gain = lm_settings_real(settings, "homeostasis-gain");
    trainer->loss.kind = (lm_loss_kind)lm_settings_choice(settings, "loss");
    trainer->loss.beta = lm_settings_real(settings, "beta");
    trainer->rule = lm_settings_choice(settings, "rule") == 0 ? &lm_rule_bptt
                                                              : &lm_rule_rate;
    batch->net = trainer->net;
    batch->room = trainer->batch_size;
    batch->burn_in = (size_t)lm_settings_int(settings, "burn-in");
    batch->seed = trainer->seed;
    for (size_t k = 0; k < trainer->train_steps_count; k++)
        if ((size_t)trainer->train_steps[k] > batch->steps_most)
            batch->steps_most = (size_t)trainer->train_steps[k];
}

static limen_status check_steps(const limen_trainer *trainer, limen_error *err)
{
    const bool is_split = trainer->rule == &lm_rule_rate &&
                          lm_settings_bool(trainer->settings, "split-samples");
    const size_t needed = trainer->batch.burn_in + (is_split ? 2 : 1);

    for (size_t k = 0; k < trainer->train_steps_count; k++)
        if ((size_t)trainer->train_steps[k] < needed)
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "train-steps: %zu is below %zu (a burn-in of "
                                "%zu%s)",
                                (size_t)trainer->train_steps[k], needed,
                                trainer->batch.burn_in,
                                is_split ? ", and split samples" : "");
    return LIMEN_OK;
}

static limen_status check(const limen_trainer *trainer, limen_error *err)
{
    const limen_data *data = trainer->data;
    const limen_network *net = trainer->net;
    const size_t outputs = net->units[net->layers - 1];

    if (data->labels == NULL)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "%s has no labels; training needs them",
                            data->source);
    if (data->features != net->units[0])
        return lm_error_set(err, LIMEN_INCOMPATIBLE,
                            "the data has %zu features, the network %zu "
                            "inputs",
                            data->features, net->units[0]);
    for (size_t k = 0; k < data->samples; k++)
        if (data->labels[k] >= outputs)
            return lm_error_set(err, LIMEN_INCOMPATIBLE,
                                "label %u of sample %zu has no output unit; "
                                "the network has %zu",
                                data->labels[k], k, outputs);
    if (data->samples > UINT32_MAX)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "%zu samples are more than 2^32", data->samples);
    const limen_input all = limen_data_input(
        data, (float)lm_settings_real(trainer->settings, "pixel-scale"),
        trainer->encoder);
    const limen_status status = limen_input_check(&all, net->units[0], err);
    return status != LIMEN_OK ? status : check_steps(trainer, err);
}

static limen_status build(limen_trainer *trainer, limen_error *err)
{
    lm_batch *batch = &trainer->batch;
    limen_status status = check(trainer, err);

    if (status == LIMEN_OK)
        status = lm_parameters_new(&trainer->parameters, trainer->net, err);
    if (status == LIMEN_OK && !fill(trainer))
        status = lm_error_set(err, LIMEN_NO_MEMORY,
                              "out of memory for training %zu parameters in "
                              "batches of %zu",
                              trainer->parameters.count, batch->room);
    if (status == LIMEN_OK)
        status = lm_optimiser_new(&trainer->optimiser, &trainer->parameters,
                                  trainer->settings, trainer->batches,
                                  trainer->epochs, err);
    if (status == LIMEN_OK)
        status = limen_image_new(&trainer->image, trainer->net,
                                 trainer->threads, err);
    if (status == LIMEN_OK)
        status =
            limen_state_new(&batch->state, trainer->image, batch->room, err);
    if (status == LIMEN_OK)
        status = lm_workspaces_new(&trainer->spaces, trainer->image,
                                   batch->room, trainer->threads, err);
    if (status != LIMEN_OK)
        return status;
    batch->parameters = &trainer->parameters;
    batch->image = trainer->image;
    batch->kernel = trainer->image->kernel;
    batch->spaces = &trainer->spaces;
    return trainer->rule->new (&trainer->self, batch, trainer->settings,
                               trainer->threads, err);
}

limen_status limen_trainer_new(limen_trainer **out, limen_network *net,
                               const limen_settings *settings,
                               const limen_data *data, int threads,
                               limen_error *err)
{
    limen_trainer *trainer = lm_alloc(1, 1, sizeof *trainer);

    *out = NULL;
    if (trainer == NULL)
        return lm_error_no_memory(err, "a trainer", sizeof *trainer);
    trainer->net = net;
    trainer->settings = settings;
    trainer->data = data;
    trainer->threads = lm_threads(threads);
    trainer->order_epoch = SIZE_MAX;
    limen_status status = lm_augment_parse(
        &trainer->augment, limen_settings_get(settings, "augment"),
        limen_settings_get(settings, "augment-without"), err);
    if (status == LIMEN_OK)
        status = lm_homeostasis_parse(
            &trainer->homeostasis, limen_settings_get(settings, "homeostasis"),
            err);
    if (status == LIMEN_OK) {
        read_settings(trainer);
        status = build(trainer, err);
    }
    if (status != LIMEN_OK) {
        limen_trainer_free(trainer);
        return status;
    }
    *out = trainer;
    return LIMEN_OK;
}

void limen_trainer_free(limen_trainer *trainer)
{
    if (trainer == NULL)
        return;
    lm_batch *batch = &trainer->batch;

    if (trainer->self != NULL)
        trainer->rule->free(trainer->self);
    for (size_t l = 0; batch->counts != NULL && l < trainer->net->layers; l++)
        lm_free(batch->counts[l]);
    lm_free(batch->counts);
    lm_free(batch->pull);
    lm_free(batch->error);
    limen_state_free(batch->state);
    lm_workspaces_free(&trainer->spaces);
    limen_image_free(trainer->image);
    lm_optimiser_free(&trainer->optimiser);
    lm_parameters_free(&trainer->parameters);
    lm_free(trainer->gradient);
    lm_free(trainer->order);
    lm_free(trainer->bytes);
    lm_free(trainer->floats);
    lm_free(trainer->plain);
    lm_free(trainer->keys);
    lm_free(trainer->labels);
    lm_free(trainer->pull_values);
    lm_free(trainer->sums.spikes);
    lm_free(trainer);
}
