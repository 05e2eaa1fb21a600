/* predict.c -- `limen predict`: answers for images without labels. */
#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct predictor {
    const cli_options *options;
    const limen_settings *settings;
    const limen_image *image;
    size_t inputs, outputs, height, width, steps, burn_in;
    json_t *all; /* with --json */
} predictor;

static void print_answers(const predictor *from, const char *file,
                          const limen_data *data, const uint32_t *answers,
                          const float *y)
{
    for (size_t b = 0; b < data->samples; b++) {
        if (from->all != NULL) {
            json_t *means = json_array();

            for (size_t i = 0; i < from->outputs; i++)
                json_array_append_new(
                    means, json_real((double)y[b * from->outputs + i]));
            json_array_append_new(
                from->all, json_pack("{s:s, s:I, s:i, s:o}", "file", file,
                                     "sample", (json_int_t)b, "answer",
                                     (int)answers[b], "mean", means));
            continue;
        }
        printf("%s[%zu]: %u ", file, b, answers[b]);
        for (size_t i = 0; i < from->outputs; i++)
            printf(" %.2f", (double)y[b * from->outputs + i]);
        putchar('\n');
    }
}

static limen_status predict_data(const predictor *from, const char *file,
                                 const limen_data *data, limen_error *err)
{
    const limen_input input = limen_data_input(
        data, (float)cli_setting_real(from->settings, "pixel-scale"),
        cli_setting_encoder(from->settings));
    const uint64_t seed = (uint64_t)cli_setting_int(from->settings, "seed");
    uint32_t *answers = calloc(data->samples, sizeof *answers);
    float *y = calloc(data->samples * from->outputs, sizeof *y);
    limen_status status = LIMEN_NO_MEMORY;

    snprintf(err->text, sizeof err->text, "out of memory for the answers");
    if (answers != NULL && y != NULL)
        status =
            limen_predict(answers, y, from->image, &input, from->steps,
                          from->burn_in, seed, from->options->threads, err);
    if (status == LIMEN_OK && from->options->raster != NULL)
        status = limen_record_raster(
            from->options->raster, from->options->layer, from->image, &input,
            from->steps, seed, from->options->threads, err);
    if (status == LIMEN_OK)
        print_answers(from, file, data, answers, y);
    free(answers);
    free(y);
    return status;
}

static int predict_file(const predictor *from, const char *file)
{
    limen_data *data;
    limen_error err;
    limen_status status =
        limen_data_load_images(&data, file, from->height, from->width, &err);

    if (status == LIMEN_OK)
        status = predict_data(from, file, data, &err);
    limen_data_free(data);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

int cli_predict(cli_options *options)
{
    limen_network *net = NULL;
    limen_settings *settings = NULL;
    limen_image *image = NULL;
    limen_error err;

    if (options->word_count < 2)
        return cli_fail(CLI_USAGE,
                        "predict: name a run or model, then image files");
    if (options->raster != NULL && options->word_count > 2)
        return cli_fail(CLI_USAGE, "--raster: name one file of images, so "
                                   "that it holds one array");
    int code = cli_load_model(&net, &settings, options->words[0], options);
    if (code == CLI_DONE) {
        const limen_status status =
            limen_image_new(&image, net, options->threads, &err);

        code = status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
    }
    if (code == CLI_DONE) {
        const size_t inputs = limen_network_units(net, 0);
        const size_t side = (size_t)sqrt((double)inputs);
        const bool is_square = side * side == inputs;
        predictor from = {
            .options = options,
            .settings = settings,
            .image = image,
            .inputs = inputs,
            .outputs = limen_network_units(net, limen_network_layers(net) - 1),
            .height = is_square ? side : 1,
            .width = is_square ? side : inputs,
            .steps = (size_t)cli_setting_int(settings, "steps"),
            .burn_in = (size_t)cli_setting_int(settings, "burn-in"),
            .all = options->json ? json_array() : NULL,
        };

        for (size_t k = 1; code == CLI_DONE && k < options->word_count; k++)
            code = predict_file(&from, options->words[k]);
        if (from.all != NULL && code == CLI_DONE)
            cli_print_json(from.all);
        else
            json_decref(from.all);
    }
    limen_image_free(image);
    limen_network_free(net);
    limen_settings_free(settings);
    return code;
}
