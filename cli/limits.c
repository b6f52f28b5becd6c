#include "cli/limits.h"

#include "base/memory.h"
#include "base/number.h"
#include "cli/readers.h"
#include "console/options.h"
#include "console/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "mean" or "q0.9"; 0: mean. */
static ams_status read_expect(const char *text, double *quantile, ams_error *err)
{
    *quantile = 0;
    if (strcmp(text, "mean") == 0) {
        return AMS_OK;
    }
    if (text[0] != 'q' || !ams_parse_double(text + 1, quantile) ||
        !(*quantile > 0 && *quantile <= 1)) {
        return ams_fail(err, AMS_USAGE,
                        "option --expect: expected mean or a quantile from q0.01 to q1, found "
                        "'%s'",
                        text);
    }
    return AMS_OK;
}

/* One item is read alone unless something is fitted to the training items. */
static bool needs_training(const ams_limit_setup_options *o, const cli_args *args)
{
    bool needed = o->expect > 0 || strncmp(cli_get(args, "--scheduler", ""), "plan", 4) == 0;
    for (int i = 0; cli_get_nth(args, "--policy", i) != NULL; i++) {
        needed = needed || ams_policy_spec_is_fitted(cli_get_nth(args, "--policy", i));
    }
    return needed;
}

static ams_status read_rules(ams_limit_options *rules, const cli_args *args, ams_error *err)
{
    static const char *const negative[] = {"rank", "skip", "clamp", NULL};
    static const char *const late[] = {"never", "short", "any", NULL};
    int choice = 0;
    ams_status status = AMS_OK;
    AMS_TRY(cli_get_choice(args, "--negative", negative, &choice, err));
    rules->negative = (ams_negative)choice;
    AMS_TRY(cli_get_choice(args, "--late", late, &choice, err));
    rules->late = (ams_late)choice;
    AMS_TRY(cli_parse_stop(cli_get(args, "--stop", "never"), &choice, &rules->stop_below, err));
    rules->stop = (ams_stop)choice;
out:
    return status;
}

static ams_status read_options(ams_limit_setup_options *o, const cli_args *args, ams_error *err)
{
    static const char *const times[] = {"mean", "recorded", NULL};
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t threads = processors > 0 ? (uint64_t)processors : 1;
    uint64_t draws = o->draws;
    int choice = 0;
    ams_status status = AMS_OK;
    if (args->n_operands > 0) {
        return ams_fail(err, AMS_USAGE, "unexpected '%s'; policies are given as --policy %s",
                        args->operand[0], args->operand[0]);
    }
    AMS_TRY(cli_require(args, "--data", &o->data_path, err));
    o->fit_path = cli_get(args, "--fit", NULL);
    AMS_TRY(cli_get_u64(args, "--seed", &o->seed, err));
    AMS_TRY(cli_get_count(args, "--threads", 256, &threads, err));
    AMS_TRY(cli_get_count(args, "--draws", 1000000, &draws, err));
    AMS_TRY(cli_get_real(args, "--goal", 1e-6, 1, &o->goal, err));
    AMS_TRY(read_rules(&o->rules, args, err));
    AMS_TRY(cli_get_choice(args, "--times", times, &choice, err));
    AMS_TRY(read_expect(cli_get(args, "--expect", "mean"), &o->expect, err));
    o->threads = threads < 256 ? (uint32_t)threads : 256;
    o->draws = (uint32_t)draws;
    o->recorded_times = choice == 1;
    o->training = needs_training(o, args);
out:
    return status;
}

static ams_status set_points(ams_limit_setup *s, const cli_args *args, uint32_t most,
                             ams_error *err)
{
    const bool ms = ams_table_costs_ms(&s->table);
    const cli_unit per_cent = {"%", s->env->total_time_ms / 100};
    const cli_unit costs[] = {
        {ams_table_cost_unit(&s->table), 1}, ms ? (cli_unit){"s", 1000} : per_cent, per_cent};
    const cli_unit mb[] = {{"MB", 1}, {"GB", 1000}, {"x", ams_limit_largest_mb(s)}};
    const char *deadlines = cli_get(args, "--deadline", NULL);
    double *deadline = NULL;
    double *budget = NULL;
    size_t n_deadlines = 1;
    size_t n_budgets = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&deadline, most, sizeof *deadline, "deadlines", err));
    AMS_TRY(ams_alloc(&budget, most, sizeof *budget, "memory budgets", err));
    deadline[0] = (double)INFINITY;
    if (deadlines != NULL) {
        AMS_TRY(cli_parse_units("--deadline", deadlines, costs, ms ? 3 : 2, deadline, most,
                                &n_deadlines, err));
    }
    if (s->options.parallel) {
        AMS_TRY(cli_parse_units("--memory", cli_get(args, "--memory", ""), mb, 3, budget, most,
                                &n_budgets, err));
    }
    if (n_deadlines * n_budgets > most) {
        status = ams_fail(err, AMS_USAGE, "%zu deadlines x %zu budgets: expected at most %u",
                          n_deadlines, n_budgets, most);
        goto out;
    }
    status = ams_limit_set_points(s, deadline, n_deadlines, budget, n_budgets, err);
out:
    free(deadline);
    free(budget);
    return status;
}

ams_status cli_open_limits(ams_limit_setup *setup, ams_limit_setup_options *options,
                           const cli_args *args, uint32_t most, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(read_options(options, args, err));
    AMS_TRY(ams_limit_open(setup, options, err));
    status = set_points(setup, args, most, err);
out:
    return status;
}

ams_status cli_add_policies(ams_limit_setup *setup, const cli_args *args, ams_error *err)
{
    ams_status status = AMS_OK;
    for (int i = 0; status == AMS_OK && cli_get_nth(args, "--policy", i) != NULL; i++) {
        status = ams_limit_add_policy(setup, cli_get_nth(args, "--policy", i), err);
    }
    return status;
}

static ams_status find_scheduler(const char *name, bool parallel,
                                 const ams_scheduler **scheduler, ams_error *err)
{
    *scheduler = ams_scheduler_named(name, parallel);
    if (*scheduler != NULL && (*scheduler)->source == AMS_SOURCE_VALUES) {
        return AMS_OK;
    }
    return ams_fail(err, AMS_USAGE,
                    "option --scheduler: expected some of %s, q-greedy, plan, found '%s'",
                    parallel ? "algorithm2, algorithm2-again" : "algorithm1", name);
}

ams_status cli_get_schedulers(const cli_args *args, bool parallel, const ams_scheduler ***list,
                              uint32_t *n, ams_error *err)
{
    const char *text =
        cli_get(args, "--scheduler",
                parallel ? "algorithm2,plan,q-greedy" : "algorithm1,plan,q-greedy");
    char *copy = NULL;
    ams_status status = AMS_OK;
    *n = 0;
    AMS_TRY(ams_copy_text(&copy, text, err));
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
    AMS_TRY(ams_alloc(list, strlen(text) + 1, sizeof **list, "schedulers", err));
    char *rest = copy;
    for (char *name = NULL; (name = strsep(&rest, ",")) != NULL; ++*n) {
        AMS_TRY(find_scheduler(name, parallel, &(*list)[*n], err));
    }
out:
    free(copy);
    return status;
}
