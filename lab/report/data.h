/* All that a report is written from: the files of its folder, read and joined. */
#ifndef AMS_LAB_REPORT_DATA_H
#define AMS_LAB_REPORT_DATA_H

#include "ams/names.h"
#include "lab/report/choices.h"
#include "lab/report/rows.h"

/* The same quantity on both data sets, one line of a table. A quantity "saved, coco" is "saved"
 * on coco where a note `data_coco` says that there is such data. All data of a set share one
 * line, linked by `next`. NULL where a set has none. */
typedef struct ams_report_pair {
    ams_report_row *of[AMS_REPORT_SETS];
} ams_report_pair;

typedef struct ams_report_experiment {
    const char *name, *title, *question, *figures;
    ams_report_pair *pair; /* (n_pairs) */
    size_t n_pairs;
    size_t count[AMS_REPORT_VERDICTS]; /* of its rows */
    ams_names commands;                /* of its rows, each once, in the order of the rows */
} ams_report_experiment;

typedef struct ams_report_data {
    const char *dir;
    ams_report_rows rows;
    ams_report_experiment *experiment; /* (n) in the order of experiments.tsv */
    size_t n;
    size_t count[AMS_REPORT_SETS][AMS_REPORT_VERDICTS];
    bool has_set[AMS_REPORT_SETS]; /* is any row of it? */
    ams_report_choices choices;    /* n = 0 without choices.tsv */
    /* private */
    ams_names quantities;
    ams_tsv experiments, notes, steps;
    size_t note_key, note_value, step_seconds, step_command; /* columns */
    ams_report_pair *pairs; /* of all experiments, one after the other */
} ams_report_data;

/* dir stays borrowed. @return as ams_report_rows_read, of all files; AMS_BAD_DATA also for a
 * row whose experiment is not in experiments.tsv, an experiment or note that occurs twice, and
 * a figure's path that leads out of the folder or names no .svg. */
ams_status ams_report_data_read(ams_report_data *data, const char *dir, ams_error *err);
void ams_report_data_fini(ams_report_data *data);

/* One row of the pair: what unit and the papers' numbers are read from. */
const ams_report_row *ams_report_pair_row(const ams_report_pair *pair);
/* The row after `row` in the pair, photos first; after NULL the first one; NULL at the end. */
const ams_report_row *ams_report_pair_next(const ams_report_pair *pair,
                                           const ams_report_row *row);
const char *ams_report_pair_quantity(const ams_report_data *data, const ams_report_pair *pair);
/* Of several rows that say the same why, in `names` (AMS_REPORT_PHRASE_LONG) whom it is said
 * of: "photos, coco"; false where an earlier row of the pair said it, or there is nothing to
 * say.
 */
bool ams_report_pair_why(const ams_report_pair *pair, const ams_report_row *row,
                         char names[AMS_REPORT_PHRASE_LONG]);

size_t ams_report_n_notes(const ams_report_data *data);
const char *ams_report_note_key(const ams_report_data *data, size_t i);
const char *ams_report_note_value(const ams_report_data *data, size_t i);
/* NULL where there is none of that key. */
const char *ams_report_note(const ams_report_data *data, const char *key);
/* The note `seconds`; false where it is none or no number. */
bool ams_report_note_seconds(const ams_report_data *data, double *seconds);
/* The note `rule`, or what verdicts mean in general. */
const char *ams_report_rule(const ams_report_data *data);
/* The note `command`, or the command that makes such a folder. */
const char *ams_report_run_command(const ams_report_data *data);

/* The next path of a comma-separated list, and *list after it; false at the end. */
bool ams_report_next_figure(const char **list, char path[256]);
/* "schemes coco: recall time" of "work/schemes-coco/plots/recall-time.svg". */
void ams_report_figure_title(char title[256], const char *path);

/* The seconds that steps.tsv has for a command: false where it, or the file, has none. */
bool ams_report_command_seconds(const ams_report_data *data, const char *command,
                                double *seconds);
/* Sum over the experiment's commands; false unless all were measured. */
bool ams_report_seconds(const ams_report_data *data, const ams_report_experiment *experiment,
                        double *seconds);
/* The experiment that a note is part of: the one with the longest name NAME that the key begins
 * with, as NAME-anything. NULL: it is about the whole reproduction. */
const ams_report_experiment *ams_report_note_experiment(const ams_report_data *data, size_t i);

#endif
