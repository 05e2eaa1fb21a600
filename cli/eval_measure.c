/* eval_measure.c -- one test under one condition, over seeds. */
#include "eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a test writes. */
typedef struct room {
    limen_evaluation out;
    double accuracy, ties;
    size_t layers;
    uint64_t **spikes; /* [layer] (n) */
} room;

static void room_free(room *to)
{
    for (size_t l = 0; to->spikes != NULL && l < to->layers; l++)
        free(to->spikes[l]);
    free(to->spikes);
    free(to->out.confusion);
    free(to->out.answers);
    free(to->out.y);
}

static limen_status room_new(room *to, const eval_subject *subject,
                             limen_error *err)
{
    const limen_data *data = subject->data;
    const size_t layers = limen_network_layers(subject->net);
    const size_t outputs = limen_network_units(subject->net, layers - 1);
    limen_evaluation *out = &to->out;
    bool is_whole;

    *to = (room){ .layers = layers };
    out->classes = data->classes;
    out->points = 1;
    out->confusion =
        calloc(data->classes * data->classes, sizeof *out->confusion);
    out->answers = calloc(data->samples, sizeof *out->answers);
    out->y = calloc(data->samples, outputs * sizeof *out->y);
    to->spikes = calloc(layers, sizeof *to->spikes);
    is_whole = out->confusion != NULL && out->answers != NULL &&
               out->y != NULL && to->spikes != NULL;
    for (size_t l = 0; is_whole && l < layers; l++) {
        to->spikes[l] =
            calloc(limen_network_units(subject->net, l), sizeof *to->spikes[l]);
        is_whole = to->spikes[l] != NULL;
    }
    out->spikes = to->spikes;
    if (is_whole)
        return LIMEN_OK;
    room_free(to);
    *to = (room){ .layers = 0 };
    snprintf(err->text, sizeof err->text, "out of memory for a test");
    return LIMEN_NO_MEMORY;
}

/* The largest share of the answers that one unit got. */
static double winner(const room *from, size_t samples, size_t outputs)
{
    size_t most = 0;

    for (size_t c = 0; c < outputs; c++) {
        size_t count = 0;

        for (size_t b = 0; b < samples; b++)
            count += from->out.answers[b] == c;
        most = count > most ? count : most;
    }
    return (double)most / (double)samples;
}

/* Shares of the hidden units that never and always fired. */
static void idle(double *silent, double *saturated, const room *from,
                 const eval_subject *subject, size_t chances)
{
    size_t units = 0;
    size_t never = 0;
    size_t always = 0;

    for (size_t l = 1; l + 1 < from->layers; l++) {
        const size_t n = limen_network_units(subject->net, l);

        units += n;
        for (size_t i = 0; i < n; i++) {
            never += from->spikes[l][i] == 0;
            always += from->spikes[l][i] == chances;
        }
    }
    *silent = units == 0 ? 0.0 : (double)never / (double)units;
    *saturated = units == 0 ? 0.0 : (double)always / (double)units;
}

static void add_calibration(limen_calibration *sum,
                            const limen_calibration *one)
{
    sum->error += one->error;
    sum->loss += one->loss;
    sum->brier += one->brier;
    sum->roc_area += one->roc_area;
    for (size_t k = 0; k < LIMEN_CALIBRATION_BINS; k++) {
        sum->confidence[k] += one->confidence[k] * (double)one->count[k];
        sum->accuracy[k] += one->accuracy[k] * (double)one->count[k];
        sum->count[k] += one->count[k];
    }
}

static limen_status add_seed(eval_row *row, room *work,
                             const eval_subject *subject,
                             const limen_image *image, const limen_data *data,
                             uint64_t seed, limen_error *err)
{
    const limen_settings *settings = subject->settings;
    const size_t outputs = limen_network_units(subject->net, work->layers - 1);
    const size_t burn_in = (size_t)cli_setting_int(settings, "burn-in");
    const double beta = cli_setting_real(settings, "beta");
    const limen_input input =
        limen_data_input(data, (float)cli_setting_real(settings, "pixel-scale"),
                         cli_setting_encoder(settings));
    limen_evaluation *out = &work->out;
    limen_calibration one;
    double silent, saturated;

    out->accuracy = &work->accuracy;
    out->ties = &work->ties;
    limen_status status =
        limen_evaluate(out, image, &input, data->labels, &subject->steps,
                       burn_in, seed, subject->options->threads, err);
    if (status == LIMEN_OK)
        status = limen_calibrate(&one, out->y, out->answers, data->labels,
                                 data->samples, outputs, beta, err);
    if (status != LIMEN_OK)
        return status;
    add_calibration(&row->raw, &one);
    status =
        limen_calibrate(&one, out->y, out->answers, data->labels, data->samples,
                        outputs, beta / subject->temperature, err);
    if (status != LIMEN_OK)
        return status;
    add_calibration(&row->scaled, &one);
    idle(&silent, &saturated, work, subject,
         data->samples * (subject->steps - burn_in));
    row->accuracy += work->accuracy;
    row->ties += work->ties;
    row->silent += silent;
    row->saturated += saturated;
    row->winner += winner(work, data->samples, outputs);
    return LIMEN_OK;
}

static void divide_calibration(limen_calibration *sum, double seeds)
{
    sum->error /= seeds;
    sum->loss /= seeds;
    sum->brier /= seeds;
    sum->roc_area /= seeds;
    for (size_t k = 0; k < LIMEN_CALIBRATION_BINS; k++)
        if (sum->count[k] > 0) {
            sum->confidence[k] /= (double)sum->count[k];
            sum->accuracy[k] /= (double)sum->count[k];
        }
}

/* One seed: noise, corruptions, and where thresholds are moved those of the
 * samples they are moved on. */
static limen_status measure_seed(eval_row *row, room *work,
                                 const eval_subject *subject, uint64_t seed,
                                 limen_error *err)
{
    const size_t corruption = row->corruption == NULL ? SIZE_MAX : row->index;
    limen_data *changed = NULL;
    limen_image *adapted = NULL;
    limen_status status = LIMEN_OK;

    if (row->corruption != NULL)
        status = limen_data_corrupt(&changed, subject->data, row->index,
                                    row->amount, seed, err);
    if (status == LIMEN_OK && row->is_adapted)
        status = limen_adapted_image(&adapted, subject->net, subject->settings,
                                     subject->pool, corruption, row->amount,
                                     seed, subject->options->threads, err);
    if (status == LIMEN_OK)
        status = add_seed(row, work, subject,
                          adapted == NULL ? subject->image : adapted,
                          changed == NULL ? subject->data : changed, seed, err);
    limen_image_free(adapted);
    limen_data_free(changed);
    return status;
}

limen_status eval_measure(eval_row *row, const eval_subject *subject,
                          limen_error *err)
{
    const size_t seeds = subject->options->seeds;
    const uint64_t first = (uint64_t)cli_setting_int(subject->settings, "seed");
    room work;
    limen_status status = room_new(&work, subject, err);

    for (size_t k = 0; status == LIMEN_OK && k < seeds; k++)
        status = measure_seed(row, &work, subject, first + k, err);
    room_free(&work);
    row->accuracy /= (double)seeds;
    row->ties /= (double)seeds;
    row->silent /= (double)seeds;
    row->saturated /= (double)seeds;
    row->winner /= (double)seeds;
    divide_calibration(&row->raw, (double)seeds);
    divide_calibration(&row->scaled, (double)seeds);
    return status;
}
