/* The bound by linear programs: by hand, and above every scheduler. */
#include "tests/base/suite.h"
#include "tests/stream/fixture.h"

#include <math.h>

static fixture data;

/* Whatever times are counted in: GLPK's tolerances know no unit. */
static void by_hand(double ms)
{
    /* Stages of 1, 2 and 3 ms worth 0.4, 0.2 and 0.4 more: the last two make one piece of the
     * envelope, 0.6 in 5 ms. Two jobs, 0 to 6 and 3 to 9 ms: 9 ms, of which 2 for the first
     * stages (0.8) and 7 at 0.12 a ms. */
    const float score[] = {0, 0.4F, 0.6F, 1};
    double arrival[] = {0, 3 * ms};
    double deadline[] = {6 * ms, 9 * ms};
    uint32_t none[] = {0, 0};
    const ams_stream_trace trace = {
        .n = 2, .arrival_ms = arrival, .deadline_ms = deadline, .item = none, .client = none};
    double bound = 0;
    ams_sim_result r;
    fixture_init(&data, false, 3);
    for (int l = 0; l < 4; l++) {
        data.score[l] = score[l];
        data.time_ms[l] *= (float)ms;
    }
    ams_sim_options o = fixture_options(&data, "edf-full");
    o.source.arrivals = AMS_ARRIVE_TRACE;
    o.source.trace = &trace;
    ck_assert_int_eq(ams_simulate(&r, &o, NULL), AMS_OK);
    ck_assert_int_eq(ams_stream_bound(&r, &o, 10, &bound, NULL), AMS_OK);
    ck_assert_double_eq_tol(bound, (0.8 + 7 * 0.12) / 2, 1e-6);
    /* With a mandatory part of two stages the first one alone is worth nothing: 0.6 in 3 ms for
     * both, then 3 ms of 0.4 in 3. */
    o.dispatch.mandatory = 2;
    ck_assert_int_eq(ams_stream_bound(&r, &o, 10, &bound, NULL), AMS_OK);
    ck_assert_double_eq_tol(bound, (1.2 + 0.4) / 2, 1e-6);
    ams_sim_result_fini(&r);
}

START_TEST(a_bound_worked_out_by_hand)
{
    by_hand(1);
    by_hand(1e-12);
    by_hand(1e12);
}
END_TEST

START_TEST(no_scheduler_exceeds_the_bound)
{
    fixture_init(&data, false, FIXTURE_MODELS);
    ams_fitted *f = NULL;
    ck_assert_int_eq(ams_fitted_create(&f, "truth", &data.workload, &data.workload, 0, NULL),
                     AMS_OK);
    const char *const kinds[] = {"dp", "edf-full", "density", "edf-mandatory"};
    double truth = 0;
    double bound = 0;
    for (uint32_t k = 0; k < 4; k++) {
        double whole = 0;
        ams_sim_options o = fixture_options(&data, kinds[k]);
        o.dispatch.predictor = ams_fitted_predictor(f);
        o.dispatch.workers = 1 + k % 2;
        o.source.clients = 12;
        o.noise = AMS_NOISE_RECORDED;
        ams_sim_result r;
        ck_assert_int_eq(ams_simulate(&r, &o, NULL), AMS_OK);
        ck_assert_int_eq(ams_stream_bound(&r, &o, 50, &bound, NULL), AMS_OK);
        ck_assert_int_eq(ams_stream_bound(&r, &o, 1000, &whole, NULL), AMS_OK);
        ck_assert_double_ge(whole, r.score - 1e-9);
        ck_assert_double_ge(bound, whole - 1e-9); /* blocks share no machine: looser */
        if (k == 0) {
            truth = r.score / whole;
        }
        ams_sim_result_fini(&r);
    }
    ck_assert_double_gt(truth, 0.75); /* who knows the scores comes near */
    ams_fitted_destroy(f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_bound_worked_out_by_hand);
    tcase_add_test(tests, no_scheduler_exceeds_the_bound);
}

int main(void)
{
    return run_suite("stream_bound", add);
}
