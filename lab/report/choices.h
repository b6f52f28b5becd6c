/* choices.tsv: what was compared, so that a report can say what to use.
 *
 *   choice option set measure unit better ours ci_low ci_high how
 *
 * A choice (scheme, reward, discount, scheduler) has options; each was measured on a data set
 * (any name) by one measure, of which lower or higher is better. `how` is what one types to get
 * it. */
#ifndef AMS_LAB_REPORT_CHOICES_H
#define AMS_LAB_REPORT_CHOICES_H

#include "lab/report/markup.h"
#include "lab/report/rows.h"

typedef struct report_option {
    const char *choice, *option, *set, *measure, *unit, *how;
    bool higher; /* is better */
    report_measured ours;
} report_option;

/* The options of one choice and measure on one set, the best first; `n` may be 1. */
typedef struct report_contest {
    const report_option *option; /* (n) */
    size_t n;
} report_contest;

typedef struct report_choices {
    report_option *option; /* (n_options), contests one after the other */
    size_t n_options;
    report_contest *contest; /* (n) in the order of the file */
    size_t n;
    ams_tsv tsv;
} report_choices;

/* A file that is not there gives no contests and AMS_OK. @return else as report_rows_read;
 * AMS_BAD_DATA also where options of one contest differ in unit or in what is better. */
ams_status report_choices_read(report_choices *choices, const char *path, ams_error *err);
void report_choices_fini(report_choices *choices);

/* How the first stands to the second, in words: "next is X with 424.9 [415.0, 435.0]; the
 * intervals do not overlap". "" where it is alone. */
void report_contest_phrase(char phrase[REPORT_PHRASE_LONG], const report_contest *contest);
/* Contests of one choice follow each other from here: how many? */
size_t report_same_choice(const report_choices *choices, size_t first);

#endif
