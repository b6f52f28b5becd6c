/* report.md and RESULTS.md. */
#ifndef AMS_LAB_REPORT_MARKDOWN_H
#define AMS_LAB_REPORT_MARKDOWN_H

#include "lab/report/drift.h"

#include <stdio.h>

/* The whole report; figures are links into its folder. changes is NULL where nothing is
 * compared. @return as ams_report_write. */
ams_status ams_report_markdown_page(FILE *out, const ams_report_data *data,
                                    const ams_report_changes *changes, ams_error *err);
/* What to use, the counts and the table of all numbers. */
void ams_report_markdown_results(FILE *out, const ams_report_data *data);

#endif
