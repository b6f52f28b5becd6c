#include "ams/space.h"

#include "ams/names.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static const char blanks[] = " \t";
static const char *const kind_names[] = {"choice", "uniform", "log", "int"};
enum { N_KINDS = sizeof kind_names / sizeof(char *) }; /* kind_names[k] is kind k + 1 */

typedef struct space_reader {
    ams_space *space;
    const ams_key *keys;
    size_t count;
    void *options;
} space_reader;

static bool is_number(const ams_key *key)
{
    return key->type == AMS_KEY_U64 || key->type == AMS_KEY_DOUBLE;
}

/* "choice: a b": the kind; *rest is what follows it, of a fixed value all. */
static ams_status read_kind(ams_dimension *d, const char **rest, ams_error *err)
{
    const char *colon = strchr(d->text, ':');
    *rest = d->text;
    if (colon == NULL) {
        d->kind = AMS_SPACE_FIXED;
        return AMS_OK;
    }
    char word[AMS_TEXT_MAX];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(d->text, " \t:"), d->text);
    for (size_t k = 0; k < N_KINDS; k++) {
        size_t length = strlen(kind_names[k]);
        /* Nothing but blanks up to the colon. */
        if (strcmp(word, kind_names[k]) == 0 &&
            d->text + length + strspn(d->text + length, blanks) == colon) {
            d->kind = (ams_space_kind)(k + 1);
            *rest = colon + 1;
            return AMS_OK;
        }
    }
    const char *nearest = ams_nearest(word, kind_names, N_KINDS);
    return ams_fail(err, AMS_USAGE,
                    "%s: %s: expected choice:, uniform:, log: or int:, found '%s:'%s%s%s",
                    d->where, d->key->name, word, nearest == NULL ? "" : "; did you mean '",
                    nearest == NULL ? "" : nearest, nearest == NULL ? "" : ":'?");
}

static ams_status add_value(ams_dimension *d, size_t *capacity, const char *word, size_t length,
                            ams_error *err)
{
    ams_status status =
        ams_grow(&d->value, capacity, d->n_values + 1, sizeof(char *), "values", err);
    char *copy = NULL;
    if (status == AMS_OK) {
        status = ams_copy_text(&copy, word, err);
    }
    if (status != AMS_OK) {
        return status;
    }
    copy[length] = '\0';
    d->value[d->n_values++] = copy;
    for (size_t v = 0; v + 1 < d->n_values; v++) {
        if (d->kind == AMS_SPACE_CHOICE && strcmp(d->value[v], copy) == 0) {
            return ams_fail(err, AMS_USAGE, "%s: %s: '%s' stands there twice", d->where,
                            d->key->name, copy);
        }
    }
    return AMS_OK;
}

static ams_status cut_words(ams_dimension *d, const char *rest, ams_error *err)
{
    size_t capacity = 0;
    ams_status status = AMS_OK;
    if (d->kind == AMS_SPACE_FIXED) {
        return add_value(d, &capacity, rest, strlen(rest), err);
    }
    while (status == AMS_OK) {
        rest += strspn(rest, blanks);
        size_t length = strcspn(rest, blanks);
        if (length == 0) {
            break;
        }
        status = add_value(d, &capacity, rest, length, err);
        rest += length;
    }
    return status;
}

/* The two values have been taken by the key, so they are numbers in its range. */
static ams_status read_range(ams_dimension *d, ams_error *err)
{
    const char *kind = kind_names[d->kind - 1];
    if (!is_number(d->key)) {
        return ams_fail(err, AMS_USAGE,
                        "%s: %s: takes no numbers, so '%s:' cannot draw it; use 'choice:'",
                        d->where, d->key->name, kind);
    }
    if (d->kind == AMS_SPACE_UNIFORM && d->key->type == AMS_KEY_U64) {
        return ams_fail(err, AMS_USAGE,
                        "%s: %s: takes whole numbers; use 'int:' instead of 'uniform:'",
                        d->where, d->key->name);
    }
    if (d->n_values != 2 || !ams_parse_double(d->value[0], &d->low) ||
        !ams_parse_double(d->value[1], &d->high) || d->low >= d->high) {
        return ams_fail(err, AMS_USAGE,
                        "%s: %s: expected '%s: LOW HIGH', LOW less than HIGH; found '%s'",
                        d->where, d->key->name, kind, d->text);
    }
    if (d->kind == AMS_SPACE_LOG && d->low <= 0) {
        return ams_fail(err, AMS_USAGE,
                        "%s: %s: expected a LOW above 0, which has a logarithm; found %s",
                        d->where, d->key->name, d->value[0]);
    }
    if (d->kind == AMS_SPACE_INT && (d->low != floor(d->low) || d->high != floor(d->high))) {
        return ams_fail(err, AMS_USAGE,
                        "%s: %s: expected whole numbers after 'int:'; found '%s'", d->where,
                        d->key->name, d->text);
    }
    return AMS_OK;
}

static ams_status read_dimension(ams_dimension *d, const space_reader *r, ams_error *err)
{
    const char *rest = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(read_kind(d, &rest, err));
    AMS_TRY(cut_words(d, rest, err));
    if (d->kind == AMS_SPACE_CHOICE && d->n_values == 0) {
        status = ams_fail(err, AMS_USAGE, "%s: %s: expected values after 'choice:'", d->where,
                          d->key->name);
        goto out;
    }
    if (d->kind >= AMS_SPACE_UNIFORM) {
        AMS_TRY(read_range(d, err));
    }
    for (size_t v = 0; v < d->n_values; v++) {
        AMS_TRY(ams_config_set(r->options, r->keys, r->count, d->key->name, d->value[v],
                               d->where, err));
    }
out:
    return status;
}

static const ams_key *find_key(const space_reader *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->keys[i].name, name) == 0) {
            return &r->keys[i];
        }
    }
    return NULL;
}

static ams_status on_line(void *context, const char *name, const char *value, const char *where,
                          ams_error *err)
{
    const space_reader *r = context;
    ams_space *space = r->space;
    const ams_key *key = find_key(r, name);
    if (key == NULL) { /* whose message names the nearest one */
        return ams_config_set(r->options, r->keys, r->count, name, value, where, err);
    }
    for (size_t i = 0; i < space->n; i++) {
        if (space->dimension[i].key == key) {
            return ams_fail(err, AMS_USAGE, "%s: '%s' stands at %s already", where, name,
                            space->dimension[i].where);
        }
    }
    ams_status status = ams_grow(&space->dimension, &space->capacity, space->n + 1,
                                 sizeof *space->dimension, "a search space", err);
    if (status != AMS_OK) {
        return status;
    }
    ams_dimension *d = &space->dimension[space->n++];
    *d = (ams_dimension){.key = key};
    AMS_TRY(ams_copy_text(&d->text, value, err));
    AMS_TRY(ams_copy_text(&d->where, where, err));
    status = read_dimension(d, r, err);
out:
    return status;
}

static bool varies(const ams_space *space)
{
    for (size_t i = 0; i < space->n; i++) {
        if (space->dimension[i].kind != AMS_SPACE_FIXED) {
            return true;
        }
    }
    return false;
}

ams_status ams_space_read(ams_space *space, const char *path, const ams_key *keys, size_t count,
                          void *options, ams_error *err)
{
    *space = (ams_space){0};
    space_reader r = {.space = space, .keys = keys, .count = count, .options = options};
    ams_status status = ams_config_lines(path, on_line, &r, err);
    if (status == AMS_OK && !varies(space)) {
        status = ams_fail(err, AMS_USAGE,
                          "%s: expected a line that varies something, such as 'lr = log: 1e-4 "
                          "1e-3'; found none",
                          path);
    }
    if (status != AMS_OK) {
        ams_space_fini(space);
    }
    return status;
}

void ams_space_fini(ams_space *space)
{
    for (size_t i = 0; i < space->n; i++) {
        ams_dimension *d = &space->dimension[i];
        for (size_t v = 0; v < d->n_values; v++) {
            free(d->value[v]);
        }
        free(d->value);
        free(d->text);
        free(d->where);
    }
    free(space->dimension);
    *space = (ams_space){0};
}

static double clamp(double value, double low, double high)
{
    return value < low ? low : (value > high ? high : value);
}

void ams_space_sample(const ams_dimension *d, uint64_t seed, uint64_t trial,
                      char text[AMS_TEXT_MAX])
{
    uint32_t words[4];
    const char *name = d->key->name;
    uint64_t stream = AMS_STREAM_SPACE ^ (uint64_t)XXH3_64bits(name, strlen(name));
    ams_philox(seed, stream, trial, words);
    /* 53 bits in [0, 1), since a range of whole numbers may be wider than a word. */
    double u = ((double)(words[0] >> 5) * 0x1p26 + (double)(words[1] >> 6)) * 0x1p-53;
    if (d->kind == AMS_SPACE_FIXED || d->kind == AMS_SPACE_CHOICE) {
        snprintf(text, AMS_TEXT_MAX, "%s",
                 d->value[ams_below(words[0], (uint32_t)d->n_values)]);
        return;
    }
    double x = d->low + u * (d->high - d->low);
    if (d->kind == AMS_SPACE_LOG) {
        x = exp(log(d->low) + u * (log(d->high) - log(d->low)));
    } else if (d->kind == AMS_SPACE_INT) {
        x = floor(d->low + u * (d->high - d->low + 1));
    }
    x = clamp(x, d->low, d->high);
    if (d->key->type == AMS_KEY_U64 || d->kind == AMS_SPACE_INT) {
        snprintf(text, AMS_TEXT_MAX, "%.0f", x);
        return;
    }
    /* Rounded, unless that leaves the range. */
    snprintf(text, AMS_TEXT_MAX, "%.4g", x);
    double rounded = strtod(text, NULL);
    if (rounded < d->low || rounded > d->high) {
        snprintf(text, AMS_TEXT_MAX, "%.17g", x);
    }
}
