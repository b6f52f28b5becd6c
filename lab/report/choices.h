/* choices.tsv: what was compared, so that a report can say what to use.
 *
 *   choice option set measure unit better ours ci_low ci_high how
 *
 * A choice (scheme, reward, discount, scheduler) has options; each was measured on a data set
 * (any name) by one measure, of which lower or higher is better. `how` is what one types to get
 * it. */
#ifndef AMS_LAB_REPORT_CHOICES_H
#define AMS_LAB_REPORT_CHOICES_H

#include "lab/report/phrases.h"
#include "lab/report/rows.h"

typedef struct ams_report_option {
    const char *choice, *option, *set, *measure, *unit, *how;
    bool higher; /* is better */
    ams_report_measured ours;
} ams_report_option;

/* The options of one choice and measure on one set, the best first; `n` may be 1. */
typedef struct ams_report_contest {
    const ams_report_option *option; /* (n) */
    size_t n;
} ams_report_contest;

typedef struct ams_report_choices {
    ams_report_option *option; /* (n_options), contests one after the other */
    size_t n_options;
    ams_report_contest *contest; /* (n) in the order of the file */
    size_t n;
    ams_tsv tsv;
} ams_report_choices;

/* A file that is not there gives no contests and AMS_OK. @return else as ams_report_rows_read;
 * AMS_BAD_DATA also where options of one contest differ in unit or in what is better. */
ams_status ams_report_choices_read(ams_report_choices *choices, const char *path,
                                   ams_error *err);
void ams_report_choices_fini(ams_report_choices *choices);

/* How the first compares to the second, in words: "next is X with 424.9 [415.0, 435.0]; the
 * intervals do not overlap". "" where it is alone. */
void ams_report_contest_phrase(char phrase[AMS_REPORT_PHRASE_LONG],
                               const ams_report_contest *contest);
/* How many contests of one choice follow each other from here. */
size_t ams_report_same_choice(const ams_report_choices *choices, size_t first);

#endif
