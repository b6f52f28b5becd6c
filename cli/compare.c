/* `ams compare`: the runs of an experiment against each other and against baselines. */
#include "ams/compare.h"
#include "base/file.h"
#include "cli/json.h"
#include "cli/score_options.h"
#include "console/options.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct compare_job {
    ams_compare_options compare;
    cli_truth truth;
    bool json;
} compare_job;

static const cli_option options[] = {
    CLI_FILE("--data", "F.h5", CLI_READS,
             "outputs file (default: the one the runs were trained on)",
             CLI_INTO_TEXT(compare_job, compare.score.data_path)),
    CLI_VALUE(
        "--baseline", "A,B",
        "`ams list policies` (default fixed,random,oracle); `all` and `random` are always "
        "there",
        CLI_INTO_NAMES(compare_job, compare.baseline, compare.n_baselines)),
    CLI_SCORE_POLICIES(
        compare_job, compare.score,
        "also a run, a policy file or NAME=P from elsewhere, such as a mean of `ams "
        "average`; it stands among the baselines"),
    CLI_FLAG("--baseline-items",
             "fit `fixed`, `cooccur`, `knn`, `linear` also to each sample of training items "
             "that runs with items=N learned from",
             CLI_INTO_FLAG(compare_job, compare.baseline_items)),
    CLI_SCORE_FIT(compare_job, compare.score.fit_path),
    CLI_SCORE_SPLIT(compare_job, compare.score.split),
    CLI_SCORE_TRUTH(compare_job, truth),
    CLI_SCORE_BOOTSTRAP(compare_job, compare.score,
                        "draws of the 95 % intervals (default 10000)"),
    CLI_SCORE_DRAWS(compare_job, compare.score),
    CLI_SCORE_OPTIONS(compare_job, compare.score),
    CLI_FLAG("--json", "print compare.json", CLI_INTO_FLAG(compare_job, json)),
};

static ams_status compare_truth(compare_job *job, ams_error *err)
{
    ams_compare c = {.n_runs = 0};
    char *folder = NULL;
    ams_status status = AMS_OK;
    job->compare.score.whole = true;
    AMS_TRY(ams_join_path(&folder, job->compare.directory, "truth", err));
    AMS_TRY(ams_compare_open(&c, &job->compare, err));
    status = cli_score_truth(&c.score, &job->truth, folder, job->json, err);
out:
    free(folder);
    ams_compare_close(&c);
    return status;
}

/* The table is printed even where the files cannot be written. */
static ams_status compare_runs(const compare_job *job, ams_error *err)
{
    ams_compare c = {.n_runs = 0};
    ams_status written = AMS_OK;
    ams_status status = AMS_OK;
    AMS_TRY(ams_compare_run(&c, &job->compare, err));
    written = ams_compare_write(&c, err);
    if (job->json) {
        status = ams_compare_write_json(&c, stdout, written == AMS_OK ? err : NULL);
    } else {
        ams_compare_print_table(&c, stdout);
    }
    if (written == AMS_OK && !job->json) {
        printf("\n%s/compare.tsv has all metrics and intervals; `ams plot %s` draws them\n",
               job->compare.directory, job->compare.directory);
    }
out:
    ams_compare_close(&c);
    return written != AMS_OK ? written : status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    compare_job job = {.compare = ams_compare_defaults(),
                       .truth = {.budget = ams_budget_defaults()}};
    cli_progress bar = {.what = NULL};
    const ams_progress progress = cli_progress_listener(&bar);
    ams_status status = AMS_OK;
    cli_progress_begin(&bar, "compare");
    AMS_TRY(cli_one_operand(args, "one experiment's folder", &job.compare.directory, err));
    AMS_TRY(cli_fill(args, &job, err));
    job.compare.score.command = cli_command_line(args);
    job.compare.score.progress = &progress;
    job.compare.score.team = args->team;
    status = job.truth.score > 0 ? compare_truth(&job, err) : compare_runs(&job, err);
out:
    return status;
}

const ams_command ams_cmd_compare = {
    .name = "compare",
    .summary = "compare an experiment's runs, also with baselines",
    .usage = "ams compare EXP [--data F.h5] [--baseline fixed,random,oracle] [--split test]\n"
             "          [--policy P ...] [--baseline-items] [--bootstrap 10000] [--seed 0]\n"
             "          [--memory MB] [--whole] [--json]",
    .help =
        "EXP is the folder of `ams sweep`. Every finished run in EXP/runs is scored; runs of\n"
        "one label are seeds of one agent.\n"
        "\n"
        "Prints a table and writes EXP/compare.tsv, compare.md and compare.json: time and\n"
        "models run at recall 0.5, 0.8, 0.9 and 1.0, what that saves, paired differences to\n"
        "`fixed`, the share of the gap from `random` to `oracle`, interquartile means,\n"
        "p_improve:OTHER (probability that a run is faster than one of OTHER), area and\n"
        "seconds of training. EXP/eval gets the rest of what `ams plot EXP` draws. With\n"
        "--score truth EXP/truth gets curve.tsv and area.tsv, as of `ams budget`, instead.\n"
        "\n"
        "Example:\n"
        "  ams compare exp/sizes --split validation\n",
    CLI_OPTIONS(options),
    .operands = CLI_READS_FOLDER,
    .run = run,
};
