/* One writer for HTML and Markdown: sections of a report are written once, in parts and texts,
 * and come out in the format of the writer.
 *
 *     ams_markup_open(m, AMS_PARAGRAPH);
 *     ams_markup_plain(m, "On ");
 *     ams_markup_text(m, set);           // escaped
 *     ams_markup_close(m, AMS_PARAGRAPH);
 */
#ifndef AMS_LAB_REPORT_MARKUP_H
#define AMS_LAB_REPORT_MARKUP_H

#include "ams/names.h"

#include <stdbool.h>
#include <stdio.h>

typedef enum ams_markup_part {
    /* Within a line. */
    AMS_STRONG,
    AMS_ASIDE, /* what explains the words before it */
    /* Lines of their own. */
    AMS_PARAGRAPH,
    AMS_QUIET,   /* a paragraph of lesser importance */
    AMS_MISSING, /* a paragraph about something that is not there */
    AMS_LEAD,    /* words that introduce a command */
    AMS_COMMAND,
    AMS_LIST,
    AMS_ITEM,
    AMS_POINTS, /* a list whose points have details below them */
    AMS_POINT,
    AMS_FACTS, /* a list of keys with values */
    AMS_NOTES, /* the same where values are sentences */
    AMS_KEY,
    AMS_VALUE,
    AMS_MARKUP_PARTS
} ams_markup_part;

/* A format. */
typedef struct ams_markup_form {
    struct {
        const char *open, *close;
    } mark[AMS_MARKUP_PARTS];
    void (*text)(FILE *out, const char *text);
    void (*code)(FILE *out, const char *text);
    void (*heading)(FILE *out, int level, const char *prefix, const char *id, const char *text);
} ams_markup_form;
extern const ams_markup_form ams_markup_html, ams_markup_markdown;

typedef struct ams_markup {
    FILE *out;
    const ams_markup_form *form;
} ams_markup;

void ams_markup_open(const ams_markup *m, ams_markup_part part);
void ams_markup_close(const ams_markup *m, ams_markup_part part);
/* Escaped. */
void ams_markup_text(const ams_markup *m, const char *text);
/* As code within a line. */
void ams_markup_code(const ams_markup *m, const char *text);
/* Level 2 or 3. Links lead to the id PREFIX ID; level 3 has none. */
void ams_markup_heading(const ams_markup *m, int level, const char *prefix, const char *id,
                        const char *text);
/* As it is: words and numbers without a character that any format escapes. */
__attribute__((format(printf, 2, 3))) void ams_markup_plain(const ams_markup *m,
                                                            const char *format, ...);

/* -- texts -- */

/* Well-formed UTF-8 (no surrogates, nothing overlong) without control characters, those of
 * U+0080 to U+009F included? */
bool ams_report_is_text(const char *text);

/* Escaped for an element's text and for an attribute in double quotes. */
void ams_html_text(FILE *out, const char *text);
/* Letters, digits, '-' and '_' of the text, others as '-': part of an HTML id. */
void ams_html_id(FILE *out, const char *text);

/* Escaped so that it reads as it is, in a paragraph, a heading or a table's cell. */
void ams_markdown_text(FILE *out, const char *text);
/* A link's target: what is no plain character of a path as %XX. */
void ams_markdown_path(FILE *out, const char *path);
/* As code, within a paragraph or as lines of their own. Nothing inside is escaped, so the fence
 * is longer than any series of backticks in it. */
void ams_markdown_code(FILE *out, const char *text);
void ams_markdown_block(FILE *out, const ams_names *lines);

#endif
