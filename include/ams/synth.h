/* Generated outputs files: workloads of the papers' size, CUBE and CUBE-NM, and plain tables
 * for measurements of cost. docs/generated-data.md has the story of how they are generated.
 *
 * An item is a pure function of (preset, files, seed, index), so any number of items streams,
 * item 7 is the same in a file of ten and of ten million, and bits do not depend on the
 * machine: integer Philox, tables and the basic IEEE operations only. N items, M models, L
 * labels. */
#ifndef AMS_SYNTH_H
#define AMS_SYNTH_H

#include "ams/data.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_synth ams_synth;

typedef struct ams_synth_options {
    const char *preset; /* a column of story.tsv or cube.tsv, or "plain" */
    const char *folder; /* files that stand there are read instead of the built-in ones; NULL */
    uint32_t n_items;
    uint64_t seed;
    uint32_t plain_models, plain_labels; /* of `plain` alone */
    ams_split_options split;
    bool run_times;        /* each execution has its own time */
    struct ams_team *team; /* of processes that write together; NULL: this one alone */
} ams_synth_options;
/* The papers' split, 1 : 4, with a tenth of the training part for validation. */
ams_synth_options ams_synth_defaults(void);

/* @return AMS_USAGE (no such preset: nearest name), AMS_IO, AMS_BAD_DATA (file, row, column).
 */
ams_status ams_synth_create(ams_synth **synth, const ams_synth_options *options,
                            ams_error *err);
void ams_synth_destroy(ams_synth *synth);

typedef void ams_synth_progress(void *context, uint64_t done, uint64_t total);

/* Streams all items into an outputs file, its content hash included. 394,170 items of `coco`:
 * see docs/speed.md, "Large files". progress may be NULL. AMS_HELPED on a member of the team
 * that does not lead. */
ams_status ams_synth_write(ams_synth *synth, const char *path, ams_synth_progress *progress,
                           void *context, ams_error *err);
/* The first n items (at most all) in memory; they keep the split that they have in the file. */
ams_status ams_synth_table(ams_synth *synth, uint32_t n, ams_table *table, ams_error *err);

/* The papers' numbers of their workload, in ms; 0 where they have none. */
typedef struct ams_synth_targets {
    double all_ms, random_ms, valuable_ms;
} ams_synth_targets;
ams_synth_targets ams_synth_target(const ams_synth *synth);

/* The same of a table, and how much its outputs overlap. Means over items. */
typedef struct ams_synth_workload {
    uint32_t n_items;
    uint64_t n_outputs;
    double all_ms, random_ms, valuable_ms;
    double random_stderr_ms; /* over items and orders */
    double disjoint_ms;   /* random order if every valuable execution had a label of its own */
    double valuable_runs; /* executions with an output above 0.5 */
    double dispensable_runs; /* of these: every such label comes from another one, too */
    double valuable_labels;  /* distinct labels above 0.5 */
    double makers;           /* executions that output such a label, per label */
    double shared_labels;    /* share of these labels that two executions or more output */
    uint32_t empty;          /* items without a valuable label; 0 ms */
    uint32_t n_orders;       /* random ones per item */
} ams_synth_workload;
/* `orders` random orders per item, drawn with seed. */
ams_status ams_synth_measure(ams_synth_workload *workload, const ams_table *table,
                             uint32_t orders, uint64_t seed, ams_error *err);

/* For people: the same against the targets. */
void ams_synth_print_workload(const ams_synth_workload *workload, ams_synth_targets target,
                              FILE *stream);
/* A TSV with the columns quantity, reached and target ("-" where the papers say nothing).
 * @return AMS_IO. */
ams_status ams_synth_write_workload(const ams_synth_workload *workload,
                                    ams_synth_targets target, const char *path, ams_error *err);

/* Writes story.tsv, models.tsv, labels.tsv and cube.tsv as they came with the program into the
 * folder (made where it is missing); a file that is there is AMS_USAGE. */
ams_status ams_synth_write_files(const char *folder, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
