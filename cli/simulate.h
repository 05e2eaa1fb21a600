/* simulate.h -- what `limen simulate` was asked for. */
#ifndef LIMEN_SIMULATE_H
#define LIMEN_SIMULATE_H

#include "cli.h"

/* Options of the command line over the preset's; an exit code. */
int simulate_read(limen_simulation_options *to, const cli_options *options);

#endif
