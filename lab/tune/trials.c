#include "lab/tune/trials.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/tsv.h"
#include "lab/figures/columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool ams_tune_by_area(const ams_tune *tune)
{
    return tune->train.best_by == AMS_BEST_AREA;
}

size_t ams_tune_jobs(const ams_tune *tune, ams_job **job)
{
    size_t n = 0;
    for (size_t i = 0; i < tune->n_trials; i++) {
        for (size_t k = 0; k < tune->options->n_seeds; k++) {
            job[n++] = &tune->trial[i].job[k];
        }
    }
    return n;
}

const ams_trial *ams_tune_best(const ams_tune *tune)
{
    for (size_t i = 0; i < tune->n_trials; i++) {
        if (tune->trial[i].state == AMS_TRIAL_BEST) {
            return &tune->trial[i];
        }
    }
    return NULL;
}

const ams_trial *ams_tune_ranked(const ams_tune *tune, uint32_t rank)
{
    for (size_t i = 0; i < tune->n_trials; i++) {
        if (rank > 0 && tune->trial[i].rank == rank) {
            return &tune->trial[i];
        }
    }
    return NULL;
}

bool ams_tune_is_last(const ams_tune *tune, uint32_t rung)
{
    return rung + 1 == tune->n_rungs;
}

size_t ams_tune_seeds_of(const ams_tune *tune, uint32_t rung)
{
    return ams_tune_is_last(tune, rung) ? tune->options->n_seeds : 1;
}

/* -- what a run's metrics.tsv says -- */

static ams_status read_rows(const ams_tune *tune, const ams_tsv *tsv, uint64_t until,
                            ams_tune_reading *found, ams_error *err)
{
    const bool by_area = ams_tune_by_area(tune);
    size_t update = 0;
    size_t value = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_tsv_require(tsv, AMS_COL_UPDATE, &update, err));
    AMS_TRY(ams_tsv_require(tsv, by_area ? "validation_area" : AMS_COL_VALIDATION_TIME_MS,
                            &value, err));
    for (size_t row = 0; row < tsv->n_rows; row++) {
        double at = 0;
        double metric = 0;
        AMS_TRY(ams_tsv_number(tsv, row, update, &at, err));
        found->reached = found->reached || at >= (double)until;
        if (at > (double)until || strcmp(ams_tsv_cell(tsv, row, value), "-") == 0) {
            continue;
        }
        AMS_TRY(ams_tsv_number(tsv, row, value, &metric, err));
        bool better = tune->train.best_by == AMS_BEST_LAST || !isfinite(found->metric) ||
                      (by_area ? metric > found->metric : metric < found->metric);
        found->metric = better ? metric : found->metric;
    }
out:
    return status;
}

ams_status ams_tune_read(const ams_tune *tune, const ams_job *job, uint32_t rung,
                         ams_tune_reading *found, ams_error *err)
{
    ams_tsv tsv = {0};
    char *metrics = NULL;
    bool finished = false;
    ams_status status = AMS_OK;
    *found = (ams_tune_reading){.metric = INFINITY};
    AMS_TRY(ams_join_path(&metrics, job->request.directory, AMS_METRICS_TSV, err));
    AMS_TRY(ams_tsv_read_log(&tsv, metrics, err));
    AMS_TRY(read_rows(tune, &tsv, tune->rung[rung].updates, found, err));
    AMS_TRY(ams_job_has_policy(job, &finished, err));
    found->reached = finished || (found->reached && !ams_tune_is_last(tune, rung));
out:
    ams_tsv_fini(&tsv);
    free(metrics);
    return status;
}

/* -- comparing -- */

/* The trial's metric at the rung; failed if one of its runs is. */
static void judge(const ams_tune *tune, ams_trial *trial, uint32_t rung)
{
    size_t n = ams_tune_seeds_of(tune, rung);
    double sum = 0;
    double squares = 0;
    for (size_t k = 0; k < n; k++) {
        ams_job *job = &trial->job[k];
        ams_tune_reading found;
        ams_error reason = {.text = ""};
        if (job->state != AMS_JOB_FAILED &&
            ams_tune_read(tune, job, rung, &found, &reason) != AMS_OK) {
            ams_job_fail(job, AMS_BAD_DATA, reason.text);
        } else if (job->state != AMS_JOB_FAILED &&
                   (!found.reached || !isfinite(found.metric))) {
            ams_job_fail(job, AMS_BAD_DATA,
                         "ended before the updates of the rung; the same command tries again");
        }
        if (job->state == AMS_JOB_FAILED) {
            trial->state = AMS_TRIAL_FAILED;
            continue;
        }
        sum += found.metric;
        squares += found.metric * found.metric;
    }
    if (trial->state == AMS_TRIAL_FAILED) {
        return;
    }
    double mean = sum / (double)n;
    trial->metric[rung] = mean;
    trial->compared = rung + 1;
    if (n > 1) {
        double variance = (squares - (double)n * mean * mean) / (double)(n - 1);
        trial->deviation = variance > 0 ? sqrt(variance) : 0;
    }
}

ams_status ams_tune_compare(ams_tune *tune, uint32_t rung, ams_trial **survivor, uint32_t *n,
                            ams_error *err)
{
    const bool last = ams_tune_is_last(tune, rung);
    double *score = NULL;
    uint32_t *order = NULL;
    ams_trial **sorted = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&score, *n, sizeof *score, "scores", err));
    AMS_TRY(ams_alloc(&order, *n, sizeof *order, "scores", err));
    AMS_TRY(ams_alloc(&sorted, *n, sizeof(ams_trial *), "scores", err));
    for (uint32_t i = 0; i < *n; i++) {
        judge(tune, survivor[i], rung);
        double metric = survivor[i]->metric[rung];
        score[i] = ams_tune_by_area(tune) ? -metric : metric;
        if (survivor[i]->state == AMS_TRIAL_FAILED) {
            score[i] = INFINITY;
        }
    }
    uint32_t sound = ams_halving_rank(score, *n, order);
    uint32_t keep = last ? sound : tune->rung[rung + 1].trials;
    for (uint32_t i = 0; i < sound; i++) {
        ams_trial *trial = survivor[order[i]];
        trial->place = i;
        trial->state = last ? (i == 0 ? AMS_TRIAL_BEST : AMS_TRIAL_FINISHED)
                            : (i < keep ? AMS_TRIAL_RUNNING : AMS_TRIAL_DROPPED);
        sorted[i] = trial;
    }
    *n = sound < keep ? sound : keep;
    memcpy(survivor, sorted, *n * sizeof(ams_trial *));
out:
    free(score);
    free(order);
    free(sorted);
    return status;
}

void ams_tune_rank(ams_tune *tune)
{
    uint32_t rank = 0;
    for (uint32_t compared = tune->n_rungs; compared > 0; compared--) {
        for (uint32_t place = 0; place < tune->n_trials; place++) {
            for (size_t i = 0; i < tune->n_trials; i++) {
                ams_trial *trial = &tune->trial[i];
                if (trial->state != AMS_TRIAL_FAILED && trial->compared == compared &&
                    trial->place == place) {
                    trial->rank = ++rank;
                }
            }
        }
    }
}
