/* sweep.h -- one command at many points, each in a process of its own. */
#ifndef LIMEN_SWEEP_H
#define LIMEN_SWEEP_H

#include "cli.h"

enum { SWEEP_RUNS_MAX = 1000000, SWEEP_VALUES_MAX = 10000, SWEEP_NAME = 64 };

/* An option that is varied. */
typedef struct sweep_axis {
    char name[SWEEP_NAME];
    bool is_random, is_log, is_whole;
    double low, high; /* random */
    char **values;    /* (count) as they are given to the command; grid */
    size_t count;
} sweep_axis;

/* Points are numbered along the grids, the last one fastest, random points
 * within each; run r is point r / seeds with seed r % seeds. */
typedef struct sweep {
    const cli_options *options;
    const cli_command *command;
    char *const *words; /* (word_count) the command's own, without its name */
    size_t word_count;
    const char *dir;
    sweep_axis axes[2 * CLI_AXES_MAX];
    size_t axis_count;
    size_t random, points, seeds, runs;
    uint64_t seed;
    json_t **rows; /* (runs) NULL: not done */
    size_t done, failed;
} sweep;

/* What is to be done, checked; an exit code. */
int sweep_plan(sweep *to, const cli_options *options);
void sweep_free(sweep *all);

/* Whether the command has this option or setting. */
bool sweep_command_takes(const cli_command *command, const char *name);

/* The text of an axis at a point. */
void sweep_value(char to[SWEEP_NAME], const sweep *all, size_t axis,
                 size_t point);

/* sweep.json: what makes two sweeps the same. */
json_t *sweep_describe(const sweep *all);

/* Takes the rows of an earlier call of the same sweep, or of none; an exit
 * code. */
int sweep_rows_open(sweep *all);

/* Keeps a row at once, in partial.jsonl; consumes it. */
int sweep_rows_add(sweep *all, size_t run, json_t *row);

/* rows.jsonl and table.csv, whole. */
int sweep_rows_finish(const sweep *all);

/* "a.b.0": number for every number in a result. */
json_t *sweep_flatten(json_t *result);

/* Runs what is not done; CLI_DONE, or why it stopped. */
int sweep_run(sweep *all);

/* DIR/report.html with one column of the table; an exit code. */
int sweep_report(const sweep *all, const char *column);

#endif
