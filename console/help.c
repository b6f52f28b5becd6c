/* `ams help`, and `ams help COMMAND` made of the command's table of options. */
#include "base/version.h"
#include "console/manual.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 80, MOST_COLUMN = 22 };

const char cli_exit_codes[] =
    "Exit codes: 0 fine, 1 wrong usage, 2 bad data, 3 input or output failed, 4 out of\n"
    "memory or a missing device or program, 5 an export differs from its policy, 6 a\n"
    "training diverged, or Q-values are not finite; 130, 138 or 143 (128 + the signal)\n"
    "stopped by Ctrl-C, SIGUSR1 or SIGTERM: what is done is kept, the same command\n"
    "continues (`ams serve` ends with 0 then: that is how it is ended); 75 with --join\n"
    "or --until: something is left, to be submitted again.";

bool cli_next_line(const char **text, const char **line, int *length)
{
    if (**text == '\0') {
        return false;
    }
    *line = *text;
    *length = (int)strcspn(*text, "\n");
    *text += *length;
    *text += **text == '\n';
    return true;
}

/* The words of `text` from column `at` on; `column` is where further lines begin. Returns the
 * column after them. */
static int put_words(FILE *stream, const char *text, int length, int column, int at)
{
    const char *end = text + length;
    while (text < end) {
        int word = (int)strcspn(text, " \n");
        word = word < end - text ? word : (int)(end - text);
        if (at > column && at + 1 + word > WIDTH) {
            fprintf(stream, "\n%*s", column, "");
            at = column;
        } else if (at > column) {
            fputc(' ', stream);
            at++;
        }
        fprintf(stream, "%.*s", word, text);
        at += word;
        text += word;
        text += text < end;
    }
    return at;
}

static void print_wrapped(FILE *stream, const char *text, int column)
{
    (void)put_words(stream, text, (int)strlen(text), column, column);
    fputc('\n', stream);
}

void cli_print_commands(FILE *stream, const cli_commands *commands, const char *prefix)
{
    int longest = 0;
    for (size_t i = 0; i < commands->n; i++) {
        const char *name = commands->command[i]->name;
        const int length = strncmp(name, prefix, strlen(prefix)) == 0 ? (int)strlen(name) : 0;
        longest = length > longest ? length : longest;
    }
    for (size_t i = 0; i < commands->n; i++) {
        const ams_command *command = commands->command[i];
        if (strncmp(command->name, prefix, strlen(prefix)) == 0) {
            fprintf(stream, "  %-*s  ", longest, command->name);
            print_wrapped(stream, command->summary, 2 + longest + 2);
        }
    }
}

void cli_print_overview(FILE *stream, const cli_commands *commands)
{
    const char *program = cli_program(commands);
    fprintf(stream,
            "%s %s: learns which models to run on an item, and in which order\n\n"
            "Usage: %s COMMAND [OPTION]...\n",
            program, ams_version, program);
    if (commands->program_usage != NULL) {
        fputs(commands->program_usage, stream);
    }
    fprintf(stream, "\nCommands:\n");
    cli_print_commands(stream, commands, "");
    fprintf(
        stream,
        "\n`ams help COMMAND` or `ams COMMAND --help` shows the options of a command.\nIn a "
        "list between commas `\\,` is a comma that belongs to a name, `\\\\` a "
        "backslash.\n%s\n",
        cli_exit_codes);
}

/* How many characters the option and its value take. */
static int head_length(const cli_option *option)
{
    size_t length = strlen(option->name);
    length += option->value == NULL ? 0 : 1 + strlen(option->value);
    return (int)length;
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
    print_wrapped(stdout, option->help, column);
}

/* Ways to call the command below each other; their further lines are indented already. */
static void print_usage(const char *usage)
{
    const char *line;
    int length;
    bool first = true;
    while (cli_next_line(&usage, &line, &length)) {
        printf("%s%.*s\n", first ? "Usage: " : line[0] == ' ' ? "" : "       ", length, line);
        first = false;
    }
}

/* Lines that begin with a space stand as they are, others are filled. */
static void print_paragraphs(const char *text)
{
    const char *line;
    int length;
    int at = 0;
    while (cli_next_line(&text, &line, &length)) {
        const bool filled = length > 0 && line[0] != ' ';
        if (at > 0 && !filled) {
            putchar('\n');
            at = 0;
        }
        if (filled) {
            at = put_words(stdout, line, length, 0, at);
        } else {
            printf("%.*s\n", length, line);
        }
    }
    fputs(at > 0 ? "\n" : "", stdout);
}

void cli_print_help(const ams_command *command)
{
    int column = 0;
    for (size_t i = 0; i < command->n_options; i++) {
        const cli_option *option = &command->options[i];
        const int needed = option->help == NULL ? 0 : 2 + head_length(option) + 2;
        column = needed > column && needed <= MOST_COLUMN ? needed : column;
    }
    print_wrapped(stdout, command->summary, printf("ams %s: ", command->name));
    putchar('\n');
    print_usage(command->usage);
    bool any = false;
    for (size_t i = 0; i < command->n_options; i++) {
        if (command->options[i].help != NULL) {
            fputs(any ? "" : "\n", stdout);
            any = true;
            print_option(&command->options[i], column == 0 ? MOST_COLUMN : column);
        }
    }
    if (command->help[0] != '\0') {
        putchar('\n');
        print_paragraphs(command->help);
    }
}
