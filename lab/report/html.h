/* report.html: one page with everything in it. */
#ifndef AMS_LAB_REPORT_HTML_H
#define AMS_LAB_REPORT_HTML_H

#include "lab/report/sections.h"

/* changes is NULL where nothing is compared. @return as ams_report_write. */
ams_status ams_report_html_page(FILE *out, const ams_report_data *data,
                                const ams_report_changes *changes, ams_error *err);

/* The head of a page, up to its heading. title: in HTML. */
void ams_html_begin(FILE *out, const char *title);

/* -- html_tables.c, for html.c -- */

/* How many numbers there are, by verdict and set. */
void ams_html_counts_table(FILE *out, const ams_report_data *data);
/* All options of a contest, the best first. */
void ams_html_options_table(FILE *out, const ams_report_contest *contest);
/* The section with all numbers, and those of one experiment with their explanations. */
void ams_html_all_numbers(const ams_report_page *page);
void ams_html_experiment_table(const ams_report_page *page, const ams_report_experiment *e);

/* The style sheet, report.css, inside the program. */
extern const char ams_report_css[];

#endif
