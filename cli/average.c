/* `ams average`: the mean of several trained policies as one policy. */
#include "rl/run/average.h"
#include "cli/score_options.h"

#include <stdio.h>

typedef struct average_job {
    const char *target, *label;
} average_job;

static const cli_option options[] = {
    CLI_FILE("-o", "P.ams", CLI_WRITES_POLICY, "the file to write",
             CLI_REQUIRED(average_job, target)),
    CLI_VALUE("--label", "NAME",
              "what tables call it (default: the first run's label, or its agent with -mean, "
              "as dqn-mean)",
              CLI_INTO_TEXT(average_job, label)),
};

static ams_status run(const cli_args *args, ams_error *err)
{
    const size_t n = (size_t)args->n_operands;
    average_job job = {.label = NULL};
    ams_policy_file mean = {.seed = 0};
    ams_status status = AMS_OK;
    if (n < 2) {
        return ams_fail(
            err, AMS_USAGE,
            "expected two or more run folders or policy files to average, found %zu", n);
    }
    AMS_TRY(cli_fill(args, &job, err));
    for (size_t i = 0; i < n; i++) {
        AMS_TRY(cli_refuse_baseline(args->operand[i], err));
    }
    AMS_TRY(ams_runs_average(&mean, args->operand, n, job.label, err));
    AMS_TRY(ams_policy_file_write(&mean, job.target, err));
    printf("%s: the mean of %zu policies, %u hidden units\n", job.target, n, mean.net.width[1]);
out:
    ams_policy_file_fini(&mean);
    return status;
}

const ams_command ams_cmd_average = {
    .name = "average",
    .summary = "make one policy of several: the mean of them",
    .usage = "ams average RUN RUN... -o P.ams [--label NAME]",
    .help =
        "RUN is a run folder or a policy file; they differ in seed (or weights). Runs whose\n"
        "settings differ in more than the seed need a --label.\n"
        "\n"
        "The Q-values of the mean are the mean of theirs. Their hidden units stand side by\n"
        "side in one network, so it is evaluated, exported and embedded like any policy, and\n"
        "a decision costs as much as all of theirs. Where training items are few, it errs\n"
        "less than each of them.\n"
        "\n"
        "Example:\n"
        "  ams average runs/dqn-1 runs/dqn-2 runs/dqn-3 -o mean.ams --label dqn-mean\n"
        "  ams eval --data street.h5 --policy mean.ams\n",
    CLI_OPTIONS(options),
    .operands = CLI_READS,
    .run = run,
};
