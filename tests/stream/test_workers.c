/* Several equal workers: what can be promised there, which a machine that is as fast as all of
 * them together could keep, and they cannot. */
#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/stream/fixture.h"

#include <math.h>

static fixture data;

static ams_dispatch_options options_of(const char *kind, uint32_t workers, ams_fitted **f)
{
    ams_dispatch_options o = ams_dispatch_defaults();
    fixture_init(&data, false, 3); /* stages of 1, 2, 3 ms */
    ck_assert_int_eq(ams_fitted_create(f, "mean", &data.workload, &data.workload, 0, NULL),
                     AMS_OK);
    o.n_models = 3;
    o.time_ms = data.time_ms;
    o.kind = ams_stream_kind_named(kind);
    o.workers = workers;
    o.predictor = ams_fitted_predictor(*f);
    return o;
}

static uint32_t arrive(ams_dispatcher *d, uint64_t id, double deadline)
{
    const ams_stream_job job = {.id = id,
                                .item = (uint32_t)id,
                                .client = UINT32_MAX,
                                .deadline_ms = deadline,
                                .priority = 1};
    uint32_t slot;
    ck_assert_int_eq(ams_dispatcher_arrive(d, &job, &slot, NULL), AMS_OK);
    return slot;
}

/* Three stages take 6 ms on any worker, so who is due in 4 cannot be served, and both workers
 * are for the others. Two workers as one machine would take 3 ms. */
START_TEST(a_chain_that_no_worker_ends_in_time)
{
    static const char *const kind[] = {"hedged", "hedged", "density", "dp"};
    static const double price[] = {0.05, 0.5, 0, 0};
    static const uint64_t last[] = {3, 3, 3, 2}; /* dp: by the machine's mean alone */
    for (uint32_t k = 0; k < 4; k++) {
        ams_fitted *f = NULL;
        ams_dispatcher *d = NULL;
        ams_stream_start start;
        ams_dispatch_options o = options_of(kind[k], 2, &f);
        o.mandatory = 3;
        o.parameter = price[k];
        ck_assert_int_eq(ams_dispatcher_create(&d, &o, NULL), AMS_OK);
        (void)arrive(d, 1, 4);
        (void)arrive(d, 2, 6);
        (void)arrive(d, 3, 6);
        for (uint64_t id = 2; id <= last[k]; id++) {
            ck_assert(ams_dispatcher_next(d, 0, &start));
            ck_assert_msg(start.id == id, "%s starts job %d before job %d", kind[k],
                          (int)start.id, (int)id);
        }
        ck_assert(!ams_dispatcher_next(d, 0, &start));
        ams_dispatcher_destroy(d);
        ams_fitted_destroy(f);
    }
}
END_TEST

/* How many jobs, by deadline, a list gives a worker in time: each takes the one that is free
 * first, if that is early enough. */
static uint32_t listed(const double *deadline, uint32_t n, uint32_t workers, double chain_ms)
{
    double free_ms[8] = {0};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t first = 0;
        for (uint32_t w = 1; w < workers; w++) {
            first = free_ms[w] < free_ms[first] ? w : first;
        }
        if (free_ms[first] + chain_ms <= deadline[i]) {
            free_ms[first] += chain_ms;
            kept++;
        }
    }
    return kept;
}

/* Serves all that is there, and returns how many mandatory parts ended in time. */
static uint32_t serve(ams_dispatcher *d, uint32_t workers)
{
    struct {
        bool busy;
        uint32_t slot, model;
        double end_ms;
    } worker[8] = {{false, 0, 0, 0}};
    double now = 0;
    uint32_t met = 0;
    ams_stream_start start;
    ams_stream_job left;
    while (ams_dispatcher_count(d) > 0) {
        while (ams_dispatcher_next(d, now, &start)) {
            worker[start.worker].busy = true;
            worker[start.worker].slot = start.slot;
            worker[start.worker].model = start.model;
            worker[start.worker].end_ms = now + (double)data.time_ms[start.model];
        }
        double next = ams_dispatcher_wake(d);
        for (uint32_t w = 0; w < workers; w++) {
            next = worker[w].busy ? fmin(next, worker[w].end_ms) : next;
        }
        ck_assert(isfinite(next));
        now = next;
        for (uint32_t w = 0; w < workers; w++) {
            if (worker[w].busy && worker[w].end_ms <= now) {
                worker[w].busy = false;
                ams_dispatcher_ended(d, worker[w].slot, worker[w].model, now, 0.5F);
            }
        }
        while (ams_dispatcher_left(d, now, &left)) {
            met += left.mandatory_ms <= left.deadline_ms;
        }
    }
    return met;
}

/* Starts are such that whatever a list could promise at first is kept, or as much. */
START_TEST(as_many_are_met_as_can_be_promised)
{
    ams_rng rng = ams_rng_init(11, AMS_STREAM_TEST);
    uint32_t sum_met = 0;
    uint32_t sum_listed = 0;
    for (int round = 0; round < 400; round++) {
        ams_fitted *f = NULL;
        ams_dispatcher *d = NULL;
        double deadline[12];
        const uint32_t workers = 2 + ams_rng_below(&rng, 3);
        const uint32_t mandatory = 1 + ams_rng_below(&rng, 3);
        const uint32_t n = 2 + ams_rng_below(&rng, 11);
        ams_dispatch_options o = options_of(round % 2 ? "density" : "hedged", workers, &f);
        o.mandatory = mandatory;
        o.parameter = 0.5;
        ck_assert_int_eq(ams_dispatcher_create(&d, &o, NULL), AMS_OK);
        double at = 1;
        for (uint32_t i = 0; i < n; i++) {
            at += ams_rng_unit(&rng) * 12 / workers;
            deadline[i] = at;
            (void)arrive(d, i, at);
        }
        const uint32_t least = listed(deadline, n, workers, mandatory * (mandatory + 1) / 2.0);
        const uint32_t met = serve(d, workers);
        ck_assert_msg(met >= least, "round %d: %u workers, %u of %u jobs met, %u promised",
                      round, workers, met, n, least);
        sum_met += met;
        sum_listed += least;
        ams_dispatcher_destroy(d);
        ams_fitted_destroy(f);
    }
    ck_assert_uint_gt(sum_listed, 1500); /* it is no empty promise */
    ck_assert_uint_le(sum_met, 400 * 12);
}
END_TEST

/* Where not all can be served, the right ones are, and no worker waits for the wrong ones. */
START_TEST(overload)
{
    fixture_init(&data, false, FIXTURE_MODELS);
    ams_fitted *f = NULL;
    ck_assert_int_eq(ams_fitted_create(&f, "mean", &data.workload, &data.workload, 0, NULL),
                     AMS_OK);
    static const char *const kind[] = {"edf-mandatory", "density", "hedged"};
    for (uint32_t workers = 2; workers <= 4; workers++) {
        ams_sim_result r[3];
        for (uint32_t k = 0; k < 3; k++) {
            ams_sim_options o = fixture_options(&data, kind[k]);
            o.source.jobs = 1000;
            o.source.clients = 4 * workers;
            o.source.deadline_low_ms = 1.2 * 6;
            o.dispatch.predictor = ams_fitted_predictor(f);
            o.dispatch.workers = workers;
            o.dispatch.mandatory = 3;
            o.dispatch.parameter = 0.4;
            ck_assert_int_eq(ams_simulate(&r[k], &o, NULL), AMS_OK);
            ck_assert_int_eq(ams_stream_check(&r[k], &o, NULL), AMS_OK);
        }
        for (uint32_t k = 1; k < 3; k++) {
            ck_assert_msg(r[k].missed < 0.85 * r[0].missed,
                          "%u workers: %s misses %g, edf-mandatory %g", workers, kind[k],
                          r[k].missed, r[0].missed);
            ck_assert_double_gt(r[k].load, 0.97);
        }
        for (uint32_t k = 0; k < 3; k++) {
            ams_sim_result_fini(&r[k]);
        }
    }
    ams_fitted_destroy(f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_chain_that_no_worker_ends_in_time);
    tcase_add_test(tests, as_many_are_met_as_can_be_promised);
    tcase_add_test(tests, overload);
}

int main(void)
{
    return run_suite("stream/workers", add);
}
