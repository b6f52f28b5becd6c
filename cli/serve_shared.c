#include "cli/serve_shared.h"

#include "ams/stream_study.h"
#include "console/options.h"

#include <string.h>

/* As in `ams stream`, of the outputs file if there is one, which knows networks and tasks. */
static ams_status read_models(ams_shared_options *o, const cli_args *args, ams_error *err)
{
    const char *option = o->sets ? "--sets" : "--stages";
    const char *name[AMS_STREAM_STAGES];
    cli_names said = {.count = 0};
    ams_names known = {.count = 0};
    ams_stream_data_options from = {.path = cli_get(args, "--data", NULL), .sets = o->sets};
    ams_status status = AMS_OK;
    AMS_TRY(cli_get_names(args, option, &said, err));
    from.model = (const char *const *)said.name;
    from.n_models = said.count;
    const bool named = o->predictor != NULL && o->predictor->model.count > 0;
    if (from.path != NULL && (said.count > 0 || !named)) {
        AMS_TRY(ams_stream_name_models(&known, &from, err));
        for (from.n_models = 0; from.n_models < known.count; from.n_models++) {
            name[from.n_models] = ams_names_get(&known, (uint32_t)from.n_models);
        }
        from.model = name;
    }
    status = ams_shared_choose(o, from.model, from.n_models, err);
    if (status == AMS_BAD_DATA) {
        ams_error_prefix(err, "%s", cli_get(args, "--predictor", ""));
    }
out:
    if (status == AMS_USAGE) {
        ams_error_prefix(err, "option %s", option);
    }
    cli_names_fini(&said);
    ams_names_fini(&known);
    return status;
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
    status = ams_shared_schedule(o, cli_get(args, "--scheduler", "edf-full"), err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "option --scheduler");
        goto out;
    }
    status = read_models(o, args, err);
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
    if (predictor != NULL) {
        AMS_TRY(ams_saved_predictor_read(&shared->predictor, predictor, err));
        o.predictor = &shared->predictor;
    }
    AMS_TRY(read_workers(&o, args, err));
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
    ams_saved_predictor_fini(&shared->predictor);
    if (shared->trace != NULL) {
        (void)fclose(shared->trace); /* every line was flushed as it was written */
    }
}
