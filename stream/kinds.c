#include "ams/stream.h"

#include "ams/names.h"
#include "base/number.h"

#include <stdio.h>
#include <string.h>

const ams_stream_kind ams_stream_kinds[] = {
    {.name = "dp",
     .help = "dynamic program over depths, planned anew at arrivals and ends (Yao et al.)",
     .target = AMS_TARGET_DEPTHS,
     .needs_predictor = true},
    {.name = "dp-greedy",
     .help = "the same at arrivals; at the end of a stage only its job is planned anew",
     .target = AMS_TARGET_DEPTHS,
     .needs_predictor = true,
     .greedy_update = true},
    {.name = "hedged",
     .help = "the same plan with a price on time, run by gain per time while all of it holds",
     .order = AMS_ORDER_GAIN,
     .target = AMS_TARGET_DEPTHS,
     .needs_predictor = true,
     .needs_parameter = true,
     .priced = true},
    {.name = "subset-hedged",
     .help = "the same for sets",
     .order = AMS_ORDER_GAIN,
     .target = AMS_TARGET_SETS,
     .needs_predictor = true,
     .needs_parameter = true,
     .priced = true},
    {.name = "subset-dp",
     .help = "dynamic program over sets of models and machines (Schemble)",
     .target = AMS_TARGET_SETS,
     .needs_predictor = true},
    {.name = "edf-full", .help = "earliest deadline first, all models"},
    {.name = "edf-mandatory",
     .help = "earliest deadline first, the mandatory part alone",
     .target = AMS_TARGET_MANDATORY},
    {.name = "static",
     .help = "earliest deadline first, always the first PARAMETER models, or the set of that "
             "mask",
     .target = AMS_TARGET_FIXED,
     .needs_parameter = true},
    {.name = "threshold",
     .help =
         "earliest deadline first, until a confidence of PARAMETER is observed (BranchyNet)",
     .target = AMS_TARGET_THRESHOLD,
     .needs_parameter = true},
    {.name = "gated",
     .help = "earliest deadline first, the cheapest choice of PARAMETER x the best utility",
     .target = AMS_TARGET_GATED,
     .needs_predictor = true,
     .needs_parameter = true},
    {.name = "density",
     .help = "most expected gain per time that endangers no mandatory part",
     .order = AMS_ORDER_DENSITY,
     .needs_predictor = true},
    {.name = "lcf", .help = "least confidence first", .order = AMS_ORDER_CONFIDENCE},
    {.name = "rr", .help = "round robin, one model each", .order = AMS_ORDER_ROUND},
    {.name = "sjf", .help = "shortest job first, all models", .order = AMS_ORDER_SHORT},
    {.name = "fifo",
     .help = "first come, first served, all models",
     .order = AMS_ORDER_ARRIVAL},
    {.name = "laxity", .help = "least laxity first, all models", .order = AMS_ORDER_LAXITY},
    {.name = "greedy-edf",
     .help = "each job in order of deadlines the best choice that still fits (Schemble's)",
     .target = AMS_TARGET_FIT,
     .needs_predictor = true},
    {.name = "greedy-fifo",
     .help = "the same in order of arrivals",
     .order = AMS_ORDER_ARRIVAL,
     .target = AMS_TARGET_FIT,
     .needs_predictor = true},
    {.name = "greedy-sjf",
     .help = "the same, shortest first",
     .order = AMS_ORDER_SHORT,
     .target = AMS_TARGET_FIT,
     .needs_predictor = true},
};
const uint32_t ams_n_stream_kinds = sizeof ams_stream_kinds / sizeof *ams_stream_kinds;

static ams_status no_kind(const char *name, ams_error *err)
{
    const char *known[64];
    uint32_t n = 0;
    for (; n < ams_n_stream_kinds && n < 64; n++) {
        known[n] = ams_stream_kinds[n].name;
    }
    return ams_unknown_name("scheduler", name, known, n, err);
}

ams_status ams_stream_spec_parse(ams_stream_spec *spec, const char *text, ams_error *err)
{
    const size_t before = strcspn(text, "@");
    const int length = (int)before;
    char name[64];
    *spec = (ams_stream_spec){.predictor = text[before] == '@' ? text + before + 1 : NULL};
    if (before >= sizeof name) {
        return ams_fail(err, AMS_USAGE,
                        "scheduler '%s': longer than %zu characters before its predictor", text,
                        sizeof name - 1);
    }
    snprintf(name, sizeof name, "%.*s", length, text);
    char *number = strchr(name, ':');
    if (number != NULL) {
        *number++ = '\0';
    }
    spec->kind = ams_stream_kind_named(name);
    if (spec->kind == NULL) {
        return no_kind(name, err);
    }
    spec->has_parameter = number != NULL;
    if (number != NULL &&
        (!spec->kind->needs_parameter || !ams_parse_double(number, &spec->parameter))) {
        return ams_fail(
            err, AMS_USAGE, "scheduler '%.*s': expected %s after the colon, found '%s'", length,
            text, spec->kind->needs_parameter ? "a number" : "no parameter", number);
    }
    if (spec->predictor != NULL && !spec->kind->needs_predictor) {
        return ams_fail(err, AMS_USAGE, "scheduler %.*s predicts nothing: leave out '%s'",
                        length, text, text + before);
    }
    return AMS_OK;
}

const ams_stream_kind *ams_stream_kind_named(const char *name)
{
    for (uint32_t k = 0; k < ams_n_stream_kinds; k++) {
        if (strcmp(name, ams_stream_kinds[k].name) == 0) {
            return &ams_stream_kinds[k];
        }
    }
    return NULL;
}
