#include "stream/measures.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_CLIENTS = 1 << 20 };

void ams_measures_start(stream_measures *m, const ams_stream_execution *execution,
                        const ams_stream_job *job)
{
    const double ms = execution->end_ms - execution->start_ms;
    m->starts++;
    m->busy_ms += ms;
    /* The job counts the start already. */
    if (execution->job >= m->warmup &&
        (uint32_t)__builtin_popcountll(job->done | job->running) > m->mandatory) {
        m->optional_ms += ms;
    }
}

void ams_measures_time(stream_measures *m, double from_ms, double to_ms, uint32_t in_flight)
{
    m->queue_ms += to_ms > from_ms ? (to_ms - from_ms) * in_flight : 0;
}

static ams_status count_client(stream_measures *m, const ams_stream_job *job, bool met,
                               ams_error *err)
{
    ams_status status = AMS_OK;
    if (job->client >= MOST_CLIENTS) {
        return AMS_OK;
    }
    AMS_TRY(ams_grow(&m->client, &m->client_capacity, (size_t)job->client + 1,
                     sizeof *m->client, "clients", err));
    for (; m->n_clients <= job->client; m->n_clients++) {
        m->client[m->n_clients] = (measures_client){0};
    }
    m->client[job->client].jobs++;
    m->client[job->client].missed += !met;
out:
    return status;
}

ams_status ams_measures_left(stream_measures *m, const ams_stream_job *job, double now_ms,
                             ams_error *err)
{
    const ams_workload *w = m->workload;
    const size_t row = (size_t)job->item * ams_stream_states(w->sets, w->n_models);
    const uint32_t in_time = (uint32_t)__builtin_popcountll(job->in_time);
    const bool met = in_time >= m->mandatory;
    ams_status status = AMS_OK;
    (void)now_ms;
    if (job->id < m->warmup) {
        return AMS_OK;
    }
    AMS_TRY(count_client(m, job, met, err));
    m->jobs++;
    m->depth += in_time;
    if (isfinite(job->mandatory_ms)) {
        m->score_any +=
            (double)w->score[row + ams_stream_state(w->sets, met ? job->in_time : job->done)];
        m->late += !met;
    }
    if (met) {
        const double response = job->ready_ms - job->arrival_ms;
        AMS_TRY(ams_grow(&m->response_ms, &m->capacity, m->met + 1, sizeof *m->response_ms,
                         "response times", err));
        m->score += (double)w->score[row + ams_stream_state(w->sets, job->in_time)];
        m->response_ms[m->met++] = (float)response;
        m->response += response;
        m->longest = fmax(m->longest, response);
    }
out:
    return status;
}

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a;
    const float y = *(const float *)b;
    return (x > y) - (x < y);
}

static double over(double sum, double n)
{
    return n > 0 ? sum / n : 0;
}

void ams_measures_finish(stream_measures *m, double end_ms, ams_sim_result *r)
{
    const double jobs = (double)m->jobs;
    const double met = (double)m->met;
    r->jobs = m->jobs;
    r->score = over(m->score, jobs);
    r->score_met = over(m->score, met);
    r->score_any = over(m->score_any, jobs);
    r->missed = over(jobs - met, jobs);
    r->late = over((double)m->late, jobs);
    r->depth = over(m->depth, jobs);
    r->optional_ms = over(m->optional_ms, jobs);
    r->response_mean_ms = over(m->response, met);
    r->response_max_ms = m->longest;
    if (m->met > 0) { /* the smallest value that 95 % do not exceed */
        qsort(m->response_ms, m->met, sizeof *m->response_ms, by_value);
        r->response_p95_ms = (double)m->response_ms[(size_t)ceil(0.95 * met) - 1];
    }
    r->queue = over(m->queue_ms, end_ms);
    r->load = over(m->busy_ms, end_ms * m->workers);
    r->end_ms = end_ms;
    r->decisions = m->decisions;
    r->starts = m->starts;
    r->decision_us = over(m->decision_us, (double)m->decisions);
    r->decision_share = over(m->decision_us / 1e3, end_ms);
    for (uint32_t c = 0; c < m->n_clients; c++) {
        r->worst_client =
            fmax(r->worst_client, over((double)m->client[c].missed, (double)m->client[c].jobs));
    }
}

void ams_measures_fini(stream_measures *m)
{
    free(m->response_ms);
    free(m->client);
}
