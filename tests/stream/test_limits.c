/* What no scheduler exceeds without knowing outputs beforehand, and how few jobs any schedule
 * misses: by hand, by brute force, and against schedulers. */
#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/stream/fixture.h"

#include <math.h>
#include <string.h>

static fixture data;

static ams_sim_result replay(ams_sim_options *o, ams_stream_trace *trace)
{
    ams_sim_result r;
    o->source.arrivals = AMS_ARRIVE_TRACE;
    o->source.trace = trace;
    ck_assert_int_eq(ams_simulate(&r, o, NULL), AMS_OK);
    return r;
}

START_TEST(a_bound_without_foresight_worked_out_by_hand)
{
    /* Two stages of 1 ms. Half of the items show 0.9 after the first, and are right; the other
     * half show 0.2, and are right after the second one alone. Four jobs, 5 ms: 1.25 ms each.
     * To the end where 0.2 is seen: 1 in 1.5 ms, so 1.25 / 1.5. */
    double arrival[] = {0, 1, 2, 3};
    double deadline[] = {2, 3, 4, 5};
    uint32_t zero[] = {0, 0, 0, 0};
    ams_stream_trace trace = {
        .n = 4, .arrival_ms = arrival, .deadline_ms = deadline, .item = zero, .client = zero};
    double bound = 0;
    fixture_init(&data, false, 2);
    data.time_ms[1] = 1;
    for (uint32_t i = 0; i < FIXTURE_ITEMS; i++) {
        const bool easy = i % 2 == 0;
        data.observed[3 * i + 1] = easy ? 0.9F : 0.2F;
        data.observed[3 * i + 2] = 0.9F;
        data.score[3 * i + 1] = easy ? 1 : 0;
        data.score[3 * i + 2] = 1;
    }
    ams_sim_options o = fixture_options(&data, "edf-mandatory");
    ams_sim_result r = replay(&o, &trace);
    ck_assert_int_eq(ams_stream_online_bound(&r, &o, &bound, NULL), AMS_OK);
    ck_assert_double_eq_tol(bound, 1.25 / 1.5, 1e-4);
    ams_sim_result_fini(&r);
    /* With time for all, everybody is right; with deadlines of one stage, half are. */
    deadline[3] = 9;
    r = replay(&o, &trace);
    ck_assert_int_eq(ams_stream_online_bound(&r, &o, &bound, NULL), AMS_OK);
    ck_assert_double_eq_tol(bound, 1, 1e-4);
    ams_sim_result_fini(&r);
    for (int k = 0; k < 4; k++) {
        deadline[k] = arrival[k] + 1;
    }
    r = replay(&o, &trace);
    ck_assert_int_eq(ams_stream_online_bound(&r, &o, &bound, NULL), AMS_OK);
    ck_assert_double_eq_tol(bound, 0.5, 1e-4);
    ams_sim_result_fini(&r);
}
END_TEST

START_TEST(nobody_exceeds_it_who_only_sees_what_ran)
{
    const char *const kinds[] = {"hedged", "dp", "density", "threshold", "edf-mandatory"};
    fixture_init(&data, false, FIXTURE_MODELS);
    ams_fitted *f = NULL;
    ck_assert_int_eq(ams_fitted_create(&f, "mean", &data.workload, &data.workload, 0, NULL),
                     AMS_OK);
    for (int k = 0; k < 15; k++) {
        double bound = 0;
        ams_sim_options o = fixture_options(&data, kinds[k % 5]);
        o.dispatch.predictor = ams_fitted_predictor(f);
        o.source.clients = 1 + 4 * (uint32_t)(k / 5);
        o.source.jobs = 4000;
        ams_sim_result r;
        ck_assert_int_eq(ams_simulate(&r, &o, NULL), AMS_OK);
        ck_assert_int_eq(ams_stream_online_bound(&r, &o, &bound, NULL), AMS_OK);
        ck_assert_double_ge(bound, r.score - 0.02); /* items are drawn: 3 standard errors */
        ck_assert_double_le(bound, 1);
        ams_sim_result_fini(&r);
    }
    ams_fitted_destroy(f);
}
END_TEST

/* Every order of every part of the jobs, each as early as can be. */
static uint32_t most_met(const ams_stream_job *job, uint32_t n, uint32_t served, double free_ms)
{
    uint32_t most = 0;
    for (uint32_t k = 0; k < n; k++) {
        const double end = fmax(free_ms, job[k].arrival_ms) + 1;
        if ((served >> k & 1) == 0 && end <= job[k].deadline_ms) {
            const uint32_t met = 1 + most_met(job, n, served | 1U << k, end);
            most = met > most ? met : most;
        }
    }
    return most;
}

START_TEST(the_fewest_missed_are_those_of_brute_force)
{
    enum { JOBS = 7, ROUNDS = 300 };
    ams_rng rng = ams_rng_init(11, AMS_STREAM_TEST);
    uint32_t in_between = 0;
    fixture_init(&data, false, 2); /* the first stage takes 1 ms */
    for (int round = 0; round < ROUNDS; round++) {
        double arrival[JOBS];
        double deadline[JOBS];
        uint32_t zero[JOBS] = {0};
        double missed = 0;
        double at = 0;
        for (int k = 0; k < JOBS; k++) {
            at += 1.4 * ams_rng_unit(&rng);
            arrival[k] = at;
            deadline[k] = at + 1 + 2 * ams_rng_unit(&rng);
        }
        ams_stream_trace trace = {.n = JOBS,
                                  .arrival_ms = arrival,
                                  .deadline_ms = deadline,
                                  .item = zero,
                                  .client = zero};
        ams_sim_options o = fixture_options(&data, "edf-mandatory");
        ams_sim_result r = replay(&o, &trace);
        ck_assert_int_eq(ams_stream_fewest_missed(&r, &o, &missed, NULL), AMS_OK);
        const double met = most_met(r.job, JOBS, 0, 0);
        ck_assert_double_eq_tol(missed, 1 - met / JOBS, 1e-9);
        ck_assert_double_le(missed, r.missed + 1e-9);
        in_between += missed > 0 && missed < r.missed - 1e-9;
        ams_sim_result_fini(&r);
    }
    ck_assert_uint_gt(in_between, 5); /* there is something to find */
}
END_TEST

START_TEST(what_they_cannot_say_is_refused)
{
    double value = 0;
    ams_error err;
    fixture_init(&data, false, 2);
    ams_sim_options o = fixture_options(&data, "edf-full");
    ams_sim_result r;
    ck_assert_int_eq(ams_simulate(&r, &o, NULL), AMS_OK);
    o.noise = AMS_NOISE_RECORDED;
    ck_assert_int_eq(ams_stream_online_bound(&r, &o, &value, &err), AMS_USAGE);
    ck_assert_int_eq(ams_stream_fewest_missed(&r, &o, &value, &err), AMS_USAGE);
    o.noise = AMS_NOISE_NONE;
    o.dispatch.workers = 2;
    ck_assert_int_eq(ams_stream_fewest_missed(&r, &o, &value, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "on one worker"));
    ams_sim_result_fini(&r);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_bound_without_foresight_worked_out_by_hand);
    tcase_add_test(tests, nobody_exceeds_it_who_only_sees_what_ran);
    tcase_add_test(tests, the_fewest_missed_are_those_of_brute_force);
    tcase_add_test(tests, what_they_cannot_say_is_refused);
}

int main(void)
{
    return run_suite("stream_limits", add);
}
