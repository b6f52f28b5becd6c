/* The report of a folder of `ams budget`: report.md and report.html. */
#ifndef AMS_LAB_REPORT_MONEY_H
#define AMS_LAB_REPORT_MONEY_H

#include "ams/status.h"

#include <stdbool.h>

/* Whether DIR has curve.tsv and area.tsv. */
bool ams_report_is_money(const char *dir);
/* Writes DIR/report.md and DIR/report.html from these two: right answers and what was paid at
 * each budget, the area under each curve, and the figure plots/score-cost.svg, which `ams plot
 * DIR` draws; where it is missing the report says so in its place. On bad input neither is
 * written, and those of before stay.
 * @return AMS_IO, or AMS_BAD_DATA with file, line, what was expected and found. */
ams_status ams_report_money_write(const char *dir, ams_error *err);

#endif
