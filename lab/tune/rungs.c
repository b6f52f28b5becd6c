/* The rungs of a search: train the survivors a little longer, read how they did, drop the rest.
 *
 * A rung is a share of the full `steps`, at which a run is paused (`until` of its request) and
 * later continued bit for bit. So schedules of epsilon and the learning rate are those of the
 * whole training in every rung, and what a rung says of a trial does not depend on which other
 * trials were there, on the number of runs side by side, or on how often the search was
 * interrupted. */
#include "ams/table_file.h"
#include "base/clock.h"
#include "base/memory.h"
#include "lab/jobs/folder.h"
#include "lab/tune/trials.h"
#include "lab/tune/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* What goes on in all rungs. */
typedef struct tune_search {
    ams_tune *tune;
    ams_trial **survivor; /* (n) */
    uint32_t n;
    ams_job **list; /* (T x K) the jobs of the rung */
    ams_jobs jobs;
} tune_search;

static ams_status write_failed(void *context, ams_error *err)
{
    const ams_tune *tune = context;
    ams_job **all = NULL;
    ams_status status = ams_alloc(&all, tune->n_trials * tune->options->n_seeds,
                                  sizeof(ams_job *), "runs", err);
    if (status == AMS_OK) {
        status =
            ams_jobs_write_failed(tune->options->directory, all, ams_tune_jobs(tune, all), err);
    }
    free(all);
    return status;
}

static ams_status recall_failed(const ams_tune *tune, ams_error *err)
{
    ams_job **all = NULL;
    ams_status status = ams_alloc(&all, tune->n_trials * tune->options->n_seeds,
                                  sizeof(ams_job *), "runs", err);
    if (status == AMS_OK) {
        status = ams_jobs_recall_failed(tune->options->directory, false, all,
                                        ams_tune_jobs(tune, all), err);
    }
    free(all);
    return status;
}

/* Jobs of a trial in a rung, appended to the list. */
static void prepare(tune_search *s, ams_trial *trial, uint32_t rung)
{
    const ams_tune *tune = s->tune;
    trial->state = AMS_TRIAL_RUNNING;
    for (size_t k = 0; k < ams_tune_seeds_of(tune, rung); k++) {
        ams_job *job = &trial->job[k];
        ams_tune_reading found;
        job->from = k == 0 && rung > 0 ? tune->rung[rung - 1].updates : 0;
        job->to = tune->rung[rung].updates;
        job->request.until = ams_tune_is_last(tune, rung) ? 0 : job->to;
        /* What cannot be read is the process' to mend or to report. */
        bool there = ams_tune_read(tune, job, rung, &found, NULL) == AMS_OK && found.reached;
        job->state = there ? AMS_JOB_BEFORE : AMS_JOB_WAITING;
        s->list[s->jobs.n++] = job;
    }
}

/* The work of a rung if nobody fails, in updates. */
static double work_of(const ams_tune *tune, uint32_t rung)
{
    uint64_t from = rung == 0 ? 0 : tune->rung[rung - 1].updates;
    double updates = (double)(tune->rung[rung].updates - from);
    if (ams_tune_is_last(tune, rung)) {
        updates += (double)(tune->options->n_seeds - 1) * (double)tune->rung[rung].updates;
    }
    return updates * tune->rung[rung].trials;
}

static ams_status train_rung(tune_search *s, uint32_t rung, int *stopped, ams_error *err)
{
    char note[64];
    snprintf(note, sizeof note, "rung %u of %u: ", rung + 1, s->tune->n_rungs);
    s->jobs.note = note;
    s->jobs.n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        prepare(s, s->survivor[i], rung);
    }
    ams_status status = ams_jobs_run(&s->jobs, stopped, err);
    s->tune->left = *stopped != 0;
    for (size_t i = 0; i < s->jobs.n; i++) {
        const ams_job *job = s->list[i];
        /* In other hands, or asked by a signal of its own to go. */
        s->tune->left = s->tune->left || job->state == AMS_JOB_WAITING ||
                        (job->state == AMS_JOB_STOPPED && job->code != 0);
    }
    s->jobs.note = NULL;
    s->jobs.done_before += work_of(s->tune, rung);
    return status;
}

static ams_status begin_search(tune_search *s, ams_error *err)
{
    ams_tune *tune = s->tune;
    ams_status status = AMS_OK;
    s->n = (uint32_t)tune->n_trials;
    AMS_TRY(ams_alloc(&s->survivor, tune->n_trials, sizeof(ams_trial *), "trials", err));
    AMS_TRY(ams_alloc(&s->list, tune->n_trials * tune->options->n_seeds, sizeof(ams_job *),
                      "runs", err));
    s->jobs.job = s->list;
    for (uint32_t i = 0; i < s->n; i++) {
        s->survivor[i] = &tune->trial[i];
    }
    for (uint32_t rung = 0; rung < tune->n_rungs; rung++) {
        s->jobs.total += work_of(tune, rung);
    }
out:
    return status;
}

/* All rungs, one after the other. */
static ams_status search(ams_tune *tune, const ams_jobs_spawner *spawner,
                         const ams_progress *progress, int *stopped, ams_error *err)
{
    tune_search s = {.tune = tune,
                     .jobs = {.side_by_side = tune->options->side_by_side,
                              .together = tune->options->together,
                              .spawner = spawner,
                              .progress = progress,
                              .failed = tune->claims == NULL ? write_failed : NULL,
                              .context = tune,
                              .claims = tune->claims,
                              .join = &tune->options->join,
                              .data_hash = tune->data_hash}};
    const double seconds = tune->options->join.seconds;
    ams_status status = AMS_OK;
    s.jobs.until = seconds > 0 ? ams_seconds() + seconds : 0;
    AMS_TRY(begin_search(&s, err));
    AMS_TRY(tune->claims == NULL ? write_failed(tune, err) : AMS_OK);
    for (uint32_t rung = 0; rung < tune->n_rungs && s.n > 0; rung++) {
        AMS_TRY(train_rung(&s, rung, stopped, err));
        if (tune->left) {
            break;
        }
        AMS_TRY(ams_tune_compare(tune, rung, s.survivor, &s.n, err));
        ams_tune_rank(tune);
        if (tune->claims == NULL) {
            AMS_TRY(write_failed(tune, err));
            AMS_TRY(ams_tune_write_trials(tune, err));
        }
    }
out:
    free(s.survivor);
    free(s.list);
    return status;
}

ams_status ams_tune_open(ams_tune *tune, ams_error *err)
{
    const ams_tune_options *o = tune->options;
    ams_table_file *file = NULL;
    ams_status status = ams_table_file_open(&file, o->data_path, err);
    if (status != AMS_OK) {
        return status;
    }
    const ams_table *head = ams_table_file_head(file);
    snprintf(tune->cost_unit, sizeof tune->cost_unit, "%s", ams_table_cost_unit(head));
    const bool comparable = memchr(head->split, AMS_VALIDATION, head->n_items) != NULL;
    ams_table_file_close(file);
    if (!comparable) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: expected items in the validation split, which trials are compared "
                        "on; found none. `ams data split` makes one",
                        o->data_path);
    }
    status = ams_jobs_check_data(o->data_path, o->memory_mb, tune->data_hash, err);
    if (status == AMS_OK && o->join.on) {
        status = ams_jobs_join_folder(o->directory, &o->join, &tune->lock, &tune->claims, err);
    } else if (status == AMS_OK) {
        status = ams_jobs_open_folder(o->directory, &tune->lock, err);
    }
    return status == AMS_OK && tune->claims == NULL ? recall_failed(tune, err) : status;
}

/* Everything but search.ini. */
static ams_status write_end(void *context, ams_error *err)
{
    ams_tune *tune = context;
    ams_status status = AMS_OK;
    AMS_TRY(write_failed(tune, err));
    AMS_TRY(ams_tune_write_trials(tune, err));
    const bool found = !tune->left && ams_tune_best(tune) != NULL;
    if (found) {
        AMS_TRY(ams_tune_write_best(tune, err));
    }
    status = ams_tune_write_manifest(
        tune, tune->left ? "stopped" : (found ? "finished" : "failed"), err);
out:
    return status;
}

static ams_status claim_folder(void *context, ams_error *err)
{
    return ams_tune_claim(context, err);
}

/* What the files of the end depend on: which trials failed, and how the others did. */
static ams_status end_key(const ams_tune *tune, char **key, ams_error *err)
{
    uint64_t hash = tune->options->n_seeds;
    for (size_t i = 0; i < tune->n_trials; i++) {
        const ams_trial *trial = &tune->trial[i];
        const uint32_t outcome[] = {trial->rank, trial->state};
        hash = XXH3_64bits_withSeed(outcome, sizeof outcome, hash);
        hash = XXH3_64bits_withSeed(trial->metric, sizeof trial->metric, hash);
    }
    return ams_format(key, "a claim", err, "tables+%016llx", (unsigned long long)hash);
}

/* The same of one of many processes: one of them writes the files. */
static ams_status run_shared(ams_tune *tune, const ams_jobs_spawner *spawner,
                             const ams_progress *progress, int *stopped, ams_error *err)
{
    char *key = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_claims_once(tune->claims, "search.ini", claim_folder, tune, stopped, err));
    AMS_TRY(ams_tune_claim(tune, err)); /* what another process wrote is of this search, too */
    AMS_TRY(search(tune, spawner, progress, stopped, err));
    AMS_TRY(end_key(tune, &key, err));
    if (!tune->left) {
        status = ams_claims_once(tune->claims, key, write_end, tune, stopped, err);
    }
out:
    free(key);
    return status;
}

ams_status ams_tune_run(ams_tune *tune, const ams_jobs_spawner *spawner,
                        const ams_progress *progress, int *stopped, ams_error *err)
{
    ams_status status = AMS_OK;
    if (tune->claims != NULL) {
        return run_shared(tune, spawner, progress, stopped, err);
    }
    AMS_TRY(ams_tune_claim(tune, err));
    AMS_TRY(ams_tune_write_manifest(tune, "running", err));
    AMS_TRY(search(tune, spawner, progress, stopped, err));
    status = write_end(tune, err);
out:
    return status;
}
