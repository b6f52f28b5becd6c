/* Jobs that other processes share. Private to lab. */
#ifndef AMS_LAB_JOBS_JOIN_H
#define AMS_LAB_JOBS_JOIN_H

#include "ams/jobs.h"

/* The jobs of a process: those of its shard, and where only failed ones are wanted, those that
 * failed by the claims, or by failed_before where they are not shared (claims NULL). Keys are
 * made. list (n) gets *selected of them. */
void ams_jobs_select(const ams_join *join, const ams_claims *claims, ams_job *job, size_t n,
                     ams_job **list, size_t *selected);
/* Whether every job is done or failed, here or elsewhere; sets their states. Keys are made. */
ams_status ams_jobs_settle(const ams_claims *claims, ams_job *job, size_t n, bool *all,
                           ams_error *err);
/* A key that is another one whenever the outcome of a job is; free() it. */
ams_status ams_jobs_state_key(const ams_claims *claims, const ams_job *job, size_t n,
                              char **key, ams_error *err);
/* Makes the job's key: its name, and a hash of the data and of every setting that can change a
 * bit, so that another sweep in the same folder is other work. */
ams_status ams_job_make_key(ams_job *job, const char *data_hash, ams_error *err);
/* Makes the keys of all, and hears of them. */
ams_status ams_jobs_join(const ams_jobs *jobs, ams_error *err);
/* Whether the job waits, and no other process has it or has done it as far as is known: then it
 * may be tried. Of jobs that are not shared, whether it waits. */
bool ams_jobs_may_claim(const ams_jobs *jobs, const ams_job *job);
/* Takes the job, or says that it cannot be begun now. *raced: another process was faster. */
ams_status ams_jobs_claim(const ams_jobs *jobs, ams_job *job, bool *mine, bool *raced,
                          ams_error *err);
/* Says what became of a job that is ours. */
ams_status ams_jobs_told(const ams_jobs *jobs, const ams_job *job, ams_error *err);
/* Looks at the folder, and gives jobs that wait here the state that others reported. */
ams_status ams_jobs_hear(const ams_jobs *jobs, ams_error *err);
/* The job to try next, from `from` on: a random one of the first that are free, as many as
 * there are processes, so that these do not all try the same. */
size_t ams_jobs_first(const ams_jobs *jobs, size_t from);

#endif
