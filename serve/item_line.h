/* What `ams run` reports: a line of JSON for each item, and sums over all items. */
#ifndef AMS_SERVE_ITEM_LINE_H
#define AMS_SERVE_ITEM_LINE_H

#include "serve/runner.h"
#include "serve/text.h"

/* Appends one line, its newline included (docs/run.md):
 *   {"item": ..., "labels": [[name, confidence], ...], "runs": [{"model", "state", "start_ms",
 *    "time_ms", "why"}, ...], "untouched": [model, ...], "took_ms": ..., "saved_ms": ...}
 * A label that several models gave has its largest confidence; "why" is there where a model
 * failed; "answer", "probability" and "cost" where the policy answers for money. `programs` are
 * those that `report` is about.
 * @return AMS_BACKEND out of memory. */
ams_status ams_item_line(ams_text *line, const char *item, const ams_programs *programs,
                         const ams_run_report *report, ams_error *err);

/* Sums over items; all zero before the first. */
typedef struct ams_run_totals {
    uint32_t items;
    uint32_t finished, failed, cut; /* models, over all items */
    double took_ms;                 /* by the clock */
    double saved_ms;                /* expected time of models that never started */
} ams_run_totals;
void ams_run_totals_add(ams_run_totals *totals, const ams_programs *programs,
                        const ams_run_report *report);

/* Expected time (ms) of all models on one item: the programs' where given, else the policy's.
 */
double ams_run_expected_ms(const ams_live_policy *policy, const ams_programs *programs);

#endif
