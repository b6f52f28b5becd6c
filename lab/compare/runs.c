/* The runs of an experiment's folder. */
#include "base/file.h"
#include "base/memory.h"
#include "base/tsv.h"
#include "lab/compare/parts.h"
#include "rl/run/record.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "./" keeps a '=' in the folder's name from being read as NAME=POLICY. */
static ams_status add_run(ams_compare *c, size_t *capacity, const char *name, ams_error *err)
{
    const char *experiment = c->options.directory;
    char *directory = NULL;
    char *policy = NULL;
    ams_status status = AMS_OK;
    if (asprintf(&directory, "%s%s/runs/%s", experiment[0] == '/' ? "" : "./", experiment,
                 name) < 0) {
        return ams_no_memory(err, 0, "a run");
    }
    if (!ams_is_directory(directory)) {
        goto out;
    }
    AMS_TRY(ams_join_path(&policy, directory, "policy.ams", err));
    if (!ams_exists(policy)) {
        ams_notice(c->options.score.progress, "%s is left out: its training is not finished",
                   directory);
        c->n_unfinished++;
        goto out;
    }
    AMS_TRY(ams_grow(&c->run, capacity, c->n_runs + 1, sizeof *c->run, "runs", err));
    ams_compare_member *run = &c->run[c->n_runs++];
    *run = (ams_compare_member){.directory = directory};
    directory = NULL;
    AMS_TRY(ams_run_record_data(run->directory, &run->data_path, run->data_hash, err));
    AMS_TRY(ams_run_record_seconds(run->directory, &run->seconds, err));
    AMS_TRY(ams_run_record_items(run->directory, &run->items, err));
out:
    free(directory);
    free(policy);
    return status;
}

/* Runs that failed before they had a folder are not among those found. */
static ams_status report_failures(const ams_compare *c, ams_error *err)
{
    char *path = NULL;
    ams_tsv failed = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, c->options.directory, "failed.tsv", err));
    if (ams_exists(path)) {
        AMS_TRY(ams_tsv_read(&failed, path, err));
        if (failed.n_rows > 0) {
            ams_notice(c->options.score.progress,
                       "runs that failed and are not done again: %zu, see %s", failed.n_rows,
                       path);
        }
    }
out:
    ams_tsv_fini(&failed);
    free(path);
    return status;
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

ams_status ams_compare_find_runs(ams_compare *c, ams_error *err)
{
    char *folder = NULL;
    struct dirent **entries = NULL;
    size_t capacity = 0;
    int n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&folder, c->options.directory, "runs", err));
    n = scandir(folder, &entries, is_shown, by_bytes);
    if (n < 0) {
        status = ams_fail(err, AMS_IO, "cannot read %s: %s; `ams sweep -o %s` makes it", folder,
                          strerror(errno), c->options.directory);
    }
    for (int i = 0; i < n && status == AMS_OK; i++) {
        status = add_run(c, &capacity, entries[i]->d_name, err);
    }
    if (status == AMS_OK && c->n_runs == 0) {
        status =
            ams_fail(err, AMS_USAGE,
                     "no run in %s is finished; the same `ams sweep` continues it", folder);
    }
    if (status == AMS_OK) {
        status = report_failures(c, err);
    }
out:
    for (int i = 0; i < n; i++) {
        free(entries[i]);
    }
    free(entries);
    free(folder);
    return status;
}

void ams_compare_free_runs(ams_compare *c)
{
    for (size_t r = 0; r < c->n_runs; r++) {
        free(c->run[r].directory);
        free(c->run[r].data_path);
    }
    free(c->run);
}
