#include "lab/jobs/folder.h"

#include "ams/table_file.h"
#include "base/file.h"
#include "base/lock.h"
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

typedef struct job_list {
    ams_job *const *job;
    size_t n;
} job_list;

static ams_status print_failed(FILE *stream, const void *context, ams_error *err)
{
    const job_list *list = context;
    (void)err;
    fputs("run\tlabel\tseed\tcode\tmessage\n", stream);
    for (size_t i = 0; i < list->n; i++) {
        const ams_job *job = list->job[i];
        if (job->state == AMS_JOB_FAILED) {
            fprintf(stream, "%s\t%s\t%llu\t%d\t%s\n", job->name, job->label,
                    (unsigned long long)job->seed, job->code, job->message);
        }
    }
    return AMS_OK;
}

ams_status ams_jobs_write_failed(const char *directory, ams_job *const *job, size_t n,
                                 ams_error *err)
{
    const job_list list = {.job = job, .n = n};
    return ams_file_write(directory, "failed.tsv", print_failed, &list, err);
}

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
