/* From rows of recorded outputs to `ams-outputs` files, between such files, and back.
 *
 * N items, M models, L labels. Nothing here prints: counts come back in structs. */
#ifndef AMS_DATA_H
#define AMS_DATA_H

#include "ams/table_file.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_model_table { /* models.tsv, read by column name */
    ams_names name, task_name;
    uint32_t *task;   /* (M) index in task_name */
    float *time_ms;   /* (M); NULL if the file has no such column: the mean of training rows'
                         times */
    float *mem_mb;    /* (M); 0 without the column */
    float *theta;     /* (M); 1 without the column */
    float *threshold; /* (M); NULL without the column */
    uint8_t *kind;    /* (M) ams_output_kind; NULL without the column */
    ams_exits exits;  /* none without the column */
    char cost_unit[AMS_COST_UNIT_MAX + 1]; /* "" without the column, which is one for all */
} ams_model_table;
ams_status ams_model_table_read(ams_model_table *models, const char *path, ams_error *err);
/* The same with another column as time_ms, which is then required: money, memory, ... */
ams_status ams_model_table_read_cost(ams_model_table *models, const char *path,
                                     const char *column, ams_error *err);
void ams_model_table_fini(ams_model_table *models);

/* One row: what one model said of one item. Texts are borrowed from whoever gave the row. */
typedef struct ams_row {
    const char *item, *group, *model, *split; /* group and split may be NULL */
    double time_ms;                           /* NAN if absent */
    uint32_t n_labels;
    const char *const *label;
    const double *conf;
    uint32_t n_truth; /* right labels of the item, of the model's task */
    const char *const *truth;
    uint32_t clamped; /* of them, those that rounding had put outside 0 to 1 */
    uint32_t unknown_fields;
    const char *unknown_field; /* the first one's name, NULL if there is none */
} ams_row;
/* Parses one line of JSON Lines (no newline needed). Pure: fuzzed. A row that comes back has
 * proper names, confidences in [0, 1], a time that is absent or > 0 and a known split. The
 * message does not say where the line stood; the caller puts that in front. The parser keeps
 * buffers between rows, which is what the row's texts are borrowed from. */
typedef struct ams_row_parser ams_row_parser;
ams_status ams_row_parser_create(ams_row_parser **parser, ams_error *err);
void ams_row_parser_destroy(ams_row_parser *parser);
ams_status ams_row_parse(ams_row_parser *parser, const char *line, size_t length, ams_row *row,
                         ams_error *err);

typedef struct ams_split_options {
    double share[3]; /* train, validation, test; sums to 1 */
    uint64_t seed;
} ams_split_options;

typedef enum ams_row_format {
    AMS_FORMAT_ROWS,  /* a row per execution, or a record per label, as docs/format.md says */
    AMS_FORMAT_KEYED, /* one JSON object: item -> a row's fields, or its labels */
    AMS_FORMAT_COCO,  /* detection results of COCO: a JSON array, an object per detection */
    AMS_FORMAT_FIFTYONE, /* samples.json of an exported FiftyOneDataset: a field per model */
    AMS_FORMAT_YOLO      /* folders of text files, one per image */
} ams_row_format;
extern const char *const ams_row_formats[]; /* their names, NULL at the end */

/* How rows are written where it is not as docs/format.md has them; all zero: as there. */
typedef struct ams_row_form {
    ams_row_format format;
    /* "item=ImageID,label=LabelName": which field or column stands for which part of a row.
     * "=text" in place of a column is a constant; a * in it stands for labels or models. */
    const char *columns;
    const char *separator;   /* the files are CSV with this byte, or "tab", between cells */
    const char *label_names; /* a file with what the ids or codes of labels stand for */
    const char *time_unit;   /* of the rows' times: "s", "ms", "us", "ns"; NULL: ms */
    const char *const *model_files; /* "NAME=FILE": all rows of FILE are of that model */
    size_t n_model_files;
    /* A text file with an id per line, or annotations of COCO: those items and no other, and an
     * execution that has no row had no output. */
    const char *items;
    double keep; /* outputs with a smaller confidence are left out */
} ams_row_form;

typedef struct ams_import_options {
    const char *models_path;
    ams_row_form form;
    /* A table with the columns item and truth, and task where the models have several: a row
     * per right label. NULL: the rows' own, if they have any. */
    const char *truth_path;
    const char *output;
    const char *name, *source, *license; /* may be NULL */
    const char *threshold; /* as ams_table_set_threshold takes it, in place of the column of the
                              table of models; NULL: that column, else 0.5 */
    /* Column of the table of models that is what a call costs, in place of time_ms; the rows'
     * own times then count nothing. NULL: time_ms. */
    const char *cost;
    const char *cost_unit;   /* in place of that column; NULL: that column, else "ms" */
    ams_split_options split; /* for items whose rows name no split */
    bool skip_bad, allow_missing;
    bool merge_labels; /* a label twice in an execution: its largest confidence, counted */
    /* Called about once in `progress_rows` rows; may be NULL. */
    void (*progress)(void *context, uint64_t rows, uint64_t bytes, uint64_t total_bytes);
    void *progress_context;
    struct ams_team
        *team; /* of processes that compress the file together; NULL: this one alone */
} ams_import_options;
ams_import_options ams_import_defaults(void);

typedef struct ams_import_counts {
    uint64_t rows, bad_rows, missing_runs, unknown_fields, rows_without_time, merged_labels;
    uint64_t clamped;        /* confidences up to 1e-6 outside 0 to 1, taken for 0 or 1 */
    uint64_t below_keep;     /* outputs left out for their confidence */
    uint64_t truth_left_out; /* rows of truth without a label, or of items without rows */
    uint32_t items_with_truth;
    bool times_from_rows;   /* models.tsv had no time_ms */
    char first_bad[1024];   /* the message of the first skipped row */
    char unknown_field[64]; /* the first unknown field's name */
    uint32_t n_items, n_models, n_labels;
    uint64_t n_outputs;
} ams_import_counts;

/* Streams in memory that does not grow with the number of outputs (a spool file next to the
 * output holds them); rows may come in any order and from several files (JSON Lines or CSV by
 * the name's ending, plain, gzip or zstd, recognised by content). Items are written sorted by
 * id and labels by name, so the file does not depend on the order of the rows. Refuses, with
 * file:line: unknown model, conf out of [0,1] or NaN, an execution twice, a label twice in an
 * execution (unless merge_labels), an item without all models (unless allow_missing), over 64
 * models, no rows. CSV (header item,model,label,conf; more columns ignored and counted): an
 * execution with no output has one row with label and conf empty. Other forms: ams_row_form;
 * `rows` may be none where that names files. */
ams_status ams_data_import(const char *const *rows, size_t n_rows,
                           const ams_import_options *options, ams_import_counts *counts,
                           ams_error *err);

/* Seeded, stratified by group: each group's items, sorted by id, are shuffled with a stream of
 * the group's name and cut by largest remainder. Depends on ids and groups only. */
ams_status ams_data_split(ams_table *table, const ams_split_options *options, ams_error *err);
/* Splits that others drew: a table (plain or compressed) with a column `item` and the column
 * named, or `split`, or the only other one. Each item of the table once; other items are left
 * out. AMS_BAD_DATA; AMS_USAGE where no column is named and none is meant. */
ams_status ams_data_split_from(ams_table *table, const char *path, const char *column,
                               ams_error *err);
/* Another valuable threshold, as ams_table_set_threshold takes it; notes the step. */
ams_status ams_data_set_threshold(ams_table *table, const char *text, ams_error *err);
/* Where files of the same models have other mean times (each was recorded on its own): refuse
 * them, take the first file's, or the mean over all items, which is that of all executions. */
typedef enum ams_merge_times {
    AMS_MERGE_SAME_TIMES,
    AMS_MERGE_FIRST_TIMES,
    AMS_MERGE_MEAN_TIMES
} ams_merge_times;
/* The same models, memory, theta, thresholds and unit of cost required; duplicate item ids
 * refused. */
ams_status ams_data_merge(ams_table *merged, const ams_table *const *tables, size_t n,
                          ams_merge_times times, ams_error *err);
/* What comes of the file that something is fitted to. */
typedef enum ams_fit_parts {
    AMS_FIT,         /* its training items */
    AMS_FIT_AND_TUNE /* its validation items, too */
} ams_fit_parts;
/* A table to score policies on that are fitted elsewhere: the items of `split` of the table,
 * and after them those `parts` of `fit` with the table's models, by name. Models, their
 * times and thresholds are the table's; labels are those of both. place (N, for the caller to
 * free()) is the item's place in the table, and beyond its end for those of fit. `path` is
 * fit's, for messages.
 * @return AMS_USAGE where split is one of those parts; AMS_BAD_DATA where fit lacks a model,
 * has no training items, counts costs in another unit, or trains on an item that is scored. */
ams_status ams_data_join_training(ams_table *joined, uint32_t **place, const ams_table *table,
                                  ams_split split, const ams_table *fit, ams_fit_parts parts,
                                  const char *path, ams_error *err);
/* The same of the file at `path`, in place of the table.
 * @return also AMS_IO, and AMS_USAGE where the file needs more than memory_mb. */
ams_status ams_data_join_file(ams_table *table, uint32_t **place, ams_split split,
                              ams_fit_parts parts, const char *path, uint64_t memory_mb,
                              ams_error *err);
/* The same for a table that is held as a whole; path NULL: it stays as it is. */
ams_status ams_data_join_learned(ams_table *table, ams_split split, ams_fit_parts parts,
                                 const char *path, ams_error *err);
/* What is said where the scored file is read in windows: AMS_USAGE. */
ams_status ams_data_refuse_join(const char *path, ams_error *err);
typedef struct ams_selection { /* NULL / 0 = all */
    const char *const *models;
    size_t n_models;
    const char *const *groups;
    size_t n_groups;
    const char *const *items;
    size_t n_items;
    bool all_labels; /* keep labels that no kept output has: a policy fits the table and its
                        parts alike */
} ams_selection;
/* An unknown name is AMS_USAGE with the nearest known one. */
ams_status ams_data_select(ams_table *selected, const ams_table *table,
                           const ams_selection *selection, ams_error *err);
/* The same of a file. Where a table of all its items takes more than memory_mb (MB of 2^20
 * bytes) and the selection names groups or items, only the chosen items are held in memory. */
ams_status ams_data_select_file(ams_table *selected, const char *path,
                                const ams_selection *selection, uint64_t memory_mb,
                                ams_error *err);
/* Adds the item ids of a text file, one per line; blank lines are skipped.
 * @return AMS_IO; AMS_BAD_DATA where there is none. */
ams_status ams_data_read_ids(ams_names *ids, const char *path, ams_error *err);

/* What a file holds, counted in one pass over its windows. */
typedef struct ams_data_summary {
    char hash[AMS_HASH_TEXT];
    bool run_times; /* each execution has its own time */
    ams_names groups;
    uint64_t (*items)[3];              /* (groups) items by split */
    uint64_t valuable[AMS_MAX_MODELS]; /* (M) items with a valuable output of the model */
    uint64_t outputs, valuable_outputs;
    uint64_t items_with_truth, true_labels;
    char *exits;     /* a line per network with its exits in order; "": there is none */
    size_t capacity; /* private */
} ams_data_summary;

/* Checks the whole file, too; memory_mb as of ams_table_file_check. The caller's to fini.
 * @return AMS_BAD_DATA, AMS_IO. */
ams_status ams_data_summarize(ams_data_summary *summary, ams_table_file *file,
                              uint64_t memory_mb, ams_error *err);
void ams_data_summary_fini(ams_data_summary *summary);

/* JSON Lines at `rows_path` (".gz" and ".zst" compress) and `<rows_path less its
 * endings>.models.tsv`; floats to 9 digits, with split: importing both gives the same content
 * hash. */
ams_status ams_data_export(const ams_table *table, const char *rows_path, ams_error *err);
/* The name of that table of models; free() it. */
ams_status ams_data_models_path(char **path, const char *rows_path, ams_error *err);
/* The same of a file, which is checked and read in windows. With rows_path "-" the rows go to
 * standard output. models_path NULL: the name above, and no table of models with "-". */
ams_status ams_data_export_file(ams_table_file *file, const char *rows_path,
                                const char *models_path, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
