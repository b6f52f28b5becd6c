/* The labels of an execution, in the shapes that pipelines write them in. */
#include "data/row_parser.h"

#include "base/json.h"
#include "base/memory.h"
#include "data/rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *ams_row_text(const json_t *value, char digits[AMS_DIGITS])
{
    static const double limit = 9007199254740992.0; /* 2^53: each whole number below is exact */
    if (json_is_string(value)) {
        return json_string_value(value);
    }
    if (!json_is_number(value)) {
        return NULL;
    }
    const double number = json_number_value(value);
    if (!(fabs(number) < limit) || floor(number) < number || floor(number) > number) {
        return NULL;
    }
    snprintf(digits, AMS_DIGITS, "%.0f", number + 0.0);
    return digits;
}

bool ams_row_takes_ids(const ams_row_parser *parser)
{
    return parser->form != NULL && parser->form->numbers;
}

/* The member of an object that is its confidence, or NULL. */
static const json_t *conf_of(const ams_row_parser *parser, const json_t *object)
{
    static const char *const names[] = {"conf", "score", "confidence"};
    if (parser->fixed[AMS_PART_CONF] != NULL) {
        return parser->fixed[AMS_PART_CONF];
    }
    if (parser->form != NULL && parser->form->source[AMS_PART_CONF] == AMS_BY_NAME) {
        return json_object_get(object, parser->form->name[AMS_PART_CONF]);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *conf = json_object_get(object, names[i]);
        if (conf != NULL) {
            return conf;
        }
    }
    return NULL;
}

static const char *label_field(const ams_row_parser *parser)
{
    const bool named =
        parser->form != NULL && parser->form->source[AMS_PART_LABEL] == AMS_BY_NAME;
    return named ? parser->form->name[AMS_PART_LABEL] : "label";
}

static ams_status refuse(const char *found, size_t i, ams_error *err)
{
    return ams_fail(
        err, AMS_BAD_DATA,
        "field 'labels': expected [\"label\", confidence], an object with label and "
        "score, or a text at position %zu, found %s",
        i + 1, found);
}

ams_status ams_row_refuse_id(const char *field, const char *id, ams_error *err)
{
    return ams_fail(err, AMS_BAD_DATA,
                    "field '%s': expected the name of a label, found the number %s; "
                    "--label-names FILE says which label that is",
                    field, id);
}

/* The text of a label in place i, which is the row's n-th. */
static ams_status read_label(ams_row_parser *parser, const json_t *label, size_t i, uint32_t n,
                             ams_error *err)
{
    const char *text = json_string_value(label);
    if (text == NULL) {
        const bool ids = ams_row_takes_ids(parser);
        char found[AMS_JSON_FOUND];
        char digits[AMS_DIGITS];
        text = ams_row_text(label, ids ? parser->digits[n] : digits);
        if (text == NULL) {
            return refuse(ams_json_found(label, found), i, err);
        }
        if (!ids) {
            return ams_row_refuse_id("labels", text, err);
        }
    }
    parser->label[n] = text;
    return ams_row_check_name("label", text, err);
}

/* One label and its confidence, which is 1 where there is none. */
static ams_status add(ams_row_parser *parser, const json_t *label, const json_t *conf, size_t i,
                      ams_row *row, ams_error *err)
{
    const uint32_t n = row->n_labels;
    ams_status status = read_label(parser, label, i, n, err);
    if (status != AMS_OK) {
        return status;
    }
    row->n_labels++;
    parser->conf[n] = 1;
    if (json_is_number(conf)) {
        parser->conf[n] = json_number_value(conf);
    } else if (conf != NULL && !json_is_null(conf)) {
        char found[AMS_JSON_FOUND];
        char told[AMS_JSON_FOUND + 16];
        snprintf(told, sizeof told, "%s as confidence", ams_json_found(conf, found));
        return refuse(told, i, err);
    }
    return ams_row_check_conf(parser->label[n], &parser->conf[n], &row->clamped, err);
}

ams_status ams_row_room(ams_row_parser *parser, size_t count, ams_error *err)
{
    ams_status status = AMS_OK;
    if (count <= parser->label_capacity && count <= parser->conf_capacity &&
        (count <= parser->digits_capacity || !ams_row_takes_ids(parser))) {
        return AMS_OK;
    }
    AMS_TRY(ams_grow(&parser->label, &parser->label_capacity, count, sizeof *parser->label,
                     "labels of a row", err));
    AMS_TRY(ams_grow(&parser->conf, &parser->conf_capacity, count, sizeof *parser->conf,
                     "labels of a row", err));
    if (ams_row_takes_ids(parser)) {
        AMS_TRY(ams_grow(&parser->digits, &parser->digits_capacity, count,
                         sizeof *parser->digits, "labels of a row", err));
    }
out:
    return status;
}

/* {"cat": 0.9, "dog": 0.1} */
static ams_status read_map(ams_row_parser *parser, json_t *map, ams_row *row, ams_error *err)
{
    const char *label = NULL;
    json_t *conf = NULL;
    ams_status status = ams_row_room(parser, json_object_size(map), err);
    json_object_foreach(map, label, conf)
    {
        char found[AMS_JSON_FOUND];
        if (status == AMS_OK && !json_is_number(conf)) {
            status = ams_fail(err, AMS_BAD_DATA,
                              "label '%s': expected a confidence from 0 to 1, found %s", label,
                              ams_json_found(conf, found));
        }
        if (status != AMS_OK) {
            return status;
        }
        const uint32_t n = row->n_labels++;
        parser->label[n] = label;
        parser->conf[n] = json_number_value(conf);
        status = ams_row_check_name("label", label, err);
        if (status == AMS_OK) {
            status = ams_row_check_conf(label, &parser->conf[n], &row->clamped, err);
        }
    }
    return status;
}

static bool is_bare(const json_t *label)
{
    return json_is_string(label) || json_is_number(label);
}

/* `conf` is the row's own confidence of what is a bare text or id: one for all, or an array. */
static ams_status read_element(ams_row_parser *parser, const json_t *element,
                               const json_t *conf, size_t i, ams_row *row, ams_error *err)
{
    char found[AMS_JSON_FOUND];
    if (json_is_array(element) && json_array_size(element) == 2) {
        return add(parser, json_array_get(element, 0), json_array_get(element, 1), i, row, err);
    }
    if (json_is_object(element)) {
        return add(parser, json_object_get(element, label_field(parser)),
                   conf_of(parser, element), i, row, err);
    }
    if (is_bare(element)) {
        parser->used_conf = true;
        return add(parser, element, json_is_array(conf) ? json_array_get(conf, i) : conf, i,
                   row, err);
    }
    return refuse(ams_json_found(element, found), i, err);
}

/* Where an array of confidences is that of bare labels, each has its own. */
static ams_status check_count(const json_t *labels, const json_t *conf, ams_error *err)
{
    const bool array = json_is_array(labels);
    const size_t count = array ? json_array_size(labels) : 1;
    bool any = !array || count == 0;
    if (!json_is_array(conf) || json_array_size(conf) == count) {
        return AMS_OK;
    }
    for (size_t i = 0; i < count && !any; i++) {
        any = is_bare(json_array_get(labels, i));
    }
    return any ? ams_fail(err, AMS_BAD_DATA,
                          "expected as many confidences as labels, %zu, found %zu", count,
                          json_array_size(conf))
               : AMS_OK;
}

static ams_status read_list(ams_row_parser *parser, const json_t *list, const json_t *conf,
                            ams_row *row, ams_error *err)
{
    const size_t count = json_array_size(list);
    ams_status status = AMS_OK;
    AMS_TRY(ams_row_room(parser, count, err));
    AMS_TRY(check_count(list, conf, err));
    for (size_t i = 0; i < count; i++) {
        AMS_TRY(read_element(parser, json_array_get(list, i), conf, i, row, err));
    }
out:
    return status;
}

/* A label as an object, one as it is, or an object label -> confidence. */
static ams_status read_one(ams_row_parser *parser, json_t *labels, const json_t *conf,
                           ams_row *row, ams_error *err)
{
    const json_t *own = json_object_get(labels, label_field(parser));
    ams_status status = AMS_OK;
    if (is_bare(labels)) {
        AMS_TRY(check_count(labels, conf, err));
    } else if (!json_is_string(own) &&
               !(json_is_number(own) && conf_of(parser, labels) != NULL)) {
        return read_map(parser, labels, row, err);
    }
    AMS_TRY(ams_row_room(parser, 1, err));
    status = read_element(parser, labels, conf, 0, row, err);
out:
    return status;
}

/* What FiftyOne wraps around its labels, or the labels. */
static json_t *unwrap(json_t *labels)
{
    static const char *const wrappers[] = {"detections", "classifications"};
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers && json_is_object(labels); i++) {
        json_t *inner = json_object_get(labels, wrappers[i]);
        if (json_is_array(inner)) {
            return inner;
        }
    }
    return labels;
}

ams_status ams_row_read_labels(ams_row_parser *parser, json_t *labels, const json_t *conf,
                               ams_row *row, ams_error *err)
{
    char found[AMS_JSON_FOUND];
    ams_status status = AMS_OK;
    labels = unwrap(labels);
    if (json_is_array(labels)) {
        status = read_list(parser, labels, conf, row, err);
    } else if (json_is_object(labels) || is_bare(labels)) {
        status = read_one(parser, labels, conf, row, err);
    } else {
        status =
            ams_fail(err, AMS_BAD_DATA, "field 'labels': expected labels in an array, found %s",
                     ams_json_found(labels, found));
    }
    row->label = parser->label;
    row->conf = parser->conf;
    return status;
}
