/* CSV by RFC 4180, and what is in it: one label per record, several of which make an execution,
 * or whole executions with many labels in their columns. Private to data/. */
#ifndef AMS_DATA_CSV_H
#define AMS_DATA_CSV_H

#include "data/form.h"
#include "data/lines.h"

/* The cells of one record. An all-zero one is valid. */
typedef struct ams_csv_cells {
    size_t count;
    char separator; /* 0: a comma */
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
static inline const char *ams_csv_cell(const ams_csv_cells *cells, size_t column)
{
    return cells->text + cells->start[column];
}
void ams_csv_fini(ams_csv_cells *cells);

/* The records of a file after its header. */
typedef struct ams_csv_records {
    const char *path;
    ams_line_reader *lines;
    ams_csv_cells cells;
    size_t n_columns; /* 0 while the header is read */
    uint64_t line;    /* where the record in `cells` starts, from 1 */
} ams_csv_records;

/* Reads the next record into `cells`; *bad: only this record is wrong. The message does not say
 * where. */
ams_status ams_csv_record(ams_csv_records *records, bool *found, bool *bad, ams_error *err);
/* Reads the header, which `expected` describes in the message of an empty file. */
ams_status ams_csv_header(ams_csv_records *records, const char *expected, ams_error *err);

/* What stands in every row of a file beside its cells. */
typedef struct ams_csv_frame {
    const char *path;
    ams_line_reader *lines;
    const ams_form *form; /* NULL: as docs/format.md has them */
    const char *model;    /* of all rows; NULL: the rows name it */
    char separator;       /* 0: a comma */
} ams_csv_frame;

/* One label per record. */
typedef struct ams_csv_reader ams_csv_reader;
/* Reads the header line. What the frame names stays borrowed. */
ams_status ams_csv_open(ams_csv_reader **reader, const ams_csv_frame *frame, ams_error *err);
void ams_csv_close(ams_csv_reader *reader);
/* The next record as a row with one label or none, and the line it starts on; valid until the
 * next call. *found is false at the end; *bad_row as for ams_rows_next. */
ams_status ams_csv_next(ams_csv_reader *reader, ams_row *row, uint64_t *line, bool *found,
                        bool *bad_row, ams_error *err);

/* Whether the record last given says of all but label and conf what the one before it that was
 * right said: then that need not be compared. Both have a label. */
bool ams_csv_again(const ams_csv_reader *reader);

/* One column per label, or per model: the form has patterns. Confidences of 0 and empty cells
 * are no outputs. The same three functions, of executions in place of records. */
typedef struct ams_csv_wide ams_csv_wide;
ams_status ams_csv_wide_open(ams_csv_wide **wide, const ams_csv_frame *frame, ams_error *err);
void ams_csv_wide_close(ams_csv_wide *wide);
ams_status ams_csv_wide_next(ams_csv_wide *wide, ams_row *row, uint64_t *line, bool *found,
                             bool *bad_row, ams_error *err);

#endif
