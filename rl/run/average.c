#include "rl/run/average.h"

#include "ams/average.h"
#include "base/memory.h"
#include "rl/run/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
static ams_status check_settings(const char *const *run, size_t n, ams_error *err)
{
    ams_run_settings *all = NULL;
    char text[2][256];
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&all, n, sizeof *all, "settings", err));
    for (size_t i = 0; i < n; i++) {
        AMS_TRY(ams_run_settings_read(&all[i], run[i], err));
    }
    for (size_t i = 1; i < n; i++) {
        const ams_run_settings pair[] = {all[0], all[i]};
        if (pair[0].known &&
            ams_run_settings_apart(pair, 2, &pair[1], text[1], sizeof text[1])) {
            (void)ams_run_settings_apart(pair, 2, &pair[0], text[0], sizeof text[0]);
            status =
                ams_fail(err, AMS_USAGE,
                         "%s and %s differ in more than the seed (%s; %s): their mean is not "
                         "one over seeds; give it a name of its own, --label NAME",
                         run[0], run[i], text[0] + 1, text[1] + 1);
            goto out;
        }
    }
out:
    free(all);
    return status;
}

ams_status ams_runs_average(ams_policy_file *mean, const char *const *run, size_t n,
                            const char *label, ams_error *err)
{
    char usual[64]; /* a copy, since set_label overwrites the policy's */
    char **path = NULL;
    ams_policy_file *policies = NULL; /* all but the first */
    ams_status status = AMS_OK;
    *mean = (ams_policy_file){.seed = 0};
    AMS_TRY(ams_alloc(&path, n, sizeof *path, "paths", err));
    AMS_TRY(ams_alloc(&policies, n, sizeof *policies, "policies", err));
    for (size_t i = 0; i < n; i++) {
        AMS_TRY(ams_policy_file_path(&path[i], run[i], err));
        AMS_TRY(ams_policy_file_read(i == 0 ? mean : &policies[i - 1], path[i], err));
    }
    AMS_TRY(
        ams_policy_average(mean, policies, (uint32_t)n - 1, (const char *const *)path, err));
    AMS_TRY(label == NULL ? check_settings(run, n, err) : AMS_OK);
    if (mean->label[0] == '\0') {
        snprintf(usual, sizeof usual, "%.58s-mean", mean->agent);
    } else {
        snprintf(usual, sizeof usual, "%s", mean->label);
    }
    status = set_label(mean, label == NULL ? usual : label, err);
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
