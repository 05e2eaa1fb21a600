/* measure.c -- accuracy, confidence and the state of hidden units. */
#include "study/measure.h"

#include "base/arena.h"
#include "base/error.h"
#include "learn/settings.h"

#include <math.h>

json_t *lm_number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

/* Arrays of one evaluation. */
typedef struct room {
    limen_evaluation out;
    size_t layers;
    uint64_t **spikes;
} room;

static void room_free(room *all)
{
    lm_free(all->out.accuracy);
    lm_free(all->out.ties);
    lm_free(all->out.confusion);
    lm_free(all->out.answers);
    lm_free(all->out.y);
    for (size_t l = 0; all->spikes != NULL && l < all->layers; l++)
        lm_free(all->spikes[l]);
    lm_free(all->spikes);
}

static bool spikes_new(room *all, const limen_network *net)
{
    all->layers = limen_network_layers(net);
    all->spikes = lm_alloc(all->layers, 1, sizeof *all->spikes);
    for (size_t l = 0; all->spikes != NULL && l < all->layers; l++) {
        all->spikes[l] =
            lm_alloc(limen_network_units(net, l), 1, sizeof **all->spikes);
        if (all->spikes[l] == NULL)
            return false;
    }
    all->out.spikes = all->spikes;
    return all->spikes != NULL;
}

/* net: NULL if spikes are not wanted. */
static limen_status room_new(room *all, const limen_network *net,
                             const limen_data *data, size_t points,
                             limen_error *err)
{
    const size_t n = data->classes;

    all->out.samples = data->samples;
    all->out.classes = n;
    all->out.points = points;
    all->out.accuracy = lm_alloc(points, 1, sizeof(double));
    all->out.ties = lm_alloc(points, 1, sizeof(double));
    all->out.confusion = lm_alloc(n, n, sizeof(uint32_t));
    all->out.answers = lm_alloc(data->samples, 1, sizeof(uint32_t));
    all->out.y = lm_alloc(data->samples, n, sizeof(float));
    if (all->out.accuracy == NULL || all->out.ties == NULL ||
        all->out.confusion == NULL || all->out.answers == NULL ||
        all->out.y == NULL || (net != NULL && !spikes_new(all, net)))
        return lm_error_no_memory(err, "a test",
                                  data->samples * n * sizeof(float));
    return LIMEN_OK;
}

static limen_status evaluate(room *all, const lm_test *test,
                             const limen_data *data, const size_t *steps,
                             limen_error *err)
{
    const limen_input input = limen_data_input(
        data, (float)lm_settings_real(test->settings, "pixel-scale"),
        (limen_encoder)lm_settings_choice(test->settings, "encoder"));

    return limen_evaluate(&all->out, test->image, &input, data->labels, steps,
                          (size_t)lm_settings_int(test->settings, "burn-in"),
                          (uint64_t)lm_settings_int(test->settings, "seed"),
                          test->threads, err);
}

/* Shares of hidden units that never and that always fired. */
static void count_extremes(double *silent, double *saturated, const room *all,
                           const limen_network *net, uint64_t most)
{
    size_t never = 0;
    size_t always = 0;
    size_t units = 0;

    for (size_t l = 1; l + 1 < all->layers; l++) {
        const size_t n = limen_network_units(net, l);

        for (size_t i = 0; i < n; i++) {
            never += all->spikes[l][i] == 0;
            always += all->spikes[l][i] == most;
        }
        units += n;
    }
    *silent = units == 0 ? (double)NAN : (double)never / (double)units;
    *saturated = units == 0 ? (double)NAN : (double)always / (double)units;
}

/* The largest share of answers that one class got. */
static double winner(const room *all)
{
    const limen_evaluation *out = &all->out;
    size_t most = 0;

    for (size_t c = 0; c < out->classes; c++) {
        size_t count = 0;

        for (size_t a = 0; a < out->classes; a++)
            count += out->confusion[a * out->classes + c];
        most = count > most ? count : most;
    }
    return (double)most / (double)out->samples;
}

static limen_status calibrate(double *value, const room *all,
                              const lm_test *test, const uint32_t *labels,
                              limen_error *err)
{
    const limen_evaluation *out = &all->out;
    const double beta = lm_settings_real(test->settings, "beta");
    limen_calibration plain;
    limen_calibration fitted = { .error = NAN };
    limen_status status =
        limen_calibrate(&plain, out->y, out->answers, labels, out->samples,
                        out->classes, beta, err);

    if (status == LIMEN_OK && isfinite(test->temperature))
        status =
            limen_calibrate(&fitted, out->y, out->answers, labels, out->samples,
                            out->classes, beta / test->temperature, err);
    if (status != LIMEN_OK)
        return status;
    value[LM_ECE] = plain.error;
    value[LM_ECE_TEMPERATURE] = fitted.error;
    value[LM_TEMPERATURE] = test->temperature;
    value[LM_ROC_AREA] = plain.roc_area;
    value[LM_LOSS] = plain.loss;
    return LIMEN_OK;
}

limen_status lm_test_measure(double *value, const lm_test *test,
                             const limen_network *net, const limen_data *data,
                             limen_error *err)
{
    room all = { 0 };
    const size_t steps = (size_t)lm_settings_int(test->settings, "steps");
    const size_t burn_in = (size_t)lm_settings_int(test->settings, "burn-in");
    limen_status status = room_new(&all, net, data, 1, err);

    if (status == LIMEN_OK)
        status = evaluate(&all, test, data, &steps, err);
    if (status == LIMEN_OK) {
        value[LM_ACCURACY] = all.out.accuracy[0];
        value[LM_TIES] = all.out.ties[0];
        value[LM_WINNER] = winner(&all);
        count_extremes(&value[LM_SILENT], &value[LM_SATURATED], &all, net,
                       (uint64_t)data->samples * (steps - burn_in));
        status = calibrate(value, &all, test, data->labels, err);
    }
    room_free(&all);
    return status;
}

limen_status lm_test_votes(double *accuracy, const lm_test *test,
                           const limen_data *data, const size_t *steps,
                           size_t points, limen_error *err)
{
    room all = { 0 };
    limen_status status = room_new(&all, NULL, data, points, err);

    if (status == LIMEN_OK)
        status = evaluate(&all, test, data, steps, err);
    for (size_t k = 0; status == LIMEN_OK && k < points; k++)
        accuracy[k] = all.out.accuracy[k];
    room_free(&all);
    return status;
}

limen_status lm_test_temperature(double *temperature, const lm_test *test,
                                 const limen_data *data, limen_error *err)
{
    room all = { 0 };
    const size_t steps = (size_t)lm_settings_int(test->settings, "steps");
    limen_status status = room_new(&all, NULL, data, 1, err);

    if (status == LIMEN_OK)
        status = evaluate(&all, test, data, &steps, err);
    if (status == LIMEN_OK)
        *temperature = limen_fit_temperature(
            all.out.y, data->labels, data->samples, data->classes,
            lm_settings_real(test->settings, "beta"));
    room_free(&all);
    return status;
}

static json_t *stability_json(const limen_stability_result *from, size_t layers)
{
    json_t *out = json_object();
    json_t *list[4];

    for (size_t k = 0; k < 4; k++) {
        list[k] = json_array();
        json_object_set_new(out, lm_stability_name((lm_stability)k), list[k]);
    }
    for (size_t l = 1; l < layers; l++) {
        const limen_stability_measures *layer = &from->layer[l];

        json_array_append_new(list[LM_SETTLE], lm_number(layer->settle));
        json_array_append_new(list[LM_FLIPS], lm_number(layer->flips));
        json_array_append_new(list[LM_AUTOCORRELATION],
                              lm_number(layer->autocorrelation));
        json_array_append_new(list[LM_AGREEMENT], lm_number(layer->agreement));
    }
    json_object_set_new(out, lm_stability_name(LM_STANDS),
                        lm_number(from->mean_stands));
    json_object_set_new(out, lm_stability_name(LM_SAME_ANSWER),
                        lm_number(from->same_answer));
    json_object_set_new(out, lm_stability_name(LM_ENTROPY),
                        lm_number(from->last_entropy));
    return out;
}

limen_status lm_test_stability(json_t **out, const lm_test *test,
                               const limen_network *net, const limen_data *data,
                               size_t samples, size_t steps, limen_error *err)
{
    const size_t layers = limen_network_layers(net);
    limen_stability_result result = { .layer = lm_alloc(layers, 1,
                                                        sizeof *result.layer) };
    limen_input input = limen_data_input(
        data, (float)lm_settings_real(test->settings, "pixel-scale"),
        (limen_encoder)lm_settings_choice(test->settings, "encoder"));

    *out = NULL;
    if (result.layer == NULL)
        return lm_error_no_memory(err, "stability", layers);
    input.samples = samples < data->samples ? samples : data->samples;
    const limen_status status = limen_stability(
        &result, test->image, &input, steps,
        (size_t)lm_settings_int(test->settings, "burn-in"),
        (uint64_t)lm_settings_int(test->settings, "seed"), test->threads, err);
    if (status == LIMEN_OK)
        *out = stability_json(&result, layers);
    lm_free(result.layer);
    return status;
}
