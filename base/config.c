#include "ams/config.h"

#include "ams/names.h"
#include "base/file.h"
#include "base/number.h"

#include <ctype.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_KEYS = 128 };

static const ams_key *find_key(const ams_key *keys, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(keys[i].name, name) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}

static ams_status unknown_key(const ams_key *keys, size_t count, const char *name,
                              const char *where, ams_error *err)
{
    const char *names[MOST_KEYS];
    size_t n = count < MOST_KEYS ? count : MOST_KEYS;
    for (size_t i = 0; i < n; i++) {
        names[i] = keys[i].name;
    }
    const char *near = ams_nearest(name, names, n);
    if (near != NULL) {
        return ams_fail(err, AMS_USAGE, "%s: unknown key '%s'; did you mean '%s'?", where, name,
                        near);
    }
    return ams_fail(err, AMS_USAGE, "%s: unknown key '%s'; `ams list keys` prints them all",
                    where, name);
}

const char *ams_config_choice(const ams_key *key, const char *value)
{
    for (const ams_alias *a = key->aliases; a != NULL && a->alias != NULL; a++) {
        value = strcmp(a->alias, value) == 0 ? a->name : value;
    }
    for (int i = 0; key->choices[i] != NULL; i++) {
        if (strcmp(key->choices[i], value) == 0) {
            return key->choices[i];
        }
    }
    return NULL;
}

static ams_status set_choice(int *target, const ams_key *key, const char *value,
                             const char *where, ams_error *err)
{
    const char *name = ams_config_choice(key, value);
    char known[512] = "";
    for (int i = 0; key->choices[i] != NULL; i++) {
        if (key->choices[i] == name) {
            *target = i;
            return AMS_OK;
        }
        strncat(known, i == 0 ? "" : ", ", sizeof known - strlen(known) - 1);
        strncat(known, key->choices[i], sizeof known - strlen(known) - 1);
    }
    return ams_fail(err, AMS_USAGE, "%s: %s: expected one of %s; found '%s'", where, key->name,
                    known, value);
}

static ams_status set_number(void *target, const ams_key *key, const char *value,
                             const char *where, ams_error *err)
{
    double number = 0;
    uint64_t whole = 0;
    bool valid = key->type == AMS_KEY_U64 ? ams_parse_u64(value, &whole)
                                          : ams_parse_double(value, &number);
    if (key->type == AMS_KEY_U64) {
        number = (double)whole;
    }
    if (!valid || number < key->minimum || number > key->maximum) {
        char least[32];
        char most[32];
        return ams_fail(err, AMS_USAGE, "%s: %s: expected %s from %s to %s; found '%s'", where,
                        key->name, key->type == AMS_KEY_U64 ? "a whole number" : "a number",
                        ams_bound_text(least, key->minimum), ams_bound_text(most, key->maximum),
                        value);
    }
    if (key->type == AMS_KEY_U64) {
        memcpy(target, &whole, sizeof whole);
    } else {
        memcpy(target, &number, sizeof number);
    }
    return AMS_OK;
}

/* Whether an INI file can hold the text unchanged: no line ends and other control characters,
 * no blanks around it, and no ';' that would begin a comment. */
static bool survives_ini(const char *text)
{
    char before = ' ';
    for (const char *at = text; *at != '\0'; before = *at++) {
        bool control = (unsigned char)*at < 0x20 || *at == 0x7F;
        if (control || (*at == ';' && before == ' ')) {
            return false;
        }
    }
    return *text != ' ' && (*text == '\0' || before != ' ');
}

static ams_status set_text(void *options, const ams_key *key, const char *value,
                           const char *where, ams_error *err)
{
    if (strlen(value) >= AMS_TEXT_MAX) {
        return ams_fail(err, AMS_USAGE, "%s: %s: expected at most %d characters; found '%s'",
                        where, key->name, AMS_TEXT_MAX - 1, value);
    }
    if (!survives_ini(value)) {
        return ams_fail(err, AMS_USAGE,
                        "%s: %s: expected a text without control characters, blanks around it "
                        "and ' ;', which config.ini could not hold",
                        where, key->name);
    }
    if (key->parse != NULL && !key->parse(value, options)) {
        return ams_fail(err, AMS_USAGE, "%s: %s: expected %s; found '%s'", where, key->name,
                        key->expected, value);
    }
    memcpy((char *)options + key->offset, value, strlen(value) + 1);
    return AMS_OK;
}

ams_status ams_config_set(void *options, const ams_key *keys, size_t count, const char *name,
                          const char *value, const char *where, ams_error *err)
{
    const ams_key *key = find_key(keys, count, name);
    if (key == NULL) {
        return unknown_key(keys, count, name, where, err);
    }
    char *target = (char *)options + key->offset;
    switch (key->type) {
    case AMS_KEY_CHOICE: {
        int choice = 0;
        ams_status status = set_choice(&choice, key, value, where, err);
        if (status == AMS_OK) {
            memcpy(target, &choice, sizeof choice);
        }
        return status;
    }
    case AMS_KEY_TEXT:
        return set_text(options, key, value, where, err);
    case AMS_KEY_U64:
    case AMS_KEY_DOUBLE:
        break;
    }
    return set_number(target, key, value, where, err);
}

ams_status ams_config_defaults(void *options, const ams_key *keys, size_t count, ams_error *err)
{
    for (size_t i = 0; i < count; i++) {
        ams_status status = ams_config_set(options, keys, count, keys[i].name,
                                           keys[i].default_value, "default", err);
        if (status != AMS_OK) {
            return status;
        }
    }
    return AMS_OK;
}

ams_status ams_config_argument(void *options, const ams_key *keys, size_t count,
                               const char *argument, ams_error *err)
{
    const char *equals = strchr(argument, '=');
    char name[AMS_TEXT_MAX];
    size_t length = equals == NULL ? 0 : (size_t)(equals - argument);
    if (length == 0 || length >= sizeof name) {
        return ams_fail(err, AMS_USAGE, "argument: expected key=value; found '%s'", argument);
    }
    memcpy(name, argument, length);
    name[length] = '\0';
    return ams_config_set(options, keys, count, name, equals + 1, "argument", err);
}

typedef struct config_ini {
    ams_config_entry_fn *take;
    void *user;
    const char *path;
    ams_error *err;
    ams_status status;
    const char
        *text; /* the whole file, to find line numbers: inih's handler does not get them */
    const char *at, *begun; /* the next line, the one being read */
    int line;
} config_ini;

/* inih reads through this, one line per call, so that the handler knows the line number. */
static char *next_line(char *buffer, int size, void *stream)
{
    config_ini *context = stream;
    if (*context->at == '\0') {
        return NULL;
    }
    const char *end = strchr(context->at, '\n');
    size_t length = end == NULL ? strlen(context->at) : (size_t)(end - context->at) + 1;
    size_t kept = length < (size_t)size ? length : (size_t)size - 1;
    memcpy(buffer, context->at, kept);
    buffer[kept] = '\0';
    context->begun = context->at;
    context->at += length;
    context->line++;
    /* inih would take the rest of a longer line as the next line; only a comment may be cut. */
    char first = buffer[strspn(buffer, " \t")];
    if (kept < length && first != ';' && first != '#' && context->status == AMS_OK) {
        context->status =
            ams_fail(context->err, AMS_USAGE, "%s:%d: expected at most %d characters in a line",
                     context->path, context->line, size - 1);
    }
    return buffer;
}

/* Does the line that is being read end with the value? */
static bool ends_with(const config_ini *context, const char *value)
{
    const char *end = context->at;
    const size_t length = strlen(value);
    while (end > context->begun && isspace((unsigned char)end[-1])) {
        end--;
    }
    return (size_t)(end - context->begun) >= length && memcmp(end - length, value, length) == 0;
}

static int on_key(void *reader, const char *section, const char *name, const char *value)
{
    config_ini *context = reader;
    if (context->status != AMS_OK) {
        return 0;
    }
    char where[512];
    snprintf(where, sizeof where, "%s:%d", context->path, context->line);
    const ams_config_entry entry = {.section = section,
                                    .name = name,
                                    .value = value,
                                    .where = where,
                                    .comment = !ends_with(context, value)};
    context->status = context->take(context->user, &entry, context->err);
    return context->status == AMS_OK;
}

ams_status ams_config_entries(const char *path, ams_config_entry_fn *take, void *user,
                              ams_error *err)
{
    char *text = NULL;
    size_t size = 0;
    ams_status status = ams_read_file(path, (size_t)1 << 20, &text, &size, err);
    if (status != AMS_OK) {
        return status;
    }
    if (strlen(text) != size) {
        status = ams_fail(err, AMS_USAGE, "%s: expected text, found a zero byte at offset %zu",
                          path, strlen(text));
        free(text);
        return status;
    }
    config_ini context = {.take = take,
                          .user = user,
                          .path = path,
                          .err = err,
                          .status = AMS_OK,
                          .text = text,
                          .at = text,
                          .begun = text};
    int line = ini_parse_stream(next_line, &context, on_key, &context);
    status = context.status;
    if (status == AMS_OK && line != 0) {
        status =
            ams_fail(err, AMS_USAGE, "%s:%d: expected 'key = value', '[section]' or a comment",
                     path, line);
    }
    free(text);
    return status;
}

typedef struct config_lines {
    ams_config_line_fn *take;
    void *user;
} config_lines;

static ams_status take_line(void *context, const ams_config_entry *entry, ams_error *err)
{
    const config_lines *l = context;
    return l->take(l->user, entry->name, entry->value, entry->where, err);
}

ams_status ams_config_lines(const char *path, ams_config_line_fn *take, void *user,
                            ams_error *err)
{
    config_lines l = {.take = take, .user = user};
    return ams_config_entries(path, take_line, &l, err);
}

typedef struct config_settings {
    void *options;
    const ams_key *keys;
    size_t count;
    ams_names seen;
} config_settings;

/* A key that stands there twice is a slip: which of its values is meant, nobody knows. */
static ams_status set_line(void *user, const char *name, const char *value, const char *where,
                           ams_error *err)
{
    config_settings *s = user;
    uint32_t index = 0;
    ams_status status = ams_config_set(s->options, s->keys, s->count, name, value, where, err);
    if (status != AMS_OK) {
        return status;
    }
    if (ams_names_find(&s->seen, name, strlen(name)) != AMS_NO_NAME) {
        return ams_fail(err, AMS_USAGE,
                        "%s: expected each key once, found '%s' a second time; take one away",
                        where, name);
    }
    return ams_names_add(&s->seen, name, strlen(name), &index, err);
}

ams_status ams_config_file(void *options, const ams_key *keys, size_t count, const char *path,
                           ams_error *err)
{
    config_settings s = {.options = options, .keys = keys, .count = count};
    ams_status status = ams_config_lines(path, set_line, &s, err);
    ams_names_fini(&s.seen);
    return status;
}

void ams_config_print(const void *options, const ams_key *key, char *text, size_t size)
{
    const char *source = (const char *)options + key->offset;
    uint64_t whole = 0;
    double number = 0;
    int choice = 0;
    switch (key->type) {
    case AMS_KEY_U64:
        memcpy(&whole, source, sizeof whole);
        snprintf(text, size, "%llu", (unsigned long long)whole);
        break;
    case AMS_KEY_DOUBLE:
        memcpy(&number, source, sizeof number);
        snprintf(text, size, "%.15g", number);
        if (strtod(text, NULL) != number) {
            snprintf(text, size, "%.17g", number);
        }
        break;
    case AMS_KEY_CHOICE:
        memcpy(&choice, source, sizeof choice);
        snprintf(text, size, "%s", key->choices[choice]);
        break;
    case AMS_KEY_TEXT:
        snprintf(text, size, "%s", source);
        break;
    }
}

void ams_config_write(const void *options, const ams_key *keys, size_t count, FILE *stream)
{
    for (size_t i = 0; i < count; i++) {
        char text[AMS_TEXT_MAX];
        ams_config_print(options, &keys[i], text, sizeof text);
        fprintf(stream, "%s = %s\n", keys[i].name, text);
    }
}

static void append(char *text, size_t size, const char *word)
{
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", used == 0 ? "" : "|", word);
}

void ams_config_values(const ams_key *key, char *text, size_t size)
{
    text[0] = '\0';
    switch (key->type) {
    case AMS_KEY_CHOICE:
        for (const char *const *choice = key->choices; *choice != NULL; choice++) {
            append(text, size, *choice);
        }
        break;
    case AMS_KEY_U64:
    case AMS_KEY_DOUBLE:
        /* The upper end of a large range is of no use to a reader. */
        if (key->type == AMS_KEY_U64 && key->maximum > 1e9) {
            snprintf(text, size, "from %.0f", key->minimum);
        } else {
            snprintf(text, size, "%.9g..%.9g", key->minimum, key->maximum);
        }
        break;
    case AMS_KEY_TEXT:
        snprintf(text, size, "text");
        break;
    }
}
