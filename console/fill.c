#include "console/fill.h"
#include "console/batch.h"

#include "base/memory.h"
#include "base/number.h"
#include "console/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A whole number into a field of 4 or 8 bytes; one that does not fit was refused, or takes the
 * largest there is. */
static void put_whole(void *field, size_t size, uint64_t value)
{
    const uint32_t small = value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
    const bool truth = value != 0;
    memcpy(field,
           size == sizeof truth   ? (const void *)&truth
           : size == sizeof small ? (const void *)&small
                                  : &value,
           size);
}

static ams_status read_count(const cli_args *args, const cli_option *o, void *field,
                             ams_error *err)
{
    uint64_t value = 0;
    ams_status status = cli_get_u64(args, o->name, &value, err);
    if (status == AMS_OK && (value < o->into.least || value > o->into.most)) {
        status = ams_fail(err, AMS_USAGE, "option %s: expected %llu to %llu, found %llu",
                          o->name, (unsigned long long)o->into.least,
                          (unsigned long long)o->into.most, (unsigned long long)value);
    }
    if (status == AMS_OK) {
        put_whole(field, o->into.size, value);
    }
    return status;
}

static ams_status read_real(const cli_args *args, const cli_option *o, void *field,
                            ams_error *err)
{
    const char *text = cli_get(args, o->name, NULL);
    const size_t length = strlen(text);
    char number[32];
    double value = 0;
    if (o->into.scale > 0 && length > 1 && length < sizeof number && text[length - 1] == '%') {
        snprintf(number, sizeof number, "%.*s", (int)length - 1, text);
        text = number;
    }
    ams_status status = cli_parse_real(o->name, text, o->into.low, o->into.high, &value, err);
    if (status == AMS_OK) {
        value = o->into.scale > 0 ? value / o->into.scale : value;
        memcpy(field, &value, sizeof value);
    }
    return status;
}

static ams_status read_choice(const cli_args *args, const cli_option *o, void *field,
                              ams_error *err)
{
    int choice = 0;
    ams_status status = cli_get_choice(args, o->name, o->into.words, &choice, err);
    if (status == AMS_OK) {
        put_whole(field, o->into.size, (uint64_t)choice);
    }
    return status;
}

/* -- lists, which live as long as the arguments -- */

/* The list and its length into their fields. */
static ams_status put_list(const cli_args *args, const cli_option *o, char *job, void *list,
                           size_t n, ams_error *err)
{
    ams_status status = cli_keep(args, list, err);
    if (status == AMS_OK) {
        memcpy(job + o->into.offset, &list, sizeof list);
        put_whole(job + o->into.count, o->into.count_size, n);
    }
    return status;
}

static ams_status read_names(const cli_args *args, const cli_option *o, char *job,
                             ams_error *err)
{
    cli_names names = {0};
    ams_status status = cli_get_names(args, o->name, &names, err);
    if (status != AMS_OK) {
        return status;
    }
    status = cli_keep(args, names.text, err);
    if (status != AMS_OK) {
        free(names.name);
        return status;
    }
    return put_list(args, o, job, names.name, names.count, err);
}

static ams_status read_texts(const cli_args *args, const cli_option *o, char *job,
                             ams_error *err)
{
    const char **text = NULL;
    size_t n = 0;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
    ams_status status = ams_alloc(&text, (size_t)args->n_options, sizeof *text, "options", err);
    while (status == AMS_OK && (text[n] = cli_get_nth(args, o->name, (int)n)) != NULL) {
        n++;
    }
    return status == AMS_OK ? put_list(args, o, job, text, n, err) : status;
}

static ams_status read_reals(const cli_args *args, const cli_option *o, char *job,
                             ams_error *err)
{
    cli_names names = {0};
    double *value = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(cli_get_names(args, o->name, &names, err));
    AMS_TRY(ams_alloc(&value, names.count, sizeof *value, "numbers", err));
    for (size_t k = 0; status == AMS_OK && k < names.count; k++) {
        if (!ams_parse_double(names.name[k], &value[k]) || value[k] < o->into.low ||
            value[k] > o->into.high) {
            char least[32];
            char most[32];
            const bool open = !isfinite(o->into.high);
            status =
                ams_fail(err, AMS_USAGE, "option %s: expected numbers from %s %s%s, found '%s'",
                         o->name, ams_bound_text(least, o->into.low), open ? "on" : "to ",
                         open ? "" : ams_bound_text(most, o->into.high), names.name[k]);
        }
    }
out:
    if (status == AMS_OK) {
        status = put_list(args, o, job, value, names.count, err);
    } else {
        free(value);
    }
    cli_names_fini(&names);
    return status;
}

static ams_status read_seeds(const cli_args *args, const cli_option *o, char *job,
                             ams_error *err)
{
    uint64_t *seed = NULL;
    size_t n = 0;
    ams_status status = cli_parse_seeds(o->name, cli_get(args, o->name, ""), &seed, &n, err);
    if (status != AMS_OK) {
        free(seed);
        return status;
    }
    return put_list(args, o, job, seed, n, err);
}

/* -- all of them -- */

static ams_status read_given(const cli_args *args, const cli_option *o, char *job,
                             ams_error *err)
{
    char *field = job + o->into.offset;
    const char *text = cli_get(args, o->name, NULL);
    switch (o->into.type) {
    case CLI_IS_TEXT:
        memcpy(field, &text, sizeof text);
        break;
    case CLI_IS_FLAG:
        put_whole(field, o->into.size, 1);
        break;
    case CLI_IS_COUNT:
    case CLI_IS_THREADS:
        return read_count(args, o, field, err);
    case CLI_IS_REAL:
        return read_real(args, o, field, err);
    case CLI_IS_CHOICE:
        return read_choice(args, o, field, err);
    case CLI_IS_WORDS:
        return cli_get_words(args, o->name, o->into.words, (uint32_t *)(void *)field, err);
    case CLI_IS_NAMES:
        return read_names(args, o, job, err);
    case CLI_IS_TEXTS:
        return read_texts(args, o, job, err);
    case CLI_IS_SEEDS:
        return read_seeds(args, o, job, err);
    case CLI_IS_REALS:
        return read_reals(args, o, job, err);
    case CLI_IS_OTHER:
        return o->into.read(o->name, text, field, err);
    case CLI_UNREAD:
        break;
    }
    return AMS_OK;
}

ams_status cli_fill(const cli_args *args, void *job, ams_error *err)
{
    for (size_t k = 0; k < args->n_table; k++) {
        const cli_option *o = &args->table[k];
        ams_status status = AMS_OK;
        if (o->into.type != CLI_UNREAD && cli_has(args, o->name)) {
            status = read_given(args, o, job, err);
        } else if (o->into.required) {
            status =
                ams_fail(err, AMS_USAGE, "option %s is required; --help shows how", o->name);
        } else if (o->into.type == CLI_IS_THREADS) {
            put_whole((char *)job + o->into.offset, o->into.size, cli_processors());
        }
        if (status != AMS_OK) {
            return status;
        }
    }
    return AMS_OK;
}
