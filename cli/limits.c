#include "cli/limits.h"

#include "base/memory.h"
#include "base/number.h"
#include "cli/readers.h"
#include "console/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const cli_times[] = {"mean", "recorded", NULL};
const char *const cli_negatives[] = {"rank", "skip", "clamp", NULL};
const char *const cli_lates[] = {"never", "short", "any", NULL};

/* "mean" or "q0.9"; 0: mean. */
ams_status cli_read_expect(const char *option, const char *text, void *value, ams_error *err)
{
    double *quantile = value;
    *quantile = 0;
    if (strcmp(text, "mean") != 0 && (text[0] != 'q' || !ams_parse_double(text + 1, quantile) ||
                                      !(*quantile > 0 && *quantile <= 1))) {
        return ams_fail(err, AMS_USAGE,
                        "option %s: expected mean or a quantile from q0.01 to q1, found '%s'",
                        option, text);
    }
    return AMS_OK;
}

ams_status cli_read_stop(const char *option, const char *text, void *value, ams_error *err)
{
    ams_limit_options *rules = value;
    int stop = 0;
    (void)option;
    ams_status status = cli_parse_stop(text, &stop, &rules->stop_below, err);
    rules->stop = (ams_stop)stop;
    return status;
}

/* One item is read alone unless something is fitted to the training items. */
static bool needs_training(const cli_limits *l)
{
    bool needed =
        l->setup.expect > 0 || (l->scheduler != NULL && strncmp(l->scheduler, "plan", 4) == 0);
    for (size_t i = 0; i < l->n_policies; i++) {
        needed = needed || ams_policy_spec_is_fitted(l->policy[i]);
    }
    return needed;
}

static ams_status set_points(ams_limit_setup *s, const cli_limits *l, uint32_t most,
                             ams_error *err)
{
    const bool ms = ams_table_costs_ms(&s->table);
    const cli_unit per_cent = {"%", s->env->total_time_ms / 100};
    const cli_unit costs[] = {
        {ams_table_cost_unit(&s->table), 1}, ms ? (cli_unit){"s", 1000} : per_cent, per_cent};
    const cli_unit mb[] = {{"MB", 1}, {"GB", 1000}, {"x", ams_limit_largest_mb(s)}};
    double *deadline = NULL;
    double *budget = NULL;
    size_t n_deadlines = 1;
    size_t n_budgets = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&deadline, most, sizeof *deadline, "deadlines", err));
    AMS_TRY(ams_alloc(&budget, most, sizeof *budget, "memory budgets", err));
    deadline[0] = (double)INFINITY;
    if (l->deadline != NULL) {
        AMS_TRY(cli_parse_units("--deadline", l->deadline, costs, ms ? 3 : 2, deadline, most,
                                &n_deadlines, err));
    }
    if (s->options.parallel) {
        AMS_TRY(cli_parse_units("--memory", l->memory == NULL ? "" : l->memory, mb, 3, budget,
                                most, &n_budgets, err));
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

ams_status cli_open_limits(ams_limit_setup *setup, cli_limits *limits, const cli_args *args,
                           uint32_t most, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(cli_refuse_policies(args, err));
    limits->setup.training = needs_training(limits);
    AMS_TRY(ams_limit_open(setup, &limits->setup, err));
    status = set_points(setup, limits, most, err);
out:
    return status;
}

ams_status cli_add_policies(ams_limit_setup *setup, const cli_limits *limits, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t i = 0; status == AMS_OK && i < limits->n_policies; i++) {
        status = ams_limit_add_policy(setup, limits->policy[i], err);
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

ams_status cli_get_schedulers(const cli_args *args, const cli_limits *limits,
                              const ams_scheduler *const **list, uint32_t *n, ams_error *err)
{
    const bool parallel = limits->setup.parallel;
    const char *text = limits->scheduler != NULL ? limits->scheduler
                       : parallel                ? "algorithm2,plan,q-greedy"
                                                 : "algorithm1,plan,q-greedy";
    const ams_scheduler **found = NULL;
    char *copy = NULL;
    ams_status status = AMS_OK;
    *n = 0;
    AMS_TRY(ams_copy_text(&copy, text, err));
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
    AMS_TRY(ams_alloc(&found, strlen(text) + 1, sizeof *found, "schedulers", err));
    AMS_TRY(cli_keep(args, (void *)found, err));
    char *rest = copy;
    for (char *name = NULL; (name = strsep(&rest, ",")) != NULL; ++*n) {
        AMS_TRY(find_scheduler(name, parallel, &found[*n], err));
    }
    *list = found;
out:
    free(copy);
    return status;
}
