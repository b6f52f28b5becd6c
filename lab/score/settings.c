/* Runs of one name whose settings differ are no seeds of one policy: each setting gets a row.
 */
#include "rl/run/settings.h"
#include "base/memory.h"
#include "lab/score/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The path of "NAME=RULE:PATH". */
static const char *path_of(const char *spec)
{
    const size_t name = strcspn(spec, "=/");
    spec += spec[name] == '=' ? name + 1 : 0;
    for (int i = 0; ams_decide_modes[i] != NULL; i++) {
        const size_t length = strlen(ams_decide_modes[i]);
        if (strncmp(spec, ams_decide_modes[i], length) == 0 && spec[length] == ':') {
            return spec + length + 1;
        }
    }
    return spec;
}

/* "dqn,hidden=8". */
static ams_status name_apart(ams_policy *policy, const ams_run_settings *all, size_t n,
                             const ams_run_settings *mine, ams_error *err)
{
    char apart[1024];
    char label[64 + sizeof apart];
    if (ams_run_settings_apart(all, n, mine, apart, sizeof apart) == 0) {
        return AMS_OK;
    }
    snprintf(label, sizeof label, "%s%s", mine->label, apart);
    if (strlen(label) >= sizeof mine->label) {
        return ams_fail(err, AMS_USAGE,
                        "policies '%s' differ in more than the seed, and what differs is too "
                        "long for a name (%.80s...); give each a name, as in NAME=POLICY",
                        mine->label, label);
    }
    ams_policy_set_name(policy, label, ams_policy_seed(policy));
    return AMS_OK;
}

ams_status ams_score_name_apart(ams_score_session *s, ams_error *err)
{
    const size_t n = s->options.n_policies;
    ams_run_settings *all = NULL;
    ams_status status = ams_alloc(&all, n, sizeof *all, "settings", err);
    for (size_t k = 0; k < n && status == AMS_OK; k++) {
        snprintf(all[k].label, sizeof all[k].label, "%s", ams_policy_label(s->policy[k]));
        status = ams_run_settings_read(&all[k], path_of(s->options.policy[k]), err);
    }
    for (size_t k = 0; k < n && status == AMS_OK; k++) {
        if (all[k].known) {
            status = name_apart(s->policy[k], all, n, &all[k], err);
        }
    }
    free(all);
    return status;
}
