#include "ams/limit_setup.h"

#include "ams/table_file.h"
#include "base/memory.h"
#include "base/team.h"
#include "lab/limits/open.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_THREADS = 256, MOST_DRAWS = 1000000 };

ams_limit_setup_options ams_limit_setup_defaults(void)
{
    return (ams_limit_setup_options){
        .split = AMS_TEST, .draws = 20, .threads = 1, .memory_mb = 4096};
}

static ams_status check_options(const ams_limit_setup_options *o, ams_error *err)
{
    if (o->threads == 0 || o->threads > MOST_THREADS || o->draws == 0 ||
        o->draws > MOST_DRAWS) {
        return ams_fail(err, AMS_USAGE,
                        "expected threads from 1 to %d and draws from 1 to %d, found %u and %u",
                        MOST_THREADS, MOST_DRAWS, o->threads, o->draws);
    }
    if (o->memory_mb == 0 || o->memory_mb > UINT64_C(1) << 30) {
        return ams_fail(err, AMS_USAGE, "%s: expected 1 to %llu, found %llu",
                        o->memory_option == NULL ? "memory_mb" : o->memory_option, 1ULL << 30,
                        (unsigned long long)o->memory_mb);
    }
    if (!(o->expect >= 0 && o->expect <= 1)) {
        return ams_fail(err, AMS_USAGE, "expected a quantile from 0 to 1, found %g", o->expect);
    }
    return AMS_OK;
}

static ams_status open_all(ams_limit_setup *s, ams_error *err)
{
    const ams_env_options env = ams_env_defaults();
    ams_status status = AMS_OK;
    AMS_TRY(check_options(&s->options, err));
    AMS_TRY(s->options.item_id != NULL ? ams_limit_open_item(s, err)
                                       : ams_limit_open_file(s, err));
    AMS_TRY(ams_env_create(&s->env, &s->table, &env, err));
    memcpy(s->expected_ms, s->table.time_ms, s->table.n_models * sizeof(float));
    if (s->options.expect > 0) {
        AMS_TRY(ams_time_quantile(s->expected_ms, &s->table, s->options.expect, err));
    }
    AMS_TRY(ams_overlap(&s->overlap, s->env, err));
    if (s->options.threads > 1) {
        AMS_TRY(ams_pool_create(&s->pool, s->options.threads, err));
    }
out:
    return status;
}

ams_status ams_limit_open(ams_limit_setup *setup, const ams_limit_setup_options *options,
                          ams_error *err)
{
    *setup = (ams_limit_setup){.options = *options};
    if (!ams_team_leads(options->team)) {
        setup->options.progress = NULL;
    }
    ams_status status = open_all(setup, err);
    if (status != AMS_OK) {
        ams_limit_setup_fini(setup);
    }
    return status;
}

double ams_limit_largest_mb(const ams_limit_setup *setup)
{
    double largest = 0;
    for (uint32_t m = 0; m < setup->table.n_models; m++) {
        largest = fmax(largest, (double)setup->table.mem_mb[m]);
    }
    return largest;
}

static ams_status check_limits(const double *limit, size_t n, const char *what, ams_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!(limit[i] > 0)) {
            return ams_fail(err, AMS_USAGE, "expected a %s above 0, found %g", what, limit[i]);
        }
    }
    return AMS_OK;
}

ams_status ams_limit_set_points(ams_limit_setup *s, const double *deadline_ms,
                                size_t n_deadlines, const double *budget_mb, size_t n_budgets,
                                ams_error *err)
{
    const size_t budgets = n_budgets > 0 ? n_budgets : 1;
    ams_status status = AMS_OK;
    if (n_deadlines == 0 || n_deadlines > UINT32_MAX / budgets) {
        return ams_fail(err, AMS_USAGE, "expected at least one deadline, found %zu",
                        n_deadlines);
    }
    free(s->point);
    s->point = NULL;
    s->n_points = 0;
    AMS_TRY(check_limits(deadline_ms, n_deadlines, "deadline", err));
    AMS_TRY(check_limits(budget_mb, n_budgets, "memory budget", err));
    AMS_TRY(ams_alloc(&s->point, n_deadlines * budgets, sizeof *s->point, "limits", err));
    for (size_t k = 0; k < budgets; k++) {
        for (size_t d = 0; d < n_deadlines; d++) {
            s->point[s->n_points++] =
                (ams_limit_point){.deadline_ms = deadline_ms[d],
                                  .memory_mb = n_budgets > 0 ? budget_mb[k] : (double)INFINITY};
        }
    }
out:
    return status;
}

/* Where a policy of that label goes: after the last one that has it. */
static ams_status find_place(const ams_limit_setup *s, const char *spec,
                             const ams_policy *policy, size_t *place, ams_error *err)
{
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    const char *label = ams_policy_label(policy);
    const uint64_t seed = ams_policy_seed(policy);
    *place = s->n_policies;
    for (size_t k = 0; k < s->n_policies; k++) {
        if (strcmp(ams_policy_label(s->policy[k]), label) != 0) {
            continue;
        }
        *place = k + 1;
        if (ams_policy_seed(s->policy[k]) == seed) {
            return ams_fail(err, AMS_USAGE,
                            "policy %s: there is a '%s' of seed %llu already; name one of them "
                            "as NAME=%s",
                            spec, label, (unsigned long long)seed, spec);
        }
    }
    if (kind->values == NULL && !kind->static_order) {
        return ams_fail(err, AMS_USAGE,
                        "policy %s has an order whose models build on all before them, and "
                        "predicts no values: it cannot leave models out to keep a deadline",
                        spec);
    }
    return AMS_OK;
}

static ams_status add_policy(ams_limit_setup *s, const char *spec, ams_error *err)
{
    ams_policy *policy = NULL;
    size_t place = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&s->policy, &s->policy_capacity, s->n_policies + 1, sizeof(void *),
                     "policies", err));
    AMS_TRY(ams_policy_create(&policy, spec, &s->table, s->env, err));
    ams_policy_notice_labels(policy, s->options.progress);
    if (s->options.goal > 0 && ams_policy_has_goals(policy)) {
        AMS_TRY(ams_policy_set_goal(policy, s->options.goal, err));
    }
    AMS_TRY(find_place(s, spec, policy, &place, err));
    for (size_t k = 0; k < s->n_policies; k++) {
        ams_policy_share(policy, s->policy[k]);
    }
    ams_policy_set_items(policy, s->file == NULL ? s->file_item : NULL);
    ams_policy_set_draws(policy, s->options.draws, s->options.seed);
    memmove(s->policy + place + 1, s->policy + place, (s->n_policies - place) * sizeof(void *));
    s->policy[place] = policy;
    s->n_policies++;
    policy = NULL;
out:
    ams_policy_destroy(policy);
    return status;
}

static const char *const baselines[] = {"random", "fixed", "optimal"};
enum { BASELINES = sizeof baselines / sizeof *baselines };

ams_status ams_limit_add_baselines(ams_limit_setup *setup, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t k = 0; k < BASELINES && status == AMS_OK; k++) {
        status = add_policy(setup, baselines[k], err);
    }
    setup->baselines = status == AMS_OK;
    return status;
}

ams_status ams_limit_add_policy(ams_limit_setup *setup, const char *spec, ams_error *err)
{
    for (size_t k = 0; setup->baselines && k < BASELINES; k++) {
        if (strcmp(spec, baselines[k]) == 0) {
            return AMS_OK;
        }
    }
    return add_policy(setup, spec, err);
}

void ams_limit_setup_fini(ams_limit_setup *setup)
{
    for (size_t k = 0; k < setup->n_policies; k++) {
        ams_policy_destroy(setup->policy[k]);
    }
    free(setup->policy);
    free(setup->point);
    free(setup->overlap);
    ams_pool_destroy(setup->pool);
    ams_env_destroy(setup->env);
    ams_table_fini(&setup->table);
    ams_table_file_close(setup->file);
    free(setup->file_item);
    *setup = (ams_limit_setup){0};
}
