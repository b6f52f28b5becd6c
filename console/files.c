#include "console/files.h"

#include "base/file.h"
#include "base/memory.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

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
static bool is_made(const char *input, const cli_output *output, const char *const *makes)
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

static ams_status refuse_input(const cli_output *output, const char *input, ams_error *err)
{
    return ams_fail(err, AMS_USAGE,
                    "option %s: %s would be written over what is read, %s; give another name",
                    output->option, output->path, input);
}

static ams_status check_inputs(const ams_command *command, const cli_args *args,
                               const cli_output *output, ams_error *err)
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

/* -- all of them -- */

static bool is_output(cli_file kind)
{
    return kind >= CLI_WRITES_TABLE && kind <= CLI_WRITES_FOLDER;
}

static ams_status probe(const cli_output *output, ams_error *err)
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
                               const cli_output *output, ams_error *err)
{
    ams_status status = check_inputs(command, args, output, err);
    if (status == AMS_OK) {
        status = cli_check_kind(output, err);
    }
    if (status == AMS_OK) { /* before the probe, which makes a temporary file itself */
        (output->kind == CLI_WRITES_FOLDER ? cli_note_folder
                                           : cli_note_temporary)(output->path);
        status = probe(output, err);
    }
    return status;
}

/* What is written with it, as the table of models is with rows. */
static ams_status check_beside(const ams_command *command, const cli_args *args,
                               const cli_option *option, const cli_output *output,
                               ams_error *err)
{
    char *path = NULL;
    ams_status status = option->beside(&path, output->path, err);
    if (status == AMS_OK) {
        const cli_output second = {
            .option = output->option, .path = path, .kind = CLI_WRITES_TSV};
        status = check_output(command, args, &second, err);
    }
    free(path);
    return status;
}

/* One file, or a name in one folder where no file is yet. */
static bool is_same_name(const char *a, const char *b)
{
    char *copy[2] = {NULL, NULL};
    bool same = strcmp(a, b) == 0 || ams_same_file(a, b);
    if (!same && !ams_exists(a) && !ams_exists(b) &&
        ams_copy_text(&copy[0], a, NULL) == AMS_OK &&
        ams_copy_text(&copy[1], b, NULL) == AMS_OK) {
        const char *name[2] = {strrchr(a, '/'), strrchr(b, '/')};
        same =
            strcmp(name[0] == NULL ? a : name[0] + 1, name[1] == NULL ? b : name[1] + 1) == 0 &&
            ams_same_file(dirname(copy[0]), dirname(copy[1]));
    }
    free(copy[0]);
    free(copy[1]);
    return same;
}

static ams_status check_others(const ams_command *command, const cli_args *args, int last,
                               ams_error *err)
{
    for (int i = 0; i < last; i++) {
        if (is_output(find_option(command, args->option[i])->file) &&
            strcmp(args->option[i], args->option[last]) != 0 &&
            is_same_name(args->value[i], args->value[last]) && !ams_is_device(args->value[i])) {
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
    const cli_output output = {
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
    if (option->beside != NULL && (option->unless == NULL || !cli_has(args, option->unless))) {
        status = check_beside(command, args, option, &output, err);
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
            cli_note_folder(args->operand[i]);
            status = ams_folder_probe(args->operand[i], err);
        }
    }
    return status;
}
