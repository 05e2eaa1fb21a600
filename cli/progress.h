/* progress.h -- a bar on a terminal, and the signals that end long work. */
#ifndef LIMEN_PROGRESS_H
#define LIMEN_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

/* Seconds of a clock that never goes back. */
double cli_now(void);

typedef struct cli_progress {
    bool is_shown;
    double began, drawn;
    size_t before; /* work that was done when it began */
} cli_progress;

/* Shows a bar only where stderr is a terminal and `quiet` is not asked for. */
cli_progress cli_progress_begin(bool quiet, size_t done);
void cli_progress_draw(cli_progress *progress, size_t done, size_t all,
                       const char *what);

/* Takes the bar off the screen, so that a line can be written. */
void cli_progress_clear(const cli_progress *progress);

enum cli_signal { CLI_NO_SIGNAL, CLI_SAVE, CLI_STOP, CLI_INTERRUPT };

/* From now on SIGUSR1, SIGTERM and SIGINT are noted instead of acted on. */
void cli_signals_catch(void);

/* The last one noted, which is then forgotten. */
enum cli_signal cli_signal_take(void);

#endif
