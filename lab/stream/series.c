#include "lab/stream/series.h"

#include "ams/names.h"

#include <stdio.h>
#include <string.h>

const char *const ams_stream_default_stages[] = {
    "hedged",        "hedged@outputs", "dp",        "dp-greedy", "density", "edf-full",
    "edf-mandatory", "static",         "threshold", "gated",     "lcf",     "rr",
    "sjf",           "fifo",           "laxity",    "dp@prior",  "dp@exp",  "dp@lin",
    "dp@max",        "dp@oracle",      "dp@truth",  NULL};
const char *const ams_stream_default_sets[] = {
    "subset-hedged", "subset-dp",       "greedy-edf",       "greedy-fifo",
    "greedy-sjf",    "density",         "edf-full",         "static",
    "gated",         "subset-dp@prior", "subset-dp@oracle", NULL};

/* A name, or links:FILE, whose values become utilities as those of an agent do. */
static ams_status find_predictor(ams_stream_series *s, const char *name, ams_error *err)
{
    static const char links[] = "links:";
    enum { OURS = 2 }; /* that lab/stream adds; "links:FILE" is for messages */
    const char *known[16] = {"agent", "outputs", "links:FILE"};
    size_t n = OURS + 1;
    if (strncmp(name, links, strlen(links)) == 0) {
        s->predictor = "links";
        s->policy = name;
        return AMS_OK;
    }
    for (size_t k = 0; ams_predictor_names[k] != NULL; k++) {
        known[n++] = ams_predictor_names[k];
    }
    for (size_t k = 0; k < n; k++) {
        if (k != OURS && strcmp(known[k], name) == 0) {
            s->predictor = known[k];
            return AMS_OK;
        }
    }
    return ams_unknown_name("predictor", name, known, n, err);
}

ams_status ams_stream_series_parse(ams_stream_series *series, const char *spec,
                                   const char *otherwise, double *parameter, ams_error *err)
{
    const size_t length = strcspn(spec, "@");
    const size_t most = sizeof series->label - sizeof "@calibrated";
    ams_stream_spec said;
    ams_status status = AMS_OK;
    *series = (ams_stream_series){.predictor = "-"};
    if (length > most) {
        return ams_fail(err, AMS_USAGE,
                        "scheduler '%s': longer than %zu characters before its predictor", spec,
                        most);
    }
    AMS_TRY(ams_stream_spec_parse(&said, spec, err));
    series->kind = said.kind;
    series->tuned = said.kind->needs_parameter && !said.has_parameter;
    *parameter = said.has_parameter ? said.parameter : *parameter;
    if (!said.kind->needs_predictor) {
        snprintf(series->label, sizeof series->label, "%s", spec);
        return AMS_OK;
    }
    AMS_TRY(find_predictor(series, said.predictor != NULL ? said.predictor : otherwise, err));
    snprintf(series->label, sizeof series->label, "%.*s@%s", (int)length, spec,
             series->predictor);
out:
    return status;
}

uint32_t ams_stream_grid(const ams_stream_kind *kind, const ams_workload *workload,
                         double *value, uint32_t most)
{
    static const double levels[] = {0.3, 0.4,  0.5, 0.6,  0.65, 0.7,  0.75,
                                    0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.99};
    const uint32_t n_levels = sizeof levels / sizeof *levels;
    static const double prices[] = {0,    0.02, 0.05, 0.1, 0.15, 0.2,
                                    0.25, 0.3,  0.35, 0.4, 0.5,  0.6};
    uint32_t n = 0;
    if (kind->priced) {
        for (; n < sizeof prices / sizeof *prices && n < most; n++) {
            value[n] = prices[n];
        }
        return n;
    }
    if (kind->target != AMS_TARGET_FIXED) {
        for (; n < n_levels && n < most; n++) {
            value[n] = levels[n];
        }
        return n;
    }
    const uint32_t states = ams_stream_states(workload->sets, workload->n_models);
    for (uint32_t s = 1; s < states && n < most; s++) {
        if (!workload->sets || __builtin_popcount(s) <= 3 || s + 1 == states) {
            value[n++] = s;
        }
    }
    return n;
}
