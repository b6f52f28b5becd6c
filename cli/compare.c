/* `ams compare`: the runs of an experiment against each other and against baselines. */
#include "cli/compare.h"

#include "base/file.h"
#include "base/memory.h"
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cli_option options[] = {
    {.name = "--data", .takes_value = true},
    {.name = "--baseline", .takes_value = true},
    {.name = "--bootstrap", .takes_value = true},
    {.name = "--seed", .takes_value = true},
    {.name = "--split", .takes_value = true},
    {.name = "--draws", .takes_value = true},
    {.name = "--threads", .takes_value = true},
    {.name = "--json"},
    {.name = "--baseline-items"},
    {.name = "--policy", .takes_value = true},
    {.name = "--memory", .takes_value = true},
    {.name = "--whole"},
    {.name = "--device", .takes_value = true},
};

enum { FEW_SEEDS = 4, MOST_BASELINES = 16 };
static const char default_baselines[] = "fixed,random,oracle";

static ams_status settle_options(compare *c, const cli_args *args, ams_error *err)
{
    eval_session *s = &c->eval;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    s->threads = processors > 0 ? (uint64_t)processors : 1;
    s->draws = ams_policy_kind_named("random")->draws;
    s->bootstrap_draws = 10000;
    s->memory_mb = 4096;
    s->whole = cli_has(args, "--whole");
    s->split_name = cli_get(args, "--split", "test");
    ams_status status = AMS_OK;
    if (args->n_operands != 1) {
        return ams_fail(err, AMS_USAGE, "expected one experiment's folder, found %d",
                        args->n_operands);
    }
    c->directory = args->operand[0];
    AMS_TRY(cli_get_u64(args, "--seed", &s->seed, err));
    AMS_TRY(eval_get_count(args, "--memory", UINT64_C(1) << 30, &s->memory_mb, err));
    AMS_TRY(eval_get_count(args, "--threads", 256, &s->threads, err));
    AMS_TRY(eval_get_count(args, "--draws", 1000000, &s->draws, err));
    AMS_TRY(eval_get_count(args, "--bootstrap", 1000000, &s->bootstrap_draws, err));
    if (!ams_split_parse(s->split_name, &s->options.split)) {
        status = ams_fail(err, AMS_USAGE,
                          "option --split: expected train, validation or test, found '%s'",
                          s->split_name);
        goto out;
    }
    AMS_TRY(eval_read_device(s, args, err));
    AMS_TRY(ams_join_path(&c->eval_directory, c->directory, "eval", err));
    s->directory = c->eval_directory;
out:
    return status;
}

/* Whether a policy beside the runs is fitted to training items. */
static bool fits_policies(const cli_args *args)
{
    bool fitted = eval_names_are_fitted(cli_get(args, "--baseline", default_baselines));
    for (int i = 0; cli_get_nth(args, "--policy", i) != NULL; i++) {
        fitted = fitted || eval_spec_is_fitted(cli_get_nth(args, "--policy", i));
    }
    return fitted;
}

static ams_status open_file(eval_session *s, const cli_args *args, ams_error *err)
{
    ams_status status = eval_choose_parts(s, err);
    if (status != AMS_OK) {
        return status;
    }
    return s->parts != NULL ? eval_open_parts(s, fits_policies(args), err)
                            : eval_open_data(s, err);
}

/* Without --data all runs have to be of one data set, and the file has to be that still. */
static ams_status open_data(compare *c, const cli_args *args, ams_error *err)
{
    const char *given = cli_get(args, "--data", NULL);
    c->eval.data_path = given == NULL ? c->run[0].data_path : given;
    for (size_t r = 1; given == NULL && r < c->n_runs; r++) {
        if (strcmp(c->run[r].data_hash, c->run[0].data_hash) != 0) {
            return ams_fail(err, AMS_USAGE,
                            "%s and %s were trained on different data; give --data to score "
                            "all of them on one data set",
                            c->run[0].directory, c->run[r].directory);
        }
    }
    ams_status status = open_file(&c->eval, args, err);
    if (status != AMS_OK) {
        if (given == NULL) {
            ams_error_prefix(err, "the runs' data set (--data gives another path)");
        }
        return status;
    }
    if (given == NULL && strcmp(c->eval.data_hash, c->run[0].data_hash) != 0) {
        return ams_fail(err, AMS_USAGE,
                        "%s has changed since the runs were trained on it (content hash %s, "
                        "now %s); --data %s scores them on it all the same",
                        c->eval.data_path, c->run[0].data_hash, c->eval.data_hash,
                        c->eval.data_path);
    }
    return AMS_OK;
}

/* Names of baselines between commas. */
static ams_status add_baselines(compare *c, const char *names, ams_error *err)
{
    char *copy = NULL;
    ams_status status = ams_copy_text(&copy, names, err);
    int n = 0;
    for (char *next = copy; status == AMS_OK && next != NULL;) {
        const char *name = strsep(&next, ",");
        /* What stands behind a colon (rules:FILE) is the policy's to read. */
        char kind[64];
        snprintf(kind, sizeof kind, "%.*s", (int)strcspn(name, ":"), name);
        if (ams_policy_kind_named(kind) == NULL || n++ == MOST_BASELINES) {
            status = ams_fail(
                err, AMS_USAGE,
                "option --baseline: '%s' is none; `ams list policies` prints them", name);
        } else if (!eval_has_kind(&c->eval, name)) {
            status = eval_add_policy(&c->eval, name, err);
        }
    }
    free(copy);
    return status;
}

/* The runs first, so that they stand at the same places in both lists. */
static ams_status add_policies(compare *c, const cli_args *args, ams_error *err)
{
    ams_status status = AMS_OK;
    size_t sampled = cli_has(args, "--baseline-items") ? c->n_runs * MOST_BASELINES : 0;
    int n_policies = 0;
    while (cli_get_nth(args, "--policy", n_policies) != NULL) {
        n_policies++;
    }
    AMS_TRY(eval_reserve(&c->eval,
                         c->n_runs + MOST_BASELINES + 2 + (size_t)n_policies + sampled, err));
    for (size_t r = 0; r < c->n_runs; r++) {
        AMS_TRY(eval_add_policy(&c->eval, c->run[r].directory, err));
        AMS_TRY(compare_read_items(c->run[r].directory, &c->eval.run[r].items, err));
    }
    AMS_TRY(add_baselines(c, cli_get(args, "--baseline", default_baselines), err));
    AMS_TRY(add_baselines(c, "all,random", err));
    for (int i = 0; i < n_policies; i++) {
        AMS_TRY(eval_add_policy(&c->eval, cli_get_nth(args, "--policy", i), err));
    }
    if (cli_has(args, "--baseline-items")) {
        status = compare_add_sampled(c, (uint32_t)c->n_runs, err);
    }
out:
    return status;
}

/* A policy that was added is no further seed of a run's agent. */
static ams_status check_label(const compare *c, const ams_group *group, ams_error *err)
{
    for (size_t r = c->n_runs; r < c->eval.n_runs; r++) {
        if (strcmp(c->eval.run[r].scores.label, group->label) == 0) {
            return ams_fail(err, AMS_USAGE,
                            "option --policy: one is labelled '%s', as runs in %s are; name it "
                            "otherwise, as in --policy NAME=P",
                            group->label, c->directory);
        }
    }
    return AMS_OK;
}

/* A run may be called like a baseline; its rows could not be told apart. */
static ams_status check_groups(compare *c, ams_error *err)
{
    ams_status status = AMS_OK;
    c->fixed = COMPARE_NONE;
    c->oracle = COMPARE_NONE;
    for (uint32_t g = 0; g < c->eval.n_groups; g++) {
        const ams_group *group = &c->eval.group[g];
        if (!compare_is_agent(c, g)) {
            c->fixed = strcmp(group->label, "fixed") == 0 ? g : c->fixed;
            c->oracle = strcmp(group->label, "oracle") == 0 ? g : c->oracle;
        } else if (ams_policy_kind_named(group->label) != NULL) {
            return ams_fail(err, AMS_USAGE,
                            "a run in %s is labelled '%s', as a baseline is; train it with "
                            "another label",
                            c->directory, group->label);
        } else if ((status = check_label(c, group, err)) != AMS_OK) {
            break;
        } else if (group->n_runs < FEW_SEEDS) {
            fprintf(stderr,
                    "ams compare: '%s' has %u seed%s; under %d, intervals over seeds mean "
                    "little\n",
                    group->label, group->n_runs, group->n_runs == 1 ? "" : "s", FEW_SEEDS);
        }
    }
    return status;
}

static ams_status compare_runs(compare *c, const cli_args *args, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(settle_options(c, args, err));
    AMS_TRY(compare_find_runs(c, err));
    AMS_TRY(open_data(c, args, err));
    AMS_TRY(add_policies(c, args, err));
    AMS_TRY(eval_score(&c->eval, "ams compare", err));
    AMS_TRY(check_groups(c, err));
    AMS_TRY(compare_make_rows(c, err));
    AMS_TRY(eval_write(&c->eval, false, err));
    AMS_TRY(compare_write(c, err));
    AMS_TRY(compare_write_figures(c, err));
    if (cli_has(args, "--json")) {
        status = compare_print_json(c, stdout, err);
    } else {
        compare_print_table(c, stdout);
        printf("\n%s/compare.tsv has all metrics and intervals; `ams plot %s` draws them\n",
               c->directory, c->directory);
    }
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    compare c = {.eval = {.command = cli_command_line(args)}};
    ams_status status = compare_runs(&c, args, err);
    eval_session_fini(&c.eval);
    compare_runs_fini(&c);
    free(c.eval_directory);
    free(c.row);
    return status;
}

const ams_command ams_cmd_compare = {
    .name = "compare",
    .summary = "compare the runs of an experiment with each other and with baselines",
    .usage = "ams compare EXP [--data F.h5] [--baseline fixed,random,oracle] [--split test]\n"
             "          [--policy P ...] [--baseline-items] [--bootstrap 10000] [--seed 0]\n"
             "          [--memory MB] [--whole] [--json]",
    .help =
        "  EXP              folder of `ams sweep`: every finished run in EXP/runs is scored;\n"
        "                   runs of one label are seeds of one agent\n"
        "  --data F.h5      outputs file (default: the one the runs were trained on)\n"
        "  --baseline A,B   `ams list policies` (default fixed,random,oracle); `all` and\n"
        "                   `random` are always there\n"
        "  --policy P       also a run, a policy file or NAME=P from elsewhere, such as a "
        "mean\n"
        "                   of `ams average`; it stands among the baselines\n"
        "  --baseline-items fits `fixed`, `cooccur`, `knn`, `linear` also on each sample of\n"
        "                   training items that runs with items=N learned from\n"
        "  --split S        train, validation or test (default test)\n"
        "  --bootstrap N    draws of the 95 % intervals (default 10000)\n"
        "  --draws N        random orders an item (default 100)\n"
        "  --seed S         of random orders and bootstrap draws (default 0)\n"
        "  --threads N      changes no result (default: all processors)\n"
        "  --device D       cpu (default), cuda or auto: what rolls the runs out, as `ams "
        "eval`\n"
        "  --memory MB      a file that needs more (default 4096) is scored in windows of its\n"
        "                   items, as is any split of more than 32,768 items, with the same\n"
        "                   numbers; EXP/eval has no distribution.tsv and positions.tsv then\n"
        "  --whole          never in windows, whatever memory that takes\n"
        "  --json           prints compare.json\n"
        "\n"
        "Prints a table and writes EXP/compare.tsv, compare.md and compare.json: time and\n"
        "models run at recall 0.5, 0.8, 0.9 and 1.0, what that saves, paired differences to\n"
        "`fixed`, the share of the gap from `random` to `oracle`, interquartile means,\n"
        "p_improve:OTHER (probability that a run is faster than one of OTHER), area and\n"
        "seconds of training. EXP/eval gets the rest of what `ams plot EXP` draws.\n"
        "\n"
        "Example:\n"
        "  ams compare exp/sizes --split validation\n",
    CLI_OPTIONS(options),
    .run = run,
};
