/* `ams eval`: policies scored on the items of a split. */
#include "base/text.h"
#include "cli/json.h"
#include "cli/limits.h"
#include "cli/score_options.h"

#include <stdio.h>

typedef struct eval_job {
    ams_score_options score;
    cli_truth truth;
    const char *directory;
    bool recorded, json;
} eval_job;

static const cli_option options[] = {
    CLI_FILE("--data", "F.h5", CLI_READS, "outputs file, made by `ams data import`",
             CLI_REQUIRED(eval_job, score.data_path)),
    CLI_SCORE_POLICIES(
        eval_job, score,
        "a run folder, a policy file or a baseline (`ams list policies`). q-greedy:P, "
        "cost-q:P and odds:P choose the decision rule, NAME=P names it. Policies of one "
        "name are seeds of one policy, where their settings are the same; else what differs "
        "becomes part of the name (dqn,hidden=8). `all` and `random` are always there"),
    CLI_SCORE_FIT(eval_job, score.fit_path),
    CLI_SCORE_SPLIT(eval_job, score.split),
    CLI_SCORE_TRUTH(eval_job, truth),
    CLI_VALUE("--goal", "G",
              "required recall that policies with goals (goal_input=on, heads) decide for; "
              "without it each recall of the table is scored with itself as the goal",
              CLI_INTO_REAL(eval_job, score.goal, 1e-6, 1)),
    CLI_VALUE("--times", "T",
              "mean: each model's mean time (default); recorded: each execution's own",
              CLI_INTO_CHOICE(eval_job, score.recorded_times, cli_times), .without = CLI_TRUTH),
    CLI_FLAG("--recorded-times", "the same as --times recorded",
             CLI_INTO_FLAG(eval_job, recorded), .without = CLI_TRUTH),
    CLI_SCORE_DRAWS(eval_job, score),
    CLI_SCORE_BOOTSTRAP(eval_job, score, "draws of the 95 % intervals (default 2000)"),
    CLI_SCORE_OPTIONS(eval_job, score),
    CLI_FILE("-o", "DIR", CLI_WRITES_FOLDER,
             "write summary.tsv, intervals.tsv, curves.tsv, distribution.tsv, positions.tsv, "
             "items.tsv.zst and eval.json there; `ams plot DIR` draws them",
             CLI_INTO_TEXT(eval_job, directory)),
    CLI_JSON_INTO(eval_job, json),
};

static ams_status print_table(const ams_score_session *s, ams_error *err)
{
    const char *unit = ams_table_cost_unit(&s->table);
    const char *cost = ams_cost_word(unit);
    const ams_scores *random = s->group[s->random].run[0];
    char error[AMS_AMOUNT_BYTES];
    ams_result result = {.n = 0};
    ams_status status = ams_score_result(s, &result, err);
    if (status != AMS_OK) {
        goto out;
    }
    const double all = ams_score_interval(s, s->all, AMS_SCORE_TIME_MS, AMS_AT_100).mean;
    printf("Mean %s (%s) until a required recall; at 1.0 with models run, %s saved and 95 %% "
           "intervals.\n\n",
           cost, unit, cost);
    ams_frame_print(ams_result_frame(&result, "rows"), stdout);
    printf("\n%u %s items; %u have no valuable label and count as reached at 0 %s.\n",
           s->n_items, ams_split_name(s->options.split), s->scored[0].scores.n_empty, unit);
    snprintf(error, sizeof error, all >= 100 && all < 1e7 ? "%.2f" : "%.3g", random->stderr_ms);
    printf("%s: mean of %u orders per item, standard error %s %s.\n", random->label,
           s->options.draws, error, unit);
out:
    ams_result_fini(&result);
    return status;
}

static ams_status write_files(const ams_score_session *s, const char *directory, ams_error *err)
{
    ams_status status = ams_score_write(s, directory, err);
    if (status == AMS_OK && !s->in_windows) {
        status = ams_score_write_items(s, directory, err);
    }
    return status;
}

/* The table is printed even where the files cannot be written. */
static ams_status evaluate(const eval_job *job, ams_error *err)
{
    ams_score_session s = {0};
    ams_status written = AMS_OK;
    ams_status status = AMS_OK;
    AMS_TRY(ams_score_open(&s, &job->score, err));
    AMS_TRY(ams_score_load(&s, err));
    if (job->truth.score > 0) {
        status = cli_score_truth(&s, &job->truth, job->directory, job->json, err);
        goto out;
    }
    AMS_TRY(ams_score_run(&s, err));
    if (job->directory != NULL) {
        written = write_files(&s, job->directory, err);
    }
    ams_error *error = written == AMS_OK ? err : NULL;
    status = job->json ? ams_score_write_json(&s, stdout, error) : print_table(&s, error);
out:
    ams_score_close(&s);
    return written != AMS_OK ? written : status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    eval_job job = {.score = ams_score_defaults(), .truth = {.budget = ams_budget_defaults()}};
    cli_progress bar = {.what = NULL};
    const ams_progress progress = cli_progress_listener(&bar);
    ams_status status = AMS_OK;
    cli_progress_begin(&bar, "eval");
    AMS_TRY(cli_fill(args, &job, err));
    job.score.command = cli_command_line(args);
    job.score.progress = &progress;
    job.score.team = args->team;
    job.score.recorded_times = job.score.recorded_times || job.recorded;
    job.score.whole = job.score.whole || job.truth.score > 0;
    AMS_TRY(cli_refuse_policies(args, err));
    if (job.score.n_policies == 0) {
        return ams_fail(err, AMS_USAGE,
                        "give at least one --policy: a run folder, a policy file or a baseline "
                        "(`ams list policies`)");
    }
    status = evaluate(&job, err);
out:
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
