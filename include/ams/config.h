/* Settings: defaults <- file (INI) <- key=value arguments. An unknown key is an error that
 * names the place and the nearest known key; the resolved values are written into the folder of
 * the run. */
#ifndef AMS_CONFIG_H
#define AMS_CONFIG_H

#include "ams/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ams_key_type {
    AMS_KEY_U64,    /* uint64_t in [minimum, maximum] */
    AMS_KEY_DOUBLE, /* double in [minimum, maximum] */
    AMS_KEY_CHOICE, /* int: index in `choices` */
    AMS_KEY_TEXT    /* char[AMS_TEXT_MAX] */
} ams_key_type;

enum { AMS_TEXT_MAX = 64 };

/* Another name of a choice, such as an older one: it is read, and the choice's name is written.
 */
typedef struct ams_alias {
    const char *alias, *name;
} ams_alias;

/* One setting: a row of a `static const` table; `offset` is where it lives in the options
 * struct. */
typedef struct ams_key {
    const char *name;
    ams_key_type type;
    size_t offset;
    const char *default_value;
    double minimum, maximum;
    const char *const *choices; /* NULL-terminated; AMS_KEY_CHOICE only */
    const ams_alias *aliases;   /* of choices, up to one that is all NULL; may be NULL */
    const char *help;           /* one line, with the unit */
    /* AMS_KEY_TEXT, may be NULL: reads the text into members of the options beside it. False:
     * it is not what `expected` says. */
    bool (*parse)(const char *text, void *options);
    const char *expected; /* "1 to 3 layers of ..."; with parse only */
} ams_key;

/* Sets every key to its default; the table's defaults must parse (a test sees to that). */
ams_status ams_config_defaults(void *options, const ams_key *keys, size_t count,
                               ams_error *err);
/* `where` is "file:line" or "argument" and begins the message. */
ams_status ams_config_set(void *options, const ams_key *keys, size_t count, const char *name,
                          const char *value, const char *where, ams_error *err);
/* "key=value". */
ams_status ams_config_argument(void *options, const ams_key *keys, size_t count,
                               const char *argument, ams_error *err);
/* Called for each `name = value` of an INI file; where: "file:line". The first status that is
 * not AMS_OK ends the reading and is returned. */
typedef ams_status ams_config_line_fn(void *context, const char *name, const char *value,
                                      const char *where, ams_error *err);
/* The same with its [section] ("" before the first). An indented line continues the one before
 * it: the name comes again with the text of that line. */
typedef struct ams_config_entry {
    const char *section, *name, *value, *where;
    bool comment; /* a " ;" in the line began a comment, which is not in `value` */
} ams_config_entry;
typedef ams_status ams_config_entry_fn(void *context, const ams_config_entry *entry,
                                       ams_error *err);
/* @return AMS_IO; AMS_USAGE if it is not an INI file. */
ams_status ams_config_entries(const char *path, ams_config_entry_fn *entry, void *context,
                              ams_error *err);
/* Sections are ignored. */
ams_status ams_config_lines(const char *path, ams_config_line_fn *line, void *context,
                            ams_error *err);
/* Every key of the INI file, sections ignored.
 * @return AMS_USAGE: no such key, no such value, or a key twice; else as ams_config_entries. */
ams_status ams_config_file(void *options, const ams_key *keys, size_t count, const char *path,
                           ams_error *err);
/* The name of the choice that `value` is or stands for; NULL: it is no choice of the key. */
const char *ams_config_choice(const ams_key *key, const char *value);
/* What the key takes, for people: "a|b", "0..1", "from 1", "text". */
void ams_config_values(const ams_key *key, char *text, size_t size);
/* The value as text that reads back to the same bits. */
void ams_config_print(const void *options, const ams_key *key, char *text, size_t size);
void ams_config_write(const void *options, const ams_key *keys, size_t count, FILE *stream);

#ifdef __cplusplus
}
#endif
#endif
