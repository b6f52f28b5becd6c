/* CSV by RFC 4180, and the executions in it, one label per row. Private to data/. */
#ifndef AMS_DATA_CSV_H
#define AMS_DATA_CSV_H

#include "ams/data.h"
#include "data/lines.h"

/* The cells of one record. An all-zero one is valid. */
typedef struct ams_csv_cells {
    size_t count;
    /* private */
    char *text; /* cells without their quotes, each with its 0 */
    size_t used, text_capacity;
    size_t *start; /* (count) */
    size_t start_capacity;
    bool quoted; /* the line ended inside quotes */
} ams_csv_cells;

/* Splits a line. *open: it ends inside quotes and the next line continues it: call again with
 * that line. Pure. */
ams_status ams_csv_split(ams_csv_cells *cells, const char *line, size_t length, bool *open,
                         ams_error *err);
const char *ams_csv_cell(const ams_csv_cells *cells, size_t column);
void ams_csv_fini(ams_csv_cells *cells);

typedef struct ams_csv_reader ams_csv_reader;
/* Reads the header line. `path` and `lines` stay borrowed. */
ams_status ams_csv_open(ams_csv_reader **reader, const char *path, ams_line_reader *lines,
                        ams_error *err);
void ams_csv_close(ams_csv_reader *reader);
/* The next execution and the line its first record starts on. *found is false at the end;
 * *bad_row as for ams_rows_next: then that one record is left out of its execution. */
ams_status ams_csv_next(ams_csv_reader *reader, ams_row *row, uint64_t *line, bool *found,
                        bool *bad_row, ams_error *err);

#endif
