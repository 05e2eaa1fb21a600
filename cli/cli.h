/* cli.h -- what the commands of the program share. */
#ifndef LIMEN_CLI_H
#define LIMEN_CLI_H

#include "limen.h"

#include <jansson.h>
#include <stdio.h>

enum cli_exit {
    CLI_DONE = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_BAD_FILE = 3,
    CLI_NO_MEMORY = 4,
    CLI_INCOMPATIBLE = 5,
    CLI_STOPPED = 75, /* with a checkpoint */
    CLI_INTERRUPTED = 130
};

enum cli_command_bit {
    CLI_TRAIN = 1,
    CLI_EVAL = 2,
    CLI_PREDICT = 4,
    CLI_INFO = 8,
    CLI_DATA = 16,
    CLI_DOCTOR = 32,
    CLI_HELP = 64,
    CLI_BENCH = 128,
    CLI_TRACE = 256,
    CLI_REPORT = 512,
    CLI_COMPARE = 1024,
    CLI_SWEEP = 2048,
    CLI_CRITICALITY = 4096,
    CLI_SIMULATE = 8192,
    CLI_ALL = 16383
};

/* limen sweep: what is varied, how often, by how many at a time. */
enum { CLI_AXES_MAX = 8 };
typedef struct cli_sweep_options {
    const char *grids[CLI_AXES_MAX], *ranges[CLI_AXES_MAX];
    size_t grid_count, range_count;
    size_t random, seeds, jobs; /* jobs 0: all cores */
    const char *plot;
} cli_sweep_options;

/* limen criticality: of what, and how. */
typedef struct cli_criticality_options {
    const char *measure, *states, *array, *layout, *report;
    size_t units, networks, runs, steps, warm_up, bin, count, resamples, layer;
    double in_degree, weights_sd, weights_mean, threshold;
    double input_mean, input_step, input_rate;
    double avalanche_threshold; /* times the mean activity; negative: auto */
    double sampled;
    bool poisson, signs, sign_of_zero;
    const char *describes; /* the first option that describes a network */
} cli_criticality_options;

/* limen simulate: SIZE_MAX and NAN are the preset's. */
typedef struct cli_simulate_options {
    const char *preset, *plasticity;
    size_t steps, frozen, record, units, word;
    double rate, drive, coupling, memory, variance;
    bool delayed;
} cli_simulate_options;

/* What the command line asked for. */
typedef struct cli_options {
    unsigned command;         /* a cli_command_bit */
    limen_settings *settings; /* with those given marked as set */
    const char *out, *resume, *steps, *raster, *time_limit;
    const char *shell;           /* help --completion */
    const char *work;            /* bench */
    const char *corrupt, *split; /* eval, data, trace */
    const char *early;           /* eval */
    const char *adapt_data;      /* eval */
    const char *check, *python;  /* compare */
    const char *samples;         /* trace */
    size_t count;                /* trace, report; 0: as usual */
    size_t shown, rows;          /* trace; shown SIZE_MAX: as usual */
    bool force, json, quiet, man;
    int threads;
    size_t seeds, layer;
    size_t jobs;             /* compare; 0: as many as threads */
    size_t units, in_degree; /* bench, simulation */
    size_t epoch, preview;   /* data */
    bool list, calibration;
    cli_sweep_options sweep;
    cli_criticality_options criticality;
    cli_simulate_options simulate;
    bool theory; /* sweep, criticality */
    double checkpoint_minutes, seconds;
    char **words; /* what is no option */
    size_t word_count;
    int argc;
    char **argv; /* as given */
} cli_options;

typedef struct cli_command {
    const char *name;
    unsigned bit;
    const char *words, *summary;
    int (*run)(cli_options *options);
} cli_command;

/* The i-th command, NULL past the last. */
const cli_command *cli_command_at(size_t i);

/* An option that is no setting. */
typedef struct cli_option {
    const char *name;
    char letter;          /* or 0 */
    const char *argument; /* NULL: a switch */
    unsigned commands;    /* that know it */
    const char *help;
} cli_option;

const cli_option *cli_option_at(size_t i);

/* The k-th option of limen sweep and limen criticality, NULL past the last:
 * they follow those of the other commands. */
const cli_option *cli_criticality_option_at(size_t k);

/* The k-th option of limen simulate, which follow. */
const cli_option *cli_simulate_option_at(size_t k);
void cli_simulate_defaults(cli_simulate_options *options);
bool cli_simulate_option(cli_options *options, const char *name,
                         const char *text, int *code);

void cli_criticality_defaults(cli_criticality_options *options);

/* Takes one of them; false if this command's `name` is none. */
bool cli_criticality_option(cli_options *options, const char *name,
                            const char *text, int *code);

/* Numbers of options; an exit code. */
int cli_read_number(double *out, const char *name, const char *text, double min,
                    double max);
int cli_read_count(size_t *out, const char *name, const char *text, double min,
                   double max);

/* Whether a command takes a setting as an option. */
bool cli_takes_setting(unsigned command, const char *name);

/* Reads argv from word `first` on.  On failure prints a sentence and returns
 * an exit code, CLI_DONE otherwise; *wants_help: --help was there. */
int cli_options_read(cli_options *options, int argc, char **argv, int first,
                     bool *wants_help);
void cli_options_free(cli_options *options);

int cli_train(cli_options *options);
int cli_eval(cli_options *options);
int cli_predict(cli_options *options);
int cli_info(cli_options *options);
int cli_data(cli_options *options);
int cli_data_corrupt(cli_options *options);
int cli_trace(cli_options *options);
int cli_doctor(cli_options *options);
int cli_bench(cli_options *options);
int cli_compare(cli_options *options);
int cli_report(cli_options *options);
int cli_help(cli_options *options);
int cli_sweep(cli_options *options);
int cli_criticality(cli_options *options);
int cli_simulate(cli_options *options);
void cli_help_overview(FILE *to);
void cli_help_command(FILE *to, const cli_command *command);
void cli_man_page(FILE *to);
int cli_completion(FILE *to, const char *shell);

/* A picture in grey characters on stdout: each row is two of the image, as
 * characters are twice as high. */
void cli_print_picture(const limen_data *data, size_t sample);

/* Prints "limen: <sentence>" on stderr. */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, and is the code: a function can end with `return cli_fail(...)`. */
#define cli_fail(code, ...) (cli_say(__VA_ARGS__), (code))
int cli_fail_status(limen_status status, const limen_error *err);

/* "1,5,20" as ascending numbers; returns how many, 0 if it is malformed. */
size_t cli_read_steps(size_t *steps, size_t room, const char *text);

/* "90s", "10m", "2h" in seconds; negative if it is malformed. */
double cli_read_time(const char *text);

/* Prints a JSON value on one line; consumes it. */
void cli_print_json(json_t *value);

/* Writes a JSON value to DIR/NAME; consumes it. */
limen_status cli_write_json(const char *dir, const char *name, json_t *value,
                            limen_error *err);

/* The 95 % Wilson interval of a share (Wilson 1927). */
void cli_wilson(double share, size_t count, double *low, double *high);

/* Half the 95 % t interval of the mean of `count` values with this sd. */
double cli_t_interval(double sd, size_t count);

/* All settings as a JSON object. */
json_t *cli_settings_json(const limen_settings *settings);

long cli_setting_int(const limen_settings *settings, const char *name);
double cli_setting_real(const limen_settings *settings, const char *name);
limen_encoder cli_setting_encoder(const limen_settings *settings);

/* Loads RUN (its best model, or the last) or MODEL, and applies the settings
 * given on the command line. */
int cli_load_model(limen_network **net, limen_settings **settings,
                   const char *path, const cli_options *options);

/* Makes a directory and those above it; an exit code. */
int cli_make_dir(const char *dir);

/* Joins DIR/NAME; free() it.  Exits if memory is out. */
char *cli_path(const char *dir, const char *name);

#endif
