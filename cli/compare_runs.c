/* The runs of an experiment's folder, as `ams compare` finds them. */
#include "cli/compare.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/tsv.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What data the run was trained on. */
static ams_status read_manifest(compare_run *run, ams_error *err)
{
    char *path = NULL;
    json_error_t reason;
    json_t *manifest = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, run->directory, "manifest.json", err));
    manifest = json_load_file(path, 0, &reason);
    const char *data = json_string_value(json_object_get(manifest, "data"));
    const char *hash = json_string_value(json_object_get(manifest, "data_hash"));
    if (data == NULL || hash == NULL) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: expected 'data' and 'data_hash' (%s)", path,
                          manifest == NULL ? reason.text : "not there");
        goto out;
    }
    snprintf(run->data_hash, sizeof run->data_hash, "%s", hash);
    status = ams_copy_text(&run->data_path, data, err);
out:
    json_decref(manifest);
    free(path);
    return status;
}

/* A resumed run appends, each process from 0: the sum of what each came to. */
static ams_status sum_seconds(const ams_tsv *timing, double *seconds, ams_error *err)
{
    size_t column = 0;
    double before = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_tsv_require(timing, "seconds", &column, err));
    for (size_t row = 0; row < timing->n_rows; row++) {
        double now = 0;
        AMS_TRY(ams_tsv_number(timing, row, column, &now, err));
        *seconds += now < before ? now : now - before;
        before = now;
    }
out:
    return status;
}

static ams_status read_timing(compare_run *run, ams_error *err)
{
    char *path = NULL;
    ams_tsv timing = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, run->directory, "timing.tsv", err));
    if (!ams_exists(path)) {
        run->seconds = NAN;
        goto out;
    }
    AMS_TRY(ams_tsv_read(&timing, path, err));
    status = sum_seconds(&timing, &run->seconds, err);
out:
    ams_tsv_fini(&timing);
    free(path);
    return status;
}

/* "./" keeps a '=' in the folder's name from being read as NAME=POLICY. */
static ams_status add_run(compare *c, size_t *capacity, const char *name, ams_error *err)
{
    char *directory = NULL;
    char *policy = NULL;
    ams_status status = AMS_OK;
    if (asprintf(&directory, "%s%s/runs/%s", c->directory[0] == '/' ? "" : "./", c->directory,
                 name) < 0) {
        return ams_no_memory(err, 0, "a run");
    }
    if (!ams_is_directory(directory)) {
        goto out;
    }
    AMS_TRY(ams_join_path(&policy, directory, "policy.ams", err));
    if (!ams_exists(policy)) {
        fprintf(stderr, "ams compare: %s is left out: its training is not finished\n",
                directory);
        c->n_unfinished++;
        goto out;
    }
    AMS_TRY(ams_grow(&c->run, capacity, c->n_runs + 1, sizeof *c->run, "runs", err));
    compare_run *run = &c->run[c->n_runs++];
    *run = (compare_run){.directory = directory};
    directory = NULL;
    AMS_TRY(read_manifest(run, err));
    AMS_TRY(read_timing(run, err));
out:
    free(directory);
    free(policy);
    return status;
}

/* Runs that failed before they had a folder are not among those found. */
static ams_status tell_failures(const compare *c, ams_error *err)
{
    char *path = NULL;
    ams_tsv failed = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, c->directory, "failed.tsv", err));
    if (ams_exists(path)) {
        AMS_TRY(ams_tsv_read(&failed, path, err));
        if (failed.n_rows > 0) {
            fprintf(stderr, "ams compare: failed runs of the latest sweep: %zu, see %s\n",
                    failed.n_rows, path);
        }
    }
out:
    ams_tsv_fini(&failed);
    free(path);
    return status;
}

static int shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

ams_status compare_find_runs(compare *c, ams_error *err)
{
    char *folder = NULL;
    struct dirent **entries = NULL;
    size_t capacity = 0;
    int n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&folder, c->directory, "runs", err));
    n = scandir(folder, &entries, shown, by_bytes);
    if (n < 0) {
        status = ams_fail(err, AMS_IO, "cannot read %s: %s; `ams sweep -o %s` makes it", folder,
                          strerror(errno), c->directory);
    }
    for (int i = 0; i < n && status == AMS_OK; i++) {
        status = add_run(c, &capacity, entries[i]->d_name, err);
    }
    if (status == AMS_OK && c->n_runs == 0) {
        status = ams_fail(err, AMS_USAGE,
                          "no run in %s is finished; the same `ams sweep` "
                          "continues it",
                          folder);
    }
    if (status == AMS_OK) {
        status = tell_failures(c, err);
    }
out:
    for (int i = 0; i < n; i++) {
        free(entries[i]);
    }
    free(entries);
    free(folder);
    return status;
}

void compare_runs_fini(compare *c)
{
    for (size_t r = 0; r < c->n_runs; r++) {
        free(c->run[r].directory);
        free(c->run[r].data_path);
    }
    free(c->run);
}
