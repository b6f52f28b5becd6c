/* Means over the seeds of a study. */
#include "ams/stream_study.h"

#include <math.h>

static double measure_of(const ams_sim_result *r, ams_stream_measure measure)
{
    const double of[AMS_STREAM_MEASURES] = {
        [AMS_STREAM_SCORE] = r->score,
        [AMS_STREAM_SCORE_MET] = r->score_met,
        [AMS_STREAM_SCORE_ANY] = r->score_any,
        [AMS_STREAM_MISSED] = r->missed,
        [AMS_STREAM_LATE] = r->late,
        [AMS_STREAM_DEPTH] = r->depth,
        [AMS_STREAM_OPTIONAL_MS] = r->optional_ms,
        [AMS_STREAM_RESPONSE_MS] = r->response_mean_ms,
        [AMS_STREAM_RESPONSE_P95_MS] = r->response_p95_ms,
        [AMS_STREAM_RESPONSE_MAX_MS] = r->response_max_ms,
        [AMS_STREAM_QUEUE] = r->queue,
        [AMS_STREAM_LOAD] = r->load,
        [AMS_STREAM_DECISION_US] = r->decision_us,
        [AMS_STREAM_DECISION_SHARE] = r->decision_share,
        [AMS_STREAM_WORST_CLIENT] = r->worst_client,
    };
    return of[measure];
}

double ams_stream_mean(const ams_stream_study *s, uint32_t series, uint32_t point,
                       ams_stream_measure measure, double *standard_error)
{
    const ams_sim_result *r = s->series[series].result + (size_t)point * s->n_seeds;
    double sum = 0;
    double squares = 0;
    for (uint32_t k = 0; k < s->n_seeds; k++) {
        sum += measure_of(&r[k], measure);
    }
    const double mean = sum / s->n_seeds;
    for (uint32_t k = 0; k < s->n_seeds; k++) {
        const double off = measure_of(&r[k], measure) - mean;
        squares += off * off;
    }
    if (standard_error != NULL) {
        *standard_error = s->n_seeds > 1 ? sqrt(squares / (s->n_seeds - 1.0) / s->n_seeds) : 0;
    }
    return mean;
}
