/* options_criticality.c -- the options of limen sweep and limen criticality. */
#include "cli.h"

#include <string.h>

static const cli_option table[] = {
    { "grid", 0, "NAME=VALUES", CLI_SWEEP,
      "vary an option: 2,4,8 or FROM:TO:COUNT[:log]; again for another" },
    { "random", 0, "N", CLI_SWEEP, "N random points of the --range options" },
    { "range", 0, "NAME=FROM:TO[:log]", CLI_SWEEP,
      "vary an option at random; again for another" },
    { "seeds", 0, "K", CLI_SWEEP,
      "runs a point, with --seed, --seed + 1, ... (default: 1)" },
    { "jobs", 0, "J", CLI_SWEEP, "runs at the same time (default: all cores)" },
    { "out", 'o', "DIR", CLI_SWEEP,
      "where rows.jsonl and table.csv go; a stopped sweep goes on" },
    { "plot", 0, "NAME", CLI_SWEEP,
      "also DIR/report.html, with this column of the table drawn" },
    { "theory", 0, NULL, CLI_SWEEP,
      "ask COMMAND for its theory and draw it over what was measured" },
    { "measure", 0, "LIST", CLI_CRITICALITY,
      "branching, avalanches, statistics, damage, ranks (default: all)" },
    { "theory", 0, NULL, CLI_CRITICALITY,
      "of a described network: what mean-field theory predicts" },
    { "report", 0, "FILE.html", CLI_CRITICALITY, "draw it as a page" },
    { "units", 0, "N", CLI_CRITICALITY,
      "describe a network: its units (default: 250)" },
    { "in-degree", 0, "X", CLI_CRITICALITY,
      "distinct sources of each unit (default: 4)" },
    { "poisson", 0, NULL, CLI_CRITICALITY,
      "in-degrees are Poisson with that mean" },
    { "weights-sd", 0, "X", CLI_CRITICALITY,
      "standard deviation of normal weights (default: 1)" },
    { "weights-mean", 0, "X", CLI_CRITICALITY, "their mean (default: 0)" },
    { "signs", 0, NULL, CLI_CRITICALITY, "weights are +1 or -1 instead" },
    { "threshold", 0, "X", CLI_CRITICALITY, "of all units (default: 0)" },
    { "states", 0, "NAME", CLI_CRITICALITY, "pm (+1, -1) or 01 (default: pm)" },
    { "zero-fires", 0, NULL, CLI_CRITICALITY,
      "a unit exactly on its threshold fires" },
    { "input-mean", 0, "X", CLI_CRITICALITY,
      "all units hear X + STEP or X - STEP (default: 0)" },
    { "input-step", 0, "X", CLI_CRITICALITY, "0: no input (default: 1)" },
    { "input-rate", 0, "X", CLI_CRITICALITY,
      "chance of X + STEP (default: 0.5)" },
    { "networks", 0, "N", CLI_CRITICALITY, "drawn networks (default: 20)" },
    { "runs", 0, "N", CLI_CRITICALITY,
      "damage: initial states of each network (default: 50)" },
    { "steps", 0, "N", CLI_CRITICALITY,
      "steps of activity to measure (default: 2000)" },
    { "warm-up", 0, "N", CLI_CRITICALITY, "steps before (default: 100)" },
    { "count", 0, "N", CLI_CRITICALITY,
      "RUN: samples of its test data (default: 50)" },
    { "layer", 0, "L", CLI_CRITICALITY, "RUN: only this layer, from 1" },
    { "array", 0, "NAME", CLI_CRITICALITY,
      "ACTIVITY: the array of an NPZ (default: activity, counts, raster, x)" },
    { "layout", 0, "NAME", CLI_CRITICALITY,
      "ACTIVITY: counts (trials, steps) or raster (steps, units)" },
    { "sampled", 0, "X", CLI_CRITICALITY,
      "the share of all units that was seen (default: 1)" },
    { "bin", 0, "N", CLI_CRITICALITY,
      "avalanches: steps of a bin (default: 1)" },
    { "avalanche-threshold", 0, "X", CLI_CRITICALITY,
      "times the mean activity of a bin (default: 0 where a twentieth of the "
      "bins is silent, else 0.5)" },
    { "resamples", 0, "N", CLI_CRITICALITY,
      "of intervals and goodness of fit (default: 200)" },
};

const cli_option *cli_criticality_option_at(size_t k)
{
    const size_t count = sizeof table / sizeof *table;

    return k < count ? &table[k] : cli_simulate_option_at(k - count);
}

/* Keeps one more text of an option that can be given again. */
static int keep(const char **list, size_t *count, const char *name,
                const char *text)
{
    if (*count == CLI_AXES_MAX)
        return cli_fail(CLI_USAGE, "--%s: at most %d of them", name,
                        CLI_AXES_MAX);
    list[(*count)++] = text;
    return CLI_DONE;
}

static bool sweep_option(cli_options *options, const char *name,
                         const char *text, int *code)
{
    cli_sweep_options *sweep = &options->sweep;

    if (strcmp(name, "grid") == 0)
        *code = keep(sweep->grids, &sweep->grid_count, name, text);
    else if (strcmp(name, "range") == 0)
        *code = keep(sweep->ranges, &sweep->range_count, name, text);
    else if (strcmp(name, "random") == 0)
        *code = cli_read_count(&sweep->random, name, text, 1, 1e6);
    else if (strcmp(name, "seeds") == 0)
        *code = cli_read_count(&sweep->seeds, name, text, 1, 1e6);
    else if (strcmp(name, "jobs") == 0)
        *code = cli_read_count(&sweep->jobs, name, text, 1, 1024);
    else if (strcmp(name, "plot") == 0)
        sweep->plot = text;
    else if (strcmp(name, "theory") == 0)
        options->theory = true;
    else
        return false;
    return true;
}

void cli_criticality_defaults(cli_criticality_options *options)
{
    *options = (cli_criticality_options){ .units = 250,
                                          .networks = 20,
                                          .runs = 50,
                                          .steps = 2000,
                                          .warm_up = 100,
                                          .bin = 1,
                                          .count = 50,
                                          .resamples = 200,
                                          .in_degree = 4.0,
                                          .weights_sd = 1.0,
                                          .input_step = 1.0,
                                          .input_rate = 0.5,
                                          .avalanche_threshold = -1.0,
                                          .sampled = 1.0 };
}

/* An option that is a number, with its range. */
typedef struct numeric {
    const char *name;
    size_t *count; /* if is_whole, else */
    double *real;
    double min, max;
    bool is_whole;
    bool describes; /* a network */
} numeric;

static bool take_numeric(cli_criticality_options *to, const char *name,
                         const char *text, int *code)
{
    const double huge = 1e9;
    const numeric all[] = {
        { "units", &to->units, NULL, 1, LIMEN_UNITS_MAX, true, true },
        { "networks", &to->networks, NULL, 1, 1e6, true, true },
        { "runs", &to->runs, NULL, 1, 1e6, true, false },
        { "steps", &to->steps, NULL, 1, 1e9, true, false },
        { "warm-up", &to->warm_up, NULL, 0, 1e9, true, false },
        { "count", &to->count, NULL, 1, 1e6, true, false },
        { "layer", &to->layer, NULL, 1, LIMEN_LAYERS_MAX, true, false },
        { "bin", &to->bin, NULL, 1, 1e6, true, false },
        { "resamples", &to->resamples, NULL, 20, 1e5, true, false },
        { "in-degree", NULL, &to->in_degree, 0, LIMEN_UNITS_MAX, false, true },
        { "weights-sd", NULL, &to->weights_sd, 0, huge, false, true },
        { "weights-mean", NULL, &to->weights_mean, -huge, huge, false, true },
        { "threshold", NULL, &to->threshold, -huge, huge, false, true },
        { "input-mean", NULL, &to->input_mean, -huge, huge, false, true },
        { "input-step", NULL, &to->input_step, 0, huge, false, true },
        { "input-rate", NULL, &to->input_rate, 0, 1, false, true },
        { "avalanche-threshold", NULL, &to->avalanche_threshold, 0, huge, false,
          false },
        { "sampled", NULL, &to->sampled, 1e-9, 1, false, false },
    };

    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        const numeric *of = &all[k];

        if (strcmp(name, of->name) != 0)
            continue;
        *code = of->is_whole
                    ? cli_read_count(of->count, name, text, of->min, of->max)
                    : cli_read_number(of->real, name, text, of->min, of->max);
        if (of->describes && to->describes == NULL)
            to->describes = of->name;
        return true;
    }
    return false;
}

static bool criticality_option(cli_options *options, const char *name,
                               const char *text, int *code)
{
    cli_criticality_options *to = &options->criticality;
    const struct {
        const char *name, **text;
        bool *on;
        const char *describes;
    } others[] = {
        { "measure", &to->measure, NULL, NULL },
        { "report", &to->report, NULL, NULL },
        { "array", &to->array, NULL, NULL },
        { "layout", &to->layout, NULL, NULL },
        { "states", &to->states, NULL, "states" },
        { "theory", NULL, &options->theory, NULL },
        { "poisson", NULL, &to->poisson, "poisson" },
        { "signs", NULL, &to->signs, "signs" },
        { "zero-fires", NULL, &to->sign_of_zero, "zero-fires" },
    };

    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        if (strcmp(name, others[k].name) == 0) {
            if (others[k].text != NULL)
                *others[k].text = text;
            else
                *others[k].on = true;
            if (others[k].describes != NULL && to->describes == NULL)
                to->describes = others[k].describes;
            return true;
        }
    return take_numeric(to, name, text, code);
}

bool cli_criticality_option(cli_options *options, const char *name,
                            const char *text, int *code)
{
    if (options->command == CLI_CRITICALITY)
        return criticality_option(options, name, text, code);
    return options->command == CLI_SWEEP &&
           sweep_option(options, name, text, code);
}
