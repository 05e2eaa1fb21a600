/* eval_adapt.c -- what `limen eval --adapt` moves thresholds on. */
#include "eval.h"

#include <stdlib.h>
#include <string.h>

/* The samples of a run as its settings split them. */
static limen_status run_samples(limen_data **train, limen_data **held,
                                const limen_settings *settings,
                                limen_error *err)
{
    const char *dir = limen_settings_get(settings, "data-dir");
    limen_data *all;
    limen_status status =
        limen_data_load(&all, limen_settings_get(settings, "data"),
                        dir[0] == '\0' ? NULL : dir, LIMEN_TRAIN, err);

    *train = NULL;
    *held = NULL;
    if (status == LIMEN_OK)
        status =
            limen_data_split(train, held, all,
                             (size_t)cli_setting_int(settings, "train-samples"),
                             (size_t)cli_setting_int(settings, "validation"),
                             (uint64_t)cli_setting_int(settings, "seed"), err);
    limen_data_free(all);
    return status;
}

/* Rates of a model that has none, from the samples it was trained on. */
static limen_status measure_rates(limen_network *net, const limen_data *train,
                                  const limen_settings *settings,
                                  const cli_options *options, limen_error *err)
{
    const limen_input input = limen_data_input(
        train, (float)cli_setting_real(settings, "pixel-scale"),
        cli_setting_encoder(settings));

    if (train->features != limen_network_units(net, 0)) {
        snprintf(err->text, sizeof err->text,
                 "the model has no rates of training and %.200s has other "
                 "samples; name its training data with --data",
                 train->source);
        return LIMEN_INCOMPATIBLE;
    }
    if (!options->quiet)
        cli_say("the model has no rates of training; they are measured on %zu "
                "samples of %s",
                train->samples, train->source);
    return limen_network_measure_rates(
        net, &input, (size_t)cli_setting_int(settings, "steps"),
        (size_t)cli_setting_int(settings, "burn-in"),
        (uint64_t)cli_setting_int(settings, "seed"), options->threads, err);
}

/* Images without labels, from a path. */
static limen_status load_images(limen_data **out, const limen_data *test,
                                const char *path, limen_error *err)
{
    limen_status status =
        limen_data_load_images(out, path, test->height, test->width, err);

    if (status != LIMEN_OK || (*out)->features == test->features)
        return status;
    snprintf(err->text, sizeof err->text,
             "--adapt-data: %.200s has %zu values an image, the test %zu", path,
             (*out)->features, test->features);
    limen_data_free(*out);
    *out = NULL;
    return LIMEN_INCOMPATIBLE;
}

static limen_status choose_pool(limen_data **out, limen_network *net,
                                const limen_settings *settings,
                                const limen_data *test,
                                const cli_options *options, limen_error *err)
{
    const bool needs_rates = limen_network_rates(net, 1) == NULL;
    limen_data *train = NULL;
    limen_data *held = NULL;
    limen_status status = LIMEN_OK;

    *out = NULL;
    if (needs_rates || options->adapt_data == NULL)
        status = run_samples(&train, &held, settings, err);
    if (status == LIMEN_OK && needs_rates)
        status = measure_rates(net, train, settings, options, err);
    if (status == LIMEN_OK && options->adapt_data != NULL)
        status = load_images(out, test, options->adapt_data, err);
    else if (status == LIMEN_OK)
        status = limen_data_of_classes(
            out, held == NULL ? train : held,
            limen_settings_get(settings, "test-classes"), err);
    limen_data_free(train);
    limen_data_free(held);
    return status;
}

int eval_pool(limen_data **out, limen_network *net,
              const limen_settings *settings, const limen_data *test,
              const cli_options *options)
{
    const size_t wanted = (size_t)cli_setting_int(settings, "adapt");
    limen_error err;

    *out = NULL;
    if (wanted == 0 && options->adapt_data != NULL)
        return cli_fail(CLI_USAGE, "--adapt-data: say with --adapt N how many "
                                   "of its images to move thresholds on");
    if (wanted == 0)
        return CLI_DONE;
    const limen_status status =
        choose_pool(out, net, settings, test, options, &err);
    if (status != LIMEN_OK)
        return cli_fail_status(status, &err);
    if (wanted <= (*out)->samples)
        return CLI_DONE;
    return cli_fail(CLI_USAGE,
                    "--adapt: %zu images are more than the %zu that %s; give "
                    "others with --adapt-data",
                    wanted, (*out)->samples,
                    options->adapt_data != NULL ? "are there"
                                                : "the run held out or has");
}
