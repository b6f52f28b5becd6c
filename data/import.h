/* The two passes of an import. Private to data/.
 *
 * N items, M models, L labels, all in order of first appearance; the second pass sorts. */
#ifndef AMS_DATA_IMPORT_H
#define AMS_DATA_IMPORT_H

#include "ams/data.h"
#include "data/executions.h"
#include "data/form.h"
#include "data/label_names.h"
#include "data/spool.h"

#define AMS_NO_GROUP UINT32_MAX

typedef struct ams_label_found { /* a label that was looked up before; all zero: none */
    uint32_t index;              /* in intake.label, + 1 */
    uint32_t task;
    uint32_t head, length; /* of "task/" and of what follows it */
} ams_label_found;

typedef struct ams_intake {
    const ams_import_options *options;
    const char **path;  /* (n_files) of the files of rows; borrowed */
    const char **model; /* (n_files) of all rows of a file; NULL: the rows name it */
    char **model_text;  /* (n_model_files) the names, cut from NAME=FILE */
    size_t n_files;
    ams_form form;
    ams_label_names label_names; /* empty: labels are as the rows have them */
    ams_names listed;            /* the only items there are; empty: any */
    double time_scale;           /* milliseconds per unit of the rows' times */
    ams_import_counts *counts;
    ams_model_table models;
    ams_spool *spool;

    ams_names item, group, label;
    ams_label_found *found;         /* (LABELS_FOUND) labels looked up before, by hash */
    uint32_t last_item, last_model; /* of the row before: the next is mostly near */
    ams_executions executions;      /* (N, M) */
    uint32_t *item_group;           /* (N) index in group or AMS_NO_GROUP */
    uint8_t *item_split;            /* (N) or AMS_NO_SPLIT */
    bool *label_used;               /* (L) by a row that was taken */
    uint64_t *label_run; /* (L) number of the last execution with the label, to find it twice in
                            one */
    ams_spool_output *output; /* of one execution */
    ams_answer *answer;       /* (n_answers) the truth, in order of appearance */
    size_t n_answers, answer_capacity;
    char *text; /* "task/label" */
    size_t group_capacity, split_capacity, used_capacity, run_capacity, output_capacity,
        text_capacity;
    uint64_t runs; /* tried so far */
} ams_intake;

/* Pass 1: takes one row that stood at path[file]:line. After AMS_BAD_DATA the intake is as if
 * the row had not been there. The message starts with the place. */
ams_status ams_intake_row(ams_intake *intake, const ams_row *row, uint32_t file, uint64_t line,
                          ams_error *err);
/* The same of an execution whose model is known and whose labels are (intake.label): `row` has
 * no label and truth; again: its item, group and split are those of the row that was taken
 * last. Labels have no other names (--label-names). */
typedef struct ams_direct_row {
    ams_row row;
    uint32_t model;
    const uint32_t *label; /* (row.n_labels) */
    bool again;
} ams_direct_row;
ams_status ams_intake_direct(ams_intake *intake, const ams_direct_row *direct, uint32_t file,
                             uint64_t line, ams_error *err);
/* Whether the row's item has an execution of its model already. */
bool ams_intake_has(const ams_intake *intake, const ams_row *row);
void ams_intake_fini(ams_intake *intake);

/* Pass 1 of one file: all of its rows. *bytes, of all files so far, is for the progress. */
ams_status ams_import_rows(ams_intake *intake, uint32_t file, uint64_t *bytes, uint64_t total,
                           ams_error *err);

/* Before pass 1: files, form, names of labels and items that the options say. */
ams_status ams_intake_prepare(ams_intake *intake, const char *const *rows, size_t n_rows,
                              ams_error *err);
/* After pass 1: the listed items that have no rows. */
ams_status ams_intake_listed(ams_intake *intake, ams_error *err);
/* Index of a model of the table of models; AMS_BAD_DATA with a hint where it has none of that
 * name. */
ams_status ams_intake_model(const ams_intake *intake, const char *name, uint32_t *model,
                            ams_error *err);
/* Index of an item, added where it is new. */
ams_status ams_intake_item(ams_intake *intake, const char *id, uint32_t *item, ams_error *err);

/* Index of "task/label", added where it is new. */
ams_status ams_intake_label(ams_intake *intake, uint32_t task, const char *label,
                            uint32_t *index, ams_error *err);
/* A right label that is an id becomes its name; one that is a name stays it. */
ams_status ams_intake_answer_name(const ams_intake *intake, const char *item,
                                  const char **label, ams_error *err);
/* One right label of an item. */
ams_status ams_intake_answer(ams_intake *intake, uint32_t item, uint32_t task,
                             const char *label, ams_error *err);
/* After pass 1: the table of truth that the options name, if they do. */
ams_status ams_intake_truth(ams_intake *intake, ams_error *err);
/* In pass 2: all of it goes into the head, whose item i is order[i] and whose label of l is
 * rank[l]; counted. */
ams_status ams_intake_give_truth(ams_intake *intake, ams_table *head, const uint32_t *order,
                                 const uint32_t *rank, ams_error *err);

/* Pass 2: writes the file in canonical order and completes the counts. */
ams_status ams_intake_write(ams_intake *intake, ams_error *err);

#endif
