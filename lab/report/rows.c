#include "lab/report/rows.h"

#include "base/memory.h"
#include "lab/figures/columns.h"

#include <stdlib.h>
#include <string.h>

const char *const ams_report_set_names[AMS_REPORT_SETS] = {"photos", "synthetic"};
const char *const ams_report_verdict_names[AMS_REPORT_VERDICTS] = {"agrees", "same direction",
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
    AMS_COL_EXPERIMENT, AMS_COL_QUANTITY, AMS_COL_SET,    AMS_COL_UNIT,    AMS_COL_PAPER_LOW,
    AMS_COL_PAPER_HIGH, AMS_COL_OURS,     AMS_COL_CI_LOW, AMS_COL_CI_HIGH, AMS_COL_VERDICT,
    AMS_COL_WHY,        AMS_COL_COMMAND,  AMS_COL_SECONDS};

static ams_status read_papers(ams_report_row *row, const ams_tsv *tsv, size_t i,
                              const size_t *column, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_report_number_cell(tsv, i, column[PAPER_LOW], &row->paper_low, err));
    AMS_TRY(ams_report_number_cell(tsv, i, column[PAPER_HIGH], &row->paper_high, err));
    if (row->paper_low.given && row->paper_high.given &&
        row->paper_low.value > row->paper_high.value) {
        status =
            ams_report_bad_cell(tsv, i, column[PAPER_HIGH],
                                "a number that is not below paper_low", "swap the two", err);
    }
out:
    return status;
}

static ams_status read_row(ams_report_row *row, const ams_tsv *tsv, size_t i,
                           const size_t *column, ams_error *err)
{
    size_t word = 0;
    ams_status status = AMS_OK;
    row->line = ams_tsv_line(tsv, i);
    row->experiment = ams_report_text_cell(tsv, i, column[EXPERIMENT]);
    row->quantity = ams_report_text_cell(tsv, i, column[QUANTITY]);
    row->unit = ams_report_text_cell(tsv, i, column[UNIT]);
    row->why = ams_report_text_cell(tsv, i, column[WHY]);
    row->command = ams_report_text_cell(tsv, i, column[COMMAND]);
    for (size_t c = EXPERIMENT; c <= QUANTITY; c++) {
        if (ams_report_text_cell(tsv, i, column[c])[0] == '\0') {
            return ams_report_bad_cell(tsv, i, column[c], "a name", "every row has one", err);
        }
    }
    AMS_TRY(ams_report_word_cell(tsv, i, column[SET], ams_report_set_names, AMS_REPORT_SETS,
                                 &word, err));
    row->set = (ams_report_set)word;
    AMS_TRY(read_papers(row, tsv, i, column, err));
    AMS_TRY(ams_report_measured_cells(tsv, i, column + OURS, &row->ours, err));
    AMS_TRY(ams_report_word_cell(tsv, i, column[VERDICT], ams_report_verdict_names,
                                 AMS_REPORT_VERDICTS, &word, err));
    row->verdict = (ams_report_verdict)word;
    AMS_TRY(ams_report_number_cell(tsv, i, column[SECONDS], &row->seconds, err));
    if (row->seconds.given && row->seconds.value < 0) {
        status = ams_report_bad_cell(tsv, i, column[SECONDS], "seconds, 0 or more",
                                     "write - where they were not measured", err);
    } else if (!row->ours.mean.given && row->verdict != AMS_REPORT_NO_FIGURE) {
        status =
            ams_report_bad_cell(tsv, i, column[OURS], "a number, as the verdict compares it",
                                "give it, or the verdict 'no figure'", err);
    }
out:
    return status;
}

bool ams_report_same_row(const ams_report_row *a, const ams_report_row *b)
{
    return a->set == b->set && strcmp(a->experiment, b->experiment) == 0 &&
           strcmp(a->quantity, b->quantity) == 0 && strcmp(a->unit, b->unit) == 0;
}

static ams_status refuse_twins(const ams_report_rows *rows, ams_error *err)
{
    for (size_t i = 0; i < rows->n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (ams_report_same_row(&rows->row[i], &rows->row[k])) {
                return ams_fail(err, AMS_BAD_DATA,
                                "%s:%zu: expected one row of '%.100s', '%.100s' on %s, found "
                                "another on line %zu; give the two quantities different names",
                                rows->tsv.path, rows->row[i].line, rows->row[i].experiment,
                                rows->row[i].quantity, ams_report_set_names[rows->row[i].set],
                                rows->row[k].line);
            }
        }
    }
    return AMS_OK;
}

ams_status ams_report_rows_read(ams_report_rows *rows, const char *path, ams_error *err)
{
    size_t column[COLUMNS];
    *rows = (ams_report_rows){0};
    ams_status status = ams_report_table_read(&rows->tsv, path, names, COLUMNS, column, err);
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
        ams_report_rows_fini(rows);
    }
    return status;
}

void ams_report_rows_fini(ams_report_rows *rows)
{
    free(rows->row);
    ams_tsv_fini(&rows->tsv);
    *rows = (ams_report_rows){0};
}
