/* The sections of a report that HTML and Markdown have in common. */
#ifndef AMS_LAB_REPORT_SECTIONS_H
#define AMS_LAB_REPORT_SECTIONS_H

#include "lab/report/drift.h"
#include "lab/report/markup.h"

typedef struct ams_report_form ams_report_form;

/* A report that is being written. */
typedef struct ams_report_page {
    ams_markup markup;
    const ams_report_form *form;
    const ams_report_data *data;
    size_t n_figures; /* so far */
} ams_report_page;

/* What each format shows in its own way. */
struct ams_report_form {
    /* After the best option of a contest: the others, or how one gets the best. Called within
     * the point, and after it. */
    void (*within_point)(const ams_report_page *page, const ams_report_contest *contest);
    void (*after_point)(const ams_report_page *page, const ams_report_contest *contest);
    /* The numbers of an experiment that has some, with their explanations. */
    void (*numbers)(const ams_report_page *page, const ams_report_experiment *e);
    /* A figure: `title`, and its path in the folder; `path` is where it can be read, NULL where
     * it is missing. */
    ams_status (*figure)(const ams_report_page *page, const ams_report_experiment *e,
                         const char *title, const char *figure, const char *path,
                         ams_error *err);
    void (*commands)(const ams_report_page *page, const ams_report_experiment *e);
    /* Notes of the whole reproduction: which are shown, and what follows their values. */
    bool (*shows_note)(const char *key);
    void (*after_note)(const ams_report_page *page, const char *key);
    /* Around an experiment, the i-th. */
    void (*open)(const ams_report_page *page, size_t i);
    void (*close)(const ams_report_page *page, size_t i);
};

/* What to use: the best option of every contest. Nothing where no options were compared. */
void ams_report_choices_section(const ams_report_page *page);
void ams_report_command_section(const ams_report_page *page);
/* Title, question, numbers, notes, figures and commands of the i-th experiment. @return AMS_IO,
 * AMS_BAD_DATA: of a figure. */
ams_status ams_report_experiment_section(ams_report_page *page, size_t i, ams_error *err);
/* What moved; nothing where `changes` is NULL. */
void ams_report_drift_section(const ams_report_page *page, const ams_report_changes *changes);
/* Notes of the whole reproduction. */
void ams_report_run_section(const ams_report_page *page);

#endif
