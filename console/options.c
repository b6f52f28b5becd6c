#include "console/options.h"

#include "ams/names.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

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

ams_status cli_parse_real(const char *option, const char *text, double low, double high,
                          double *value, ams_error *err)
{
    double found = 0;
    if (!ams_parse_double(text, &found) || found < low || found > high) {
        char least[32];
        char most[32];
        return ams_fail(err, AMS_USAGE, "option %s: expected a number from %s to %s, found %s",
                        option, ams_bound_text(least, low), ams_bound_text(most, high), text);
    }
    *value = found;
    return AMS_OK;
}

ams_status cli_get_real(const cli_args *args, const char *option, double low, double high,
                        double *value, ams_error *err)
{
    const char *text = cli_get(args, option, NULL);
    return text == NULL ? AMS_OK : cli_parse_real(option, text, low, high, value, err);
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

/* "1-5" or "7", appended. */
static ams_status add_seeds(const char *option, uint64_t **seed, size_t *n, size_t *capacity,
                            char *range, ams_error *err)
{
    enum { MOST_SEEDS = 10000 };
    uint64_t first = 0;
    uint64_t last = 0;
    char *dash = strchr(range, '-');
    if (dash != NULL) {
        *dash = '\0';
    }
    if (!ams_parse_u64(range, &first) ||
        !ams_parse_u64(dash == NULL ? range : dash + 1, &last) || last < first ||
        last - first >= MOST_SEEDS) {
        return ams_fail(err, AMS_USAGE, "option %s: expected 1-5 or 1,2,7; found '%s%s%s'",
                        option, range, dash == NULL ? "" : "-", dash == NULL ? "" : dash + 1);
    }
    for (uint64_t k = 0; k <= last - first; k++) {
        for (size_t i = 0; i < *n; i++) {
            if ((*seed)[i] == first + k) {
                return ams_fail(err, AMS_USAGE, "option %s: %llu is asked for twice", option,
                                (unsigned long long)(first + k));
            }
        }
        ams_status status = ams_grow(seed, capacity, *n + 1, sizeof **seed, "seeds", err);
        if (status != AMS_OK) {
            return status;
        }
        (*seed)[(*n)++] = first + k;
    }
    return AMS_OK;
}

ams_status cli_parse_seeds(const char *option, const char *text, uint64_t **seed, size_t *n,
                           ams_error *err)
{
    char *copy = NULL;
    size_t capacity = 0;
    ams_status status = ams_copy_text(&copy, text, err);
    for (char *next = copy; status == AMS_OK && next != NULL;) {
        status = add_seeds(option, seed, n, &capacity, strsep(&next, ","), err);
    }
    free(copy);
    return status;
}

ams_status cli_no_operands(const cli_args *args, ams_error *err)
{
    return args->n_operands == 0
               ? AMS_OK
               : ams_fail(err, AMS_USAGE, "takes options only, found '%s'; --help shows them",
                          args->operand[0]);
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
        while (rest != NULL) {
            names->name[names->count++] = ams_list_next(&rest);
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

ams_status cli_get_words(const cli_args *args, const char *option, const char *const *words,
                         uint32_t *mask, ams_error *err)
{
    cli_names names = {0};
    uint32_t found = 0;
    ams_status status = cli_get_names(args, option, &names, err);
    for (size_t i = 0; status == AMS_OK && i < names.count; i++) {
        uint32_t k = 0;
        while (words[k] != NULL && strcmp(words[k], names.name[i]) != 0) {
            k++;
        }
        if (words[k] == NULL) {
            const char *near = ams_nearest(names.name[i], words, k);
            status =
                ams_fail(err, AMS_USAGE, "option %s: no such choice '%s'; did you mean %s?",
                         option, names.name[i], near != NULL ? near : words[0]);
        } else {
            found |= 1U << k;
        }
    }
    *mask = status == AMS_OK && names.count > 0 ? found : *mask;
    cli_names_fini(&names);
    return status;
}
