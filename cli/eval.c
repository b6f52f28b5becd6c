/* `ams eval`: policies scored on the items of a split. */
#include "cli/eval.h"

#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cli_option options[] = {
    {.name = "--data", .takes_value = true},
    {.name = "--policy", .takes_value = true},
    {.name = "--split", .takes_value = true},
    {.name = "--times", .takes_value = true},
    {.name = "--draws", .takes_value = true},
    {.name = "--bootstrap", .takes_value = true},
    {.name = "--seed", .takes_value = true},
    {.name = "--threads", .takes_value = true},
    {.name = "-o", .takes_value = true},
    {.name = "--memory", .takes_value = true},
    {.name = "--json"},
    {.name = "--recorded-times"},
    {.name = "--whole"},
    {.name = "--device", .takes_value = true},
};

static ams_status settle_options(eval_session *s, const cli_args *args, ams_error *err)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    s->threads = processors > 0 ? (uint64_t)processors : 1;
    s->draws = ams_policy_kind_named("random")->draws;
    s->bootstrap_draws = 2000;
    s->memory_mb = 4096;
    s->whole = cli_has(args, "--whole");
    s->split_name = cli_get(args, "--split", "test");
    s->directory = cli_get(args, "-o", NULL);
    const char *times =
        cli_get(args, "--times", cli_has(args, "--recorded-times") ? "recorded" : "mean");
    ams_status status = AMS_OK;
    AMS_TRY(cli_require(args, "--data", &s->data_path, err));
    AMS_TRY(eval_read_device(s, args, err));
    AMS_TRY(cli_get_u64(args, "--seed", &s->seed, err));
    AMS_TRY(eval_get_count(args, "--memory", UINT64_C(1) << 30, &s->memory_mb, err));
    AMS_TRY(eval_get_count(args, "--threads", 256, &s->threads, err));
    AMS_TRY(eval_get_count(args, "--draws", 1000000, &s->draws, err));
    AMS_TRY(eval_get_count(args, "--bootstrap", 1000000, &s->bootstrap_draws, err));
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

/* Those asked for, and the two that savings are told against. */
static ams_status add_policies(eval_session *s, const cli_args *args, ams_error *err)
{
    static const char *const always[] = {"all", "random"};
    ams_status status = AMS_OK;
    AMS_TRY(eval_reserve(s, (size_t)args->n_options + 2, err));
    for (int i = 0; cli_get_nth(args, "--policy", i) != NULL; i++) {
        AMS_TRY(eval_add_policy(s, cli_get_nth(args, "--policy", i), err));
    }
    for (size_t k = 0; k < sizeof always / sizeof *always; k++) {
        if (!eval_has_kind(s, always[k])) {
            AMS_TRY(eval_add_policy(s, always[k], err));
        }
    }
out:
    return status;
}

static ams_status evaluate(eval_session *s, const cli_args *args, ams_error *err)
{
    bool fitted = false;
    ams_status status = AMS_OK;
    AMS_TRY(settle_options(s, args, err));
    AMS_TRY(eval_choose_parts(s, err));
    for (int i = 0; cli_get_nth(args, "--policy", i) != NULL; i++) {
        fitted = fitted || eval_spec_is_fitted(cli_get_nth(args, "--policy", i));
    }
    AMS_TRY(s->parts != NULL ? eval_open_parts(s, fitted, err) : eval_open_data(s, err));
    AMS_TRY(add_policies(s, args, err));
    AMS_TRY(eval_score(s, "ams eval", err));
    if (s->directory != NULL) {
        AMS_TRY(eval_write(s, true, err));
    }
    if (cli_has(args, "--json")) {
        AMS_TRY(eval_print_json(s, err));
    } else {
        eval_print_table(s);
    }
out:
    return status;
}

static ams_status run_eval(const cli_args *args, ams_error *err)
{
    eval_session s = {.command = cli_command_line(args)};
    ams_status status = evaluate(&s, args, err);
    eval_session_fini(&s);
    return status;
}

const ams_command ams_cmd_eval = {
    .name = "eval",
    .summary = "score policies on the items of a split: recall, time, models run",
    .usage = "ams eval --data F.h5 --policy P [--policy P ...] [--split test] [-o DIR]",
    .help =
        "  --data F.h5        outputs file\n"
        "  --policy P         a run folder, a policy file or a baseline (`ams list "
        "policies`);\n"
        "                     q-greedy:P, cost-q:P and odds:P choose the decision rule, "
        "NAME=P\n"
        "                     names it.\n"
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
        "  --device D         cpu (default), cuda or auto: what rolls trained policies out.\n"
        "                     A GPU decides as the CPU within rounding; auto takes one where\n"
        "                     items x models x multiply-adds behind the first layer, of all\n"
        "                     trained policies, are 3.4e10 or more, and says what it chose\n"
        "  --memory MB        a file that needs more (default 4096) is scored in windows "
        "of its\n"
        "                     items, as is any split of more than 32,768 items; the numbers "
        "do not\n"
        "                     depend on it; of the files only summary, intervals, curves and "
        "eval.json\n"
        "                     are written then\n"
        "  --whole            never in windows, whatever memory that takes: all files are "
        "written\n"
        "  -o DIR             writes summary.tsv, intervals.tsv, curves.tsv, "
        "distribution.tsv,\n"
        "                     positions.tsv, items.tsv.zst and eval.json there; `ams plot "
        "DIR` draws them\n"
        "  --json             prints the table as JSON\n"
        "\n"
        "Example:\n"
        "  ams eval --data street.h5 --policy runs/dqn-1 --policy runs/dqn-2 --policy "
        "fixed \\\n"
        "    --policy optimal -o results/street\n",
    CLI_OPTIONS(options),
    .run = run_eval};
