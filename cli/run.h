/* run.h -- one training run: its data, network, trainer and directory. */
#ifndef LIMEN_RUN_H
#define LIMEN_RUN_H

#include "cli.h"
#include "progress.h"

enum { RUN_POINTS = 3 }; // validation at T of training, of answers, and longer

typedef struct cli_run {
    const cli_options *options;
    limen_settings *settings; /* resolved */
    limen_data *train, *validation;
    limen_network *net;
    limen_trainer *trainer;
    char dir[1024];
    bool is_new_dir; /* made by this call */
    json_t *metrics; /* lines so far, one an epoch */
    json_t *timing;
    double best; /* validation accuracy; negative: none yet */
    size_t layers;
    bool is_warned;
    bool fits_temperature; /* none was given */
} cli_run;

/* Data, settings, network, trainer; a new directory, or that of a stopped run
 * with its checkpoint.  Returns an exit code after saying why. */
int cli_run_open(cli_run *run, cli_options *options);
void cli_run_close(cli_run *run);

/* Writes checkpoint.safetensors. */
int cli_run_checkpoint(const cli_run *run);

/* After the last batch of an epoch: validates, prints and writes a line, keeps
 * the best model. */
int cli_run_epoch(cli_run *run, double seconds);

/* Whether --watch criticality was asked for, and what it adds to the line of an
 * epoch and says of it. */
bool cli_run_watches(const cli_run *run);
int cli_run_watch(const cli_run *run, json_t *line);

/* After the last epoch: the last model, the test, result.json, and the answer
 * on stdout. */
int cli_run_finish(cli_run *run);

#endif
