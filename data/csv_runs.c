/* Executions from CSV: one record per label, the records of an execution one after the
 * other. */
#include "data/csv.h"

#include "base/memory.h"
#include "base/number.h"
#include "data/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum column {
    COLUMN_ITEM,
    COLUMN_MODEL,
    COLUMN_LABEL,
    COLUMN_CONF,
    COLUMN_GROUP, /* from here on optional */
    COLUMN_SPLIT,
    COLUMN_TIME,
    COLUMN_TRUTH,
    N_COLUMNS
} csv_column;

static const char *const column_name[N_COLUMNS] = {"item",  "model", "label",   "conf",
                                                   "group", "split", "time_ms", "truth"};

enum { NO_COLUMN = -1, N_KEPT = 6, LONGEST_RECORD = 1 << 20 };

/* Columns whose text must be the same in every record of an execution. */
static const csv_column kept_column[N_KEPT] = {COLUMN_ITEM,  COLUMN_MODEL, COLUMN_GROUP,
                                               COLUMN_SPLIT, COLUMN_TIME,  COLUMN_TRUTH};

struct ams_csv_reader {
    const char *path;
    ams_line_reader *lines;
    int at[N_COLUMNS]; /* where each column stands */
    size_t n_columns;
    uint32_t n_unknown;
    char *unknown; /* the first unknown column's name */
    ams_csv_cells cells;
    uint64_t record_line; /* where the record in `cells` starts */
    bool pending;         /* `cells` holds the first record of the next execution */

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

static const char *cell(const ams_csv_reader *r, csv_column c)
{
    return r->at[c] == NO_COLUMN ? "" : ams_csv_cell(&r->cells, (size_t)r->at[c]);
}

/* Reads one record into r->cells. *bad: only this record is wrong. */
static ams_status read_record(ams_csv_reader *r, bool *found, bool *bad, ams_error *err)
{
    *found = false;
    *bad = false;
    bool open = false;
    do {
        const char *line = NULL;
        size_t length = 0;
        ams_status status = ams_lines_next(r->lines, &line, &length, err);
        if (status != AMS_OK) {
            return status;
        }
        if (line == NULL && !open) {
            return AMS_OK;
        }
        bool too_long = open && r->cells.used > LONGEST_RECORD;
        if (line == NULL || too_long) {
            r->cells.quoted = false;
            *bad = true;
            return ams_fail(err, AMS_BAD_DATA, "expected a closing quote, found %s",
                            too_long ? "none within 1 MiB" : "the end of the file");
        }
        if (!open) {
            if (length == 0) {
                continue; /* blank lines mean nothing */
            }
            r->record_line = ams_lines_number(r->lines);
        }
        status = ams_csv_split(&r->cells, line, length, &open, err);
        if (status != AMS_OK) {
            *bad = status == AMS_BAD_DATA;
            return status;
        }
        *found = !open;
    } while (!*found);
    if (r->n_columns != 0 && r->cells.count != r->n_columns) {
        *bad = true;
        return ams_fail(err, AMS_BAD_DATA, "expected %zu cells, found %zu", r->n_columns,
                        r->cells.count);
    }
    return AMS_OK;
}

static ams_status find_columns(ams_csv_reader *r, ams_error *err)
{
    r->n_columns = r->cells.count;
    for (int c = 0; c < N_COLUMNS; c++) {
        r->at[c] = NO_COLUMN;
    }
    for (size_t i = 0; i < r->n_columns; i++) {
        const char *name = ams_csv_cell(&r->cells, i);
        int c = 0;
        while (c < N_COLUMNS && strcmp(name, column_name[c]) != 0) {
            c++;
        }
        if (c == N_COLUMNS) {
            if (r->n_unknown++ == 0) {
                ams_status status = ams_copy_text(&r->unknown, name, err);
                if (status != AMS_OK) {
                    return status;
                }
            }
        } else if (r->at[c] != NO_COLUMN) {
            return ams_fail(err, AMS_BAD_DATA, "expected one column '%s', found two", name);
        } else {
            r->at[c] = (int)i;
        }
    }
    for (int c = 0; c < COLUMN_GROUP; c++) {
        if (r->at[c] == NO_COLUMN) {
            return ams_fail(err, AMS_BAD_DATA,
                            "expected a header with item, model, label and conf, found no '%s'",
                            column_name[c]);
        }
    }
    return AMS_OK;
}

ams_status ams_csv_open(ams_csv_reader **reader, const char *path, ams_line_reader *lines,
                        ams_error *err)
{
    *reader = NULL;
    ams_csv_reader *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return ams_no_memory(err, sizeof *r, "a CSV reader");
    }
    r->path = path;
    r->lines = lines;
    bool found = false;
    bool bad = false;
    ams_status status = read_record(r, &found, &bad, err);
    if (status == AMS_OK) {
        status = found ? find_columns(r, err)
                       : ams_fail(err, AMS_BAD_DATA,
                                  "expected the header item,model,label,conf, found no line");
        bad = true;
    }
    if (status != AMS_OK) {
        if (bad) {
            ams_error_prefix(err, "%s:1", path);
        }
        ams_csv_close(r);
        return status;
    }
    *reader = r;
    return AMS_OK;
}

void ams_csv_close(ams_csv_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    for (int i = 0; i < N_KEPT; i++) {
        free(reader->kept[i]);
    }
    ams_csv_fini(&reader->cells);
    free(reader->unknown);
    free(reader->text);
    free(reader->start);
    free(reader->label);
    free(reader->conf);
    free(reader);
}

static bool same_run(const ams_csv_reader *r)
{
    return strcmp(cell(r, COLUMN_ITEM), r->kept[0]) == 0 &&
           strcmp(cell(r, COLUMN_MODEL), r->kept[1]) == 0;
}

/* Everything but label and conf. */
static ams_status check_run(const ams_csv_reader *r, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_row_check_name("item", cell(r, COLUMN_ITEM), err));
    AMS_TRY(ams_row_check_name("model", cell(r, COLUMN_MODEL), err));
    if (cell(r, COLUMN_GROUP)[0] != '\0') {
        AMS_TRY(ams_row_check_name("group", cell(r, COLUMN_GROUP), err));
    }
    if (cell(r, COLUMN_SPLIT)[0] != '\0') {
        AMS_TRY(ams_row_check_split(cell(r, COLUMN_SPLIT), err));
    }
    if (cell(r, COLUMN_TRUTH)[0] != '\0') {
        AMS_TRY(ams_row_check_name("truth", cell(r, COLUMN_TRUTH), err));
    }
    if (cell(r, COLUMN_TIME)[0] != '\0') {
        double time_ms = 0;
        if (!ams_parse_double(cell(r, COLUMN_TIME), &time_ms)) {
            status =
                ams_fail(err, AMS_BAD_DATA, "column 'time_ms': expected a number, found '%s'",
                         cell(r, COLUMN_TIME));
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
        csv_column c = kept_column[i];
        if (strcmp(cell(r, c), r->kept[i]) != 0) {
            return ams_fail(
                err, AMS_BAD_DATA,
                "column '%s': expected '%s' as in line %llu of the same execution, found "
                "'%s'",
                column_name[c], r->kept[i], (unsigned long long)r->run_line, cell(r, c));
        }
    }
    return AMS_OK;
}

static ams_status read_conf(const ams_csv_reader *r, double *conf, uint32_t *clamped,
                            ams_error *err)
{
    const char *label = cell(r, COLUMN_LABEL);
    ams_status status = ams_row_check_name("label", label, err);
    if (status != AMS_OK) {
        return status;
    }
    if (!ams_parse_double(cell(r, COLUMN_CONF), conf)) {
        return ams_fail(err, AMS_BAD_DATA,
                        "label '%s': expected a confidence from 0 to 1, found '%s'", label,
                        cell(r, COLUMN_CONF));
    }
    return ams_row_check_conf(label, conf, clamped, err);
}

static ams_status start_run(ams_csv_reader *r, ams_error *err)
{
    ams_status status = check_run(r, err);
    for (int i = 0; i < N_KEPT && status == AMS_OK; i++) {
        free(r->kept[i]);
        status = ams_copy_text(&r->kept[i], cell(r, kept_column[i]), err);
    }
    if (status == AMS_OK) {
        r->open = true;
        r->empty = false;
        r->run_line = r->record_line;
        r->text_used = 0;
        r->n_labels = 0;
        r->n_records = 0;
        r->n_clamped = 0;
    }
    return status;
}

static ams_status add_label(ams_csv_reader *r, double conf, ams_error *err)
{
    const char *label = cell(r, COLUMN_LABEL);
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
    bool has_label = cell(r, COLUMN_LABEL)[0] != '\0' || cell(r, COLUMN_CONF)[0] != '\0';
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
        ams_status status = r->pending ? AMS_OK : read_record(r, &more, bad_row, err);
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
                ams_error_prefix(err, "%s:%llu", r->path, (unsigned long long)r->record_line);
            }
            return status;
        }
    }
}
