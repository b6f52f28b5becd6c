/* docs/commands.md: the help of all commands on one page. */
#include "console/manual.h"

#include <stdio.h>
#include <string.h>

/* Lines that begin with a space go into a fence of their own. */
static void markdown_paragraphs(const char *text)
{
    const char *line;
    int length;
    bool fenced = false;
    bool apart = true;
    while (cli_next_line(&text, &line, &length)) {
        if (length == 0) {
            apart = true;
            continue;
        }
        if (fenced && (line[0] != ' ' || apart)) {
            puts("```");
            fenced = false;
            apart = true;
        }
        if (line[0] == ' ' && !fenced) {
            puts("\n```");
            fenced = true;
        } else if (apart && !fenced) {
            putchar('\n');
        }
        apart = false;
        /* A fence sets off what it holds already. */
        const int indent = fenced && length > 2 && strncmp(line, "  ", 2) == 0 ? 2 : 0;
        printf("%.*s\n", length - indent, line + indent);
    }
    fputs(fenced ? "```\n" : "", stdout);
}

static void markdown_options(const ams_command *command)
{
    bool any = false;
    for (size_t i = 0; i < command->n_options; i++) {
        const cli_option *option = &command->options[i];
        if (option->help != NULL) {
            fputs(any ? "" : "\n", stdout);
            any = true;
            printf("- `%s%s%s`: %s\n", option->name, option->value == NULL ? "" : " ",
                   option->value == NULL ? "" : option->value, option->help);
        }
    }
}

void cli_print_markdown(const cli_commands *commands)
{
    puts("# Commands\n\n"
         "What `ams help COMMAND` prints, for all commands. This page is made by `ams help "
         "--markdown`;\na test compares the two.\n\n"
         "| command | what it does |\n|---|---|");
    for (size_t i = 0; i < commands->n; i++) {
        char anchor[64];
        snprintf(anchor, sizeof anchor, "ams-%s", commands->command[i]->name);
        for (char *c = anchor; *c != '\0'; c++) {
            *c = *c == ' ' ? '-' : *c;
        }
        printf("| [`ams %s`](#%s) | %s |\n", commands->command[i]->name, anchor,
               commands->command[i]->summary);
    }
    printf("\n%s\n", cli_exit_codes);
    for (size_t i = 0; i < commands->n; i++) {
        const ams_command *command = commands->command[i];
        printf("\n## ams %s\n\n%c%s.\n\n```\n%s\n```\n", command->name,
               command->summary[0] & ~0x20, command->summary + 1, command->usage);
        markdown_options(command);
        markdown_paragraphs(command->help);
    }
}
