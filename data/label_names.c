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

/* {"0": "cat"} as one of them, or {"id2label": {"0": "cat", ...}, ...}. */
static ams_status take_member(ams_label_names *names, const char *key, json_t *value,
                              ams_error *err)
{
    const char *id = NULL;
    json_t *name = NULL;
    ams_status status = AMS_OK;
    const bool table = strcmp(key, "id2label") == 0 || strcmp(key, "names") == 0;
    if (!table) {
        return json_is_string(value) ? add(names, key, json_string_value(value), err) : AMS_OK;
    }
    for (size_t i = 0; i < json_array_size(value) && status == AMS_OK; i++) {
        status = take_element(names, json_array_get(value, i), i, err);
    }
    json_object_foreach(value, id, name)
    {
        if (status == AMS_OK && json_is_string(name)) {
            status = add(names, id, json_string_value(name), err);
        }
    }
    return status;
}

static ams_status take_value(ams_label_names *names, const ams_json_value *value, size_t at,
                             ams_error *err)
{
    json_error_t broken;
    char found[AMS_JSON_FOUND];
    ams_status status = AMS_OK;
    json_t *key = NULL;
    json_t *root = json_loadb(value->text, value->length,
                              JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &broken);
    if (root != NULL && value->key != NULL) {
        key = json_loadb(value->key, value->key_length, JSON_DECODE_ANY, &broken);
    }
    if (root == NULL || (value->key != NULL && key == NULL)) {
        status = ams_fail(err, AMS_BAD_DATA, "expected JSON, found %s",
                          ams_json_broken(&broken, found));
    } else {
        status = key == NULL ? take_element(names, root, at, err)
                             : take_member(names, json_string_value(key), root, err);
    }
    json_decref(root);
    json_decref(key);
    return status;
}

/* With a member, the elements of that array; *none where the file has no such member. */
static ams_status read_json(ams_label_names *names, const char *path, char first,
                            const char *member, ams_error *err)
{
    ams_line_reader *lines = NULL;
    ams_json_items *items = NULL;
    ams_json_value value;
    const ams_json_layout layout = first == '['     ? AMS_JSON_ARRAY
                                   : member != NULL ? AMS_JSON_MEMBER
                                                    : AMS_JSON_KEYED;
    ams_status status = AMS_OK;
    AMS_TRY(ams_lines_open(&lines, path, err));
    AMS_TRY(ams_json_items_open(&items, path, lines, layout, member, err));
    for (size_t at = 0;; at++) {
        AMS_TRY(ams_json_items_next(items, &value, err));
        if (value.text == NULL) {
            break;
        }
        status = take_value(names, &value, at, err);
        if (status != AMS_OK) {
            ams_error_prefix(err, "%s:%llu", path, (unsigned long long)value.line);
            goto out;
        }
    }
out:
    ams_json_items_close(items);
    ams_lines_close(lines);
    return status;
}

static ams_status read_text(ams_label_names *names, const char *path, char *first,
                            ams_error *err)
{
    ams_line_reader *lines = NULL;
    const char separator = ams_rows_separator(path);
    ams_status status = AMS_OK;
    AMS_TRY(ams_lines_open(&lines, path, err));
    AMS_TRY(ams_lines_first(lines, first, err));
    if (*first != '[' && *first != '{') {
        status = separator != '\0' ? read_csv(names, lines, path, separator, err)
                                   : read_lines(names, lines, path, err);
    }
out:
    ams_lines_close(lines);
    return status;
}

ams_status ams_label_names_read(ams_label_names *names, const char *path, ams_error *err)
{
    *names = (ams_label_names){0};
    char first = '\0';
    ams_error other;
    ams_status status = AMS_OK;
    AMS_TRY(read_text(names, path, &first, err));
    /* Annotations of COCO are large, and their categories a small member of them. */
    if (first == '{' && read_json(names, path, first, "categories", &other) != AMS_OK) {
        ams_label_names_fini(names);
    }
    if ((first == '{' || first == '[') && names->id.count == 0) {
        AMS_TRY(read_json(names, path, first, NULL, err));
    }
    if (names->id.count == 0) {
        status =
            ams_fail(err, AMS_BAD_DATA,
                     "%s: expected names of labels: one per line, id,name in .csv, or JSON "
                     "with categories, id2label or names; found none",
                     path);
    }
out:
    if (status != AMS_OK) {
        ams_label_names_fini(names);
    }
    return status;
}
