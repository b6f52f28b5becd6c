/* `ams help`, and `ams help COMMAND` made of the command's table of options. */
#include "base/version.h"
#include "cli/manual.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 80, MOST_COLUMN = 22 };

const char cli_exit_codes[] =
    "Exit codes: 0 fine, 1 wrong usage, 2 bad data, 3 input or output failed, 4 out of\n"
    "memory or a missing device or program, 5 an export differs from its policy, 6 a\n"
    "training diverged, or Q-values are not finite; 130 or 143 (128 + the signal)\n"
    "stopped by Ctrl-C or SIGTERM: what is done is kept, the same command continues\n"
    "(`ams serve` ends with 0 then: that is how it is ended).";

void cli_print_commands(FILE *stream, const cli_commands *commands, const char *prefix)
{
    for (size_t i = 0; i < commands->n; i++) {
        const ams_command *command = commands->command[i];
        if (strncmp(command->name, prefix, strlen(prefix)) == 0) {
            fprintf(stream, "  %-12s  %s\n", command->name, command->summary);
        }
    }
}

void cli_print_overview(FILE *stream, const cli_commands *commands)
{
    fprintf(stream,
            "ams %s: learns which models to run on an item, and in which order\n\n"
            "Usage: ams COMMAND [OPTION]...\n\nCommands:\n",
            ams_version);
    cli_print_commands(stream, commands, "");
    fprintf(
        stream,
        "\n`ams help COMMAND` or `ams COMMAND --help` shows the options of a command.\n%s\n",
        cli_exit_codes);
}

/* How many characters the option and its value take. */
static int head_length(const cli_option *option)
{
    size_t length = strlen(option->name);
    length += option->value == NULL ? 0 : 1 + strlen(option->value);
    return (int)length;
}

/* `text` from column `at` on, broken between words; `column` is where its lines begin. */
static void print_wrapped(const char *text, int column, int at)
{
    while (*text != '\0') {
        int length = (int)strcspn(text, " \n");
        if (at > column && at + 1 + length > WIDTH) {
            printf("\n%*s", column, "");
            at = column;
        } else if (at > column) {
            putchar(' ');
            at++;
        }
        printf("%.*s", length, text);
        at += length;
        text += length;
        text += *text == ' ' || *text == '\n';
    }
    putchar('\n');
}

static void print_option(const cli_option *option, int column)
{
    int at = printf("  %s%s%s", option->name, option->value == NULL ? "" : " ",
                    option->value == NULL ? "" : option->value);
    if (at + 2 > column) {
        putchar('\n');
        at = 0;
    }
    printf("%*s", column - at, "");
    print_wrapped(option->help, column, column);
}

void cli_print_help(const ams_command *command)
{
    int column = 0;
    for (size_t i = 0; i < command->n_options; i++) {
        const cli_option *option = &command->options[i];
        const int needed = option->help == NULL ? 0 : 2 + head_length(option) + 2;
        column = needed > column && needed <= MOST_COLUMN ? needed : column;
    }
    printf("ams %s: %s\n\nUsage: %s\n", command->name, command->summary, command->usage);
    bool any = false;
    for (size_t i = 0; i < command->n_options; i++) {
        if (command->options[i].help != NULL) {
            fputs(any ? "" : "\n", stdout);
            any = true;
            print_option(&command->options[i], column == 0 ? MOST_COLUMN : column);
        }
    }
    const size_t length = strlen(command->help);
    if (length > 0) {
        printf("\n%s%s", command->help, command->help[length - 1] == '\n' ? "" : "\n");
    }
}
