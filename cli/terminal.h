/* terminal.h -- what standard output can show, and glyphs for shares. */
#ifndef LIMEN_TERMINAL_H
#define LIMEN_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

typedef struct cli_terminal {
    size_t width; /* columns */
    bool is_utf8, has_colour;
} cli_terminal;

/* Width from COLUMNS or the terminal, 80 otherwise, never absurd; UTF-8 by the
 * locale; colour on a terminal unless NO_COLOR says no. */
cli_terminal cli_terminal_of_stdout(void);

/* One column for a share in [0, 1]: darker the more, or higher the more. */
const char *cli_shade(const cli_terminal *terminal, double share);
const char *cli_height(const cli_terminal *terminal, double share);

typedef enum cli_colour { CLI_PLAIN, CLI_GREEN, CLI_RED, CLI_DIM } cli_colour;

/* Begins a colour, or ends it; nothing without colours. */
void cli_colour_print(const cli_terminal *terminal, cli_colour colour);

#endif
