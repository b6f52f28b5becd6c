/* `ams compare`: the runs of an experiment against each other and against baselines. */
#include "ams/compare.h"
#include "cli/cli.h"
#include "cli/score_options.h"
#include "console/options.h"

#include <stdio.h>
#include <stdlib.h>

static const cli_option options[] = {
    CLI_FILE("--data", "F.h5", CLI_READS,
             "outputs file (default: the one the runs were trained on)"),
    CLI_VALUE(
        "--baseline", "A,B",
        "`ams list policies` (default fixed,random,oracle); `all` and `random` are always "
        "there"),
    CLI_FILE("--policy", "P", CLI_READS,
             "also a run, a policy file or NAME=P from elsewhere, such as a mean of `ams "
             "average`; it stands among the baselines"),
    CLI_FLAG("--baseline-items",
             "fit `fixed`, `cooccur`, `knn`, `linear` also to each sample of training items "
             "that runs with items=N learned from"),
    CLI_SCORE_FIT,
    CLI_SCORE_SPLIT,
    CLI_VALUE("--bootstrap", "N", "draws of the 95 % intervals (default 10000)"),
    CLI_SCORE_DRAWS,
    CLI_SCORE_SEED,
    CLI_SCORE_THREADS,
    CLI_SCORE_DEVICE,
    CLI_SCORE_MEMORY,
    CLI_SCORE_WHOLE,
    CLI_FLAG("--json", "print compare.json"),
};

/* What the program brings: the policies and baselines named, freed with `named`. */
typedef struct compare_names {
    cli_names baselines;
    const char **policy;
} compare_names;

static ams_status get_options(const cli_args *args, ams_compare_options *compare,
                              compare_names *named, ams_error *err)
{
    ams_score_options *score = &compare->score;
    ams_status status = AMS_OK;
    AMS_TRY(cli_one_operand(args, "one experiment's folder", &compare->directory, err));
    AMS_TRY(cli_get_score_options(args, score, err));
    AMS_TRY(cli_get_policies(args, &named->policy, &score->n_policies, err));
    score->policy = named->policy;
    score->data_path = cli_get(args, "--data", NULL);
    compare->baseline_items = cli_has(args, "--baseline-items");
    AMS_TRY(cli_get_names(args, "--baseline", &named->baselines, err));
    if (cli_has(args, "--baseline")) {
        compare->baseline = named->baselines.name;
        compare->n_baselines = named->baselines.count;
    }
out:
    return status;
}

/* The table is printed even where the files cannot be written. */
static ams_status compare_runs(const cli_args *args, const ams_compare_options *compare,
                               ams_error *err)
{
    ams_compare c = {.n_runs = 0};
    ams_status written = AMS_OK;
    ams_status status = AMS_OK;
    AMS_TRY(ams_compare_run(&c, compare, err));
    written = ams_compare_write(&c, err);
    if (cli_has(args, "--json")) {
        status = ams_compare_write_json(&c, stdout, written == AMS_OK ? err : NULL);
    } else {
        ams_compare_print_table(&c, stdout);
    }
    if (written == AMS_OK && !cli_has(args, "--json")) {
        printf("\n%s/compare.tsv has all metrics and intervals; `ams plot %s` draws them\n",
               compare->directory, compare->directory);
    }
out:
    ams_compare_close(&c);
    return written != AMS_OK ? written : status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    const char *command = cli_command_line(args);
    compare_names named = {.policy = NULL};
    cli_progress bar;
    cli_progress_begin(&bar, "compare");
    const ams_progress progress = cli_progress_listener(&bar);
    ams_compare_options compare = ams_compare_defaults();
    compare.score.command = command;
    compare.score.progress = &progress;
    ams_status status = AMS_OK;
    AMS_TRY(get_options(args, &compare, &named, err));
    AMS_TRY(compare_runs(args, &compare, err));
out:
    cli_names_fini(&named.baselines);
    free(named.policy);
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
        "seconds of training. EXP/eval gets the rest of what `ams plot EXP` draws.\n"
        "\n"
        "Example:\n"
        "  ams compare exp/sizes --split validation\n",
    CLI_OPTIONS(options),
    .operands = CLI_READS_FOLDER,
    .run = run,
};
