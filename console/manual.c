/* Man pages, written with the macros of man(7). */
#include "console/manual.h"

#include "base/file.h"
#include "base/version.h"

#include <stdio.h>
#include <string.h>

/* Characters that roff would read as its own. Backticks begin and end bold where `bold` is not
 * NULL: it says whether one is open. */
static void roff_text(FILE *stream, const char *text, int length, bool *bold)
{
    for (int i = 0; i < length; i++) {
        const char c = text[i];
        if (c == '`' && bold != NULL) {
            *bold = !*bold;
            fputs(*bold ? "\\fB" : "\\fR", stream);
        } else if (c == '`') {
            fputs("\\(ga", stream);
        } else if (c == '\\') {
            fputs("\\e", stream);
        } else if (c == '\'') {
            fputs("\\(aq", stream);
        } else if (c == '-') {
            fputs("\\-", stream);
        } else if (c == '~') {
            fputs("\\(ti", stream);
        } else if (c == '^') {
            fputs("\\(ha", stream);
        } else {
            fputs(i == 0 && c == '.' ? "\\&." : (const char[]){c, '\0'}, stream);
        }
    }
}

/* A line of its own. */
static void roff_line(FILE *stream, const char *text)
{
    bool bold = false;
    roff_text(stream, text, (int)strlen(text), &bold);
    fputs("\n", stream);
}

/* Lines that begin with a space stand as they are, others make paragraphs. */
static void roff_paragraphs(FILE *stream, const char *text)
{
    const char *line;
    int length;
    bool verbatim = false;
    bool bold = false;
    bool apart = false; /* an empty line came before */
    while (cli_next_line(&text, &line, &length)) {
        if (length == 0) {
            apart = true;
            continue;
        }
        if (verbatim && line[0] != ' ') {
            fputs(".fi\n", stream);
            verbatim = false;
            apart = true;
        }
        fputs(apart ? ".PP\n" : "", stream);
        apart = false;
        if (!verbatim && line[0] == ' ') {
            fputs(".nf\n", stream);
            verbatim = true;
        }
        roff_text(stream, line, length, verbatim ? NULL : &bold);
        fputs("\n", stream);
    }
    fputs(verbatim ? ".fi\n" : "", stream);
}

static void roff_options(FILE *stream, const ams_command *command)
{
    bool any = false;
    for (size_t i = 0; i < command->n_options; i++) {
        const cli_option *option = &command->options[i];
        if (option->help == NULL) {
            continue;
        }
        fputs(any ? "" : ".SH OPTIONS\n", stream);
        any = true;
        fputs(".TP\n\\fB", stream);
        roff_text(stream, option->name, (int)strlen(option->name), NULL);
        fputs("\\fR", stream);
        if (option->value != NULL) {
            fputs(" \\fI", stream);
            roff_text(stream, option->value, (int)strlen(option->value), NULL);
            fputs("\\fR", stream);
        }
        fputs("\n", stream);
        roff_line(stream, option->help);
    }
}

/* "data import" -> "ams-data-import". */
static void page_name(char name[64], const ams_command *command)
{
    snprintf(name, 64, "ams-%s", command->name);
    for (char *c = name; *c != '\0'; c++) {
        *c = *c == ' ' ? '-' : *c;
    }
}

static void roff_head(FILE *stream, const char *name, const char *summary)
{
    fprintf(stream,
            ".\\\" Made by `ams help --man`.\n.TH %s 1 \"\" \"ams %s\" \"User Commands\"\n",
            name, ams_version);
    fputs(".SH NAME\n", stream);
    roff_text(stream, name, (int)strlen(name), NULL);
    fputs(" \\- ", stream);
    roff_line(stream, summary);
    fputs(".SH SYNOPSIS\n.nf\n", stream);
}

static ams_status print_command(FILE *stream, const void *context, ams_error *err)
{
    (void)err;
    const ams_command *command = context;
    char name[64];
    page_name(name, command);
    roff_head(stream, name, command->summary);
    roff_line(stream, command->usage);
    fputs(".fi\n", stream);
    roff_options(stream, command);
    if (command->help[0] != '\0') {
        fputs(".SH DESCRIPTION\n", stream);
        roff_paragraphs(stream, command->help);
    }
    fputs(".SH SEE ALSO\n.BR ams (1)\n", stream);
    return AMS_OK;
}

static ams_status print_program(FILE *stream, const void *context, ams_error *err)
{
    (void)err;
    const cli_commands *commands = context;
    roff_head(stream, "ams",
              "adaptive model scheduling: which models to run on an item, in which order");
    fputs("ams COMMAND [OPTION]...\nams help COMMAND\n.fi\n.SH COMMANDS\n", stream);
    for (size_t i = 0; i < commands->n; i++) {
        char name[64];
        page_name(name, commands->command[i]);
        fputs(".TP\n.BR ", stream);
        roff_text(stream, name, (int)strlen(name), NULL);
        fputs(" (1)\n", stream);
        roff_line(stream, commands->command[i]->summary);
    }
    fputs(".SH EXIT STATUS\n", stream);
    roff_line(stream, cli_exit_codes);
    return AMS_OK;
}

ams_status cli_write_man(const cli_commands *commands, const char *directory, ams_error *err)
{
    char file[80];
    ams_status status = ams_make_directories(directory, err);
    if (status == AMS_OK) {
        status = ams_file_write(directory, "ams.1", print_program, commands, err);
    }
    for (size_t i = 0; status == AMS_OK && i < commands->n; i++) {
        char name[64];
        page_name(name, commands->command[i]);
        snprintf(file, sizeof file, "%s.1", name);
        status = ams_file_write(directory, file, print_command, commands->command[i], err);
    }
    return status;
}
