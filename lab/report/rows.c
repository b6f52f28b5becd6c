#include "lab/report/rows.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

const char *const report_set_names[REPORT_SETS] = {"photos", "synthetic"};
const char *const report_verdict_names[REPORT_VERDICTS] = {"agrees", "same direction",
                                                           "differs", "no figure"};

enum column {
    EXPERIMENT,
    QUANTITY,
    SET,
    UNIT,
    PAPER_LOW,
    PAPER_HIGH,
    OURS, /* ci_low and ci_high follow */
    CI_LOW,
    CI_HIGH,
    VERDICT,
    WHY,
    COMMAND,
    SECONDS,
    COLUMNS
};
static const char *const names[COLUMNS] = {
    "experiment", "quantity", "set",     "unit", "paper_low", "paper_high", "ours",
    "ci_low",     "ci_high",  "verdict", "why",  "command",   "seconds"};

static ams_status read_papers(report_row *row, const ams_tsv *tsv, size_t i,
                              const size_t *column, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(report_number_cell(tsv, i, column[PAPER_LOW], &row->paper_low, err));
    AMS_TRY(report_number_cell(tsv, i, column[PAPER_HIGH], &row->paper_high, err));
    if (row->paper_low.given && row->paper_high.given &&
        row->paper_low.value > row->paper_high.value) {
        status = report_bad_cell(tsv, i, column[PAPER_HIGH],
                                 "a number that is not below paper_low", "swap the two", err);
    }
out:
    return status;
}

static ams_status read_row(report_row *row, const ams_tsv *tsv, size_t i, const size_t *column,
                           ams_error *err)
{
    size_t word = 0;
    ams_status status = AMS_OK;
    row->line = ams_tsv_line(tsv, i);
    row->experiment = report_text_cell(tsv, i, column[EXPERIMENT]);
    row->quantity = report_text_cell(tsv, i, column[QUANTITY]);
    row->unit = report_text_cell(tsv, i, column[UNIT]);
    row->why = report_text_cell(tsv, i, column[WHY]);
    row->command = report_text_cell(tsv, i, column[COMMAND]);
    for (size_t c = EXPERIMENT; c <= QUANTITY; c++) {
        if (report_text_cell(tsv, i, column[c])[0] == '\0') {
            return report_bad_cell(tsv, i, column[c], "a name", "every row has one", err);
        }
    }
    AMS_TRY(report_word_cell(tsv, i, column[SET], report_set_names, REPORT_SETS, &word, err));
    row->set = (report_set)word;
    AMS_TRY(read_papers(row, tsv, i, column, err));
    AMS_TRY(report_measured_cells(tsv, i, column + OURS, &row->ours, err));
    AMS_TRY(report_word_cell(tsv, i, column[VERDICT], report_verdict_names, REPORT_VERDICTS,
                             &word, err));
    row->verdict = (report_verdict)word;
    AMS_TRY(report_number_cell(tsv, i, column[SECONDS], &row->seconds, err));
    if (row->seconds.given && row->seconds.value < 0) {
        status = report_bad_cell(tsv, i, column[SECONDS], "seconds, 0 or more",
                                 "write - where they were not measured", err);
    } else if (!row->ours.mean.given && row->verdict != REPORT_NO_FIGURE) {
        status = report_bad_cell(tsv, i, column[OURS], "a number, as the verdict compares it",
                                 "give it, or the verdict 'no figure'", err);
    }
out:
    return status;
}

bool report_same_row(const report_row *a, const report_row *b)
{
    return a->set == b->set && strcmp(a->experiment, b->experiment) == 0 &&
           strcmp(a->quantity, b->quantity) == 0 && strcmp(a->unit, b->unit) == 0;
}

static ams_status refuse_twins(const report_rows *rows, ams_error *err)
{
    for (size_t i = 0; i < rows->n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (report_same_row(&rows->row[i], &rows->row[k])) {
                return ams_fail(err, AMS_BAD_DATA,
                                "%s:%zu: expected one row of '%.100s', '%.100s' on %s, found "
                                "another on line %zu; give the two quantities different names",
                                rows->tsv.path, rows->row[i].line, rows->row[i].experiment,
                                rows->row[i].quantity, report_set_names[rows->row[i].set],
                                rows->row[k].line);
            }
        }
    }
    return AMS_OK;
}

ams_status report_rows_read(report_rows *rows, const char *path, ams_error *err)
{
    size_t column[COLUMNS];
    *rows = (report_rows){0};
    ams_status status = report_table_read(&rows->tsv, path, names, COLUMNS, column, err);
    if (status != AMS_OK) {
        return status;
    }
    AMS_TRY(ams_alloc(&rows->row, rows->tsv.n_rows, sizeof *rows->row, "a report's rows", err));
    for (; rows->n < rows->tsv.n_rows; rows->n++) {
        AMS_TRY(read_row(&rows->row[rows->n], &rows->tsv, rows->n, column, err));
    }
    status = refuse_twins(rows, err);
out:
    if (status != AMS_OK) {
        report_rows_fini(rows);
    }
    return status;
}

void report_rows_fini(report_rows *rows)
{
    free(rows->row);
    ams_tsv_fini(&rows->tsv);
    *rows = (report_rows){0};
}
