#include "console/command.h"

#include "ams/names.h"
#include "base/command.h"
#include "base/memory.h"
#include "base/number.h"

#include <stdlib.h>
#include <string.h>

static const cli_option *find_option(const cli_option *options, size_t n_options,
                                     const char *name, size_t length)
{
    for (size_t i = 0; i < n_options; i++) {
        if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

static ams_status unknown_option(const char *word, size_t length, const cli_option *options,
                                 size_t n_options, ams_error *err)
{
    const char **names = NULL;
    char *name = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&names, n_options, sizeof *names, "option names", err));
    AMS_TRY(ams_copy_text(&name, word, err));
    name[length] = 0;
    for (size_t i = 0; i < n_options; i++) {
        names[i] = options[i].name;
    }
    const char *nearest = ams_nearest(name, names, n_options);
    if (nearest != NULL) {
        status = ams_fail(err, AMS_USAGE, "unknown option %s; did you mean %s?", name, nearest);
    } else {
        status = ams_fail(err, AMS_USAGE, "unknown option %s; --help lists the options", name);
    }
out:
    free(names);
    free(name);
    return status;
}

/* argv[*i] is an option; takes its value from after '=' or from the next word. */
static ams_status parse_option(cli_args *args, int *i, int argc, char **argv,
                               const cli_option *options, size_t n_options, ams_error *err)
{
    const char *word = argv[*i];
    const char *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
    size_t length = equals == NULL ? strlen(word) : (size_t)(equals - word);
    const cli_option *option = find_option(options, n_options, word, length);
    if (option == NULL) {
        return unknown_option(word, length, options, n_options, err);
    }
    const char *value = NULL;
    if (!option->takes_value) {
        if (equals != NULL) {
            return ams_fail(err, AMS_USAGE, "option %s takes no value, found %s", option->name,
                            equals + 1);
        }
    } else if (equals != NULL) {
        value = equals + 1;
    } else {
        if (*i + 1 >= argc) {
            return ams_fail(err, AMS_USAGE, "option %s needs a value", option->name);
        }
        value = argv[++*i];
        /* "--data --config x" is a forgotten value, not a file of that name. */
        if (find_option(options, n_options, value, strlen(value)) != NULL) {
            return ams_fail(err, AMS_USAGE, "option %s needs a value, found option %s",
                            option->name, value);
        }
    }
    args->option[args->n_options] = option->name;
    args->value[args->n_options++] = value;
    return AMS_OK;
}

/* Whether "--score truth|exact" holds: the option is given, its last value one of these. */
static bool holds(const cli_args *args, const char *what)
{
    char name[64];
    const size_t length = strcspn(what, " ");
    if (length >= sizeof name) {
        return false;
    }
    memcpy(name, what, length);
    name[length] = 0;
    const char *value = cli_get(args, name, NULL);
    const char *word = what + length;
    while (*word != 0 && value != NULL) {
        const size_t n = strcspn(++word, "|");
        if (strlen(value) == n && memcmp(value, word, n) == 0) {
            return true;
        }
        word += n;
    }
    return what[length] == 0 && cli_has(args, name);
}

/* That no option is given which another one makes senseless. */
static ams_status check_company(const cli_args *args, ams_error *err)
{
    for (size_t i = 0; i < args->n_table; i++) {
        const cli_option *o = &args->table[i];
        if ((o->with == NULL && o->without == NULL) || !cli_has(args, o->name)) {
            continue;
        }
        if (o->with != NULL && !holds(args, o->with)) {
            return ams_fail(err, AMS_USAGE,
                            "option %s would be ignored: expected it together with %s", o->name,
                            o->with);
        }
        if (o->without != NULL && holds(args, o->without)) {
            return ams_fail(err, AMS_USAGE,
                            "option %s would be ignored: expected it without %s", o->name,
                            o->without);
        }
    }
    return AMS_OK;
}

ams_status cli_parse(cli_args *args, int argc, char **argv, const cli_option *options,
                     size_t n_options, ams_error *err)
{
    *args = (cli_args){.argc = argc, .argv = argv, .table = options, .n_table = n_options};
    ams_status status = AMS_OK;
    size_t most = (size_t)argc;
    AMS_TRY(ams_alloc(&args->kept, 1, sizeof *args->kept, "arguments", err));
    AMS_TRY(ams_alloc(&args->value, most, sizeof *args->value, "arguments", err));
    AMS_TRY(ams_alloc(&args->option, most, sizeof *args->option, "arguments", err));
    AMS_TRY(ams_alloc(&args->operand, most, sizeof *args->operand, "arguments", err));
    bool only_operands = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        /* "-" alone is standard input. */
        if (only_operands || word[0] != '-' || word[1] == 0) {
            args->operand[args->n_operands++] = word;
        } else if (strcmp(word, "--") == 0) {
            only_operands = true;
        } else {
            AMS_TRY(parse_option(args, &i, argc, argv, options, n_options, err));
        }
    }
    status = check_company(args, err);
out:
    if (status != AMS_OK) {
        cli_args_fini(args);
    }
    return status;
}

void cli_args_fini(cli_args *args)
{
    free(args->value);
    free(args->option);
    free(args->operand);
    for (size_t i = 0; args->kept != NULL && i < args->kept->n; i++) {
        free(args->kept->block[i]);
    }
    free(args->kept != NULL ? (void *)args->kept->block : NULL);
    free(args->kept);
    *args = (cli_args){0};
}

const char *cli_get(const cli_args *args, const char *option, const char *otherwise)
{
    for (int i = args->n_options - 1; i >= 0; i--) {
        if (strcmp(args->option[i], option) == 0) {
            return args->value[i];
        }
    }
    return otherwise;
}

bool cli_has(const cli_args *args, const char *option)
{
    for (int i = 0; i < args->n_options; i++) {
        if (strcmp(args->option[i], option) == 0) {
            return true;
        }
    }
    return false;
}

const char *cli_get_nth(const cli_args *args, const char *option, int i)
{
    for (int k = 0; k < args->n_options; k++) {
        if (strcmp(args->option[k], option) == 0 && i-- == 0) {
            return args->value[k];
        }
    }
    return NULL;
}

ams_status cli_require(const cli_args *args, const char *option, const char **value,
                       ams_error *err)
{
    *value = cli_get(args, option, NULL);
    if (*value == NULL) {
        return ams_fail(err, AMS_USAGE, "option %s is required; --help shows how", option);
    }
    return AMS_OK;
}

ams_status cli_get_u64(const cli_args *args, const char *option, uint64_t *value,
                       ams_error *err)
{
    const char *text = cli_get(args, option, NULL);
    if (text != NULL && !ams_parse_u64(text, value)) {
        return ams_fail(err, AMS_USAGE, "option %s: expected a whole number, found %s", option,
                        text);
    }
    return AMS_OK;
}

ams_status cli_keep(const cli_args *args, void *block, ams_error *err)
{
    cli_kept *kept = args->kept;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
    ams_status status =
        ams_grow(&kept->block, &kept->room, kept->n + 1, sizeof *kept->block, "arguments", err);
    if (status == AMS_OK) {
        kept->block[kept->n++] = block;
    } else {
        free(block);
    }
    return status;
}

const char *cli_command_line(const cli_args *args)
{
    char *name = NULL;
    char *line = NULL;
    /* argv[0] is the command's name, which may be two words. */
    if (ams_format(&name, "a command line", NULL, "ams %s", args->argv[0]) == AMS_OK) {
        (void)ams_command_text(&line, name, args->argv + 1, (size_t)args->argc - 1, NULL);
    }
    free(name);
    return line == NULL || cli_keep(args, line, NULL) != AMS_OK ? NULL : line;
}
