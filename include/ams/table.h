/* The outputs table: what each model output on each item, recorded once (`ams-outputs` versions
 * 1 and 2).
 *
 * N items, M models (at most 64: one mask word), L labels, R = N x M executions. An execution
 * is row item * M + model of a CSR matrix; its outputs are at [indptr[row], indptr[row+1]),
 * sorted by label, without duplicates. File format: docs/format.md. */
#ifndef AMS_TABLE_H
#define AMS_TABLE_H

#include "ams/names.h"
#include "ams/status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { AMS_MAX_MODELS = 64, AMS_HASH_TEXT = 33, AMS_COST_UNIT_MAX = 16 };

/* The valuable threshold of a model for which the table has none. */
#define AMS_DEFAULT_THRESHOLD 0.5F

/* /items/split */
typedef enum ams_split { AMS_TRAIN = 0, AMS_VALIDATION = 1, AMS_TEST = 2 } ams_split;
/* /models/kind: what a model outputs on an item. Links predict it accordingly. */
typedef enum ams_output_kind {
    AMS_OUTPUT_MULTI,  /* any number of labels */
    AMS_OUTPUT_SINGLE, /* one label or none: confidences are one distribution */
    AMS_OUTPUT_REAL    /* one number from 0 to 1, recorded as the confidence of its one label */
} ams_output_kind;
extern const char *const ams_output_kinds[]; /* "multi", "single", "real", NULL */

/* "train", "validation", "test" */
const char *ams_split_name(ams_split split);
bool ams_split_parse(const char *name, ams_split *split);

/* Of which networks models are exits. Those of one network run in order of their stages, each
 * answers anew, and all have one task. */
typedef struct ams_exits {
    ams_names network; /* distinct */
    uint32_t *of;      /* (M) place in network; AMS_NO_NAME where stage is 0 */
    uint8_t *stage; /* (M) from 1 on, distinct within a network; 0: not an exit. NULL, as `of`
                     * then is: no model is one */
} ams_exits;

typedef struct ams_table {
    uint32_t n_items, n_models, n_labels;

    /* Attributes of the file; never NULL, "" if absent. Not part of the content hash. */
    char *name, *created, *generator, *source, *license;

    /* What the numbers mean; part of the content hash where they are not the defaults. */
    char *cost_unit;  /* of the times, which may be any cost; NULL or "" for "ms" */
    float *threshold; /* (M) an output above it is valuable, 0 to below 1; NULL: 0.5 each */

    uint8_t *kind; /* (M) ams_output_kind; NULL: all AMS_OUTPUT_MULTI */
    ams_exits exits;

    ams_names model_name; /* (M) distinct */
    ams_names task_name;  /* distinct tasks; model_task indexes it */
    uint32_t *model_task; /* (M) */
    float *theta;         /* (M) priority, 1 where the file has none */
    float *time_ms;       /* (M) mean execution time, > 0 */
    float *mem_mb;        /* (M) peak memory, >= 0 */
    ams_names label_name; /* (L) "task/label", distinct */

    ams_names item_id;    /* (N) distinct */
    ams_names group_name; /* distinct groups */
    uint32_t *item_group; /* (N) index in group_name */
    uint8_t *split;       /* (N) ams_split */

    /* The right answers, where they are known: those of item i are truth[truth_indptr[i]] to
     * truth[truth_indptr[i + 1] - 1], ascending labels of any task. An item without any has no
     * known answer. Both NULL: no item has one. In a window of a file truth_indptr need not
     * start at 0. */
    uint64_t *truth_indptr; /* (N + 1) */
    uint32_t *truth;

    uint64_t *indptr;   /* (N*M + 1) */
    uint32_t *label;    /* (nnz) */
    float *conf;        /* (nnz) in [0, 1] */
    float *run_time_ms; /* (N, M) row-major, > 0; NULL if the file has none */
} ams_table;

/* Reads and checks the whole file: format and version, ranks, types and extents before anything
 * is allocated, then every rule of ams_table_check. Variable-length strings, as h5py writes
 * them, are read too. 10,462 items x 30 models: under 0.1 s.
 * @return AMS_IO (no such file), AMS_BAD_DATA (data set, expected, found), AMS_BACKEND. On
 * failure the table is all zero. */
ams_status ams_table_read(ams_table *table, const char *path, ams_error *err);

/* Writes under a temporary name, syncs, renames: the file is whole or absent. Items and labels
 * are written in the table's order. Sets the attribute content_hash. */
ams_status ams_table_write(const ams_table *table, const char *path, ams_error *err);

void ams_table_fini(ams_table *table);

/* Every invariant of the arrays in memory; pure (no library, no I/O), so that it can be fuzzed:
 * M <= 64, indptr starts at 0, never falls and ends at nnz, labels < L and ascending in each
 * row, conf in [0,1], times > 0 and finite, memory >= 0, theta > 0, threshold in [0,1), kind <=
 * 2, exits as above, unit of cost as ams_check_cost_unit has it, split <= 2, group and task
 * indices in range, labels named "task/label" with the task of every model that outputs them,
 * truth_indptr as indptr, true labels < L, ascending per item and of a task of the models.
 * `nnz` is the length of label and conf. */
ams_status ams_table_check(const ams_table *table, uint64_t nnz, ams_error *err);

/* XXH3-128 in hex over models (in order: name, task, theta, time, memory), thresholds, unit
 * of cost and kinds where they are not the defaults, exits if there are some, labels that occur
 * in at least one output or are true, sorted by name, items sorted by id with group, split and,
 * if the table has it, truth, outputs and execution times; neither attributes nor storage order
 * count. */
ams_status ams_table_hash(const ams_table *table, char text[AMS_HASH_TEXT], ams_error *err);

/* The content_hash attribute as the file has it ("" if none); checked by `ams data check`. */
ams_status ams_table_stored_hash(const char *path, char text[AMS_HASH_TEXT], ams_error *err);

/* An output of the model is valuable above this confidence. */
static inline float ams_table_threshold(const ams_table *table, uint32_t model)
{
    return table->threshold == NULL ? AMS_DEFAULT_THRESHOLD : table->threshold[model];
}
/* Whether every model has the same threshold. */
bool ams_table_one_threshold(const ams_table *table);
/* Sets the thresholds of all models, or of those named: "X" or "MODEL=X,MODEL=X".
 * @return AMS_USAGE for a threshold outside 0 to below 1 or an unknown model; AMS_BACKEND. */
ams_status ams_table_set_threshold(ams_table *table, const char *text, ams_error *err);

static inline ams_output_kind ams_table_kind(const ams_table *table, uint32_t model)
{
    return table->kind == NULL ? AMS_OUTPUT_MULTI : (ams_output_kind)table->kind[model];
}
/* Whether some model's kind is not AMS_OUTPUT_MULTI. */
bool ams_table_has_kinds(const ams_table *table);

/* Which exit of its network the model is, from 1 on, and that network; 0 and "": of none. */
uint32_t ams_table_stage(const ams_table *table, uint32_t model);
const char *ams_table_stage_of(const ams_table *table, uint32_t model);
bool ams_table_has_exits(const ams_table *table);
/* The network's exits in order; returns how many: 0 if there is no such network. */
uint32_t ams_table_exits_of(const ams_table *table, const char *network,
                            uint32_t model[AMS_MAX_MODELS]);
/* Makes one of n models an exit of the network (stage from 1 on), or of none (0); all are of
 * none at first. @return AMS_BACKEND. */
ams_status ams_exits_set(ams_exits *exits, size_t n, size_t model, const char *network,
                         uint32_t stage, ams_error *err);
/* What `from` says of model (n) becomes that of models 0 to n - 1; NULL: of the first n.
 * @return AMS_BACKEND. */
ams_status ams_exits_copy(ams_exits *to, const ams_exits *from, const uint32_t *model, size_t n,
                          ams_error *err);
void ams_exits_fini(ams_exits *exits);

/* "ms" unless the table says otherwise; never NULL. */
const char *ams_table_cost_unit(const ams_table *table);
bool ams_table_costs_ms(const ams_table *table);
/* What costs of this unit are called in tables and figures: "time", or "cost". */
const char *ams_cost_word(const char *unit);
/* One short word: 1 to 16 bytes without spaces and control characters. AMS_USAGE. */
ams_status ams_check_cost_unit(const char *unit, ams_error *err);

bool ams_table_has_truth(const ams_table *table);
/* The right labels of an item, borrowed; 0 where none is known. */
static inline uint32_t ams_table_truth(const ams_table *table, uint32_t item,
                                       const uint32_t **label)
{
    if (table->truth_indptr == NULL) {
        return 0;
    }
    *label = table->truth + table->truth_indptr[item];
    return (uint32_t)(table->truth_indptr[item + 1] - table->truth_indptr[item]);
}
/* A right label of an item. */
typedef struct ams_answer {
    uint32_t item, label;
} ams_answer;
/* Replaces the truth of all items; answers (n), in any order, come back sorted, and equal ones
 * count once. n = 0: no item has a known answer. */
ams_status ams_table_set_truth(ams_table *table, ams_answer *answers, size_t n, ams_error *err);

/* Number of outputs. */
static inline uint64_t ams_table_outputs(const ams_table *table)
{
    return table->indptr == NULL ? 0
                                 : table->indptr[(uint64_t)table->n_items * table->n_models];
}

#ifdef __cplusplus
}
#endif
#endif
