/* Executions from CSV with a column per label ("prob_0", "prob_1", ...), with pairs of columns
 * ("label_0", "prob_0", ...), or with columns per model ("gpt", "gpt|cost"). What stands for
 * the * in the columns' names is the label, the pair's number or the model. */
#include "data/csv.h"

#include "base/memory.h"
#include "base/number.h"
#include "data/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NO_COLUMN = -1 };

typedef struct wide_group { /* what has the same text in place of * */
    char *star;
    int label, conf, time; /* columns, or NO_COLUMN */
} wide_group;

struct ams_csv_wide {
    ams_csv_records records;
    const ams_form *form;
    const char *model;
    int at[AMS_PARTS]; /* columns of the parts without a * */
    bool *taken;       /* (columns) by those, so that no * stands for them */
    wide_group *group;
    size_t n_groups, group_capacity;
    size_t next;    /* group of the record at hand, where groups are models */
    bool any_model; /* that record had an execution */
    const char **label;
    double *conf;
    const char *truth;
    bool one_conf; /* a constant or one column has the confidence of all labels */
};

static bool patterned(const ams_csv_wide *w, ams_part part)
{
    return ams_form_patterned(w->form, part);
}

static const char *text_of(const ams_csv_wide *w, ams_part part)
{
    const char *constant = ams_form_constant(w->form, part);
    return constant != NULL           ? constant
           : w->at[part] == NO_COLUMN ? ""
                                      : ams_csv_cell(&w->records.cells, (size_t)w->at[part]);
}

/* The column from `first` on that has the name. */
static int find_column(const ams_csv_wide *w, const char *name, size_t first)
{
    for (size_t i = first; i < w->records.n_columns; i++) {
        if (strcmp(ams_csv_cell(&w->records.cells, i), name) == 0) {
            return (int)i;
        }
    }
    return NO_COLUMN;
}

/* A part's one column. */
static ams_status find_part(ams_csv_wide *w, ams_part part, ams_error *err)
{
    const bool constant = ams_form_constant(w->form, part) != NULL;
    const bool replaced = constant || (part == AMS_PART_MODEL && w->model != NULL);
    const char *name = constant ? ams_part_name[part] : ams_form_field(w->form, part);
    const bool needed = !replaced && (part == AMS_PART_ITEM || part == AMS_PART_MODEL ||
                                      w->form->source[part] == AMS_BY_NAME);
    const int column = find_column(w, name, 0);
    if (column == NO_COLUMN) {
        return !needed ? AMS_OK
                       : ams_fail(
                             err, AMS_BAD_DATA,
                             "expected a column '%s', found none; --columns %s=NAME names it%s",
                             name, ams_part_name[part],
                             part == AMS_PART_MODEL
                                 ? ", and --model NAME=FILE a model for the whole file"
                                 : "");
    }
    if (!replaced && find_column(w, name, (size_t)column + 1) != NO_COLUMN) {
        return ams_fail(err, AMS_BAD_DATA, "expected one column '%s', found two", name);
    }
    w->at[part] = replaced ? NO_COLUMN : column;
    w->taken[column] = true;
    return AMS_OK;
}

/* The parts that stand in one column each. */
static ams_status find_parts(ams_csv_wide *w, ams_error *err)
{
    ams_status status =
        ams_alloc(&w->taken, w->records.n_columns, sizeof *w->taken, "columns", err);
    for (int p = 0; p < AMS_PARTS && status == AMS_OK; p++) {
        const ams_part part = (ams_part)p;
        const bool output = part == AMS_PART_LABELS || part == AMS_PART_LABEL ||
                            part == AMS_PART_CONF; /* their own names may be labels here */
        w->at[part] = NO_COLUMN;
        if (!patterned(w, part) && !(output && w->form->source[part] != AMS_BY_NAME)) {
            status = find_part(w, part, err);
        }
    }
    w->one_conf =
        w->at[AMS_PART_CONF] != NO_COLUMN || ams_form_constant(w->form, AMS_PART_CONF) != NULL;
    return status;
}

/* The column that the pattern names with this star, where it is not known. */
static ams_status starred(const ams_csv_wide *w, ams_part part, const char *star, int *column,
                          ams_error *err)
{
    char *name = NULL;
    if (!patterned(w, part) || *column != NO_COLUMN) {
        return AMS_OK;
    }
    ams_status status = ams_form_fill(w->form, part, star, &name, err);
    if (status == AMS_OK) {
        *column = find_column(w, name, 0);
    }
    if (*column != NO_COLUMN && w->taken[*column]) {
        *column = NO_COLUMN;
    }
    free(name);
    return status;
}

/* `group` knows at most one of its columns. */
static ams_status add_group(ams_csv_wide *w, wide_group group, const char *star, size_t length,
                            ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_format(&group.star, "a column", err, "%.*s", (int)length, star));
    AMS_TRY(starred(w, AMS_PART_LABEL, group.star, &group.label, err));
    AMS_TRY(starred(w, AMS_PART_CONF, group.star, &group.conf, err));
    AMS_TRY(starred(w, AMS_PART_TIME, group.star, &group.time, err));
    if (group.label == NO_COLUMN && group.conf == NO_COLUMN) {
        goto out; /* no column of the model */
    }
    if (!w->form->by_model && patterned(w, AMS_PART_LABEL) && group.label == NO_COLUMN) {
        status =
            ams_fail(err, AMS_BAD_DATA, "expected a column '%s%s%s' beside '%s', found none",
                     w->form->name[AMS_PART_LABEL], group.star, w->form->tail[AMS_PART_LABEL],
                     ams_csv_cell(&w->records.cells, (size_t)group.conf));
        goto out;
    }
    AMS_TRY(ams_grow(&w->group, &w->group_capacity, w->n_groups + 1, sizeof *w->group,
                     "columns", err));
    w->group[w->n_groups++] = group;
    return AMS_OK;
out:
    free(group.star);
    return status;
}

static size_t fixed_length(const ams_csv_wide *w, ams_part part)
{
    return strlen(w->form->name[part]) + strlen(w->form->tail[part]);
}

/* Whether a column is one of the part's; where it fits label and conf, which says more of its
 * name. */
static bool is_starred(const ams_csv_wide *w, ams_part part, size_t column, const char **star,
                       size_t *length)
{
    const char *name = ams_csv_cell(&w->records.cells, column);
    const ams_part other = part == AMS_PART_CONF ? AMS_PART_LABEL : AMS_PART_CONF;
    const char *rest = NULL;
    size_t rest_length = 0;
    return !w->taken[column] && ams_form_match(w->form, part, name, star, length) &&
           !(patterned(w, other) && fixed_length(w, other) > fixed_length(w, part) &&
             ams_form_match(w->form, other, name, &rest, &rest_length));
}

static ams_status find_groups(ams_csv_wide *w, ams_error *err)
{
    ams_status status = AMS_OK;
    const ams_part part = patterned(w, AMS_PART_CONF) ? AMS_PART_CONF : AMS_PART_LABEL;
    const wide_group none = {.label = NO_COLUMN, .conf = NO_COLUMN, .time = NO_COLUMN};
    if (w->form->by_model) {
        for (uint32_t m = 0; m < w->form->models->count; m++) {
            const char *name = ams_names_get(w->form->models, m);
            AMS_TRY(add_group(w, none, name, strlen(name), err));
        }
    }
    for (size_t i = 0; i < w->records.n_columns && !w->form->by_model; i++) {
        const char *star = NULL;
        size_t length = 0;
        if (is_starred(w, part, i, &star, &length)) {
            wide_group group = none;
            *(part == AMS_PART_CONF ? &group.conf : &group.label) = (int)i;
            AMS_TRY(add_group(w, group, star, length, err));
        }
    }
    if (w->n_groups == 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "expected columns '%s*%s' with %s in place of the *, found none",
                        w->form->name[part], w->form->tail[part],
                        w->form->by_model ? "a model's name" : "a label");
    }
    AMS_TRY(ams_alloc(&w->label, w->n_groups, sizeof *w->label, "columns", err));
    AMS_TRY(ams_alloc(&w->conf, w->n_groups, sizeof *w->conf, "columns", err));
out:
    return status;
}

static ams_status check_form(const ams_csv_wide *w, ams_error *err)
{
    if (w->form->by_model && !patterned(w, AMS_PART_LABEL) &&
        ams_form_constant(w->form, AMS_PART_LABEL) == NULL) {
        return ams_fail(
            err, AMS_USAGE,
            "option --columns: expected a label beside model=*, as label==right for "
            "the label 'right' or label=*|answer for columns; found none");
    }
    return AMS_OK;
}

ams_status ams_csv_wide_open(ams_csv_wide **wide, const ams_csv_frame *frame, ams_error *err)
{
    *wide = NULL;
    ams_csv_wide *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return ams_no_memory(err, sizeof *w, "a CSV reader");
    }
    w->records = (ams_csv_records){.path = frame->path, .lines = frame->lines};
    w->records.cells.separator = frame->separator;
    w->form = frame->form;
    w->model = frame->model;
    ams_status status = AMS_OK;
    AMS_TRY(check_form(w, err));
    AMS_TRY(ams_csv_header(&w->records, "with a column per label or model", err));
    status = find_parts(w, err);
    if (status == AMS_OK) {
        status = find_groups(w, err);
    }
    if (status != AMS_OK) {
        ams_error_prefix(err, "%s:1", frame->path);
        goto out;
    }
    w->next = w->n_groups;
    *wide = w;
    return AMS_OK;
out:
    ams_csv_wide_close(w);
    return status;
}

void ams_csv_wide_close(ams_csv_wide *wide)
{
    if (wide == NULL) {
        return;
    }
    for (size_t i = 0; i < wide->n_groups; i++) {
        free(wide->group[i].star);
    }
    ams_csv_fini(&wide->records.cells);
    free(wide->group);
    free(wide->taken);
    free(wide->label);
    free(wide->conf);
    free(wide);
}

static const char *cell(const ams_csv_wide *w, int column)
{
    return column == NO_COLUMN ? "" : ams_csv_cell(&w->records.cells, (size_t)column);
}

static ams_status read_number(const char *column, const char *text, double *value,
                              ams_error *err)
{
    return ams_parse_double(text, value)
               ? AMS_OK
               : ams_fail(err, AMS_BAD_DATA, "column '%s': expected a number, found '%s'",
                          column, text);
}

/* The output of a group, where it has one. */
static ams_status add_output(ams_csv_wide *w, const wide_group *group, ams_row *row,
                             ams_error *err)
{
    const char *fixed = text_of(w, AMS_PART_LABEL);
    const char *label = group->label != NO_COLUMN ? cell(w, group->label)
                        : fixed[0] != '\0'        ? fixed
                                                  : group->star;
    double conf = 1;
    ams_status status = AMS_OK;
    if (group->conf != NO_COLUMN || w->one_conf) {
        const bool own = group->conf != NO_COLUMN;
        const char *text = own ? cell(w, group->conf) : text_of(w, AMS_PART_CONF);
        if (text[0] == '\0') {
            return AMS_OK;
        }
        AMS_TRY(read_number(own ? group->star : ams_form_field(w->form, AMS_PART_CONF), text,
                            &conf, err));
    }
    if (label[0] == '\0' || !(conf > 0 || conf < 0)) {
        return AMS_OK;
    }
    AMS_TRY(ams_row_check_name("label", label, err));
    AMS_TRY(ams_row_check_conf(label, &conf, &row->clamped, err));
    w->label[row->n_labels] = label;
    w->conf[row->n_labels++] = conf;
out:
    return status;
}

/* All but the outputs. */
static ams_status start_row(ams_csv_wide *w, ams_row *row, ams_error *err)
{
    const char *group = text_of(w, AMS_PART_GROUP);
    const char *split = text_of(w, AMS_PART_SPLIT);
    const char *time = text_of(w, AMS_PART_TIME);
    ams_status status = AMS_OK;
    w->truth = text_of(w, AMS_PART_TRUTH);
    *row = (ams_row){.item = text_of(w, AMS_PART_ITEM),
                     .model = w->model != NULL ? w->model : text_of(w, AMS_PART_MODEL),
                     .group = group[0] == '\0' ? NULL : group,
                     .split = split[0] == '\0' ? NULL : split,
                     .time_ms = (double)NAN,
                     .label = w->label,
                     .conf = w->conf,
                     .n_truth = w->truth[0] != '\0',
                     .truth = &w->truth};
    AMS_TRY(ams_row_check_name("item", row->item, err));
    if (row->group != NULL) {
        AMS_TRY(ams_row_check_name("group", row->group, err));
    }
    if (row->split != NULL) {
        AMS_TRY(ams_row_check_split(row->split, err));
    }
    if (row->n_truth > 0) {
        AMS_TRY(ams_row_check_name("truth", w->truth, err));
    }
    if (time[0] != '\0') {
        AMS_TRY(read_number(ams_form_field(w->form, AMS_PART_TIME), time, &row->time_ms, err));
        AMS_TRY(ams_row_check_time(row->time_ms, err));
    }
out:
    return status;
}

/* The whole record is one execution. */
static ams_status take_record(ams_csv_wide *w, ams_row *row, ams_error *err)
{
    ams_status status = start_row(w, row, err);
    if (status == AMS_OK) {
        status = ams_row_check_name("model", row->model, err);
    }
    for (size_t i = 0; i < w->n_groups && status == AMS_OK; i++) {
        status = add_output(w, &w->group[i], row, err);
    }
    return status;
}

/* The next group's columns are one; *there is false where all its cells are empty. */
static ams_status take_group(ams_csv_wide *w, ams_row *row, bool *there, ams_error *err)
{
    const wide_group *group = &w->group[w->next++];
    const char *time = cell(w, group->time);
    ams_status status = AMS_OK;
    *there = cell(w, group->label)[0] != '\0' || cell(w, group->conf)[0] != '\0';
    if (!*there) {
        return AMS_OK;
    }
    AMS_TRY(start_row(w, row, err));
    row->model = group->star;
    AMS_TRY(ams_row_check_name("model", row->model, err));
    if (time[0] != '\0') {
        AMS_TRY(read_number(ams_csv_cell(&w->records.cells, (size_t)group->time), time,
                            &row->time_ms, err));
        AMS_TRY(ams_row_check_time(row->time_ms, err));
    }
    AMS_TRY(add_output(w, group, row, err));
out:
    if (status != AMS_OK) {
        ams_error_prefix(err, "model '%s'", group->star);
    }
    return status;
}

ams_status ams_csv_wide_next(ams_csv_wide *w, ams_row *row, uint64_t *line, bool *found,
                             bool *bad_row, ams_error *err)
{
    *found = false;
    *bad_row = false;
    ams_status status = AMS_OK;
    while (status == AMS_OK && !*found) {
        if (w->form->by_model && w->next < w->n_groups) {
            status = take_group(w, row, found, err);
            w->any_model = w->any_model || *found;
            if (status == AMS_OK && w->next == w->n_groups && !w->any_model) {
                status = ams_fail(err, AMS_BAD_DATA,
                                  "expected a cell of at least one model, found them empty");
            }
            *bad_row = status == AMS_BAD_DATA;
            continue;
        }
        bool more = false;
        status = ams_csv_record(&w->records, &more, bad_row, err);
        if (status != AMS_OK || !more) {
            break;
        }
        w->next = 0;
        w->any_model = false;
        if (!w->form->by_model) {
            status = take_record(w, row, err);
            *found = status == AMS_OK;
            *bad_row = status == AMS_BAD_DATA;
        }
    }
    *line = w->records.line;
    if (status != AMS_OK && *bad_row) {
        ams_error_prefix(err, "%s:%llu", w->records.path, (unsigned long long)w->records.line);
    }
    return status;
}
