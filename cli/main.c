/* main.c -- the program: which command, with which options. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

static const cli_command commands[] = {
    { "train", CLI_TRAIN, "", "train a network and keep the run", cli_train },
    { "eval", CLI_EVAL, "RUN|MODEL", "test a model, with intervals", cli_eval },
    { "predict", CLI_PREDICT, "RUN|MODEL FILE...", "answers for new images",
      cli_predict },
    { "trace", CLI_TRACE, "RUN|MODEL [FILE]",
      "how activations evolve, drawn and measured", cli_trace },
    { "report", CLI_REPORT, "RUN...|STUDY", "runs or a study as an HTML page",
      cli_report },
    { "criticality", CLI_CRITICALITY, "[RUN|MODEL|ACTIVITY]",
      "how near activity is to criticality", cli_criticality },
    { "simulate", CLI_SIMULATE, "", "run a network that regulates itself",
      cli_simulate },
    { "sweep", CLI_SWEEP, "-- COMMAND OPTIONS...",
      "a command at many values of its options", cli_sweep },
    { "info", CLI_INFO, "[RUN|MODEL]", "what a model or network is made of",
      cli_info },
    { "data", CLI_DATA, "[NAME|PATH]|corrupt NAME|PATH",
      "what a data set holds; a corrupted copy of it", cli_data },
    { "doctor", CLI_DOCTOR, "", "what this machine has and lacks", cli_doctor },
    { "bench", CLI_BENCH, "[RUN|MODEL]", "how fast this machine runs a network",
      cli_bench },
    { "compare", CLI_COMPARE, "STUDY.yaml",
      "train matched arms with many seeds; say what differs", cli_compare },
    { "help", CLI_HELP, "[COMMAND]", "this text, or all about a command",
      cli_help },
};

const cli_command *cli_command_at(size_t i)
{
    return i < sizeof commands / sizeof *commands ? &commands[i] : NULL;
}

static const cli_command *find_command(const char *name)
{
    const cli_command *command;

    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static int run(const cli_command *command, int argc, char **argv)
{
    cli_options options = { .command = command->bit };
    bool wants_help;
    int code = cli_options_read(&options, argc, argv, 2, &wants_help);

    if (code == CLI_DONE && wants_help)
        cli_help_command(stdout, command);
    else if (code == CLI_DONE)
        code = command->run(&options);
    cli_options_free(&options);
    if (fflush(stdout) != 0 && code == CLI_DONE)
        code = cli_fail(CLI_BAD_FILE, "standard output cannot be written");
    return code;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        cli_help_overview(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        cli_help_overview(stdout);
        return CLI_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("limen %s\n", limen_version());
        return CLI_DONE;
    }
    const cli_command *command = find_command(argv[1]);
    if (command == NULL)
        return cli_fail(CLI_USAGE,
                        "there is no command '%s'; `limen help` lists them",
                        argv[1]);
    return run(command, argc, argv);
}
