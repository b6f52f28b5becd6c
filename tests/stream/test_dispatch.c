/* The dispatcher on a caller's clock: what it starts, whom it lets go. */
#include "tests/base/suite.h"
#include "tests/stream/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static fixture data;

static ams_dispatch_options options_of(const char *kind)
{
    ams_dispatch_options o = ams_dispatch_defaults();
    fixture_init(&data, false, 3); /* stages of 1, 2, 3 ms */
    o.n_models = 3;
    o.time_ms = data.time_ms;
    o.kind = ams_stream_kind_named(kind);
    return o;
}

static uint32_t arrive(ams_dispatcher *d, uint64_t id, double at, double deadline)
{
    const ams_stream_job job = {.id = id,
                                .item = (uint32_t)id,
                                .client = (uint32_t)id % 2,
                                .arrival_ms = at,
                                .deadline_ms = deadline,
                                .priority = 1};
    uint32_t slot;
    ck_assert_int_eq(ams_dispatcher_arrive(d, &job, &slot, NULL), AMS_OK);
    return slot;
}

START_TEST(an_item_from_its_arrival_to_its_answer)
{
    ams_dispatch_options o = options_of("threshold");
    ams_dispatcher *d = NULL;
    ams_stream_start start;
    ams_stream_job left;
    o.parameter = 0.7;
    ck_assert_int_eq(ams_dispatcher_create(&d, &o, NULL), AMS_OK);
    ck_assert(!ams_dispatcher_next(d, 0, &start));
    const uint32_t slot = arrive(d, 7, 10, 30);
    ck_assert(ams_dispatcher_next(d, 10, &start));
    ck_assert(start.slot == slot && start.model == 0 && start.worker == 0 && start.id == 7);
    ck_assert(!ams_dispatcher_next(d, 10, &start)); /* the worker is busy */
    ams_dispatcher_ended(d, slot, 0, 11.5, 0.4F);
    ck_assert(ams_dispatcher_next(d, 11.5, &start)); /* 0.4 is not enough */
    ck_assert_uint_eq(start.model, 1);
    ams_dispatcher_ended(d, slot, 1, 13, 0.75F);
    ck_assert(!ams_dispatcher_next(d, 13, &start));
    ck_assert(!ams_dispatcher_left(d, 13, &left));
    ck_assert_double_eq(ams_dispatcher_wake(d), 30);
    ck_assert(ams_dispatcher_left(d, 30, &left));
    ck_assert(left.id == 7 && left.in_time == 3 && left.ready_ms == 13);
    ck_assert(left.mandatory_ms == 11.5);
    ck_assert_uint_eq(ams_dispatcher_count(d), 0);
    ams_dispatcher_destroy(d);
    o.early_answer = true; /* it is let go as soon as nothing more is to run */
    ck_assert_int_eq(ams_dispatcher_create(&d, &o, NULL), AMS_OK);
    (void)arrive(d, 7, 10, 30);
    ck_assert(ams_dispatcher_next(d, 10, &start));
    ams_dispatcher_ended(d, start.slot, 0, 11, 0.8F);
    ck_assert(ams_dispatcher_left(d, 11, &left));
    ams_dispatcher_destroy(d);
}
END_TEST

START_TEST(a_stage_that_ends_late_does_not_count)
{
    ams_dispatch_options o = options_of("edf-full");
    ams_dispatcher *d = NULL;
    ams_stream_start start;
    ams_stream_job left;
    ck_assert_int_eq(ams_dispatcher_create(&d, &o, NULL), AMS_OK);
    (void)arrive(d, 0, 0, 3);
    ck_assert(ams_dispatcher_next(d, 0, &start));
    ams_dispatcher_ended(d, start.slot, 0, 1, 0.4F);
    ck_assert(ams_dispatcher_next(d, 1, &start)); /* 2 ms: just in time */
    ck_assert(!ams_dispatcher_left(d, 3, &left)); /* it runs longer than expected */
    ams_dispatcher_ended(d, start.slot, 1, 3.1, 0.5F);
    ck_assert(ams_dispatcher_left(d, 3.1, &left));
    ck_assert(left.in_time == 1 && left.done == 3);
    ams_dispatcher_destroy(d);
}
END_TEST

START_TEST(a_model_that_failed_is_not_run_again)
{
    ams_dispatch_options o = options_of("edf-full");
    ams_dispatcher *d = NULL;
    ams_stream_start start;
    ams_stream_job left;
    ck_assert_int_eq(ams_dispatcher_create(&d, &o, NULL), AMS_OK);
    (void)arrive(d, 0, 0, 100);
    ck_assert(ams_dispatcher_next(d, 0, &start));
    ams_dispatcher_ended(d, start.slot, 0, 1, 0.4F);
    ck_assert(ams_dispatcher_next(d, 1, &start));
    ams_dispatcher_failed(d, start.slot, 1);
    ck_assert(!ams_dispatcher_next(d, 2, &start)); /* stage 3 needs stage 2 */
    ck_assert(ams_dispatcher_left(d, 2, &left));
    ck_assert_uint_eq(left.in_time, 1);
    ams_dispatcher_destroy(d);
    o.sets = true; /* of a set the others go on */
    ck_assert_int_eq(ams_dispatcher_create(&d, &o, NULL), AMS_OK);
    (void)arrive(d, 0, 0, 100);
    ck_assert(ams_dispatcher_next(d, 0, &start));
    ams_dispatcher_failed(d, start.slot, start.model);
    ck_assert(ams_dispatcher_next(d, 1, &start));
    ck_assert_uint_eq(start.model, 1);
    ams_dispatcher_destroy(d);
}
END_TEST

/* Two clients whose jobs are due together, and time for one of them. Without ageing the first
 * one always wins, since it arrived first. */
static uint32_t served_of_ten(double ageing)
{
    ams_dispatch_options o = options_of("dp");
    ams_fitted *f = NULL;
    ams_dispatcher *d = NULL;
    ams_stream_job left;
    ams_stream_start start;
    uint32_t second = 0;
    ck_assert_int_eq(ams_fitted_create(&f, "prior", &data.workload, &data.workload, 0, NULL),
                     AMS_OK);
    o.predictor = ams_fitted_predictor(f);
    o.ageing = ageing;
    ck_assert_int_eq(ams_dispatcher_create(&d, &o, NULL), AMS_OK);
    for (uint32_t round = 0; round < 10; round++) {
        const double at = 100 * round;
        (void)arrive(d, 2 * round, at, at + 1.5);
        (void)arrive(d, 2 * round + 1, at, at + 1.5);
        while (ams_dispatcher_next(d, at, &start)) {
            second += start.id % 2;
            ams_dispatcher_ended(d, start.slot, start.model, at + 1, 0.5F);
            ck_assert(!ams_dispatcher_next(d, at + 1, &start));
            break;
        }
        while (ams_dispatcher_left(d, at + 2, &left)) {
        }
    }
    ams_dispatcher_destroy(d);
    ams_fitted_destroy(f);
    return second;
}

START_TEST(with_ageing_nobody_starves)
{
    const uint32_t without = served_of_ten(0);
    const uint32_t with = served_of_ten(0.5);
    ck_assert(without == 0 || without == 10);
    ck_assert_uint_eq(with, 5); /* in turns */
}
END_TEST

/* Six clients send together every 10 ms, all due after 3.5 ms: time for three of six. Client 0
 * counts half. Longest run of misses of any client, and how often client 0 was met. */
static uint32_t longest_run(const char *kind, double ageing, uint32_t *met_of_0)
{
    enum { MANY = 6, ROUNDS = 60 };
    ams_dispatch_options o = options_of(kind);
    ams_fitted *f = NULL;
    ams_dispatcher *d = NULL;
    uint32_t run[MANY] = {0};
    uint32_t longest = 0;
    ck_assert_int_eq(ams_fitted_create(&f, "prior", &data.workload, &data.workload, 0, NULL),
                     AMS_OK);
    o.predictor = ams_fitted_predictor(f);
    o.parameter = 0.1;
    o.ageing = ageing;
    *met_of_0 = 0;
    ck_assert_int_eq(ams_dispatcher_create(&d, &o, NULL), AMS_OK);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        double now = 10 * round;
        ams_stream_start start;
        ams_stream_job left;
        uint32_t slot = 0;
        for (uint32_t c = 0; c < MANY; c++) {
            const ams_stream_job job = {.id = (uint64_t)MANY * round + c,
                                        .client = c,
                                        .arrival_ms = now,
                                        .deadline_ms = now + 3.5,
                                        .priority = c == 0 ? 0.5F : 1};
            ck_assert_int_eq(ams_dispatcher_arrive(d, &job, &slot, NULL), AMS_OK);
        }
        while (ams_dispatcher_next(d, now, &start)) {
            now += (double)o.time_ms[start.model];
            ams_dispatcher_ended(d, start.slot, start.model, now, 0.5F);
        }
        while (ams_dispatcher_left(d, now + 4, &left)) {
            const bool met = left.in_time != 0;
            *met_of_0 += met && left.client == 0;
            run[left.client] = met ? 0 : run[left.client] + 1;
            longest = run[left.client] > longest ? run[left.client] : longest;
        }
    }
    ams_dispatcher_destroy(d);
    ams_fitted_destroy(f);
    return longest;
}

START_TEST(nobody_starves_among_many)
{
    const char *const kinds[] = {"dp", "dp-greedy", "hedged", "density", "subset-dp"};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        uint32_t met = 0;
        ck_assert_uint_eq(longest_run(kinds[k], 0, &met), 60); /* somebody never is met */
        ck_assert_msg(met == 0, "%s: met %u times", kinds[k], met);
        const uint32_t longest = longest_run(kinds[k], 0.5, &met);
        ck_assert_msg(longest <= 6, "%s: %u misses in a row", kinds[k], longest);
        ck_assert_uint_ge(met, 10);
    }
}
END_TEST

/* Client 0 always sends when its last job is due, and wants 1.5 ms; its stage takes 1. Client 1
 * then sends so much before such a time, *due_ms, and has `left_ms`. */
static ams_dispatcher *before_a_job(const char *kind, ams_stream_late late, ams_fitted **f,
                                    double before_ms, double left_ms, double *due_ms)
{
    ams_dispatch_options o = options_of(kind);
    ams_dispatcher *d = NULL;
    ams_stream_start start;
    ams_stream_job left;
    double now = 0;
    ck_assert_int_eq(ams_fitted_create(f, "prior", &data.workload, &data.workload, 0, NULL),
                     AMS_OK);
    o.predictor = ams_fitted_predictor(*f);
    o.parameter = 0.1;
    o.late = late;
    ck_assert_int_eq(ams_dispatcher_create(&d, &o, NULL), AMS_OK);
    for (uint32_t round = 0; round < 160; round++) {
        const uint32_t slot = arrive(d, UINT64_C(2) * round, now, now + 1.5);
        ck_assert(ams_dispatcher_next(d, now, &start));
        ams_dispatcher_ended(d, slot, 0, now + 1, 0.5F);
        now += 1.5;
        if (round < 159) {
            ck_assert(ams_dispatcher_left(d, now, &left));
        }
    }
    (void)arrive(d, 1001, now - before_ms, now - before_ms + left_ms);
    *due_ms = now;
    return d;
}

START_TEST(it_waits_for_a_client_that_is_about_to_send)
{
    ams_fitted *f = NULL;
    ams_stream_start start;
    ams_stream_job left;
    double due = 0;
    ams_dispatcher *d = before_a_job("hedged", AMS_STREAM_DROP, &f, 0.1, 40, &due);
    ck_assert(!ams_dispatcher_next(d, due - 0.1, &start));
    ck_assert_double_eq_tol(ams_dispatcher_waits(d), due + 0.2, 1e-9); /* 0.1 mean times */
    ck_assert_double_eq(ams_dispatcher_wake(d), due);
    ck_assert(ams_dispatcher_left(d, due, &left));
    (void)arrive(d, 1002, due, due + 1.5); /* it comes, and goes first */
    ck_assert(ams_dispatcher_next(d, due, &start));
    ck_assert_uint_eq(start.id, 1002);
    ams_dispatcher_destroy(d);
    ams_fitted_destroy(f);

    d = before_a_job("hedged", AMS_STREAM_DROP, &f, 0.1, 40, &due);
    ck_assert(!ams_dispatcher_next(d, due - 0.1, &start));
    ck_assert(ams_dispatcher_left(d, due, &left));
    ck_assert(!ams_dispatcher_next(d, due, &start));
    ck_assert_double_eq(ams_dispatcher_wake(d), ams_dispatcher_waits(d));
    ck_assert(ams_dispatcher_next(d, ams_dispatcher_waits(d), &start)); /* nobody came */
    ck_assert_uint_eq(start.id, 1001);
    ck_assert(isinf(ams_dispatcher_waits(d)));
    ams_dispatcher_destroy(d);
    ams_fitted_destroy(f);

    d = before_a_job("density", AMS_STREAM_DROP, &f, 0.1, 40,
                     &due); /* it knows of no clients */
    ck_assert(ams_dispatcher_next(d, due - 0.1, &start));
    ck_assert_uint_eq(start.id, 1001);
    ams_dispatcher_destroy(d);
    ams_fitted_destroy(f);
}
END_TEST

/* Who waits for a job lets it go first: 0.1 ms, that job's 1 ms, and the own 1 ms. */
START_TEST(it_waits_only_if_its_own_deadline_bears_it)
{
    const double left_ms[] = {2.15, 2.05};
    for (size_t k = 0; k < 2; k++) {
        ams_fitted *f = NULL;
        ams_stream_start start;
        double due = 0;
        ams_dispatcher *d = before_a_job("hedged", AMS_STREAM_DROP, &f, 0.1, left_ms[k], &due);
        ck_assert_int_eq(ams_dispatcher_next(d, due - 0.1, &start), k == 1);
        ams_dispatcher_destroy(d);
        ams_fitted_destroy(f);
    }
}
END_TEST

/* The second stage of 2 ms would make the job late that comes in 0.4 ms. Its own has no time to
 * wait, so it is left out, unless nobody comes. */
START_TEST(a_stage_that_brings_less_than_a_late_job_loses_is_left_out)
{
    ams_fitted *f = NULL;
    ams_stream_start start;
    ams_stream_job left;
    double due = 0;
    ams_dispatcher *d = before_a_job("hedged", AMS_STREAM_DROP, &f, 1.4, 3.7, &due);
    ck_assert(ams_dispatcher_next(d, due - 1.4, &start)); /* it ends before */
    ck_assert(start.id == 1001 && start.model == 0);
    ams_dispatcher_ended(d, start.slot, 0, due - 0.4, 0.5F);
    ck_assert(!ams_dispatcher_next(d, due - 0.4, &start));
    ck_assert_double_eq_tol(ams_dispatcher_waits(d), due + 0.2, 1e-9);
    ck_assert(ams_dispatcher_left(d, due, &left));
    ck_assert(ams_dispatcher_next(d, ams_dispatcher_waits(d), &start));
    ck_assert(start.id == 1001 && start.model == 1);
    ams_dispatcher_destroy(d);
    ams_fitted_destroy(f);
}
END_TEST

/* Else a caller that sleeps until ams_dispatcher_wake would never sleep again. */
START_TEST(who_leaves_while_it_waits_leaves_no_time_to_wake_up)
{
    ams_fitted *f = NULL;
    ams_stream_start start;
    ams_stream_job left;
    double due = 0;
    ams_dispatcher *d = before_a_job("hedged", AMS_STREAM_DROP, &f, 0.1, 40, &due);
    ck_assert(!ams_dispatcher_next(d, due - 0.1, &start)); /* job 1001 waits */
    ck_assert(ams_dispatcher_left(d, due, &left));         /* client 0's last job */
    ck_assert(!ams_dispatcher_next(d, due, &start));
    ck_assert_double_eq_tol(ams_dispatcher_wake(d), due + 0.2, 1e-9);
    ck_assert_uint_eq(ams_dispatcher_count(d), 1);
    ams_dispatcher_cancel(d, ams_dispatcher_job(d, 0)->id == 1001 ? 0 : 1);
    ck_assert_uint_eq(ams_dispatcher_count(d), 0);
    ck_assert(isinf(ams_dispatcher_wake(d)));
    ams_dispatcher_destroy(d);
    ams_fitted_destroy(f);
}
END_TEST

/* A job that waits for one to come is not started as overdue. */
START_TEST(late_jobs_run_but_not_those_that_wait)
{
    ams_fitted *f = NULL;
    ams_stream_start start;
    double due = 0;
    ams_dispatcher *d = before_a_job("hedged", AMS_STREAM_RUN, &f, 0.1, 40, &due);
    ck_assert(!ams_dispatcher_next(d, due - 0.1, &start));
    ams_dispatcher_destroy(d);
    ams_fitted_destroy(f);
}
END_TEST

/* A caller with a clock of its own, which began long ago: the starts are those of the
 * simulation, by nothing but the dispatcher's functions. */
START_TEST(a_callers_clock_gives_the_simulations_schedule)
{
    const char *const kinds[] = {"dp", "hedged", "density", "edf-full", "threshold"};
    const double began = 1 << 22; /* ms: sums with it are exact to a billionth */
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        ams_fitted *f = NULL;
        ams_dispatcher *d = NULL;
        ams_sim_result r;
        ams_stream_start start = {0};
        ams_stream_job left;
        uint64_t arrived = 0;
        double ends = INFINITY;
        fixture_init(&data, false, FIXTURE_MODELS);
        ck_assert_int_eq(ams_fitted_create(&f, "mean", &data.workload, &data.workload, 0, NULL),
                         AMS_OK);
        ams_sim_options o = fixture_options(&data, kinds[k]);
        o.dispatch.predictor = ams_fitted_predictor(f);
        ck_assert_int_eq(ams_simulate(&r, &o, NULL), AMS_OK);
        ams_stream_job *job = calloc(r.n_jobs, sizeof *job);
        for (uint64_t j = 0; j < r.n_jobs; j++) {
            job[r.job[j].id] = r.job[j];
        }
        o.dispatch.n_models = FIXTURE_MODELS;
        o.dispatch.time_ms = data.time_ms;
        ck_assert_int_eq(ams_dispatcher_create(&d, &o.dispatch, NULL), AMS_OK);
        for (uint64_t e = 0; e < r.n_executions;) {
            const double next = arrived < r.n_jobs ? began + job[arrived].arrival_ms : INFINITY;
            const double now = fmin(fmin(next, ends), ams_dispatcher_wake(d));
            ck_assert(isfinite(now));
            if (ends <= now) {
                const uint32_t depth =
                    (uint32_t)__builtin_popcountll(ams_dispatcher_job(d, start.slot)->done);
                ams_dispatcher_ended(
                    d, start.slot, start.model, now,
                    data.observed[start.item * (FIXTURE_MODELS + 1) + depth + 1]);
                ends = INFINITY;
            }
            while (ams_dispatcher_left(d, now, &left)) {
            }
            for (; arrived < r.n_jobs && began + job[arrived].arrival_ms <= now; arrived++) {
                ams_stream_job moved = job[arrived];
                uint32_t slot = 0;
                moved.arrival_ms += began;
                moved.deadline_ms += began;
                ck_assert_int_eq(ams_dispatcher_arrive(d, &moved, &slot, NULL), AMS_OK);
            }
            if (isinf(ends) && ams_dispatcher_next(d, now, &start)) {
                ck_assert_uint_eq(start.id, r.execution[e].job);
                ck_assert_uint_eq(start.model, r.execution[e].model);
                ck_assert_double_eq_tol(now - began, r.execution[e].start_ms, 1e-6);
                ends = now + (double)data.time_ms[start.model];
                e++;
            }
        }
        free(job);
        ams_sim_result_fini(&r);
        ams_dispatcher_destroy(d);
        ams_fitted_destroy(f);
    }
}
END_TEST

START_TEST(the_greedy_update_keeps_the_plans_of_others)
{
    ams_dispatch_options o = options_of("dp-greedy");
    ams_fitted *f = NULL;
    ams_dispatcher *d = NULL;
    ams_stream_start start;
    ck_assert_int_eq(ams_fitted_create(&f, "exp", &data.workload, &data.workload, 0, NULL),
                     AMS_OK);
    o.predictor = ams_fitted_predictor(f);
    ck_assert_int_eq(ams_dispatcher_create(&d, &o, NULL), AMS_OK);
    (void)arrive(d, 0, 0, 6);
    (void)arrive(d, 1, 0, 7);
    ck_assert(ams_dispatcher_next(d, 0, &start)); /* time for 7 ms: 1 + 2 of both, and 1 more */
    ck_assert_uint_eq(ams_dispatcher_counts(d).plans, 1);
    ck_assert_uint_eq(ams_dispatcher_job(d, 0)->target, 3);
    ck_assert_uint_eq(ams_dispatcher_job(d, 1)->target, 3);
    ams_dispatcher_ended(d, 0, 0, 1, 1); /* sure: nothing is to be gained of it */
    ck_assert_uint_eq(ams_dispatcher_job(d, 0)->target, 1);
    ck_assert_uint_eq(ams_dispatcher_job(d, 1)->target, 7); /* which gives 1 all of 6 ms */
    ck_assert(ams_dispatcher_next(d, 1, &start));
    ck_assert_uint_eq(start.id, 1);
    ck_assert_uint_eq(ams_dispatcher_counts(d).plans, 1);
    ams_dispatcher_destroy(d);
    ams_fitted_destroy(f);
}
END_TEST

START_TEST(options_that_cannot_be_are_refused)
{
    ams_error err;
    ams_dispatcher *d = NULL;
    ams_dispatch_options o = options_of("dp");
    ck_assert_int_eq(ams_dispatcher_create(&d, &o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "predictor"));
    ck_assert_ptr_null(d);
    o = options_of("static");
    ck_assert_int_eq(ams_dispatcher_create(&d, &o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "parameter"));
    o = options_of("edf-full");
    o.mem_mb = data.mem_mb;
    o.memory_mb = 250;
    ck_assert_int_eq(ams_dispatcher_create(&d, &o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "300 MB"));
    o = options_of("edf-full");
    o.mandatory = 4;
    ck_assert_int_eq(ams_dispatcher_create(&d, &o, &err), AMS_USAGE);
    o.mandatory = 1;
    o.delta = 0;
    ck_assert_int_eq(ams_dispatcher_create(&d, &o, &err), AMS_USAGE);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, an_item_from_its_arrival_to_its_answer);
    tcase_add_test(tests, a_stage_that_ends_late_does_not_count);
    tcase_add_test(tests, a_model_that_failed_is_not_run_again);
    tcase_add_test(tests, with_ageing_nobody_starves);
    tcase_add_test(tests, nobody_starves_among_many);
    tcase_add_test(tests, it_waits_for_a_client_that_is_about_to_send);
    tcase_add_test(tests, it_waits_only_if_its_own_deadline_bears_it);
    tcase_add_test(tests, who_leaves_while_it_waits_leaves_no_time_to_wake_up);
    tcase_add_test(tests, late_jobs_run_but_not_those_that_wait);
    tcase_add_test(tests, a_stage_that_brings_less_than_a_late_job_loses_is_left_out);
    tcase_add_test(tests, a_callers_clock_gives_the_simulations_schedule);
    tcase_add_test(tests, the_greedy_update_keeps_the_plans_of_others);
    tcase_add_test(tests, options_that_cannot_be_are_refused);
}

int main(void)
{
    return run_suite("stream_dispatch", add);
}
