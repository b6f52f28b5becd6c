/* report.html: one page with everything in it. */
#ifndef AMS_LAB_REPORT_HTML_H
#define AMS_LAB_REPORT_HTML_H

#include "lab/report/drift.h"

/* drift is NULL where nothing is compared. @return as ams_report_write. */
ams_status report_html_page(FILE *out, const report_data *data, const report_drift *drift,
                            ams_error *err);
/* Of the page: sections that html_parts.c writes. */
void report_html_summary(FILE *out, const report_data *data);
void report_html_choices(FILE *out, const report_data *data);
void report_html_drift(FILE *out, const report_drift *drift);
void report_html_run(FILE *out, const report_data *data);

/* Of report.css, by verdict. */
extern const char *const report_verdict_classes[REPORT_VERDICTS];

/* The style sheet, report.css, inside the program. */
extern const char report_css[];

#endif
