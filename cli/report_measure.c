/* report_measure.c -- what a report measures by itself. */
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static limen_input input_of(const report_run *run, const limen_data *data)
{
    limen_input input = limen_data_input(
        data, (float)cli_setting_real(run->settings, "pixel-scale"),
        cli_setting_encoder(run->settings));

    input.keys = run->keys;
    return input;
}

/* Shares of the hidden units that never and always fired in `chances` steps. */
static void count_idle(double *silent, double *saturated, const report_run *run,
                       size_t chances)
{
    size_t units = 0;
    size_t never = 0;
    size_t always = 0;

    for (size_t l = 1; l + 1 < run->layers; l++) {
        const size_t n = limen_network_units(run->net, l);

        units += n;
        for (size_t i = 0; i < n; i++) {
            never += run->spikes[l][i] == 0;
            always += run->spikes[l][i] == chances;
        }
    }
    *silent = units == 0 ? 0.0 : (double)never / (double)units;
    *saturated = units == 0 ? 0.0 : (double)always / (double)units;
}

static void make_room(report_run *run)
{
    const limen_data *data = run->test;

    run->confusion =
        report_room(data->classes * data->classes, sizeof *run->confusion);
    run->answers = report_room(data->samples, sizeof *run->answers);
    run->y = report_room(data->samples, run->outputs * sizeof *run->y);
    run->spikes = report_room(run->layers, sizeof *run->spikes);
    for (size_t l = 0; l < run->layers; l++)
        run->spikes[l] =
            report_room(limen_network_units(run->net, l), sizeof **run->spikes);
}

static limen_status measure_answers(report_run *run, int threads,
                                    limen_error *err)
{
    const limen_input input = input_of(run, run->test);
    limen_evaluation out = { .classes = run->test->classes,
                             .points = 1,
                             .accuracy = &run->accuracy,
                             .ties = &run->ties,
                             .confusion = run->confusion,
                             .answers = run->answers,
                             .y = run->y,
                             .spikes = run->spikes };
    const limen_status status =
        limen_evaluate(&out, run->image, &input, run->test->labels, &run->steps,
                       run->burn_in, run->seed, threads, err);

    count_idle(&run->silent, &run->saturated, run,
               run->test->samples * (run->steps - run->burn_in));
    return status;
}

/* Numbers of steps after the burn-in: about four to an octave, up to 50 or
 * what the run answers after, whichever is more; that one is among them. */
static size_t choose_steps(size_t *steps, const report_run *run)
{
    const size_t own = run->steps - run->burn_in;
    const size_t last = own > 50 ? own : 50;
    size_t count = 0;

    for (size_t k = 0; count + 2 < REPORT_POINTS; k++) {
        const size_t at = (size_t)lrint(pow(1.19, (double)k));
        const size_t next = at < last ? at : last;
        const size_t before = count == 0 ? 0 : steps[count - 1];

        if (own > before && own < next)
            steps[count++] = own;
        if (next > before)
            steps[count++] = next;
        if (next == last)
            break;
    }
    for (size_t k = 0; k < count; k++)
        steps[k] += run->burn_in;
    return count;
}

static limen_status measure_curve(report_run *run, int threads,
                                  limen_error *err)
{
    const limen_input input = input_of(run, run->test);
    const size_t classes = run->test->classes;
    size_t steps[REPORT_POINTS] = { 0 };
    double ties[REPORT_POINTS];
    uint32_t *confusion = report_room(classes * classes, sizeof *confusion);

    run->points = choose_steps(steps, run);
    limen_evaluation out = { .classes = classes,
                             .points = run->points,
                             .accuracy = run->curve_accuracy,
                             .ties = ties,
                             .confusion = confusion };
    const limen_status status =
        limen_evaluate(&out, run->image, &input, run->test->labels, steps,
                       run->burn_in, run->seed, threads, err);
    for (size_t k = 0; k < run->points; k++)
        run->curve_steps[k] = (double)steps[k];
    free(confusion);
    return status;
}

/* With the temperature that training fitted, on all samples; or with one that
 * is fitted on the first half of them, on the other half. */
static limen_status measure_confidence(report_run *run, limen_error *err)
{
    const limen_data *data = run->test;
    const double beta = cli_setting_real(run->settings, "beta");
    size_t skip = 0;

    run->temperature = cli_setting_real(run->settings, "temperature");
    run->is_fitted_here = run->temperature == 1.0 && data->samples >= 4;
    if (run->is_fitted_here) {
        skip = data->samples / 2;
        run->temperature = limen_fit_temperature(run->y, data->labels, skip,
                                                 run->outputs, beta);
    }
    run->calibrated = data->samples - skip;
    limen_status status = limen_calibrate(
        &run->raw, run->y + skip * run->outputs, run->answers + skip,
        data->labels + skip, run->calibrated, run->outputs, beta, err);
    if (status == LIMEN_OK)
        status = limen_calibrate(&run->scaled, run->y + skip * run->outputs,
                                 run->answers + skip, data->labels + skip,
                                 run->calibrated, run->outputs,
                                 beta / run->temperature, err);
    return status;
}

int report_measure(report_run *run, int threads)
{
    limen_error err;

    make_room(run);
    limen_status status = measure_answers(run, threads, &err);
    if (status == LIMEN_OK)
        status = measure_curve(run, threads, &err);
    if (status == LIMEN_OK)
        status = measure_confidence(run, &err);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

static limen_status measure_condition(report_condition *to, report_run *run,
                                      const limen_data *some, size_t index,
                                      int threads, limen_error *err)
{
    const size_t classes = some->classes;
    uint32_t *confusion = report_room(classes * classes, sizeof *confusion);
    limen_data *changed = NULL;
    double ties;
    limen_evaluation out = { .classes = classes,
                             .points = 1,
                             .accuracy = &to->accuracy,
                             .ties = &ties,
                             .confusion = confusion,
                             .spikes = run->spikes };
    limen_status status =
        limen_data_corrupt(&changed, some, index, to->amount, run->seed, err);

    if (status == LIMEN_OK) {
        const limen_input input = input_of(run, changed);

        status =
            limen_evaluate(&out, run->image, &input, changed->labels,
                           &run->steps, run->burn_in, run->seed, threads, err);
        count_idle(&to->silent, &to->saturated, run,
                   changed->samples * (run->steps - run->burn_in));
    }
    limen_data_free(changed);
    free(confusion);
    return status;
}

static limen_status measure_corruption(report_corruption *to, report_run *run,
                                       const limen_data *some, const char *name,
                                       int threads, limen_error *err)
{
    size_t index;
    limen_status status = limen_corruption_find(&index, name, err);

    if (status != LIMEN_OK)
        return status;
    to->info = limen_corruption_at(index);
    const double *amounts = to->info->amounts;
    const bool falls = amounts[0] > amounts[REPORT_AMOUNTS - 1];
    for (size_t k = 0; status == LIMEN_OK && k < REPORT_AMOUNTS; k++) {
        to->conditions[k].amount = amounts[falls ? REPORT_AMOUNTS - 1 - k : k];
        status = measure_condition(&to->conditions[k], run, some, index,
                                   threads, err);
    }
    return status;
}

int report_measure_robustness(report_run *run, int threads)
{
    enum { SAMPLES = 500 }; // 95 % within 4.4 points; thirty tests of them
    static const char *const names[REPORT_CORRUPTIONS] = {
        "gaussian", "dropout", "rectangle", "rotation", "contrast", "background"
    };
    const size_t samples =
        run->test->samples < SAMPLES ? run->test->samples : SAMPLES;
    size_t *index = report_room(samples, sizeof *index);
    uint64_t **spikes = run->spikes; // those of the clean test stay
    limen_data *some = NULL;
    limen_error err;

    if (run->test->height < 2 || run->test->width < 2) {
        free(index);
        return CLI_DONE; // no images
    }
    for (size_t k = 0; k < samples; k++)
        index[k] = k * run->test->samples / samples;
    run->spikes = report_room(run->layers, sizeof *run->spikes);
    for (size_t l = 0; l < run->layers; l++)
        run->spikes[l] =
            report_room(limen_network_units(run->net, l), sizeof **run->spikes);
    limen_status status =
        limen_data_select(&some, run->test, index, samples, &err);
    for (size_t k = 0; status == LIMEN_OK && k < REPORT_CORRUPTIONS; k++)
        status = measure_corruption(&run->robust[k], run, some, names[k],
                                    threads, &err);
    run->robust_samples = samples;
    for (size_t l = 0; l < run->layers; l++)
        free(run->spikes[l]);
    free(run->spikes);
    run->spikes = spikes;
    free(index);
    limen_data_free(some);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}
