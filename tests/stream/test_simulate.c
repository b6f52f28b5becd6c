/* Simulations of streams: every scheduler under the independent check, queueing theory, and
 * schedules worked out by hand. */
#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/stream/fixture.h"

#include <math.h>
#include <string.h>

static fixture data;

static ams_sim_result simulate(const ams_sim_options *o)
{
    ams_sim_result r;
    ams_error err = {.text = ""};
    ck_assert_msg(ams_simulate(&r, o, &err) == AMS_OK, "%s", err.text);
    ck_assert_msg(ams_stream_check(&r, o, &err) == AMS_OK, "%s: %s", o->dispatch.kind->name,
                  err.text);
    return r;
}

static ams_fitted *fit(const char *name)
{
    ams_fitted *f = NULL;
    ck_assert_int_eq(ams_fitted_create(&f, name, &data.workload, &data.workload, 0, NULL),
                     AMS_OK);
    return f;
}

/* Random settings of everything that a schedule depends on. */
static void draw_settings(ams_sim_options *o, ams_rng *rng)
{
    o->source.arrivals = (ams_arrivals)ams_rng_below(rng, 4);
    o->source.clients = 1 + ams_rng_below(rng, 12);
    o->source.rate = 0.05 + 0.3 * ams_rng_unit(rng);
    o->source.think_ms = ams_rng_below(rng, 2) * 5;
    o->source.on_answer = ams_rng_below(rng, 2);
    o->source.seed = ams_rng_next(rng);
    o->source.state_ms = 100;
    o->noise = (ams_noise)ams_rng_below(rng, 3);
    o->noise_sd = 0.3;
    o->charge_us = ams_rng_below(rng, 2) * 30;
    o->dispatch.late = (ams_stream_late)ams_rng_below(rng, 2);
    o->dispatch.mandatory = 1 + ams_rng_below(rng, 2);
    o->dispatch.early_answer = ams_rng_below(rng, 2);
    o->dispatch.ageing = ams_rng_below(rng, 2);
    o->dispatch.window = ams_rng_below(rng, 2) ? 4 : 64;
    o->dispatch.cell = 4;
    o->dispatch.memory_mb = ams_rng_below(rng, 2) ? (double)INFINITY : 500;
}

START_TEST(no_schedule_escapes_the_check)
{
    ams_rng rng = ams_rng_init(6, AMS_STREAM_TEST);
    for (int sets = 0; sets < 2; sets++) {
        fixture_init(&data, sets, FIXTURE_MODELS - (uint32_t)sets);
        ams_fitted *f = fit("mean");
        for (int round = 0; round < 8; round++) {
            for (uint32_t k = 0; k < ams_n_stream_kinds; k++) {
                ams_sim_options o = fixture_options(&data, ams_stream_kinds[k].name);
                draw_settings(&o, &rng);
                o.source.jobs = 120;
                o.dispatch.predictor = ams_fitted_predictor(f);
                o.dispatch.workers = 1 + ams_rng_below(&rng, 3);
                if (sets && o.dispatch.kind->target != AMS_TARGET_DEPTHS) {
                    o.dispatch.workers = ams_rng_below(&rng, 3);
                } else if (sets) {
                    continue;
                }
                if (round % 2 == 1 && !sets) { /* items have times of their own */
                    data.workload.item_time_ms = data.run_time_ms;
                    o.dispatch.memory_mb = INFINITY;
                }
                ams_sim_result r = simulate(&o);
                data.workload.item_time_ms = NULL;
                ck_assert_uint_eq(r.n_jobs, o.source.jobs);
                ams_sim_result_fini(&r);
            }
        }
        ams_fitted_destroy(f);
    }
}
END_TEST

START_TEST(the_same_seed_gives_the_same_bits)
{
    fixture_init(&data, false, FIXTURE_MODELS);
    ams_fitted *f = fit("mean");
    ams_sim_options o = fixture_options(&data, "dp");
    o.dispatch.predictor = ams_fitted_predictor(f);
    o.noise = AMS_NOISE_LOGNORMAL;
    o.noise_sd = 0.1;
    ams_sim_result a = simulate(&o);
    ams_sim_result b = simulate(&o);
    ck_assert_uint_eq(a.n_executions, b.n_executions);
    for (uint64_t k = 0; k < a.n_executions; k++) {
        ck_assert(a.execution[k].job == b.execution[k].job &&
                  a.execution[k].end_ms == b.execution[k].end_ms);
    }
    ck_assert(a.score == b.score && a.queue == b.queue);
    o.source.seed++;
    ams_sim_result c = simulate(&o);
    ck_assert(a.score != c.score);
    ams_sim_result_fini(&a);
    ams_sim_result_fini(&b);
    ams_sim_result_fini(&c);
    ams_fitted_destroy(f);
}
END_TEST

/* Pollaczek and Khinchine: a queue with Poisson arrivals and constant service times s waits
 * rho s / (2 (1 - rho)) on average; W workers with one arrival each at most never wait. */
START_TEST(first_come_first_served_waits_as_queueing_theory_says)
{
    fixture_init(&data, false, 1);
    ams_sim_options o = fixture_options(&data, "fifo");
    o.source.arrivals = AMS_ARRIVE_POISSON;
    o.source.rate = 0.7; /* per ms; a job takes 1 ms */
    o.source.jobs = 200000;
    o.source.deadline_low_ms = o.source.deadline_high_ms = 1e6;
    o.record = false;
    ams_sim_result r;
    ck_assert_int_eq(ams_simulate(&r, &o, NULL), AMS_OK);
    ck_assert_double_eq_tol(r.response_mean_ms, 1 + 0.7 / (2 * 0.3), 0.03);
    ck_assert_double_eq_tol(r.queue, 0.7 * r.response_mean_ms, 1e-3); /* Little */
    ck_assert_double_eq_tol(r.load, 0.7, 0.01);
    ck_assert_double_eq(r.missed, 0);
    ams_sim_result_fini(&r);
}
END_TEST

START_TEST(arrivals_have_the_rate_that_is_asked_for)
{
    const ams_arrivals kinds[] = {AMS_ARRIVE_POISSON, AMS_ARRIVE_ON_OFF, AMS_ARRIVE_DAY};
    fixture_init(&data, false, 1);
    for (int k = 0; k < 3; k++) {
        ams_sim_options o = fixture_options(&data, "edf-full");
        o.source.arrivals = kinds[k];
        o.source.rate = 0.1;
        o.source.state_ms = 50;
        o.source.day_ms = 1000;
        o.source.jobs = 20000;
        o.source.deadline_low_ms = o.source.deadline_high_ms = 3;
        ams_sim_result r = simulate(&o);
        ck_assert_double_eq_tol((double)r.n_jobs / r.end_ms, 0.1, 0.003);
        /* Variance over mean of the counts in 50 ms: 1 for Poisson, more for the others. */
        double sum = 0;
        double squares = 0;
        const uint32_t bins = (uint32_t)(r.end_ms / 50);
        uint32_t *count = calloc(bins + 1, sizeof *count);
        for (uint64_t j = 0; j < r.n_jobs; j++) {
            count[(uint32_t)(r.job[j].arrival_ms / 50)]++;
        }
        for (uint32_t b = 0; b < bins; b++) {
            sum += count[b];
            squares += (double)count[b] * count[b];
        }
        const double mean = sum / bins;
        const double spread = (squares / bins - mean * mean) / mean;
        ck_assert(k == 0 ? fabs(spread - 1) < 0.15 : spread > 1.5);
        free(count);
        ams_sim_result_fini(&r);
    }
}
END_TEST

static ams_sim_result replay(ams_sim_options *o, const ams_stream_trace *trace)
{
    o->source.arrivals = AMS_ARRIVE_TRACE;
    o->source.trace = trace;
    return simulate(o);
}

START_TEST(schedules_worked_out_by_hand)
{
    /* Stages of 1, 2, 3 ms. Job 0 at 0 ms wants its answer by 6, job 1 at 0.5 ms by 3.5. */
    double arrival[] = {0, 0.5};
    double deadline[] = {6, 3.5};
    uint32_t item[] = {0, 1};
    uint32_t client[] = {0, 1};
    const ams_stream_trace trace = {
        .n = 2, .arrival_ms = arrival, .deadline_ms = deadline, .item = item, .client = client};
    const struct {
        const char *kind;
        uint32_t n, job[6], model[6];
        double end[6];
    } cases[] = {
        /* 0 runs its stage out; then 1 is first: 1 to 2, and stage 2 would end at 4 > 3.5; so 0
         * again, until 4, and stage 3 would end at 7. */
        {"edf-full", 3, {0, 1, 0}, {0, 0, 1}, {1, 2, 4}},
        {"fifo", 3, {0, 0, 1}, {0, 1, 0}, {1, 3, 0}}, /* 3 + 1 > 3.5: 1 is never started */
        {"edf-mandatory", 2, {0, 1}, {0, 0}, {1, 2}},
        {"rr", 3, {0, 1, 0}, {0, 0, 1}, {1, 2, 4}},
    };
    fixture_init(&data, false, 3);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        ams_sim_options o = fixture_options(&data, cases[k].kind);
        ams_sim_result r = replay(&o, &trace);
        const uint32_t n = k == 1 ? 3 : cases[k].n;
        if (k == 1) { /* 0: stages 1, 2, 3 until 6, as its deadline allows */
            ck_assert_uint_eq(r.n_executions, 3);
            ck_assert_uint_eq(r.execution[2].job, 0);
            ck_assert_double_eq(r.execution[2].end_ms, 6);
            ck_assert_double_eq(r.missed, 0.5);
        } else {
            ck_assert_uint_eq(r.n_executions, n);
            for (uint32_t e = 0; e < n; e++) {
                ck_assert_uint_eq(r.execution[e].job, cases[k].job[e]);
                ck_assert_uint_eq(r.execution[e].model, cases[k].model[e]);
                ck_assert_double_eq(r.execution[e].end_ms, cases[k].end[e]);
            }
        }
        ams_sim_result_fini(&r);
    }
}
END_TEST

/* Stages of 1 and 2 ms on average. Of item 0 the second takes 4 ms, of item 1 half a ms. Job 0
 * wants its answer by 4.5: stage 2 seems to fit until stage 1 has ended. Job 1 comes at 10 and
 * has until 11.5: there it seems not to. */
START_TEST(times_of_an_items_own_stages_are_known_when_they_are_next)
{
    static const float own[] = {1, 4, 1, 0.5F};
    double arrival[] = {0, 10};
    double deadline[] = {4.5, 11.5};
    uint32_t item[] = {0, 1};
    const ams_stream_trace trace = {
        .n = 2, .arrival_ms = arrival, .deadline_ms = deadline, .item = item, .client = item};
    static const double ends[] = {1, 11, 11.5}; /* of job 0, 1 and 1 */
    fixture_init(&data, false, 2);
    data.workload.n_items = 2;
    data.workload.item_time_ms = own;
    ams_fitted *f = fit("prior");
    static const char *const kinds[] = {"edf-full", "dp", "hedged", "density"};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        ams_sim_options o = fixture_options(&data, kinds[k]);
        o.dispatch.predictor = ams_fitted_predictor(f);
        o.dispatch.parameter = 0;
        ams_sim_result r = replay(&o, &trace);
        ck_assert_uint_eq(r.n_executions, 3);
        for (uint32_t e = 0; e < 3; e++) {
            ck_assert_uint_eq(r.execution[e].job, e > 0);
            ck_assert_double_eq(r.execution[e].end_ms, ends[e]);
        }
        ams_sim_result_fini(&r);
        o.dispatch.memory_mb = 1000;
        ck_assert_int_eq(ams_simulate(&r, &o, NULL), AMS_USAGE);
    }
    ams_fitted_destroy(f);
}
END_TEST

START_TEST(late_answers_count_apart)
{
    double arrival[] = {0, 0};
    double deadline[] = {1, 1.5};
    uint32_t item[] = {0, 1};
    uint32_t client[] = {0, 0};
    const ams_stream_trace trace = {
        .n = 2, .arrival_ms = arrival, .deadline_ms = deadline, .item = item, .client = client};
    fixture_init(&data, false, 2);
    ams_sim_options o = fixture_options(&data, "edf-mandatory");
    ams_sim_result r = replay(&o, &trace);
    ck_assert_double_eq(r.missed, 0.5); /* 1 ms is exactly in time, and counts */
    ck_assert_double_eq(r.late, 0);
    ams_sim_result_fini(&r);
    o.dispatch.late = AMS_STREAM_RUN;
    r = replay(&o, &trace);
    ck_assert_double_eq(r.missed, 0.5);
    ck_assert_double_eq(r.late, 0.5);
    ck_assert_double_eq(r.end_ms, 2);
    ck_assert_double_eq(r.score_any, (data.score[1] + data.score[3 + 1]) / 2);
    ams_sim_result_fini(&r);
}
END_TEST

START_TEST(both_programs_make_the_same_schedule_of_stages)
{
    fixture_init(&data, false, FIXTURE_MODELS);
    ams_fitted *f = fit("mean");
    ams_sim_options o = fixture_options(&data, "dp");
    o.dispatch.predictor = ams_fitted_predictor(f);
    ams_sim_result a = simulate(&o);
    o.dispatch.kind = ams_stream_kind_named("subset-dp");
    ams_sim_result b = simulate(&o);
    ck_assert_uint_eq(a.n_executions, b.n_executions);
    for (uint64_t k = 0; k < a.n_executions; k++) {
        ck_assert_uint_eq(a.execution[k].job, b.execution[k].job);
        ck_assert_double_eq(a.execution[k].start_ms, b.execution[k].start_ms);
    }
    ck_assert_uint_gt(a.counts.plans, 100);
    ams_sim_result_fini(&a);
    ams_sim_result_fini(&b);
    ams_fitted_destroy(f);
}
END_TEST

START_TEST(the_check_finds_what_is_wrong)
{
    fixture_init(&data, false, FIXTURE_MODELS);
    ams_sim_options o = fixture_options(&data, "edf-full");
    ams_sim_result r = simulate(&o);
    ams_stream_execution *e = &r.execution[50];
    const ams_stream_execution was = *e;
    ams_error err;
    e->end_ms += 0.5;
    ck_assert_int_eq(ams_stream_check(&r, &o, &err), AMS_BAD_DATA); /* takes too long */
    ck_assert_ptr_nonnull(strstr(err.text, " ms: it takes another time"));
    data.workload.unit = "usd";
    ck_assert_int_eq(ams_stream_check(&r, &o, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, " usd: it takes another time"));
    *e = was;
    e->model = (e->model + 1) % FIXTURE_MODELS;
    ck_assert_int_eq(ams_stream_check(&r, &o, &err), AMS_BAD_DATA); /* another stage */
    *e = was;
    e->start_ms -= 0.25;
    e->end_ms -= 0.25;
    e->decided_ms -= 0.25;
    ck_assert_int_eq(ams_stream_check(&r, &o, &err), AMS_BAD_DATA); /* its worker is busy */
    *e = was;
    r.job[30].in_time ^= 1;
    ck_assert_int_eq(ams_stream_check(&r, &o, &err), AMS_BAD_DATA); /* another answer */
    r.job[30].in_time ^= 1;
    r.job[30].id = r.job[31].id;
    ck_assert_int_eq(ams_stream_check(&r, &o, &err), AMS_BAD_DATA); /* left twice */
    ck_assert_ptr_nonnull(strstr(err.text, "twice"));
    ams_sim_result_fini(&r);
}
END_TEST

/* Times may be any cost: messages name the unit of the workload. */
START_TEST(messages_name_the_unit)
{
    ams_sim_result r;
    ams_error err;
    fixture_init(&data, false, FIXTURE_MODELS);
    data.workload.unit = "usd";
    ams_sim_options o = fixture_options(&data, "edf-full");
    o.source.deadline_low_ms = 7;
    o.source.deadline_high_ms = 5;
    ck_assert_int_eq(ams_simulate(&r, &o, &err), AMS_USAGE);
    ck_assert_str_eq(err.text, "expected deadlines above 0, found 7 to 5 usd");
    o = fixture_options(&data, "edf-full");
    o.source.arrivals = AMS_ARRIVE_ON_OFF;
    o.source.rate = 1e-9;
    ck_assert_int_eq(ams_simulate(&r, &o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(
        strstr(err.text, "last 2000 usd, and a request comes every 1e+09 usd"));
    o = fixture_options(&data, "edf-full");
    o.source.arrivals = AMS_ARRIVE_POISSON;
    o.source.rate = 1e-300; /* no deadline can be told from such a time of day */
    ck_assert_int_eq(ams_simulate(&r, &o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "one every 1e+300 usd"));
    o = fixture_options(&data, "edf-full");
    o.source.think_ms = 1e300;
    ck_assert_int_eq(ams_simulate(&r, &o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "tells no such deadline"));
    double arrival[] = {5};
    double deadline[] = {4};
    uint32_t zero[] = {0};
    ams_stream_trace trace = {
        .n = 1, .arrival_ms = arrival, .deadline_ms = deadline, .item = zero, .client = zero};
    o.source.arrivals = AMS_ARRIVE_TRACE;
    o.source.trace = &trace;
    ck_assert_int_eq(ams_simulate(&r, &o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "arrives at 5 usd"));
}
END_TEST

START_TEST(memory_limits_what_runs_side_by_side)
{
    fixture_init(&data, true, 3); /* 100, 200, 300 MB */
    ams_sim_options o = fixture_options(&data, "edf-full");
    o.dispatch.workers = 3;
    o.source.clients = 3;
    ams_sim_result wide = simulate(&o);
    o.dispatch.memory_mb = 300;
    ams_sim_result narrow = simulate(&o); /* the check adds up what runs */
    ck_assert_double_gt(narrow.response_mean_ms, wide.response_mean_ms);
    ck_assert_double_lt(narrow.load, wide.load);
    ams_sim_result_fini(&wide);
    ams_sim_result_fini(&narrow);
}
END_TEST

/* Each model has its own worker: what others still need on one is no reason to leave another
 * idle. Job 0 and 1 need model 0 (1 ms) in turn; model 1 (4 ms) can run for job 0 at once. */
START_TEST(a_worker_of_its_own_does_not_wait_for_others)
{
    double arrival[] = {0, 0};
    double deadline[] = {6, 2};
    uint32_t both[] = {0, 1};
    const ams_stream_trace trace = {
        .n = 2, .arrival_ms = arrival, .deadline_ms = deadline, .item = both, .client = both};
    const char *const kinds[] = {"density", "subset-hedged"};
    fixture_init(&data, true, 2);
    data.time_ms[1] = 4;
    ams_fitted *f = fit("mean");
    for (int k = 0; k < 2; k++) {
        ams_sim_options o = fixture_options(&data, kinds[k]);
        o.dispatch.workers = 0;
        o.dispatch.parameter = 0.4;
        o.dispatch.predictor = ams_fitted_predictor(f);
        ams_sim_result r = replay(&o, &trace);
        double began = INFINITY;
        for (uint64_t e = 0; e < r.n_executions; e++) {
            began = r.execution[e].model == 1 ? fmin(began, r.execution[e].start_ms) : began;
        }
        ck_assert_double_eq(began, 0);
        ck_assert_double_eq(r.missed, 0);
        ams_sim_result_fini(&r);
    }
    ams_fitted_destroy(f);
}
END_TEST

/* A price on time leaves the worker idle. Clients that send when their last job is due are
 * expected: while none of them is about to, the time goes to what the price forbade. The same
 * requests from clients that nobody knows leave it idle. */
START_TEST(time_that_nobody_is_about_to_need_is_used)
{
    enum { JOBS = 2000 };
    static double arrival[JOBS];
    static double deadline[JOBS];
    static uint32_t item[JOBS];
    static uint32_t client[JOBS];
    fixture_init(&data, false, FIXTURE_MODELS);
    ams_fitted *f = fit("mean");
    ams_sim_options o = fixture_options(&data, "hedged");
    o.dispatch.predictor = ams_fitted_predictor(f);
    o.dispatch.parameter = 0.3;
    o.source.clients = 2;
    o.source.jobs = JOBS;
    ams_sim_result known = simulate(&o);
    for (uint64_t k = 0; k < JOBS; k++) {
        const ams_stream_job *job = &known.job[k];
        arrival[job->id] = job->arrival_ms;
        deadline[job->id] = job->deadline_ms;
        item[job->id] = job->item;
        client[job->id] = (uint32_t)job->id;
    }
    const ams_stream_trace trace = {.n = JOBS,
                                    .arrival_ms = arrival,
                                    .deadline_ms = deadline,
                                    .item = item,
                                    .client = client};
    ams_sim_result unknown = replay(&o, &trace);
    ck_assert_double_gt(known.load, unknown.load + 0.05);
    ck_assert_double_gt(known.score, unknown.score);
    ck_assert_double_le(known.missed, unknown.missed + 0.01);
    ams_sim_result_fini(&known);
    ams_sim_result_fini(&unknown);
    ams_fitted_destroy(f);
}
END_TEST

START_TEST(scheduler_time_is_charged_to_the_clock)
{
    fixture_init(&data, false, 2);
    ams_sim_options o = fixture_options(&data, "edf-full");
    o.source.clients = 1;
    o.source.deadline_low_ms = o.source.deadline_high_ms = 10;
    ams_sim_result r = simulate(&o);
    ck_assert_double_eq_tol(r.response_mean_ms, 3, 1e-9);
    ams_sim_result_fini(&r);
    o.charge_us = 100;
    r = simulate(&o); /* one decision before each of the two stages */
    ck_assert_double_eq_tol(r.response_mean_ms, 3.2, 1e-9);
    ams_sim_result_fini(&r);
    o.charge_us = -1;
    r = simulate(&o);
    ck_assert_double_gt(r.response_mean_ms, 3);
    ck_assert_double_gt(r.decision_us, 0);
    ams_sim_result_fini(&r);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, no_schedule_escapes_the_check);
    tcase_add_test(tests, the_same_seed_gives_the_same_bits);
    tcase_add_test(tests, first_come_first_served_waits_as_queueing_theory_says);
    tcase_add_test(tests, arrivals_have_the_rate_that_is_asked_for);
    tcase_add_test(tests, schedules_worked_out_by_hand);
    tcase_add_test(tests, times_of_an_items_own_stages_are_known_when_they_are_next);
    tcase_add_test(tests, late_answers_count_apart);
    tcase_add_test(tests, both_programs_make_the_same_schedule_of_stages);
    tcase_add_test(tests, the_check_finds_what_is_wrong);
    tcase_add_test(tests, messages_name_the_unit);
    tcase_add_test(tests, memory_limits_what_runs_side_by_side);
    tcase_add_test(tests, a_worker_of_its_own_does_not_wait_for_others);
    tcase_add_test(tests, time_that_nobody_is_about_to_need_is_used);
    tcase_add_test(tests, scheduler_time_is_charged_to_the_clock);
}

int main(void)
{
    return run_suite("stream_simulate", add);
}
