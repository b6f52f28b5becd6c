/* Discrete events: ends of executions, then departures, then arrivals, then starts. */
#include "ams/stream_sim.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stream/measures.h"
#include "stream/noise.h"
#include "stream/source.h"

#include <math.h>
#include <stdlib.h>

typedef struct sim_run {
    bool busy;
    uint32_t slot;
    ams_stream_execution execution;
} sim_run;

typedef struct sim_state {
    const ams_sim_options *o;
    ams_dispatch_options dispatch;
    ams_dispatcher *dispatcher;
    stream_source source;
    stream_measures measures;
    sim_run run[AMS_STREAM_WORKERS]; /* (workers) */
    uint32_t n_workers;
    uint32_t states;
    double now_ms;
    ams_sim_result *result;
    size_t job_capacity, execution_capacity;
    ams_error *err;
} sim_state;

static ams_status keep_execution(sim_state *s, const ams_stream_execution *execution)
{
    ams_status status = AMS_OK;
    if (s->o->record) {
        ams_sim_result *r = s->result;
        AMS_TRY(ams_grow(&r->execution, &s->execution_capacity, r->n_executions + 1,
                         sizeof *r->execution, "executions", s->err));
        r->execution[r->n_executions++] = *execution;
    }
out:
    return status;
}

/* Starts what the dispatcher says, until it says nothing. */
static ams_status start_models(sim_state *s)
{
    const bool measured = s->o->measure || s->o->charge_us < 0;
    ams_stream_start start;
    double charged_ms = 0;
    ams_status status = AMS_OK;
    bool more = ams_dispatcher_count(s->dispatcher) > 0;
    while (more) {
        const uint64_t began = measured ? ams_nanoseconds() : 0;
        more = ams_dispatcher_next(s->dispatcher, s->now_ms, &start);
        const double took_us = measured ? (double)(ams_nanoseconds() - began) / 1e3 : 0;
        s->measures.decisions++;
        s->measures.decision_us += took_us;
        charged_ms += (s->o->charge_us < 0 ? took_us : s->o->charge_us) / 1e3;
        if (!more) {
            break;
        }
        sim_run *run = &s->run[start.worker];
        run->busy = true;
        run->slot = start.slot;
        run->execution = (ams_stream_execution){.job = start.id,
                                                .item = start.item,
                                                .model = start.model,
                                                .worker = start.worker,
                                                .decided_ms = s->now_ms,
                                                .start_ms = s->now_ms + charged_ms};
        run->execution.end_ms = run->execution.start_ms +
                                ams_stream_run_ms(s->o, start.id, start.item, start.model);
        ams_measures_start(&s->measures, &run->execution,
                           ams_dispatcher_job(s->dispatcher, start.slot));
        AMS_TRY(keep_execution(s, &run->execution));
    }
out:
    return status;
}

static double next_end(const sim_state *s)
{
    double next = INFINITY;
    for (uint32_t w = 0; w < s->n_workers; w++) {
        if (s->run[w].busy && s->run[w].execution.end_ms < next) {
            next = s->run[w].execution.end_ms;
        }
    }
    return next;
}

static void end_models(sim_state *s)
{
    for (uint32_t w = 0; w < s->n_workers; w++) {
        sim_run *run = &s->run[w];
        if (!run->busy || run->execution.end_ms > s->now_ms) {
            continue;
        }
        const ams_workload *load = s->o->workload;
        const uint64_t done = ams_dispatcher_job(s->dispatcher, run->slot)->done |
                              UINT64_C(1) << run->execution.model;
        run->busy = false;
        ams_dispatcher_ended(s->dispatcher, run->slot, run->execution.model, s->now_ms,
                             load->observed[(size_t)run->execution.item * s->states +
                                            ams_stream_state(load->sets, done)]);
    }
}

static ams_status take_departures(sim_state *s)
{
    ams_stream_job job;
    ams_status status = AMS_OK;
    while (ams_dispatcher_left(s->dispatcher, s->now_ms, &job)) {
        AMS_TRY(ams_measures_left(&s->measures, &job, s->now_ms, s->err));
        ams_source_answered(&s->source, job.client, s->now_ms);
        if (s->o->record) {
            ams_sim_result *r = s->result;
            AMS_TRY(ams_grow(&r->job, &s->job_capacity, r->n_jobs + 1, sizeof *r->job, "jobs",
                             s->err));
            r->job[r->n_jobs++] = job;
        }
    }
out:
    return status;
}

static ams_status take_arrivals(sim_state *s)
{
    ams_status status = AMS_OK;
    while (ams_source_next(&s->source) <= s->now_ms) {
        ams_stream_job job;
        uint32_t slot = 0;
        ams_source_take(&s->source, &job);
        AMS_TRY(ams_dispatcher_arrive(s->dispatcher, &job, &slot, s->err));
    }
out:
    return status;
}

static ams_status run_events(sim_state *s)
{
    ams_status status = AMS_OK;
    while (true) {
        const double next = fmin(fmin(next_end(s), ams_source_next(&s->source)),
                                 ams_dispatcher_wake(s->dispatcher));
        if (isinf(next)) {
            return AMS_OK;
        }
        ams_measures_time(&s->measures, s->now_ms, next, ams_dispatcher_count(s->dispatcher));
        s->now_ms = next > s->now_ms ? next : s->now_ms;
        end_models(s);
        AMS_TRY(take_departures(s));
        AMS_TRY(take_arrivals(s));
        AMS_TRY(start_models(s));
        AMS_TRY(take_departures(s)); /* whom the new plan is done with */
    }
out:
    return status;
}

static ams_status open_simulation(sim_state *s, ams_error *err)
{
    const ams_sim_options *o = s->o;
    const ams_workload *w = o->workload;
    ams_status status = AMS_OK;
    if (!(o->noise_sd >= 0 && o->noise_sd <= 3) || !isfinite(o->charge_us)) {
        return ams_fail(err, AMS_USAGE,
                        "expected noise from 0 to 3 and a finite charge, found %g "
                        "and %g us",
                        o->noise_sd, o->charge_us);
    }
    s->states = ams_stream_states(w->sets, w->n_models);
    s->dispatch = o->dispatch;
    s->dispatch.n_models = w->n_models;
    s->dispatch.sets = w->sets;
    s->dispatch.time_ms = w->time_ms;
    s->dispatch.item_time_ms = w->item_time_ms;
    s->dispatch.unit = w->unit;
    s->dispatch.mem_mb = isfinite(o->dispatch.memory_mb) ? w->mem_mb : NULL;
    s->n_workers = o->dispatch.workers > 0 ? o->dispatch.workers : w->n_models;
    s->measures = (stream_measures){.workload = w,
                                    .mandatory = o->dispatch.mandatory,
                                    .workers = s->n_workers,
                                    .warmup = o->warmup};
    AMS_TRY(ams_dispatcher_create(&s->dispatcher, &s->dispatch, err));
    AMS_TRY(ams_source_open(&s->source, &o->source, w, err));
out:
    return status;
}

ams_status ams_simulate(ams_sim_result *result, const ams_sim_options *options, ams_error *err)
{
    sim_state s = {.o = options, .result = result, .err = err};
    ams_status status = AMS_OK;
    *result = (ams_sim_result){.n_jobs = 0};
    AMS_TRY(open_simulation(&s, err));
    AMS_TRY(run_events(&s));
    ams_measures_finish(&s.measures, s.now_ms, result);
    result->counts = ams_dispatcher_counts(s.dispatcher);
out:
    ams_measures_fini(&s.measures);
    ams_source_close(&s.source);
    ams_dispatcher_destroy(s.dispatcher);
    if (status != AMS_OK) {
        ams_sim_result_fini(result);
    }
    return status;
}

void ams_sim_result_fini(ams_sim_result *result)
{
    free(result->job);
    free(result->execution);
    *result = (ams_sim_result){.n_jobs = 0};
}
