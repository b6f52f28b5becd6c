/* The rungs of `ams tune`: train the survivors a little longer, read how they did, drop the
 * rest.
 *
 * A rung is a share of the full `steps`, at which a run is paused (ams train --until) and later
 * continued bit for bit. So schedules of epsilon and the learning rate are those of the whole
 * training in every rung, and what a rung says of a trial does not depend on who else was
 * there, on -j, or on how often the search was interrupted. */
#include "cli/tune.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/tsv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BY_TIME, BY_AREA, BY_LAST }; /* best_by */

bool tune_by_area(const tune *t)
{
    return t->train.best_by == BY_AREA;
}

size_t tune_runs(const tune *t, job **run)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_trials; i++) {
        for (size_t k = 0; k < t->n_seeds; k++) {
            run[n++] = &t->trial[i].run[k];
        }
    }
    return n;
}

const trial *tune_best(const tune *t)
{
    for (size_t i = 0; i < t->n_trials; i++) {
        if (t->trial[i].state == TRIAL_BEST) {
            return &t->trial[i];
        }
    }
    return NULL;
}

static bool is_last(const tune *t, uint32_t rung)
{
    return rung + 1 == t->n_rungs;
}

/* -- what a run's metrics.tsv says -- */

typedef struct reading {
    bool reached;  /* the rung */
    double metric; /* best so far of what best_by names; INFINITY before a validation */
} reading;

static ams_status read_rows(const tune *t, const ams_tsv *tsv, uint64_t until, reading *found,
                            ams_error *err)
{
    size_t update = 0;
    size_t value = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_tsv_require(tsv, "update", &update, err));
    AMS_TRY(ams_tsv_require(tsv, tune_by_area(t) ? "validation_area" : "validation_time_ms",
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
        bool better = t->train.best_by == BY_LAST || !isfinite(found->metric) ||
                      (tune_by_area(t) ? metric > found->metric : metric < found->metric);
        found->metric = better ? metric : found->metric;
    }
out:
    return status;
}

/* A finished run has reached every rung, wherever it ended; the last rung takes one. */
static ams_status read_run(const tune *t, const job *run, uint32_t rung, reading *found,
                           ams_error *err)
{
    ams_tsv tsv = {0};
    char *metrics = NULL;
    char *policy = NULL;
    ams_status status = AMS_OK;
    *found = (reading){.metric = INFINITY};
    AMS_TRY(ams_join_path(&metrics, run->directory, "metrics.tsv", err));
    AMS_TRY(ams_join_path(&policy, run->directory, "policy.ams", err));
    AMS_TRY(ams_tsv_read(&tsv, metrics, err));
    AMS_TRY(read_rows(t, &tsv, t->rung[rung].updates, found, err));
    bool finished = ams_exists(policy);
    found->reached = finished || (found->reached && !is_last(t, rung));
out:
    ams_tsv_fini(&tsv);
    free(metrics);
    free(policy);
    return status;
}

/* -- the processes -- */

static void free_arguments(job *run)
{
    for (size_t i = 0; run->argv != NULL && run->argv[i] != NULL; i++) {
        free(run->argv[i]);
    }
    free(run->argv);
    run->argv = NULL;
}

static ams_status make_arguments(const tune *t, const trial *of, job *run, uint32_t rung,
                                 ams_error *err)
{
    size_t n = 0;
    const char *agent = cli_get(t->args, "--agent", NULL);
    const char *const words[] = {"ams",
                                 "train",
                                 "--data",
                                 t->data_path,
                                 "-o",
                                 run->directory,
                                 t->config == NULL ? NULL : "--config",
                                 t->config};
    ams_status status = AMS_OK;
    free_arguments(run);
    AMS_TRY(ams_alloc(&run->argv, t->space.n + (size_t)t->args->n_operands + 17, sizeof(char *),
                      "arguments", err));
    for (size_t i = 0; i < sizeof words / sizeof(char *) && words[i] != NULL; i++) {
        AMS_TRY(ams_copy_text(&run->argv[n++], words[i], err));
    }
    if (!is_last(t, rung)) {
        AMS_TRY(cli_format(&run->argv[n++], err, "--until=%llu",
                           (unsigned long long)t->rung[rung].updates));
    }
    uint64_t memory_mb =
        jobs_memory_share(t->memory_mb, t->side_by_side, t->n_trials * t->n_seeds);
    if (memory_mb > 0) {
        AMS_TRY(
            cli_format(&run->argv[n++], err, "--memory=%llu", (unsigned long long)memory_mb));
    }
    if (agent != NULL) {
        AMS_TRY(cli_format(&run->argv[n++], err, "agent=%s", agent));
    }
    for (int i = 0; i < t->args->n_operands; i++) {
        AMS_TRY(ams_copy_text(&run->argv[n++], t->args->operand[i], err));
    }
    for (size_t d = 0; d < t->space.n; d++) {
        AMS_TRY(cli_format(&run->argv[n++], err, "%s=%s", t->space.dimension[d].key->name,
                           of->value[d]));
    }
    AMS_TRY(cli_format(&run->argv[n++], err, "seed=%llu", (unsigned long long)run->seed));
    AMS_TRY(cli_format(&run->argv[n++], err, "label=%s", of->name));
out:
    return status;
}

/* Seeds of a trial that a rung trains: in the last one all. */
static size_t seeds_of(const tune *t, uint32_t rung)
{
    return is_last(t, rung) ? t->n_seeds : 1;
}

static ams_status prepare(const tune *t, trial *of, uint32_t rung, job **list, size_t *n,
                          ams_error *err)
{
    of->state = TRIAL_RUNNING;
    for (size_t k = 0; k < seeds_of(t, rung); k++) {
        job *run = &of->run[k];
        reading found;
        run->from = k == 0 && rung > 0 ? t->rung[rung - 1].updates : 0;
        run->to = t->rung[rung].updates;
        /* What cannot be read is the process' to mend or to tell. */
        bool there = read_run(t, run, rung, &found, NULL) == AMS_OK && found.reached;
        run->state = there ? JOB_BEFORE : JOB_WAITING;
        ams_status status = make_arguments(t, of, run, rung, err);
        if (status != AMS_OK) {
            return status;
        }
        list[(*n)++] = run;
    }
    return AMS_OK;
}

/* The work of a rung if nobody fails, in updates. */
static double work_of(const tune *t, uint32_t rung)
{
    uint64_t from = rung == 0 ? 0 : t->rung[rung - 1].updates;
    double updates = (double)(t->rung[rung].updates - from);
    if (is_last(t, rung)) {
        updates += (double)(t->n_seeds - 1) * (double)t->rung[rung].updates;
    }
    return updates * t->rung[rung].trials;
}

static ams_status write_failed(void *context, ams_error *err)
{
    const tune *t = context;
    job **all = NULL;
    ams_status status = ams_alloc(&all, t->n_trials * t->n_seeds, sizeof(job *), "runs", err);
    if (status == AMS_OK) {
        status = jobs_write_failed(t->directory, all, tune_runs(t, all), err);
    }
    free(all);
    return status;
}

/* -- comparing -- */

static void fail_run(job *run, const char *message)
{
    run->state = JOB_FAILED;
    run->code = AMS_BAD_DATA;
    snprintf(run->message, sizeof run->message, "%.*s", (int)sizeof run->message - 1, message);
}

/* The trial's metric at the rung; failed if one of its runs is. */
static void judge(const tune *t, trial *of, uint32_t rung)
{
    size_t n = seeds_of(t, rung);
    double sum = 0;
    double squares = 0;
    for (size_t k = 0; k < n; k++) {
        job *run = &of->run[k];
        reading found;
        ams_error reason = {.text = ""};
        if (run->state != JOB_FAILED && read_run(t, run, rung, &found, &reason) != AMS_OK) {
            fail_run(run, reason.text);
        } else if (run->state != JOB_FAILED && (!found.reached || !isfinite(found.metric))) {
            fail_run(run, "ended before the updates of the rung; the same command tries again");
        }
        if (run->state == JOB_FAILED) {
            of->state = TRIAL_FAILED;
            continue;
        }
        sum += found.metric;
        squares += found.metric * found.metric;
    }
    if (of->state == TRIAL_FAILED) {
        return;
    }
    double mean = sum / (double)n;
    of->metric[rung] = mean;
    of->compared = rung + 1;
    if (n > 1) {
        double variance = (squares - (double)n * mean * mean) / (double)(n - 1);
        of->deviation = variance > 0 ? sqrt(variance) : 0;
    }
}

/* survivor (n) becomes those of the next rung, best first; returns how many. */
static ams_status compare(tune *t, uint32_t rung, trial **survivor, uint32_t *n, ams_error *err)
{
    double *score = NULL;
    uint32_t *order = NULL;
    trial **sorted = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&score, *n, sizeof *score, "scores", err));
    AMS_TRY(ams_alloc(&order, *n, sizeof *order, "scores", err));
    AMS_TRY(ams_alloc(&sorted, *n, sizeof(trial *), "scores", err));
    for (uint32_t i = 0; i < *n; i++) {
        judge(t, survivor[i], rung);
        double metric = survivor[i]->metric[rung];
        score[i] = tune_by_area(t) ? -metric : metric;
        if (survivor[i]->state == TRIAL_FAILED) {
            score[i] = INFINITY;
        }
    }
    uint32_t sound = ams_halving_rank(score, *n, order);
    uint32_t keep = is_last(t, rung) ? sound : t->rung[rung + 1].trials;
    for (uint32_t i = 0; i < sound; i++) {
        trial *of = survivor[order[i]];
        of->place = i;
        of->state = is_last(t, rung) ? (i == 0 ? TRIAL_BEST : TRIAL_FINISHED)
                                     : (i < keep ? TRIAL_RUNNING : TRIAL_DROPPED);
        sorted[i] = of;
    }
    *n = sound < keep ? sound : keep;
    memcpy(survivor, sorted, *n * sizeof(trial *));
out:
    free(score);
    free(order);
    free(sorted);
    return status;
}

/* By how far they came, then by their place there. */
static void rank_all(tune *t)
{
    uint32_t rank = 0;
    for (uint32_t compared = t->n_rungs; compared > 0; compared--) {
        for (uint32_t place = 0; place < t->n_trials; place++) {
            for (size_t i = 0; i < t->n_trials; i++) {
                trial *of = &t->trial[i];
                if (of->state != TRIAL_FAILED && of->compared == compared &&
                    of->place == place) {
                    of->rank = ++rank;
                }
            }
        }
    }
}

static ams_status train_rung(tune *t, uint32_t rung, trial **survivor, uint32_t n, jobs *all,
                             bool *stopped, ams_error *err)
{
    char note[64];
    ams_status status = AMS_OK;
    snprintf(note, sizeof note, "rung %u of %u: ", rung + 1, t->n_rungs);
    all->note = note;
    all->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        AMS_TRY(prepare(t, survivor[i], rung, all->job, &all->n, err));
    }
    AMS_TRY(jobs_run(all, stopped, err));
    all->done_before += work_of(t, rung);
out:
    all->note = "";
    return status;
}

ams_status tune_rungs(tune *t, const sigset_t *mask, bool *stopped, ams_error *err)
{
    cli_progress bar;
    trial **survivor = NULL;
    job **list = NULL;
    uint32_t n = (uint32_t)t->n_trials;
    jobs all = {.command = "ams tune",
                .side_by_side = t->side_by_side,
                .together = t->together,
                .mask = mask,
                .bar = &bar,
                .failed = write_failed,
                .context = t};
    ams_status status = AMS_OK;
    cli_progress_begin(&bar, "ams tune");
    AMS_TRY(ams_alloc(&survivor, t->n_trials, sizeof(trial *), "trials", err));
    AMS_TRY(ams_alloc(&list, t->n_trials * t->n_seeds, sizeof(job *), "runs", err));
    all.job = list;
    for (uint32_t i = 0; i < n; i++) {
        survivor[i] = &t->trial[i];
    }
    for (uint32_t rung = 0; rung < t->n_rungs; rung++) {
        all.total += work_of(t, rung);
    }
    AMS_TRY(write_failed(t, err));
    for (uint32_t rung = 0; rung < t->n_rungs && n > 0; rung++) {
        AMS_TRY(train_rung(t, rung, survivor, n, &all, stopped, err));
        if (*stopped) {
            break;
        }
        AMS_TRY(compare(t, rung, survivor, &n, err));
        rank_all(t);
        AMS_TRY(write_failed(t, err));
        AMS_TRY(tune_write_trials(t, err));
    }
out:
    cli_progress_end(&bar);
    free(survivor);
    free(list);
    return status;
}
