/* Small tables worked out by hand: truth as a node, and a core with an adaptive rest. */
#include "ams/link_scheduled.h"

#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <math.h>
#include <string.h>

enum { ITEMS = 240 };

/* Item i is of kind i / 3 % 4, splits take turns. Model 0 (1 ms) says label 0 of kinds 0 and 1,
 * else label 1. Model 1 (10 ms) says label 2 of kinds 0 and 1, else 3: model 0 tells. Model 2
 * (10 ms) says label 4 of kinds 0 to 2 and label 5 of kind 3: of label 1 nobody can tell. */
static void write_kinds(const char *path, bool truth)
{
    static const float time_ms[] = {1, 10, 10};
    static given_output outputs[3 * ITEMS];
    static ams_answer answer[ITEMS];
    ams_table table;
    ams_error err;
    for (uint32_t i = 0; i < ITEMS; i++) {
        const uint32_t kind = i / 3 % 4;
        outputs[3 * i] = (given_output){i, 0, kind / 2, 0.9F};
        outputs[3 * i + 1] = (given_output){i, 1, 2 + kind / 2, 0.9F};
        outputs[3 * i + 2] = (given_output){i, 2, 4 + kind / 3, 0.9F};
        answer[i] = (ams_answer){i, 2 + kind / 2};
    }
    given_table(&table, ITEMS, 3, 6, time_ms, outputs, 3 * ITEMS, AMS_TRAIN);
    for (uint32_t i = 0; i < ITEMS; i++) {
        table.split[i] = (uint8_t)(i % 3);
    }
    if (truth) {
        ck_assert_int_eq(ams_table_set_truth(&table, answer, ITEMS, &err), AMS_OK);
    }
    ck_assert_int_eq(ams_table_write(&table, path, &err), AMS_OK);
    ams_table_fini(&table);
}

static void open_session(ams_link_session *s, const char *path, bool truth)
{
    ams_link_session_options o = ams_link_session_defaults();
    ams_error err = {""};
    o.data_path = path;
    o.truth = truth;
    o.links.lambda = 1e-3;
    ck_assert_msg(ams_link_session_open(s, &o, &err) == AMS_OK, "%s", err.text);
}

START_TEST(truth_is_predicted_and_never_runs)
{
    ams_link_session s = {.data_hash = ""};
    ams_error err = {""};
    ams_link_session_options o = ams_link_session_defaults();
    write_kinds("truth.h5", true);
    open_session(&s, "truth.h5", true);
    ck_assert_uint_eq(s.space.n_models, 4);
    ck_assert_str_eq(ams_names_get(&s.table.model_name, 3), "truth");
    ck_assert_double_eq_tol(s.total_time_ms, 21, 1e-9);
    for (int m = 0; m < AMS_CHOOSE_METHODS; m++) {
        const ams_link_budget all = {100, (double)INFINITY};
        ams_choice choice;
        ck_assert_int_eq(ams_link_session_choose(&s, (ams_link_method)m, &all, &choice, &err),
                         AMS_OK);
        ck_assert_uint_eq(choice.set & 8, 0);
    }
    /* Model 0 tells it, the constant is right on half of the items. */
    ck_assert_double_eq_tol(s.p[3], 1, 1e-9);
    ck_assert_double_lt(s.p0[3], 0.7);
    ams_link_session_close(&s);
    write_kinds("none.h5", false);
    o.data_path = "none.h5";
    o.truth = true;
    ck_assert_int_eq(ams_link_session_open(&s, &o, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "none.h5: the data set has no right answers"));
}
END_TEST

START_TEST(what_the_core_cannot_tell_runs)
{
    static const double deadline[] = {1, 11, 100};
    static const double core[] = {0.1, 1};
    const ams_link_scheduled_options how = {
        .deadline_ms = deadline, .n_deadlines = 3, .core = core, .n_cores = 2};
    ams_link_session s = {.data_hash = ""};
    ams_link_scheduled found;
    ams_error err = {""};
    write_kinds("kinds.h5", false);
    open_session(&s, "kinds.h5", false);
    ck_assert_msg(ams_link_scheduled_run(&found, &s, &how, &err) == AMS_OK, "%s", err.text);
    ck_assert_uint_eq(found.n_rows, 6);
    /* 1 ms: no core within a tenth, then model 0; links of no source are constants. A core of
     * all of it: model 0, and its links, which say both labels of model 2 where in doubt: F1 is
     * 2/3 on half of the items. */
    ck_assert_double_eq_tol(found.row[0].models, 1, 1e-9);
    ck_assert_double_eq_tol(found.row[0].f1, found.row[0].floor, 1e-9);
    ck_assert_double_eq_tol(found.row[1].f1, 1 - 1.0 / 3 / 2 / 3, 1e-9);
    /* 11 ms: model 0 is the core within 1.1 ms. Model 2 runs where it is in doubt: all is
     * right. As long as one set has to do, model 1 or model 2 is guessed. */
    ck_assert_double_eq_tol(found.row[2].f1, 1, 1e-9);
    ck_assert_double_eq_tol(found.row[2].models, 2, 1e-9);
    ck_assert_double_eq_tol(found.row[2].time_ms, 11, 1e-9);
    /* 100 ms: everything runs. */
    ck_assert_double_eq_tol(found.row[4].models, 3, 1e-9);
    ck_assert_double_eq_tol(found.row[5].f1, 1, 1e-9);
    ams_link_scheduled_fini(&found);
    ams_link_session_close(&s);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, truth_is_predicted_and_never_runs);
    tcase_add_test(tests, what_the_core_cannot_tell_runs);
}

int main(void)
{
    return run_suite("session", add);
}
