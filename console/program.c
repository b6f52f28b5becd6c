/* `ams COMMAND ...`, `ams help`, and the way from a status to an exit code. */
#include "console/files.h"
#include "console/manual.h"
#include "console/options.h"
#include "console/progress.h"

#include "ams/names.h"
#include "base/memory.h"
#include "base/team.h"
#include "base/version.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* "train" or "data import": *words is how many words of argv name the command. */
static const ams_command *find_command(const cli_commands *commands, int argc, char **argv,
                                       int *words)
{
    char both[64];
    snprintf(both, sizeof both, "%s %s", argv[0], argc > 1 ? argv[1] : "");
    for (size_t i = 0; i < commands->n; i++) {
        const char *name = commands->command[i]->name;
        if (strcmp(name, argv[0]) == 0 || strcmp(name, both) == 0) {
            *words = strchr(name, ' ') == NULL ? 1 : 2;
            return commands->command[i];
        }
    }
    return NULL;
}

/* "data " if argv[0] is the first word of two-word commands, else NULL. */
static const char *group_prefix(const cli_commands *commands, const char *word, char prefix[32])
{
    snprintf(prefix, 32, "%.30s ", word);
    for (size_t i = 0; i < commands->n; i++) {
        if (strncmp(commands->command[i]->name, prefix, strlen(prefix)) == 0) {
            return prefix;
        }
    }
    return NULL;
}

static ams_status unknown_command(const cli_commands *commands, int argc, char **argv,
                                  ams_error *err)
{
    char prefix[32];
    char given[64];
    bool group = group_prefix(commands, argv[0], prefix) != NULL;
    if (group && argc < 2) {
        return ams_fail(err, AMS_USAGE, "%s needs a second word; `ams help %s` lists them",
                        argv[0], argv[0]);
    }
    snprintf(given, sizeof given, "%s%s%s", argv[0], group ? " " : "", group ? argv[1] : "");
    const char **names = NULL;
    ams_status status = ams_alloc(&names, commands->n, sizeof *names, "names", err);
    if (status != AMS_OK) {
        return status;
    }
    for (size_t i = 0; i < commands->n; i++) {
        names[i] = commands->command[i]->name;
    }
    const char *nearest = ams_nearest(given, names, commands->n);
    free(names);
    if (nearest != NULL) {
        return ams_fail(err, AMS_USAGE, "unknown command %s; did you mean %s?", given, nearest);
    }
    return ams_fail(err, AMS_USAGE, "unknown command %s; `ams help` lists the commands", given);
}

/* `ams help [CMD]`; argv is what follows "help". The options are for the build (cli/manual.h).
 */
static ams_status help(const cli_commands *commands, int argc, char **argv, ams_error *err)
{
    if (argc == 0) {
        cli_print_overview(stdout, commands);
        return AMS_OK;
    }
    if (argc == 2 && strcmp(argv[0], "--man") == 0) {
        return cli_write_man(commands, argv[1], err);
    }
    if (argc == 1 && strcmp(argv[0], "--markdown") == 0) {
        cli_print_markdown(commands);
        return AMS_OK;
    }
    if (argc == 1 && strcmp(argv[0], "--completion") == 0) {
        cli_print_completion(commands);
        return AMS_OK;
    }
    int words;
    char prefix[32];
    const ams_command *command = find_command(commands, argc, argv, &words);
    if (command != NULL) {
        cli_print_help(command);
        return AMS_OK;
    }
    if (argc == 1 && group_prefix(commands, argv[0], prefix) != NULL) {
        printf("Commands of ams %s:\n", argv[0]);
        cli_print_commands(stdout, commands, prefix);
        return AMS_OK;
    }
    return unknown_command(commands, argc, argv, err);
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (is_help(argv[i])) {
            return true;
        }
    }
    return false;
}

/* argv starts at the command. *name is set to the command's once it is known. */
static ams_status run_command(const cli_commands *commands, int argc, char **argv,
                              const char **name, ams_error *err)
{
    int words;
    char full_name[32];
    const ams_command *command = find_command(commands, argc, argv, &words);
    if (command == NULL) {
        if (argc == 2 && is_help(argv[1])) {
            return help(commands, 1, argv, err);
        }
        return unknown_command(commands, argc, argv, err);
    }
    argc -= words - 1;
    argv += words - 1;
    if (asks_for_help(argc, argv)) {
        cli_print_help(command);
        return AMS_OK;
    }
    *name = command->name;
    snprintf(full_name, sizeof full_name, "%s", command->name);
    argv[0] = full_name;
    cli_args args;
    ams_status status = cli_parse(&args, argc, argv, command->options, command->n_options, err);
    if (status != AMS_OK) {
        return status;
    }
    if (command->only_options) {
        status = cli_no_operands(&args, err);
    }
    args.team = commands->team;
    if (status == AMS_OK && ams_team_leads(commands->team)) {
        status = cli_check_files(command, &args, err);
    }
    if (status == AMS_OK) {
        status = command->run(&args, err);
    }
    cli_args_fini(&args);
    return status;
}

/* A parent may have closed them. The next file opened would get that number, and what is
 * printed would go into it; libraries assert that it is none of these. Input that is closed is
 * empty, output to what is closed fails, and messages go nowhere. */
static bool open_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY) != fd) {
            return false;
        }
    }
    return true;
}

int cli_main(const cli_commands *commands, int argc, char **argv)
{
    if (!open_standard_descriptors()) {
        return AMS_IO;
    }
    ams_memory_keep();
    /* A parent may have had SIGPIPE ignored; `ams ... | head` has to end without a word. */
    signal(SIGPIPE, SIG_DFL);
    /* Too large for `ulimit -f` is a write that fails, as on a full disk: with a message, and
     * without a torn file. */
    signal(SIGXFSZ, SIG_IGN);
    if (argc < 2) {
        cli_print_overview(stderr, commands);
        return AMS_USAGE;
    }
    ams_error err = {.text = ""};
    const char *name = NULL;
    const char *program = cli_program(commands);
    ams_status status = AMS_OK;
    if (strcmp(argv[1], "--version") == 0) {
        printf("%s %s, commit %s\n", program, ams_version, ams_commit);
    } else if (is_help(argv[1]) || strcmp(argv[1], "help") == 0) {
        status = help(commands, argc - 2, argv + 2, &err);
    } else {
        status = run_command(commands, argc - 1, argv + 1, &name, &err);
    }
    status = ams_team_finish(commands->team, status, &err);
    /* A full disk below stdout shows only here. */
    if ((fflush(stdout) != 0 || ferror(stdout) != 0) && status == AMS_OK) {
        status = ams_fail(&err, AMS_IO, "cannot write to standard output: %s", strerror(errno));
    }
    if (status != AMS_OK && err.text[0] != 0) {
        fprintf(stderr, "%s%s%s: ", program, name == NULL ? "" : " ", name == NULL ? "" : name);
        cli_put_message(err.text);
    }
    return (int)status;
}
