/* What is asked of shared workers: a scheduler, and the models that they run. */
#include "ams/names.h"
#include "serve/shared.h"

#include <stdio.h>
#include <string.h>

ams_status ams_shared_schedule(ams_shared_options *o, const char *scheduler, ams_error *err)
{
    ams_stream_spec spec;
    ams_status status = AMS_OK;
    AMS_TRY(ams_stream_spec_parse(&spec, scheduler, err));
    if (spec.kind->needs_parameter && !spec.has_parameter) {
        return ams_fail(err, AMS_USAGE,
                        "expected KIND:NUMBER, as `ams stream` chooses it, found '%s'",
                        scheduler);
    }
    o->dispatch.kind = spec.kind;
    o->dispatch.parameter = spec.parameter;
    if (spec.kind->needs_predictor && o->predictor == NULL) {
        status = ams_fail(err, AMS_USAGE,
                          "scheduler %s needs a predictor: expected --predictor F.tsv, as `ams "
                          "stream --save-predictor` writes it, found none",
                          scheduler);
        goto out;
    }
    if (spec.predictor != NULL &&
        strcmp(spec.predictor, ams_saved_predictor_name(o->predictor)) != 0) {
        status = ams_fail(err, AMS_USAGE,
                          "scheduler %s: expected a file of that predictor, found one of '%s'; "
                          "`ams stream --predictor %s --save-predictor F.tsv` writes it",
                          scheduler, ams_saved_predictor_name(o->predictor), spec.predictor);
    }
out:
    return status;
}

/* own: the names are the predictor's. */
static ams_status no_model(const ams_shared_options *o, const char *name, bool known, bool own,
                           bool alone, ams_error *err)
{
    if (own) {
        return ams_fail(err, AMS_BAD_DATA,
                        "expected a predictor of models that the policy has, found one of '%s'",
                        name);
    }
    const ams_hint hint = ams_list_hint(name, o->policy->name, known ? 0 : o->policy->n_models);
    return ams_fail(err, AMS_USAGE, "expected models of the policy, each once, found '%s'%s%s",
                    name, hint.text,
                    alone && !known && hint.text[0] == '\0'
                        ? "; --data F.h5 knows networks and tasks"
                        : "");
}

/* The models that the names mean, in their order. */
static ams_status find_models(ams_shared_options *o, const char *const *name, size_t n,
                              bool own, ams_error *err)
{
    const size_t most = o->sets ? AMS_STREAM_SETS : AMS_STREAM_STAGES;
    uint64_t seen = 0;
    if (n > most) {
        return ams_fail(err, AMS_USAGE, "expected at most %zu models, found %zu", most, n);
    }
    for (size_t k = 0; k < n; k++) {
        const uint32_t model = ams_online_model(o->policy->online, name[k]);
        const bool known = model != AMS_ONLINE_NONE;
        if (!known || (seen >> model & 1) != 0) {
            return no_model(o, name[k], known, own, n == 1, err);
        }
        seen |= UINT64_C(1) << model;
        o->stage[k] = model;
    }
    o->n_stages = (uint32_t)n;
    return AMS_OK;
}

/* The predictor has to be of these models, in this order. */
static ams_status check_predictor(const ams_shared_options *o, ams_error *err)
{
    const ams_saved_predictor *p = o->predictor;
    const char *const what[] = {"stages", "models in sets"};
    if (p->sets != o->sets || p->n_models != o->n_stages) {
        return ams_fail(
            err, AMS_BAD_DATA,
            "expected a predictor of %u %s, as they are served, found one of %u %s; "
            "`ams stream --save-predictor` with the same %s writes it",
            o->n_stages, what[o->sets], p->n_models, what[p->sets],
            o->sets ? "--sets" : "--stages");
    }
    for (uint32_t k = 0; k < p->model.count; k++) {
        const char *served = o->policy->name[o->stage[k]];
        if (strcmp(ams_names_get(&p->model, k), served) != 0) {
            return ams_fail(err, AMS_BAD_DATA,
                            "expected a predictor whose model %u is '%s', which is served, "
                            "found '%s'; leave out %s to serve the models of the predictor in "
                            "their order",
                            k + 1, served, ams_names_get(&p->model, k),
                            o->sets ? "--sets" : "--stages");
        }
    }
    return AMS_OK;
}

ams_status ams_shared_choose(ams_shared_options *o, const char *const *name, size_t n,
                             ams_error *err)
{
    const ams_saved_predictor *p = o->predictor;
    const bool all = n == 1 && strcmp(name[0], "all") == 0 &&
                     ams_online_model(o->policy->online, name[0]) == AMS_ONLINE_NONE;
    const char *own[AMS_STREAM_STAGES]; /* the predictor's */
    ams_status status = AMS_OK;
    if (n == 0 && p != NULL && p->model.count > 0) {
        o->sets = p->sets;
        for (; n < p->n_models; n++) {
            own[n] = ams_names_get(&p->model, (uint32_t)n);
        }
        name = own;
    } else if (n == 0 || all) {
        name = o->policy->name;
        n = o->policy->n_models;
    }
    AMS_TRY(find_models(o, name, n, name == own, err));
    if (p != NULL) {
        status = check_predictor(o, err);
    }
out:
    return status;
}
