/* `ams schedule`: schedulers, baselines and bounds on the items of a split, at many limits. */
#include "cli/schedule.h"

#include "base/clock.h"
#include "base/memory.h"
#include "sched/fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cli_option options[] = {
    {.name = "--data", .takes_value = true},
    {.name = "--policy", .takes_value = true},
    {.name = "--deadline", .takes_value = true},
    {.name = "--memory", .takes_value = true},
    {.name = "--split", .takes_value = true},
    {.name = "--times", .takes_value = true},
    {.name = "--expect", .takes_value = true},
    {.name = "--negative", .takes_value = true},
    {.name = "--late", .takes_value = true},
    {.name = "--stop", .takes_value = true},
    {.name = "--scheduler", .takes_value = true},
    {.name = "--exact", .takes_value = true},
    {.name = "--draws", .takes_value = true},
    {.name = "--seed", .takes_value = true},
    {.name = "--threads", .takes_value = true},
    {.name = "--bootstrap", .takes_value = true},
    {.name = "--check"},
    {.name = "-o", .takes_value = true},
    {.name = "--table-memory", .takes_value = true},
};

#define SCHEDULE_OWN_HELP                                                                      \
    "  --split S          train, validation or test (default test)\n"                          \
    "  --exact N          the optimum by branch and bound, given up after N nodes an item\n"   \
    "                     (default 0: not looked for)\n"                                       \
    "  --bootstrap N      draws of the 95 % intervals (default 2000)\n"                        \
    "  --check            every schedule goes through the validity check\n"                    \
    "  --table-memory MB  a file that needs more (default 4096) is scored in windows of its\n" \
    "                     items, with the same numbers up to 32,768 items of the split; of\n"  \
    "                     more, the intervals resample blocks of items, as in `ams eval`. "    \
    "Its\n"                                                                                    \
    "                     training items have to fit in half of that\n"                        \
    "  -o DIR             writes schedule.tsv, exact.tsv, timing.tsv and schedule.json "       \
    "there\n"

static schedule_series *next_series(schedule_session *s, const ams_scheduler *scheduler,
                                    ams_policy *const *policy, uint32_t n_runs)
{
    schedule_series *series = &s->series[s->n_series++];
    *series = (schedule_series){.scheduler = scheduler, .policy = policy, .n_runs = n_runs};
    return series;
}

static void add_bounds(schedule_session *s)
{
    static const char *const label[] = {"optimal*", "bound", "exact"};
    for (int bound = AMS_BOUND_STAR; bound <= AMS_BOUND_EXACT; bound++) {
        if (bound != AMS_BOUND_EXACT || s->exact_nodes > 0) {
            schedule_series *series = next_series(s, NULL, NULL, 1);
            series->bound = (ams_limit_bound)bound;
            snprintf(series->label, sizeof series->label, "%s", label[bound]);
        }
    }
    s->exact = s->exact_nodes > 0 ? s->n_series - 1 : s->n_series;
    s->bound = s->exact_nodes > 0 ? s->n_series - 2 : s->n_series - 1;
}

/* A policy's seeds by each scheduler, or, of an order, first fit. */
static ams_status add_policy(schedule_session *s, const cli_args *args,
                             ams_policy *const *policy, uint32_t n_runs, ams_error *err)
{
    const ams_policy *first = policy[0];
    if (first->kind->values == NULL) {
        const ams_scheduler *fit = ams_scheduler_named("first-fit", s->setup.parallel);
        schedule_series *series = next_series(s, fit, policy, n_runs);
        bool by_value = strcmp(first->kind->name, "optimal") == 0;
        snprintf(series->label, sizeof series->label, "%s",
                 by_value ? "first-fit" : first->label);
        s->random = strcmp(first->kind->name, "random") == 0 ? s->n_series - 1 : s->random;
        s->fixed = strcmp(first->kind->name, "fixed") == 0 ? s->n_series - 1 : s->fixed;
        return AMS_OK;
    }
    for (uint32_t k = 0;; k++) {
        const ams_scheduler *scheduler = NULL;
        ams_status status = schedule_choose(&s->setup, args, k, &scheduler, err);
        if (status != AMS_OK || scheduler == NULL) {
            return status;
        }
        schedule_series *series = next_series(s, scheduler, policy, n_runs);
        snprintf(series->label, sizeof series->label, "%s:%s", scheduler->name, first->label);
    }
}

static ams_status list_series(schedule_session *s, const cli_args *args, ams_error *err)
{
    const schedule_setup *setup = &s->setup;
    const char *name = setup->parallel ? "algorithm2" : "algorithm1";
    ams_status status = AMS_OK;
    /* Each policy by each scheduler of the list, the bounds, the truth. */
    size_t most =
        (size_t)setup->n_policies * (1 + strlen(cli_get(args, "--scheduler", "abc"))) + 4;
    AMS_TRY(ams_alloc(&s->series, most, sizeof *s->series, "series", err));
    for (uint32_t k = 0, n = 0; k < setup->n_policies; k += n) {
        for (n = 1; k + n < setup->n_policies &&
                    strcmp(setup->policy[k]->label, setup->policy[k + n]->label) == 0;
             n++) {
        }
        AMS_TRY(add_policy(s, args, setup->policy + k, n, err));
    }
    schedule_series *truth =
        next_series(s, ams_scheduler_named(name, setup->parallel), NULL, 1);
    snprintf(truth->label, sizeof truth->label, "%s:truth", name);
    add_bounds(s);
out:
    return status;
}

ams_status schedule_score_run(schedule_session *s, const schedule_series *series, uint32_t r,
                              const ams_limit_evaluation *evaluation, ams_limit_scores *scores,
                              ams_error *err)
{
    double begun = ams_seconds();
    const ams_policy *policy = series->policy == NULL ? NULL : series->policy[r];
    ams_status status =
        series->scheduler == NULL
            ? ams_limits_bound(scores, evaluation, series->bound, err)
            : ams_limits_schedule(scores, evaluation, series->scheduler, policy, err);
    if (series == &s->series[s->n_series - 1]) { /* the exact one, where there is one */
        s->exact_seconds += ams_seconds() - begun;
    }
    return status;
}

static ams_status score_all(schedule_session *s, const ams_limit_evaluation *evaluation,
                            ams_error *err)
{
    cli_progress bar;
    ams_status status = AMS_OK;
    cli_progress_begin(&bar, "ams schedule");
    for (uint32_t k = 0; k < s->n_series; k++) {
        schedule_series *series = &s->series[k];
        cli_progress_update(&bar, k, s->n_series, series->label);
        for (uint32_t r = 0; r < series->n_runs; r++) {
            AMS_TRY(schedule_score_run(s, series, r, evaluation, &series->scores[r], err));
        }
    }
out:
    cli_progress_end(&bar);
    return status;
}

static ams_status score(schedule_session *s, bool check, ams_error *err)
{
    const schedule_setup *setup = &s->setup;
    ams_limit_evaluation evaluation = {.env = setup->env,
                                       .table = &setup->table,
                                       .recorded_times = setup->recorded,
                                       .parallel = setup->parallel,
                                       .point = setup->point,
                                       .n_points = setup->n_points,
                                       .options = setup->options,
                                       .expected_ms = setup->expected_ms,
                                       .overlap = setup->overlap,
                                       .exact_nodes = s->exact_nodes,
                                       .check = check,
                                       .pool = setup->pool};
    ams_status status = AMS_OK;
    if (!ams_split_parse(setup->split_name, &evaluation.split)) {
        return ams_fail(err, AMS_USAGE,
                        "option --split: expected train, validation or test, found '%s'",
                        setup->split_name);
    }
    if (setup->parts != NULL && s->exact_nodes > 0 && setup->n_items > AMS_FOLD_ITEMS) {
        return ams_fail(err, AMS_USAGE,
                        "option --exact: at most %d items expected of a file that needs more "
                        "than --table-memory, found %u; `ams data select --items` takes some",
                        AMS_FOLD_ITEMS, setup->n_items);
    }
    for (uint32_t k = 0; k < s->n_series; k++) {
        schedule_series *series = &s->series[k];
        AMS_TRY(
            ams_alloc(&series->scores, series->n_runs, sizeof *series->scores, "scores", err));
        AMS_TRY(ams_alloc(&series->recall, series->n_runs, sizeof(void *), "scores", err));
    }
    AMS_TRY(setup->parts != NULL ? schedule_score_parts(s, &evaluation, err)
                                 : score_all(s, &evaluation, err));
    for (uint32_t k = 0; k < s->n_series; k++) {
        for (uint32_t r = 0; r < s->series[k].n_runs; r++) {
            s->series[k].recall[r] = s->series[k].scores[r].recall;
        }
    }
out:
    return status;
}

static ams_status draw_intervals(schedule_session *s, ams_error *err)
{
    ams_paired_group *groups = NULL;
    ams_bootstrap_options bootstrap = {
        .seed = s->setup.seed, .draws = (uint32_t)s->bootstrap_draws, .pool = s->setup.pool};
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&groups, s->n_series, sizeof *groups, "series", err));
    for (uint32_t k = 0; k < s->n_series; k++) {
        groups[k] =
            (ams_paired_group){.run = s->series[k].recall, .n_runs = s->series[k].n_runs};
    }
    status = ams_paired_run(&s->paired, groups, s->n_series, s->series[0].scores[0].n,
                            s->setup.n_points, &bootstrap, err);
out:
    free(groups);
    return status;
}

static void session_fini(schedule_session *s)
{
    for (uint32_t k = 0; k < s->n_series; k++) {
        for (uint32_t r = 0; s->series[k].scores != NULL && r < s->series[k].n_runs; r++) {
            ams_limit_scores_fini(&s->series[k].scores[r]);
        }
        free(s->series[k].scores);
        free(s->series[k].recall);
    }
    free(s->series);
    ams_paired_fini(&s->paired);
    free(s->command);
    schedule_setup_fini(&s->setup);
}

static ams_status schedule(schedule_session *s, const cli_args *args, ams_error *err)
{
    const char *needed;
    ams_status status = AMS_OK;
    s->directory = cli_get(args, "-o", NULL);
    s->bootstrap_draws = 2000;
    AMS_TRY(cli_require(args, "--deadline", &needed, err));
    if (s->setup.parallel) {
        AMS_TRY(cli_require(args, "--memory", &needed, err));
    } else if (cli_has(args, "--memory")) {
        return ams_fail(err, AMS_USAGE,
                        "option --memory: models run one at a time here; `ams schedule "
                        "deadline-memory` runs them side by side under a budget");
    }
    AMS_TRY(cli_get_u64(args, "--bootstrap", &s->bootstrap_draws, err));
    AMS_TRY(cli_get_u64(args, "--exact", &s->exact_nodes, err));
    if (s->bootstrap_draws == 0 || s->bootstrap_draws > 1000000) {
        return ams_fail(err, AMS_USAGE, "option --bootstrap: expected 1 to 1000000, found %llu",
                        (unsigned long long)s->bootstrap_draws);
    }
    AMS_TRY(schedule_open(&s->setup, args, SCHEDULE_POINTS, err));
    AMS_TRY(list_series(s, args, err));
    AMS_TRY(score(s, cli_has(args, "--check"), err));
    AMS_TRY(draw_intervals(s, err));
    if (s->directory != NULL) {
        AMS_TRY(schedule_write(s, err));
    }
    schedule_print(s);
out:
    return status;
}

static ams_status run_deadline(const cli_args *args, ams_error *err)
{
    schedule_session s = {.command = cli_command_line(args)};
    ams_status status = schedule(&s, args, err);
    session_fini(&s);
    return status;
}

static ams_status run_memory(const cli_args *args, ams_error *err)
{
    schedule_session s = {.command = cli_command_line(args), .setup = {.parallel = true}};
    ams_status status = schedule(&s, args, err);
    session_fini(&s);
    return status;
}

const ams_command ams_cmd_schedule_deadline = {
    .name = "schedule deadline",
    .summary = "recall of value under deadlines, one model at a time",
    .usage = "ams schedule deadline --data F.h5 --policy P [--policy P ...] --deadline LIST\n"
             "          [-o DIR]",
    .help = SCHEDULE_SETUP_HELP SCHEDULE_OWN_HELP
    "\n"
    "Schedulers: algorithm1, the papers' Algorithm 1 (value per time among what ends in\n"
    "time); q-greedy (value); plan (the set of largest value that fits the time left,\n"
    "planned anew after each output). Always there: random, fixed, first-fit (models by\n"
    "descending true value), algorithm1:truth (true marginal values), optimal* (the\n"
    "papers' relaxation; no bound where labels overlap), bound (holds always).\n"
    "\n"
    "Example:\n"
    "  ams schedule deadline --data data/photos.h5 --policy runs/dqn-0 \\\n"
    "    --deadline 5%..60%:5% -o results/deadline\n",
    CLI_OPTIONS(options),
    .run = run_deadline,
};

const ams_command ams_cmd_schedule_memory = {
    .name = "schedule deadline-memory",
    .summary = "recall of value under deadlines and memory budgets, models side by side",
    .usage = "ams schedule deadline-memory --data F.h5 --policy P [--policy P ...]\n"
             "          --deadline LIST --memory LIST [-o DIR]",
    .help = SCHEDULE_SETUP_HELP
    "  --memory LIST      budgets, as deadlines: 8GB,12GB,16GB; 500MB..2GB:500MB; 1x,1.5x\n"
    "                     (x: of the largest model; 1 GB is 1000 MB)\n" SCHEDULE_OWN_HELP "\n"
    "Schedulers: algorithm2, the papers' Algorithm 2 (value per time and memory first, then\n"
    "value per memory among what ends before it); q-greedy (value among what fits); plan\n"
    "(whole schedules of the time left by several rules, the best one's first runs start).\n"
    "Always there: random, fixed, first-fit, algorithm2:truth, optimal*, bound.\n"
    "\n"
    "Example:\n"
    "  ams schedule deadline-memory --data data/photos.h5 --policy runs/dqn-0 \\\n"
    "    --deadline 15.5% --memory 1x,1.5x,2x --exact 100000 -o results/memory\n",
    CLI_OPTIONS(options),
    .run = run_memory,
};
