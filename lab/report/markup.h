/* Texts of tables into HTML and Markdown, and numbers into words. */
#ifndef AMS_LAB_REPORT_MARKUP_H
#define AMS_LAB_REPORT_MARKUP_H

#include "base/names.h"
#include "lab/report/rows.h"

#include <stdio.h>

/* Well-formed UTF-8 (no surrogates, nothing overlong) without control characters, those of
 * U+0080 to U+009F included? */
bool report_is_text(const char *text);

/* Escaped for an element's text and for an attribute in double quotes. */
void report_html(FILE *out, const char *text);
/* Escaped so that it reads as it stands, in a paragraph, a heading or a table's cell. */
void report_markdown(FILE *out, const char *text);
/* A link's target: what is no plain character of a path as %XX. */
void report_markdown_path(FILE *out, const char *path);
/* As code, within a paragraph or as lines of their own. Nothing inside is escaped, so the fence
 * is longer than any run of backticks in it. */
void report_markdown_code(FILE *out, const char *text);
void report_markdown_block(FILE *out, const ams_names *lines);

/* Letters, digits, '-' and '_' of the text, others as '-': part of an HTML id. */
void report_html_id(FILE *out, const char *text);

enum { REPORT_PHRASE = 160, REPORT_PHRASE_LONG = 512 };
/* "395.7 [387.1, 404.4]": two digits of the interval's half width and never more than the file
 * gives; without an interval the file's own digits, at most five; "not measured". */
void report_measured_phrase(char phrase[REPORT_PHRASE], const report_measured *measured);
/* The same in two parts, for two styles; `interval` is "" where there is none. */
void report_measured_parts(char mean[REPORT_PHRASE], char interval[REPORT_PHRASE],
                           const report_measured *measured);
/* "5.16", "44.1 to 60.6", "at least 0.63", "at most 3", "none". */
void report_paper_phrase(char phrase[REPORT_PHRASE], const report_row *row);
/* "0.84 s", "12 s", "4 min 10 s", "1 h 23 min". */
void report_duration(char phrase[REPORT_PHRASE], double seconds);

#endif
