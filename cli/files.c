#include "cli/files.h"

#include "ams/data.h"
#include "base/file.h"
#include "base/memory.h"
#include "serve/record.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD = 4096 };

/* A file or folder that the command will write. */
typedef struct files_output {
    const char *option; /* that names it */
    const char *path;
    cli_file kind;
} files_output;

static const cli_option *find_option(const ams_command *command, const char *name)
{
    size_t i = 0;
    while (strcmp(command->options[i].name, name) != 0) {
        i++;
    }
    return &command->options[i];
}

/* -- outputs and inputs -- */

/* PATH, or PATH/policy.ams of the run folder PATH. */
static bool is_input(const char *input, const char *output)
{
    char *inside = NULL;
    bool same = ams_same_file(input, output);
    if (!same && ams_is_directory(input) &&
        ams_join_path(&inside, input, "policy.ams", NULL) == AMS_OK) {
        same = ams_same_file(inside, output);
    }
    free(inside);
    return same;
}

/* --policy takes NAME=PATH, RULE:PATH and both. */
static bool is_named_input(const char *value, const char *output)
{
    for (const char *at = value; at != NULL; at = strpbrk(at, "=:")) {
        at += at != value;
        if (is_input(at, output)) {
            return true;
        }
    }
    return false;
}

/* The input is output->path/NAME, and the command writes a file of that name. */
static bool is_made(const char *input, const files_output *output, const char *const *makes)
{
    bool made = false;
    for (; !made && makes != NULL && *makes != NULL; makes++) {
        char *path = NULL;
        made = ams_join_path(&path, output->path, *makes, NULL) == AMS_OK &&
               ams_same_file(input, path);
        free(path);
    }
    return made;
}

static ams_status refuse_input(const files_output *output, const char *input, ams_error *err)
{
    return ams_fail(err, AMS_USAGE,
                    "option %s: %s would be written over what is read, %s; give another name",
                    output->option, output->path, input);
}

static ams_status check_inputs(const ams_command *command, const cli_args *args,
                               const files_output *output, ams_error *err)
{
    const bool operands =
        command->operands == CLI_READS || command->operands == CLI_READS_FOLDER;
    for (int i = 0; operands && !command->in_place && i < args->n_operands; i++) {
        if (is_input(args->operand[i], output->path)) {
            return refuse_input(output, args->operand[i], err);
        }
    }
    for (int i = 0; i < args->n_options; i++) {
        const cli_option *option = find_option(command, args->option[i]);
        if (option->file == CLI_READS && (is_named_input(args->value[i], output->path) ||
                                          (output->kind == CLI_WRITES_FOLDER &&
                                           is_made(args->value[i], output, command->makes)))) {
            return refuse_input(output, args->value[i], err);
        }
    }
    return AMS_OK;
}

/* -- the kind of a file that exists -- */

static bool begins(const unsigned char *head, size_t size, const char *with)
{
    const size_t length = strlen(with);
    return size >= length && memcmp(head, with, length) == 0;
}

/* Of JSON Lines each object begins on its line; one object alone is written on several. */
static bool is_rows(const unsigned char *head, size_t size)
{
    const bool compressed =
        begins(head, size, "\x1f\x8b") || begins(head, size, "\x28\xb5\x2f\xfd");
    return compressed || (head[0] == '{' && size > 1 && head[1] != '\n');
}

static bool is_of_kind(cli_file kind, const unsigned char *head, size_t size)
{
    switch (kind) {
    case CLI_WRITES_TABLE:
        return begins(head, size, "\x89HDF\r\n\x1a\n");
    case CLI_WRITES_POLICY:
        return begins(head, size, "AMSPOL");
    case CLI_WRITES_ROWS:
    case CLI_WRITES_RECORD:
        return is_rows(head, size);
    case CLI_WRITES_TSV:
        return memchr(head, '\t', size) != NULL && memchr(head, '\0', size) == NULL;
    case CLI_WRITES_JSON:
        return begins(head, size, "{\n");
    case CLI_WRITES_MARKDOWN:
        return head[0] == '#';
    default:
        return true;
    }
}

static const char *kind_name(cli_file kind)
{
    static const char *const names[] = {
        [CLI_WRITES_TABLE] = "an outputs file (HDF5)",
        [CLI_WRITES_POLICY] = "a policy file",
        [CLI_WRITES_ROWS] = "a file of rows (JSON Lines)",
        [CLI_WRITES_RECORD] = "a file of rows (JSON Lines)",
        [CLI_WRITES_TSV] = "a table of tab-separated values",
        [CLI_WRITES_JSON] = "one JSON object",
        [CLI_WRITES_MARKDOWN] = "Markdown that begins with a heading",
    };
    return names[kind];
}

static ams_status check_kind(const files_output *output, ams_error *err)
{
    unsigned char head[HEAD];
    size_t size = 0;
    FILE *stream = NULL;
    if (ams_is_device(output->path) || ams_is_directory(output->path)) {
        return AMS_OK;
    }
    stream = fopen(output->path, "re");
    if (stream == NULL) {
        return AMS_OK; /* what cannot be written shows in the probe */
    }
    size = fread(head, 1, sizeof head, stream);
    fclose(stream);
    return size == 0 || is_of_kind(output->kind, head, size)
               ? AMS_OK
               : ams_fail(err, AMS_USAGE,
                          "option %s: %s exists and is not %s, which would replace it; give "
                          "another name, or remove it",
                          output->option, output->path, kind_name(output->kind));
}

/* -- a signal while they are written -- */

enum { MOST_TEMPORARY = 8, LONGEST_PATH = 4096 };

/* For the handler: the temporary files that this process may leave. */
static char temporary_path[MOST_TEMPORARY][LONGEST_PATH];
static volatile sig_atomic_t n_temporary;
static pid_t owner;

static void remove_temporary(int number)
{
    for (int i = 0; i < n_temporary && getpid() == owner; i++) { /* no child's business */
        (void)unlink(temporary_path[i]);
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

/* Commands that end in an orderly way on signals put their own handlers in this one's place. */
static void note_temporary(const char *path)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    char *temporary = NULL;
    if (n_temporary == MOST_TEMPORARY || ams_temporary_path(&temporary, path, NULL) != AMS_OK) {
        return;
    }
    owner = getpid();
    if (strlen(temporary) < LONGEST_PATH) {
        memcpy(temporary_path[n_temporary], temporary, strlen(temporary) + 1);
        n_temporary++;
    }
    free(temporary);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction now;
        if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
            (void)signal(signals[i], remove_temporary);
        }
    }
}

/* -- all of them -- */

static bool is_output(cli_file kind)
{
    return kind >= CLI_WRITES_TABLE && kind <= CLI_WRITES_FOLDER;
}

static ams_status probe(const files_output *output, ams_error *err)
{
    char *temporary = NULL;
    ams_status status = AMS_OK;
    if (output->kind == CLI_WRITES_FOLDER) {
        return ams_folder_probe(output->path, err);
    }
    if (output->kind == CLI_WRITES_TABLE || output->kind == CLI_WRITES_ROWS) {
        status = ams_temporary_path(&temporary, output->path, err); /* no device */
        free(temporary);
    }
    return status == AMS_OK ? ams_file_probe(output->path, err) : status;
}

static ams_status check_output(const ams_command *command, const cli_args *args,
                               const files_output *output, ams_error *err)
{
    ams_status status = check_inputs(command, args, output, err);
    if (status == AMS_OK) {
        status = check_kind(output, err);
    }
    if (status == AMS_OK) {
        status = probe(output, err);
    }
    if (status == AMS_OK && output->kind != CLI_WRITES_FOLDER) {
        note_temporary(output->path);
    }
    return status;
}

/* The table of models beside rows. */
static ams_status check_models(const ams_command *command, const cli_args *args,
                               const files_output *rows, ams_error *err)
{
    char *path = NULL;
    ams_status status = rows->kind == CLI_WRITES_ROWS
                            ? ams_data_models_path(&path, rows->path, err)
                            : ams_record_models_path(&path, rows->path, err);
    if (status == AMS_OK) {
        const files_output models = {
            .option = rows->option, .path = path, .kind = CLI_WRITES_TSV};
        status = check_output(command, args, &models, err);
    }
    free(path);
    return status;
}

static ams_status check_others(const ams_command *command, const cli_args *args, int last,
                               ams_error *err)
{
    for (int i = 0; i < last; i++) {
        if (is_output(find_option(command, args->option[i])->file) &&
            strcmp(args->option[i], args->option[last]) != 0 &&
            (strcmp(args->value[i], args->value[last]) == 0 ||
             ams_same_file(args->value[i], args->value[last])) &&
            !ams_is_device(args->value[i])) {
            return ams_fail(err, AMS_USAGE, "options %s and %s: expected two names, found %s",
                            args->option[i], args->option[last], args->value[last]);
        }
    }
    return AMS_OK;
}

static ams_status check_option(const ams_command *command, const cli_args *args, int i,
                               ams_error *err)
{
    const cli_option *option = find_option(command, args->option[i]);
    const files_output output = {
        .option = option->name, .path = args->value[i], .kind = option->file};
    ams_status status = AMS_OK;
    if (!is_output(option->file) || args->value[i] != cli_get(args, option->name, NULL)) {
        return AMS_OK; /* of an option given twice the last value counts */
    }
    if (strcmp(output.path, "-") == 0) {
        return option->standard_output
                   ? AMS_OK
                   : ams_fail(err, AMS_USAGE,
                              "option %s: expected a name, found -, which is standard output; "
                              "./- is a file of that name",
                              option->name);
    }
    AMS_TRY(check_others(command, args, i, err));
    AMS_TRY(check_output(command, args, &output, err));
    if (option->file == CLI_WRITES_RECORD ||
        (option->file == CLI_WRITES_ROWS && !cli_has(args, "--models"))) {
        status = check_models(command, args, &output, err);
    }
out:
    return status;
}

ams_status cli_check_files(const ams_command *command, const cli_args *args, ams_error *err)
{
    ams_status status = AMS_OK;
    for (int i = 0; status == AMS_OK && i < args->n_options; i++) {
        status = check_option(command, args, i, err);
    }
    for (int i = 0; status == AMS_OK && i < args->n_operands; i++) {
        if (command->operands == CLI_READS_FOLDER && ams_is_directory(args->operand[i])) {
            status = ams_folder_probe(args->operand[i], err);
        }
    }
    return status;
}
