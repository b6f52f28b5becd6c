/* The values of one large JSON file, one at a time, in memory for the largest of them. Private
 * to data/. */
#ifndef AMS_DATA_JSON_ITEMS_H
#define AMS_DATA_JSON_ITEMS_H

#include "data/lines.h"

#include <stdbool.h>

typedef enum ams_json_layout {
    AMS_JSON_ARRAY, /* the elements of an array */
    AMS_JSON_KEYED, /* the values of an object, each with its key */
    AMS_JSON_MEMBER /* the elements of the array that is one member of an object */
} ams_json_layout;

typedef struct ams_json_value {
    const char *text; /* (length) of the value, valid until the next call; NULL at the end */
    size_t length;
    const char *key; /* (key_length) in JSON's quotes; NULL for elements of arrays */
    size_t key_length;
    uint64_t line; /* where it starts, from 1 */
} ams_json_value;

typedef struct ams_json_items ams_json_items;
/* `path`, `member` (NULL but for AMS_JSON_MEMBER) and `lines`, of which no line was read, stay
 * borrowed. */
ams_status ams_json_items_open(ams_json_items **items, const char *path, ams_line_reader *lines,
                               ams_json_layout layout, const char *member, ams_error *err);
/* Of AMS_JSON_KEYED: arrays and objects that are not one of these members (NULL at the end) are
 * passed over, however large; their value's text is "". Borrowed. */
void ams_json_items_keep(ams_json_items *items, const char *const *members);
void ams_json_items_close(ams_json_items *items);
/* Only brackets, quotes and commas between values are checked: whoever takes a value parses it.
 * Values over 64 MiB are refused. Messages start with "path:line: ". */
ams_status ams_json_items_next(ams_json_items *items, ams_json_value *value, ams_error *err);

#endif
