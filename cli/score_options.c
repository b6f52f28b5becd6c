#include "cli/score_options.h"

#include "ams/policy.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/readers.h"
#include "console/options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static ams_status get_u32(const cli_args *args, const char *option, uint32_t most,
                          uint32_t *value, ams_error *err)
{
    uint64_t found = *value;
    ams_status status = cli_get_count(args, option, most, &found, err);
    *value = (uint32_t)found;
    return status;
}

ams_status cli_get_items(const cli_args *args, ams_split *split, ams_error *err)
{
    const char *name = cli_get(args, "--split", ams_split_name(*split));
    return ams_split_parse(name, split)
               ? AMS_OK
               : ams_fail(err, AMS_USAGE,
                          "option --split: expected train, validation or test, found '%s'",
                          name);
}

ams_status cli_get_score_options(const cli_args *args, ams_score_options *options,
                                 ams_error *err)
{
    /* In the order of their enums. */
    static const char *const devices[] = {"cpu", "cuda", "auto", NULL};
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    ams_status status = AMS_OK;
    options->threads = processors < 1 ? 1 : (processors > 256 ? 256 : (uint32_t)processors);
    options->whole = cli_has(args, "--whole");
    options->fit_path = cli_get(args, "--fit", NULL);
    AMS_TRY(cli_get_choice(args, "--device", devices, &options->device, err));
    AMS_TRY(cli_get_u64(args, "--seed", &options->seed, err));
    AMS_TRY(cli_get_memory(args, &options->memory_mb, err));
    AMS_TRY(get_u32(args, "--threads", 256, &options->threads, err));
    AMS_TRY(get_u32(args, "--draws", 1000000, &options->draws, err));
    AMS_TRY(get_u32(args, "--bootstrap", 1000000, &options->bootstrap_draws, err));
    AMS_TRY(cli_get_items(args, &options->split, err));
out:
    return status;
}

ams_status cli_get_policies(const cli_args *args, const char ***policy, size_t *n,
                            ams_error *err)
{
    int count = 0;
    while (cli_get_nth(args, "--policy", count) != NULL) {
        count++;
    }
    ams_status status = ams_alloc(policy, (size_t)count, sizeof(char *), "policies", err);
    for (int i = 0; status == AMS_OK && i < count; i++) {
        (*policy)[i] = cli_get_nth(args, "--policy", i);
    }
    *n = status == AMS_OK ? (size_t)count : 0;
    return status;
}

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
