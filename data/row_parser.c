/* Rows from JSON: which field is what, and what of it makes an execution. */
#include "data/row_parser.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

ams_status ams_row_parser_create(ams_row_parser **parser, ams_error *err)
{
    *parser = calloc(1, sizeof **parser);
    if (*parser == NULL) {
        return ams_no_memory(err, sizeof **parser, "a row parser");
    }
    return ams_row_parser_set(*parser, NULL, NULL, err);
}

static void forget_fixed(ams_row_parser *parser)
{
    for (int part = 0; part < AMS_PARTS; part++) {
        json_decref(parser->fixed[part]);
        parser->fixed[part] = NULL;
    }
}

void ams_row_parser_destroy(ams_row_parser *parser)
{
    if (parser == NULL) {
        return;
    }
    json_decref(parser->root);
    json_decref(parser->key_root);
    forget_fixed(parser);
    free(parser->label);
    free(parser->conf);
    free(parser->truth);
    free(parser->digits);
    free(parser->truth_digits);
    free(parser->direct.text);
    free(parser);
}

/* As a field would have it. The form has checked it. */
static json_t *value_of(ams_part part, const char *constant)
{
    double number = 0;
    return (part == AMS_PART_CONF || part == AMS_PART_TIME) &&
                   ams_parse_double(constant, &number)
               ? json_real(number)
               : json_string_nocheck(constant);
}

ams_status ams_row_parser_set(ams_row_parser *parser, const ams_form *form, const char *model,
                              ams_error *err)
{
    parser->form = form;
    parser->model = model;
    forget_fixed(parser);
    for (int p = 0; p < AMS_PARTS; p++) {
        const ams_part part = (ams_part)p;
        const char *constant = ams_form_constant(form, part);
        const bool named = part == AMS_PART_MODEL && model != NULL;
        const bool own = constant == NULL && !named && !ams_form_patterned(form, part);
        parser->field[part] = own ? ams_form_field(form, part) : NULL;
        if (constant != NULL && !named) {
            parser->fixed[part] = value_of(part, constant);
            if (parser->fixed[part] == NULL) {
                return ams_no_memory(err, strlen(constant), "a constant");
            }
        }
    }
    ams_row_direct_set(parser);
    return AMS_OK;
}

static bool by_model(const ams_row_parser *parser)
{
    return parser->form != NULL && parser->form->by_model;
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

/* Items are named, or numbered by whole numbers. */
static ams_status read_item(ams_row_parser *parser, const json_t *value, ams_row *row,
                            ams_error *err)
{
    char found[AMS_JSON_FOUND];
    const char *field = ams_form_field(parser->form, AMS_PART_ITEM);
    row->item = ams_row_text(value, parser->item_digits);
    if (row->item == NULL) {
        return ams_fail(err, AMS_BAD_DATA,
                        "field '%s': expected a text, or a whole number below 2^53, found %s",
                        field, ams_json_found(value, found));
    }
    return ams_row_check_name(field, row->item, err);
}

static ams_status read_time(const json_t *value, const char *field, double *time_ms,
                            ams_error *err)
{
    char found[AMS_JSON_FOUND];
    if (!json_is_number(value)) {
        return ams_fail(err, AMS_BAD_DATA, "field '%s': expected a number, found %s", field,
                        ams_json_found(value, found));
    }
    *time_ms = json_number_value(value);
    return ams_row_check_time(*time_ms, err);
}

static ams_status read_answer(ams_row_parser *parser, const json_t *value, size_t i,
                              ams_error *err)
{
    const char *field = ams_form_field(parser->form, AMS_PART_TRUTH);
    char digits[AMS_DIGITS];
    if (!json_is_number(value)) {
        return read_name(value, field, &parser->truth[i], err);
    }
    const bool ids = ams_row_takes_ids(parser);
    const char *id = ams_row_text(value, ids ? parser->truth_digits[i] : digits);
    parser->truth[i] = id;
    return id == NULL ? read_name(value, field, &parser->truth[i], err) /* which refuses it */
           : ids      ? AMS_OK
                      : ams_row_refuse_id(field, id, err);
}

/* One label, or an array of them. */
static ams_status read_truth(ams_row_parser *parser, const json_t *value, ams_row *row,
                             ams_error *err)
{
    const bool array = json_is_array(value);
    const size_t count = array ? json_array_size(value) : 1;
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&parser->truth, &parser->truth_capacity, count, sizeof *parser->truth,
                     "truth of a row", err));
    if (ams_row_takes_ids(parser)) {
        AMS_TRY(ams_grow(&parser->truth_digits, &parser->truth_digits_capacity, count,
                         sizeof *parser->truth_digits, "truth of a row", err));
    }
    for (size_t i = 0; i < count; i++) {
        AMS_TRY(read_answer(parser, array ? json_array_get(value, i) : value, i, err));
    }
    row->n_truth = (uint32_t)count;
    row->truth = parser->truth;
out:
    return status;
}

static bool optional(ams_part part)
{
    return part == AMS_PART_GROUP || part == AMS_PART_SPLIT || part == AMS_PART_TIME ||
           part == AMS_PART_TRUTH;
}

/* Which part a field is; AMS_PARTS for none. */
static int part_of(const ams_row_parser *parser, const char *field)
{
    static const char *const other_conf[] = {"score", "confidence"};
    const ams_form *form = parser->form;
    for (int part = 0; part < AMS_PARTS; part++) {
        const char *own = parser->field[part];
        if (own != NULL && own[0] == field[0] && strcmp(field, own) == 0) {
            return part;
        }
    }
    for (int i = 0; i < 2 && (form == NULL || form->source[AMS_PART_CONF] == AMS_BY_DEFAULT);
         i++) {
        if (strcmp(field, other_conf[i]) == 0) {
            return AMS_PART_CONF;
        }
    }
    return AMS_PARTS;
}

static void count_unknown(ams_row *row, const char *field)
{
    if (row->unknown_fields++ == 0) {
        row->unknown_field = field;
    }
}

/* Which value is which part. */
static void find_parts(ams_row_parser *parser, json_t *object, ams_row *row)
{
    const char *field = NULL;
    json_t *value = NULL;
    json_object_foreach(object, field, value)
    {
        const int part = part_of(parser, field);
        if (part == AMS_PARTS || parser->part[part] != NULL) { /* score beside conf */
            count_unknown(row, field);
        } else {
            parser->part[part] = value;
        }
    }
}

/* A field that stands for labels where a row has none, and for nothing beside them. */
static void drop(ams_row_parser *parser, ams_part part, ams_row *row)
{
    if (parser->part[part] != NULL && parser->field[part] != NULL) {
        count_unknown(row, parser->field[part]);
    }
    parser->part[part] = NULL;
}

static ams_status read_part(ams_row_parser *parser, ams_part part, ams_row *row, ams_error *err)
{
    const json_t *value = parser->part[part];
    if (value == NULL || (json_is_null(value) && optional(part))) {
        return AMS_OK; /* null is what Python's None becomes */
    }
    const char *field = ams_form_field(parser->form, part);
    ams_status status = AMS_OK;
    switch (part) {
    case AMS_PART_ITEM:
        return read_item(parser, value, row, err);
    case AMS_PART_MODEL:
        return read_name(value, field, &row->model, err);
    case AMS_PART_GROUP:
        return read_name(value, field, &row->group, err);
    case AMS_PART_SPLIT:
        status = read_name(value, field, &row->split, err);
        return status != AMS_OK ? status : ams_row_check_split(row->split, err);
    case AMS_PART_TIME:
        return read_time(value, field, &row->time_ms, err);
    case AMS_PART_TRUTH:
        return read_truth(parser, value, row, err);
    default:
        return AMS_OK;
    }
}

static ams_status refuse_missing(const ams_row_parser *parser, const ams_row *row,
                                 ams_error *err)
{
    const ams_part part = row->item == NULL    ? AMS_PART_ITEM
                          : row->model == NULL ? AMS_PART_MODEL
                                               : AMS_PART_LABELS;
    return ams_fail(
        err, AMS_BAD_DATA, "expected the fields item, model and labels, found no '%s'%s",
        ams_form_field(parser->form, part),
        part == AMS_PART_MODEL ? "; --model NAME=FILE names the model of a whole file"
                               : "; --columns says which fields stand for them");
}

/* Of a row that is one execution, or one record of it. */
static ams_status read_outputs(ams_row_parser *parser, ams_row *row, ams_error *err)
{
    json_t *labels = parser->part[AMS_PART_LABELS];
    json_t *label = parser->part[AMS_PART_LABEL];
    parser->record = labels == NULL;
    parser->used_conf = false;
    if (row->item == NULL || row->model == NULL || (labels == NULL && label == NULL)) {
        return refuse_missing(parser, row, err);
    }
    ams_status status = ams_row_read_labels(parser, labels != NULL ? labels : label,
                                            parser->part[AMS_PART_CONF], row, err);
    if (labels != NULL) {
        drop(parser, AMS_PART_LABEL, row);
    }
    if (!parser->used_conf) {
        drop(parser, AMS_PART_CONF, row);
    }
    return status;
}

ams_status ams_row_load(ams_row_parser *parser, const char *text, size_t length,
                        const char *key, size_t key_length, ams_error *err)
{
    json_error_t found;
    json_decref(parser->root);
    json_decref(parser->key_root);
    parser->root = NULL;
    parser->key_root = NULL;
    parser->key = NULL;
    parser->next_model = 0;
    parser->any_model = false;
    parser->direct.held =
        key == NULL && !parser->direct.off && ams_row_direct(parser, text, length);
    if (parser->direct.held) {
        return AMS_OK;
    }
    /* JSON_DECODE_INT_AS_REAL: a confidence of 1 is as good as 1.0. */
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL;
    parser->root =
        json_loadb(text, length, key == NULL ? flags : flags | JSON_DECODE_ANY, &found);
    if (parser->root == NULL) {
        return ams_fail(err, AMS_BAD_DATA, "expected one JSON object, found: %s (column %d)",
                        found.text, found.column);
    }
    if (key != NULL) {
        parser->key_root = json_loadb(key, key_length, JSON_DECODE_ANY, &found);
        if (parser->key_root == NULL) {
            return ams_fail(err, AMS_BAD_DATA, "expected the id of an item, found: %s",
                            found.text);
        }
        return read_name(parser->key_root, "item", &parser->key, err);
    }
    if (!json_is_object(parser->root)) {
        char kind[AMS_JSON_FOUND];
        return ams_fail(err, AMS_BAD_DATA, "expected one JSON object, found %s",
                        ams_json_found(parser->root, kind));
    }
    return AMS_OK;
}

/* Of what stands under an item's key: whether it has fields, or is the labels themselves. */
static bool has_fields(const ams_row_parser *parser)
{
    const ams_part parts[] = {AMS_PART_LABELS, AMS_PART_LABEL};
    if (parser->key == NULL || by_model(parser)) {
        return json_is_object(parser->root);
    }
    bool any = false;
    for (int i = 0; i < 2; i++) {
        any = any || parser->fixed[parts[i]] != NULL ||
              json_object_get(parser->root, ams_form_field(parser->form, parts[i])) != NULL;
    }
    return any && json_is_object(parser->root);
}

/* All but the outputs. */
static ams_status start_row(ams_row_parser *parser, ams_row *row, ams_error *err)
{
    ams_status status = AMS_OK;
    *row = (ams_row){.time_ms = (double)NAN, .model = parser->model, .item = parser->key};
    memcpy(parser->part, parser->fixed, sizeof parser->part);
    if (has_fields(parser)) {
        find_parts(parser, parser->root, row);
    } else {
        parser->part[AMS_PART_LABELS] = parser->root;
    }
    for (int part = 0; part < AMS_PARTS && status == AMS_OK; part++) {
        status = read_part(parser, (ams_part)part, row, err);
    }
    return status;
}

/* The field of one model, or NULL; null where it says that there is nothing. */
static ams_status field_of(const ams_row_parser *parser, ams_part part, const char *model,
                           json_t **value, ams_error *err)
{
    char *name = NULL;
    *value = NULL;
    if (!ams_form_patterned(parser->form, part)) {
        return AMS_OK;
    }
    ams_status status = ams_form_fill(parser->form, part, model, &name, err);
    if (status == AMS_OK) {
        *value = json_object_get(parser->root, name);
    }
    free(name);
    return status;
}

static ams_status refuse_no_model(const ams_row_parser *parser, ams_error *err)
{
    return ams_fail(err, AMS_BAD_DATA,
                    "expected a field of at least one of the models '%s', ...; found none",
                    ams_names_get(parser->form->models, 0));
}

static bool holds(const json_t *value)
{
    return value != NULL && !json_is_null(value);
}

/* As in columns of CSV, a confidence of 0 or none is no output. */
static void leave_out_zeros(ams_row_parser *parser, ams_row *row)
{
    const uint32_t n = row->n_labels;
    if (!parser->used_conf || !ams_form_patterned(parser->form, AMS_PART_CONF)) {
        return;
    }
    row->n_labels = 0;
    for (uint32_t i = 0; i < n && !json_is_null(parser->part[AMS_PART_CONF]); i++) {
        if (parser->conf[i] > 0) {
            parser->label[row->n_labels] = parser->label[i];
            parser->conf[row->n_labels++] = parser->conf[i];
        }
    }
}

/* The execution of the next model that the row has fields of. */
static ams_status next_model(ams_row_parser *parser, ams_row *row, bool *found, ams_error *err)
{
    const ams_names *models = parser->form->models;
    ams_status status = AMS_OK;
    *found = false;
    while (!*found && parser->next_model < models->count) {
        const char *model = ams_names_get(models, parser->next_model++);
        json_t *part[AMS_PARTS] = {NULL};
        for (int p = AMS_PART_LABELS; p <= AMS_PART_TIME; p++) {
            AMS_TRY(field_of(parser, (ams_part)p, model, &part[p], err));
        }
        *found = holds(part[AMS_PART_LABELS]) || holds(part[AMS_PART_LABEL]) ||
                 holds(part[AMS_PART_CONF]);
        if (!*found) {
            continue;
        }
        AMS_TRY(start_row(parser, row, err));
        row->model = model;
        for (int p = AMS_PART_LABELS; p <= AMS_PART_TIME; p++) {
            const bool given = p == AMS_PART_CONF ? part[p] != NULL : holds(part[p]);
            parser->part[p] = given ? part[p] : parser->part[p];
        }
        if (holds(part[AMS_PART_TIME])) {
            AMS_TRY(read_time(part[AMS_PART_TIME], model, &row->time_ms, err));
        }
        AMS_TRY(read_outputs(parser, row, err));
        leave_out_zeros(parser, row);
        parser->record = false;
        parser->any_model = true;
        row->unknown_fields = 0; /* other models' fields are known */
        row->unknown_field = NULL;
        break;
    }
    if (!*found && !parser->any_model) {
        parser->any_model = true;
        return refuse_no_model(parser, err);
    }
out:
    if (status != AMS_OK && *found) {
        ams_error_prefix(err, "model '%s'", ams_names_get(models, parser->next_model - 1));
    }
    return status;
}

ams_status ams_row_next(ams_row_parser *parser, ams_row *row, bool *found, ams_error *err)
{
    if (by_model(parser)) {
        return next_model(parser, row, found, err);
    }
    *found = parser->next_model == 0;
    parser->next_model = 1;
    if (!*found) {
        return AMS_OK;
    }
    if (parser->direct.held) {
        *row = parser->direct.row;
        return AMS_OK;
    }
    ams_status status = start_row(parser, row, err);
    return status != AMS_OK ? status : read_outputs(parser, row, err);
}

ams_status ams_row_parse(ams_row_parser *parser, const char *line, size_t length, ams_row *row,
                         ams_error *err)
{
    bool found = false;
    ams_status status = ams_row_load(parser, line, length, NULL, 0, err);
    return status != AMS_OK ? status : ams_row_next(parser, row, &found, err);
}
