/* options.c -- the command line, read against the tables. */
#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const cli_option table[] = {
    { "out", 'o', "DIR", CLI_TRAIN, "run directory (default: runs/DATA-N)" },
    { "out", 'o', "DIR", CLI_COMPARE,
      "directory of the study (default: runs/STUDY); cells that are there are "
      "kept" },
    { "check", 0, "STORED.json", CLI_COMPARE,
      "fail if means are not those of a stored result.json" },
    { "jobs", 0, "N", CLI_COMPARE,
      "cells at once (default: as many as threads)" },
    { "python", 0, "PYTHON", CLI_COMPARE,
      "what runs the baseline script (default: python3)" },
    { "out", 'o', "FILE.npz", CLI_DATA, "corrupt: where the set goes" },
    { "out", 'o', "FILE", CLI_REPORT,
      "the page (default: report.html in the first run)" },
    { "config", 0, "FILE", CLI_TRAIN | CLI_INFO | CLI_BENCH,
      "settings from a YAML file; options override it" },
    { "preset", 0, "NAME", CLI_TRAIN | CLI_INFO | CLI_BENCH,
      "settings of a preset (original); options override it" },
    { "set", 0, "NAME=VALUE",
      CLI_TRAIN | CLI_INFO | CLI_EVAL | CLI_PREDICT | CLI_BENCH | CLI_TRACE,
      "the same as --NAME VALUE" },
    { "resume", 0, "DIR", CLI_TRAIN, "go on with a stopped run" },
    { "force", 0, NULL, CLI_TRAIN | CLI_SWEEP, "replace a run that exists" },
    { "time-limit", 0, "TIME", CLI_TRAIN,
      "stop with a checkpoint after 90s, 10m or 2h" },
    { "checkpoint-minutes", 0, "N", CLI_TRAIN,
      "minutes between checkpoints (default: 10)" },
    { "steps", 0, "LIST", CLI_EVAL,
      "numbers of steps to vote after, as 1,5,20" },
    { "seeds", 0, "N", CLI_EVAL, "runs with other noise (default: 5)" },
    { "corrupt", 0, "NAME[:AMOUNT],...", CLI_EVAL,
      "also test on corrupted images, a row each; `limen data --list` has "
      "the names" },
    { "calibration", 0, NULL, CLI_EVAL,
      "how sure answers are, and how often right (reliability diagram)" },
    { "early", 0, "LEADS", CLI_EVAL,
      "answer as soon as a class leads by so many spikes, as 1,2,4" },
    { "adapt-data", 0, "FILE", CLI_EVAL,
      "images that --adapt moves thresholds on, as predict reads them "
      "(default: what the run held out)" },
    { "raster", 0, "FILE.npy", CLI_PREDICT, "write the spikes of a layer" },
    { "layer", 0, "L", CLI_PREDICT, "that layer (default: 1)" },
    { "work", 0, "LIST", CLI_BENCH,
      "what to time: infer, train, simulate (default: infer,train)" },
    { "seconds", 0, "X", CLI_BENCH, "for each of them (default: 2)" },
    { "units", 0, "N", CLI_BENCH,
      "simulate: units of the one layer (default: 1000)" },
    { "in-degree", 0, "N", CLI_BENCH,
      "simulate: sources of each unit, 0: all (default: 10)" },
    { "corrupt", 0, "NAME[:AMOUNT]", CLI_DATA,
      "corrupt: what is done to each image; --list names them" },
    { "epoch", 0, "E", CLI_DATA,
      "corrupt: of --augment, the epoch of training from 1 (default: 1)" },
    { "split", 0, "NAME", CLI_DATA,
      "corrupt: train or test (default: test where there is one; with "
      "--augment train)" },
    { "preview", 0, "N", CLI_DATA, "corrupt: show the first N images" },
    { "list", 0, NULL, CLI_DATA,
      "the corruptions and their amounts at five severities" },
    { "samples", 0, "LIST", CLI_TRACE,
      "these samples, from 0, as 0,5,20-29; all are drawn" },
    { "count", 0, "N", CLI_TRACE | CLI_REPORT,
      "samples: the first 100 for trace, up to 2000 evenly spread for report" },
    { "show", 0, "N", CLI_TRACE,
      "samples to draw (default: 2, up to 20 of a list)" },
    { "rows", 0, "N", CLI_TRACE,
      "rows of a layer's raster (default: 6; 0: no rasters)" },
    { "corrupt", 0, "NAME[:AMOUNT]", CLI_TRACE,
      "corrupt the images, as gaussian:0.3" },
    { "out", 'o', "DIR", CLI_TRACE,
      "write trace.npz, activity.csv, means.csv" },
    { "man", 0, NULL, CLI_HELP, "print the manual page" },
    { "completion", 0, "SHELL", CLI_HELP,
      "print completion for bash, zsh or fish" },
    { "json", 0, NULL,
      CLI_TRAIN | CLI_EVAL | CLI_PREDICT | CLI_INFO | CLI_DATA | CLI_DOCTOR |
          CLI_BENCH | CLI_TRACE | CLI_COMPARE | CLI_SWEEP | CLI_CRITICALITY,
      "results as JSON" },
    { "quiet", 0, NULL,
      CLI_TRAIN | CLI_EVAL | CLI_PREDICT | CLI_COMPARE | CLI_SWEEP,
      "no progress on stderr" },
    { "threads", 0, "N",
      CLI_TRAIN | CLI_EVAL | CLI_PREDICT | CLI_BENCH | CLI_TRACE | CLI_REPORT |
          CLI_COMPARE | CLI_CRITICALITY,
      "threads (default: all cores); results do not depend on it" },
    { "backend", 0, "NAME", CLI_ALL,
      "kernels: ref, avx2, avx512 or avx512vbmi" },
    { "help", 'h', NULL, CLI_ALL, "all about this command" },
};

const cli_option *cli_option_at(size_t i)
{
    const size_t count = sizeof table / sizeof *table;

    return i < count ? &table[i] : cli_criticality_option_at(i - count);
}

/* Settings that a test of `limen eval` and of studies reads, training not. */
static bool is_of_adapted_test(const char *name)
{
    static const char *const names[] = { "adapt", "adapt-rounds", "adapt-step",
                                         "test-classes" };

    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (strcmp(name, names[k]) == 0)
            return true;
    return false;
}

bool cli_takes_setting(unsigned command, const char *name)
{
    static const char *const testing[] = { "data",        "data-dir",
                                           "seed",        "encoder",
                                           "pixel-scale", "burn-in",
                                           "temperature" };

    if (command & (CLI_TRAIN | CLI_INFO | CLI_BENCH))
        return !is_of_adapted_test(name);
    if (command & CLI_EVAL && is_of_adapted_test(name))
        return true;
    if (command & CLI_CRITICALITY)
        return strcmp(name, "seed") == 0 || strcmp(name, "data") == 0 ||
               strcmp(name, "data-dir") == 0 || strcmp(name, "encoder") == 0 ||
               strcmp(name, "pixel-scale") == 0;
    if (command & (CLI_SWEEP | CLI_SIMULATE))
        return strcmp(name, "seed") == 0;
    if (command & CLI_DATA)
        return strcmp(name, "data-dir") == 0 || strcmp(name, "seed") == 0 ||
               strncmp(name, "augment", 7) == 0;
    if (command & CLI_COMPARE)
        return strcmp(name, "data-dir") == 0;
    for (size_t k = 0;
         command & (CLI_EVAL | CLI_PREDICT | CLI_TRACE | CLI_REPORT) &&
         k < sizeof testing / sizeof *testing;
         k++)
        if (strcmp(name, testing[k]) == 0)
            return true;
    return command & (CLI_PREDICT | CLI_TRACE) && strcmp(name, "steps") == 0;
}

static const cli_option *find_option(unsigned command, const char *name,
                                     size_t length)
{
    const cli_option *option;

    for (size_t i = 0; (option = cli_option_at(i)) != NULL; i++)
        if (option->commands & command && strlen(option->name) == length &&
            strncmp(option->name, name, length) == 0)
            return option;
    return NULL;
}

static const limen_setting_info *find_setting(unsigned command,
                                              const char *name, size_t length)
{
    for (size_t i = 0; i < limen_setting_count(); i++) {
        const limen_setting_info *info = limen_setting_at(i);

        if (strlen(info->name) == length &&
            strncmp(info->name, name, length) == 0 &&
            cli_takes_setting(command, info->name))
            return info;
    }
    return NULL;
}

int cli_read_number(double *out, const char *name, const char *text, double min,
                    double max)
{
    char *end;

    *out = strtod(text, &end);
    if (end == text || *end != '\0' || !(*out >= min && *out <= max))
        return cli_fail(CLI_USAGE, "--%s: '%s' is not a number from %g to %g",
                        name, text, min, max);
    return CLI_DONE;
}

int cli_read_count(size_t *out, const char *name, const char *text, double min,
                   double max)
{
    double x;
    const int code = cli_read_number(&x, name, text, min, max);

    if (code == CLI_DONE && x != floor(x))
        return cli_fail(CLI_USAGE, "--%s: '%s' is not a whole number", name,
                        text);
    if (code == CLI_DONE)
        *out = (size_t)x;
    return code;
}

static int set_pair(cli_options *options, const char *pair)
{
    const char *equals = strchr(pair, '=');
    char name[64] = "";
    limen_error err;

    if (equals == NULL || (size_t)(equals - pair) >= sizeof name)
        return cli_fail(CLI_USAGE, "--set: '%s' is not NAME=VALUE", pair);
    memcpy(name, pair, (size_t)(equals - pair));
    if (limen_settings_get(options->settings, name) != NULL &&
        !cli_takes_setting(options->command, name))
        return cli_fail(CLI_USAGE, "--set: this command does not take %s",
                        name);
    const limen_status status =
        limen_settings_set(options->settings, name, equals + 1, &err);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

static int use_backend(const char *name)
{
    char known[128] = "";
    const char *backend;

    for (size_t i = 0; (backend = limen_backend_at(i)) != NULL; i++) {
        if (strcmp(backend, name) == 0) {
            setenv("LIMEN_BACKEND", name, 1);
            return CLI_DONE;
        }
        strncat(known, i == 0 ? "" : ", ", sizeof known - strlen(known) - 1);
        strncat(known, backend, sizeof known - strlen(known) - 1);
    }
    return cli_fail(CLI_USAGE,
                    "--backend: this machine cannot run '%s'; it can run %s",
                    name, known);
}

/* Where an option that is plain text goes; NULL for the others. */
static const char **text_of(cli_options *options, const char *name)
{
    const struct {
        const char *name, **to;
    } texts[] = {
        { "out", &options->out },
        { "resume", &options->resume },
        { "completion", &options->shell },
        { "steps", &options->steps },
        { "raster", &options->raster },
        { "work", &options->work },
        { "check", &options->check },
        { "python", &options->python },
        { "corrupt", &options->corrupt },
        { "split", &options->split },
        { "early", &options->early },
        { "adapt-data", &options->adapt_data },
        { "time-limit", &options->time_limit },
        { "samples", &options->samples },
    };

    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        if (strcmp(texts[k].name, name) == 0)
            return texts[k].to;
    return NULL;
}

static bool *switch_of(cli_options *options, const char *name)
{
    return strcmp(name, "force") == 0         ? &options->force
           : strcmp(name, "json") == 0        ? &options->json
           : strcmp(name, "quiet") == 0       ? &options->quiet
           : strcmp(name, "man") == 0         ? &options->man
           : strcmp(name, "list") == 0        ? &options->list
           : strcmp(name, "calibration") == 0 ? &options->calibration
                                              : NULL;
}

static int take_option(cli_options *options, const char *name, const char *text)
{
    const char **to = text_of(options, name);
    bool *on = switch_of(options, name);
    size_t threads = 0;
    int code = CLI_DONE;

    if (cli_criticality_option(options, name, text, &code) ||
        cli_simulate_option(options, name, text, &code))
        return code;
    if (to != NULL)
        *to = text;
    else if (on != NULL)
        *on = true;
    else if (strcmp(name, "set") == 0)
        code = set_pair(options, text);
    else if (strcmp(name, "backend") == 0)
        code = use_backend(text);
    else if (strcmp(name, "seeds") == 0)
        code = cli_read_count(&options->seeds, name, text, 1, 1000);
    else if (strcmp(name, "jobs") == 0)
        code = cli_read_count(&options->jobs, name, text, 1, 256);
    else if (strcmp(name, "count") == 0)
        code = cli_read_count(&options->count, name, text, 1, 1e9);
    else if (strcmp(name, "show") == 0)
        code = cli_read_count(&options->shown, name, text, 0, 1e9);
    else if (strcmp(name, "rows") == 0)
        code = cli_read_count(&options->rows, name, text, 0, 1000);
    else if (strcmp(name, "units") == 0)
        code = cli_read_count(&options->units, name, text, 1, LIMEN_UNITS_MAX);
    else if (strcmp(name, "in-degree") == 0)
        code =
            cli_read_count(&options->in_degree, name, text, 0, LIMEN_UNITS_MAX);
    else if (strcmp(name, "epoch") == 0)
        code = cli_read_count(&options->epoch, name, text, 1, 1e6);
    else if (strcmp(name, "preview") == 0)
        code = cli_read_count(&options->preview, name, text, 1, 1e6);
    else if (strcmp(name, "seconds") == 0)
        code = cli_read_number(&options->seconds, name, text, 0.01, 1e6);
    else if (strcmp(name, "layer") == 0)
        code = cli_read_count(&options->layer, name, text, 0, LIMEN_LAYERS_MAX);
    else if (strcmp(name, "checkpoint-minutes") == 0)
        code =
            cli_read_number(&options->checkpoint_minutes, name, text, 0, 1e6);
    else if (strcmp(name, "threads") == 0) {
        code = cli_read_count(&threads, name, text, 0, 4096);
        options->threads = (int)threads;
    }
    return code;
}

static int take_setting(cli_options *options, const char *name,
                        const char *text)
{
    limen_error err;
    const limen_status status =
        limen_settings_set(options->settings, name, text, &err);

    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

static int take_file(cli_options *options, const char *name, const char *text)
{
    limen_error err;
    const limen_status status =
        strcmp(name, "config") == 0
            ? limen_settings_load(options->settings, text, &err)
            : limen_settings_preset(options->settings, text, &err);

    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

static int unknown(const cli_options *options, const char *name, size_t length)
{
    char copy[64] = "";
    limen_error err;

    memcpy(copy, name, length < sizeof copy ? length : sizeof copy - 1);
    if (limen_settings_get(options->settings, copy) != NULL)
        return cli_fail(CLI_USAGE,
                        "--%s: this command does not take it; see `limen "
                        "help`",
                        copy);
    limen_settings_set(options->settings, copy, "", &err);
    return cli_fail(CLI_USAGE, "--%s: %s", copy, err.text);
}

/* One word that is an option, with the word it needs. */
typedef struct parsed {
    const cli_option *option; /* or */
    const limen_setting_info *setting;
    const char *text;
    int used; /* words */
} parsed;

static int parse_word(parsed *to, const cli_options *options, const char *word,
                      const char *next)
{
    *to = (parsed){ .used = 1 };
    if (strcmp(word, "-o") == 0)
        word = "--out";
    if (strcmp(word, "-h") == 0)
        word = "--help";
    if (word[1] != '-')
        return cli_fail(CLI_USAGE,
                        "%s: options have two dashes; see `limen help`", word);

    const char *name = word + 2;
    const size_t length = strcspn(name, "=");
    const bool is_no = length > 3 && strncmp(name, "no-", 3) == 0;
    to->text = name[length] == '=' ? name + length + 1 : NULL;
    to->option = find_option(options->command, name, length);
    to->setting = find_setting(options->command, name, length);
    bool is_switch = to->option != NULL && to->option->argument == NULL;
    const char *value = "true";
    if (to->option == NULL && to->setting == NULL && is_no) {
        to->setting = find_setting(options->command, name + 3, length - 3);
        value = "false";
        if (to->setting == NULL || to->setting->type != LIMEN_SETTING_BOOL ||
            to->text != NULL)
            return unknown(options, name, length);
    }
    if (to->option == NULL && to->setting == NULL)
        return unknown(options, name, length);
    if (is_switch && to->text != NULL)
        return cli_fail(CLI_USAGE, "--%s takes no value", to->option->name);
    if (to->setting != NULL && to->setting->type == LIMEN_SETTING_BOOL)
        is_switch = true;
    if (to->text == NULL && is_switch) {
        to->text = value;
    } else if (to->text == NULL) {
        if (next == NULL)
            return cli_fail(CLI_USAGE, "--%s needs a value", name);
        to->text = next;
        to->used = 2;
    }
    return CLI_DONE;
}

/* One pass over the words: options first, then the files that they override. */
static int read_words(cli_options *options, int argc, char **argv, int first,
                      bool files, bool *wants_help)
{
    bool only_words = false;
    int code = CLI_DONE;

    for (int k = first; code == CLI_DONE && k < argc;) {
        parsed word;

        if (only_words || argv[k][0] != '-' || argv[k][1] == '\0') {
            if (!files)
                options->words[options->word_count++] = argv[k];
            k++;
            continue;
        }
        if (strcmp(argv[k], "--") == 0) {
            only_words = true;
            k++;
            continue;
        }
        code = parse_word(&word, options, argv[k],
                          k + 1 < argc ? argv[k + 1] : NULL);
        if (code != CLI_DONE)
            break;
        k += word.used;
        const char *name =
            word.option == NULL ? word.setting->name : word.option->name;
        const bool is_file =
            options->command != CLI_SIMULATE &&
            (strcmp(name, "config") == 0 || strcmp(name, "preset") == 0);
        if (word.option != NULL && strcmp(name, "help") == 0)
            *wants_help = true;
        else if (is_file && files)
            code = take_file(options, name, word.text);
        else if (!is_file && !files)
            code = word.option == NULL ? take_setting(options, name, word.text)
                                       : take_option(options, name, word.text);
    }
    return code;
}

int cli_options_read(cli_options *options, int argc, char **argv, int first,
                     bool *wants_help)
{
    limen_error err;

    *wants_help = false;
    options->argc = argc;
    options->argv = argv;
    options->seeds = 5;
    options->layer = 1;
    options->shown = SIZE_MAX;
    options->rows = 6;
    options->units = 1000;
    options->in_degree = 10;
    options->epoch = 1;
    options->seconds = 2.0;
    options->checkpoint_minutes = 10.0;
    cli_criticality_defaults(&options->criticality);
    cli_simulate_defaults(&options->simulate);
    options->words = calloc((size_t)argc, sizeof *options->words);
    if (options->words == NULL)
        return cli_fail(CLI_NO_MEMORY, "out of memory");
    const limen_status status = limen_settings_new(&options->settings, &err);
    if (status != LIMEN_OK)
        return cli_fail_status(status, &err);
    int code = read_words(options, argc, argv, first, false, wants_help);
    if (code == CLI_DONE)
        code = read_words(options, argc, argv, first, true, wants_help);
    return code;
}

void cli_options_free(cli_options *options)
{
    limen_settings_free(options->settings);
    free(options->words);
}
