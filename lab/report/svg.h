/* A figure's file into a page: several drawings in one document that do not meet. */
#ifndef AMS_LAB_REPORT_SVG_H
#define AMS_LAB_REPORT_SVG_H

#include "ams/status.h"

#include <stdio.h>

/* Writes the SVG file as an <svg> of HTML with a viewBox and no size of its own: it is as wide
 * as the page lets it. Ids and references to them get `prefix`, which begins with a letter;
 * classes, titles and descriptions are left out; `label` is what it is called where it is not
 * seen.
 * @return AMS_IO; AMS_BAD_DATA as "file:line: ..." for what is no well-formed SVG, has no size,
 * or holds more than a drawing: a script, a style sheet, an event's handler, a link to
 * elsewhere. */
ams_status ams_report_svg(FILE *out, const char *path, const char *prefix, const char *label,
                          ams_error *err);

#endif
