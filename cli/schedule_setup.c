/* Options, data, limits and policies of the commands under limits. */
#include "cli/schedule.h"

#include "base/memory.h"
#include "base/number.h"
#include "cli/units.h"
#include "env/table_part.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ams_status choose(const cli_args *args, const char *option, const char *const *names,
                         int *choice, ams_error *err)
{
    const char *text = cli_get(args, option, names[0]);
    char known[128] = "";
    for (*choice = 0; names[*choice] != NULL; ++*choice) {
        if (strcmp(text, names[*choice]) == 0) {
            return AMS_OK;
        }
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", used == 0 ? "" : ", ",
                 names[*choice]);
    }
    return ams_fail(err, AMS_USAGE, "option %s: expected one of %s, found '%s'", option, known,
                    text);
}

static ams_status read_stop(schedule_setup *s, const cli_args *args, ams_error *err)
{
    int stop = 0;
    ams_status status =
        cli_parse_stop(cli_get(args, "--stop", "never"), &stop, &s->options.stop_below, err);
    s->options.stop = (ams_stop)stop;
    return status;
}

static ams_status read_options(schedule_setup *s, const cli_args *args, ams_error *err)
{
    static const char *const negative[] = {"rank", "skip", "clamp", NULL};
    static const char *const late[] = {"never", "short", "any", NULL};
    static const char *const times[] = {"mean", "recorded", NULL};
    int choice = 0;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    ams_status status = AMS_OK;
    s->threads = processors > 0 ? (uint64_t)processors : 1;
    s->draws = 20;
    s->table_mb = 4096;
    s->split_name = cli_get(args, "--split", "test");
    s->expect = cli_get(args, "--expect", "mean");
    s->times = cli_get(args, "--times", "mean");
    AMS_TRY(cli_require(args, "--data", &s->data_path, err));
    AMS_TRY(cli_get_u64(args, "--seed", &s->seed, err));
    AMS_TRY(cli_get_u64(args, "--threads", &s->threads, err));
    AMS_TRY(cli_get_u64(args, "--draws", &s->draws, err));
    AMS_TRY(cli_get_u64(args, "--table-memory", &s->table_mb, err));
    if (s->table_mb == 0 || s->table_mb > UINT64_C(1) << 30) {
        return ams_fail(err, AMS_USAGE, "option --table-memory: expected 1 to %llu, found %llu",
                        1ULL << 30, (unsigned long long)s->table_mb);
    }
    AMS_TRY(choose(args, "--negative", negative, &choice, err));
    s->options.negative = (ams_negative)choice;
    AMS_TRY(choose(args, "--late", late, &choice, err));
    s->options.late = (ams_late)choice;
    AMS_TRY(choose(args, "--times", times, &choice, err));
    s->recorded = choice == 1;
    AMS_TRY(read_stop(s, args, err));
    if (s->threads == 0 || s->threads > 256 || s->draws == 0 || s->draws > 1000000) {
        status =
            ams_fail(err, AMS_USAGE,
                     "expected --threads from 1 to 256 and --draws from 1 to 1000000, found "
                     "%llu and %llu",
                     (unsigned long long)s->threads, (unsigned long long)s->draws);
    } else if (args->n_operands > 0) {
        status = ams_fail(err, AMS_USAGE, "unexpected '%s'; policies are given as --policy %s",
                          args->operand[0], args->operand[0]);
    }
out:
    return status;
}

static ams_status read_expected(schedule_setup *s, ams_error *err)
{
    double q = 0;
    memcpy(s->expected_ms, s->table.time_ms, s->table.n_models * sizeof(float));
    if (strcmp(s->expect, "mean") == 0) {
        return AMS_OK;
    }
    if (s->expect[0] != 'q' || !ams_parse_double(s->expect + 1, &q) || !(q > 0 && q <= 1)) {
        return ams_fail(err, AMS_USAGE,
                        "option --expect: expected mean or a quantile from q0.01 to q1, found "
                        "'%s'",
                        s->expect);
    }
    return ams_time_quantile(s->expected_ms, &s->table, q, err);
}

static ams_status read_limits(schedule_setup *s, const cli_args *args, uint32_t most,
                              ams_error *err)
{
    double largest_mb = 0;
    double deadline[SCHEDULE_POINTS] = {INFINITY};
    double memory[SCHEDULE_POINTS] = {INFINITY};
    size_t deadlines = 1;
    size_t memories = 1;
    ams_status status = AMS_OK;
    for (uint32_t m = 0; m < s->table.n_models; m++) {
        largest_mb = fmax(largest_mb, (double)s->table.mem_mb[m]);
    }
    const cli_unit ms[] = {{"ms", 1}, {"s", 1000}, {"%", s->env->total_time_ms / 100}};
    const cli_unit mb[] = {{"MB", 1}, {"GB", 1000}, {"x", largest_mb}};
    if (cli_has(args, "--deadline")) {
        AMS_TRY(cli_parse_units("--deadline", cli_get(args, "--deadline", ""), ms, 3, deadline,
                                most, &deadlines, err));
    }
    if (s->parallel) {
        AMS_TRY(cli_parse_units("--memory", cli_get(args, "--memory", ""), mb, 3, memory, most,
                                &memories, err));
    }
    if (deadlines * memories > most) {
        return ams_fail(err, AMS_USAGE, "%zu deadlines x %zu budgets: expected at most %u",
                        deadlines, memories, most);
    }
    for (size_t k = 0; k < memories; k++) {
        for (size_t d = 0; d < deadlines; d++) {
            s->point[s->n_points++] =
                (ams_limit_point){.deadline_ms = deadline[d], .memory_mb = memory[k]};
        }
    }
out:
    return status;
}

/* Behind those of the same label, so that seeds stand side by side. */
static ams_status add_policy(schedule_setup *s, const char *spec, ams_error *err)
{
    ams_policy *policy = NULL;
    ams_status status = ams_policy_create(&policy, spec, &s->table, s->env, err);
    if (status != AMS_OK) {
        return status;
    }
    uint32_t at = s->n_policies;
    for (uint32_t k = 0; k < s->n_policies && status == AMS_OK; k++) {
        if (strcmp(s->policy[k]->label, policy->label) == 0) {
            at = k + 1;
            if (s->policy[k]->seed == policy->seed) {
                status =
                    ams_fail(err, AMS_USAGE,
                             "policy %s: there is a '%s' of seed %llu already; name one of "
                             "them (--policy NAME=%s)",
                             spec, policy->label, (unsigned long long)policy->seed, spec);
            }
        }
    }
    if (status == AMS_OK && policy->kind->values == NULL && !policy->kind->static_order) {
        status = ams_fail(err, AMS_USAGE,
                          "policy %s has an order whose models build on all before them, and "
                          "predicts no values: it cannot leave models out to keep a deadline",
                          spec);
    }
    if (status != AMS_OK) {
        ams_policy_destroy(policy);
        return status;
    }
    for (uint32_t k = 0; k < s->n_policies; k++) {
        ams_policy_share(policy, s->policy[k]);
    }
    policy->item_index = s->item_id != NULL ? s->part_item : NULL;
    policy->draw_seed = s->seed;
    policy->draws = policy->kind->draws > 1 ? (uint32_t)s->draws : 1;
    memmove(s->policy + at + 1, s->policy + at, (s->n_policies - at) * sizeof(void *));
    s->policy[at] = policy;
    s->n_policies++;
    return AMS_OK;
}

ams_status schedule_open(schedule_setup *s, const cli_args *args, uint32_t most_points,
                         ams_error *err)
{
    static const char *const always[] = {"random", "fixed", "optimal"};
    ams_env_options env = ams_env_defaults();
    ams_status status = AMS_OK;
    AMS_TRY(read_options(s, args, err));
    AMS_TRY(s->item_id != NULL ? schedule_open_item(s, args, err) : schedule_open_file(s, err));
    AMS_TRY(ams_env_create(&s->env, &s->table, &env, err));
    AMS_TRY(read_expected(s, err));
    AMS_TRY(read_limits(s, args, most_points, err));
    AMS_TRY(ams_overlap(&s->overlap, s->env, err));
    AMS_TRY(
        ams_alloc(&s->policy, (size_t)args->n_options + 3, sizeof(void *), "policies", err));
    for (size_t k = 0; k < 3 && most_points > 1; k++) {
        AMS_TRY(add_policy(s, always[k], err));
    }
    for (int i = 0; cli_get_nth(args, "--policy", i) != NULL; i++) {
        const char *spec = cli_get_nth(args, "--policy", i);
        bool there = false;
        for (size_t k = 0; k < 3 && most_points > 1; k++) {
            there = there || strcmp(spec, always[k]) == 0;
        }
        if (!there) {
            AMS_TRY(add_policy(s, spec, err));
        }
    }
    if (s->threads > 1) {
        AMS_TRY(ams_pool_create(&s->pool, (uint32_t)s->threads, err));
    }
out:
    return status;
}

void schedule_setup_fini(schedule_setup *s)
{
    for (uint32_t k = 0; k < s->n_policies; k++) {
        ams_policy_destroy(s->policy[k]);
    }
    free(s->policy);
    free(s->overlap);
    ams_pool_destroy(s->pool);
    ams_env_destroy(s->env);
    ams_table_fini(&s->table);
    ams_table_file_close(s->parts);
    free(s->part_item);
}

ams_status schedule_choose(const schedule_setup *s, const cli_args *args, uint32_t index,
                           const ams_scheduler **scheduler, ams_error *err)
{
    const char *text =
        cli_get(args, "--scheduler",
                s->parallel ? "algorithm2,plan,q-greedy" : "algorithm1,plan,q-greedy");
    char name[32];
    *scheduler = NULL;
    for (; index > 0; index--) {
        text += strcspn(text, ",");
        if (*text == 0) {
            return AMS_OK;
        }
        text++;
    }
    size_t length = strcspn(text, ",");
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    *scheduler = ams_scheduler_named(name, s->parallel);
    if (*scheduler != NULL && (*scheduler)->source == AMS_SOURCE_VALUES) {
        return AMS_OK;
    }
    return ams_fail(err, AMS_USAGE,
                    "option --scheduler: expected some of %s, q-greedy, plan, found '%s'",
                    s->parallel ? "algorithm2" : "algorithm1", name);
}
