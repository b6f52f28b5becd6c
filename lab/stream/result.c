/* What `ams stream` shows of a study: points, and series at each of them. */
#include "ams/stream_study.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const ams_column point_columns[] = {
    {.name = "clients", .meaning = "of closed arrivals; 0: open ones"},
    {.name = "offered_load", .meaning = "full work over what the workers can do"},
    {.name = "mandatory_load", .meaning = "the same of the mandatory part"},
    {.name = "deadline_low_ms", .meaning = "deadlines are uniform after the arrival from, ms"},
    {.name = "deadline_high_ms", .meaning = "to, ms"},
    {.name = "delta", .meaning = "step of the dynamic programs' utilities"},
};

#define REAL(key, text, title, room, how)                                                      \
    {                                                                                          \
        .name = (key), .meaning = (text), .head = (title), .width = (room), .shown = (how),    \
        .absent = ""                                                                           \
    }
#define SHARE(key, text, title, room)                                                          \
    {                                                                                          \
        .name = (key), .meaning = (text), .head = (title), .width = (room), .scale = 100,      \
        .shown = AMS_DECIMALS(2), .absent = ""                                                 \
    }

static const ams_column series_columns[] = {
    {.name = "point", .meaning = "which one of the points, from 0"},
    {.name = "series", .meaning = "KIND[:PARAMETER][@PREDICTOR]", .head = "series"},
    SHARE("score", "mean score of a job", "score %", 7),
    SHARE("score_error", "its standard error over seeds", "+-", 5),
    SHARE("missed", "share of the jobs that missed their deadline", "missed%", 7),
    REAL("models", "executions per job", "models", 6, AMS_DECIMALS(2)),
    REAL("response_ms", "mean time to the answer, ms", "resp. ms", 9, AMS_SIGNIFICANT(3)),
    REAL("response_p95_ms", "its 95th percentile, ms", "P95 ms", 9, AMS_SIGNIFICANT(3)),
    REAL("load", "share of the workers' time that is used", "load", 6, AMS_DECIMALS(2)),
    REAL("queue", "mean number of jobs that wait", "queue", 6, AMS_DECIMALS(1)),
    REAL("decision_us", "mean time of a decision, measured, us", "us/choice", 9,
         AMS_DECIMALS(2)),
    {.name = "parameter", .meaning = "of the kind, as given or chosen on validation items"},
    {.json = "", .head = " parameter", .before = " ", .absent = ""},
};

static ams_status add_point(ams_frame *points, const ams_stream_study *s, uint32_t p,
                            ams_error *err)
{
    const ams_stream_point *at = &s->point[p];
    double full = 0;
    double mandatory = 0;
    ams_stream_offered(s, p, &full, &mandatory);
    return AMS_FRAME_ADD(points, err, ams_cell_count(at->clients), ams_cell_real(full),
                         ams_cell_real(mandatory), ams_cell_real(at->deadline_low_ms),
                         ams_cell_real(at->deadline_high_ms), ams_cell_real(at->delta));
}

/* A mean that bounds have not. */
static ams_cell mean_of(const ams_stream_study *s, uint32_t k, uint32_t p,
                        ams_stream_measure what)
{
    return ams_cell_if(s->series[k].kind != NULL,
                       ams_cell_real(ams_stream_mean(s, k, p, what, NULL)));
}

static ams_status add_series(ams_frame *rows, const ams_stream_study *s, uint32_t k, uint32_t p,
                             ams_error *err)
{
    const ams_stream_series *series = &s->series[k];
    const bool takes = series->kind != NULL && series->kind->needs_parameter;
    double error = 0;
    char parameter[32] = "-";
    const double score = ams_stream_mean(s, k, p, AMS_STREAM_SCORE, &error);
    if (takes) {
        snprintf(parameter, sizeof parameter, "%g", series->parameter[p]);
    }
    return AMS_FRAME_ADD(
        rows, err, ams_cell_count(p), ams_cell_text(series->label), ams_cell_real(score),
        ams_cell_real(error), ams_cell_real(ams_stream_mean(s, k, p, AMS_STREAM_MISSED, NULL)),
        mean_of(s, k, p, AMS_STREAM_DEPTH), mean_of(s, k, p, AMS_STREAM_RESPONSE_MS),
        mean_of(s, k, p, AMS_STREAM_RESPONSE_P95_MS), mean_of(s, k, p, AMS_STREAM_LOAD),
        mean_of(s, k, p, AMS_STREAM_QUEUE), mean_of(s, k, p, AMS_STREAM_DECISION_US),
        ams_cell_if(takes, ams_cell_real(takes ? series->parameter[p] : 0)),
        ams_cell_if(series->kind != NULL, ams_cell_text(parameter)));
}

ams_status ams_stream_study_result(const ams_stream_study *s, ams_result *result,
                                   ams_error *err)
{
    ams_frame *points = NULL;
    ams_frame *rows = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(AMS_RESULT_FACTS(
        result, err, {"cost_unit", ams_cell_text(ams_table_cost_unit(&s->data->table))},
        {"arrivals", ams_cell_text(ams_arrivals_names[s->options.base.source.arrivals])},
        {"seeds", ams_cell_count(s->n_seeds)}));
    AMS_TRY(ams_result_add_frame(result, "points", point_columns,
                                 sizeof point_columns / sizeof *point_columns, &points, err));
    AMS_TRY(ams_result_add_frame(result, "rows", series_columns,
                                 sizeof series_columns / sizeof *series_columns, &rows, err));
    AMS_TRY(ams_frame_set_unit(rows, ams_table_cost_unit(&s->data->table), err));
    for (uint32_t p = 0; p < s->n_points; p++) {
        AMS_TRY(add_point(points, s, p, err));
        for (uint32_t k = 0; k < s->n_series; k++) {
            AMS_TRY(add_series(rows, s, k, p, err));
        }
    }
out:
    return status;
}

void ams_stream_study_rank(const ams_stream_study *s, uint32_t p, uint32_t *row)
{
    for (uint32_t k = 0; k < s->n_series; k++) { /* insertion: few series */
        const double score = ams_stream_mean(s, k, p, AMS_STREAM_SCORE, NULL);
        uint32_t at = k;
        while (at > 0 && ams_stream_mean(s, row[at - 1] - p * s->n_series, p, AMS_STREAM_SCORE,
                                         NULL) < score) {
            row[at] = row[at - 1];
            at--;
        }
        row[at] = p * s->n_series + k;
    }
}

enum { MOST_POINTS = 256 };

ams_status ams_stream_points(const ams_stream_axes *a, ams_stream_point **point, uint32_t *n,
                             ams_error *err)
{
    const size_t all = a->n_rates * a->n_highs * a->n_deltas;
    if (all > MOST_POINTS) {
        return ams_fail(err, AMS_USAGE, "%zu x %zu x %zu points: expected at most %d",
                        a->n_rates, a->n_highs, a->n_deltas, MOST_POINTS);
    }
    ams_status status = ams_alloc(point, all, sizeof **point, "points", err);
    *n = status == AMS_OK ? (uint32_t)all : 0;
    for (size_t k = 0; k < *n; k++) {
        const double rate = a->rate[k / a->n_deltas / a->n_highs];
        const double high = a->high_ms[k / a->n_deltas % a->n_highs];
        (*point)[k] =
            (ams_stream_point){.clients = a->clients ? (uint32_t)fmin(rate, UINT32_MAX) : 0,
                               .load = a->clients ? 0 : rate,
                               .deadline_low_ms = a->constant ? high : a->low_ms,
                               .deadline_high_ms = high,
                               .delta = a->delta[k % a->n_deltas]};
    }
    return status;
}
