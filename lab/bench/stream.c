/* Plans of streams of jobs, and jobs simulated, on one thread. */
#include "lab/bench/figures.h"
#include "lab/bench/measure.h"

#include "ams/stream_sim.h"
#include "base/memory.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

enum { JOBS = 30, STAGES = 6, OPTIONS = STAGES + 1, ITEMS = 4096, SIMULATED = 20000 };

/* 30 jobs with six stages each, none of which has begun; time for about half of the work. */
typedef struct bench_plan {
    ams_planner *planner;
    ams_plan_job job[JOBS];
    ams_plan_option option[JOBS][OPTIONS];
    uint32_t choice[JOBS];
    uint64_t value;
    double t0_ms; /* moves, so that no row is kept */
} bench_plan;

/* Recorded items of one stage less. */
typedef struct bench_jobs {
    ams_workload workload;
    float time_ms[STAGES];
    float *utility; /* (ITEMS, STAGES + 1) */
    ams_sim_options options;
} bench_jobs;

static void draw_plan(bench_plan *p, double delta)
{
    ams_rng rng = ams_rng_init(1, AMS_STREAM_TEST);
    double deadline = 0;
    for (uint32_t i = 0; i < JOBS; i++) {
        float ms = 0;
        double u = 0;
        deadline += 0.5 + 3 * ams_rng_unit(&rng);
        p->job[i] = (ams_plan_job){
            .deadline_ms = deadline, .option = p->option[i], .n = OPTIONS, .key = i};
        for (uint32_t l = 0; l < OPTIONS; l++) {
            p->option[i][l] =
                (ams_plan_option){.mask = (UINT64_C(1) << l) - 1,
                                  .reward = (uint32_t)floor((l == STAGES ? 1 : u) / delta)};
            p->option[i][l].time_ms[0] = ms;
            ms += 0.2F + (float)ams_rng_unit(&rng);
            u += (1 - u) * ams_rng_unit(&rng);
        }
    }
}

static ams_status plan_once(void *context, ams_error *err)
{
    bench_plan *p = context;
    p->t0_ms = p->t0_ms > 0 ? 0 : 1e-3;
    return ams_plan_depths(p->planner, p->job, JOBS, p->t0_ms, p->t0_ms, p->choice, &p->value,
                           err);
}

/* `jobs` levels per job: every option of every job is an addition and a minimum per level of
 * the jobs before. */
static ams_status measure_plan(ams_bench *bench, const char *variant, double delta,
                               ams_error *err)
{
    const ams_bench_row row = {
        .figure = "stream", .variant = variant, .unit = "plans/s", .batch = 1, .threads = 1};
    bench_plan *p = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&p, 1, sizeof *p, "a plan", err));
    AMS_TRY(ams_planner_create(&p->planner, 64, err));
    draw_plan(p, delta);
    AMS_TRY(ams_bench_measure(bench, row, 1, plan_once, p, err));
    ams_bench_bound(bench, OPTIONS * 2.0 * JOBS * (JOBS - 1) / 2 / delta, 0, 0);
out:
    if (p != NULL) {
        ams_planner_destroy(p->planner);
    }
    free(p);
    return status;
}

static ams_status simulate_once(void *context, ams_error *err)
{
    bench_jobs *b = context;
    ams_sim_result result;
    const ams_status status = ams_simulate(&result, &b->options, err);
    ams_sim_result_fini(&result);
    return status;
}

static ams_status measure_jobs(ams_bench *bench, ams_error *err)
{
    const ams_bench_row row = {
        .figure = "stream", .variant = "edf", .unit = "jobs/s", .batch = 1, .threads = 1};
    const size_t states = STAGES + 1;
    bench_jobs b = {
        .options = {.dispatch = ams_dispatch_defaults(), .source = ams_source_defaults()}};
    ams_rng rng = ams_rng_init(2, AMS_STREAM_TEST);
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&b.utility, states * ITEMS, sizeof(float), "items", err));
    for (size_t k = 0; k < states * ITEMS; k++) {
        b.utility[k] = k % states == 0 ? 0 : (float)ams_rng_unit(&rng);
    }
    for (uint32_t m = 0; m < STAGES; m++) {
        b.time_ms[m] = 1;
    }
    b.workload = (ams_workload){.n_items = ITEMS,
                                .n_models = STAGES,
                                .time_ms = b.time_ms,
                                .observed = b.utility,
                                .utility = b.utility,
                                .score = b.utility};
    b.options.workload = &b.workload;
    b.options.source.jobs = SIMULATED;
    b.options.source.deadline_low_ms = 1.2;
    b.options.source.deadline_high_ms = 2 * STAGES;
    AMS_TRY(ams_bench_measure(bench, row, SIMULATED, simulate_once, &b, err));
    ams_bench_bound(bench, 2.0 * STAGES, 0, 0); /* every start: an end and a comparison */
out:
    free(b.utility);
    return status;
}

ams_status ams_bench_stream(ams_bench *bench, ams_error *err)
{
    ams_status status = AMS_OK;
    if ((bench->options.what & AMS_BENCH_STREAM) == 0) {
        return AMS_OK;
    }
    AMS_TRY(measure_plan(bench, "step-0.1", 0.1, err));
    AMS_TRY(measure_plan(bench, "step-0.01", 0.01, err));
    AMS_TRY(measure_jobs(bench, err));
out:
    return status;
}
