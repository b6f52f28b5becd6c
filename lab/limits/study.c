#include "ams/limit_study.h"

#include "base/memory.h"
#include "sched/fold.h"
#include "sched/limits/fold_limits.h"
#include "sched/windows.h"

#include <stdlib.h>

/* ---- the whole table ---- */

static ams_status score_table(ams_limit_study *s, const ams_limit_evaluation *evaluation,
                              const ams_progress *progress, ams_error *err)
{
    ams_limit_series_list *list = &s->list;
    ams_status status = AMS_OK;
    for (uint32_t k = 0; k < list->n; k++) {
        ams_limit_series *series = &list->series[k];
        ams_progress_update(progress, k, list->n, series->label);
        for (uint32_t r = 0; r < series->n_runs; r++) {
            AMS_TRY(ams_limit_score_run(list, series, r, evaluation, &series->scores[r], err));
        }
    }
out:
    return status;
}

/* ---- windows of a file ---- */

/* What a walk through the file holds. */
typedef struct study_walk {
    ams_limit_study *study;
    ams_limit_evaluation evaluation; /* its env and table are the window's */
    ams_limit_fold *fold;            /* (n_folds) one per run, in the order of the series */
    uint32_t n_folds;
    const ams_progress *progress;
} study_walk;

static ams_status score_window(void *context, const ams_window *window, ams_error *err)
{
    study_walk *walk = context;
    ams_limit_series_list *list = &walk->study->list;
    ams_progress_update(walk->progress, window->first, walk->study->setup->n_items, "");
    walk->evaluation.env = window->env;
    walk->evaluation.table = window->table;
    for (uint32_t k = 0, at = 0; k < list->n; k++) {
        for (uint32_t r = 0; r < list->series[k].n_runs; r++, at++) {
            ams_limit_scores part = {.n = 0};
            ams_status status =
                ams_limit_score_run(list, &list->series[k], r, &walk->evaluation, &part, err);
            if (status == AMS_OK) {
                status = ams_limit_fold_add(&walk->fold[at], &part, err);
            }
            ams_limit_scores_fini(&part);
            if (status != AMS_OK) {
                return status;
            }
        }
    }
    return AMS_OK;
}

static ams_status fold_windows(study_walk *walk, ams_error *err)
{
    const ams_limit_setup *setup = walk->study->setup;
    const ams_windows windows = {.file = setup->file,
                                 .item = setup->file_item,
                                 .n_items = setup->n_items,
                                 .env = setup->env,
                                 .policy = setup->policy,
                                 .n_policies = (uint32_t)setup->n_policies,
                                 .bytes = ams_windows_bytes(setup->options.memory_mb)};
    ams_limit_series_list *list = &walk->study->list;
    ams_status status = AMS_OK;
    for (uint32_t k = 0; k < walk->n_folds; k++) {
        AMS_TRY(ams_limit_fold_init(&walk->fold[k], setup->n_items, setup->n_points, err));
    }
    AMS_TRY(ams_windows_walk(&windows, score_window, walk, err));
    for (uint32_t k = 0, at = 0; k < list->n; k++) {
        for (uint32_t r = 0; r < list->series[k].n_runs; r++, at++) {
            AMS_TRY(ams_limit_fold_finish(&walk->fold[at], &list->series[k].scores[r], err));
        }
    }
out:
    return status;
}

static ams_status score_windows(ams_limit_study *s, const ams_limit_evaluation *evaluation,
                                const ams_progress *progress, ams_error *err)
{
    study_walk walk = {.study = s, .evaluation = *evaluation, .progress = progress};
    for (uint32_t k = 0; k < s->list.n; k++) {
        walk.n_folds += s->list.series[k].n_runs;
    }
    ams_status status = ams_alloc(&walk.fold, walk.n_folds, sizeof *walk.fold, "series", err);
    if (status == AMS_OK) {
        status = fold_windows(&walk, err);
    }
    for (uint32_t k = 0; walk.fold != NULL && k < walk.n_folds; k++) {
        ams_limit_fold_fini(&walk.fold[k]);
    }
    free(walk.fold);
    return status;
}

/* ---- both ---- */

static ams_status score(ams_limit_study *s, const ams_limit_study_options *options,
                        ams_error *err)
{
    const ams_limit_setup *setup = s->setup;
    const ams_limit_evaluation evaluation = {.env = setup->env,
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
    if (setup->file == NULL) {
        return score_table(s, &evaluation, &options->progress, err);
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
    return score_windows(s, &evaluation, &options->progress, err);
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
