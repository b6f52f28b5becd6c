/* rows.tsv: one row per number of the papers and data set that we measured it on.
 *
 *   experiment quantity set unit paper_low paper_high ours ci_low ci_high verdict why command
 *   seconds
 *
 * set is photos or synthetic. paper_low equals paper_high for a single number; only one of them
 * means at least or at most; `-` is what is not given, in numbers as in `unit`, `why`,
 * `command`. verdict is agrees, same direction, differs or no figure. command holds exact
 * commands with "; " between them, seconds their time; steps.tsv has each one's own. */
#ifndef AMS_LAB_REPORT_ROWS_H
#define AMS_LAB_REPORT_ROWS_H

#include "base/tsv.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum ams_report_set {
    AMS_REPORT_PHOTOS,
    AMS_REPORT_SYNTHETIC,
    AMS_REPORT_SETS
} ams_report_set;
extern const char *const ams_report_set_names[AMS_REPORT_SETS];

typedef enum ams_report_verdict {
    AMS_REPORT_AGREES,
    AMS_REPORT_SAME_DIRECTION,
    AMS_REPORT_DIFFERS,
    AMS_REPORT_NO_FIGURE,
    AMS_REPORT_VERDICTS
} ams_report_verdict;
extern const char *const ams_report_verdict_names[AMS_REPORT_VERDICTS];

typedef struct ams_report_number {
    bool given;
    double value;
    const char *text; /* as it is in the file */
} ams_report_number;

/* Ours, with its 95 % interval; both ends of that are given or none. */
typedef struct ams_report_measured {
    ams_report_number mean, low, high;
} ams_report_measured;

typedef struct ams_report_row {
    const char *experiment, *quantity, *unit, *why, *command; /* "" where the file has `-` */
    ams_report_set set;
    ams_report_number paper_low, paper_high;
    ams_report_measured ours;
    ams_report_verdict verdict;
    ams_report_number seconds;
    size_t line; /* of the file */
    /* Set where a report joins rows (data.h). */
    const char *data; /* what the quantity was measured on: "coco"; "" the set's own */
    uint32_t base;    /* the quantity without it, in ams_report_data.quantities */
    struct ams_report_row *next; /* of the same pair and set */
} ams_report_row;

typedef struct ams_report_rows {
    ams_report_row *row; /* (n) */
    size_t n;
    ams_tsv tsv; /* owns the texts */
} ams_report_rows;

/* @return AMS_IO; AMS_BAD_DATA as "file:line: ..." for a missing or doubled column, a wrong
 * word or number, an interval or range that is upside down, a text that is no UTF-8, or two
 * rows of the same experiment, quantity, set and unit. */
ams_status ams_report_rows_read(ams_report_rows *rows, const char *path, ams_error *err);
void ams_report_rows_fini(ams_report_rows *rows);
/* The same experiment, quantity, set and unit? */
bool ams_report_same_row(const ams_report_row *a, const ams_report_row *b);

/* -- what the readers of the report's other files use as well -- */

/* A table with exactly these columns, in any order; column (n) gets each one's place. Every
 * cell is UTF-8 without control characters. */
ams_status ams_report_table_read(ams_tsv *tsv, const char *path, const char *const *columns,
                                 size_t n, size_t *column, ams_error *err);
/* "" for `-`. */
const char *ams_report_text_cell(const ams_tsv *tsv, size_t row, size_t column);
/* A number or `-`. */
ams_status ams_report_number_cell(const ams_tsv *tsv, size_t row, size_t column,
                                  ams_report_number *number, ams_error *err);
/* Three columns that follow each other in `column`: ours, ci_low, ci_high. */
ams_status ams_report_measured_cells(const ams_tsv *tsv, size_t row, const size_t *column,
                                     ams_report_measured *measured, ams_error *err);
/* The index of the cell's word among n words. */
ams_status ams_report_word_cell(const ams_tsv *tsv, size_t row, size_t column,
                                const char *const *words, size_t n, size_t *index,
                                ams_error *err);
/* "file:line: column 'x': expected `expected`, found 'cell'; `mend`". */
ams_status ams_report_bad_cell(const ams_tsv *tsv, size_t row, size_t column,
                               const char *expected, const char *mend, ams_error *err);

#endif
