/* help.c -- help from the tables, with live defaults. */
#include "cli.h"

#include <string.h>

void cli_help_overview(FILE *to)
{
    const cli_command *command;

    fprintf(to,
            "limen %s: recurrent networks of threshold neurons whose "
            "output is averaged over time\n\n",
            limen_version());
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++) {
        char usage[64];

        snprintf(usage, sizeof usage, "%s %s", command->name, command->words);
        fprintf(to, "  limen %-26s %s\n", usage, command->summary);
    }
    fprintf(to, "\n`limen help COMMAND` lists the options of a command.  For "
                "instance\n\n"
                "  limen train --data fashion-mnist --hidden 256 --self "
                "--feedback -o runs/first\n"
                "  limen eval runs/first --steps 1,5,20,100\n");
}

static void print_option(FILE *to, const cli_option *option)
{
    const char *argument = option->argument == NULL ? "" : option->argument;
    const char *space = argument[0] == '\0' ? "" : " ";
    char letter[48] = "";
    char usage[128];

    if (option->letter != 0)
        snprintf(letter, sizeof letter, ", -%c%s%s", option->letter, space,
                 argument);
    snprintf(usage, sizeof usage, "--%s%s%s%s", option->name, space, argument,
             letter);
    fprintf(to, "  %-30s %s\n", usage, option->help);
}

static const char *argument_of(const limen_setting_info *info)
{
    switch (info->type) {
    case LIMEN_SETTING_BOOL:
        return "";
    case LIMEN_SETTING_INT:
        return " N";
    case LIMEN_SETTING_REAL:
        return " X";
    case LIMEN_SETTING_TEXT:
        return " TEXT";
    case LIMEN_SETTING_CHOICE:
        return " NAME";
    case LIMEN_SETTING_LIST:
        return " N,N,...";
    }
    return "";
}

static void print_setting(FILE *to, const limen_setting_info *info)
{
    char usage[64];

    snprintf(usage, sizeof usage, "--%s%s%s",
             info->type == LIMEN_SETTING_BOOL ? "[no-]" : "", info->name,
             argument_of(info));
    fprintf(to, "  %-30s %s", usage, info->help);
    if (info->choices != NULL)
        fprintf(to, ": %s", info->choices);
    fprintf(to, " [%s%s%s]\n",
            info->initial[0] == '\0' ? "none" : info->initial,
            info->unit[0] == '\0' ? "" : " ", info->unit);
}

void cli_help_command(FILE *to, const cli_command *command)
{
    const cli_option *option;
    const char *group = "";

    fprintf(to, "usage: limen %s [options] %s\n\n%s\n\n", command->name,
            command->words, command->summary);
    for (size_t i = 0; (option = cli_option_at(i)) != NULL; i++)
        if (option->commands & command->bit)
            print_option(to, option);
    for (size_t i = 0; i < limen_setting_count(); i++) {
        const limen_setting_info *info = limen_setting_at(i);

        if (!cli_takes_setting(command->bit, info->name))
            continue;
        if (strcmp(group, info->group) != 0) {
            group = info->group;
            fprintf(to, "\n%s [default]\n", group);
        }
        print_setting(to, info);
    }
    if (command->bit & CLI_TRAIN)
        fprintf(to, "\n\"auto\" is the recipe for the network at hand; see "
                    "docs/training.md.\n");
}

int cli_help(cli_options *options)
{
    const cli_command *command;

    if (options->man) {
        cli_man_page(stdout);
        return CLI_DONE;
    }
    if (options->shell != NULL)
        return cli_completion(stdout, options->shell);
    if (options->word_count == 0) {
        cli_help_overview(stdout);
        return CLI_DONE;
    }
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++)
        if (strcmp(command->name, options->words[0]) == 0) {
            cli_help_command(stdout, command);
            return CLI_DONE;
        }
    return cli_fail(CLI_USAGE,
                    "there is no command '%s'; `limen help` lists them",
                    options->words[0]);
}
