/* corrupt.c -- `limen data corrupt`: a corrupted or augmented copy of a set. */
#include "cli.h"

#include <string.h>

static void print_list(void)
{
    const limen_corruption_info *info;

    printf("%-12s %6s %6s %6s %6s %6s  %s\n", "corruption", "1", "2", "3", "4",
           "5", "the amount is");
    for (size_t i = 0; (info = limen_corruption_at(i)) != NULL; i++) {
        printf("%-12s", info->name);
        for (size_t k = 0; k < 5; k++)
            printf(" %6g", info->amounts[k]);
        printf("  %s\n", info->help);
    }
}

static json_t *list_json(void)
{
    const limen_corruption_info *info;
    json_t *all = json_array();

    for (size_t i = 0; (info = limen_corruption_at(i)) != NULL; i++) {
        json_t *amounts = json_array();

        for (size_t k = 0; k < 5; k++)
            json_array_append_new(amounts, json_real(info->amounts[k]));
        json_array_append_new(
            all, json_pack("{s:s, s:s, s:f, s:f, s:o}", "name", info->name,
                           "amount", info->help, "min", info->min, "max",
                           info->max, "severities", amounts));
    }
    return all;
}

/* *what: the split that was loaded. */
static limen_status load(limen_data **data, const char **what,
                         const cli_options *options, bool is_augmented,
                         limen_error *err)
{
    const char *dir = limen_settings_get(options->settings, "data-dir");
    const char *name = options->words[1];
    const bool is_free = options->split == NULL && !is_augmented;
    const bool is_test = is_free || (options->split != NULL &&
                                     strcmp(options->split, "test") == 0);
    limen_status status;

    dir = dir[0] == '\0' ? NULL : dir;
    *what = is_test ? "test" : "train";
    status = limen_data_load(data, name, dir,
                             is_test ? LIMEN_TEST : LIMEN_TRAIN, err);
    if (status != LIMEN_BAD_FILE || !is_free)
        return status;
    // a file may have no splits
    *what = "the file";
    return limen_data_load(data, name, dir, LIMEN_TRAIN, err);
}

static limen_status change(limen_data **out, const limen_data *data,
                           const cli_options *options, limen_error *err)
{
    const limen_settings *settings = options->settings;
    const uint64_t seed = (uint64_t)cli_setting_int(settings, "seed");
    size_t index;
    double amount;

    if (options->corrupt == NULL)
        return limen_data_augment(
            out, data, limen_settings_get(settings, "augment"),
            limen_settings_get(settings, "augment-without"), options->epoch - 1,
            seed, err);
    const limen_status status =
        limen_corruption_parse(&index, &amount, options->corrupt, err);
    return status == LIMEN_OK
               ? limen_data_corrupt(out, data, index, amount, seed, err)
               : status;
}

static void preview(const limen_data *before, const limen_data *after,
                    size_t count)
{
    for (size_t b = 0; b < count && b < after->samples; b++) {
        printf("\nsample %zu, class %u\n", b, before->labels[b]);
        cli_print_picture(before, b);
        printf("becomes\n");
        cli_print_picture(after, b);
    }
}

static int check(const cli_options *options, bool is_augmented)
{
    if (options->word_count != 2)
        return cli_fail(CLI_USAGE, "data corrupt: name one set");
    if ((options->corrupt != NULL) == is_augmented)
        return cli_fail(CLI_USAGE, "data corrupt: give either --corrupt "
                                   "NAME:AMOUNT or --augment MIXTURE; `limen "
                                   "data --list` has the names");
    if (options->out == NULL && options->preview == 0)
        return cli_fail(CLI_USAGE, "data corrupt: say where to with -o "
                                   "FILE.npz, or look with --preview 3");
    if (options->split != NULL && strcmp(options->split, "train") != 0 &&
        strcmp(options->split, "test") != 0)
        return cli_fail(CLI_USAGE, "--split: '%.60s' is not train or test",
                        options->split);
    return CLI_DONE;
}

int cli_data_corrupt(cli_options *options)
{
    const bool is_augmented =
        limen_settings_is_set(options->settings, "augment");
    limen_data *data = NULL;
    limen_data *changed = NULL;
    const char *what;
    limen_error err;

    if (options->list) {
        if (options->json)
            cli_print_json(list_json());
        else
            print_list();
        return CLI_DONE;
    }
    const int code = check(options, is_augmented);
    if (code != CLI_DONE)
        return code;
    limen_status status = load(&data, &what, options, is_augmented, &err);
    if (status == LIMEN_OK)
        status = change(&changed, data, options, &err);
    if (status == LIMEN_OK && options->out != NULL)
        status = limen_data_save(options->out, changed, &err);
    if (status == LIMEN_OK)
        preview(data, changed, options->preview);
    if (status == LIMEN_OK && options->json)
        cli_print_json(json_pack("{s:s, s:s, s:s, s:I}", "source", data->source,
                                 "sha256", data->sha256, "split", what,
                                 "samples", (json_int_t)data->samples));
    else if (status == LIMEN_OK && options->out != NULL)
        fprintf(stderr, "limen: %zu samples of %s (%s) are in %s\n",
                data->samples, options->words[1], what, options->out);
    limen_data_free(data);
    limen_data_free(changed);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}
