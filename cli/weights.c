#include "cli/weights.h"

#include "ams/policy.h"
#include "base/number.h"
#include "console/options.h"
#include "lab/score/baseline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

bool cli_is_baseline(const char *spec)
{
    return ams_policy_spec_kind(spec) != NULL;
}

static ams_status fit(const char *spec, const char *data, ams_policy_file *policy,
                      ams_error *err)
{
    ams_baseline baseline;
    if (ams_policy_spec_kind(spec)->to_net == NULL) {
        return ams_fail(
            err, AMS_USAGE,
            "'%s' is a baseline of no fixed size; expected fixed, linear, rules:FILE, or "
            "trained weights: a run folder or a policy.ams. `ams eval`, `ams "
            "schedule` and `ams trace` take every baseline",
            spec);
    }
    if (data == NULL) {
        return ams_fail(err, AMS_USAGE,
                        "'%s' is a baseline; expected the outputs file to whose training items "
                        "it is fitted, --fit F.h5, or trained weights: a run folder or a "
                        "policy.ams",
                        spec);
    }
    ams_status status = ams_baseline_fit(&baseline, spec, data, err);
    if (status == AMS_OK) {
        fprintf(
            stderr,
            "%s is fitted to the training items of %s; it decides as in `ams eval` on %u of "
            "all %u items%s\n",
            spec, data, baseline.n_alike, baseline.n_items,
            baseline.n_alike < baseline.n_items ? ", on the others models tie" : "");
        *policy = baseline.policy; /* moved */
    }
    return status;
}

ams_status cli_get_weights(const cli_args *args, const char *spec, const char *otherwise,
                           ams_policy_file *policy, ams_error *err)
{
    const char *data = cli_get(args, "--fit", NULL);
    char *path = NULL;
    if (cli_is_baseline(spec)) {
        return fit(spec, data == NULL ? otherwise : data, policy, err);
    }
    if (data != NULL) {
        return ams_fail(
            err, AMS_USAGE,
            "option --fit: expected a baseline to fit, found '%s', which is not one", spec);
    }
    ams_status status = ams_policy_file_path(&path, spec, err);
    if (status == AMS_OK) {
        status = ams_policy_file_read(policy, path, err);
    }
    free(path);
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
    uint64_t seed = 0;
    ams_status status = AMS_OK;
    AMS_TRY(cli_get_real(args, "--budget", 0, 1e30, &budget, err));
    AMS_TRY(cli_get_real(args, "--horizon", 1, 1e9, &horizon, err));
    if (!ams_parse_u64(cli_get(args, "--seed", "0"), &seed)) {
        return ams_fail(err, AMS_USAGE, "option --seed: expected a whole number, found '%s'",
                        cli_get(args, "--seed", "0"));
    }
    status = ams_money_init(money, policy, budget, horizon, seed, err);
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
