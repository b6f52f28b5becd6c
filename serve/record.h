/* What a policy learns from, recorded by running every program on every item. */
#ifndef AMS_SERVE_RECORD_H
#define AMS_SERVE_RECORD_H

#include "ams/progress.h"
#include "serve/runner.h"

/* Runs the programs one at a time on each of the items (n) and writes what `ams data import`
 * reads: to `path` a row of JSON for each item and program, to ams_record_models_path the table
 * of models, with mem_mb where every program has it. Both are written whole or not at all. A
 * program that prints more than output_bytes has failed, and one that fails ends the recording:
 * a row that is missing would be taken for a model that finds nothing. @return AMS_BAD_DATA
 * with item, model and reason; AMS_IO; AMS_BACKEND. */
ams_status ams_record(const ams_programs *programs, const char *const *item, size_t n,
                      const char *path, size_t output_bytes, const ams_progress *progress,
                      ams_error *err);
/* "DIR/rows.jsonl" -> "DIR/rows.models.tsv", for the caller to free(). */
ams_status ams_record_models_path(char **models, const char *path, ams_error *err);

#endif
