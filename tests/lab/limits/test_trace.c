/* The trace of an item that is worked out by hand (fixture.h), and what setups and traces
 * refuse. */
#include "ams/limit_trace.h"

#include "ams/limit_study.h"
#include "base/tsv.h"
#include "tests/base/suite.h"
#include "tests/lab/limits/fixture.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static ams_error err;

static void expect_ok(ams_status status)
{
    ck_assert_msg(status == AMS_OK, "%s", err.text);
}

static void expect_refused(ams_status found, ams_status expected, const char *text)
{
    ck_assert_int_eq(found, expected);
    ck_assert_msg(strstr(err.text, text) != NULL, "expected '%s' in '%s'", text, err.text);
}

/* Item i00001 under 300 ms by `fixed`, for which the training item is read, too. */
static void trace_of_i1(ams_limit_setup *setup, ams_limit_trace *t)
{
    const double deadline[] = {300};
    limits_write("t.h5");
    ams_limit_setup_options o = limits_options("t.h5");
    o.item_id = "i00001";
    o.training = true;
    expect_ok(ams_limit_open(setup, &o, &err));
    ck_assert_uint_eq(setup->table.n_items, 2);
    expect_ok(ams_limit_set_points(setup, deadline, 1, NULL, 0, &err));
    expect_ok(ams_limit_add_policy(setup, "fixed", &err));
    expect_ok(ams_limit_trace_run(t, setup, NULL, &err));
}

START_TEST(trace_by_hand)
{
    ams_limit_setup setup;
    ams_limit_trace t;
    trace_of_i1(&setup, &t);
    ck_assert_str_eq(t.scheduler->name, "first-fit");
    ck_assert_uint_eq(t.schedule.n, 2);
    ck_assert_uint_eq(t.schedule.run[0].model, 0);
    ck_assert_uint_eq(t.schedule.run[1].model, 1);
    ck_assert_double_eq(t.schedule.run[1].start_ms, 100);
    ck_assert_double_eq(t.schedule.run[1].end_ms, 300);
    ck_assert_double_eq(t.schedule.done_ms, 300);
    ck_assert_double_eq_tol(t.schedule.recall, 1.5 / 2.5, 1e-6);
    ck_assert_uint_eq(ams_limit_known(&t.schedule, 0), 0);
    ck_assert_uint_eq(ams_limit_known(&t.schedule, 1), 1);
    ck_assert_double_eq_tol(ams_limit_rate(&t, 1, 0.5F), 2.5, 1e-9); /* 0.5 / 0.2 s */
    ams_limit_setup_fini(&setup);
}
END_TEST

START_TEST(rate_with_memory)
{
    ams_limit_setup setup = {.options = {.parallel = true}};
    float mem_mb[] = {500};
    setup.table.mem_mb = mem_mb;
    setup.expected_ms[0] = 200;
    const ams_limit_trace t = {.setup = &setup};
    ck_assert_double_eq_tol(ams_limit_rate(&t, 0, 0.5F), 5, 1e-9); /* 0.5 / (0.2 s x 0.5 GB) */
}
END_TEST

/* Outputs of what ends at the same moment are known in the order of the starts; of what was cut
 * off, never. */
START_TEST(known_before)
{
    const ams_schedule s = {.n = 4,
                            .run = {{.model = 3, .finished = true, .end_ms = 200},
                                    {.model = 1, .finished = true, .end_ms = 100},
                                    {.model = 0, .finished = true, .end_ms = 200},
                                    {.model = 2, .finished = false, .end_ms = 150}}};
    ck_assert_uint_eq(ams_limit_known(&s, 0), 1U << 1);
    ck_assert_uint_eq(ams_limit_known(&s, 1), 0);
    ck_assert_uint_eq(ams_limit_known(&s, 2), 1U << 1 | 1U << 3);
    ck_assert_uint_eq(ams_limit_known(&s, 3), 1U << 1);
}
END_TEST

static double number(json_t *json, const char *name)
{
    return json_number_value(json_object_get(json, name));
}

START_TEST(files)
{
    ams_limit_setup setup;
    ams_limit_trace t;
    ams_tsv rows;
    double share = 0;
    trace_of_i1(&setup, &t);
    expect_ok(ams_limit_trace_write(&t, "out", &err));
    expect_ok(ams_tsv_read(&rows, "out/trace.tsv", &err));
    ck_assert_uint_eq(rows.n_rows, 2);
    expect_ok(ams_tsv_number(&rows, 1, ams_tsv_column(&rows, "new_share"), &share, &err));
    ck_assert_double_eq_tol(share, 0.9 / 2.5, 1e-6);
    ams_tsv_fini(&rows);
    json_t *json = json_load_file("out/trace.json", 0, NULL);
    ck_assert_ptr_nonnull(json);
    ck_assert_double_eq_tol(number(json, "recall"), 0.6, 1e-6);
    ck_assert_double_eq_tol(number(json, "full_value"), 2.5, 1e-6);
    ck_assert_uint_eq(json_array_size(json_object_get(json, "runs")), 2);
    json_t *rest = json_array_get(json_object_get(json, "left"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(rest, "model")), "m2");
    ck_assert_double_eq_tol(number(rest, "true_gain"), 1.0, 1e-6);
    ck_assert(json_is_null(json_object_get(rest, "value"))); /* an order predicts none */
    json_decref(json);
    ams_limit_setup_fini(&setup);
}
END_TEST

START_TEST(setups_refuse)
{
    const double zero[] = {100, 0};
    ams_limit_setup setup;
    limits_write("t.h5");
    ams_limit_setup_options o = limits_options("none.h5");
    ck_assert_int_eq(ams_limit_open(&setup, &o, &err), AMS_IO);
    o = limits_options("t.h5");
    o.memory_mb = 0;
    expect_refused(ams_limit_open(&setup, &o, &err), AMS_USAGE, "memory_mb");
    o.memory_mb = UINT64_C(1) << 44; /* its bytes would not fit 64 bits */
    expect_refused(ams_limit_open(&setup, &o, &err), AMS_USAGE, "memory_mb");
    o = limits_options("t.h5");
    o.threads = 0;
    expect_refused(ams_limit_open(&setup, &o, &err), AMS_USAGE, "threads from 1 to");
    o = limits_options("t.h5");
    o.expect = 0.9;
    expect_refused(ams_limit_open(&setup, &o, &err), AMS_BAD_DATA, "recorded");
    o.expect = 1.5;
    expect_refused(ams_limit_open(&setup, &o, &err), AMS_USAGE, "quantile");
    o = limits_options("t.h5");
    o.item_id = "i00009";
    expect_refused(ams_limit_open(&setup, &o, &err), AMS_USAGE,
                   "t.h5 has no item 'i00009'; its first is 'i00000'");
    o.item_id = NULL;
    expect_ok(ams_limit_open(&setup, &o, &err));
    expect_refused(ams_limit_set_points(&setup, zero, 2, NULL, 0, &err), AMS_USAGE,
                   "deadline above 0");
    expect_refused(ams_limit_set_points(&setup, zero, 1, zero, 2, &err), AMS_USAGE,
                   "memory budget above 0");
    expect_refused(ams_limit_set_points(&setup, zero, 0, NULL, 0, &err), AMS_USAGE,
                   "at least one deadline");
    expect_refused(ams_limit_add_policy(&setup, "oracle", &err), AMS_USAGE,
                   "cannot leave models out");
    expect_refused(ams_limit_add_policy(&setup, "fixde", &err), AMS_USAGE, "'fixed'");
    expect_ok(ams_limit_add_policy(&setup, "fixed", &err));
    expect_refused(ams_limit_add_policy(&setup, "fixed", &err), AMS_USAGE, "seed 0 already");
    ams_limit_setup_fini(&setup);
    ams_limit_setup_fini(&setup); /* all zero */
}
END_TEST

START_TEST(studies_and_traces_refuse)
{
    const double deadline[] = {300};
    const ams_scheduler *const scheduler = ams_scheduler_named("algorithm1", false);
    const ams_limit_study_options how = {
        .scheduler = &scheduler, .n_schedulers = 1, .bootstrap_draws = 1};
    ams_limit_setup setup;
    ams_limit_study s;
    ams_limit_trace t;
    limits_write("t.h5");
    ams_limit_setup_options o = limits_options("t.h5");
    expect_ok(ams_limit_open(&setup, &o, &err));
    expect_ok(ams_limit_set_points(&setup, deadline, 1, NULL, 0, &err));
    expect_refused(ams_limit_study_run(&s, &setup, &how, &err), AMS_USAGE, "baselines");
    expect_refused(ams_limit_trace_run(&t, &setup, scheduler, &err), AMS_USAGE,
                   "one policy, found 0");
    expect_ok(ams_limit_add_policy(&setup, "fixed", &err));
    expect_refused(ams_limit_trace_run(&t, &setup, scheduler, &err), AMS_USAGE, "one item");
    ams_limit_setup_fini(&setup);
    o.item_id = "i00001";
    o.training = true;
    o.recorded_times = true;
    expect_ok(ams_limit_open(&setup, &o, &err));
    expect_ok(ams_limit_set_points(&setup, deadline, 1, NULL, 0, &err));
    expect_ok(ams_limit_add_policy(&setup, "fixed", &err));
    expect_refused(ams_limit_trace_run(&t, &setup, scheduler, &err), AMS_BAD_DATA,
                   "t.h5 has no recorded times");
    ams_limit_setup_fini(&setup);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, trace_by_hand);
    tcase_add_test(tests, rate_with_memory);
    tcase_add_test(tests, known_before);
    tcase_add_test(tests, files);
    tcase_add_test(tests, setups_refuse);
    tcase_add_test(tests, studies_and_traces_refuse);
}

int main(void)
{
    return run_suite("lab/limits/trace", add);
}
