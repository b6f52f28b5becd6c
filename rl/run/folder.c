/* The files of a run's folder: its lock, what it logs, its manifest and its policy. */
#include "rl/run/state.h"

#include "base/file.h"
#include "rl/run/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static ams_status path_in(const ams_run_state *r, const char *name, char **path, ams_error *err)
{
    return ams_join_path(path, r->options->directory, name, err);
}

ams_status ams_run_lock(ams_run_state *r, ams_error *err)
{
    char *path = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_make_directories(r->options->directory, err));
    AMS_TRY(path_in(r, "lock", &path, err));
    r->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (r->lock < 0) {
        status = ams_fail(err, AMS_IO, "cannot open %s: %s", path, strerror(errno));
    } else if (flock(r->lock, LOCK_EX | LOCK_NB) != 0) {
        status =
            ams_fail(err, AMS_USAGE, "%s is in use by another process", r->options->directory);
    }
out:
    free(path);
    return status;
}

/* metrics.tsv cut to the length that the state knows of, with its header. */
ams_status ams_run_open_metrics(ams_run_state *r, ams_error *err)
{
    static const char header[] =
        "update\tepisodes\tepsilon\tloss\tq_mean\tvalidation_area\tvalidation_time_ms\t"
        "since_best\n";
    char *path = NULL;
    char *timing = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(path_in(r, "metrics.tsv", &path, err));
    AMS_TRY(path_in(r, "timing.tsv", &timing, err));
    struct stat info;
    if (r->progress.metrics_bytes > 0 &&
        (stat(path, &info) != 0 || (uint64_t)info.st_size < r->progress.metrics_bytes)) {
        status = ams_fail(
            err, AMS_BAD_DATA,
            "%s: expected the %llu bytes that the checkpoint knows of, found fewer; "
            "remove %s/checkpoints to start again",
            path, (unsigned long long)r->progress.metrics_bytes, r->options->directory);
        goto out;
    }
    r->metrics = fopen(path, "ae");
    r->timing = fopen(timing, "ae");
    if (r->metrics == NULL || r->timing == NULL ||
        ftruncate(fileno(r->metrics), (off_t)r->progress.metrics_bytes) != 0) {
        status = ams_fail(err, AMS_IO, "cannot write %s: %s", path, strerror(errno));
        goto out;
    }
    if (r->progress.metrics_bytes == 0) {
        fputs(header, r->metrics);
        r->progress.metrics_bytes = sizeof header - 1;
    }
    if (ftell(r->timing) == 0) {
        fputs("update\tseconds\tupdates_per_s\n", r->timing);
    }
out:
    free(path);
    free(timing);
    return status;
}

/* Names and times are copied, the weights lent. */
ams_status ams_run_write_policy(ams_run_state *r, ams_error *err)
{
    const ams_train_options *train = r->options->train;
    const ams_net *net = ams_trainer_net(r->trainer);
    float theta[AMS_MAX_MODELS]; /* those trained with, which may not be the table's */
    memcpy(theta, r->env->theta, r->env->n_models * sizeof *theta);
    ams_policy_file policy = {.seed = train->seed,
                              .updates = r->progress.best_updates,
                              .decide = (ams_decide)train->decide,
                              .env = r->env->options,
                              .model_name = r->table->model_name,
                              .time_ms = r->table->time_ms,
                              .mem_mb = r->table->mem_mb,
                              .theta = theta,
                              .label_name = r->table->label_name,
                              .net = *net};
    const char *agent = ams_agents[train->agent]->name;
    snprintf(policy.agent, sizeof policy.agent, "%s", agent);
    snprintf(policy.label, sizeof policy.label, "%s",
             train->label[0] == '\0' ? agent : train->label);
    memcpy(policy.data_hash, r->progress.data_hash, AMS_HASH_TEXT);
    policy.net.params = r->best;
    char *path = NULL;
    ams_status status = path_in(r, "policy.ams", &path, err);
    if (status == AMS_OK) {
        status = ams_policy_file_write(&policy, path, err);
    }
    free(path);
    return status;
}

ams_status ams_run_already_finished(const ams_run_state *r, bool *finished, ams_error *err)
{
    char *path = NULL;
    *finished = false;
    ams_status status = path_in(r, "policy.ams", &path, err);
    if (status == AMS_OK && ams_exists(path)) {
        ams_policy_file policy;
        status = ams_policy_file_read(&policy, path, err);
        if (status == AMS_OK) {
            *finished = strcmp(policy.data_hash, r->progress.data_hash) == 0;
            if (!*finished) {
                status =
                    ams_fail(err, AMS_USAGE,
                             "%s was trained on other data (content hash %s, now %s); choose "
                             "another folder",
                             r->options->directory, policy.data_hash, r->progress.data_hash);
            }
            ams_policy_file_fini(&policy);
        }
    }
    free(path);
    return status;
}

ams_status ams_run_manifest(const ams_run_state *r, const char *state, ams_error *err)
{
    ams_manifest m = {.directory = r->options->directory,
                      .command = r->options->command,
                      .version = r->options->version,
                      .data_path = r->options->data_path,
                      .data_hash = r->progress.data_hash,
                      .device = r->options->device == NULL ? "cpu" : r->options->device,
                      .threads = r->options->train->threads,
                      .seed = r->options->train->seed,
                      .updates = r->trainer == NULL ? 0 : ams_trainer_updates(r->trainer),
                      .early = r->trainer != NULL && ams_run_stopped_early(r),
                      .state = state};
    return ams_manifest_write(&m, err);
}

/* Adds to the message of a write that failed what is left of the run. */
void ams_run_say_what_is_kept(const ams_run_state *r, ams_error *err)
{
    char *folder = NULL;
    char *path[2] = {NULL, NULL};
    ams_status status = AMS_OK;
    AMS_TRY(path_in(r, "checkpoints", &folder, NULL));
    AMS_TRY(ams_join_path(&path[0], folder, "last", NULL));
    AMS_TRY(ams_join_path(&path[1], folder, "previous", NULL));
    if (err != NULL && (ams_exists(path[0]) || ams_exists(path[1]))) {
        ams_error first = *err;
        (void)ams_fail(err, AMS_IO,
                       "%s; the last checkpoint is kept: once this is mended, `ams train "
                       "--resume %s` continues from there",
                       first.text, r->options->directory);
    }
out:
    free(folder);
    free(path[0]);
    free(path[1]);
}
