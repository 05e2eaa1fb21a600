/* simulate.c -- `limen simulate`: networks that regulate themselves. */
#include "progress.h"
#include "simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 500 }; // steps between looks at clock and signals

typedef struct simulate {
    const cli_options *options;
    limen_simulation *simulation;
    char dir[400];
    double limit; /* seconds; 0: none */
} simulate;

static const char *preset_of(const simulate *all)
{
    return limen_preset_name(
        limen_simulation_options_of(all->simulation).preset);
}

static const char *measure_name(limen_preset preset)
{
    switch (preset) {
    case LIMEN_PRESET_SORN_COUNTING:
    case LIMEN_PRESET_SORN_AVALANCHE:
        return "links";
    case LIMEN_PRESET_BRANCHING:
    case LIMEN_PRESET_HOMEOSTATIC_BRANCHING:
        return "coupling";
    case LIMEN_PRESET_RANDOM_THRESHOLD:
    case LIMEN_PRESETS:
        break;
    }
    return "growth";
}

static int save(const simulate *all)
{
    char *path = cli_path(all->dir, "checkpoint.safetensors");
    limen_error err;
    const limen_status status =
        limen_simulation_save(path, all->simulation, &err);

    free(path);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

static int stop(const simulate *all, int code)
{
    const int saved = save(all);

    if (saved != CLI_DONE)
        return saved;
    cli_say("stopped with a checkpoint; `limen simulate --resume %s` goes on",
            all->dir);
    return code;
}

static json_t *options_json(const limen_simulation_options *o)
{
    return json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:s, s:f, s:f, s:f, s:f, s:f, "
        "s:I}",
        "preset", limen_preset_name(o->preset), "units", (json_int_t)o->units,
        "steps", (json_int_t)o->steps, "frozen", (json_int_t)o->frozen,
        "record", (json_int_t)o->recorded, "word", (json_int_t)o->word,
        "delayed", o->is_delayed, "plasticity",
        o->is_static         ? "none"
        : o->only_thresholds ? "thresholds"
                             : "all",
        "rate", o->rate, "drive", o->drive, "coupling", o->coupling, "memory",
        o->memory, "variance", o->variance, "seed", (json_int_t)o->seed);
}

/* A new simulation and its directory. */
static int begin(simulate *all)
{
    limen_simulation_options asked;
    limen_error err;
    int code = simulate_read(&asked, all->options);

    if (code != CLI_DONE)
        return code;
    if (all->options->out != NULL)
        snprintf(all->dir, sizeof all->dir, "%.390s", all->options->out);
    else
        snprintf(all->dir, sizeof all->dir, "runs/%s-%zu",
                 limen_preset_name(asked.preset), (size_t)asked.seed);
    char *path = cli_path(all->dir, "run.json");
    const bool exists = access(path, F_OK) == 0;

    free(path);
    if (exists && !all->options->force)
        return cli_fail(CLI_USAGE,
                        "%s holds a run already; --resume goes on with it, "
                        "--force replaces it",
                        all->dir);
    limen_status status = limen_simulation_new(&all->simulation, &asked,
                                               all->options->threads, &err);
    if (status != LIMEN_OK)
        return cli_fail_status(status, &err);
    code = cli_make_dir(all->dir);
    if (code != CLI_DONE)
        return code;
    status = cli_write_json(all->dir, "run.json",
                            json_pack("{s:s, s:s, s:o}", "command", "simulate",
                                      "version", limen_version(), "options",
                                      options_json(&asked)),
                            &err);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

static int go_on(simulate *all)
{
    limen_error err;

    snprintf(all->dir, sizeof all->dir, "%.390s", all->options->resume);
    if (all->options->simulate.preset != NULL || all->options->out != NULL)
        return cli_fail(CLI_USAGE, "--resume: the checkpoint says what is "
                                   "simulated; leave out --preset and --out");
    char *path = cli_path(all->dir, "checkpoint.safetensors");
    const limen_status status = limen_simulation_load(
        &all->simulation, path, all->options->threads, &err);

    free(path);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

/* Runs to the end, or until a signal or the clock says otherwise. */
static int run(simulate *all)
{
    limen_simulation_summary now = limen_simulation_summarise(all->simulation);
    cli_progress bar = cli_progress_begin(all->options->quiet, now.steps);
    const double began = cli_now();
    double saved = began;
    limen_error err;

    for (size_t steps = now.steps; steps < now.all; steps += BLOCK) {
        const limen_status status =
            limen_simulation_run(all->simulation, BLOCK, &err);
        const enum cli_signal signal = cli_signal_take();
        const double clock = cli_now();
        int code = CLI_DONE;

        if (status != LIMEN_OK) {
            cli_progress_clear(&bar);
            return cli_fail_status(status, &err);
        }
        cli_progress_draw(&bar,
                          steps + BLOCK < now.all ? steps + BLOCK : now.all,
                          now.all, preset_of(all));
        if (signal == CLI_INTERRUPT || signal == CLI_STOP ||
            (all->limit > 0.0 && clock - began >= all->limit &&
             steps + BLOCK < now.all)) {
            cli_progress_clear(&bar);
            return stop(all, signal == CLI_INTERRUPT ? CLI_INTERRUPTED
                                                     : CLI_STOPPED);
        }
        if (signal == CLI_SAVE ||
            clock - saved >= 60.0 * all->options->checkpoint_minutes) {
            code = save(all);
            saved = clock;
        }
        if (code != CLI_DONE)
            return code;
    }
    cli_progress_clear(&bar);
    return CLI_DONE;
}

static json_t *number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *result_json(const simulate *all)
{
    const limen_simulation_options o =
        limen_simulation_options_of(all->simulation);
    const limen_simulation_summary found =
        limen_simulation_summarise(all->simulation);

    return json_pack(
        "{s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:s}", "preset",
        limen_preset_name(o.preset), "units", (json_int_t)o.units, "steps",
        (json_int_t)found.steps, "rate", number(found.rate), "rate_least",
        number(found.rate_least), "rate_most", number(found.rate_most),
        measure_name(o.preset), number(found.measure), "dir", all->dir);
}

static int finish(const simulate *all)
{
    char *record = cli_path(all->dir, "simulation.npz");
    char *checkpoint = cli_path(all->dir, "checkpoint.safetensors");
    limen_error err;
    limen_status status = limen_simulation_write(record, all->simulation, &err);

    if (status == LIMEN_OK)
        status =
            cli_write_json(all->dir, "result.json", result_json(all), &err);
    if (status == LIMEN_OK)
        unlink(checkpoint);
    free(record);
    free(checkpoint);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

static void tell(const simulate *all)
{
    const limen_simulation_options o =
        limen_simulation_options_of(all->simulation);
    const limen_simulation_summary found =
        limen_simulation_summarise(all->simulation);
    const char *what[] = { "share of links that exist", "mean coupling",
                           "growth of damage, estimated" };
    const char *name = measure_name(o.preset);

    printf("%s: %zu units, %zu steps\n", limen_preset_name(o.preset), o.units,
           found.steps);
    printf("%-28s %8.4f", "spikes of a unit and step", found.rate);
    if (isfinite(found.rate_least))
        printf("  (units: %.4f to %.4f)", found.rate_least, found.rate_most);
    printf("\n%-28s %8.4f\n",
           what[name[0] == 'l'   ? 0
                : name[0] == 'c' ? 1
                                 : 2],
           found.measure);
    printf("record: %s/simulation.npz; `limen criticality` measures it\n",
           all->dir);
}

int cli_simulate(cli_options *options)
{
    simulate all = { .options = options };
    int code = CLI_DONE;

    if (options->word_count > 0)
        return cli_fail(CLI_USAGE, "simulate takes no word like '%.60s'",
                        options->words[0]);
    if (options->time_limit != NULL) {
        all.limit = cli_read_time(options->time_limit);
        if (!(all.limit > 0.0))
            return cli_fail(CLI_USAGE,
                            "--time-limit: '%.60s' is not like 90s, "
                            "10m or 2h",
                            options->time_limit);
    }
    cli_signals_catch();
    code = options->resume != NULL ? go_on(&all) : begin(&all);
    if (code == CLI_DONE)
        code = run(&all);
    if (code == CLI_DONE)
        code = finish(&all);
    if (code == CLI_DONE && options->json)
        cli_print_json(result_json(&all));
    else if (code == CLI_DONE)
        tell(&all);
    limen_simulation_free(all.simulation);
    return code;
}
