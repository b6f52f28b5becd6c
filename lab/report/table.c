/* Cells of the report's tables, checked. */
#include "lab/report/rows.h"

#include "base/number.h"
#include "lab/report/markup.h"

#include <stdio.h>
#include <string.h>

ams_status ams_report_bad_cell(const ams_tsv *tsv, size_t row, size_t column,
                               const char *expected, const char *mend, ams_error *err)
{
    return ams_fail(err, AMS_BAD_DATA, "%s:%zu: column '%s': expected %s, found '%.200s'; %s",
                    tsv->path, ams_tsv_line(tsv, row), tsv->cells[column], expected,
                    ams_tsv_cell(tsv, row, column), mend);
}

static ams_status check_columns(const ams_tsv *tsv, const char *const *columns, size_t n,
                                size_t *column, ams_error *err)
{
    for (size_t i = 0; i < n; i++) {
        ams_status status = ams_tsv_require(tsv, columns[i], &column[i], err);
        if (status != AMS_OK) {
            return status;
        }
    }
    /* All are there, so one too many is unknown or occurs twice. */
    for (size_t c = 0; c < tsv->n_columns; c++) {
        bool known = false;
        for (size_t i = 0; i < n; i++) {
            known = known || column[i] == c;
        }
        if (!known) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s:1: expected %zu columns, each once, found another '%.200s'; "
                            "take it out",
                            tsv->path, n, tsv->cells[c]);
        }
    }
    return AMS_OK;
}

ams_status ams_report_table_read(ams_tsv *tsv, const char *path, const char *const *columns,
                                 size_t n, size_t *column, ams_error *err)
{
    ams_status status = ams_tsv_read(tsv, path, err);
    if (status != AMS_OK) {
        return status;
    }
    AMS_TRY(check_columns(tsv, columns, n, column, err));
    for (size_t row = 0; row < tsv->n_rows; row++) {
        for (size_t c = 0; c < tsv->n_columns; c++) {
            if (!ams_report_is_text(ams_tsv_cell(tsv, row, c))) {
                status = ams_fail(err, AMS_BAD_DATA,
                                  "%s:%zu: column '%s': expected UTF-8 text without control "
                                  "characters; save the file as UTF-8",
                                  tsv->path, ams_tsv_line(tsv, row), tsv->cells[c]);
                goto out;
            }
        }
    }
out:
    if (status != AMS_OK) {
        ams_tsv_fini(tsv);
    }
    return status;
}

const char *ams_report_text_cell(const ams_tsv *tsv, size_t row, size_t column)
{
    const char *cell = ams_tsv_cell(tsv, row, column);
    return strcmp(cell, "-") == 0 ? "" : cell;
}

ams_status ams_report_number_cell(const ams_tsv *tsv, size_t row, size_t column,
                                  ams_report_number *number, ams_error *err)
{
    const char *cell = ams_tsv_cell(tsv, row, column);
    *number = (ams_report_number){.text = cell};
    if (strcmp(cell, "-") == 0) {
        return AMS_OK;
    }
    number->given = ams_parse_double(cell, &number->value);
    return number->given ? AMS_OK
                         : ams_report_bad_cell(tsv, row, column, "a decimal number or -",
                                               "write - where there is none", err);
}

ams_status ams_report_measured_cells(const ams_tsv *tsv, size_t row, const size_t *column,
                                     ams_report_measured *measured, ams_error *err)
{
    ams_report_number *const number[] = {&measured->mean, &measured->low, &measured->high};
    for (size_t i = 0; i < 3; i++) {
        ams_status status = ams_report_number_cell(tsv, row, column[i], number[i], err);
        if (status != AMS_OK) {
            return status;
        }
    }
    if (measured->low.given != measured->high.given) {
        return ams_report_bad_cell(tsv, row, column[measured->low.given ? 2 : 1],
                                   "the interval's other end",
                                   "give both ends or write - twice", err);
    }
    if (measured->low.given && !measured->mean.given) {
        return ams_report_bad_cell(tsv, row, column[0], "the number that the interval is of",
                                   "give it or write - for the interval too", err);
    }
    if (measured->low.given && measured->low.value > measured->high.value) {
        return ams_report_bad_cell(tsv, row, column[2], "an end that is not below ci_low",
                                   "swap the two", err);
    }
    return AMS_OK;
}

ams_status ams_report_word_cell(const ams_tsv *tsv, size_t row, size_t column,
                                const char *const *words, size_t n, size_t *index,
                                ams_error *err)
{
    char expected[256] = "one of";
    for (*index = 0; *index < n; ++*index) {
        if (strcmp(ams_tsv_cell(tsv, row, column), words[*index]) == 0) {
            return AMS_OK;
        }
        size_t used = strlen(expected);
        snprintf(expected + used, sizeof expected - used, "%s '%s'", *index == 0 ? "" : ",",
                 words[*index]);
    }
    return ams_report_bad_cell(tsv, row, column, expected, "write one of them", err);
}
