/* Numbers in words, the same in every format. */
#ifndef AMS_LAB_REPORT_PHRASES_H
#define AMS_LAB_REPORT_PHRASES_H

#include "lab/report/rows.h"

enum { AMS_REPORT_PHRASE = 160, AMS_REPORT_PHRASE_LONG = 512 };
/* "395.7 [387.1, 404.4]": two digits of the interval's half width and never more than the file
 * gives; without an interval the file's own digits, at most five; "not measured". */
void ams_report_measured_phrase(char phrase[AMS_REPORT_PHRASE],
                                const ams_report_measured *measured);
/* The same in two parts, for two styles; `interval` is "" where there is none. */
void ams_report_measured_parts(char mean[AMS_REPORT_PHRASE], char interval[AMS_REPORT_PHRASE],
                               const ams_report_measured *measured);
/* "5.16", "44.1 to 60.6", "at least 0.63", "at most 3", "none". */
void ams_report_paper_phrase(char phrase[AMS_REPORT_PHRASE], const ams_report_row *row);
/* "0.84 s", "12 s", "4 min 10 s", "1 h 23 min". */
void ams_report_duration(char phrase[AMS_REPORT_PHRASE], double seconds);

#endif
