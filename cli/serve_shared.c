#include "cli/serve_shared.h"

#include "ams/names.h"
#include "base/number.h"
#include "console/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static ams_status read_stages(ams_shared_options *o, const cli_args *args, ams_error *err)
{
    cli_names names = {.count = 0};
    uint64_t seen = 0;
    ams_status status = AMS_OK;
    const char *option = o->sets ? "--sets" : "--stages";
    const int most = o->sets ? AMS_STREAM_SETS : AMS_STREAM_STAGES;
    AMS_TRY(cli_get_names(args, option, &names, err));
    if (names.count == 1 && o->sets && strcmp(names.name[0], "all") == 0) {
        names.count = 0;
    }
    o->n_stages = names.count > 0 ? (uint32_t)names.count : o->policy->n_models;
    if (o->n_stages > (uint32_t)most) {
        status = ams_fail(err, AMS_USAGE, "option %s: expected at most %d models, found %u",
                          option, most, o->n_stages);
        goto out;
    }
    for (uint32_t k = 0; k < o->n_stages; k++) {
        o->stage[k] = k;
        if (names.count > 0) {
            o->stage[k] = ams_online_model(o->policy->online, names.name[k]);
        }
        const bool known = o->stage[k] != AMS_ONLINE_NONE;
        if (!known || (seen >> o->stage[k] & 1) != 0) {
            const ams_hint hint =
                ams_list_hint(names.name[k], o->policy->name, known ? 0 : o->policy->n_models);
            status = ams_fail(err, AMS_USAGE,
                              "option %s: expected models of the policy, each once, found "
                              "'%s'%s",
                              option, names.name[k], hint.text);
            goto out;
        }
        seen |= UINT64_C(1) << o->stage[k];
    }
out:
    cli_names_fini(&names);
    return status;
}

/* KIND[:PARAMETER] */
static ams_status read_kind(ams_dispatch_options *o, const cli_args *args, ams_error *err)
{
    const char *text = cli_get(args, "--scheduler", "edf-full");
    const char *colon = strchr(text, ':');
    char name[32];
    snprintf(name, sizeof name, "%.*s",
             (int)(colon == NULL ? strlen(text) : (size_t)(colon - text)), text);
    o->kind = ams_stream_kind_named(name);
    if (o->kind == NULL) {
        return ams_fail(err, AMS_USAGE,
                        "option --scheduler: expected a scheduler as `ams help stream` lists "
                        "them, found '%s'",
                        text);
    }
    if (o->kind->needs_parameter != (colon != NULL) ||
        (colon != NULL && !ams_parse_double(colon + 1, &o->parameter))) {
        return ams_fail(err, AMS_USAGE, "option --scheduler: expected %s, found '%s'",
                        o->kind->needs_parameter ? "KIND:NUMBER, as `ams stream` chooses it"
                                                 : "no parameter",
                        text);
    }
    return AMS_OK;
}

/* Workers, what they share, and what runs on them. */
static ams_status read_workers(ams_shared_options *o, const cli_args *args, ams_error *err)
{
    uint64_t workers = 1;
    ams_status status = AMS_OK;
    o->sets = cli_has(args, "--sets");
    if (o->sets && cli_has(args, "--stages")) {
        return ams_fail(err, AMS_USAGE, "option --sets: models are stages or sets, not both");
    }
    if (strcmp(cli_get(args, "--workers", ""), "models") == 0) {
        workers = 0;
    } else {
        AMS_TRY(cli_get_count(args, "--workers", AMS_STREAM_WORKERS, &workers, err));
    }
    o->dispatch.workers = (uint32_t)workers;
    AMS_TRY(cli_get_real(args, "--memory", 0, 1e9, &o->dispatch.memory_mb, err));
    AMS_TRY(cli_get_real(args, "--ageing", 0, 100, &o->dispatch.ageing, err));
    AMS_TRY(cli_get_real(args, "--miss-cost", 0, 100, &o->dispatch.miss_cost, err));
    AMS_TRY(read_kind(&o->dispatch, args, err));
    status = read_stages(o, args, err);
out:
    return status;
}

ams_status cli_share(cli_shared *shared, const ams_live_policy *policy, const cli_args *args,
                     ams_error *err)
{
    ams_shared_options o = {.policy = policy, .dispatch = ams_dispatch_defaults()};
    const char *predictor = cli_get(args, "--predictor", NULL);
    ams_status status = AMS_OK;
    if (!cli_has(args, "--workers")) {
        return AMS_OK;
    }
    AMS_TRY(read_workers(&o, args, err));
    if (predictor != NULL) {
        AMS_TRY(ams_fitted_read(&shared->fitted, predictor, o.n_stages, o.sets, err));
        o.dispatch.predictor = ams_fitted_predictor(shared->fitted);
    }
    const char *trace = cli_get(args, "--trace", NULL);
    if (trace != NULL) {
        AMS_TRY(ams_requests_open(&shared->trace, &o.trace_from_ms, trace, err));
    }
    o.trace = shared->trace;
    status = ams_shared_create(&shared->shared, &o, err);
out:
    return status;
}

void cli_shared_close(cli_shared *shared)
{
    ams_shared_destroy(shared->shared);
    ams_fitted_destroy(shared->fitted);
    if (shared->trace != NULL) {
        (void)fclose(shared->trace); /* every line was flushed as it was written */
    }
}
