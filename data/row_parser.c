#include "data/rows.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Names are written to files of tab-separated values and to fixed-length strings of HDF5. */
enum { LONGEST_NAME = 1024 };

/* Length of the UTF-8 sequence at `text`; 0 if it is none. Overlong forms and surrogates pass:
 * what matters here is that readers find the ends of characters. */
static size_t sequence_length(const unsigned char *text)
{
    static const struct {
        unsigned char mask, lead;
    } form[] = {{0x80, 0x00}, {0xE0, 0xC0}, {0xF0, 0xE0}, {0xF8, 0xF0}};
    for (size_t length = 1; length <= 4; length++) {
        if ((text[0] & form[length - 1].mask) != form[length - 1].lead) {
            continue;
        }
        for (size_t i = 1; i < length; i++) {
            if ((text[i] & 0xC0) != 0x80) {
                return 0;
            }
        }
        return length;
    }
    return 0;
}

ams_status ams_row_check_name(const char *what, const char *name, ams_error *err)
{
    size_t length = strlen(name);
    if (length == 0) {
        return ams_fail(err, AMS_BAD_DATA, "expected a name of the %s, found an empty text",
                        what);
    }
    if (length > LONGEST_NAME) {
        return ams_fail(err, AMS_BAD_DATA,
                        "expected a name of the %s of at most %d bytes, found %zu", what,
                        LONGEST_NAME, length);
    }
    for (size_t i = 0; i < length;) {
        const unsigned char *at = (const unsigned char *)name + i;
        size_t step = sequence_length(at);
        if (step == 0 || ams_control_at(name + i, step) < step) {
            return ams_fail(err, AMS_BAD_DATA,
                            "expected a name of the %s in UTF-8 without control characters, "
                            "found byte 0x%02X at its position %zu",
                            what, *at, i + 1);
        }
        i += step;
    }
    return AMS_OK;
}

ams_status ams_row_check_conf(const char *label, double *conf, uint32_t *clamped,
                              ams_error *err)
{
    bool changed = false;
    if (ams_confidence(conf, &changed)) {
        *clamped += changed ? 1 : 0;
        return AMS_OK;
    }
    return ams_fail(err, AMS_BAD_DATA,
                    "label '%s': expected a confidence from 0 to 1, found %.9g", label, *conf);
}

ams_status ams_row_check_time(double time_ms, ams_error *err)
{
    /* As the table will hold it: a double may be positive and still 0 or infinite as a float.
     */
    float kept = (float)time_ms;
    if (isfinite(kept) && kept > 0) {
        return AMS_OK;
    }
    return ams_fail(err, AMS_BAD_DATA,
                    "expected time_ms greater than 0 and below 3.4e38, found "
                    "%.9g",
                    time_ms);
}

ams_status ams_row_check_split(const char *split, ams_error *err)
{
    ams_split parsed = AMS_TRAIN;
    if (ams_split_parse(split, &parsed)) {
        return AMS_OK;
    }
    return ams_fail(err, AMS_BAD_DATA, "expected split train, validation or test, found '%s'",
                    split);
}

struct ams_row_parser {
    json_t *root; /* of the row last parsed; its texts live here */
    const char **label;
    double *conf;
    const char **truth;
    size_t label_capacity, conf_capacity, truth_capacity;
};

ams_status ams_row_parser_create(ams_row_parser **parser, ams_error *err)
{
    *parser = calloc(1, sizeof **parser);
    return *parser == NULL ? ams_no_memory(err, sizeof **parser, "a row parser") : AMS_OK;
}

void ams_row_parser_destroy(ams_row_parser *parser)
{
    if (parser == NULL) {
        return;
    }
    json_decref(parser->root);
    free(parser->label);
    free(parser->conf);
    free(parser->truth);
    free(parser);
}

static ams_status read_name(const json_t *value, const char *field, const char **name,
                            ams_error *err)
{
    char found[AMS_JSON_FOUND];
    if (!json_is_string(value)) {
        return ams_fail(err, AMS_BAD_DATA, "field '%s': expected a text, found %s", field,
                        ams_json_found(value, found));
    }
    *name = json_string_value(value);
    return ams_row_check_name(field, *name, err);
}

static ams_status read_time(const json_t *value, double *time_ms, ams_error *err)
{
    char found[AMS_JSON_FOUND];
    if (!json_is_number(value)) {
        return ams_fail(err, AMS_BAD_DATA, "field 'time_ms': expected a number, found %s",
                        ams_json_found(value, found));
    }
    *time_ms = json_number_value(value);
    return ams_row_check_time(*time_ms, err);
}

static ams_status read_output(ams_row_parser *parser, const json_t *pair, size_t i,
                              uint32_t *clamped, ams_error *err)
{
    if (!json_is_array(pair) || json_array_size(pair) != 2 ||
        !json_is_string(json_array_get(pair, 0)) || !json_is_number(json_array_get(pair, 1))) {
        char found[AMS_JSON_FOUND];
        const bool named =
            json_array_size(pair) == 2 && json_is_string(json_array_get(pair, 0));
        ams_json_found(named ? json_array_get(pair, 1) : pair, found);
        return ams_fail(err, AMS_BAD_DATA,
                        "field 'labels': expected [\"label\", confidence] at position %zu, "
                        "found %s%s",
                        i + 1, found, named ? " as confidence" : "");
    }
    parser->label[i] = json_string_value(json_array_get(pair, 0));
    parser->conf[i] = json_number_value(json_array_get(pair, 1));
    ams_status status = ams_row_check_name("label", parser->label[i], err);
    return status != AMS_OK
               ? status
               : ams_row_check_conf(parser->label[i], &parser->conf[i], clamped, err);
}

static ams_status read_labels(ams_row_parser *parser, const json_t *labels, ams_row *row,
                              ams_error *err)
{
    char found[AMS_JSON_FOUND];
    if (!json_is_array(labels)) {
        return ams_fail(err, AMS_BAD_DATA, "field 'labels': expected an array, found %s",
                        ams_json_found(labels, found));
    }
    size_t count = json_array_size(labels);
    ams_status status = ams_grow(&parser->label, &parser->label_capacity, count,
                                 sizeof *parser->label, "labels of a row", err);
    if (status == AMS_OK) {
        status = ams_grow(&parser->conf, &parser->conf_capacity, count, sizeof *parser->conf,
                          "labels of a row", err);
    }
    for (size_t i = 0; i < count && status == AMS_OK; i++) {
        status = read_output(parser, json_array_get(labels, i), i, &row->clamped, err);
    }
    row->n_labels = (uint32_t)count; /* a line has at most 64 MiB */
    row->label = parser->label;
    row->conf = parser->conf;
    return status;
}

/* One label, or an array of them. */
static ams_status read_truth(ams_row_parser *parser, const json_t *value, ams_row *row,
                             ams_error *err)
{
    const size_t count = json_is_array(value) ? json_array_size(value) : 1;
    ams_status status = ams_grow(&parser->truth, &parser->truth_capacity, count,
                                 sizeof *parser->truth, "truth of a row", err);
    for (size_t i = 0; i < count && status == AMS_OK; i++) {
        status = read_name(json_is_array(value) ? json_array_get(value, i) : value, "truth",
                           &parser->truth[i], err);
    }
    row->n_truth = (uint32_t)count;
    row->truth = parser->truth;
    return status;
}

static ams_status read_field(ams_row_parser *parser, const char *field, const json_t *value,
                             ams_row *row, ams_error *err)
{
    bool optional = strcmp(field, "group") == 0 || strcmp(field, "split") == 0 ||
                    strcmp(field, "time_ms") == 0 || strcmp(field, "truth") == 0;
    if (optional && json_is_null(value)) {
        return AMS_OK; /* what Python's None becomes */
    }
    if (strcmp(field, "item") == 0) {
        return read_name(value, field, &row->item, err);
    }
    if (strcmp(field, "model") == 0) {
        return read_name(value, field, &row->model, err);
    }
    if (strcmp(field, "group") == 0) {
        return read_name(value, field, &row->group, err);
    }
    if (strcmp(field, "split") == 0) {
        ams_status status = read_name(value, field, &row->split, err);
        return status != AMS_OK ? status : ams_row_check_split(row->split, err);
    }
    if (strcmp(field, "time_ms") == 0) {
        return read_time(value, &row->time_ms, err);
    }
    if (strcmp(field, "truth") == 0) {
        return read_truth(parser, value, row, err);
    }
    if (strcmp(field, "labels") == 0) {
        return read_labels(parser, value, row, err);
    }
    if (row->unknown_fields++ == 0) {
        row->unknown_field = field;
    }
    return AMS_OK;
}

ams_status ams_row_parse(ams_row_parser *parser, const char *line, size_t length, ams_row *row,
                         ams_error *err)
{
    *row = (ams_row){.time_ms = (double)NAN};
    json_decref(parser->root);
    json_error_t found;
    /* JSON_DECODE_INT_AS_REAL: a confidence of 1 is as good as 1.0. */
    parser->root =
        json_loadb(line, length, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &found);
    if (parser->root == NULL) {
        return ams_fail(err, AMS_BAD_DATA, "expected one JSON object, found: %s (column %d)",
                        found.text, found.column);
    }
    if (!json_is_object(parser->root)) {
        char kind[AMS_JSON_FOUND];
        return ams_fail(err, AMS_BAD_DATA, "expected one JSON object, found %s",
                        ams_json_found(parser->root, kind));
    }
    const char *field = NULL;
    json_t *value = NULL;
    bool has_labels = false;
    json_object_foreach(parser->root, field, value)
    {
        ams_status status = read_field(parser, field, value, row, err);
        if (status != AMS_OK) {
            return status;
        }
        has_labels = has_labels || strcmp(field, "labels") == 0;
    }
    if (row->item == NULL || row->model == NULL || !has_labels) {
        return ams_fail(err, AMS_BAD_DATA,
                        "expected the fields item, model and labels, found no '%s'",
                        row->item == NULL    ? "item"
                        : row->model == NULL ? "model"
                                             : "labels");
    }
    return AMS_OK;
}
