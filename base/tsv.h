/* Small tables of tab-separated values with a header line, read by column name. */
#ifndef AMS_BASE_TSV_H
#define AMS_BASE_TSV_H

#include "ams/status.h"

#include <stddef.h>

typedef struct ams_tsv {
    char *path;
    size_t n_rows, n_columns;
    /* private */
    char *text;   /* the file, tabs and line ends replaced by 0 */
    char **cells; /* ((n_rows + 1) x n_columns) into text; row 0 is the header */
    size_t *line; /* (n_rows + 1) each one's line of the file, from 1 */
} ams_tsv;

/* Every row must have as many cells as the header; blank lines are skipped; CRLF is accepted.
 * @return AMS_IO, or AMS_BAD_DATA as "file:line: ...". Files up to 1 GiB. */
ams_status ams_tsv_read(ams_tsv *tsv, const char *path, ams_error *err);
/* The same of a log that a program appends to. Rows with another number of cells than the
 * header are left out, and so is what follows the last newline: a full disk or a power cut tore
 * them. The other rows stay readable. Without a whole header it has no columns. */
ams_status ams_tsv_read_log(ams_tsv *tsv, const char *path, ams_error *err);
/* ams_tsv_read of a text in memory, which is copied; `name` stands for the path in messages. */
ams_status ams_tsv_parse(ams_tsv *tsv, const char *name, const char *text, ams_error *err);
void ams_tsv_fini(ams_tsv *tsv);

#define AMS_NO_COLUMN ((size_t)-1)
size_t ams_tsv_column(const ams_tsv *tsv, const char *name);
/* The same, but a missing column is an error that lists the columns of the file. */
ams_status ams_tsv_require(const ams_tsv *tsv, const char *name, size_t *column,
                           ams_error *err);
const char *ams_tsv_cell(const ams_tsv *tsv, size_t row, size_t column);
/* Where the row stands in the file, from 1: blank lines count, as an editor shows them. */
size_t ams_tsv_line(const ams_tsv *tsv, size_t row);
/* A finite decimal number; anything else is AMS_BAD_DATA naming row and column. */
ams_status ams_tsv_number(const ams_tsv *tsv, size_t row, size_t column, double *value,
                          ams_error *err);

#endif
