/* options_simulate.c -- the options of limen simulate. */
#include "simulate.h"

#include <math.h>
#include <string.h>

static const cli_option table[] = {
    { "preset", 0, "NAME", CLI_SIMULATE,
      "sorn-counting, sorn-avalanche, branching, homeostatic-branching or "
      "random-threshold" },
    { "steps", 0, "N", CLI_SIMULATE, "steps in which the network changes" },
    { "frozen", 0, "N", CLI_SIMULATE,
      "steps after them, in which it does not (sorn-counting: 10000)" },
    { "record", 0, "N", CLI_SIMULATE,
      "last steps of which every spike is kept (default: 10000; branching: "
      "0)" },
    { "units", 0, "N", CLI_SIMULATE, "units of the recorded layer" },
    { "word", 0, "N", CLI_SIMULATE,
      "sorn-counting: letters B in A B..B C (default: 8)" },
    { "delayed", 0, NULL, CLI_SIMULATE,
      "sorn: inhibition answers one step later instead of in the same" },
    { "plasticity", 0, "NAME", CLI_SIMULATE,
      "all, thresholds or none (default: all)" },
    { "rate", 0, "X", CLI_SIMULATE, "spikes of a unit and step to aim at" },
    { "drive", 0, "X", CLI_SIMULATE,
      "branching: spikes without a cause (default: 0.001)" },
    { "coupling", 0, "X", CLI_SIMULATE,
      "branching: spikes that each causes at the beginning" },
    { "memory", 0, "X", CLI_SIMULATE,
      "homeostatic-branching: steps of its time constant (default: 1000)" },
    { "variance", 0, "X", CLI_SIMULATE,
      "random-threshold: of the weights at the beginning (default: 1)" },
    { "out", 'o', "DIR", CLI_SIMULATE,
      "where the record goes (default: runs/PRESET-SEED)" },
    { "resume", 0, "DIR", CLI_SIMULATE, "go on with a stopped simulation" },
    { "force", 0, NULL, CLI_SIMULATE, "replace a record that exists" },
    { "time-limit", 0, "TIME", CLI_SIMULATE,
      "stop with a checkpoint after 90s, 10m or 2h" },
    { "checkpoint-minutes", 0, "N", CLI_SIMULATE,
      "minutes between checkpoints (default: 10)" },
    { "json", 0, NULL, CLI_SIMULATE, "results as JSON" },
    { "quiet", 0, NULL, CLI_SIMULATE, "no progress on stderr" },
    { "threads", 0, "N", CLI_SIMULATE,
      "threads (default: all cores); results do not depend on it" },
};

const cli_option *cli_simulate_option_at(size_t k)
{
    return k < sizeof table / sizeof *table ? &table[k] : NULL;
}

void cli_simulate_defaults(cli_simulate_options *options)
{
    const double none = NAN;

    *options = (cli_simulate_options){ .steps = SIZE_MAX,
                                       .frozen = SIZE_MAX,
                                       .record = SIZE_MAX,
                                       .units = SIZE_MAX,
                                       .word = SIZE_MAX,
                                       .rate = none,
                                       .drive = none,
                                       .coupling = none,
                                       .memory = none,
                                       .variance = none };
}

bool cli_simulate_option(cli_options *options, const char *name,
                         const char *text, int *code)
{
    cli_simulate_options *to = &options->simulate;
    const struct {
        const char *name;
        size_t *count; /* or */
        double *real;
        double min, max;
    } all[] = {
        { "steps", &to->steps, NULL, 1, 4294967295.0 },
        { "frozen", &to->frozen, NULL, 0, 4294967295.0 },
        { "record", &to->record, NULL, 0, 4294967295.0 },
        { "units", &to->units, NULL, 10, 1 << 20 },
        { "word", &to->word, NULL, 1, 1000 },
        { "rate", NULL, &to->rate, 1e-6, 0.999999 },
        { "drive", NULL, &to->drive, 0, 1e3 },
        { "coupling", NULL, &to->coupling, 0, 1e3 },
        { "memory", NULL, &to->memory, 1, 1e9 },
        { "variance", NULL, &to->variance, 1e-9, 1e6 },
    };

    if (options->command != CLI_SIMULATE)
        return false;
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        if (strcmp(name, all[k].name) != 0)
            continue;
        *code = all[k].count != NULL ? cli_read_count(all[k].count, name, text,
                                                      all[k].min, all[k].max)
                                     : cli_read_number(all[k].real, name, text,
                                                       all[k].min, all[k].max);
        return true;
    }
    if (strcmp(name, "preset") == 0)
        to->preset = text;
    else if (strcmp(name, "plasticity") == 0)
        to->plasticity = text;
    else if (strcmp(name, "delayed") == 0)
        to->delayed = true;
    else
        return false;
    return true;
}

static int read_preset(limen_preset *to, const char *name)
{
    if (name == NULL)
        return cli_fail(CLI_USAGE, "simulate: name a --preset; `limen help "
                                   "simulate` lists them");
    for (size_t k = 0; limen_preset_name(k) != NULL; k++)
        if (strcmp(limen_preset_name(k), name) == 0) {
            *to = (limen_preset)k;
            return CLI_DONE;
        }
    return cli_fail(CLI_USAGE,
                    "--preset: '%.60s' is not sorn-counting, sorn-avalanche, "
                    "branching, homeostatic-branching or random-threshold",
                    name);
}

static int read_plasticity(limen_simulation_options *to, const char *name)
{
    if (name == NULL || strcmp(name, "all") == 0)
        return CLI_DONE;
    to->is_static = strcmp(name, "none") == 0;
    to->only_thresholds = strcmp(name, "thresholds") == 0;
    if (!to->is_static && !to->only_thresholds)
        return cli_fail(CLI_USAGE,
                        "--plasticity: '%.60s' is not all, thresholds or none",
                        name);
    if (to->only_thresholds && to->preset != LIMEN_PRESET_SORN_COUNTING &&
        to->preset != LIMEN_PRESET_SORN_AVALANCHE)
        return cli_fail(CLI_USAGE, "--plasticity thresholds: only the sorn "
                                   "presets move thresholds");
    return CLI_DONE;
}

int simulate_read(limen_simulation_options *to, const cli_options *options)
{
    const cli_simulate_options *asked = &options->simulate;
    limen_preset preset;
    int code = read_preset(&preset, asked->preset);

    if (code != CLI_DONE)
        return code;
    *to = limen_simulation_defaults(preset);
    to->seed = (uint64_t)cli_setting_int(options->settings, "seed");
    to->is_delayed = asked->delayed;
    const struct {
        size_t value, *to;
    } counts[] = { { asked->steps, &to->steps },
                   { asked->frozen, &to->frozen },
                   { asked->record, &to->recorded },
                   { asked->units, &to->units },
                   { asked->word, &to->word } };
    const struct {
        double value, *to;
    } reals[] = { { asked->rate, &to->rate },
                  { asked->drive, &to->drive },
                  { asked->coupling, &to->coupling },
                  { asked->memory, &to->memory },
                  { asked->variance, &to->variance } };

    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
        if (counts[k].value != SIZE_MAX)
            *counts[k].to = counts[k].value;
    for (size_t k = 0; k < sizeof reals / sizeof *reals; k++)
        if (isfinite(reals[k].value))
            *reals[k].to = reals[k].value;
    if (asked->record == SIZE_MAX && to->recorded > to->steps + to->frozen)
        to->recorded = to->steps + to->frozen;
    return read_plasticity(to, asked->plasticity);
}
