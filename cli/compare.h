/* compare.h -- the parts of `limen compare`. */
#ifndef LIMEN_COMPARE_H
#define LIMEN_COMPARE_H

#include "cli.h"
#include "progress.h"

#include <sys/types.h>

/* A cell being made by a child process. */
typedef struct cli_job {
    size_t cell;
    pid_t pid;        /* 0: none */
    int shares, talk; /* what the child writes: progress, and its stderr */
    double began, share;
    char line[480]; /* the last that it said */
    size_t used;
    bool is_line_over;
} cli_job;

typedef struct cli_comparison {
    const cli_options *options;
    limen_study *study;
    const char *path; /* of the study file */
    char dir[1024];
    char program[1024];
    size_t jobs;
    int threads; /* of each job */
    bool *done;  /* (cells) */
} cli_comparison;

/* Starts a child for a cell.  Returns an exit code after saying why. */
int cli_job_start(cli_job *job, const cli_comparison *all, size_t cell);

/* Takes what the child wrote.  *is_over: it ended, and was waited for; the
 * code returned is then that of the cell, after saying why. */
int cli_job_look(cli_job *job, const cli_comparison *all, cli_progress *bar,
                 bool *is_over);

/* Ends the child. */
void cli_job_stop(cli_job *job);

/* The results on stdout; code of an unreadable one. */
int cli_compare_print(const cli_comparison *all);

/* Compares result.json with a stored one: 1 after naming what differs. */
int cli_compare_check(const cli_comparison *all, const char *stored);

/* Reads JSON, or says why not. */
json_t *cli_read_json(const char *path);

#endif
