#include "lab/jobs/folder.h"

#include "ams/names.h"
#include "ams/table_file.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/tsv.h"
#include "lab/training/sample.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ams_status open_folder(const char *directory, bool shared, int *lock, ams_error *err)
{
    static const char *const folders[] = {"runs", "logs"};
    char *path = NULL;
    ams_lock taken;
    ams_status status = AMS_OK;
    *lock = -1;
    for (size_t k = 0; k < sizeof folders / sizeof(char *); k++) {
        AMS_TRY(ams_join_path(&path, directory, folders[k], err));
        AMS_TRY(ams_make_directories(path, err));
        free(path);
        path = NULL;
    }
    AMS_TRY(ams_join_path(&path, directory, "lock", err));
    AMS_TRY(shared ? ams_lock_share(lock, path, &taken, err)
                   : ams_lock_open(lock, path, false, &taken, err));
    if (taken.state == AMS_LOCK_IN_USE) {
        status = ams_fail(err, AMS_USAGE, "%s is in use by %s; a sweep or search works there%s",
                          directory, taken.by, shared ? " without --join" : "");
    }
out:
    free(path);
    return status;
}

ams_status ams_jobs_open_folder(const char *directory, int *lock, ams_error *err)
{
    return open_folder(directory, false, lock, err);
}

ams_status ams_jobs_join_folder(const char *directory, const ams_join *join, int *lock,
                                ams_claims **claims, ams_error *err)
{
    ams_status status = open_folder(directory, true, lock, err);
    return status == AMS_OK ? ams_claims_open(claims, directory, join->patience, err) : status;
}

void ams_jobs_close_folder(const char *directory, int *lock)
{
    char *path = NULL;
    if (*lock >= 0 && ams_join_path(&path, directory, "lock", NULL) == AMS_OK) {
        ams_lock_close(*lock, path);
    }
    free(path);
    *lock = -1;
}

/* -- failed.tsv -- */

enum { FAILED_RUN, FAILED_LABEL, FAILED_SEED, FAILED_CODE, FAILED_MESSAGE, FAILED_COLUMNS };
static const char *const failed_columns[FAILED_COLUMNS] = {"run", "label", "seed", "code",
                                                           "message"};
/* In front of the message of a run that failed in an earlier call. */
static const char NOT_AGAIN[] = "failed before, not done again yet: ";

/* EXP/failed.tsv, and the jobs by their names. */
typedef struct failed_table {
    ams_tsv tsv;
    size_t column[FAILED_COLUMNS];
    ams_names names;
} failed_table;

static const char *failed_cell(const failed_table *f, size_t row, size_t which)
{
    return ams_tsv_cell(&f->tsv, row, f->column[which]);
}

/* Without what an earlier call put in front. */
static const char *failed_message(const failed_table *f, size_t row)
{
    const char *message = failed_cell(f, row, FAILED_MESSAGE);
    const size_t n = sizeof NOT_AGAIN - 1;
    return strncmp(message, NOT_AGAIN, n) == 0 ? message + n : message;
}

/* The job of a row; n: of none. */
static size_t failed_job(const failed_table *f, size_t row, size_t n)
{
    const char *name = failed_cell(f, row, FAILED_RUN);
    const uint32_t i = ams_names_find(&f->names, name, strlen(name));
    return i == AMS_NO_NAME ? n : i;
}

static ams_status read_failed(failed_table *f, const char *directory, bool needed,
                              ams_job *const *job, size_t n, ams_error *err)
{
    char *path = NULL;
    uint32_t i = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, directory, "failed.tsv", err));
    if (!needed && !ams_exists(path)) {
        goto out;
    }
    AMS_TRY(ams_tsv_read(&f->tsv, path, err));
    for (size_t k = 0; k < FAILED_COLUMNS; k++) {
        AMS_TRY(ams_tsv_require(&f->tsv, failed_columns[k], &f->column[k], err));
    }
    for (size_t k = 0; k < n && f->tsv.n_rows > 0; k++) {
        AMS_TRY(ams_names_add(&f->names, job[k]->name, strlen(job[k]->name), &i, err));
    }
out:
    free(path);
    return status;
}

static void failed_fini(failed_table *f)
{
    ams_names_fini(&f->names);
    ams_tsv_fini(&f->tsv);
}

static ams_status recall(const failed_table *f, size_t row, ams_job *job, ams_error *err)
{
    double code = 0;
    ams_status status = ams_tsv_number(&f->tsv, row, f->column[FAILED_CODE], &code, err);
    if (status != AMS_OK) {
        return status;
    }
    job->code_before = code >= 0 && code <= UINT8_MAX ? (int)code : AMS_BACKEND;
    free(job->failed_before);
    return ams_copy_text(&job->failed_before, failed_message(f, row), err);
}

ams_status ams_jobs_recall_failed(const char *directory, bool needed, ams_job *const *job,
                                  size_t n, ams_error *err)
{
    failed_table f = {.column = {0}};
    ams_status status = AMS_OK;
    AMS_TRY(read_failed(&f, directory, needed, job, n, err));
    for (size_t row = 0; row < f.tsv.n_rows; row++) {
        const size_t i = failed_job(&f, row, n);
        if (i < n) {
            AMS_TRY(recall(&f, row, job[i], err));
        }
    }
out:
    failed_fini(&f);
    return status;
}

typedef struct job_list {
    const char *directory;
    ams_job *const *job;
    size_t n;
    const failed_table *before;
} job_list;

/* A run that a signal stopped has a code, one that paused where it was to has none. */
static bool is_not_done_again(const ams_job *job)
{
    return job->failed_before != NULL &&
           (job->state == AMS_JOB_WAITING || job->state == AMS_JOB_RUNNING ||
            (job->state == AMS_JOB_STOPPED && job->code != 0));
}

/* Rows of runs that are none of these jobs, such as those of other seeds: as long as the run is
 * not trained. */
static ams_status print_others(FILE *stream, const job_list *list, ams_error *err)
{
    const failed_table *f = list->before;
    for (size_t row = 0; row < f->tsv.n_rows; row++) {
        char *policy = NULL;
        const char *run = failed_cell(f, row, FAILED_RUN);
        if (failed_job(f, row, list->n) < list->n) {
            continue;
        }
        ams_status status =
            ams_format(&policy, "a run", err, "%s/runs/%s/policy.ams", list->directory, run);
        if (status != AMS_OK) {
            return status;
        }
        if (!ams_exists(policy)) {
            fprintf(stream, "%s\t%s\t%s\t%s\t%s%s\n", run, failed_cell(f, row, FAILED_LABEL),
                    failed_cell(f, row, FAILED_SEED), failed_cell(f, row, FAILED_CODE),
                    NOT_AGAIN, failed_message(f, row));
        }
        free(policy);
    }
    return AMS_OK;
}

static ams_status print_failed(FILE *stream, const void *context, ams_error *err)
{
    const job_list *list = context;
    for (size_t k = 0; k < FAILED_COLUMNS; k++) {
        fprintf(stream, "%s%c", failed_columns[k], k + 1 < FAILED_COLUMNS ? '\t' : '\n');
    }
    for (size_t i = 0; i < list->n; i++) {
        const ams_job *job = list->job[i];
        const bool failed = job->state == AMS_JOB_FAILED;
        if (failed || is_not_done_again(job)) {
            fprintf(stream, "%s\t%s\t%llu\t%d\t%s%s\n", job->name, job->label,
                    (unsigned long long)job->seed, failed ? job->code : job->code_before,
                    failed ? "" : NOT_AGAIN, failed ? job->message : job->failed_before);
        }
    }
    return print_others(stream, list, err);
}

ams_status ams_jobs_write_failed(const char *directory, ams_job *const *job, size_t n,
                                 ams_error *err)
{
    failed_table before = {.column = {0}};
    const job_list list = {.directory = directory, .job = job, .n = n, .before = &before};
    ams_status status = read_failed(&before, directory, false, job, n, err);
    if (status == AMS_OK) {
        status = ams_file_write(directory, "failed.tsv", print_failed, &list, err);
    }
    failed_fini(&before);
    return status;
}

/* -- others -- */

static ams_status print_json(FILE *stream, const void *context, ams_error *err)
{
    (void)err;
    json_dumpf(context, stream, JSON_INDENT(2));
    fputc('\n', stream);
    return AMS_OK;
}

ams_status ams_jobs_write_json(const char *directory, const char *name, json_t *json,
                               ams_error *err)
{
    ams_status status =
        json == NULL
            ? ams_fail(err, AMS_BACKEND,
                       "%s/%s cannot be described as JSON (a text that is not UTF-8, or out of "
                       "memory)",
                       directory, name)
            : ams_file_write(directory, name, print_json, json, err);
    json_decref(json);
    return status;
}

ams_status ams_jobs_check_data(const char *path, uint64_t memory_mb, char hash[AMS_HASH_TEXT],
                               ams_error *err)
{
    return ams_table_hash_file(path, memory_mb > 0 ? memory_mb : AMS_TRAINING_MEMORY_MB, hash,
                               err);
}

uint64_t ams_jobs_memory_share(uint64_t memory_mb, uint64_t side_by_side, size_t n)
{
    uint64_t runs = side_by_side < n ? side_by_side : n;
    uint64_t share = runs > 0 ? memory_mb / runs : memory_mb;
    return memory_mb > 0 && share == 0 ? 1 : share;
}
