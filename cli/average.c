/* `ams average`: the mean of several trained policies as one policy. */
#include "ams/average.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "cli/score_options.h"
#include "console/options.h"
#include "rl/run/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cli_option options[] = {
    CLI_FILE("-o", "P.ams", CLI_WRITES_POLICY, "the file to write"),
    CLI_VALUE("--label", "NAME",
              "what tables call it (default: the first run's label, or its agent with -mean, "
              "as dqn-mean)"),
};

static ams_status set_label(ams_policy_file *policy, const char *label, ams_error *err)
{
    if (strlen(label) >= sizeof policy->label || label[0] == 0) {
        return ams_fail(err, AMS_USAGE, "option --label: expected 1 to %zu bytes, found '%s'",
                        sizeof policy->label - 1, label);
    }
    if (ams_check_control("a label", label, strlen(label), err) != AMS_OK) {
        ams_error_prefix(err, "option --label");
        return AMS_USAGE;
    }
    memset(policy->label, 0, sizeof policy->label);
    memcpy(policy->label, label, strlen(label));
    return AMS_OK;
}

/* Runs that differ in more than the seed have a mean, too; but nobody is to take it for one
 * over seeds, so it needs a name of its own. */
static ams_status check_settings(const cli_args *args, ams_error *err)
{
    const size_t n = (size_t)args->n_operands;
    ams_run_settings *all = NULL;
    char text[2][256];
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&all, n, sizeof *all, "settings", err));
    for (size_t i = 0; i < n; i++) {
        AMS_TRY(ams_run_settings_read(&all[i], args->operand[i], err));
    }
    for (size_t i = 1; i < n && !cli_has(args, "--label"); i++) {
        const ams_run_settings pair[] = {all[0], all[i]};
        if (pair[0].known &&
            ams_run_settings_apart(pair, 2, &pair[1], text[1], sizeof text[1])) {
            (void)ams_run_settings_apart(pair, 2, &pair[0], text[0], sizeof text[0]);
            status =
                ams_fail(err, AMS_USAGE,
                         "%s and %s differ in more than the seed (%s; %s): their mean is not "
                         "one over seeds; give it a name of its own, --label NAME",
                         args->operand[0], args->operand[i], text[0] + 1, text[1] + 1);
            goto out;
        }
    }
out:
    free(all);
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    size_t n = (size_t)args->n_operands;
    const char *target = NULL;
    char label[64]; /* the default; a copy, since set_label overwrites the policy's */
    char **path = NULL;
    ams_policy_file *policies = NULL;
    ams_status status = AMS_OK;
    if (n < 2) {
        return ams_fail(
            err, AMS_USAGE,
            "expected two or more run folders or policy files to average, found %zu", n);
    }
    AMS_TRY(cli_require(args, "-o", &target, err));
    AMS_TRY(ams_alloc(&path, n, sizeof *path, "paths", err));
    AMS_TRY(ams_alloc(&policies, n, sizeof *policies, "policies", err));
    for (size_t i = 0; i < n; i++) {
        AMS_TRY(cli_refuse_baseline(args->operand[i], err));
        AMS_TRY(ams_policy_file_path(&path[i], args->operand[i], err));
        AMS_TRY(ams_policy_file_read(&policies[i], path[i], err));
    }
    AMS_TRY(ams_policy_average(&policies[0], policies + 1, (uint32_t)n - 1,
                               (const char *const *)path, err));
    AMS_TRY(check_settings(args, err));
    if (policies[0].label[0] == '\0') {
        snprintf(label, sizeof label, "%.58s-mean", policies[0].agent);
    } else {
        snprintf(label, sizeof label, "%s", policies[0].label);
    }
    AMS_TRY(set_label(&policies[0], cli_get(args, "--label", label), err));
    AMS_TRY(ams_policy_file_write(&policies[0], target, err));
    printf("%s: the mean of %zu policies, %u hidden units\n", target, n,
           policies[0].net.width[1]);
out:
    for (size_t i = 0; i < n && path != NULL; i++) {
        free(path[i]);
    }
    for (size_t i = 0; i < n && policies != NULL; i++) {
        ams_policy_file_fini(&policies[i]);
    }
    free(path);
    free(policies);
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
