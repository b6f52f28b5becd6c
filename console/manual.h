/* The table of commands in forms other than `ams help`: man pages, Markdown, completion of
 * bash.
 *
 * The build writes them with the program itself (CMakeLists.txt of this folder), so they hold
 * every option that the program takes. Each is a hidden option of `ams help`. */
#ifndef AMS_CONSOLE_MANUAL_H
#define AMS_CONSOLE_MANUAL_H

#include "console/command.h"

#include <stdio.h>

typedef struct cli_commands {
    const ams_command *const *command; /* (n) in the order of the overview */
    size_t n;
    /* Prints two functions of the shell for completion: _ams_keys COMMAND echoes what it takes
     * as key=value, _ams_values NAME the values of an option or key. */
    void (*print_words)(void);
    const char *program;       /* what messages call it; NULL: "ams" */
    const char *program_usage; /* more lines of its usage, or NULL */
    struct ams_team *team; /* of processes that do the command together; NULL: this one alone */
} cli_commands;

/* The program: runs the command that argv names, or shows help; prints the message of a
 * failure. Returns the exit code. */
int cli_main(const cli_commands *commands, int argc, char **argv);

static inline const char *cli_program(const cli_commands *commands)
{
    return commands->program == NULL ? "ams" : commands->program;
}

/* `ams help`. */
void cli_print_overview(FILE *stream, const cli_commands *commands);
/* One line per command whose name begins with `prefix`. */
void cli_print_commands(FILE *stream, const cli_commands *commands, const char *prefix);
/* What each exit code means, in one paragraph. */
extern const char cli_exit_codes[];

/* `ams help --man DIR`: DIR/ams.1, and DIR/ams-train.1 and so on for each command. */
ams_status cli_write_man(const cli_commands *commands, const char *directory, ams_error *err);
/* `ams help --markdown`: docs/commands.md, on stdout. */
void cli_print_markdown(const cli_commands *commands);
/* `ams help --completion`: a script for bash, on stdout. */
void cli_print_completion(const cli_commands *commands);

/* The next line of a help text: its first character and length, without the newline. *text
 * moves past it. false at the end. */
bool cli_next_line(const char **text, const char **line, int *length);

#endif
