#include "cli/options.h"

#include "base/memory.h"
#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ams_status cli_get_count(const cli_args *args, const char *option, uint64_t most,
                         uint64_t *value, ams_error *err)
{
    uint64_t found = *value;
    ams_status status = cli_get_u64(args, option, &found, err);
    if (status == AMS_OK && cli_has(args, option) && (found == 0 || found > most)) {
        status = ams_fail(err, AMS_USAGE, "option %s: expected 1 to %llu, found %llu", option,
                          (unsigned long long)most, (unsigned long long)found);
    }
    *value = status == AMS_OK ? found : *value;
    return status;
}

ams_status cli_get_real(const cli_args *args, const char *option, double low, double high,
                        double *value, ams_error *err)
{
    const char *text = cli_get(args, option, NULL);
    double found = 0;
    if (text == NULL) {
        return AMS_OK;
    }
    if (!ams_parse_double(text, &found) || found < low || found > high) {
        char least[32];
        char most[32];
        return ams_fail(err, AMS_USAGE, "option %s: expected a number from %s to %s, found %s",
                        option, ams_bound_text(least, low), ams_bound_text(most, high), text);
    }
    *value = found;
    return AMS_OK;
}

ams_status cli_get_choice(const cli_args *args, const char *option, const char *const *words,
                          int *choice, ams_error *err)
{
    const char *text = cli_get(args, option, words[0]);
    char known[256] = "";
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(text, words[i]) == 0) {
            *choice = i;
            return AMS_OK;
        }
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", used == 0 ? "" : ", ", words[i]);
    }
    return ams_fail(err, AMS_USAGE, "option %s: expected one of %s, found '%s'", option, known,
                    text);
}

ams_status cli_get_memory_as(const cli_args *args, const char *option, uint64_t *memory_mb,
                             ams_error *err)
{
    *memory_mb = 4096;
    return cli_get_count(args, option, UINT64_C(1) << 30, memory_mb, err);
}

ams_status cli_get_memory(const cli_args *args, uint64_t *memory_mb, ams_error *err)
{
    return cli_get_memory_as(args, "--memory", memory_mb, err);
}

ams_status cli_no_operands(const cli_args *args, ams_error *err)
{
    return args->n_operands == 0
               ? AMS_OK
               : ams_fail(err, AMS_USAGE, "takes options only, found '%s'; --help shows them",
                          args->operand[0]);
}

ams_status cli_get_split_name(const cli_args *args, ams_split *split, ams_error *err)
{
    const char *text = cli_get(args, "--split", "test");
    return ams_split_parse(text, split)
               ? AMS_OK
               : ams_fail(err, AMS_USAGE,
                          "option --split: expected train, validation or test, found '%s'",
                          text);
}

ams_status cli_get_split(const cli_args *args, ams_split_options *split, ams_error *err)
{
    const char *text = cli_get(args, "--split", NULL);
    ams_status status = cli_get_u64(args, "--seed", &split->seed, err);
    if (status != AMS_OK || text == NULL) {
        return status;
    }
    char *copy = NULL;
    status = ams_copy_text(&copy, text, err);
    if (status != AMS_OK) {
        return status;
    }
    char *rest = copy;
    bool right = true;
    for (int i = 0; i < 3 && right; i++) {
        const char *part = strsep(&rest, ",");
        right = part != NULL && ams_parse_double(part, &split->share[i]);
    }
    if (!right || rest != NULL) {
        status =
            ams_fail(err, AMS_USAGE,
                     "option --split: expected the shares of training, validation and test "
                     "as in 0.5,0.1,0.4, found %s",
                     text);
    }
    free(copy);
    return status;
}

ams_status cli_one_operand(const cli_args *args, const char *what, const char **operand,
                           ams_error *err)
{
    if (args->n_operands != 1) {
        return ams_fail(err, AMS_USAGE, "expected %s, found %d arguments", what,
                        args->n_operands);
    }
    *operand = args->operand[0];
    return AMS_OK;
}

ams_status cli_get_names(const cli_args *args, const char *option, cli_names *names,
                         ams_error *err)
{
    *names = (cli_names){0};
    size_t length = 1;
    size_t most = 0;
    const char *value = NULL;
    for (int i = 0; (value = cli_get_nth(args, option, i)) != NULL; i++) {
        length += strlen(value) + 1;
        most++;
        for (const char *at = value; *at != '\0'; at++) {
            most += *at == ',';
        }
    }
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&names->text, length, 1, "names", err));
    AMS_TRY(ams_alloc(&names->name, most, sizeof *names->name, "names", err));
    char *end = names->text;
    for (int i = 0; (value = cli_get_nth(args, option, i)) != NULL; i++) {
        char *rest = end;
        end = stpcpy(end, value) + 1;
        for (char *part = NULL; (part = strsep(&rest, ",")) != NULL;) {
            names->name[names->count++] = part;
        }
    }
out:
    if (status != AMS_OK) {
        cli_names_fini(names);
    }
    return status;
}

void cli_names_fini(cli_names *names)
{
    free(names->text);
    free(names->name);
    *names = (cli_names){0};
}
