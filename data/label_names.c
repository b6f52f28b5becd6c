#include "data/label_names.h"

#include "base/json.h"
#include "base/memory.h"
#include "data/csv.h"
#include "data/json_items.h"
#include "data/row_parser.h"
#include "data/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ams_label_names_fini(ams_label_names *names)
{
    ams_names_fini(&names->id);
    ams_names_fini(&names->name);
    free(names->of_id);
    *names = (ams_label_names){0};
}

const char *ams_label_name(const ams_label_names *names, const char *id)
{
    const uint32_t at = ams_names_find(&names->id, id, strlen(id));
    return at == AMS_NO_NAME ? NULL : ams_names_get(&names->name, names->of_id[at]);
}

static ams_status add(ams_label_names *names, const char *id, const char *name, ams_error *err)
{
    const uint32_t known = names->id.count;
    uint32_t at = 0;
    uint32_t index = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_row_check_name("label's id", id, err));
    AMS_TRY(ams_row_check_name("label", name, err));
    AMS_TRY(ams_names_add(&names->id, id, strlen(id), &at, err));
    AMS_TRY(ams_names_add(&names->name, name, strlen(name), &index, err));
    if (at < known) {
        return names->of_id[at] == index
                   ? AMS_OK
                   : ams_fail(err, AMS_BAD_DATA,
                              "expected an id once, found '%s' as '%s' and '%s'", id,
                              ams_names_get(&names->name, names->of_id[at]), name);
    }
    AMS_TRY(ams_grow(&names->of_id, &names->capacity, (size_t)at + 1, sizeof *names->of_id,
                     "labels", err));
    names->of_id[at] = index;
out:
    return status;
}

static ams_status add_numbered(ams_label_names *names, size_t id, const char *name,
                               ams_error *err)
{
    char text[AMS_DIGITS];
    snprintf(text, sizeof text, "%zu", id);
    return add(names, text, name, err);
}

/* Blank lines end the file: one before a name would make its id doubtful. */
static ams_status read_lines(ams_label_names *names, ams_line_reader *lines, const char *path,
                             ams_error *err)
{
    ams_status status = AMS_OK;
    size_t blank = 0;
    for (size_t id = 0; status == AMS_OK; id++) {
        const char *line = NULL;
        size_t length = 0;
        AMS_TRY(ams_lines_next(lines, &line, &length, err));
        if (line == NULL) {
            break;
        }
        blank += length == 0 ? 1 : 0;
        if (length == 0) {
            continue;
        }
        status = blank > 0 ? ams_row_check_name("label before this line", "", err)
                           : add_numbered(names, id, line, err);
        if (status != AMS_OK) {
            ams_error_prefix(err, "%s:%llu", path, (unsigned long long)ams_lines_number(lines));
        }
    }
out:
    return status;
}

static ams_status read_csv(ams_label_names *names, ams_line_reader *lines, const char *path,
                           char separator, ams_error *err)
{
    ams_csv_records records = {.path = path, .lines = lines, .cells.separator = separator};
    ams_status status = AMS_OK;
    bool found = true;
    bool bad = false;
    while (status == AMS_OK) {
        status = ams_csv_record(&records, &found, &bad, err);
        if (status != AMS_OK || !found) {
            break;
        }
        status = records.cells.count < 2
                     ? ams_fail(err, AMS_BAD_DATA, "expected an id and a name, found 1 cell")
                     : add(names, ams_csv_cell(&records.cells, 0),
                           ams_csv_cell(&records.cells, 1), err);
        bad = status == AMS_BAD_DATA;
    }
    if (status != AMS_OK && bad) {
        ams_error_prefix(err, "%s:%llu", path, (unsigned long long)records.line);
    }
    ams_csv_fini(&records.cells);
    return status;
}

/* A name, or an object with id and name, in place `at` of its array. */
static ams_status take_element(ams_label_names *names, const json_t *value, size_t at,
                               ams_error *err)
{
    char digits[AMS_DIGITS];
    char found[AMS_JSON_FOUND];
    const json_t *name = json_object_get(value, "name");
    const char *id = ams_row_text(json_object_get(value, "id"), digits);
    if (json_is_string(value)) {
        return add_numbered(names, at, json_string_value(value), err);
    }
    if (id == NULL || !json_is_string(name)) {
        return ams_fail(err, AMS_BAD_DATA,
                        "expected a name, or an object with id and name, found %s",
                        ams_json_found(value, found));
    }
    return add(names, id, json_string_value(name), err);
}

/* "0": "cat" */
static ams_status take_pair(ams_label_names *names, const char *id, const json_t *name,
                            ams_error *err)
{
    char found[AMS_JSON_FOUND];
    return json_is_string(name)
               ? add(names, id, json_string_value(name), err)
               : ams_fail(err, AMS_BAD_DATA, "expected a name of the label '%s', found %s", id,
                          name == NULL ? "an array or an object" : ams_json_found(name, found));
}

/* What a JSON object is read into. */
typedef struct object_names {
    const char *path;
    ams_label_names table; /* of the members below */
    bool has_table;
    /* Of all other members: an object of id and name has nothing else. Where there is a table
     * they are something else, and what is wrong with them does not matter. */
    ams_label_names plain;
    ams_status plain_status;
    ams_error plain_error;
} object_names;

static const char *const tables[] = {"categories", "id2label", "names", NULL};

static bool is_table(const char *key, const json_t *value)
{
    size_t i = 0;
    while (tables[i] != NULL && strcmp(key, tables[i]) != 0) {
        i++;
    }
    return tables[i] != NULL && (json_is_array(value) || json_is_object(value));
}

static ams_status take_table(object_names *object, const char *key, json_t *value,
                             ams_error *err)
{
    const char *id = NULL;
    json_t *name = NULL;
    ams_status status = AMS_OK;
    object->has_table = true;
    for (size_t i = 0; i < json_array_size(value) && status == AMS_OK; i++) {
        status = take_element(&object->table, json_array_get(value, i), i, err);
    }
    json_object_foreach(value, id, name)
    {
        status = status == AMS_OK ? take_pair(&object->table, id, name, err) : status;
    }
    if (status == AMS_BAD_DATA) {
        ams_error_prefix(err, "member '%s'", key);
    }
    return status;
}

static ams_status take_member(object_names *object, const char *key, json_t *value,
                              uint64_t line, ams_error *err)
{
    if (is_table(key, value)) {
        return take_table(object, key, value, err);
    }
    if (object->plain_status == AMS_OK) {
        object->plain_status = take_pair(&object->plain, key, value, &object->plain_error);
        if (object->plain_status != AMS_OK) {
            ams_error_prefix(&object->plain_error, "%s:%llu", object->path,
                             (unsigned long long)line);
        }
    }
    return AMS_OK;
}

/* NULL with a message where a text is no JSON. */
static json_t *parse(const char *text, size_t length, ams_error *err)
{
    json_error_t broken;
    char found[AMS_JSON_FOUND];
    json_t *value =
        json_loadb(text, length,
                   JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_REJECT_DUPLICATES, &broken);
    if (value == NULL) {
        (void)ams_fail(err, AMS_BAD_DATA, "expected JSON, found %s",
                       ams_json_broken(&broken, found));
    }
    return value;
}

static ams_status take_value(ams_label_names *names, object_names *object,
                             const ams_json_value *value, size_t at, ams_error *err)
{
    const bool passed_over = value->length == 0;
    json_t *root = passed_over ? NULL : parse(value->text, value->length, err);
    json_t *key = value->key == NULL ? NULL : parse(value->key, value->key_length, err);
    ams_status status = AMS_BAD_DATA;
    if ((root == NULL && !passed_over) || (key == NULL && value->key != NULL)) {
        goto out; /* which parse told */
    }
    status = key == NULL ? take_element(names, root, at, err)
                         : take_member(object, json_string_value(key), root, value->line, err);
out:
    json_decref(root);
    json_decref(key);
    return status;
}

static ams_status read_values(ams_label_names *names, object_names *object,
                              ams_json_items *items, ams_error *err)
{
    ams_json_value value;
    ams_status status = AMS_OK;
    for (size_t at = 0;; at++) {
        AMS_TRY(ams_json_items_next(items, &value, err));
        if (value.text == NULL) {
            break;
        }
        status = take_value(names, object, &value, at, err);
        if (status != AMS_OK) {
            ams_error_prefix(err, "%s:%llu", object->path, (unsigned long long)value.line);
            goto out;
        }
    }
out:
    return status;
}

/* Annotations of COCO are large, and their categories a small member of them. */
static ams_status read_json(ams_label_names *names, ams_line_reader *lines, const char *path,
                            bool array, ams_error *err)
{
    ams_json_items *items = NULL;
    object_names object = {.path = path};
    ams_status status = AMS_OK;
    AMS_TRY(ams_json_items_open(&items, path, lines, array ? AMS_JSON_ARRAY : AMS_JSON_KEYED,
                                NULL, err));
    ams_json_items_keep(items, tables);
    AMS_TRY(read_values(names, &object, items, err));
    if (object.has_table || object.plain_status == AMS_OK) {
        ams_label_names *kept = object.has_table ? &object.table : &object.plain;
        if (!array) {
            *names = *kept;
            *kept = (ams_label_names){0};
        }
    } else {
        status = object.plain_status;
        if (err != NULL) {
            *err = object.plain_error;
        }
    }
out:
    ams_json_items_close(items);
    ams_label_names_fini(&object.table);
    ams_label_names_fini(&object.plain);
    return status;
}

ams_status ams_label_names_read(ams_label_names *names, const char *path, ams_error *err)
{
    *names = (ams_label_names){0};
    ams_line_reader *lines = NULL;
    const char separator = ams_rows_separator(path);
    char first = '\0';
    ams_status status = AMS_OK;
    AMS_TRY(ams_lines_open(&lines, path, err));
    AMS_TRY(ams_lines_first(lines, &first, err));
    if (first == '[' || first == '{') {
        AMS_TRY(read_json(names, lines, path, first == '[', err));
    } else if (separator != '\0') {
        AMS_TRY(read_csv(names, lines, path, separator, err));
    } else {
        AMS_TRY(read_lines(names, lines, path, err));
    }
    if (names->id.count == 0) {
        status =
            ams_fail(err, AMS_BAD_DATA,
                     "%s: expected names of labels: one per line, id,name in .csv, or JSON "
                     "with categories, id2label or names; found none",
                     path);
    }
out:
    ams_lines_close(lines);
    if (status != AMS_OK) {
        ams_label_names_fini(names);
    }
    return status;
}
