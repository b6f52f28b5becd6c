#include "lab/stream/series.h"

#include "ams/names.h"
#include "base/number.h"

#include <stdio.h>
#include <string.h>

static ams_status no_kind(const char *name, ams_error *err)
{
    const char *known[64];
    uint32_t n = 0;
    for (; n < ams_n_stream_kinds && n < 64; n++) {
        known[n] = ams_stream_kinds[n].name;
    }
    return ams_unknown_name("scheduler", name, known, n, err);
}

static ams_status find_predictor(ams_stream_series *s, const char *name, ams_error *err)
{
    size_t n = 0;
    if (strcmp(name, "agent") == 0) {
        s->predictor = "agent";
        return AMS_OK;
    }
    while (ams_predictor_names[n] != NULL && strcmp(ams_predictor_names[n], name) != 0) {
        n++;
    }
    s->predictor = ams_predictor_names[n];
    if (s->predictor != NULL) {
        return AMS_OK;
    }
    return ams_unknown_name("predictor", name, ams_predictor_names, n, err);
}

ams_status ams_stream_series_parse(ams_stream_series *series, const char *spec,
                                   double *parameter, ams_error *err)
{
    char text[sizeof series->label];
    ams_status status = AMS_OK;
    *series = (ams_stream_series){.predictor = "-"};
    if (strlen(spec) >= sizeof text) {
        return ams_fail(err, AMS_USAGE, "scheduler '%s': longer than %zu characters", spec,
                        sizeof text - 1);
    }
    snprintf(text, sizeof text, "%s", spec);
    snprintf(series->label, sizeof series->label, "%s", spec);
    char *predictor = strchr(text, '@');
    if (predictor != NULL) {
        *predictor++ = '\0';
    }
    char *number = strchr(text, ':');
    if (number != NULL) {
        *number++ = '\0';
    }
    series->kind = ams_stream_kind_named(text);
    if (series->kind == NULL) {
        return no_kind(text, err);
    }
    if (number != NULL &&
        (!series->kind->needs_parameter || !ams_parse_double(number, parameter))) {
        return ams_fail(err, AMS_USAGE,
                        "scheduler '%s': expected %s after the colon, found '%s'", spec,
                        series->kind->needs_parameter ? "a number" : "no parameter", number);
    }
    series->tuned = series->kind->needs_parameter && number == NULL;
    if (predictor != NULL && !series->kind->needs_predictor) {
        return ams_fail(err, AMS_USAGE, "scheduler %s predicts nothing: leave out '@%s'", text,
                        predictor);
    }
    if (series->kind->needs_predictor) {
        AMS_TRY(find_predictor(series, predictor == NULL ? "mean" : predictor, err));
        if (predictor == NULL) {
            snprintf(series->label, sizeof series->label, "%.*s@mean",
                     (int)(sizeof text - sizeof "@mean"), spec);
        }
    }
out:
    return status;
}

uint32_t ams_stream_grid(const ams_stream_kind *kind, const ams_workload *workload,
                         double *value, uint32_t most)
{
    static const double levels[] = {0.3, 0.4,  0.5, 0.6,  0.65, 0.7,  0.75,
                                    0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.99};
    const uint32_t n_levels = sizeof levels / sizeof *levels;
    static const double prices[] = {0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6};
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
