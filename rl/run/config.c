#include "rl/run/config.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ams_status config_text(const ams_train_options *train, char **text, ams_error *err)
{
    size_t size = 0;
    *text = NULL;
    FILE *stream = open_memstream(text, &size);
    if (stream == NULL) {
        return ams_no_memory(err, 0, "config.ini");
    }
    fputs("; Every setting of this run; docs/definitions.md says what each means.\n[train]\n",
          stream);
    ams_config_write(train, ams_train_keys, ams_n_train_keys, stream);
    return fclose(stream) == 0 ? AMS_OK : ams_no_memory(err, size, "config.ini");
}

/* From the first line on that says what the run is. A run may move to another machine, so where
 * it trains and on how many threads are no part of it. */
static const char *next_line(const char *text)
{
    static const char *const ignored[] = {"device = ", "threads = "};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
        if (strncmp(text, ignored[i], strlen(ignored[i])) == 0) {
            text += strcspn(text, "\n");
            text += *text == '\n';
            i = (size_t)-1; /* all again for the next line */
        }
    }
    return text;
}

static const ams_key *key_of(const char *line)
{
    for (size_t k = 0; k < ams_n_train_keys; k++) {
        const ams_key *key = &ams_train_keys[k];
        const size_t n = strlen(key->name);
        if (strncmp(line, key->name, n) == 0 && strncmp(line + n, " = ", 3) == 0) {
            return key;
        }
    }
    return NULL;
}

/* The choice that a line sets, by whatever name; NULL: it sets no choice. */
static const char *choice_of(const char *line)
{
    const ams_key *key = key_of(line);
    char value[AMS_TEXT_MAX];
    if (key == NULL || key->type != AMS_KEY_CHOICE) {
        return NULL;
    }
    line += strlen(key->name) + 3;
    snprintf(value, sizeof value, "%.*s", (int)strcspn(line, "\n"), line);
    return ams_config_choice(key, value);
}

/* Whether both lines, which end at a line end, set the same value; an older name of a choice
 * is the same value. */
static bool same_line(const char *one, const char *other)
{
    const size_t n = strcspn(one, "\n");
    if (n == strcspn(other, "\n") && strncmp(one, other, n) == 0) {
        return true;
    }
    const char *choice = choice_of(one);
    return choice != NULL && key_of(one) == key_of(other) && choice == choice_of(other);
}

/* Whether the line sets what its key has where nothing sets it. */
static bool is_default(const char *line)
{
    const ams_key *key = key_of(line);
    ams_train_options defaults;
    char value[2 * AMS_TEXT_MAX];
    if (key == NULL || ams_train_defaults(&defaults, NULL) != AMS_OK) {
        return false;
    }
    ams_config_print(&defaults, key, value, sizeof value);
    line += strlen(key->name) + 3;
    return strlen(value) == strcspn(line, "\n") && strncmp(line, value, strlen(value)) == 0;
}

/* Past a default that the other text does not have: a folder may be older than the key. */
static bool skip_default(const char **text, const char *other)
{
    if (key_of(*text) == key_of(other) || !is_default(*text)) {
        return false;
    }
    *text += strcspn(*text, "\n");
    *text += **text == '\n';
    return true;
}

bool ams_run_settings_differ(const char *held, const char *wanted, char line[128])
{
    for (;;) {
        held = next_line(held);
        wanted = next_line(wanted);
        size_t a = strcspn(held, "\n");
        size_t b = strcspn(wanted, "\n");
        if (!same_line(held, wanted)) {
            if (skip_default(&wanted, held) || skip_default(&held, wanted)) {
                continue;
            }
            snprintf(line, 128, "%.*s' instead of '%.*s", (int)(a < 60 ? a : 60), held,
                     (int)(b < 60 ? b : 60), wanted);
            return true;
        }
        if (held[a] == '\0' || wanted[b] == '\0') {
            snprintf(line, 128, "(fewer keys)");
            return held[a] != wanted[b];
        }
        held += a + 1;
        wanted += b + 1;
    }
}

static ams_status write_config(const char *path, const char *text, ams_error *err)
{
    ams_file file = {0};
    ams_status status = ams_file_create(&file, path, err);
    if (status != AMS_OK) {
        return status;
    }
    fputs(text, file.stream);
    return ams_file_commit(&file, err);
}

/* *held: NULL where there is none. */
static ams_status read_config(const char *directory, char **path, char **held, ams_error *err)
{
    size_t size = 0;
    *path = NULL;
    *held = NULL;
    ams_status status = ams_join_path(path, directory, "config.ini", err);
    return status == AMS_OK && ams_exists(*path)
               ? ams_read_file(*path, 1 << 20, held, &size, err)
               : status;
}

ams_status ams_run_check_config(const char *directory, const ams_train_options *train,
                                ams_error *err)
{
    char *path = NULL;
    char *wanted = NULL;
    char *held = NULL;
    char line[128];
    ams_status status = AMS_OK;
    AMS_TRY(read_config(directory, &path, &held, err));
    AMS_TRY(config_text(train, &wanted, err));
    if (held != NULL && ams_run_settings_differ(held, wanted, line)) {
        status =
            ams_fail(err, AMS_USAGE,
                     "%s holds another run ('%s'); choose another folder or remove this one",
                     directory, line);
    }
out:
    free(path);
    free(wanted);
    free(held);
    return status;
}

static bool steps_of(const char *text, uint64_t *steps)
{
    static const char line[] = "\nsteps = ";
    char number[32] = "";
    const char *found = strstr(text, line);
    if (found != NULL) {
        found += sizeof line - 1;
        snprintf(number, sizeof number, "%.*s", (int)strcspn(found, "\r\n"), found);
    }
    return ams_parse_u64(number, steps);
}

ams_status ams_run_fewer_steps(const char *directory, const ams_train_options *train,
                               uint64_t *fewer, ams_error *err)
{
    char *path = NULL;
    char *wanted = NULL;
    char *held = NULL;
    char line[128];
    uint64_t steps = 0;
    ams_train_options shorter = *train; /* borrows all that it points to */
    ams_status status = AMS_OK;
    *fewer = 0;
    AMS_TRY(read_config(directory, &path, &held, err));
    if (held != NULL && steps_of(held, &steps) && steps < train->steps) {
        shorter.steps = steps;
        AMS_TRY(config_text(&shorter, &wanted, err));
        *fewer = ams_run_settings_differ(held, wanted, line) ? 0 : steps;
    }
out:
    free(path);
    free(wanted);
    free(held);
    return status;
}

ams_status ams_run_write_config(const char *directory, const ams_train_options *train,
                                ams_error *err)
{
    char *path = NULL;
    char *wanted = NULL;
    char *held = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(read_config(directory, &path, &held, err));
    AMS_TRY(config_text(train, &wanted, err));
    if (held == NULL || strcmp(held, wanted) != 0) {
        status = write_config(path, wanted, err);
    }
out:
    free(path);
    free(wanted);
    free(held);
    return status;
}
