/* Completion for bash: commands, their options, and what the program knows by name
 * (cli_commands, print_words). Everything else completes as a file. */
#include "console/manual.h"

#include <stdio.h>
#include <string.h>

static const char script[] =
    "_ams()\n"
    "{\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local first=${COMP_WORDS[1]} at=2 words\n"
    "    local command=$first\n"
    "    COMPREPLY=()\n"
    "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$(_ams_words) help --version\" -- "
    "\"$current\")\n"
    "        return\n"
    "    fi\n"
    "    if [ \"$first\" = help ]; then\n"
    "        first=${COMP_WORDS[2]} at=3\n"
    "        if [ \"$COMP_CWORD\" = 2 ]; then\n"
    "            mapfile -t COMPREPLY < <(compgen -W \"$(_ams_words)\" -- \"$current\")\n"
    "            return\n"
    "        fi\n"
    "    fi\n"
    "    words=$(_ams_words \"$first\")\n"
    "    if [ -n \"$words\" ]; then\n"
    "        if [ \"$COMP_CWORD\" = \"$at\" ]; then\n"
    "            mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
    "            return\n"
    "        fi\n"
    "        command=\"$first ${COMP_WORDS[at]}\"\n"
    "    fi\n"
    "    # \"--device=c\" and \"agent=d\" come as three words.\n"
    "    if [ \"$current\" = = ]; then\n"
    "        current=\n"
    "    elif [ \"$before\" = = ]; then\n"
    "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    words=$(_ams_values \"$before\")\n"
    "    if [ -z \"$words\" ] && [[ $current == -* ]]; then\n"
    "        words=\"$(_ams_options \"$command\") --help\"\n"
    "    elif [ -z \"$words\" ] && [ -n \"$current\" ] && [[ $before != -* ]]; then\n"
    "        words=$(_ams_keys \"$command\")\n"
    "        [[ $words != *\" $current\"* ]] || compopt -o nospace 2> /dev/null\n"
    "    fi\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
    "}\n"
    "complete -o bashdefault -o default -F _ams ams\n";

/* _ams_words: the commands' first words. _ams_words data: the second words after it. */
static void print_words(const cli_commands *commands)
{
    char group[64] = "";
    printf("_ams_words()\n{\n    case ${1-} in\n    '') echo");
    for (size_t i = 0; i < commands->n; i++) {
        const char *name = commands->command[i]->name;
        const int length = (int)strcspn(name, " ");
        if (strncmp(name, group, (size_t)length) != 0 || group[length] != '\0') {
            printf(" %.*s", length, name);
            snprintf(group, sizeof group, "%.*s", length, name);
        }
    }
    puts(" ;;");
    for (size_t i = 0; i < commands->n;) {
        const char *name = commands->command[i]->name;
        const int length = (int)strcspn(name, " ");
        if (name[length] == '\0') {
            i++;
            continue;
        }
        printf("    %.*s) echo", length, name);
        for (; i < commands->n &&
               strncmp(commands->command[i]->name, name, (size_t)length + 1) == 0;
             i++) {
            printf(" %s", commands->command[i]->name + length + 1);
        }
        puts(" ;;");
    }
    puts("    esac\n}\n");
}

static void print_options(const cli_commands *commands)
{
    puts("_ams_options()\n{\n    case $1 in");
    for (size_t i = 0; i < commands->n; i++) {
        const ams_command *command = commands->command[i];
        printf("    '%s') echo \"", command->name);
        const char *separator = "";
        for (size_t k = 0; k < command->n_options; k++) {
            if (command->options[k].help != NULL) {
                printf("%s%s", separator, command->options[k].name);
                separator = " ";
            }
        }
        puts("\" ;;");
    }
    puts("    esac\n}\n");
}

void cli_print_completion(const cli_commands *commands)
{
    puts("# Completion of `ams` for bash, made by `ams help --completion`.");
    print_words(commands);
    print_options(commands);
    commands->print_words();
    fputs(script, stdout);
}
