/* `ams eval`: policies scored on the items of a split. */
#include "cli/cli.h"
#include "cli/score_options.h"
#include "console/options.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cli_option options[] = {
    CLI_FILE("--data", "F.h5", CLI_READS, "outputs file, made by `ams data import`"),
    CLI_FILE(
        "--policy", "P", CLI_READS,
        "a run folder, a policy file or a baseline (`ams list policies`). q-greedy:P, "
        "cost-q:P and odds:P choose the decision rule, NAME=P names it. Policies of one "
        "name are seeds of one policy, where their settings are the same; else what differs "
        "becomes part of the name (dqn,hidden=8). `all` and `random` are always there"),
    CLI_SCORE_FIT,
    CLI_SCORE_SPLIT,
    CLI_VALUE("--goal", "G",
              "required recall that policies with goal inputs (goal_input=on) decide for; "
              "without it each recall of the table is scored with itself as the goal"),
    CLI_VALUE("--times", "T",
              "mean: each model's mean time (default); recorded: each execution's own"),
    CLI_FLAG("--recorded-times", "the same as --times recorded"),
    CLI_SCORE_DRAWS,
    CLI_VALUE("--bootstrap", "N", "draws of the 95 % intervals (default 2000)"),
    CLI_SCORE_SEED,
    CLI_SCORE_THREADS,
    CLI_SCORE_DEVICE,
    CLI_SCORE_MEMORY,
    CLI_SCORE_WHOLE,
    CLI_FILE("-o", "DIR", CLI_WRITES_FOLDER,
             "write summary.tsv, intervals.tsv, curves.tsv, distribution.tsv, positions.tsv, "
             "items.tsv.zst and eval.json there; `ams plot DIR` draws them"),
    CLI_FLAG("--json", "print the table as JSON"),
};

static void print_amount(double amount, double largest)
{
    char text[AMS_AMOUNT_BYTES];
    ams_amount_print(text, amount, largest);
    printf(" %8s", text);
}

static void print_row(const ams_score_session *s, uint32_t g, int width, double largest)
{
    static const uint32_t recalls[] = {AMS_AT_50, AMS_AT_80, AMS_AT_90};
    printf("%-*s %5u", width, s->group[g].label, s->group[g].n_runs);
    for (size_t k = 0; k < sizeof recalls / sizeof *recalls; k++) {
        print_amount(ams_score_interval(s, g, AMS_SCORE_TIME_MS, recalls[k]).mean, largest);
    }
    ams_interval time = ams_score_interval(s, g, AMS_SCORE_TIME_MS, AMS_AT_100);
    ams_interval all = ams_score_interval(s, g, AMS_SCORE_SAVED_VS_ALL, AMS_AT_100);
    ams_interval random = ams_score_interval(s, g, AMS_SCORE_SAVED_VS_RANDOM, AMS_AT_100);
    char range[2 * AMS_AMOUNT_BYTES + 8];
    char low[AMS_AMOUNT_BYTES];
    char high[AMS_AMOUNT_BYTES];
    ams_amount_print(low, time.low, largest);
    ams_amount_print(high, time.high, largest);
    snprintf(range, sizeof range, "[%s, %s]", low, high);
    print_amount(time.mean, largest);
    printf(" %-18s %6.2f %7.1f%%", range,
           ams_score_interval(s, g, AMS_SCORE_MODELS_RUN, AMS_AT_100).mean, 100 * all.mean);
    snprintf(range, sizeof range, "[%.1f, %.1f]", 100 * random.low, 100 * random.high);
    printf(" %7.1f%% %s\n", 100 * random.mean, range);
}

static void print_table(const ams_score_session *s)
{
    int width = 6;
    for (uint32_t g = 0; g < s->n_groups; g++) {
        int length = (int)strlen(s->group[g].label);
        width = length > width ? length : width;
    }
    const double all = ams_score_interval(s, s->all, AMS_SCORE_TIME_MS, AMS_AT_100).mean;
    const char *unit = ams_table_cost_unit(&s->table);
    const char *cost = ams_cost_word(unit);
    printf("Mean %s (%s) until a required recall; at 1.0 with models run, %s saved and 95 %% "
           "intervals.\n\n",
           cost, unit, cost);
    printf("%-*s %5s %8s %8s %8s %8s %-18s %6s %8s %8s %s\n", width, "policy", "seeds", "0.5",
           "0.8", "0.9", "1.0", "95 %", "models", "vs all", "vs rand", "95 %");
    for (uint32_t k = 0; k < s->n_groups; k++) {
        print_row(s, s->rank[k], width, all);
    }
    printf("\n%u %s items; %u have no valuable label and count as reached at 0 %s.\n",
           s->n_items, ams_split_name(s->options.split), s->scored[0].scores.n_empty, unit);
    const ams_scores *random = s->group[s->random].run[0];
    char error[AMS_AMOUNT_BYTES];
    snprintf(error, sizeof error, all >= 100 && all < 1e7 ? "%.2f" : "%.3g", random->stderr_ms);
    printf("%s: mean of %u orders per item, standard error %s %s.\n", random->label,
           s->options.draws, error, unit);
}

static ams_status get_options(const cli_args *args, ams_score_options *score, ams_error *err)
{
    static const char *const times[] = {"mean", "recorded", NULL};
    int which = 0;
    ams_status status = AMS_OK;
    AMS_TRY(cli_require(args, "--data", &score->data_path, err));
    AMS_TRY(cli_get_score_options(args, score, err));
    AMS_TRY(cli_get_real(args, "--goal", 1e-6, 1, &score->goal, err));
    AMS_TRY(cli_get_choice(args, "--times", times, &which, err));
    score->recorded_times = which == 1 || cli_has(args, "--recorded-times");
    if (args->n_operands > 0) {
        status = ams_fail(err, AMS_USAGE, "unexpected '%s'; policies are given as --policy %s",
                          args->operand[0], args->operand[0]);
    } else if (score->n_policies == 0) {
        status =
            ams_fail(err, AMS_USAGE,
                     "give at least one --policy: a run folder, a policy file or a baseline "
                     "(`ams list policies`)");
    }
out:
    return status;
}

static ams_status write_files(const ams_score_session *s, const char *directory, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_score_write(s, directory, err));
    if (!s->in_windows) {
        status = ams_score_write_items(s, directory, err);
    }
out:
    return status;
}

/* The table is printed even where the files cannot be written. */
static ams_status evaluate(const cli_args *args, const ams_score_options *score, ams_error *err)
{
    const char *directory = cli_get(args, "-o", NULL);
    ams_score_session s = {0};
    ams_status written = AMS_OK;
    ams_status status = AMS_OK;
    AMS_TRY(ams_score_open(&s, score, err));
    AMS_TRY(ams_score_load(&s, err));
    AMS_TRY(ams_score_run(&s, err));
    if (directory != NULL) {
        written = write_files(&s, directory, err);
    }
    if (cli_has(args, "--json")) {
        status = ams_score_write_json(&s, stdout, written == AMS_OK ? err : NULL);
    } else {
        print_table(&s);
    }
out:
    ams_score_close(&s);
    return written != AMS_OK ? written : status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    const char *command = cli_command_line(args);
    const char **policy = NULL;
    cli_progress bar;
    cli_progress_begin(&bar, "eval");
    const ams_progress progress = cli_progress_listener(&bar);
    ams_score_options score = ams_score_defaults();
    score.command = command;
    score.progress = &progress;
    ams_status status = AMS_OK;
    AMS_TRY(cli_get_policies(args, &policy, &score.n_policies, err));
    score.policy = policy;
    AMS_TRY(get_options(args, &score, err));
    AMS_TRY(evaluate(args, &score, err));
out:
    free(policy);
    return status;
}

const ams_command ams_cmd_eval = {
    .name = "eval",
    .summary = "score policies: recall, time and models run",
    .usage = "ams eval --data F.h5 --policy P [--policy P ...] [--split test] [-o DIR]",
    .help = "Scores each policy on the items of a split, with 95 % intervals over seeds and "
            "items.\n"
            "\n"
            "Example:\n"
            "  ams eval --data street.h5 --policy runs/dqn-1 --policy runs/dqn-2 --policy "
            "fixed \\\n"
            "    --policy optimal -o results/street\n",
    CLI_OPTIONS(options),
    .run = run,
};
