#include "cli/weights.h"

#include "ams/policy.h"
#include "console/options.h"
#include "lab/score/baseline.h"

#include <math.h>
#include <stdio.h>

bool cli_is_baseline(const char *spec)
{
    return ams_policy_spec_kind(spec) != NULL;
}

ams_status cli_get_weights(const cli_args *args, const char *spec, const char *otherwise,
                           ams_policy_file *policy, ams_error *err)
{
    char note[AMS_WEIGHTS_NOTE];
    ams_status status = ams_weights_or_baseline(policy, spec, cli_get(args, "--fit", NULL),
                                                otherwise, note, err);
    if (status == AMS_OK && note[0] != '\0') {
        fprintf(stderr, "%s\n", note);
    }
    return status;
}

ams_status cli_get_live(const cli_args *args, const char *spec, ams_live_policy *policy,
                        ams_error *err)
{
    ams_policy_file file = {.seed = 0};
    ams_blob bytes = {0};
    ams_status status = AMS_OK;
    if (!cli_is_baseline(spec) && !cli_has(args, "--fit")) {
        return ams_live_open(policy, spec, err);
    }
    AMS_TRY(cli_get_weights(args, spec, NULL, &file, err));
    AMS_TRY(ams_policy_file_bytes(&file, &bytes, err));
    AMS_TRY(ams_live_parse(policy, bytes.data, bytes.size, spec, err));
out:
    ams_blob_fini(&bytes);
    ams_policy_file_fini(&file);
    return status;
}

ams_status cli_get_money(const cli_args *args, const ams_live_policy *policy, ams_money *money,
                         ams_error *err)
{
    double budget = (double)NAN;
    double horizon = 500;
    uint64_t seed = 0; /* `ams run` knows how many items it is given */
    uint64_t total = cli_has(args, "--items") ? 0 : (uint64_t)args->n_operands;
    ams_status status = AMS_OK;
    AMS_TRY(cli_get_real(args, "--budget", 0, 1e30, &budget, err));
    AMS_TRY(cli_get_real(args, "--horizon", 1, 1e9, &horizon, err));
    AMS_TRY(cli_get_u64(args, "--budget-items", &total, err));
    AMS_TRY(cli_get_u64(args, "--seed", &seed, err));
    status = ams_money_init(money, policy, budget, horizon, total, seed, err);
out:
    return status;
}

void cli_say_paid(const char *command, double paid, uint64_t items)
{
    if (items > 0) {
        fprintf(stderr, "ams %s: %.6g paid, %.6g per item\n", command, paid,
                paid / (double)items);
    }
}
