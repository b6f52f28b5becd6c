/* Rows of recorded outputs from a file: JSON Lines, or CSV where the name ends in .csv, .csv.gz
 * or .csv.zst. Private to data/. */
#ifndef AMS_DATA_ROWS_H
#define AMS_DATA_ROWS_H

#include "ams/data.h"
#include "data/csv.h"
#include "data/lines.h"

/* Checks of what a row may hold, whatever it was read from. `what` is "item", "model", ... */
ams_status ams_row_check_name(const char *what, const char *name, ams_error *err);
/* A confidence that is outside 0 to 1 by rounding is set to 0 or 1, and counted in *clamped. */
ams_status ams_row_check_conf(const char *label, double *conf, uint32_t *clamped,
                              ams_error *err);
ams_status ams_row_check_time(double time_ms, ams_error *err);
ams_status ams_row_check_split(const char *split, ams_error *err);

typedef struct ams_row_reader {
    char *path;
    ams_line_reader *lines;
    ams_row_parser *json; /* NULL for CSV */
    ams_csv_reader *csv;  /* NULL for JSON Lines */
    ams_row row;
    uint64_t line; /* where the row last given starts, from 1 */
} ams_row_reader;

/* An all-zero reader is closed. */
ams_status ams_rows_open(ams_row_reader *reader, const char *path, ams_error *err);
void ams_rows_close(ams_row_reader *reader);
/* *row is NULL at the end. After a failure with *bad_row set, only that row breaks a rule and
 * the next call goes on after it. Messages start with "file:line: ". */
ams_status ams_rows_next(ams_row_reader *reader, const ams_row **row, bool *bad_row,
                         ams_error *err);

#endif
