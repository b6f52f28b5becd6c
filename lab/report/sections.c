/* Sections that come out in either format. */
#include "lab/report/sections.h"

#include "base/file.h"
#include "lab/report/phrases.h"

#include <stdlib.h>
#include <string.h>

/* "saved (%)": the unit in brackets, if there is one. */
static void write_unit(const ams_markup *m, const char *unit)
{
    if (unit[0] != '\0') {
        ams_markup_plain(m, " (");
        ams_markup_text(m, unit);
        ams_markup_plain(m, ")");
    }
}

/* -- what to use -- */

static void write_contest(const ams_report_page *page, const ams_report_contest *contest)
{
    const ams_markup *m = &page->markup;
    const ams_report_option *best = contest->option;
    char number[AMS_REPORT_PHRASE];
    char phrase[AMS_REPORT_PHRASE_LONG];
    ams_report_measured_phrase(number, &best->ours);
    ams_report_contest_phrase(phrase, contest);
    ams_markup_open(m, AMS_POINT);
    ams_markup_plain(m, "On ");
    ams_markup_text(m, best->set);
    ams_markup_plain(m, ": ");
    ams_markup_open(m, AMS_STRONG);
    ams_markup_text(m, best->option);
    ams_markup_close(m, AMS_STRONG);
    ams_markup_plain(m, ": %s%s", number, best->unit[0] == '\0' ? "" : " ");
    ams_markup_text(m, best->unit);
    ams_markup_plain(m, ", ");
    ams_markup_text(m, best->measure);
    if (phrase[0] != '\0') {
        ams_markup_open(m, AMS_ASIDE);
        ams_markup_text(m, phrase);
        ams_markup_close(m, AMS_ASIDE);
    }
    ams_markup_plain(m, ".");
    page->form->within_point(page, contest);
    ams_markup_close(m, AMS_POINT);
    page->form->after_point(page, contest);
}

void ams_report_choices_section(const ams_report_page *page)
{
    const ams_markup *m = &page->markup;
    const ams_report_choices *choices = &page->data->choices;
    if (choices->n == 0) {
        return;
    }
    ams_markup_heading(m, 2, "", "what-to-use", "What to use");
    for (size_t first = 0; first < choices->n;) {
        size_t n = ams_report_same_choice(choices, first);
        ams_markup_heading(m, 3, "", "", choices->contest[first].option->choice);
        ams_markup_open(m, AMS_POINTS);
        for (size_t i = first; i < first + n; i++) {
            write_contest(page, &choices->contest[i]);
        }
        ams_markup_close(m, AMS_POINTS);
        first += n;
    }
}

/* -- an experiment -- */

static void write_facts_of_commands(const ams_report_page *page, const ams_report_experiment *e)
{
    const ams_markup *m = &page->markup;
    const char *commit = ams_report_note(page->data, "commit");
    char duration[AMS_REPORT_PHRASE];
    double seconds = 0;
    ams_markup_open(m, AMS_QUIET);
    if (commit != NULL) {
        ams_markup_plain(m, "Commit ");
        ams_markup_text(m, commit);
        ams_markup_plain(m, ". ");
    }
    if (ams_report_seconds(page->data, e, &seconds)) {
        ams_report_duration(duration, seconds);
        ams_markup_plain(m, "Its commands took %s; some are shared with other experiments.",
                         duration);
    }
    ams_markup_close(m, AMS_QUIET);
}

static void write_note(const ams_report_page *page, size_t i, bool of_run)
{
    const ams_markup *m = &page->markup;
    const char *key = ams_report_note_key(page->data, i);
    ams_markup_open(m, AMS_KEY);
    ams_markup_text(m, key);
    ams_markup_close(m, AMS_KEY);
    ams_markup_open(m, AMS_VALUE);
    ams_markup_text(m, ams_report_note_value(page->data, i));
    if (of_run) {
        page->form->after_note(page, key);
    }
    ams_markup_close(m, AMS_VALUE);
}

/* Notes of the experiment, or of the whole reproduction (NULL). */
static void write_notes(const ams_report_page *page, const ams_report_experiment *e)
{
    const ams_markup *m = &page->markup;
    const ams_markup_part list = e == NULL ? AMS_FACTS : AMS_NOTES;
    bool any = false;
    for (size_t i = 0; i < ams_report_n_notes(page->data); i++) {
        if (ams_report_note_experiment(page->data, i) != e ||
            (e == NULL && !page->form->shows_note(ams_report_note_key(page->data, i)))) {
            continue;
        }
        if (!any) {
            ams_markup_open(m, list);
        }
        write_note(page, i, e == NULL);
        any = true;
    }
    if (any) {
        ams_markup_close(m, list);
    }
}

static ams_status write_figures(ams_report_page *page, const ams_report_experiment *e,
                                ams_error *err)
{
    const char *list = e->figures;
    char figure[256];
    char title[256];
    ams_status status = AMS_OK;
    while (status == AMS_OK && ams_report_next_figure(&list, figure)) {
        char *path = NULL;
        page->n_figures++;
        ams_report_figure_title(title, figure);
        status = ams_join_path(&path, page->data->dir, figure, err);
        if (status == AMS_OK) {
            status =
                page->form->figure(page, e, title, figure, ams_exists(path) ? path : NULL, err);
        }
        free(path);
    }
    return status;
}

ams_status ams_report_experiment_section(ams_report_page *page, size_t i, ams_error *err)
{
    const ams_markup *m = &page->markup;
    const ams_report_experiment *e = &page->data->experiment[i];
    char prefix[32];
    snprintf(prefix, sizeof prefix, "e%zu-", i + 1);
    page->form->open(page, i);
    ams_markup_heading(m, 2, prefix, e->name, e->title);
    ams_markup_open(m, AMS_PARAGRAPH);
    ams_markup_text(m, e->question);
    ams_markup_close(m, AMS_PARAGRAPH);
    if (e->n_pairs > 0) {
        page->form->numbers(page, e);
    } else {
        ams_markup_open(m, AMS_MISSING);
        ams_markup_plain(m, "This reproduction has no number of this experiment.");
        ams_markup_close(m, AMS_MISSING);
    }
    write_notes(page, e);
    ams_status status = write_figures(page, e, err);
    if (status == AMS_OK) {
        write_facts_of_commands(page, e);
        if (e->commands.count > 0) {
            page->form->commands(page, e);
        }
        page->form->close(page, i);
    }
    return status;
}

/* -- the whole reproduction -- */

void ams_report_command_section(const ams_report_page *page)
{
    const ams_markup *m = &page->markup;
    ams_markup_open(m, AMS_LEAD);
    ams_markup_plain(m, "How to run it");
    ams_markup_close(m, AMS_LEAD);
    ams_markup_open(m, AMS_COMMAND);
    ams_markup_code(m, ams_report_run_command(page->data));
    ams_markup_close(m, AMS_COMMAND);
}

static void write_change(const ams_markup *m, const ams_report_change *change)
{
    char phrase[AMS_REPORT_PHRASE_LONG];
    ams_report_change_phrase(phrase, change);
    ams_markup_open(m, AMS_ITEM);
    ams_markup_open(m, AMS_STRONG);
    ams_markup_text(m, change->now->quantity);
    ams_markup_close(m, AMS_STRONG);
    write_unit(m, change->now->unit);
    ams_markup_plain(m, " of ");
    ams_markup_text(m, change->now->experiment);
    ams_markup_plain(m, ", %s: ", ams_report_set_names[change->now->set]);
    ams_markup_text(m, phrase);
    ams_markup_close(m, AMS_ITEM);
}

void ams_report_drift_section(const ams_report_page *page, const ams_report_changes *changes)
{
    const ams_markup *m = &page->markup;
    char phrase[AMS_REPORT_PHRASE_LONG];
    if (changes == NULL) {
        return;
    }
    ams_report_changes_phrase(phrase, changes);
    ams_markup_heading(m, 2, "", "drift", "What moved");
    ams_markup_open(m, AMS_PARAGRAPH);
    ams_markup_plain(m, "Against the numbers that are kept: %s", phrase);
    ams_markup_close(m, AMS_PARAGRAPH);
    if (changes->n_moved > 0) {
        ams_markup_open(m, AMS_LIST);
        for (size_t i = 0; i < changes->n_moved; i++) {
            write_change(m, &changes->moved[i]);
        }
        ams_markup_close(m, AMS_LIST);
    }
}

void ams_report_run_section(const ams_report_page *page)
{
    ams_markup_heading(&page->markup, 2, "", "run", "About this reproduction");
    write_notes(page, NULL);
}
