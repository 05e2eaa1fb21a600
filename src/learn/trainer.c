/* trainer.c -- one batch: run, loss, gradient, new weights.
 *
 * The order of every float sum is fixed by steps and samples, not by threads
 * (docs/numerics.md section 8).
 */
#include "learn/trainer.h"

#include "base/error.h"
#include "learn/batch.h"
#include "net/balance.h"

#include <math.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#define THREAD_NUMBER omp_get_thread_num()
#else
#define THREAD_NUMBER 0
#endif

static void run_forward(limen_trainer *trainer)
{
    lm_batch *batch = &trainer->batch;
    const size_t size = trainer->spaces.chunk;
    const size_t chunks = lm_batch_chunks(batch, size);

    if (trainer->rule->begin != NULL)
        trainer->rule->begin(trainer->self, batch);
#pragma omp parallel for schedule(dynamic) num_threads(trainer->spaces.threads)
    for (size_t k = 0; k < chunks; k++) {
        const lm_chunk chunk = lm_batch_chunk(batch, k, size);

        trainer->rule->forward(trainer->self, batch,
                               trainer->spaces.space[THREAD_NUMBER], &chunk);
    }
}

/* The mean loss of the batch; fills batch->error and what the epoch counts. */
static double answer_loss(limen_trainer *trainer, lm_epoch_sums *sums)
{
    lm_batch *batch = &trainer->batch;
    const size_t last = trainer->net->layers - 1;
    const size_t outputs = trainer->net->units[last];
    const size_t steps = lm_batch_answer_steps(batch);
    double loss = 0.0;

    for (size_t b = 0; b < batch->samples; b++) {
        bool tied;
        const size_t answer =
            limen_vote(batch->counts[last] + b * outputs, outputs,
                       trainer->seed, trainer->keys[b], &tied);

        sums->correct += answer == trainer->labels[b];
        sums->ties += tied;
        loss += lm_loss_sample(&trainer->loss, batch->error + b * outputs,
                               batch->answer + b * outputs, outputs,
                               trainer->labels[b], steps, batch->samples);
    }
    return loss / (double)batch->samples;
}

/* penalty x sum over hidden layers of mean_i (activity_i - penalty_rate)^2,
 * and its derivative with respect to each spike, into batch->pull. */
static double activity_penalty(limen_trainer *trainer)
{
    lm_batch *batch = &trainer->batch;
    const double spikes =
        (double)batch->samples * (double)(batch->steps - batch->burn_in);
    double sum = 0.0;

    for (size_t l = 1; l + 1 < trainer->net->layers; l++) {
        const size_t n = trainer->net->units[l];
        const double weight = trainer->penalty / (double)n;

        for (size_t i = 0; batch->pull[l] != NULL && i < n; i++) {
            uint64_t count = 0;

            for (size_t b = 0; b < batch->samples; b++)
                count += batch->counts[l][b * n + i];
            const double gap = (double)count / spikes - trainer->penalty_rate;
            sum += weight * gap * gap;
            batch->pull[l][i] = (float)(2.0 * weight * gap / spikes);
        }
    }
    return sum;
}

static void count_activity(limen_trainer *trainer)
{
    const lm_batch *batch = &trainer->batch;
    uint64_t *spikes = trainer->sums.spikes;

    for (size_t l = 0; l < trainer->net->layers; l++) {
        const size_t n = trainer->net->units[l];

        for (size_t b = 0; b < batch->samples; b++)
            for (size_t i = 0; i < n; i++)
                spikes[i] += batch->counts[l][b * n + i];
        spikes += n;
    }
    trainer->sums.spike_steps +=
        batch->samples * (batch->steps - batch->burn_in);
}

static limen_status begin_epoch(limen_trainer *trainer, size_t epoch,
                                limen_error *err)
{
    uint64_t *spikes = trainer->sums.spikes;

    if (trainer->order_epoch == epoch)
        return LIMEN_OK;
    const limen_status status = lm_epoch_order(
        trainer->order, trainer->data->samples, trainer->seed, epoch, err);
    if (status == LIMEN_OK)
        trainer->order_epoch = epoch;
    if (status == LIMEN_OK && trainer->done % trainer->batches == 0) {
        memset(spikes, 0, trainer->all_units * sizeof *spikes);
        trainer->sums = (lm_epoch_sums){ .spikes = spikes };
    }
    return status;
}

static limen_status diverged(const limen_trainer *trainer, size_t epoch,
                             limen_error *err)
{
    return lm_error_set(err, LIMEN_DIVERGED,
                        "training diverged in epoch %zu, batch %zu: loss or "
                        "gradient is not finite; use a lower learning-rate or "
                        "clip",
                        epoch + 1, trainer->done % trainer->batches + 1);
}

/* Balanced connections run with w - mean(w), so their gradient has mean zero,
 * too; masters are kept as they run.  gradient: NULL for the masters. */
static void balance(const limen_trainer *trainer, float *gradient)
{
    for (size_t k = 0; k < trainer->net->connections; k++) {
        const lm_connection *c = &trainer->net->connection[k];

        if (c->is_balanced)
            lm_balance_rows(
                gradient == NULL
                    ? c->w
                    : gradient + lm_offset_of_weights(&trainer->parameters, k),
                c->n, c->m, trainer->threads);
    }
}

limen_status limen_trainer_step(limen_trainer *trainer, limen_error *err)
{
    const size_t epoch = trainer->done / trainer->batches;
    lm_epoch_sums *sums = &trainer->sums;

    if (epoch >= trainer->epochs)
        return lm_error_set(err, LIMEN_BAD_VALUE, "all %zu epochs are done",
                            trainer->epochs);
    const limen_status status = begin_epoch(trainer, epoch, err);
    if (status != LIMEN_OK)
        return status;
    lm_batch_gather(trainer, epoch,
                    trainer->done % trainer->batches * trainer->batch_size);

    run_forward(trainer);
    double loss = answer_loss(trainer, sums);
    if (trainer->penalty > 0.0)
        loss += activity_penalty(trainer);
    memset(trainer->gradient, 0,
           trainer->parameters.count * sizeof *trainer->gradient);
    trainer->rule->backward(trainer->self, &trainer->batch, trainer->gradient);
    balance(trainer, trainer->gradient);
    const double norm = lm_gradient_norm(
        trainer->gradient, trainer->parameters.count, trainer->threads);
    if (!isfinite(loss) || !isfinite(norm))
        return diverged(trainer, epoch, err);

    trainer->learning_rate =
        lm_optimiser_rate(&trainer->optimiser, trainer->optimiser.done);
    lm_optimiser_step(&trainer->optimiser, &trainer->parameters,
                      trainer->gradient, norm, trainer->threads);
    if (trainer->homeostasis.kind != LM_HOMEOSTASIS_NONE)
        lm_homeostasis_move(&trainer->homeostasis, trainer->net,
                            &trainer->batch);
    balance(trainer, NULL);
    if (limen_image_update(trainer->image, trainer->net, trainer->threads,
                           NULL) != LIMEN_OK)
        return diverged(trainer, epoch, err);
    if (trainer->rule->finish != NULL)
        trainer->rule->finish(trainer->self, &trainer->batch);
    count_activity(trainer);
    sums->loss += loss;
    sums->norm += norm;
    sums->samples += trainer->batch.samples;
    sums->batches++;
    trainer->done++;
    return LIMEN_OK;
}

limen_progress limen_trainer_progress(const limen_trainer *trainer)
{
    return (limen_progress){
        .epoch = trainer->done / trainer->batches,
        .epochs = trainer->epochs,
        .batch = trainer->done % trainer->batches,
        .batches = trainer->batches,
    };
}

/* Shares of the units of one layer: mean rate, never fired, always fired. */
static void layer_activity(const uint64_t *spikes, size_t n, uint64_t steps,
                           double *activity, double *silent, double *saturated)
{
    uint64_t sum = 0;
    size_t never = 0;
    size_t always = 0;

    for (size_t i = 0; i < n; i++) {
        sum += spikes[i];
        never += spikes[i] == 0;
        always += spikes[i] == steps;
    }
    if (activity != NULL)
        *activity = (double)sum / (double)n / (double)steps;
    if (silent != NULL)
        *silent = (double)never / (double)n;
    if (saturated != NULL)
        *saturated = (double)always / (double)n;
}

limen_epoch limen_trainer_epoch(const limen_trainer *trainer, double *activity,
                                double *silent, double *saturated)
{
    const lm_epoch_sums *sums = &trainer->sums;
    const uint64_t *spikes = sums->spikes;
    const double samples = sums->samples == 0 ? 1.0 : (double)sums->samples;
    const double batches = sums->batches == 0 ? 1.0 : (double)sums->batches;

    for (size_t l = 0; l < trainer->net->layers; l++) {
        layer_activity(spikes, trainer->net->units[l],
                       sums->spike_steps == 0 ? 1 : sums->spike_steps,
                       activity == NULL ? NULL : activity + l,
                       silent == NULL ? NULL : silent + l,
                       saturated == NULL ? NULL : saturated + l);
        spikes += trainer->net->units[l];
    }
    return (limen_epoch){
        .epoch =
            trainer->done == 0 ? 0 : (trainer->done - 1) / trainer->batches,
        .loss = sums->loss / batches,
        .accuracy = (double)sums->correct / samples,
        .learning_rate = trainer->learning_rate,
        .gradient_norm = sums->norm / batches,
        .ties = (double)sums->ties / samples,
        .samples = sums->samples,
    };
}
