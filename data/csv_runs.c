/* Executions from CSV: one record per label, the records of an execution one after the
 * other. */
#include "data/csv.h"

#include "base/memory.h"
#include "base/number.h"
#include "data/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NO_COLUMN = -1, N_KEPT = 6 };

/* Columns whose text must be the same in every record of an execution. */
static const ams_part kept_part[N_KEPT] = {AMS_PART_ITEM,  AMS_PART_MODEL, AMS_PART_GROUP,
                                           AMS_PART_SPLIT, AMS_PART_TIME,  AMS_PART_TRUTH};

struct ams_csv_reader {
    ams_csv_records records;
    const ams_form *form;
    int at[AMS_PARTS];               /* where each column stands */
    const char *constant[AMS_PARTS]; /* what stands in its place; "" where nothing does */
    uint32_t n_unknown;
    char *unknown; /* the first unknown column's name */
    bool pending;  /* the record read last is the first of the next execution */

    bool open; /* an execution is being put together */
    uint64_t run_line;
    char *kept[N_KEPT]; /* texts of the execution */
    bool empty;         /* it has a record without a label */
    char *text;         /* its labels, each with its 0 */
    size_t text_used, text_capacity;
    size_t *start; /* of each label in text */
    const char **label;
    double *conf;
    size_t start_capacity, label_capacity, conf_capacity;
    const char *truth; /* the kept one, for the row to point to */
    uint32_t n_labels, n_records, n_clamped;
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
    for (int i = 0; i < N_KEPT; i++) {
        free(reader->kept[i]);
    }
    ams_csv_fini(&reader->records.cells);
    free(reader->unknown);
    free(reader->text);
    free(reader->start);
    free(reader->label);
    free(reader->conf);
    free(reader);
}

static bool same_run(const ams_csv_reader *r)
{
    return strcmp(cell(r, AMS_PART_ITEM), r->kept[0]) == 0 &&
           strcmp(cell(r, AMS_PART_MODEL), r->kept[1]) == 0;
}

/* Everything but label and conf. */
static ams_status check_run(const ams_csv_reader *r, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_row_check_name("item", cell(r, AMS_PART_ITEM), err));
    AMS_TRY(ams_row_check_name("model", cell(r, AMS_PART_MODEL), err));
    if (cell(r, AMS_PART_GROUP)[0] != '\0') {
        AMS_TRY(ams_row_check_name("group", cell(r, AMS_PART_GROUP), err));
    }
    if (cell(r, AMS_PART_SPLIT)[0] != '\0') {
        AMS_TRY(ams_row_check_split(cell(r, AMS_PART_SPLIT), err));
    }
    if (cell(r, AMS_PART_TRUTH)[0] != '\0') {
        AMS_TRY(ams_row_check_name("truth", cell(r, AMS_PART_TRUTH), err));
    }
    if (cell(r, AMS_PART_TIME)[0] != '\0') {
        double time_ms = 0;
        if (!ams_parse_double(cell(r, AMS_PART_TIME), &time_ms)) {
            status = ams_fail(err, AMS_BAD_DATA, "column '%s': expected a number, found '%s'",
                              ams_form_field(r->form, AMS_PART_TIME), cell(r, AMS_PART_TIME));
            goto out;
        }
        status = ams_row_check_time(time_ms, err);
    }
out:
    return status;
}

static ams_status check_same(const ams_csv_reader *r, ams_error *err)
{
    for (int i = 0; i < N_KEPT; i++) {
        const ams_part part = kept_part[i];
        if (strcmp(cell(r, part), r->kept[i]) != 0) {
            return ams_fail(
                err, AMS_BAD_DATA,
                "column '%s': expected '%s' as in line %llu of the same execution, found "
                "'%s'",
                ams_form_field(r->form, part), r->kept[i], (unsigned long long)r->run_line,
                cell(r, part));
        }
    }
    return AMS_OK;
}

static ams_status read_conf(const ams_csv_reader *r, double *conf, uint32_t *clamped,
                            ams_error *err)
{
    const char *label = cell(r, AMS_PART_LABEL);
    ams_status status = ams_row_check_name("label", label, err);
    if (status != AMS_OK) {
        return status;
    }
    if (!ams_parse_double(cell(r, AMS_PART_CONF), conf)) {
        return ams_fail(err, AMS_BAD_DATA,
                        "label '%s': expected a confidence from 0 to 1, found '%s'", label,
                        cell(r, AMS_PART_CONF));
    }
    return ams_row_check_conf(label, conf, clamped, err);
}

static ams_status start_run(ams_csv_reader *r, ams_error *err)
{
    ams_status status = check_run(r, err);
    for (int i = 0; i < N_KEPT && status == AMS_OK; i++) {
        free(r->kept[i]);
        status = ams_copy_text(&r->kept[i], cell(r, kept_part[i]), err);
    }
    if (status == AMS_OK) {
        r->open = true;
        r->empty = false;
        r->run_line = r->records.line;
        r->text_used = 0;
        r->n_labels = 0;
        r->n_records = 0;
        r->n_clamped = 0;
    }
    return status;
}

static ams_status add_label(ams_csv_reader *r, double conf, ams_error *err)
{
    const char *label = cell(r, AMS_PART_LABEL);
    size_t length = strlen(label) + 1;
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&r->text, &r->text_capacity, r->text_used + length, 1, "labels", err));
    size_t count = (size_t)r->n_labels + 1;
    AMS_TRY(ams_grow(&r->start, &r->start_capacity, count, sizeof *r->start, "labels", err));
    AMS_TRY(ams_grow(&r->label, &r->label_capacity, count, sizeof *r->label, "labels", err));
    AMS_TRY(ams_grow(&r->conf, &r->conf_capacity, count, sizeof *r->conf, "labels", err));
    memcpy(r->text + r->text_used, label, length);
    r->start[r->n_labels] = r->text_used;
    r->conf[r->n_labels] = conf;
    r->text_used += length;
    r->n_labels++;
out:
    return status;
}

/* The record in r->cells becomes part of the open execution or starts one. */
static ams_status take_record(ams_csv_reader *r, ams_error *err)
{
    bool has_label = cell(r, AMS_PART_LABEL)[0] != '\0' || cell(r, AMS_PART_CONF)[0] != '\0';
    double conf = 0;
    uint32_t clamped = 0;
    ams_status status = has_label ? read_conf(r, &conf, &clamped, err) : AMS_OK;
    if (status == AMS_OK) {
        status = r->open ? check_same(r, err) : start_run(r, err);
    }
    if (status == AMS_OK && r->n_records > 0 && (r->empty || !has_label)) {
        status = ams_fail(
            err, AMS_BAD_DATA,
            "expected a record without a label to be the only one of its execution, found "
            "another in line %llu",
            (unsigned long long)r->run_line);
    }
    if (status == AMS_OK && has_label) {
        status = add_label(r, conf, err);
    }
    if (status == AMS_OK) {
        r->empty = !has_label;
        r->n_records++;
        r->n_clamped += clamped;
    }
    return status;
}

static void give_run(ams_csv_reader *r, ams_row *row)
{
    for (uint32_t i = 0; i < r->n_labels; i++) {
        r->label[i] = r->text + r->start[i];
    }
    r->truth = r->kept[5];
    *row = (ams_row){.item = r->kept[0],
                     .model = r->kept[1],
                     .group = r->kept[2][0] == '\0' ? NULL : r->kept[2],
                     .split = r->kept[3][0] == '\0' ? NULL : r->kept[3],
                     .time_ms = (double)NAN,
                     .n_labels = r->n_labels,
                     .label = r->label,
                     .conf = r->conf,
                     .n_truth = r->truth[0] != '\0',
                     .truth = &r->truth,
                     .clamped = r->n_clamped,
                     .unknown_fields = r->n_unknown * r->n_records,
                     .unknown_field = r->unknown};
    (void)ams_parse_double(r->kept[4],
                           &row->time_ms); /* empty: stays NAN; it was checked before */
    r->open = false;
}

ams_status ams_csv_next(ams_csv_reader *r, ams_row *row, uint64_t *line, bool *found,
                        bool *bad_row, ams_error *err)
{
    *found = false;
    *bad_row = false;
    for (;;) {
        bool more = true;
        ams_status status =
            r->pending ? AMS_OK : ams_csv_record(&r->records, &more, bad_row, err);
        if (status == AMS_OK && (!more || (r->open && !same_run(r)))) {
            r->pending = more;
            *found = r->open;
            if (r->open) {
                *line = r->run_line;
                give_run(r, row);
                return AMS_OK;
            }
            if (!more) {
                return AMS_OK;
            }
        }
        if (status == AMS_OK) {
            r->pending = false;
            status = take_record(r, err);
            *bad_row = status == AMS_BAD_DATA;
        }
        if (status != AMS_OK) {
            if (*bad_row) {
                ams_error_prefix(err, "%s:%llu", r->records.path,
                                 (unsigned long long)r->records.line);
            }
            return status;
        }
    }
}
