/* report.md and RESULTS.md. */
#ifndef AMS_LAB_REPORT_MARKDOWN_H
#define AMS_LAB_REPORT_MARKDOWN_H

#include "lab/report/drift.h"

/* The whole report; figures are links into its folder. drift is NULL where nothing is compared.
 */
void report_markdown_page(FILE *out, const report_data *data, const report_drift *drift);
/* What to use, the counts and the table of all numbers. */
void report_markdown_results(FILE *out, const report_data *data);

#endif
