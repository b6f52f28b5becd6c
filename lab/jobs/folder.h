/* The folder of an experiment, EXP: EXP/runs, EXP/logs, EXP/lock and EXP/failed.tsv. */
#ifndef AMS_LAB_JOBS_FOLDER_H
#define AMS_LAB_JOBS_FOLDER_H

#include "ams/claims.h"
#include "ams/job.h"
#include "ams/table.h"

struct json_t; /* of jansson */

/* Makes EXP/runs and EXP/logs, and takes EXP/lock, which ams_jobs_close_folder gives back.
 * *lock is -1 after a failure.
 * @return AMS_USAGE if another process has it. */
ams_status ams_jobs_open_folder(const char *directory, int *lock, ams_error *err);
/* The same for one of many processes that share the work, with its claims (ams/claims.h).
 * @return AMS_USAGE if a process has it alone. */
ams_status ams_jobs_join_folder(const char *directory, const ams_join *join, int *lock,
                                ams_claims **claims, ams_error *err);
void ams_jobs_close_folder(const char *directory, int *lock);
/* What EXP/failed.tsv says of the n jobs, into failed_before and code_before. `needed`: the
 * file has to be there.
 * @return AMS_IO, AMS_BAD_DATA. */
ams_status ams_jobs_recall_failed(const char *directory, bool needed, ams_job *const *job,
                                  size_t n, ams_error *err);
/* EXP/failed.tsv: a header, one row per job of the n that failed, or had failed before and is
 * not done again yet, and the file's rows of other runs, unless those are trained by now. */
ams_status ams_jobs_write_failed(const char *directory, ams_job *const *job, size_t n,
                                 ams_error *err);
/* DIRECTORY/NAME, whole or not at all; takes json. NULL: it could not be made, which is an
 * error. */
ams_status ams_jobs_write_json(const char *directory, const char *name, struct json_t *json,
                               ams_error *err);
/* Checks the outputs file once, in windows, instead of once in every run, and returns its
 * content hash. memory_mb: as in a request; 0: AMS_TRAINING_MEMORY_MB. */
ams_status ams_jobs_check_data(const char *path, uint64_t memory_mb, char hash[AMS_HASH_TEXT],
                               ams_error *err);
/* The share of memory_mb that each of n jobs gets, side_by_side of them at a time: at least 1,
 * and 0 for 0. */
uint64_t ams_jobs_memory_share(uint64_t memory_mb, uint64_t side_by_side, size_t n);

#endif
