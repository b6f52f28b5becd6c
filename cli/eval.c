/* `ams eval`: policies scored on the items of a split. */
#include "cli/eval.h"

#include "base/memory.h"
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cli_option options[] = {
    {"--data", true},  {"--policy", true},          {"--split", true},
    {"--times", true}, {"--draws", true},           {"--bootstrap", true},
    {"--seed", true},  {"--threads", true},         {"-o", true},
    {"--json", false}, {"--recorded-times", false},
};

const char *const eval_metric_names[EVAL_METRICS] = {"time_ms", "models_run", "saved_vs_all",
                                                     "saved_vs_random"};

ams_interval eval_interval(const eval_session *s, uint32_t group, eval_metric metric,
                           uint32_t q)
{
    switch (metric) {
    case EVAL_MODELS_RUN:
        return ams_bootstrap_mean(&s->bootstrap, group, AMS_COLUMN_MODELS + q);
    case EVAL_SAVED_VS_ALL:
        return ams_bootstrap_saved(&s->bootstrap, group, s->all, AMS_COLUMN_TIME_MS + q);
    case EVAL_SAVED_VS_RANDOM:
        return ams_bootstrap_saved(&s->bootstrap, group, s->random, AMS_COLUMN_TIME_MS + q);
    case EVAL_TIME_MS:
    case EVAL_METRICS:
        break;
    }
    return ams_bootstrap_mean(&s->bootstrap, group, AMS_COLUMN_TIME_MS + q);
}

static ams_status get_count(const cli_args *args, const char *option, uint64_t most,
                            uint64_t *value, ams_error *err)
{
    ams_status status = cli_get_u64(args, option, value, err);
    if (status == AMS_OK && (*value == 0 || *value > most)) {
        status = ams_fail(err, AMS_USAGE, "option %s: expected 1 to %llu, found %llu", option,
                          (unsigned long long)most, (unsigned long long)*value);
    }
    return status;
}

static ams_status settle_options(eval_session *s, const cli_args *args, ams_error *err)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    s->threads = processors > 0 ? (uint64_t)processors : 1;
    s->draws = ams_policy_kind_named("random")->draws;
    s->bootstrap_draws = 2000;
    s->split_name = cli_get(args, "--split", "test");
    s->directory = cli_get(args, "-o", NULL);
    const char *times =
        cli_get(args, "--times", cli_has(args, "--recorded-times") ? "recorded" : "mean");
    ams_status status = AMS_OK;
    AMS_TRY(cli_require(args, "--data", &s->data_path, err));
    AMS_TRY(cli_get_u64(args, "--seed", &s->seed, err));
    AMS_TRY(get_count(args, "--threads", 256, &s->threads, err));
    AMS_TRY(get_count(args, "--draws", 1000000, &s->draws, err));
    AMS_TRY(get_count(args, "--bootstrap", 1000000, &s->bootstrap_draws, err));
    if (!ams_split_parse(s->split_name, &s->options.split)) {
        status = ams_fail(err, AMS_USAGE,
                          "option --split: expected train, validation or test, found '%s'",
                          s->split_name);
    } else if (strcmp(times, "mean") != 0 && strcmp(times, "recorded") != 0) {
        status = ams_fail(err, AMS_USAGE,
                          "option --times: expected mean or recorded, found '%s'", times);
    } else if (args->n_operands > 0) {
        status = ams_fail(err, AMS_USAGE, "unexpected '%s'; policies are given as --policy %s",
                          args->operand[0], args->operand[0]);
    } else if (!cli_has(args, "--policy")) {
        status =
            ams_fail(err, AMS_USAGE,
                     "give at least one --policy: a run folder, a policy file or a baseline "
                     "(`ams list policies`)");
    }
    s->options.recorded_times = strcmp(times, "recorded") == 0;
out:
    return status;
}

static ams_status open_data(eval_session *s, ams_error *err)
{
    ams_env_options env = ams_env_defaults();
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_read(&s->table, s->data_path, err));
    AMS_TRY(ams_table_hash(&s->table, s->data_hash, err));
    AMS_TRY(ams_env_create(&s->env, &s->table, &env, err));
    if (s->threads > 1) {
        AMS_TRY(ams_pool_create(&s->options.pool, (uint32_t)s->threads, err));
    }
out:
    return status;
}

static ams_status add_policy(eval_session *s, const char *spec, ams_error *err)
{
    ams_policy *policy = NULL;
    ams_status status = ams_policy_create(&policy, spec, &s->table, s->env, err);
    if (status != AMS_OK) {
        return status;
    }
    for (uint32_t r = 0; r < s->n_runs; r++) {
        const ams_policy *other = s->run[r].policy;
        if (strcmp(other->label, policy->label) == 0 && other->seed == policy->seed) {
            status = ams_fail(err, AMS_USAGE,
                              "--policy %s: there is a '%s' of seed %llu already; name one of "
                              "them: --policy NAME=%s",
                              spec, policy->label, (unsigned long long)policy->seed, spec);
            ams_policy_destroy(policy);
            return status;
        }
    }
    policy->draw_seed = s->seed;
    policy->draws = policy->kind->draws > 1 ? (uint32_t)s->draws : 1;
    s->run[s->n_runs++].policy = policy;
    return AMS_OK;
}

static bool has_kind(const eval_session *s, const char *name)
{
    for (uint32_t r = 0; r < s->n_runs; r++) {
        if (strcmp(s->run[r].policy->kind->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Those asked for, and the two that savings are told against. */
static ams_status add_policies(eval_session *s, const cli_args *args, ams_error *err)
{
    static const char *const always[] = {"all", "random"};
    ams_status status = AMS_OK;
    size_t most = (size_t)args->n_options + 2;
    AMS_TRY(ams_alloc(&s->run, most, sizeof *s->run, "policies", err));
    AMS_TRY(ams_alloc(&s->group, most, sizeof *s->group, "policies", err));
    AMS_TRY(ams_alloc(&s->member, most, sizeof(void *), "policies", err));
    AMS_TRY(ams_alloc(&s->rank, most, sizeof *s->rank, "policies", err));
    for (int i = 0; cli_get_nth(args, "--policy", i) != NULL; i++) {
        AMS_TRY(add_policy(s, cli_get_nth(args, "--policy", i), err));
    }
    for (size_t k = 0; k < sizeof always / sizeof *always; k++) {
        if (!has_kind(s, always[k])) {
            AMS_TRY(add_policy(s, always[k], err));
        }
    }
out:
    return status;
}

static ams_status score_all(eval_session *s, ams_error *err)
{
    cli_progress bar;
    ams_status status = AMS_OK;
    cli_progress_begin(&bar, "ams eval");
    for (uint32_t r = 0; r < s->n_runs && status == AMS_OK; r++) {
        cli_progress_update(&bar, r, s->n_runs, s->run[r].policy->label);
        status = ams_evaluate(&s->run[r].scores, s->run[r].policy, &s->table, &s->options, err);
    }
    cli_progress_end(&bar);
    return status;
}

/* Runs of one label are seeds of one policy. */
static void group_runs(eval_session *s)
{
    uint32_t used = 0;
    for (uint32_t r = 0; r < s->n_runs; r++) {
        const char *label = s->run[r].scores.label;
        bool known = false;
        for (uint32_t g = 0; g < s->n_groups; g++) {
            known = known || strcmp(s->group[g].label, label) == 0;
        }
        if (known) {
            continue;
        }
        ams_group *group = &s->group[s->n_groups];
        *group = (ams_group){.label = label, .run = s->member + used};
        for (uint32_t k = r; k < s->n_runs; k++) {
            const ams_policy_kind *kind = s->run[k].policy->kind;
            if (strcmp(s->run[k].scores.label, label) == 0) {
                s->member[used++] = &s->run[k].scores;
                group->n_runs++;
                s->all = strcmp(kind->name, "all") == 0 ? s->n_groups : s->all;
                s->random = strcmp(kind->name, "random") == 0 ? s->n_groups : s->random;
            }
        }
        s->n_groups++;
    }
}

static double final_time(const eval_session *s, uint32_t group)
{
    return s->bootstrap
        .mean[(size_t)group * s->bootstrap.n_columns + AMS_COLUMN_TIME_MS + AMS_RECALLS - 1];
}

static void rank_groups(eval_session *s)
{
    for (uint32_t g = 0; g < s->n_groups; g++) {
        uint32_t at = g;
        while (at > 0 && final_time(s, s->rank[at - 1]) > final_time(s, g)) {
            s->rank[at] = s->rank[at - 1];
            at--;
        }
        s->rank[at] = g;
    }
}

static ams_status evaluate(eval_session *s, const cli_args *args, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(settle_options(s, args, err));
    AMS_TRY(open_data(s, err));
    AMS_TRY(add_policies(s, args, err));
    AMS_TRY(score_all(s, err));
    group_runs(s);
    ams_bootstrap_options bootstrap = {
        .seed = s->seed, .draws = (uint32_t)s->bootstrap_draws, .pool = s->options.pool};
    AMS_TRY(ams_bootstrap_run(&s->bootstrap, s->group, s->n_groups, &bootstrap, err));
    rank_groups(s);
    if (s->directory != NULL) {
        AMS_TRY(eval_write(s, err));
    }
    if (cli_has(args, "--json")) {
        AMS_TRY(eval_print_json(s, err));
    } else {
        eval_print_table(s);
    }
out:
    return status;
}

static void session_fini(eval_session *s)
{
    for (uint32_t r = 0; r < s->n_runs; r++) {
        ams_scores_fini(&s->run[r].scores);
        ams_policy_destroy(s->run[r].policy);
    }
    free(s->run);
    free(s->group);
    free(s->member);
    free(s->rank);
    free(s->command);
    ams_bootstrap_fini(&s->bootstrap);
    ams_pool_destroy(s->options.pool);
    ams_env_destroy(s->env);
    ams_table_fini(&s->table);
}

static ams_status run_eval(const cli_args *args, ams_error *err)
{
    eval_session s = {.command = cli_command_line(args)};
    ams_status status = evaluate(&s, args, err);
    session_fini(&s);
    return status;
}

const ams_command ams_cmd_eval = {
    .name = "eval",
    .summary = "score policies on the items of a split: recall, time, models run",
    .usage = "ams eval --data F.h5 --policy P [--policy P ...] [--split test] [-o DIR]",
    .help = "  --data F.h5        outputs file\n"
            "  --policy P         a run folder, a policy file or a baseline (`ams list "
            "policies`);\n"
            "                     cost-q:P and q-greedy:P choose the decision rule, NAME=P "
            "names it.\n"
            "                     Runs of one name are seeds of one policy. `all` and `random` "
            "are\n"
            "                     always there.\n"
            "  --split S          train, validation or test (default test)\n"
            "  --times T          mean: each model's mean time (default); recorded: each run's "
            "own\n"
            "  --recorded-times   the same as --times recorded\n"
            "  --draws N          random orders an item (default 100)\n"
            "  --bootstrap N      draws of the 95 % intervals (default 2000)\n"
            "  --seed S           of random orders and bootstrap draws (default 0)\n"
            "  --threads N        changes no result (default: all processors)\n"
            "  -o DIR             writes summary.tsv, intervals.tsv, curves.tsv, items.tsv.zst "
            "and\n"
            "                     eval.json there\n"
            "  --json             prints the table as JSON\n"
            "\n"
            "Example:\n"
            "  ams eval --data street.h5 --policy runs/dqn-1 --policy runs/dqn-2 --policy "
            "fixed \\\n"
            "    --policy optimal -o results/street\n",
    CLI_OPTIONS(options),
    .run = run_eval};
