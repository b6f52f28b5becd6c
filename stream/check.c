/* The check that no schedule of a stream escapes. It reads jobs and executions alone. */
#include "ams/stream_sim.h"

#include "base/memory.h"
#include "stream/noise.h"

#include <math.h>
#include <stdlib.h>

/* Sums in another order than the simulation's. */
static const double SAME = 1e-9;

/* What is known of a job while its executions are read in order. */
typedef struct check_job {
    const ams_stream_job *job;
    uint64_t started, in_time, ended;
    double free_ms; /* when its last execution ends */
} check_job;

typedef struct stream_check {
    const ams_sim_result *r;
    const ams_sim_options *o;
    check_job *job; /* (n_jobs) by id */
    uint32_t workers;
    double free_ms[AMS_STREAM_WORKERS];
    uint32_t model[AMS_STREAM_WORKERS];
    ams_error *err;
} stream_check;

static ams_status list_jobs(stream_check *c)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&c->job, c->r->n_jobs, sizeof *c->job, "a check", c->err));
    for (uint64_t k = 0; k < c->r->n_jobs; k++) {
        const ams_stream_job *job = &c->r->job[k];
        if (job->id >= c->r->n_jobs || c->job[job->id].job != NULL) {
            status = ams_fail(c->err, AMS_BAD_DATA,
                              "job %llu left twice, or a job of a lower number never did",
                              (unsigned long long)job->id);
            goto out;
        }
        c->job[job->id].job = job;
    }
out:
    return status;
}

static ams_status breach(const stream_check *c, const ams_stream_execution *e, const char *what)
{
    return ams_fail(c->err, AMS_BAD_DATA, "job %llu, model %u, from %.9g to %.9g %s: %s",
                    (unsigned long long)e->job, e->model, e->start_ms, e->end_ms,
                    ams_stream_unit(c->o->workload->unit), what);
}

static ams_status check_worker(stream_check *c, const ams_stream_execution *e)
{
    const ams_workload *w = c->o->workload;
    double used = 0;
    if (e->worker >= c->workers || (c->o->dispatch.workers == 0 && e->worker != e->model)) {
        return breach(c, e, "there is no such worker for it");
    }
    if (e->start_ms < c->free_ms[e->worker]) {
        return breach(c, e, "its worker still runs another model");
    }
    c->free_ms[e->worker] = e->end_ms;
    c->model[e->worker] = e->model;
    for (uint32_t k = 0; w->mem_mb != NULL && k < c->workers; k++) {
        used += c->free_ms[k] > e->start_ms ? (double)w->mem_mb[c->model[k]] : 0;
    }
    if (used > c->o->dispatch.memory_mb * (1 + SAME)) {
        return breach(c, e, "more memory is in use than there is");
    }
    return AMS_OK;
}

/* Dispatcher and check count what is expected to be late by the time of the decision. */
static ams_status check_times(const stream_check *c, const ams_stream_execution *e,
                              const check_job *j)
{
    const double expected = ams_stream_expected_ms(c->o->workload, e->item, e->model);
    const double takes = ams_stream_run_ms(c->o, e->job, e->item, e->model);
    const bool needed = (uint32_t)__builtin_popcountll(j->started) < c->o->dispatch.mandatory;
    if (e->decided_ms < j->job->arrival_ms || e->start_ms < e->decided_ms) {
        return breach(c, e, "it starts before its job arrives, or before it is decided");
    }
    if (fabs(e->end_ms - e->start_ms - takes) > SAME * (1 + fabs(e->end_ms))) {
        return breach(c, e, "it takes another time than it should");
    }
    if (e->decided_ms + expected > j->job->deadline_ms &&
        !(needed && c->o->dispatch.late == AMS_STREAM_RUN)) {
        return breach(c, e, "it was expected to end after the deadline");
    }
    return AMS_OK;
}

static ams_status check_execution(stream_check *c, const ams_stream_execution *e)
{
    const ams_workload *w = c->o->workload;
    if (e->job >= c->r->n_jobs || e->model >= w->n_models) {
        return breach(c, e, "there is no such job or model");
    }
    check_job *j = &c->job[e->job];
    const uint64_t bit = UINT64_C(1) << e->model;
    ams_status status = AMS_OK;
    if ((j->started & bit) != 0 || e->item != j->job->item) {
        return breach(c, e, "it runs twice, or on another item");
    }
    if (!w->sets && (j->started != bit - 1 || e->decided_ms < j->free_ms)) {
        return breach(c, e, "a stage before it has not ended");
    }
    AMS_TRY(check_times(c, e, j));
    AMS_TRY(check_worker(c, e));
    j->started |= bit;
    j->free_ms = fmax(j->free_ms, e->end_ms);
    j->in_time |= e->end_ms <= j->job->deadline_ms ? bit : 0;
out:
    return status;
}

ams_status ams_stream_check(const ams_sim_result *result, const ams_sim_options *options,
                            ams_error *err)
{
    stream_check c = {.r = result,
                      .o = options,
                      .workers = options->dispatch.workers > 0 ? options->dispatch.workers
                                                               : options->workload->n_models,
                      .err = err};
    ams_status status = AMS_OK;
    AMS_TRY(list_jobs(&c));
    for (uint64_t k = 0; k < result->n_executions; k++) {
        AMS_TRY(check_execution(&c, &result->execution[k]));
    }
    for (uint64_t k = 0; k < result->n_jobs; k++) {
        const check_job *j = &c.job[k];
        if (j->job->in_time != j->in_time || j->job->done != j->started ||
            j->job->running != 0) {
            status =
                ams_fail(err, AMS_BAD_DATA,
                         "job %llu: its answer is of the models %llx, but those that ended in "
                         "time are %llx",
                         (unsigned long long)k, (unsigned long long)j->job->in_time,
                         (unsigned long long)j->in_time);
            goto out;
        }
    }
out:
    free(c.job);
    return status;
}
