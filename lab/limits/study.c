#include "ams/limit_study.h"

#include "base/memory.h"
#include "base/team.h"
#include "sched/fold.h"
#include "sched/limits/fold_limits.h"
#include "sched/windows.h"

#include <stdlib.h>

/* ---- errands: a run of a series, of the whole table or of a window ---- */

enum { STUDY_RUN = 1, STUDY_WINDOW = 2 };

/* What every process of a team has. */
typedef struct study_walk {
    ams_limit_study *study;
    ams_limit_evaluation evaluation; /* in windows, its env and table are the window's */
    ams_limit_fold *fold;            /* in windows: (n_runs), in the order of the series */
    uint32_t n_runs;                 /* of all series */
    const ams_progress *progress;
    ams_bytes *result; /* of a window */
} study_walk;

/* Run `at` of all series, in their order. */
static ams_limit_series *series_of(const study_walk *w, uint64_t at, uint32_t *run)
{
    ams_limit_series *series = w->study->list.series;
    while (at >= series->n_runs) {
        at -= series->n_runs;
        series++;
    }
    *run = (uint32_t)at;
    return series;
}

/* The scores, and the time of a search that only this run's process knows. */
static ams_status put_run(study_walk *w, uint64_t at, ams_bytes *result, ams_error *err)
{
    ams_limit_series_list *list = &w->study->list;
    const double before = list->exact_seconds;
    uint32_t run = 0;
    const ams_limit_series *series = series_of(w, at, &run);
    ams_limit_scores scores = {.n = 0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_limit_score_run(list, series, run, &w->evaluation, &scores, err));
    const double seconds = list->exact_seconds - before;
    list->exact_seconds = before;
    AMS_TRY(ams_bytes_put(result, &seconds, sizeof seconds, err));
    status = ams_limit_scores_put(&scores, result, err);
out:
    ams_limit_scores_fini(&scores);
    return status;
}

static ams_status get_run(study_walk *w, ams_limit_scores *scores, ams_bytes *result,
                          ams_error *err)
{
    double seconds = 0;
    ams_status status = ams_bytes_get(result, &seconds, sizeof seconds, err);
    if (status == AMS_OK) {
        w->study->list.exact_seconds += seconds;
        status = ams_limit_scores_get(scores, result, err);
    }
    return status;
}

static ams_status score_window(void *context, const ams_window *window, ams_error *err)
{
    study_walk *walk = context;
    ams_status status = AMS_OK;
    walk->evaluation.env = window->env;
    walk->evaluation.table = window->table;
    for (uint32_t at = 0; at < walk->n_runs && status == AMS_OK; at++) {
        status = put_run(walk, at, walk->result, err);
    }
    return status;
}

static ams_windows windows_of(const ams_limit_setup *setup)
{
    return (ams_windows){.file = setup->file,
                         .item = setup->file_item,
                         .n_items = setup->n_items,
                         .env = setup->env,
                         .policy = setup->policy,
                         .n_policies = (uint32_t)setup->n_policies,
                         .bytes = ams_windows_bytes(setup->options.memory_mb)};
}

static ams_status work(void *context, const ams_team_errand *errand, ams_bytes *result,
                       ams_error *err)
{
    study_walk *w = context;
    const ams_limit_setup *setup = w->study->setup;
    if (errand->kind == STUDY_RUN && setup->file == NULL && errand->a < w->n_runs) {
        return put_run(w, errand->a, result, err);
    }
    if (errand->kind == STUDY_WINDOW && setup->file != NULL) {
        const ams_windows windows = windows_of(setup);
        w->result = result;
        return ams_windows_visit(&windows, (uint32_t)errand->a, score_window, w, err);
    }
    return ams_team_unknown(errand, err);
}

static ams_status fold(void *context, const ams_team_errand *errand, ams_bytes *result,
                       ams_error *err)
{
    study_walk *w = context;
    ams_status status = AMS_OK;
    if (errand->kind == STUDY_RUN) {
        uint32_t run = 0;
        ams_limit_series *series = series_of(w, errand->a, &run);
        ams_progress_update(w->progress, (double)errand->a, w->n_runs, series->label);
        return get_run(w, &series->scores[run], result, err);
    }
    for (uint32_t at = 0; at < w->n_runs && status == AMS_OK; at++) {
        ams_limit_scores part = {.n = 0};
        status = get_run(w, &part, result, err);
        if (status == AMS_OK) {
            status = ams_limit_fold_add(&w->fold[at], &part, err);
        }
        ams_limit_scores_fini(&part);
    }
    ams_progress_update(w->progress, w->fold[0].seen, w->study->setup->n_items, "");
    return status;
}

static ams_status run_errands(study_walk *w, uint32_t kind, uint32_t n, ams_error *err)
{
    ams_team *team = w->study->setup->options.team;
    ams_team_errand *errand = NULL;
    ams_status status = AMS_OK;
    if (!ams_team_leads(team)) {
        return ams_team_serve(team, work, w, err);
    }
    AMS_TRY(ams_alloc(&errand, n, sizeof *errand, "errands", err));
    for (uint32_t k = 0; k < n; k++) {
        errand[k] = (ams_team_errand){.kind = kind, .a = k};
    }
    AMS_TRY(ams_team_run(team, errand, n, work, w, fold, w, err));
    status = ams_team_dismiss(team, err);
out:
    free(errand);
    return status;
}

static ams_status score_windows(study_walk *w, ams_error *err)
{
    const ams_limit_setup *setup = w->study->setup;
    const ams_windows windows = windows_of(setup);
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&w->fold, w->n_runs, sizeof *w->fold, "series", err));
    for (uint32_t k = 0; k < w->n_runs; k++) {
        AMS_TRY(ams_limit_fold_init(&w->fold[k], setup->n_items, setup->n_points, err));
    }
    AMS_TRY(run_errands(w, STUDY_WINDOW, ams_windows_count(&windows), err));
    for (uint32_t k = 0; k < w->n_runs; k++) {
        uint32_t run = 0;
        ams_limit_series *series = series_of(w, k, &run);
        AMS_TRY(ams_limit_fold_finish(&w->fold[k], &series->scores[run], err));
    }
out:
    for (uint32_t k = 0; w->fold != NULL && k < w->n_runs; k++) {
        ams_limit_fold_fini(&w->fold[k]);
    }
    free(w->fold);
    return status;
}

/* ---- both ---- */

static ams_status score(ams_limit_study *s, const ams_limit_study_options *options,
                        ams_error *err)
{
    const ams_limit_setup *setup = s->setup;
    study_walk walk = {.study = s, .progress = &options->progress};
    walk.evaluation = (ams_limit_evaluation){.env = setup->env,
                                             .table = &setup->table,
                                             .split = setup->options.split,
                                             .recorded_times = setup->options.recorded_times,
                                             .parallel = setup->options.parallel,
                                             .point = setup->point,
                                             .n_points = setup->n_points,
                                             .options = setup->options.rules,
                                             .expected_ms = setup->expected_ms,
                                             .overlap = setup->overlap,
                                             .exact_nodes = options->exact_nodes,
                                             .check = options->check,
                                             .pool = setup->pool};
    for (uint32_t k = 0; k < s->list.n; k++) {
        walk.n_runs += s->list.series[k].n_runs;
    }
    if (setup->file == NULL) {
        return run_errands(&walk, STUDY_RUN, walk.n_runs, err);
    }
    if (options->exact_nodes > 0 && setup->n_items > AMS_FOLD_ITEMS) {
        return ams_fail(err, AMS_USAGE,
                        "the optimum: expected at most %d items of a file that needs more than "
                        "%s, found %u; `ams data select --items` takes some",
                        AMS_FOLD_ITEMS,
                        setup->options.memory_option == NULL ? "memory_mb"
                                                             : setup->options.memory_option,
                        setup->n_items);
    }
    return score_windows(&walk, err);
}

static ams_status draw_intervals(ams_limit_study *s, ams_error *err)
{
    const ams_limit_setup *setup = s->setup;
    const ams_bootstrap_options bootstrap = {
        .seed = setup->options.seed, .draws = s->bootstrap_draws, .pool = setup->pool};
    ams_paired_group *groups = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&groups, s->list.n, sizeof *groups, "series", err));
    for (uint32_t k = 0; k < s->list.n; k++) {
        const ams_limit_series *series = &s->list.series[k];
        for (uint32_t r = 0; r < series->n_runs; r++) {
            series->recall[r] = series->scores[r].recall;
        }
        groups[k] = (ams_paired_group){.run = series->recall, .n_runs = series->n_runs};
    }
    status = ams_paired_run(&s->paired, groups, s->list.n, s->list.series[0].scores[0].n,
                            setup->n_points, &bootstrap, err);
out:
    free(groups);
    return status;
}

ams_status ams_limit_study_run(ams_limit_study *study, ams_limit_setup *setup,
                               const ams_limit_study_options *options, ams_error *err)
{
    *study = (ams_limit_study){.setup = setup, .bootstrap_draws = options->bootstrap_draws};
    ams_status status = AMS_OK;
    if (!setup->baselines || setup->n_points == 0 || options->bootstrap_draws == 0) {
        return ams_fail(err, AMS_USAGE,
                        "expected a setup with baselines and points, and at least one "
                        "bootstrap draw");
    }
    AMS_TRY(ams_limit_list_series(&study->list, setup, options->scheduler,
                                  options->n_schedulers, options->exact_nodes > 0, err));
    AMS_TRY(score(study, options, err));
    AMS_TRY(draw_intervals(study, err));
out:
    if (status != AMS_OK) {
        ams_limit_study_fini(study);
    }
    return status;
}

void ams_limit_study_fini(ams_limit_study *study)
{
    ams_limit_series_fini(&study->list);
    ams_paired_fini(&study->paired);
    *study = (ams_limit_study){.setup = NULL};
}
