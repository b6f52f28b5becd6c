#include "cli/score_options.h"

#include "ams/policy.h"
#include "base/file.h"

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
