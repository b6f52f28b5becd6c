/* Pass 1 of one file: executions as they stand in its bytes where that can be, else row by row.
 */
#include "data/import.h"

#include "data/rows.h"

#include <stdio.h>
#include <string.h>

enum { PROGRESS_ROWS = 4096 };

typedef struct import_file {
    ams_intake *intake;
    uint32_t file;
    uint64_t before, total; /* bytes, of files that were read; of all */
    uint64_t rows;
    ams_row_reader reader;
    bool direct; /* whether executions can be taken as they stand */
    ams_csv_direct csv;
} import_file;

static void report(import_file *f)
{
    const ams_import_options *options = f->intake->options;
    if (++f->rows % PROGRESS_ROWS == 0 && options->progress != NULL) {
        options->progress(options->progress_context, f->rows,
                          f->before + ams_rows_bytes(&f->reader), f->total);
    }
}

static void count_bad(ams_import_counts *counts, const ams_error *message)
{
    if (counts->bad_rows++ == 0) {
        memcpy(counts->first_bad, message->text, sizeof message->text);
    }
}

/* Records of one execution that do not stand together look like the execution again. */
static void hint_at_order(const import_file *f, const ams_row *row, ams_error *message)
{
    if (ams_rows_collects(&f->reader) && ams_intake_has(f->intake, row)) {
        const size_t used = strlen(message->text);
        snprintf(message->text + used, sizeof message->text - used,
                 "; the records of an execution must stand together: sort the file by item and "
                 "model");
    }
}

/* A row was read: a bad one is counted or the end. */
static ams_status settle(import_file *f, ams_status status, bool bad_row,
                         const ams_error *message, ams_error *err)
{
    if (status != AMS_OK && bad_row && f->intake->options->skip_bad) {
        count_bad(f->intake->counts, message);
        status = AMS_OK;
    } else if (status != AMS_OK && err != NULL) {
        *err = *message;
    }
    report(f);
    return status;
}

static const char *text_of(const ams_csv_direct *csv, uint32_t at)
{
    return at == 0 ? NULL : csv->text + at;
}

/* The labels of an execution as the intake numbers them, in place. */
static ams_status number_labels(import_file *f, const ams_csv_run *run, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t i = run->first; i < run->first + run->count && status == AMS_OK; i++) {
        ams_csv_label *known = &f->csv.known.label[f->csv.label[i]];
        if (known->index == AMS_NO_NAME) {
            status = ams_intake_label(f->intake, known->task, f->csv.known.names + known->text,
                                      &known->index, err);
        }
        f->csv.label[i] = known->index;
    }
    return status;
}

static ams_status take_run(import_file *f, const ams_csv_run *run, bool *kept, ams_error *err)
{
    const ams_csv_direct *csv = &f->csv;
    const bool outputs = run->count > 0;
    const ams_direct_row direct = {
        .row = {.item = text_of(csv, run->item),
                .model = ams_names_get(&f->intake->models.name, run->model),
                .group = text_of(csv, run->group),
                .split = text_of(csv, run->split),
                .time_ms = run->time_ms,
                .n_labels = run->count,
                .conf = outputs ? csv->conf + run->first : NULL,
                .unknown_fields = csv->layout.n_unknown * run->records,
                .unknown_field = csv->layout.unknown},
        .model = run->model,
        .label = outputs ? csv->label + run->first : NULL,
        .again = run->again && *kept,
    };
    ams_error message = {""};
    ams_status status = number_labels(f, run, &message);
    if (status == AMS_OK) {
        status = ams_intake_direct(f->intake, &direct, f->file, run->line, &message);
    }
    *kept = status == AMS_OK;
    if (status == AMS_BAD_DATA) {
        hint_at_order(f, &direct.row, &message);
    }
    return settle(f, status, status == AMS_BAD_DATA, &message, err);
}

/* All executions that can be taken as they stand. */
static ams_status take_direct(import_file *f, ams_error *err)
{
    ams_status status = AMS_OK;
    do {
        bool kept = false;
        AMS_TRY(ams_rows_direct(&f->reader, &f->csv, err));
        for (size_t k = 0; k < f->csv.n_runs; k++) {
            AMS_TRY(take_run(f, &f->csv.run[k], &kept, err));
        }
    } while (f->csv.n_runs > 0);
out:
    return status;
}

static ams_status take_row(import_file *f, bool *ended, ams_error *err)
{
    ams_error message = {""};
    const ams_row *row = NULL;
    bool bad_row = false;
    ams_status status = ams_rows_next(&f->reader, &row, &bad_row, &message);
    *ended = status == AMS_OK && row == NULL;
    if (*ended) {
        return AMS_OK;
    }
    if (status == AMS_OK) {
        status = ams_intake_row(f->intake, row, f->file, f->reader.line, &message);
        bad_row = status == AMS_BAD_DATA;
        if (bad_row) {
            hint_at_order(f, row, &message);
        }
    }
    return settle(f, status, bad_row, &message, err);
}

ams_status ams_import_rows(ams_intake *intake, uint32_t file, uint64_t *bytes, uint64_t total,
                           ams_error *err)
{
    import_file f = {.intake = intake, .file = file, .before = *bytes, .total = total};
    bool ended = false;
    ams_status status =
        ams_rows_open(&f.reader, intake->path[file], &intake->form, intake->model[file], err);
    f.direct = status == AMS_OK && f.reader.csv != NULL && intake->label_names.id.count == 0 &&
               ams_csv_layout_of(f.reader.csv, &f.csv.layout);
    f.csv.models = &intake->models.name;
    f.csv.model_task = intake->models.task;
    while (status == AMS_OK && !ended) {
        status = f.direct ? take_direct(&f, err) : AMS_OK;
        status = status == AMS_OK ? take_row(&f, &ended, err) : status;
    }
    if (status == AMS_OK) {
        *bytes += ams_rows_bytes(&f.reader);
    }
    ams_csv_direct_fini(&f.csv);
    ams_rows_close(&f.reader);
    return status;
}
