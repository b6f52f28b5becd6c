/* Rows in JSON as they nearly all are, read in one pass over their text, without a tree: an
 * object whose fields are texts, numbers and null, with labels in pairs, objects or a map, or
 * one label and its confidence. Whatever is otherwise, and whatever is wrong, is left to the
 * tree, which has the messages; so both take the same rows, and tests compare them. */
#include "data/row_parser.h"

#include "base/memory.h"
#include "data/json_scan.h"
#include "data/rows.h"

#include <math.h>
#include <string.h>

enum { UNKNOWN_MOST = 8, MAP_MOST = 64 };

typedef struct direct_scan {
    ams_row_parser *parser;
    char *at; /* the next byte of the parser's copy */
    ams_row *row;
    bool seen[AMS_PARTS];
    double conf;                          /* the record's own */
    ams_json_piece unknown[UNKNOWN_MOST]; /* names of fields */
} direct_scan;

void ams_row_direct_set(ams_row_parser *parser)
{
    ams_direct *d = &parser->direct;
    d->possible = parser->field[AMS_PART_LABEL] != NULL && parser->field[AMS_PART_CONF] != NULL;
    d->possible = d->possible && (parser->form == NULL || !parser->form->by_model);
    for (int part = 0; part < AMS_PARTS; part++) {
        const bool name = part == AMS_PART_ITEM || part == AMS_PART_MODEL ||
                          part == AMS_PART_GROUP || part == AMS_PART_SPLIT;
        d->possible = d->possible && (name || parser->fixed[part] == NULL);
        d->length[part] = parser->field[part] == NULL ? 0 : strlen(parser->field[part]);
    }
    d->other_conf =
        parser->form == NULL || parser->form->source[AMS_PART_CONF] == AMS_BY_DEFAULT;
    memset(d->order, 0, sizeof d->order);
}

/* A text that ams_row_check_name takes: what is left to see to is its length. */
static bool take_name(direct_scan *s, const char **name)
{
    ams_json_piece text;
    if (!ams_json_take_text(&s->at, &text) || text.length == 0 ||
        text.length > AMS_LONGEST_NAME) {
        return false;
    }
    *name = text.at;
    return true;
}

static bool is(const ams_json_piece *text, const char *name)
{
    return strcmp(text->at, name) == 0; /* a direct text holds no zeros */
}

static bool is_conf(const direct_scan *s, const ams_json_piece *name)
{
    return s->parser->direct.other_conf
               ? is(name, "conf") || is(name, "score") || is(name, "confidence")
               : is(name, s->parser->field[AMS_PART_CONF]);
}

/* Members of a label's object: its name and its confidence, and nothing else. */
static bool take_members(direct_scan *s, const char **label, double *conf)
{
    bool seen[2] = {false, false};
    for (int i = 0; i < 2; i++) {
        ams_json_piece name;
        if ((i > 0 && !ams_json_take(&s->at, ',')) || !ams_json_take_text(&s->at, &name) ||
            !ams_json_take(&s->at, ':')) {
            return false;
        }
        const bool is_label = is(&name, s->parser->field[AMS_PART_LABEL]);
        if (seen[is_label] || (!is_label && !is_conf(s, &name)) ||
            !(is_label ? take_name(s, label) : ams_json_take_number(&s->at, conf))) {
            return false;
        }
        seen[is_label] = true;
    }
    return true;
}

/* ["cat", 0.9] or {"label": "cat", "conf": 0.9} */
static bool take_output(direct_scan *s)
{
    ams_row_parser *parser = s->parser;
    const uint32_t n = s->row->n_labels;
    const char *label = NULL;
    if (ams_row_room(parser, (size_t)n + 1, NULL) != AMS_OK) {
        return false;
    }
    double conf = 0;
    if (ams_json_take(&s->at, '[')) {
        if (!take_name(s, &label) || !ams_json_take(&s->at, ',') ||
            !ams_json_take_number(&s->at, &conf) || !ams_json_take(&s->at, ']')) {
            return false;
        }
    } else if (!ams_json_take(&s->at, '{') || !take_members(s, &label, &conf) ||
               !ams_json_take(&s->at, '}')) {
        return false;
    }
    parser->label[n] = label;
    parser->conf[n] = conf;
    s->row->n_labels++;
    return ams_row_check_conf(label, &parser->conf[n], &s->row->clamped, NULL) == AMS_OK;
}

static bool take_list(direct_scan *s)
{
    if (ams_json_take(&s->at, ']')) {
        return true;
    }
    do {
        if (!take_output(s)) {
            return false;
        }
    } while (ams_json_take(&s->at, ','));
    return ams_json_take(&s->at, ']');
}

static bool is_new(const direct_scan *s, const char *label)
{
    uint32_t i = 0;
    while (i < s->row->n_labels && strcmp(s->parser->label[i], label) != 0) {
        i++;
    }
    return i == s->row->n_labels;
}

/* {"cat": 0.9, "dog": 0.1}. Each label is compared with those before it, so they are few; one
 * that is called as the field of a label may be something else. */
static bool take_map(direct_scan *s)
{
    ams_row_parser *parser = s->parser;
    const char *label = NULL;
    if (ams_json_take(&s->at, '}')) {
        return true;
    }
    do {
        const uint32_t n = s->row->n_labels;
        if (n == MAP_MOST || ams_row_room(parser, (size_t)n + 1, NULL) != AMS_OK ||
            !take_name(s, &label) || !is_new(s, label) ||
            strcmp(label, parser->field[AMS_PART_LABEL]) == 0 || !ams_json_take(&s->at, ':') ||
            !ams_json_take_number(&s->at, &parser->conf[n])) {
            return false;
        }
        parser->label[n] = label;
        s->row->n_labels++;
        if (ams_row_check_conf(label, &parser->conf[n], &s->row->clamped, NULL) != AMS_OK) {
            return false;
        }
    } while (ams_json_take(&s->at, ','));
    return ams_json_take(&s->at, '}');
}

static bool take_outputs(direct_scan *s)
{
    return ams_json_take(&s->at, '[') ? take_list(s)
                                      : ams_json_take(&s->at, '{') && take_map(s);
}

/* The one label of a record. */
static bool take_label(direct_scan *s)
{
    ams_row_parser *parser = s->parser;
    if (ams_row_room(parser, 1, NULL) != AMS_OK) {
        return false;
    }
    if (ams_json_next_is(&s->at, '"')) {
        return take_name(s, &parser->label[0]);
    }
    if (!ams_row_takes_ids(parser)) {
        return false;
    }
    parser->label[0] = parser->digits[0];
    return ams_json_take_digits(&s->at, parser->digits[0]);
}

static bool take_answer(direct_scan *s)
{
    ams_row_parser *parser = s->parser;
    const uint32_t n = s->row->n_truth;
    if (ams_grow(&parser->truth, &parser->truth_capacity, (size_t)n + 1, sizeof *parser->truth,
                 "truth of a row", NULL) != AMS_OK) {
        return false;
    }
    s->row->n_truth++;
    return take_name(s, &parser->truth[n]);
}

/* One label or an array of them. */
static bool take_truth(direct_scan *s)
{
    if (!ams_json_take(&s->at, '[')) {
        return take_answer(s);
    }
    do {
        if (!take_answer(s)) {
            return false; /* an empty array, too */
        }
    } while (ams_json_take(&s->at, ','));
    return ams_json_take(&s->at, ']');
}

static bool take_item(direct_scan *s)
{
    if (ams_json_next_is(&s->at, '"')) {
        return take_name(s, &s->row->item);
    }
    s->row->item = s->parser->item_digits;
    return ams_json_take_digits(&s->at, s->parser->item_digits);
}

static bool take_split(direct_scan *s)
{
    return take_name(s, &s->row->split) && ams_row_check_split(s->row->split, NULL) == AMS_OK;
}

static bool take_time(direct_scan *s)
{
    return ams_json_take_number(&s->at, &s->row->time_ms) &&
           ams_row_check_time(s->row->time_ms, NULL) == AMS_OK;
}

static bool take_part(direct_scan *s, ams_part part)
{
    if (s->seen[part]) {
        return false;
    }
    s->seen[part] = true;
    switch (part) {
    case AMS_PART_ITEM:
        return take_item(s);
    case AMS_PART_MODEL:
        return take_name(s, &s->row->model);
    case AMS_PART_LABELS:
        return take_outputs(s);
    case AMS_PART_LABEL:
        return take_label(s);
    case AMS_PART_CONF:
        return ams_json_take_number(&s->at, &s->conf);
    case AMS_PART_GROUP:
        return ams_json_take_word(&s->at, "null") || take_name(s, &s->row->group);
    case AMS_PART_SPLIT:
        return ams_json_take_word(&s->at, "null") || take_split(s);
    case AMS_PART_TIME:
        return ams_json_take_word(&s->at, "null") || take_time(s);
    case AMS_PART_TRUTH:
        return ams_json_take_word(&s->at, "null") || take_truth(s);
    default:
        return false;
    }
}

/* Another field, whose name must be new to the row. */
static bool pass_unknown(direct_scan *s, const ams_json_piece *name)
{
    const uint32_t n = s->row->unknown_fields;
    for (uint32_t i = 0; i < n; i++) {
        if (s->unknown[i].length == name->length && is(&s->unknown[i], name->at)) {
            return false;
        }
    }
    if (n == UNKNOWN_MOST) {
        return false;
    }
    s->unknown[n] = *name;
    s->row->unknown_fields++;
    s->row->unknown_field = s->unknown[0].at;
    return ams_json_take_any(&s->at);
}

static bool is_part(const ams_row_parser *parser, int part, const ams_json_piece *name)
{
    return parser->field[part] != NULL && parser->direct.length[part] == name->length &&
           memcmp(parser->field[part], name->at, name->length) == 0;
}

/* Which part a field is; AMS_PARTS for none. Rows mostly have their fields in one order. */
static int part_of(ams_row_parser *parser, uint32_t place, const ams_json_piece *name)
{
    uint8_t *guess = &parser->direct.order[place % AMS_PARTS];
    if (is_part(parser, *guess, name)) {
        return *guess;
    }
    for (int part = 0; part < AMS_PARTS; part++) {
        if (is_part(parser, part, name)) {
            *guess = (uint8_t)part;
            return part;
        }
    }
    return parser->direct.other_conf && (is(name, "score") || is(name, "confidence"))
               ? AMS_PART_CONF
               : AMS_PARTS;
}

static bool take_fields(direct_scan *s)
{
    uint32_t place = 0;
    if (!ams_json_take(&s->at, '{')) {
        return false;
    }
    do {
        ams_json_piece name;
        if (!ams_json_take_text(&s->at, &name) || !ams_json_take(&s->at, ':')) {
            return false;
        }
        const int part = part_of(s->parser, place++, &name);
        if (!(part == AMS_PARTS ? pass_unknown(s, &name) : take_part(s, (ams_part)part))) {
            return false;
        }
    } while (ams_json_take(&s->at, ','));
    return ams_json_take(&s->at, '}');
}

/* What the tree would start a row with: names that stand in each row. */
static void start_row(direct_scan *s)
{
    const ams_row_parser *parser = s->parser;
    *s->row = (ams_row){.time_ms = (double)NAN,
                        .item = json_string_value(parser->fixed[AMS_PART_ITEM]),
                        .model = parser->model,
                        .group = json_string_value(parser->fixed[AMS_PART_GROUP]),
                        .split = json_string_value(parser->fixed[AMS_PART_SPLIT])};
    if (parser->model == NULL) {
        s->row->model = json_string_value(parser->fixed[AMS_PART_MODEL]);
    }
}

/* Labels in pairs, or one label with its confidence, and neither beside the other. */
static bool finish_row(direct_scan *s)
{
    ams_row_parser *parser = s->parser;
    ams_row *row = s->row;
    const bool list = s->seen[AMS_PART_LABELS];
    const bool record = s->seen[AMS_PART_LABEL] && s->seen[AMS_PART_CONF];
    if (row->item == NULL || row->model == NULL || list == record ||
        (list && (s->seen[AMS_PART_LABEL] || s->seen[AMS_PART_CONF]))) {
        return false;
    }
    row->truth = s->seen[AMS_PART_TRUTH] && row->n_truth > 0 ? parser->truth : NULL;
    row->label = parser->label;
    row->conf = parser->conf;
    parser->record = record;
    parser->used_conf = record;
    if (record) {
        row->n_labels = 1;
        parser->conf[0] = s->conf;
        return ams_row_check_conf(row->label[0], &parser->conf[0], &row->clamped, NULL) ==
               AMS_OK;
    }
    return true;
}

bool ams_row_direct(ams_row_parser *parser, const char *text, size_t length)
{
    ams_direct *d = &parser->direct;
    if (!d->possible ||
        ams_grow(&d->text, &d->capacity, length + AMS_JSON_PAD, 1, "a row", NULL) != AMS_OK) {
        return false;
    }
    memcpy(d->text, text, length);
    memset(d->text + length, 0, AMS_JSON_PAD);
    direct_scan s = {.parser = parser, .at = d->text, .row = &d->row};
    start_row(&s);
    if (!take_fields(&s) || !finish_row(&s)) {
        return false;
    }
    ams_json_blanks(&s.at);
    return s.at == d->text + length;
}
