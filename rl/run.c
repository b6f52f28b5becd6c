#include "rl/run.h"

#include "base/file.h"
#include "base/memory.h"
#include "rl/checkpoint.h"
#include "rl/manifest.h"
#include "rl/run_config.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct run {
    const ams_run_options *options;
    const ams_table *table;
    const ams_env *env;
    ams_trainer *trainer;
    uint8_t *order; /* (N, M) of the validation split, where a device scores; else NULL */
    float *best;    /* (n_params) weights with the best validation so far */
    ams_progress progress;
    int lock;
    FILE *metrics;
    FILE *timing;
    double started;
    uint64_t first_update;
} run;

/* -- the folder -- */

static ams_status path_in(const run *r, const char *name, char **path, ams_error *err)
{
    return ams_join_path(path, r->options->directory, name, err);
}

static ams_status lock_folder(run *r, ams_error *err)
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
static ams_status open_metrics(run *r, ams_error *err)
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

/* -- training -- */

static bool better(const run *r, const ams_validation *now)
{
    if (!r->progress.has_best || r->options->train->best_by == AMS_BEST_LAST) {
        return true;
    }
    return r->options->train->best_by == AMS_BEST_TIME ? now->time_ms < r->progress.best.time_ms
                                                       : now->area > r->progress.best.area;
}

static void keep_best(run *r)
{
    const ams_net *net = ams_trainer_net(r->trainer);
    memcpy(r->best, net->params, net->n_params * sizeof(float));
    r->progress.best_updates = ams_trainer_updates(r->trainer);
    r->progress.since_best = 0;
    r->progress.has_best = 1;
}

static ams_status validate(run *r, ams_error *err)
{
    ams_validation now = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_trainer_sync(r->trainer, err));
    if (r->options->validate == NULL) {
        keep_best(r);
        return AMS_OK;
    }
    if (r->order != NULL) {
        AMS_TRY(ams_trainer_orders(r->trainer, AMS_VALIDATION, r->order, err));
    }
    AMS_TRY(r->options->validate(r->options->validate_context, ams_trainer_net(r->trainer),
                                 r->order, &now, err));
    r->progress.latest = now;
    r->progress.has_latest = 1;
    if (better(r, &now)) {
        r->progress.best = now;
        keep_best(r);
    } else {
        r->progress.since_best++;
    }
out:
    return status;
}

/* A pure function of what checkpoints hold: a run that was killed after its last update but
 * before policy.ams was there does not train on. */
static bool out_of_patience(const run *r)
{
    uint64_t patience = r->options->train->patience;
    return patience > 0 && r->progress.since_best >= patience;
}

static bool all_done(const run *r)
{
    return ams_trainer_updates(r->trainer) == r->options->train->steps || out_of_patience(r);
}

static double seconds_since(double start)
{
    return ams_monotonic_seconds() - start;
}

static ams_status log_row(run *r, bool validated, ams_error *err)
{
    ams_train_stats stats = ams_trainer_take_stats(r->trainer);
    int written =
        fprintf(r->metrics, "%llu\t%llu\t%.6g\t%.9g\t%.9g", (unsigned long long)stats.updates,
                (unsigned long long)stats.episodes, stats.epsilon, stats.loss, stats.q_mean);
    if (validated) {
        written +=
            fprintf(r->metrics, "\t%.9g\t%.9g\t%llu\n", r->progress.latest.area,
                    r->progress.latest.time_ms, (unsigned long long)r->progress.since_best);
    } else {
        written += fprintf(r->metrics, "\t-\t-\t-\n");
    }
    double seconds = seconds_since(r->started);
    fprintf(r->timing, "%llu\t%.3f\t%.1f\n", (unsigned long long)stats.updates, seconds,
            (double)(stats.updates - r->first_update) / seconds);
    if (fflush(r->metrics) != 0 || fflush(r->timing) != 0) {
        return ams_fail(err, AMS_IO, "cannot write %s/metrics.tsv: %s", r->options->directory,
                        strerror(errno));
    }
    r->progress.metrics_bytes += (uint64_t)written;
    if (!isfinite(stats.loss)) {
        return ams_fail(err, AMS_BACKEND,
                        "the loss is not finite at update %llu; lower lr or raise adam_epsilon",
                        (unsigned long long)stats.updates);
    }
    return AMS_OK;
}

static ams_status checkpoint(run *r, ams_error *err)
{
    if (fsync(fileno(r->metrics)) != 0) {
        return ams_fail(err, AMS_IO, "cannot sync %s/metrics.tsv: %s", r->options->directory,
                        strerror(errno));
    }
    ams_status status = ams_trainer_sync(r->trainer, err);
    if (status != AMS_OK) {
        return status;
    }
    return ams_checkpoint_write(r->options->directory, r->trainer, &r->progress, r->best, err);
}

static bool at_until(const run *r)
{
    uint64_t until = r->options->until;
    return until > 0 && ams_trainer_updates(r->trainer) >= until;
}

static bool wants_stop(const run *r)
{
    return at_until(r) || (r->options->stop != NULL && *r->options->stop != 0);
}

static void report(const run *r)
{
    if (r->options->progress == NULL) {
        return;
    }
    ams_train_stats stats = ams_trainer_peek_stats(r->trainer);
    r->options->progress(r->options->progress_context, &stats, r->options->train->steps,
                         r->progress.has_latest ? &r->progress.latest : NULL,
                         r->progress.since_best);
}

static ams_status train_loop(run *r, bool *stopped, ams_error *err)
{
    const ams_train_options *train = r->options->train;
    ams_status status = AMS_OK;
    while (!all_done(r)) {
        AMS_TRY(ams_trainer_advance(r->trainer,
                                    ams_trainer_stride(r->trainer, r->options->until), err));
        uint64_t done = ams_trainer_updates(r->trainer);
        bool validates = done == train->steps || done % train->validate_every == 0;
        if (validates) {
            AMS_TRY(validate(r, err));
        }
        bool last = all_done(r);
        if (last || done % train->log_every == 0) {
            AMS_TRY(log_row(r, validates && r->progress.has_latest, err));
        }
        *stopped = !last && wants_stop(r);
        if (last || *stopped || done % train->checkpoint_every == 0) {
            AMS_TRY(checkpoint(r, err));
        }
        report(r);
        if (*stopped) {
            break;
        }
    }
out:
    return status;
}

/* Names and times are copied, the weights lent. */
static ams_status write_policy(run *r, ams_error *err)
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

/* -- beginning and end -- */

static bool stopped_early(const run *r)
{
    return out_of_patience(r) && ams_trainer_updates(r->trainer) < r->options->train->steps;
}

static ams_status begin(run *r, ams_run_result *result, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(
        ams_trainer_create(&r->trainer, r->env, r->options->train, r->options->choose, err));
    if (r->options->accelerator != NULL) {
        AMS_TRY(ams_trainer_accelerate(r->trainer, r->options->accelerator, err));
        AMS_TRY(ams_alloc(&r->order, (size_t)r->env->n_items * r->env->n_models, 1,
                          "the orders of a validation", err));
    }
    AMS_TRY(ams_alloc(&r->best, ams_trainer_net(r->trainer)->n_params, sizeof(float),
                      "the best weights", err));
    ams_progress fresh = r->progress;
    bool found = false;
    AMS_TRY(ams_checkpoint_read(r->options->directory, r->trainer, &r->progress, r->best,
                                &found, result->damaged, sizeof result->damaged, err));
    if (!found) {
        r->progress = fresh;
    } else if (strcmp(r->progress.data_hash, fresh.data_hash) != 0) {
        status =
            ams_fail(err, AMS_USAGE,
                     "%s was trained on other data (content hash %s, now %s); choose another "
                     "folder",
                     r->options->directory, r->progress.data_hash, fresh.data_hash);
        goto out;
    }
    result->resumed_at = ams_trainer_updates(r->trainer);
    r->first_update = result->resumed_at;
    AMS_TRY(open_metrics(r, err));
out:
    return status;
}

static ams_status already_finished(const run *r, bool *finished, ams_error *err)
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

static ams_status manifest(const run *r, const char *state, ams_error *err)
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
                      .early = r->trainer != NULL && stopped_early(r),
                      .state = state};
    return ams_manifest_write(&m, err);
}

static void finish(run *r)
{
    ams_trainer_destroy(r->trainer);
    free(r->best);
    free(r->order);
    if (r->metrics != NULL) {
        fclose(r->metrics);
    }
    if (r->timing != NULL) {
        fclose(r->timing);
    }
    if (r->lock >= 0) {
        close(r->lock);
    }
}

/* Adds to the message of a write that failed what is left of the run. */
static void tell_what_is_kept(const run *r, ams_error *err)
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

static void summarize(const run *r, bool stopped, ams_run_result *result)
{
    result->outcome = stopped ? AMS_RUN_STOPPED : AMS_RUN_FINISHED;
    result->updates = ams_trainer_updates(r->trainer);
    result->early = stopped_early(r);
    result->best_updates = r->progress.best_updates;
    result->best = r->progress.best;
    result->seconds = seconds_since(r->started);
    result->updates_per_s =
        (double)(ams_trainer_updates(r->trainer) - r->first_update) / result->seconds;
}

ams_status ams_run_train(const ams_run_options *options, const ams_table *table,
                         const ams_env *env, ams_run_result *result, ams_error *err)
{
    *result = (ams_run_result){0};
    run r = {.options = options,
             .table = table,
             .env = env,
             .lock = -1,
             .started = ams_monotonic_seconds()};
    bool stopped = false;
    bool finished = false;
    ams_status status = AMS_OK;
    AMS_TRY(ams_train_check(options->train, err));
    if (options->train->patience > 0 && options->validate == NULL) {
        return ams_fail(err, AMS_USAGE,
                        "patience=%llu: expected items in the validation split, found none; "
                        "`ams data split` makes one",
                        (unsigned long long)options->train->patience);
    }
    if (options->data_hash != NULL) {
        snprintf(r.progress.data_hash, AMS_HASH_TEXT, "%s", options->data_hash);
    } else {
        AMS_TRY(ams_table_hash(table, r.progress.data_hash, err));
    }
    AMS_TRY(lock_folder(&r, err));
    AMS_TRY(ams_run_settle_config(options->directory, options->train, err));
    AMS_TRY(already_finished(&r, &finished, err));
    if (finished) {
        result->outcome = AMS_RUN_ALREADY;
        goto out;
    }
    AMS_TRY(begin(&r, result, err));
    AMS_TRY(manifest(&r, "running", err));
    stopped = at_until(&r) && !all_done(&r);
    if (!stopped) {
        status = train_loop(&r, &stopped, err);
    }
    if (status == AMS_OK && !stopped) {
        status = write_policy(&r, err);
    }
    if (status != AMS_OK) {
        (void)manifest(&r, "failed", NULL); /* the first error is the one to report */
        if (status == AMS_IO) {
            tell_what_is_kept(&r, err);
        }
        goto out;
    }
    AMS_TRY(manifest(&r, stopped ? "stopped" : "finished", err));
    summarize(&r, stopped, result);
    if (stopped && at_until(&r)) {
        result->outcome = AMS_RUN_PAUSED;
    }
out:
    finish(&r);
    return status;
}
