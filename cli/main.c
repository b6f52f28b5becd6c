/* The table of commands, `ams help`, and the way from a status to an exit code. */
#include "cli/cli.h"
#include "cli/words.h"
#include "console/files.h"
#include "console/manual.h"
#include "console/options.h"

#include "ams/names.h"
#include "base/version.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const ams_command *const commands[] = {
    &ams_cmd_data_import,
    &ams_cmd_data_info,
    &ams_cmd_data_check,
    &ams_cmd_data_split,
    &ams_cmd_data_threshold,
    &ams_cmd_data_merge,
    &ams_cmd_data_select,
    &ams_cmd_data_export,
    &ams_cmd_data_synth,
    &ams_cmd_train,
    &ams_cmd_sweep,
    &ams_cmd_tune,
    &ams_cmd_eval,
    &ams_cmd_compare,
    &ams_cmd_budget,
    &ams_cmd_plot,
    &ams_cmd_bench,
    &ams_cmd_list,
    &ams_cmd_doctor,
    &ams_cmd_schedule_deadline,
    &ams_cmd_schedule_memory,
    &ams_cmd_trace,
    &ams_cmd_stream,
    &ams_cmd_export,
    &ams_cmd_reproduce,
    &ams_cmd_average,
    &ams_cmd_report,
    &ams_cmd_serve,
    &ams_cmd_run,
    &ams_cmd_links_train,
    &ams_cmd_links_select,
    &ams_cmd_links_predict,
    &ams_cmd_links_eval,
    &ams_cmd_links_guarantee,
    &ams_cmd_links_schedule,
    &ams_cmd_links_stream,
    &ams_cmd_links_simulate,
};
/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
enum { N_COMMANDS = sizeof commands / sizeof *commands };

static const cli_commands all = {commands, N_COMMANDS, cli_print_words};

/* "train" or "data import": *words is how many words of argv name the command. */
static const ams_command *find_command(int argc, char **argv, int *words)
{
    char both[64];
    snprintf(both, sizeof both, "%s %s", argv[0], argc > 1 ? argv[1] : "");
    for (size_t i = 0; i < N_COMMANDS; i++) {
        const char *name = commands[i]->name;
        if (strcmp(name, argv[0]) == 0 || strcmp(name, both) == 0) {
            *words = strchr(name, ' ') == NULL ? 1 : 2;
            return commands[i];
        }
    }
    return NULL;
}

/* "data " if argv[0] is the first word of two-word commands, else NULL. */
static const char *group_prefix(const char *word, char prefix[32])
{
    snprintf(prefix, 32, "%.30s ", word);
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strncmp(commands[i]->name, prefix, strlen(prefix)) == 0) {
            return prefix;
        }
    }
    return NULL;
}

static ams_status unknown_command(int argc, char **argv, ams_error *err)
{
    char prefix[32];
    char given[64];
    bool group = group_prefix(argv[0], prefix) != NULL;
    if (group && argc < 2) {
        return ams_fail(err, AMS_USAGE, "%s needs a second word; `ams help %s` lists them",
                        argv[0], argv[0]);
    }
    snprintf(given, sizeof given, "%s%s%s", argv[0], group ? " " : "", group ? argv[1] : "");
    const char *names[N_COMMANDS];
    for (size_t i = 0; i < N_COMMANDS; i++) {
        names[i] = commands[i]->name;
    }
    const char *nearest = ams_nearest(given, names, N_COMMANDS);
    if (nearest != NULL) {
        return ams_fail(err, AMS_USAGE, "unknown command %s; did you mean %s?", given, nearest);
    }
    return ams_fail(err, AMS_USAGE, "unknown command %s; `ams help` lists the commands", given);
}

/* `ams help [CMD]`; argv is what follows "help". The options are for the build (cli/manual.h).
 */
static ams_status help(int argc, char **argv, ams_error *err)
{
    if (argc == 0) {
        cli_print_overview(stdout, &all);
        return AMS_OK;
    }
    if (argc == 2 && strcmp(argv[0], "--man") == 0) {
        return cli_write_man(&all, argv[1], err);
    }
    if (argc == 1 && strcmp(argv[0], "--markdown") == 0) {
        cli_print_markdown(&all);
        return AMS_OK;
    }
    if (argc == 1 && strcmp(argv[0], "--completion") == 0) {
        cli_print_completion(&all);
        return AMS_OK;
    }
    int words;
    char prefix[32];
    const ams_command *command = find_command(argc, argv, &words);
    if (command != NULL) {
        cli_print_help(command);
        return AMS_OK;
    }
    if (argc == 1 && group_prefix(argv[0], prefix) != NULL) {
        printf("Commands of ams %s:\n", argv[0]);
        cli_print_commands(stdout, &all, prefix);
        return AMS_OK;
    }
    return unknown_command(argc, argv, err);
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
static ams_status run_command(int argc, char **argv, const char **name, ams_error *err)
{
    int words;
    char full_name[32];
    const ams_command *command = find_command(argc, argv, &words);
    if (command == NULL) {
        if (argc == 2 && is_help(argv[1])) {
            return help(1, argv, err);
        }
        return unknown_command(argc, argv, err);
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
    if (status == AMS_OK) {
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

int main(int argc, char **argv)
{
    if (!open_standard_descriptors()) {
        return AMS_IO;
    }
    /* A parent may have had SIGPIPE ignored; `ams ... | head` has to end without a word. */
    signal(SIGPIPE, SIG_DFL);
    if (argc < 2) {
        cli_print_overview(stderr, &all);
        return AMS_USAGE;
    }
    ams_error err = {.text = ""};
    const char *name = NULL;
    ams_status status = AMS_OK;
    if (strcmp(argv[1], "--version") == 0) {
        printf("ams %s, commit %s\n", ams_version, ams_commit);
    } else if (is_help(argv[1]) || strcmp(argv[1], "help") == 0) {
        status = help(argc - 2, argv + 2, &err);
    } else {
        status = run_command(argc - 1, argv + 1, &name, &err);
    }
    /* A full disk below stdout shows only here. */
    if ((fflush(stdout) != 0 || ferror(stdout) != 0) && status == AMS_OK) {
        status = ams_fail(&err, AMS_IO, "cannot write to standard output: %s", strerror(errno));
    }
    if (status != AMS_OK && err.text[0] != 0) {
        fprintf(stderr, "ams%s%s: %s\n", name == NULL ? "" : " ", name == NULL ? "" : name,
                err.text);
    }
    return (int)status;
}
