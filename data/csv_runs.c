/* Records of CSV of one label each, as rows. */
#include "data/csv_direct.h"

#include "base/memory.h"
#include "base/number.h"
#include "data/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NO_COLUMN = -1 };

struct ams_csv_reader {
    ams_csv_records records;
    const ams_form *form;
    int at[AMS_PARTS];               /* where each column stands */
    const char *constant[AMS_PARTS]; /* what stands in its place; "" where nothing does */
    uint32_t n_unknown;
    char *unknown;             /* the first unknown column's name */
    const char *label, *truth; /* what the row last given points to */
    double conf;
    /* The time last read: records of an execution repeat it. */
    char time_text[32];
    double time_ms;
    /* What the last right record said in the columns before label and conf, and as a row: the
     * records of an execution repeat it. */
    size_t head_columns; /* 0: something else stands after them */
    size_t *head_start;  /* (head_columns + 1) of the cells */
    char *head;          /* their bytes */
    size_t head_capacity;
    const char *head_text; /* where they stood; NULL: there is none */
    ams_row head_row;
    bool again; /* the record last given repeats it */
};

static const char *cell(const ams_csv_reader *r, ams_part part)
{
    return r->at[part] == NO_COLUMN ? r->constant[part]
                                    : ams_csv_cell(&r->records.cells, (size_t)r->at[part]);
}

static ams_status take_column(ams_csv_reader *r, size_t i, ams_error *err)
{
    const char *name = ams_csv_cell(&r->records.cells, i);
    int part = 0;
    while (part < AMS_PARTS && (part == AMS_PART_LABELS || r->constant[part][0] != '\0' ||
                                strcmp(name, ams_form_field(r->form, (ams_part)part)) != 0)) {
        part++;
    }
    if (part == AMS_PARTS) {
        return r->n_unknown++ == 0 ? ams_copy_text(&r->unknown, name, err) : AMS_OK;
    }
    if (r->at[part] != NO_COLUMN) {
        return ams_fail(err, AMS_BAD_DATA, "expected one column '%s', found two", name);
    }
    r->at[part] = (int)i;
    return AMS_OK;
}

static ams_status refuse_header(const ams_csv_reader *r, ams_part missing, ams_error *err)
{
    if (r->form == NULL || r->form->source[missing] == AMS_BY_DEFAULT) {
        return ams_fail(err, AMS_BAD_DATA,
                        "expected a header with item, model, label and conf, found no '%s'; "
                        "--columns says which columns stand for them",
                        ams_part_name[missing]);
    }
    return ams_fail(err, AMS_BAD_DATA, "expected a column '%s' as --columns says, found none",
                    ams_form_field(r->form, missing));
}

static ams_status find_columns(ams_csv_reader *r, const char *model, ams_error *err)
{
    ams_status status = AMS_OK;
    for (int part = 0; part < AMS_PARTS; part++) {
        const char *constant = ams_form_constant(r->form, (ams_part)part);
        r->at[part] = NO_COLUMN;
        r->constant[part] = part == AMS_PART_MODEL && model != NULL ? model
                            : constant != NULL                      ? constant
                                                                    : "";
    }
    for (size_t i = 0; i < r->records.n_columns && status == AMS_OK; i++) {
        status = take_column(r, i, err);
    }
    for (int p = 0; p < AMS_PARTS && status == AMS_OK; p++) {
        const ams_part part = (ams_part)p;
        const bool needed = part == AMS_PART_ITEM || part == AMS_PART_MODEL ||
                            part == AMS_PART_LABEL || part == AMS_PART_CONF ||
                            (r->form != NULL && r->form->source[part] == AMS_BY_NAME);
        if (needed && r->at[part] == NO_COLUMN && r->constant[part][0] == '\0') {
            status = refuse_header(r, part, err);
        }
    }
    if (status != AMS_OK) {
        ams_error_prefix(err, "%s:1", r->records.path);
    }
    return status;
}

/* How many columns stand before label and conf, if all others that are read do. */
static ams_status find_head(ams_csv_reader *r, ams_error *err)
{
    int first = NO_COLUMN;
    for (int part = AMS_PART_LABEL; part <= AMS_PART_CONF; part++) {
        const int at = r->at[part];
        first = first == NO_COLUMN || (at != NO_COLUMN && at < first) ? at : first;
    }
    for (int part = 0; part < AMS_PARTS; part++) {
        const bool output = part == AMS_PART_LABEL || part == AMS_PART_CONF;
        if (first <= 0 || (!output && r->at[part] > first)) {
            return AMS_OK;
        }
    }
    r->head_columns = (size_t)first;
    return ams_alloc(&r->head_start, r->head_columns + 1, sizeof *r->head_start, "columns",
                     err);
}

ams_status ams_csv_open(ams_csv_reader **reader, const ams_csv_frame *frame, ams_error *err)
{
    *reader = NULL;
    ams_csv_reader *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return ams_no_memory(err, sizeof *r, "a CSV reader");
    }
    r->records = (ams_csv_records){.path = frame->path, .lines = frame->lines};
    r->records.cells.separator = frame->separator;
    r->form = frame->form;
    ams_status status = AMS_OK;
    AMS_TRY(ams_csv_header(&r->records, "item,model,label,conf", err));
    AMS_TRY(find_columns(r, frame->model, err));
    AMS_TRY(find_head(r, err));
    *reader = r;
    return AMS_OK;
out:
    ams_csv_close(r);
    return status;
}

void ams_csv_close(ams_csv_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    ams_csv_fini(&reader->records.cells);
    free(reader->unknown);
    free(reader->head_start);
    free(reader->head);
    free(reader);
}

static const char *or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

static ams_status read_time(ams_csv_reader *r, double *time_ms, ams_error *err)
{
    const char *text = cell(r, AMS_PART_TIME);
    if (text[0] == '\0') {
        return AMS_OK;
    }
    if (strcmp(text, r->time_text) == 0) {
        *time_ms = r->time_ms;
        return AMS_OK;
    }
    if (!ams_parse_double(text, time_ms)) {
        return ams_fail(err, AMS_BAD_DATA, "column '%s': expected a number, found '%s'",
                        ams_form_field(r->form, AMS_PART_TIME), text);
    }
    ams_status status = ams_row_check_time(*time_ms, err);
    const size_t size = strlen(text) + 1;
    if (status == AMS_OK && size <= sizeof r->time_text) {
        memcpy(r->time_text, text, size);
        r->time_ms = *time_ms;
    }
    return status;
}

/* Everything but label and conf. */
static ams_status read_head(ams_csv_reader *r, ams_row *row, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_row_check_name("item", row->item, err));
    AMS_TRY(ams_row_check_name("model", row->model, err));
    if (row->group != NULL) {
        AMS_TRY(ams_row_check_name("group", row->group, err));
    }
    if (row->split != NULL) {
        AMS_TRY(ams_row_check_split(row->split, err));
    }
    if (row->n_truth > 0) {
        AMS_TRY(ams_row_check_name("truth", r->truth, err));
    }
    status = read_time(r, &row->time_ms, err);
out:
    return status;
}

static bool says(const ams_csv_reader *r, ams_part part)
{
    return r->at[part] != NO_COLUMN && cell(r, part)[0] != '\0';
}

/* A constant alone makes no output where the other cell is empty. */
static bool has_label(const ams_csv_reader *r)
{
    return says(r, AMS_PART_LABEL) || says(r, AMS_PART_CONF) ||
           (r->at[AMS_PART_LABEL] == NO_COLUMN && r->at[AMS_PART_CONF] == NO_COLUMN);
}

static ams_status read_output(ams_csv_reader *r, ams_row *row, ams_error *err)
{
    const char *conf = cell(r, AMS_PART_CONF);
    r->label = cell(r, AMS_PART_LABEL);
    ams_status status = ams_row_check_name("label", r->label, err);
    if (status != AMS_OK) {
        return status;
    }
    if (!ams_parse_double(conf, &r->conf)) {
        return ams_fail(err, AMS_BAD_DATA,
                        "label '%s': expected a confidence from 0 to 1, found '%s'", r->label,
                        conf);
    }
    row->n_labels = 1;
    return ams_row_check_conf(r->label, &r->conf, &row->clamped, err);
}

/* Whether the record at hand repeats the head, and has a label. */
static bool repeats(const ams_csv_reader *r)
{
    const ams_csv_cells *cells = &r->records.cells;
    const size_t n = r->head_columns;
    return n > 0 && r->head_text == cells->text &&
           memcmp(r->head_start, cells->start, (n + 1) * sizeof *cells->start) == 0 &&
           memcmp(r->head, cells->text, cells->start[n]) == 0 && has_label(r);
}

/* The record at hand was right. */
static ams_status keep_head(ams_csv_reader *r, const ams_row *row, ams_error *err)
{
    const ams_csv_cells *cells = &r->records.cells;
    const size_t n = r->head_columns;
    ams_status status = AMS_OK;
    if (n == 0) {
        return AMS_OK;
    }
    AMS_TRY(ams_grow(&r->head, &r->head_capacity, cells->start[n], 1, "a row", err));
    memcpy(r->head, cells->text, cells->start[n]);
    memcpy(r->head_start, cells->start, (n + 1) * sizeof *cells->start);
    r->head_text = cells->text;
    r->head_row = *row;
    r->head_row.n_labels = 0;
    r->head_row.clamped = 0;
out:
    return status;
}

/* The record at hand. */
static ams_status read_record(ams_csv_reader *r, ams_row *row, ams_error *err)
{
    r->again = repeats(r);
    if (r->again) {
        *row = r->head_row;
        return read_output(r, row, err);
    }
    r->head_text = NULL;
    r->truth = cell(r, AMS_PART_TRUTH);
    *row = (ams_row){.item = cell(r, AMS_PART_ITEM),
                     .model = cell(r, AMS_PART_MODEL),
                     .group = or_null(cell(r, AMS_PART_GROUP)),
                     .split = or_null(cell(r, AMS_PART_SPLIT)),
                     .time_ms = (double)NAN,
                     .label = &r->label,
                     .conf = &r->conf,
                     .n_truth = r->truth[0] != '\0',
                     .truth = &r->truth,
                     .unknown_fields = r->n_unknown,
                     .unknown_field = r->unknown};
    ams_status status = has_label(r) ? read_output(r, row, err) : AMS_OK;
    status = status != AMS_OK ? status : read_head(r, row, err);
    return status != AMS_OK ? status : keep_head(r, row, err);
}

bool ams_csv_layout_of(const ams_csv_reader *r, ams_csv_layout *layout)
{
    const bool outputs =
        r->at[AMS_PART_LABEL] != NO_COLUMN && r->at[AMS_PART_CONF] != NO_COLUMN;
    const bool named = r->at[AMS_PART_ITEM] != NO_COLUMN && r->at[AMS_PART_MODEL] != NO_COLUMN;
    const bool constant =
        r->constant[AMS_PART_GROUP][0] != '\0' || r->constant[AMS_PART_SPLIT][0] != '\0' ||
        r->constant[AMS_PART_TIME][0] != '\0' || r->constant[AMS_PART_TRUTH][0] != '\0';
    *layout = (ams_csv_layout){.separator = r->records.cells.separator,
                               .n_columns = (uint32_t)r->records.n_columns,
                               .head = (uint32_t)r->head_columns,
                               .item = r->at[AMS_PART_ITEM],
                               .model = r->at[AMS_PART_MODEL],
                               .group = r->at[AMS_PART_GROUP],
                               .split = r->at[AMS_PART_SPLIT],
                               .time = r->at[AMS_PART_TIME],
                               .label = r->at[AMS_PART_LABEL],
                               .conf = r->at[AMS_PART_CONF],
                               .n_unknown = r->n_unknown,
                               .unknown = r->unknown};
    return outputs && named && !constant && r->at[AMS_PART_TRUTH] == NO_COLUMN &&
           r->head_columns > 0 && r->records.n_columns <= AMS_CSV_DIRECT_COLUMNS;
}

bool ams_csv_again(const ams_csv_reader *reader)
{
    return reader->again;
}

ams_status ams_csv_next(ams_csv_reader *r, ams_row *row, uint64_t *line, bool *found,
                        bool *bad_row, ams_error *err)
{
    ams_status status = ams_csv_record(&r->records, found, bad_row, err);
    if (status == AMS_OK && *found) {
        status = read_record(r, row, err);
        *bad_row = status == AMS_BAD_DATA;
        *found = status == AMS_OK;
    }
    *line = r->records.line;
    if (*bad_row) {
        ams_error_prefix(err, "%s:%llu", r->records.path, (unsigned long long)*line);
    }
    return status;
}
