#include "data/rows.h"

#include "base/memory.h"
#include "data/row_parser.h"

#include <stdlib.h>
#include <string.h>

static bool ends_in(const char *path, const char *ending)
{
    static const char *const packed[] = {"", ".gz", ".zst", ".xz", ".bz2"};
    const size_t length = strlen(path);
    const size_t middle = strlen(ending);
    for (size_t i = 0; i < sizeof packed / sizeof packed[0]; i++) {
        const size_t tail = strlen(packed[i]);
        if (length > middle + tail && strcmp(path + length - tail, packed[i]) == 0 &&
            memcmp(path + length - tail - middle, ending, middle) == 0) {
            return true;
        }
    }
    return false;
}

char ams_rows_separator(const char *path)
{
    return ends_in(path, ".csv") ? ',' : ends_in(path, ".tsv") ? '\t' : '\0';
}

/* A * that stands for labels, or for models in CSV. */
static bool is_wide(const ams_form *form)
{
    return ams_form_patterned(form, AMS_PART_LABEL) ||
           ams_form_patterned(form, AMS_PART_CONF) || ams_form_patterned(form, AMS_PART_MODEL);
}

static ams_status open_csv(ams_row_reader *reader, const ams_form *form, const char *model,
                           char separator, ams_error *err)
{
    if (form != NULL && form->source[AMS_PART_LABELS] != AMS_BY_DEFAULT) {
        return ams_fail(err, AMS_USAGE,
                        "option --columns: expected label in place of labels, since %s is CSV, "
                        "which has a label per record or column",
                        reader->path);
    }
    const ams_csv_frame frame = {.path = reader->path,
                                 .lines = reader->lines,
                                 .form = form,
                                 .model = model,
                                 .separator = separator};
    reader->records.one_truth = true;
    return is_wide(form) ? ams_csv_wide_open(&reader->wide, &frame, err)
                         : ams_csv_open(&reader->csv, &frame, err);
}

static ams_status open_json(ams_row_reader *reader, const ams_form *form, const char *model,
                            ams_error *err)
{
    const ams_row_format format = form == NULL ? AMS_FORMAT_ROWS : form->format;
    char first = '\0';
    ams_status status = AMS_OK;
    if (form != NULL && is_wide(form) && !form->by_model) {
        status =
            ams_fail(err, AMS_USAGE,
                     "option --columns: expected CSV, whose columns a * stands for; found "
                     "%s, whose name does not end in .csv or .tsv; --separator makes it CSV",
                     reader->path);
        goto out;
    }
    AMS_TRY(ams_row_parser_create(&reader->json, err));
    AMS_TRY(ams_row_parser_set(reader->json, form, model, err));
    AMS_TRY(ams_lines_first(reader->lines, &first, err));
    if (first == '[' || format != AMS_FORMAT_ROWS) {
        const ams_json_layout layout = format == AMS_FORMAT_FIFTYONE ? AMS_JSON_MEMBER
                                       : format == AMS_FORMAT_KEYED  ? AMS_JSON_KEYED
                                                                     : AMS_JSON_ARRAY;
        AMS_TRY(ams_json_items_open(&reader->items, reader->path, reader->lines, layout,
                                    "samples", err));
    }
out:
    return status;
}

ams_status ams_rows_open(ams_row_reader *reader, const char *path, const ams_form *form,
                         const char *model, ams_error *err)
{
    *reader = (ams_row_reader){0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_copy_text(&reader->path, path, err));
    if (form != NULL && form->format == AMS_FORMAT_YOLO) {
        AMS_TRY(ams_yolo_open(&reader->yolo, reader->path, model, err));
        return AMS_OK;
    }
    AMS_TRY(ams_lines_open(&reader->lines, path, err));
    const char by_name = ams_rows_separator(path);
    const char separator = form != NULL && form->separator != '\0' ? form->separator : by_name;
    const bool rows = form == NULL || form->format == AMS_FORMAT_ROWS;
    status = separator != '\0' && rows ? open_csv(reader, form, model, separator, err)
                                       : open_json(reader, form, model, err);
out:
    if (status != AMS_OK) {
        ams_rows_close(reader);
    }
    return status;
}

void ams_rows_close(ams_row_reader *reader)
{
    ams_csv_close(reader->csv);
    ams_csv_wide_close(reader->wide);
    ams_yolo_close(reader->yolo);
    ams_row_parser_destroy(reader->json);
    ams_json_items_close(reader->items);
    ams_collect_fini(&reader->records);
    ams_lines_close(reader->lines);
    free(reader->path);
    *reader = (ams_row_reader){0};
}

uint64_t ams_rows_bytes(const ams_row_reader *reader)
{
    return reader->lines == NULL ? 0 : ams_lines_bytes(reader->lines);
}

bool ams_rows_collects(const ams_row_reader *reader)
{
    return reader->csv != NULL || reader->records.text_capacity > 0;
}

/* Messages quote what was read; a terminal must not interpret it as control codes. */
static void hide_control_characters(ams_error *err)
{
    for (char *at = err == NULL ? NULL : err->text; at != NULL && *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7F) {
            *at = '?';
        }
    }
}

/* Nothing but blanks: the line means nothing. */
static bool is_blank(const char *line, size_t length)
{
    size_t i = 0;
    while (i < length && (line[i] == ' ' || line[i] == '\t')) {
        i++;
    }
    return i == length;
}

/* The text of the next row into the parser; *more is false at the end. */
static ams_status load_line(ams_row_reader *reader, bool *more, bool *bad_row, ams_error *err)
{
    const char *line = NULL;
    size_t length = 0;
    do {
        ams_status status = ams_lines_next(reader->lines, &line, &length, err);
        if (status != AMS_OK) {
            return status;
        }
    } while (line != NULL && is_blank(line, length));
    *more = line != NULL;
    if (line == NULL) {
        return AMS_OK;
    }
    reader->record_line = ams_lines_number(reader->lines);
    *bad_row = true;
    return ams_row_load(reader->json, line, length, NULL, 0, err);
}

static ams_status load_item(ams_row_reader *reader, bool *more, bool *bad_row, ams_error *err)
{
    ams_json_value value;
    ams_status status = ams_json_items_next(reader->items, &value, err);
    *more = status == AMS_OK && value.text != NULL;
    if (!*more) {
        return status;
    }
    reader->record_line = value.line;
    *bad_row = true;
    return ams_row_load(reader->json, value.text, value.length, value.key, value.key_length,
                        err);
}

/* The next row or record of JSON into reader->record. */
static ams_status next_json(ams_row_reader *reader, bool *found, bool *bad_row, ams_error *err)
{
    ams_status status = AMS_OK;
    *found = false;
    while (status == AMS_OK && !*found) {
        *bad_row = false; /* from a row's text on, what is wrong is that row */
        if (!reader->loaded) {
            bool more = false;
            status = reader->items != NULL ? load_item(reader, &more, bad_row, err)
                                           : load_line(reader, &more, bad_row, err);
            if (status != AMS_OK || !more) {
                break;
            }
            reader->loaded = true;
        }
        *bad_row = true;
        status = ams_row_next(reader->json, &reader->record, found, err);
        reader->loaded = *found || status == AMS_BAD_DATA; /* other models of the row follow */
    }
    *bad_row = *bad_row && status == AMS_BAD_DATA;
    if (*bad_row) {
        ams_error_prefix(err, "%s:%llu", reader->path, (unsigned long long)reader->record_line);
    }
    return status;
}

static ams_status next_record(ams_row_reader *reader, bool *found, bool *bad_row,
                              ams_error *err)
{
    return reader->csv == NULL ? next_json(reader, found, bad_row, err)
                               : ams_csv_next(reader->csv, &reader->record,
                                              &reader->record_line, found, bad_row, err);
}

/* Whether the record is known to be of the open execution and to agree with it, since it
 * repeats the last one, which is in it. */
static bool is_again(const ams_row_reader *reader)
{
    return reader->csv != NULL && reader->records.open && reader->added &&
           reader->records.row.n_labels > 0 && ams_csv_again(reader->csv);
}

/* The record that was read joins the open execution, opens one, or is put off. */
static ams_status take_record(ams_row_reader *reader, bool again, bool *bad_row, ams_error *err)
{
    reader->pending = false;
    ams_status status =
        ams_collect_add(&reader->records, &reader->record, reader->record_line, again, err);
    reader->added = status == AMS_OK;
    *bad_row = status == AMS_BAD_DATA;
    if (*bad_row) {
        ams_error_prefix(err, "%s:%llu", reader->path, (unsigned long long)reader->record_line);
    }
    return status;
}

/* The next execution: a row, or all records of one. */
static ams_status next_whole(ams_row_reader *reader, bool *found, bool *bad_row, ams_error *err)
{
    for (;;) {
        bool more = true;
        if (!reader->pending && reader->csv != NULL) {
            reader->place = ams_lines_tell(reader->lines);
        }
        ams_status status = reader->pending ? AMS_OK : next_record(reader, &more, bad_row, err);
        if (status != AMS_OK) {
            return status;
        }
        const bool record = more && (reader->csv != NULL || reader->json->record);
        const bool again = record && is_again(reader);
        if (reader->records.open && !again &&
            !(record && ams_collect_same(&reader->records, &reader->record))) {
            reader->pending = more;
            reader->line = reader->records.line;
            *found = true;
            return ams_collect_give(&reader->records, &reader->row, err);
        }
        if (!record) {
            reader->pending = false;
            *found = more;
            reader->line = reader->record_line;
            reader->row = reader->record;
            return AMS_OK;
        }
        status = take_record(reader, again, bad_row, err);
        if (status != AMS_OK) {
            return status;
        }
    }
}

ams_status ams_rows_direct(ams_row_reader *reader, ams_csv_direct *direct, ams_error *err)
{
    const char *text = NULL;
    size_t size = 0;
    bool last = false;
    ams_status status = AMS_OK;
    direct->n_runs = 0;
    if (reader->records.open ||
        (reader->pending && !ams_lines_return(reader->lines, &reader->place))) {
        return AMS_OK;
    }
    reader->pending = false;
    AMS_TRY(ams_lines_window(reader->lines, &text, &size, &last, err));
    AMS_TRY(ams_csv_direct_take(direct, text, size, last, ams_lines_number(reader->lines) + 1,
                                err));
    ams_lines_pass(reader->lines, direct->bytes, direct->lines);
out:
    return status;
}

ams_status ams_rows_next(ams_row_reader *reader, const ams_row **row, bool *bad_row,
                         ams_error *err)
{
    *row = NULL;
    *bad_row = false;
    bool found = false;
    ams_status status = AMS_OK;
    if (reader->json != NULL || reader->csv != NULL) {
        status = next_whole(reader, &found, bad_row, err);
    } else if (reader->yolo != NULL) {
        reader->line = 1;
        status = ams_yolo_next(reader->yolo, &reader->row, &found, bad_row, err);
    } else {
        status =
            ams_csv_wide_next(reader->wide, &reader->row, &reader->line, &found, bad_row, err);
    }
    if (status != AMS_OK) {
        hide_control_characters(err);
        return status;
    }
    *row = found ? &reader->row : NULL;
    return AMS_OK;
}
