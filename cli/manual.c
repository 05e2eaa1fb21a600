/* manual.c -- the manual page and shell completion, from the tables. */
#include "cli.h"

#include <string.h>

/* mdoc takes a line that begins with a dot or an apostrophe as a request, and
 * a hyphen as a minus where it is escaped. */
static void print_text(FILE *to, const char *text)
{
    if (text[0] == '.' || text[0] == '\'')
        fputs("\\&", to);
    for (; *text != '\0'; text++)
        fputs(*text == '\\' ? "\\e" : (char[]){ *text, '\0' }, to);
    fputs("\n", to);
}

static void print_settings(FILE *to)
{
    const char *group = "";

    for (size_t i = 0; i < limen_setting_count(); i++) {
        const limen_setting_info *info = limen_setting_at(i);

        if (strcmp(group, info->group) != 0) {
            if (group[0] != '\0')
                fputs(".El\n", to);
            group = info->group;
            fprintf(to, ".Ss %s\n.Bl -tag -width Ds\n", group);
        }
        fprintf(to, ".It Fl Fl %s\n", info->name);
        print_text(to, info->help);
        if (info->choices != NULL)
            fprintf(to, "(%s)\n", info->choices);
        fprintf(to, "Default: %s.\n",
                info->initial[0] == '\0' ? "none" : info->initial);
    }
    fputs(".El\n", to);
}

void cli_man_page(FILE *to)
{
    const cli_command *command;
    const cli_option *option;

    fputs(".Dd November 24, 2026\n.Dt LIMEN 1\n.Os\n.Sh NAME\n.Nm limen\n"
          ".Nd recurrent networks of threshold neurons\n.Sh SYNOPSIS\n",
          to);
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++)
        fprintf(to, ".Nm\n.Cm %s\n.Op Ar options\n%s%s%s", command->name,
                command->words[0] == '\0' ? "" : ".Ar ", command->words,
                command->words[0] == '\0' ? "" : "\n");
    fputs(".Sh DESCRIPTION\nTrains and runs recurrent networks of units that "
          "fire 1 or 0 at a threshold;\nthe answer is the mean over the "
          "steps.\n.Bl -tag -width predict\n",
          to);
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++) {
        fprintf(to, ".It Cm %s\n", command->name);
        print_text(to, command->summary);
    }
    fputs(".El\n.Sh OPTIONS\n.Bl -tag -width Ds\n", to);
    for (size_t i = 0; (option = cli_option_at(i)) != NULL; i++) {
        fprintf(to, ".It Fl Fl %s%s%s\n", option->name,
                option->argument == NULL ? "" : " Ar ",
                option->argument == NULL ? "" : option->argument);
        print_text(to, option->help);
    }
    fputs(".El\n.Sh SETTINGS\n", to);
    print_settings(to);
    fputs(".Sh ENVIRONMENT\n.Bl -tag -width Ds\n"
          ".It Ev LIMEN_BACKEND\nThe kernels to use.\n"
          ".It Ev LIMEN_DATA\nA folder in which data sets are looked for.\n"
          ".It Ev NO_COLOR\nNo colours.\n.El\n"
          ".Sh EXIT STATUS\n0 done, 1 a requested condition failed, 2 wrong "
          "usage,\n3 a file unreadable, malformed or not writable, 4 out of "
          "memory,\n5 an incompatible file, 75 stopped with a checkpoint,\n"
          "130 interrupted.\n"
          ".Sh EXAMPLES\n.Dl limen train --hidden 256 --self --feedback -o "
          "runs/first\n.Dl limen eval runs/first --steps 1,5,20,100\n",
          to);
}

static void list_words(FILE *to, unsigned command)
{
    const cli_option *option;

    for (size_t i = 0; (option = cli_option_at(i)) != NULL; i++)
        if (option->commands & command)
            fprintf(to, " --%s", option->name);
    for (size_t i = 0; i < limen_setting_count(); i++) {
        const limen_setting_info *info = limen_setting_at(i);

        if (cli_takes_setting(command, info->name))
            fprintf(to, " --%s", info->name);
    }
}

static void bash(FILE *to)
{
    const cli_command *command;

    fputs("_limen() {\n    local words\n    case ${COMP_WORDS[1]} in\n", to);
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++) {
        fprintf(to, "    %s) words=\"", command->name);
        list_words(to, command->bit);
        fputs("\" ;;\n", to);
    }
    fputs("    *) words=\"", to);
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++)
        fprintf(to, " %s", command->name);
    fputs("\" ;;\n    esac\n    COMPREPLY=($(compgen -W \"$words\" -- "
          "\"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
          "complete -o default -F _limen limen\n",
          to);
}

static void fish(FILE *to)
{
    const cli_command *command;
    const cli_option *option;

    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++) {
        fprintf(to,
                "complete -c limen -n __fish_use_subcommand -a %s -d '%s'\n",
                command->name, command->summary);
        for (size_t k = 0; (option = cli_option_at(k)) != NULL; k++)
            if (option->commands & command->bit)
                fprintf(to,
                        "complete -c limen -n '__fish_seen_subcommand_from "
                        "%s' -l %s -d '%s'\n",
                        command->name, option->name, option->help);
        for (size_t k = 0; k < limen_setting_count(); k++)
            if (cli_takes_setting(command->bit, limen_setting_at(k)->name))
                fprintf(to,
                        "complete -c limen -n '__fish_seen_subcommand_from "
                        "%s' -l %s\n",
                        command->name, limen_setting_at(k)->name);
    }
}

int cli_completion(FILE *to, const char *shell)
{
    if (strcmp(shell, "bash") == 0) {
        bash(to);
    } else if (strcmp(shell, "zsh") == 0) {
        fputs("autoload -U +X bashcompinit && bashcompinit\n", to);
        bash(to);
    } else if (strcmp(shell, "fish") == 0) {
        fish(to);
    } else {
        return cli_fail(CLI_USAGE,
                        "--completion: '%s' is not bash, zsh or fish", shell);
    }
    return CLI_DONE;
}
