#include "lab/report/choices.h"

#include "base/file.h"
#include "base/memory.h"
#include "lab/figures/columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum column {
    CHOICE,
    OPTION,
    SET,
    MEASURE,
    UNIT,
    BETTER,
    OURS, /* ci_low and ci_high follow */
    CI_LOW,
    CI_HIGH,
    HOW,
    COLUMNS
};
static const char *const names[COLUMNS] = {
    AMS_COL_CHOICE, AMS_COL_OPTION, AMS_COL_SET,    AMS_COL_MEASURE, AMS_COL_UNIT,
    AMS_COL_BETTER, AMS_COL_OURS,   AMS_COL_CI_LOW, AMS_COL_CI_HIGH, AMS_COL_HOW};

static ams_status read_option(ams_report_option *option, const ams_tsv *tsv, size_t i,
                              const size_t *column, ams_error *err)
{
    static const char *const better[] = {"lower", "higher"};
    const size_t named[] = {CHOICE, OPTION, SET, MEASURE};
    size_t word = 0;
    ams_status status = AMS_OK;
    for (size_t c = 0; c < sizeof named / sizeof *named; c++) {
        if (ams_report_text_cell(tsv, i, column[named[c]])[0] == '\0') {
            return ams_report_bad_cell(tsv, i, column[named[c]], "a name", "every row has one",
                                       err);
        }
    }
    option->choice = ams_report_text_cell(tsv, i, column[CHOICE]);
    option->option = ams_report_text_cell(tsv, i, column[OPTION]);
    option->set = ams_report_text_cell(tsv, i, column[SET]);
    option->measure = ams_report_text_cell(tsv, i, column[MEASURE]);
    option->unit = ams_report_text_cell(tsv, i, column[UNIT]);
    option->how = ams_report_text_cell(tsv, i, column[HOW]);
    AMS_TRY(ams_report_word_cell(tsv, i, column[BETTER], better, 2, &word, err));
    option->higher = word == 1;
    AMS_TRY(ams_report_measured_cells(tsv, i, column + OURS, &option->ours, err));
    if (!option->ours.mean.given) {
        status = ams_report_bad_cell(tsv, i, column[OURS], "a number",
                                     "leave out an option that was not measured", err);
    }
out:
    return status;
}

static bool same_contest(const ams_report_option *a, const ams_report_option *b)
{
    return strcmp(a->set, b->set) == 0 && strcmp(a->choice, b->choice) == 0 &&
           strcmp(a->measure, b->measure) == 0;
}

/* Is a better than b? */
static bool is_better(const ams_report_option *a, const ams_report_option *b)
{
    double gain = a->ours.mean.value - b->ours.mean.value;
    return a->higher ? gain > 0 : gain < 0;
}

/* Puts the option among those of its contest at the array's end, the best first;
 * equal ones keep the order of the file. */
static void insert(ams_report_option *option, size_t first, size_t n,
                   const ams_report_option *new_one)
{
    size_t at = first + n;
    for (; at > first && is_better(new_one, &option[at - 1]); at--) {
        option[at] = option[at - 1];
    }
    option[at] = *new_one;
}

static ams_status check_against(const ams_tsv *tsv, size_t i, const size_t *column,
                                const ams_report_option *a, const ams_report_option *b,
                                ams_error *err)
{
    if (strcmp(a->unit, b->unit) != 0) {
        return ams_report_bad_cell(tsv, i, column[UNIT],
                                   "the unit of the measure's other options",
                                   "give options one unit, or the measure another name", err);
    }
    if (a->higher != b->higher) {
        return ams_report_bad_cell(tsv, i, column[BETTER],
                                   "the same for all options of a measure",
                                   "give it, or the measure another name", err);
    }
    if (strcmp(a->option, b->option) == 0) {
        return ams_report_bad_cell(tsv, i, column[OPTION],
                                   "one row per option, set and measure", "take one out", err);
    }
    return AMS_OK;
}

/* Gathers the contest that row `first` of the file opens, if no earlier row opened it. */
static ams_status gather(ams_report_choices *choices, const ams_report_option *all,
                         size_t first, const size_t *column, ams_error *err)
{
    for (size_t k = 0; k < first; k++) {
        if (same_contest(&all[k], &all[first])) {
            return AMS_OK;
        }
    }
    ams_report_contest *contest = &choices->contest[choices->n++];
    size_t start = choices->n_options;
    for (size_t i = first; i < choices->tsv.n_rows; i++) {
        if (!same_contest(&all[i], &all[first])) {
            continue;
        }
        for (size_t k = start; k < choices->n_options; k++) {
            ams_status status =
                check_against(&choices->tsv, i, column, &all[i], &choices->option[k], err);
            if (status != AMS_OK) {
                return status;
            }
        }
        insert(choices->option, start, choices->n_options - start, &all[i]);
        choices->n_options++;
    }
    *contest = (ams_report_contest){&choices->option[start], choices->n_options - start};
    return AMS_OK;
}

/* All contests of the choice that row `first` of the file opens, if no earlier row opened it.
 */
static ams_status gather_choice(ams_report_choices *choices, const ams_report_option *all,
                                size_t first, const size_t *column, ams_error *err)
{
    for (size_t k = 0; k < first; k++) {
        if (strcmp(all[k].choice, all[first].choice) == 0) {
            return AMS_OK;
        }
    }
    ams_status status = AMS_OK;
    for (size_t i = first; i < choices->tsv.n_rows && status == AMS_OK; i++) {
        if (strcmp(all[i].choice, all[first].choice) == 0) {
            status = gather(choices, all, i, column, err);
        }
    }
    return status;
}

size_t ams_report_same_choice(const ams_report_choices *choices, size_t first)
{
    size_t n = 1;
    const char *choice = choices->contest[first].option->choice;
    while (first + n < choices->n &&
           strcmp(choices->contest[first + n].option->choice, choice) == 0) {
        n++;
    }
    return n;
}

ams_status ams_report_choices_read(ams_report_choices *choices, const char *path,
                                   ams_error *err)
{
    *choices = (ams_report_choices){0};
    if (!ams_exists(path)) {
        return AMS_OK;
    }
    size_t column[COLUMNS];
    ams_report_option *all = NULL;
    ams_status status = ams_report_table_read(&choices->tsv, path, names, COLUMNS, column, err);
    if (status != AMS_OK) {
        return status;
    }
    size_t n = choices->tsv.n_rows;
    AMS_TRY(ams_alloc(&all, n, sizeof *all, "options", err));
    AMS_TRY(ams_alloc(&choices->option, n, sizeof *choices->option, "options", err));
    AMS_TRY(ams_alloc(&choices->contest, n, sizeof *choices->contest, "choices", err));
    for (size_t i = 0; i < n; i++) {
        AMS_TRY(read_option(&all[i], &choices->tsv, i, column, err));
    }
    for (size_t i = 0; i < n; i++) {
        AMS_TRY(gather_choice(choices, all, i, column, err));
    }
out:
    free(all);
    if (status != AMS_OK) {
        ams_report_choices_fini(choices);
    }
    return status;
}

void ams_report_choices_fini(ams_report_choices *choices)
{
    free(choices->option);
    free(choices->contest);
    ams_tsv_fini(&choices->tsv);
    *choices = (ams_report_choices){0};
}

void ams_report_contest_phrase(char phrase[AMS_REPORT_PHRASE_LONG],
                               const ams_report_contest *contest)
{
    *phrase = '\0';
    if (contest->n < 2) {
        return;
    }
    const ams_report_measured *best = &contest->option[0].ours;
    const ams_report_measured *next = &contest->option[1].ours;
    char number[AMS_REPORT_PHRASE];
    const char *certainty = "no interval was measured";
    ams_report_measured_phrase(number, next);
    if (best->low.given && next->low.given) {
        bool apart = best->high.value < next->low.value || best->low.value > next->high.value;
        certainty = apart ? "the intervals do not overlap"
                          : "the intervals overlap, so either may be better";
    }
    snprintf(phrase, AMS_REPORT_PHRASE_LONG, "next is %.120s with %.150s; %s",
             contest->option[1].option, number, certainty);
}
