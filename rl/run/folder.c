/* The files of a run's folder: its lock, what it logs, its manifest and its policy. */
#include "rl/run/state.h"

#include "base/file.h"
#include "base/lock.h"
#include "base/number.h"
#include "base/tsv.h"
#include "rl/net/math.h"
#include "rl/run/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ams_status path_in(const ams_run_state *r, const char *name, char **path, ams_error *err)
{
    return ams_join_path(path, r->options->directory, name, err);
}

ams_status ams_run_lock(ams_run_state *r, ams_error *err)
{
    char *path = NULL;
    ams_lock lock;
    ams_status status = AMS_OK;
    AMS_TRY(ams_make_directories(r->options->directory, err));
    AMS_TRY(path_in(r, "lock", &path, err));
    AMS_TRY(ams_lock_open(&r->lock, path, false, &lock, err));
    r->held_file = lock.state == AMS_LOCK_HELD_FILE;
    if (lock.state == AMS_LOCK_IN_USE) {
        status = ams_fail(err, AMS_USAGE, "%s is in use by %s", r->options->directory, lock.by);
    }
out:
    free(path);
    return status;
}

void ams_run_unlock(ams_run_state *r)
{
    char *path = NULL;
    if (r->lock >= 0 && path_in(r, "lock", &path, NULL) == AMS_OK) {
        ams_lock_close(r->lock, path);
    }
    free(path);
    r->lock = -1;
}

static const char metrics_header[] =
    "update\tepisodes\tepsilon\tloss\tq_mean\tvalidation_area\tvalidation_time_ms\t"
    "since_best\n";
enum { METRICS_HEADER = sizeof metrics_header - 1 };

/* Cuts the text that follows the last newline: a row torn by a full disk or a power cut. */
static ams_status cut_torn_row(const char *path, ams_error *err)
{
    char part[4096];
    off_t end = 0;
    ams_status status = AMS_OK;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT
                   ? AMS_OK
                   : ams_fail(err, AMS_IO, "cannot open %s: %s", path, strerror(errno));
    }
    const off_t size = lseek(fd, 0, SEEK_END);
    for (off_t at = size; at > 0 && end == 0 && status == AMS_OK;) {
        const off_t from = at > (off_t)sizeof part ? at - (off_t)sizeof part : 0;
        const ssize_t n = pread(fd, part, (size_t)(at - from), from);
        if (n != at - from) {
            status = ams_fail(err, AMS_IO, "cannot read %s: %s", path, strerror(errno));
            break;
        }
        const char *newline = memrchr(part, '\n', (size_t)n);
        end = newline == NULL ? 0 : from + (newline - part) + 1;
        at = from;
    }
    if (status == AMS_OK && end < size && ftruncate(fd, end) != 0) {
        status = ams_fail(err, AMS_IO, "cannot write %s: %s", path, strerror(errno));
    }
    close(fd);
    return status;
}

static ams_status open_timing(ams_run_state *r, ams_error *err)
{
    char *path = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(path_in(r, "timing.tsv", &path, err));
    AMS_TRY(cut_torn_row(path, err));
    r->timing = fopen(path, "ae");
    if (r->timing == NULL) {
        status = ams_fail(err, AMS_IO, "cannot write %s: %s", path, strerror(errno));
    } else if (ftell(r->timing) == 0) {
        fputs("update\tseconds\tupdates_per_s\n", r->timing);
    }
out:
    free(path);
    return status;
}

/* metrics.tsv cut to the length that the state knows of, with its header, and timing.tsv. */
ams_status ams_run_open_metrics(ams_run_state *r, ams_error *err)
{
    char *path = NULL;
    struct stat info;
    ams_status status = AMS_OK;
    AMS_TRY(path_in(r, "metrics.tsv", &path, err));
    if (r->progress.metrics_bytes <= METRICS_HEADER) {
        r->progress.metrics_bytes = 0; /* no row is lost where the header is written again */
    } else if (stat(path, &info) != 0 || (uint64_t)info.st_size < r->progress.metrics_bytes) {
        status = ams_fail(
            err, AMS_BAD_DATA,
            "%s: expected the %llu bytes that the checkpoint knows of, found fewer; "
            "remove %s/checkpoints to start again",
            path, (unsigned long long)r->progress.metrics_bytes, r->options->directory);
        goto out;
    }
    r->metrics = fopen(path, "ae");
    if (r->metrics == NULL ||
        ftruncate(fileno(r->metrics), (off_t)r->progress.metrics_bytes) != 0) {
        status = ams_fail(err, AMS_IO, "cannot write %s: %s", path, strerror(errno));
        goto out;
    }
    if (r->progress.metrics_bytes == 0) {
        fputs(metrics_header, r->metrics);
        r->progress.metrics_bytes = METRICS_HEADER;
    }
    if (fflush(r->metrics) != 0) {
        status = ams_fail(err, AMS_IO, "cannot write %s: %s", path, strerror(errno));
        goto out;
    }
    status = open_timing(r, err);
out:
    free(path);
    return status;
}

/* Names and times are copied, the weights lent. */
ams_status ams_run_write_policy(ams_run_state *r, ams_error *err)
{
    const ams_train_options *train = r->options->train;
    const ams_net *net = ams_trainer_net(r->trainer);
    float theta[AMS_MAX_MODELS]; /* those trained with, which may not be the table's */
    float threshold[AMS_MAX_MODELS];
    memcpy(theta, r->env->theta, r->env->n_models * sizeof *theta);
    memcpy(threshold, r->env->threshold, r->env->n_models * sizeof *threshold);
    ams_policy_file policy = {.seed = train->seed,
                              .updates = r->progress.best_updates,
                              .decide = (ams_decide)train->decide,
                              .env = r->env->options,
                              .model_name = r->table->model_name,
                              .time_ms = r->table->time_ms,
                              .mem_mb = r->table->mem_mb,
                              .theta = theta,
                              .threshold = threshold,
                              .label_name = r->table->label_name,
                              .net = *net};
    const char *agent = ams_agents[train->agent]->name;
    snprintf(policy.agent, sizeof policy.agent, "%s", agent);
    snprintf(policy.label, sizeof policy.label, "%s",
             train->label[0] == '\0' ? agent : train->label);
    memcpy(policy.data_hash, r->progress.data_hash, AMS_HASH_TEXT);
    policy.net.params = r->best;
    char *path = NULL;
    ams_status status = AMS_OK;
    if (r->env->n_goals > 0 && r->options->serve != NULL) {
        AMS_TRY(r->options->serve(r->options->validate_context, &policy.net, policy.serves_ms,
                                  err));
    }
    AMS_TRY(path_in(r, "policy.ams", &path, err));
    status = ams_policy_file_write(&policy, path, err);
out:
    free(path);
    return status;
}

ams_status ams_run_has_begun(const char *directory, bool *begun, ams_error *err)
{
    char *policy = NULL;
    char *metrics = NULL;
    struct stat info;
    ams_status status = AMS_OK;
    AMS_TRY(ams_checkpoint_exists(directory, begun, err));
    AMS_TRY(ams_join_path(&policy, directory, "policy.ams", err));
    AMS_TRY(ams_join_path(&metrics, directory, "metrics.tsv", err));
    *begun = *begun || ams_exists(policy) ||
             (stat(metrics, &info) == 0 && info.st_size > METRICS_HEADER);
out:
    free(policy);
    free(metrics);
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

static ams_manifest manifest_of(const ams_run_state *r, uint64_t updates, bool early,
                                const char *state)
{
    return (ams_manifest){.directory = r->options->directory,
                          .command = r->options->command,
                          .version = r->options->version,
                          .data_path = r->options->data_path,
                          .data_hash = r->progress.data_hash,
                          .cost_unit = ams_table_cost_unit(r->table),
                          .device = r->options->device == NULL ? "cpu" : r->options->device,
                          .threads = r->options->train->threads,
                          .seed = r->options->train->seed,
                          .updates = updates,
                          .early = early,
                          .state = state};
}

ams_status ams_run_manifest(const ams_run_state *r, const char *state, ams_error *err)
{
    const bool made = r->trainer != NULL;
    const ams_manifest m = manifest_of(r, made ? ams_trainer_updates(r->trainer) : 0,
                                       made && ams_run_stopped_early(r), state);
    return ams_manifest_write(&m, err);
}

/* How many updates the last row of metrics.tsv names; `otherwise` where it has none. */
static ams_status last_update(const ams_run_state *r, uint64_t otherwise, uint64_t *updates,
                              ams_error *err)
{
    char *path = NULL;
    ams_tsv metrics = {0};
    ams_status status = AMS_OK;
    *updates = otherwise;
    AMS_TRY(path_in(r, "metrics.tsv", &path, err));
    if (ams_tsv_read_log(&metrics, path, NULL) == AMS_OK && metrics.n_rows > 0) {
        (void)ams_parse_u64(ams_tsv_cell(&metrics, metrics.n_rows - 1, 0), updates);
    }
out:
    ams_tsv_fini(&metrics);
    free(path);
    return status;
}

/* Why a run with more steps would not have trained as this one did; NULL: it would have. */
static const char *why_not_longer(const ams_train_options *train, uint64_t fewer, bool at_end)
{
    if (train->lr_schedule != AMS_LR_CONSTANT) {
        return "its learning rate falls over all `steps` (lr_schedule), so a run with more has "
               "another one from its first update on";
    }
    if (ams_train_refine(train) > 0) {
        return "its last `refine` updates are of another kind than those before";
    }
    if (train->priority_alpha > 0) {
        return "priority_beta rises over all `steps`, so a run with more weights its samples "
               "otherwise from its first update on";
    }
    if (at_end && fewer % train->validate_every != 0) {
        return "it was validated at its last update, which is no multiple of validate_every, "
               "so a "
               "run with more has other validations";
    }
    return NULL;
}

ams_status ams_run_set_aside(const ams_run_state *r, ams_error *err)
{
    char name[64];
    char *from = NULL;
    char *to = NULL;
    ams_status status = AMS_OK;
    snprintf(name, sizeof name, "policy-%llu.ams", (unsigned long long)r->set_aside);
    AMS_TRY(path_in(r, "policy.ams", &from, err));
    AMS_TRY(path_in(r, name, &to, err));
    if (rename(from, to) != 0 && errno != ENOENT) {
        status = ams_fail(err, AMS_IO, "cannot rename %s: %s", from, strerror(errno));
    }
out:
    free(from);
    free(to);
    return status;
}

ams_status ams_run_lengthen(ams_run_state *r, uint64_t fewer, ams_error *err)
{
    const ams_train_options *train = r->options->train;
    bool there = false;
    uint64_t done = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_checkpoint_exists(r->options->directory, &there, err));
    AMS_TRY(last_update(r, 0, &done, err));
    const char *why = !there ? "it has no checkpoint that more updates could follow"
                             : why_not_longer(train, fewer, done >= fewer);
    if (why != NULL) {
        status =
            ams_fail(err, AMS_USAGE,
                     "%s holds another run (steps = %llu), which cannot go on to steps = %llu: "
                     "%s; choose another folder",
                     r->options->directory, (unsigned long long)fewer,
                     (unsigned long long)train->steps, why);
    } else if (done >= fewer) {
        r->set_aside = fewer;
    }
out:
    return status;
}

ams_status ams_run_mend_manifest(const ams_run_state *r, ams_error *err)
{
    char *policy = NULL;
    struct stat info = {.st_mtime = 0};
    uint64_t updates = 0;
    const uint64_t steps = r->options->train->steps;
    ams_status status = AMS_OK;
    AMS_TRY(path_in(r, "policy.ams", &policy, err));
    if (stat(policy, &info) != 0) {
        status = ams_fail(err, AMS_IO, "cannot open %s: %s", policy, strerror(errno));
        goto out;
    }
    AMS_TRY(last_update(r, steps, &updates, err));
    const ams_manifest m = manifest_of(r, updates, updates < steps, "finished");
    status = ams_manifest_finish(&m, info.st_mtime, err);
out:
    free(policy);
    return status;
}

/* Adds to the message of a write that failed what is left of the run. */
void ams_run_say_what_is_kept(const ams_run_state *r, ams_error *err)
{
    bool kept = false;
    (void)ams_checkpoint_exists(r->options->directory, &kept, NULL);
    if (err != NULL && kept) {
        ams_error first = *err;
        (void)ams_fail(err, AMS_IO,
                       "%s; the last checkpoint is kept: once this is mended, `ams train "
                       "--resume %s` continues from there",
                       first.text, r->options->directory);
    }
}
