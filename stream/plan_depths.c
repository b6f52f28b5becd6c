/* The dynamic program over depths: P[i][r] is the earliest end of the first i jobs with exactly
 * the reward r. Yao et al. (RTCSA 2020); docs/streams.md. */
#include "stream/planner.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

ams_status ams_planner_create(ams_planner **planner, uint32_t cell, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(planner, 1, sizeof **planner, "a planner", err));
    (*planner)->cell = cell;
    (*planner)->t0_ms = NAN;
out:
    return status;
}

void ams_planner_destroy(ams_planner *planner)
{
    if (planner == NULL) {
        return;
    }
    free(planner->time);
    free(planner->start);
    free(planner->key);
    free(planner->node);
    free(planner->candidate);
    free(planner->head);
    free(planner);
}

void ams_planner_counts(const ams_planner *planner, uint64_t *rows, uint64_t *dropped)
{
    *rows = planner->rows;
    *dropped = planner->dropped;
}

static uint32_t largest_reward(const ams_plan_job *job)
{
    uint32_t largest = 0;
    for (uint32_t k = 0; k < job->n; k++) {
        largest = job->option[k].reward > largest ? job->option[k].reward : largest;
    }
    return largest;
}

static void take_earlier(float *restrict to, const float *restrict from, float add, size_t n)
{
    for (size_t r = 0; r < n; r++) {
        float end = from[r] + add;
        to[r] = end < to[r] ? end : to[r];
    }
}

/* The same of starts by latest_ms. */
static void take_started(float *restrict to, const float *restrict from, float add,
                         float latest_ms, size_t n)
{
    for (size_t r = 0; r < n; r++) {
        float end = from[r] <= latest_ms ? from[r] + add : INFINITY;
        to[r] = end < to[r] ? end : to[r];
    }
}

/* A job's times, after t0_ms. */
typedef struct row_limits {
    float end_ms;   /* by then what is added ends, */
    float chain_ms; /* and a chain that starts when the machine is free for it */
} row_limits;

static row_limits limits_of(const ams_plan_job *job, double t0_ms, double first_ms)
{
    return (row_limits){ams_planner_limit(job->deadline_ms - t0_ms),
                        ams_planner_limit(job->deadline_ms - first_ms)};
}

/* One job more: `before` (n_before levels) gives `row` (n levels). What adds no time has no
 * deadline to keep, so it comes after the cut. */
static void compute_row(const float *before, size_t n_before, float *row, size_t n,
                        const ams_plan_job *job, row_limits limit)
{
    for (size_t r = 0; r < n; r++) {
        row[r] = INFINITY;
    }
    for (uint32_t k = 0; k < job->n; k++) {
        const ams_plan_option *o = &job->option[k];
        if (!(o->time_ms[0] > 0 && o->time_ms[0] <= limit.end_ms)) {
            continue;
        }
        if (o->chain_ms > 0) {
            take_started(row + o->reward, before, o->time_ms[0], limit.chain_ms - o->chain_ms,
                         n_before);
        } else {
            take_earlier(row + o->reward, before, o->time_ms[0], n_before);
        }
    }
    for (size_t r = 0; r < n; r++) {
        row[r] = row[r] <= limit.end_ms ? row[r] : INFINITY;
    }
    for (uint32_t k = 0; k < job->n; k++) {
        const ams_plan_option *o = &job->option[k];
        if (!(o->time_ms[0] > 0)) {
            take_earlier(row + o->reward, before, 0, n_before);
        }
    }
}

/* Which option led to level r of the row; *r becomes the level before. */
static uint32_t step_back(const float *before, size_t n_before, const float *row, size_t *r,
                          const ams_plan_job *job, row_limits limit)
{
    for (uint32_t k = 0; k < job->n; k++) {
        const ams_plan_option *o = &job->option[k];
        const size_t left = *r - o->reward;
        const bool chained = o->time_ms[0] > 0 && o->chain_ms > 0;
        if (o->reward <= *r && left < n_before && before[left] + o->time_ms[0] == row[*r] &&
            !(chained && before[left] > limit.chain_ms - o->chain_ms)) {
            *r = left;
            return k;
        }
    }
    return 0; /* never: a finite row came from some option */
}

static uint32_t rows_that_hold(const ams_planner *p, const ams_plan_job *job, uint32_t n,
                               double t0_ms, double first_ms)
{
    uint32_t kept = 0;
    if (t0_ms == p->t0_ms && first_ms == p->first_ms) {
        while (kept < p->kept && kept < n && p->key[kept] == job[kept].key) {
            kept++;
        }
    }
    return kept;
}

static ams_status make_room(ams_planner *p, const ams_plan_job *job, uint32_t n, uint32_t first,
                            ams_error *err)
{
    ams_status status = AMS_OK;
    p->kept = 0; /* until the rows are there again */
    AMS_TRY(ams_grow(&p->start, &p->start_capacity, n + 2, sizeof *p->start, "rows", err));
    AMS_TRY(ams_grow(&p->key, &p->key_capacity, n + 1, sizeof *p->key, "rows", err));
    if (first == 0) {
        p->start[0] = 0;
        p->start[1] = 1;
    }
    for (uint32_t i = first; i < n; i++) {
        p->start[i + 2] =
            p->start[i + 1] + (p->start[i + 1] - p->start[i]) + largest_reward(&job[i]);
        p->key[i] = job[i].key;
    }
    AMS_TRY(
        ams_grow(&p->time, &p->time_capacity, p->start[n + 1], sizeof *p->time, "a plan", err));
    p->time[0] = 0;
out:
    return status;
}

ams_status ams_plan_depths(ams_planner *p, const ams_plan_job *job, uint32_t n, double t0_ms,
                           double first_ms, uint32_t *choice, uint64_t *value, ams_error *err)
{
    const uint32_t first = rows_that_hold(p, job, n, t0_ms, first_ms);
    ams_status status = AMS_OK;
    AMS_TRY(make_room(p, job, n, first, err));
    for (uint32_t i = first; i < n; i++) {
        compute_row(p->time + p->start[i], p->start[i + 1] - p->start[i],
                    p->time + p->start[i + 1], p->start[i + 2] - p->start[i + 1], &job[i],
                    limits_of(&job[i], t0_ms, first_ms));
    }
    p->rows += n - first;
    p->kept = n;
    p->t0_ms = t0_ms;
    p->first_ms = first_ms;
    size_t r = p->start[n + 1] - p->start[n] - 1;
    while (r > 0 && isinf(p->time[p->start[n] + r])) {
        r--;
    }
    *value = r;
    for (uint32_t i = n; i-- > 0;) {
        choice[i] = step_back(p->time + p->start[i], p->start[i + 1] - p->start[i],
                              p->time + p->start[i + 1], &r, &job[i],
                              limits_of(&job[i], t0_ms, first_ms));
    }
out:
    return status;
}
