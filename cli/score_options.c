#include "cli/score_options.h"

#include "ams/policy.h"
#include "base/file.h"
#include "cli/json.h"

#include <stdio.h>
#include <string.h>

ams_status cli_refuse_baseline(const char *policy, ams_error *err)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(policy, ":"), policy);
    if (ams_exists(policy) || ams_policy_kind_named(name) == NULL) {
        return AMS_OK;
    }
    return ams_fail(
        err, AMS_USAGE,
        "'%s' is a baseline; expected trained weights: a run folder or a policy.ams. "
        "Baselines are fitted to a data set, which `ams eval`, `ams schedule` and "
        "`ams trace` have; `ams export fixed --fit F.h5` makes a policy.ams of one",
        policy);
}

const char *const cli_scores[] = {"value", "truth", "exact", NULL};

ams_status cli_show_budget(const ams_budget *budget, bool json, const char *folder,
                           ams_error *err)
{
    ams_result result = {.n = 0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_budget_result(budget, &result, err));
    AMS_TRY(json ? ams_result_print_json(&result, stdout, err)
                 : ams_budget_print(budget, stdout, err));
    status = folder == NULL ? AMS_OK : ams_budget_write(budget, folder, err);
out:
    ams_result_fini(&result);
    return status;
}

ams_status cli_score_truth(const ams_score_session *session, const cli_truth *truth,
                           const char *folder, bool json, ams_error *err)
{
    ams_budget_options options = truth->budget;
    ams_budget budget;
    options.exact = truth->score == 2;
    ams_status status = ams_budget_score_session(&budget, session, options, err);
    status = status == AMS_OK ? cli_show_budget(&budget, json, folder, err) : status;
    ams_budget_fini(&budget);
    return status;
}
