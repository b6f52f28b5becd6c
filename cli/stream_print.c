/* What `ams stream` prints: a table per point, the best series first. */
#include "cli/stream.h"

#include "base/text.h"
#include "cli/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_SERIES = 256 };

static void print_point(const ams_stream_study *s, uint32_t p)
{
    const ams_stream_point *at = &s->point[p];
    double full = 0;
    double mandatory = 0;
    ams_stream_offered(s, p, &full, &mandatory);
    printf("%s%s", p == 0 ? "" : "\n", ams_arrivals_names[s->options.base.source.arrivals]);
    if (at->clients > 0) {
        printf(" %u", at->clients);
    }
    if (isfinite(full)) {
        printf(": offered load %.2f, mandatory %.2f; deadlines %.4g to %.4g ms", full,
               mandatory, at->deadline_low_ms, at->deadline_high_ms);
    }
    printf("; delta %g; %u seed%s\n", at->delta, s->n_seeds, s->n_seeds == 1 ? "" : "s");
}

static void print_series(const ams_stream_study *s, uint32_t k, uint32_t p, int width)
{
    const ams_stream_series *series = &s->series[k];
    double error = 0;
    const double score = ams_stream_mean(s, k, p, AMS_STREAM_SCORE, &error);
    char parameter[32] = "-";
    printf("%-*s %7.2f %5.2f", width, series->label, 100 * score, 100 * error);
    if (series->kind == NULL) {
        const double fewest = ams_stream_mean(s, k, p, AMS_STREAM_MISSED, NULL);
        printf(isfinite(fewest) ? " %7.2f\n" : "\n", 100 * fewest);
        return;
    }
    if (series->kind->needs_parameter) {
        snprintf(parameter, sizeof parameter, "%g", series->parameter[p]);
    }
    printf(" %7.2f %6.2f %9.3g %9.3g %6.2f %6.1f %9.2f  %s\n",
           100 * ams_stream_mean(s, k, p, AMS_STREAM_MISSED, NULL),
           ams_stream_mean(s, k, p, AMS_STREAM_DEPTH, NULL),
           ams_stream_mean(s, k, p, AMS_STREAM_RESPONSE_MS, NULL),
           ams_stream_mean(s, k, p, AMS_STREAM_RESPONSE_P95_MS, NULL),
           ams_stream_mean(s, k, p, AMS_STREAM_LOAD, NULL),
           ams_stream_mean(s, k, p, AMS_STREAM_QUEUE, NULL),
           ams_stream_mean(s, k, p, AMS_STREAM_DECISION_US, NULL), parameter);
}

static json_t *series_json(const ams_stream_study *s, uint32_t k, uint32_t p)
{
    static const struct {
        const char *name;
        ams_stream_measure what;
    } means[] = {{"missed", AMS_STREAM_MISSED},
                 {"models", AMS_STREAM_DEPTH},
                 {"response_ms", AMS_STREAM_RESPONSE_MS},
                 {"response_p95_ms", AMS_STREAM_RESPONSE_P95_MS},
                 {"load", AMS_STREAM_LOAD},
                 {"queue", AMS_STREAM_QUEUE},
                 {"decision_us", AMS_STREAM_DECISION_US}};
    const ams_stream_series *series = &s->series[k];
    double error = 0;
    json_t *row = json_pack("{s:i, s:s}", "point", (int)p, "series", series->label);
    json_object_set_new(row, "score",
                        cli_json_number(ams_stream_mean(s, k, p, AMS_STREAM_SCORE, &error)));
    json_object_set_new(row, "score_error", cli_json_number(error));
    for (size_t i = 0; i < sizeof means / sizeof *means; i++) {
        json_object_set_new(
            row, means[i].name,
            series->kind == NULL && means[i].what != AMS_STREAM_MISSED
                ? json_null()
                : cli_json_number(ams_stream_mean(s, k, p, means[i].what, NULL)));
    }
    json_object_set_new(row, "parameter",
                        series->kind != NULL && series->kind->needs_parameter
                            ? cli_json_number(series->parameter[p])
                            : json_null());
    return row;
}

ams_status cli_stream_print_json(const ams_stream_study *s, ams_error *err)
{
    json_t *points = json_array();
    json_t *rows = json_array();
    for (uint32_t p = 0; p < s->n_points; p++) {
        const ams_stream_point *at = &s->point[p];
        double full = 0;
        double mandatory = 0;
        ams_stream_offered(s, p, &full, &mandatory);
        json_array_append_new(
            points, json_pack("{s:i, s:o, s:o, s:o, s:o, s:o}", "clients", (int)at->clients,
                              "offered_load", cli_json_number(full), "mandatory_load",
                              cli_json_number(mandatory), "deadline_low_ms",
                              cli_json_number(at->deadline_low_ms), "deadline_high_ms",
                              cli_json_number(at->deadline_high_ms), "delta",
                              cli_json_number(at->delta)));
        for (uint32_t k = 0; k < s->n_series; k++) {
            json_array_append_new(rows, series_json(s, k, p));
        }
    }
    return cli_print_json(json_pack("{s:s, s:i, s:o, s:o}", "arrivals",
                                    ams_arrivals_names[s->options.base.source.arrivals],
                                    "seeds", (int)s->n_seeds, "points", points, "rows", rows),
                          err);
}

void cli_stream_print(const ams_stream_study *s)
{
    uint32_t order[MOST_SERIES];
    const uint32_t n = s->n_series < MOST_SERIES ? s->n_series : MOST_SERIES;
    int width = 6;
    for (uint32_t k = 0; k < n; k++) {
        const int length = (int)ams_text_width(s->series[k].label);
        width = length > width ? length : width;
    }
    for (uint32_t p = 0; p < s->n_points; p++) {
        for (uint32_t k = 0; k < n; k++) { /* insertion: few series */
            uint32_t at = k;
            const double score = ams_stream_mean(s, k, p, AMS_STREAM_SCORE, NULL);
            while (at > 0 &&
                   ams_stream_mean(s, order[at - 1], p, AMS_STREAM_SCORE, NULL) < score) {
                order[at] = order[at - 1];
                at--;
            }
            order[at] = k;
        }
        print_point(s, p);
        printf("%-*s %7s %5s %7s %6s %9s %9s %6s %6s %9s  %s\n", width, "series", "score %",
               "+-", "missed%", "models", "resp. ms", "P95 ms", "load", "queue", "us/choice",
               "parameter");
        for (uint32_t k = 0; k < n; k++) {
            print_series(s, order[k], p, width);
        }
    }
}
