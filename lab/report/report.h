/* The reproduction report: from tables of numbers to something one reads.
 *
 * A folder DIR holds what `ams reproduce` found, as text files of tab-separated values:
 *   rows.tsv         one number of the papers per row, and ours on one data set (rows.h)
 *   experiments.tsv  experiment title question figures; figures: paths of SVG files relative to
 *                    DIR with commas between them, `-` for none; in the order of the report
 *   notes.tsv        key value: commit, scale, command, rule, seconds, ...; a key
 *                    EXPERIMENT-anything is shown with that experiment
 *   steps.tsv        optional: columns command and seconds, the time of each
 *   choices.tsv      optional: what was compared to say what to use (choices.h)
 * Nothing is added to them but words that count, rank and compare: every number of a report is
 * a cell of these files or follows from cells. */
#ifndef AMS_LAB_REPORT_REPORT_H
#define AMS_LAB_REPORT_REPORT_H

#include "ams/status.h"

#include <jansson.h>
#include <stdio.h>

/* Writes DIR/report.md and DIR/report.html; of a folder of `ams budget` without `expected` as
 * lab/report/money.h says. On bad input neither, and those of before stay.
 * The page needs no network and no script, its figures are inside. `expected` is a folder as in
 * ams_report_drift, or NULL: no section on what moved.
 * @return AMS_IO, or AMS_BAD_DATA with file, line, what was expected and found. A figure that
 * is listed but missing is no failure: the report says so in its place. */
ams_status ams_report_write(const char *dir, const char *expected, ams_error *err);

/* Writes `path` (RESULTS.md): what to use, and the table of all numbers with their verdicts.
 * Failures as above. */
ams_status ams_report_results(const char *dir, const char *path, ams_error *err);

/* Prints to `out` which numbers of DIR/rows.tsv moved against the rows kept in `expected`: ours
 * lies outside the kept interval (where there is none: differs in the sixth digit), or the
 * verdict is another. It looks into SCALE.tsv and SCALE-*.tsv, SCALE being the note `scale`.
 * Numbers that moved are no failure, nor is a scale that nothing is kept of.
 * @return AMS_IO, or AMS_BAD_DATA as above. */
ams_status ams_report_drift(const char *dir, const char *expected, FILE *out, ams_error *err);
/* The same as an object, for the caller to json_decref: `expected`; `compared`, `moved`,
 * `missing` and `new`, which count; `rows`, one per number that moved. */
ams_status ams_report_drift_json(const char *dir, const char *expected, json_t **json,
                                 ams_error *err);
/* What was written, for the caller to json_decref: `files`, with `results` if it is not NULL,
 * and where `expected` is not NULL what ams_report_drift_json says. */
ams_status ams_report_json(const char *dir, const char *expected, const char *results,
                           json_t **json, ams_error *err);

#endif
