/* What a run does between updates: it validates, logs and saves. */
#include "rl/run/state.h"

#include "base/clock.h"
#include "rl/run/manifest.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static bool better(const ams_run_state *r, const ams_validation *now)
{
    if (!r->progress.has_best || r->options->train->best_by == AMS_BEST_LAST) {
        return true;
    }
    return r->options->train->best_by == AMS_BEST_TIME ? now->time_ms < r->progress.best.time_ms
                                                       : now->area > r->progress.best.area;
}

static void keep_best(ams_run_state *r)
{
    const ams_net *net = ams_trainer_net(r->trainer);
    memcpy(r->best, net->params, net->n_params * sizeof(float));
    r->progress.best_updates = ams_trainer_updates(r->trainer);
    r->progress.since_best = 0;
    r->progress.has_best = 1;
}

static ams_status validate(ams_run_state *r, ams_error *err)
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
static bool out_of_patience(const ams_run_state *r)
{
    uint64_t patience = r->options->train->patience;
    return patience > 0 && r->progress.since_best >= patience;
}

bool ams_run_all_done(const ams_run_state *r)
{
    return ams_trainer_updates(r->trainer) == r->options->train->steps || out_of_patience(r);
}

double ams_run_seconds_since(double start)
{
    return ams_seconds() - start;
}

static ams_status log_row(ams_run_state *r, bool validated, ams_error *err)
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
    double seconds = ams_run_seconds_since(r->started);
    fprintf(r->timing, "%llu\t%.3f\t%.1f\n", (unsigned long long)stats.updates, seconds,
            (double)(stats.updates - r->first_update) / seconds);
    if (fflush(r->metrics) != 0 || fflush(r->timing) != 0) {
        return ams_fail(err, AMS_IO, "cannot write %s/metrics.tsv: %s", r->options->directory,
                        strerror(errno));
    }
    r->progress.metrics_bytes += (uint64_t)written;
    r->logged_loss = stats.loss;
    if (!isfinite(stats.loss)) {
        return ams_fail(err, AMS_DIVERGED,
                        "the loss is not finite at update %llu; lower lr or raise adam_epsilon",
                        (unsigned long long)stats.updates);
    }
    return AMS_OK;
}

/* metrics.tsv is on the disk before a checkpoint names its length. */
static ams_status checkpoint(ams_run_state *r, ams_error *err)
{
    if (fflush(r->metrics) != 0 || fsync(fileno(r->metrics)) != 0) {
        return ams_fail(err, AMS_IO, "cannot sync %s/metrics.tsv: %s", r->options->directory,
                        strerror(errno));
    }
    ams_status status = ams_trainer_sync(r->trainer, err);
    if (status != AMS_OK) {
        return status;
    }
    const ams_net *net = ams_trainer_net(r->trainer);
    if (!ams_all_finite(net->params, net->n_params)) { /* the older checkpoint stays */
        return ams_fail(err, AMS_DIVERGED,
                        "a weight is not finite at update %llu; lower lr or raise adam_epsilon",
                        (unsigned long long)ams_trainer_updates(r->trainer));
    }
    status = ams_checkpoint_write(r->options->directory, r->trainer, &r->progress, r->best,
                                  r->last_good, err);
    r->last_good = status == AMS_OK;
    return status;
}

bool ams_run_at_until(const ams_run_state *r)
{
    uint64_t until = r->options->until;
    return until > 0 && ams_trainer_updates(r->trainer) >= until;
}

static bool wants_stop(const ams_run_state *r)
{
    return ams_run_at_until(r) || (r->options->stop != NULL && *r->options->stop != 0);
}

static void report(const ams_run_state *r)
{
    if (r->options->progress == NULL) {
        return;
    }
    ams_train_stats stats = ams_trainer_peek_stats(r->trainer);
    if (stats.loss_of == 0) { /* a row of metrics.tsv was just written: the mean begins anew */
        stats.loss = r->logged_loss;
    }
    r->options->progress(r->options->progress_context, &stats, r->options->train->steps,
                         r->progress.has_latest ? &r->progress.latest : NULL,
                         r->progress.since_best);
}

bool ams_run_stopped_early(const ams_run_state *r)
{
    return out_of_patience(r) && ams_trainer_updates(r->trainer) < r->options->train->steps;
}

ams_status ams_run_after_updates(ams_run_state *r, bool *over, bool *stopped, ams_error *err)
{
    const ams_train_options *train = r->options->train;
    const uint64_t done = ams_trainer_updates(r->trainer);
    const bool chooses = ams_train_refine(train) > 0 &&
                         train->refine_from == AMS_REFINE_FROM_BEST &&
                         done == ams_train_learning(train);
    const bool validates = done == train->steps || done % train->validate_every == 0 || chooses;
    ams_status status = AMS_OK;
    if (validates) {
        AMS_TRY(validate(r, err));
    }
    bool last = ams_run_all_done(r);
    if (last || done % train->log_every == 0) {
        AMS_TRY(log_row(r, validates && r->progress.has_latest, err));
    }
    if (chooses) {
        ams_trainer_refine_from(r->trainer, r->best);
    }
    *stopped = !last && wants_stop(r);
    *over = last || *stopped;
    if (*over || done % train->checkpoint_every == 0) {
        AMS_TRY(checkpoint(r, err));
    }
    report(r);
out:
    return status;
}
