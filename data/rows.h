/* Rows of recorded outputs from a file or folder in any form (data/form.h): JSON Lines, one
 * JSON array or object, CSV by the name's ending, a folder of YOLO's. Private to data/. */
#ifndef AMS_DATA_ROWS_H
#define AMS_DATA_ROWS_H

#include "ams/data.h"
#include "data/collect.h"
#include "data/csv_direct.h"
#include "data/json_items.h"
#include "data/lines.h"
#include "data/yolo.h"

/* Names are written to files of tab-separated values and to fixed-length strings of HDF5. */
enum { AMS_LONGEST_NAME = 1024 };

/* Checks of what a row may hold, whatever it was read from. `what` is "item", "model", ... */
ams_status ams_row_check_name(const char *what, const char *name, ams_error *err);
/* A confidence that is outside 0 to 1 by rounding is set to 0 or 1, and counted in *clamped. */
ams_status ams_row_check_conf(const char *label, double *conf, uint32_t *clamped,
                              ams_error *err);
ams_status ams_row_check_time(double time_ms, ams_error *err);
ams_status ams_row_check_split(const char *split, ams_error *err);

typedef struct ams_row_reader {
    char *path;
    ams_line_reader *lines; /* NULL for a folder */
    ams_row_parser *json;   /* one of these four is not NULL */
    ams_csv_reader *csv;
    ams_csv_wide *wide;
    ams_yolo_reader *yolo;
    ams_json_items *items; /* of a JSON array or object; NULL for JSON Lines */
    ams_collected records; /* that make an execution */
    ams_row record, row;
    uint64_t record_line;
    bool loaded;   /* the JSON parser holds a row, of which there may be more executions */
    bool added;    /* the last record of CSV is in `records` */
    bool pending;  /* `record` is the first of the next execution */
    uint64_t line; /* where the row last given starts, from 1 */
    ams_lines_place place; /* of `record` of CSV */
} ams_row_reader;

/* An all-zero reader is closed. A form and a model, of all rows, stay borrowed; NULL: rows as
 * docs/format.md has them, which name their model. */
ams_status ams_rows_open(ams_row_reader *reader, const char *path, const ams_form *form,
                         const char *model, ams_error *err);
void ams_rows_close(ams_row_reader *reader);
/* Of the file as stored, read so far. */
uint64_t ams_rows_bytes(const ams_row_reader *reader);
/* Whether rows are put together of records that have to stand together. */
bool ams_rows_collects(const ams_row_reader *reader);
/* Before the next row of CSV: executions that can be taken from the file's bytes at once, whose
 * layout is set; none where there are none, or the next row has to come first. */
ams_status ams_rows_direct(ams_row_reader *reader, ams_csv_direct *direct, ams_error *err);
/* ',' or a tab where the name of a file says that it is CSV, else 0. */
char ams_rows_separator(const char *path);
/* *row is NULL at the end. After a failure with *bad_row set, only that row breaks a rule and
 * the next call goes on after it. Messages start with "file:line: ". */
ams_status ams_rows_next(ams_row_reader *reader, const ams_row **row, bool *bad_row,
                         ams_error *err);

#endif
