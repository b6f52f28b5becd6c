/* What a policy learns from, recorded by running every program on every item. */
#ifndef AMS_SERVE_RECORD_H
#define AMS_SERVE_RECORD_H

#include "ams/names.h"
#include "ams/progress.h"
#include "serve/runner.h"

typedef struct ams_record_options {
    const ams_programs *programs;
    const ams_names *items; /* in this order */
    const char *path;       /* of the rows */
    size_t output_bytes;    /* a program that prints more has failed */
    bool stop_at_failure;   /* else the item is left out, counted and noticed at the end */
    const ams_progress *progress; /* NULL: nobody listens */
} ams_record_options;

typedef struct ams_record_counts {
    uint32_t recorded; /* items written by this call */
    uint32_t already;  /* items that the file had */
    uint32_t failed;   /* items left out, since a program failed on them */
} ams_record_counts;

/* Runs the programs one at a time on each of the items and writes what `ams data import` reads:
 * to `path` a row of JSON for each item and program, to ams_record_models_path the table of
 * models, with mem_mb (0 where a program has none) and threshold (0.5 likewise) if any program
 * has it.
 *
 * All rows of an item are written as it ends, so an interruption costs one item. A recording
 * that is there is continued: its items are not run again, and what is left of an item that was
 * being written is cut off. An item on which a program fails gets no row, since a row that is
 * missing would be taken for a model that finds nothing; the next call tries it again.
 * @return AMS_BAD_DATA: a file that is no recording of these programs, in which case nothing is
 * changed; a failure on all items; or, with stop_at_failure, item, model and reason. AMS_IO,
 * also after a signal; AMS_BACKEND. counts are valid in any case. */
ams_status ams_record(const ams_record_options *options, ams_record_counts *counts,
                      ams_error *err);
/* "DIR/rows.jsonl" -> "DIR/rows.models.tsv", for the caller to free(). */
ams_status ams_record_models_path(char **models, const char *path, ams_error *err);

#endif
