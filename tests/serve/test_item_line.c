/* The line of JSON that an item ends in, and the sums over items, worked by hand. */
#include "serve/item_line.h"

#include "tests/serve/fixture.h"

#include "tests/base/suite.h"

#include <math.h>
#include <string.h>

enum { MODELS = 4 };

static ams_output parse(const char *text, const char *task)
{
    ams_output output = {.n = 0};
    ck_assert_int_eq(ams_output_parse(&output, text, strlen(text), task, NULL), AMS_OK);
    return output;
}

/* One model of each kind of end: finished twice with a label in common, failed, untouched. */
typedef struct four_models {
    ams_program program[MODELS];
    ams_run_model model[MODELS];
    ams_programs programs;
    ams_run_report report;
} four_models;

static void make(four_models *f)
{
    static char name[MODELS][8] = {"a", "b", "c \"q\"", "d"};
    static char task[] = "t";
    *f = (four_models){
        .programs = {f->program, MODELS},
        .report = {.model = f->model, .took_ms = 31.25, .result = {.saved_ms = 40.5}}};
    for (int m = 0; m < MODELS; m++) {
        f->program[m] =
            (ams_program){.name = name[m], .task = task, .time_ms = 10 * (m + 1), .mem_mb = 1};
    }
    f->model[0] = (ams_run_model){.state = AMS_RUN_FINISHED, .start_ms = 0.5, .end_ms = 10};
    f->model[0].output = parse("x\t0.25\ny\n", "t");
    f->model[1] = (ams_run_model){.state = AMS_RUN_FINISHED, .start_ms = 11, .end_ms = 21.125};
    f->model[1].output = parse("x\t0.5\ny\t0.75\n", "t");
    f->model[2] = (ams_run_model){
        .state = AMS_RUN_FAILED, .start_ms = 22, .end_ms = 31, .why = "exit code 1"};
}

static void drop(four_models *f)
{
    for (int m = 0; m < MODELS; m++) {
        ams_output_fini(&f->model[m].output);
    }
}

START_TEST(a_line)
{
    four_models f;
    ams_text line = {.data = NULL};
    make(&f);
    ck_assert_int_eq(ams_item_line(&line, "it \"1\"", &f.programs, &f.report, NULL), AMS_OK);
    ams_text_bytes(&line, "", 1);
    ck_assert_str_eq(
        line.data,
        "{\"item\": \"it \\\"1\\\"\", \"labels\": [[\"t/x\", 0.5], [\"t/y\", 1]], \"runs\": ["
        "{\"model\": \"a\", \"state\": \"finished\", \"start_ms\": 0.5, \"time_ms\": 9.5}, "
        "{\"model\": \"b\", \"state\": \"finished\", \"start_ms\": 11, \"time_ms\": 10.125}, "
        "{\"model\": \"c \\\"q\\\"\", \"state\": \"failed\", \"start_ms\": 22, "
        "\"time_ms\": 9, \"why\": \"exit code 1\"}], \"untouched\": [\"d\"], "
        "\"took_ms\": 31.25, \"saved_ms\": 40.5}\n");
    json_t *json = json_loads(line.data, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(json);
    json_decref(json);
    ams_text_fini(&line);
    drop(&f);
}
END_TEST

/* Lines append; one that memory was short for is an error, not half a line. */
START_TEST(lines_append_or_fail)
{
    four_models f;
    ams_text lines = {.data = NULL};
    ams_error err = {{0}};
    make(&f);
    ck_assert_int_eq(ams_item_line(&lines, "a", &f.programs, &f.report, NULL), AMS_OK);
    const size_t one = lines.used;
    ck_assert_int_eq(ams_item_line(&lines, "b", &f.programs, &f.report, NULL), AMS_OK);
    ck_assert_uint_eq(lines.used, 2 * one);
    ck_assert_int_eq(lines.data[one], '{');
    lines.failed = true;
    ck_assert_int_eq(ams_item_line(&lines, "c", &f.programs, &f.report, &err), AMS_BACKEND);
    ck_assert_ptr_nonnull(strstr(err.text, "memory"));
    ams_text_fini(&lines);
    drop(&f);
}
END_TEST

START_TEST(sums)
{
    four_models f;
    ams_run_totals totals = {.items = 0};
    make(&f);
    ams_run_totals_add(&totals, &f.programs, &f.report);
    f.model[1].state = AMS_RUN_CUT;
    ams_run_totals_add(&totals, &f.programs, &f.report);
    ck_assert_uint_eq(totals.items, 2);
    ck_assert_uint_eq(totals.finished, 3);
    ck_assert_uint_eq(totals.failed, 2);
    ck_assert_uint_eq(totals.cut, 1);
    ck_assert_double_eq(totals.took_ms, 62.5);
    ck_assert_double_eq(totals.saved_ms, 81);
    drop(&f);
}
END_TEST

/* Times of the programs, and the policy's for those that give none. */
START_TEST(expected_time)
{
    ams_live_policy policy;
    ams_program program[3] = {{.time_ms = 7}, {.time_ms = NAN}, {.time_ms = 0.5}};
    const ams_programs programs = {program, 3};
    ck_assert_int_eq(ams_live_open(&policy, AMS_POLICY, NULL), AMS_OK);
    ck_assert_double_eq(ams_run_expected_ms(&policy, &programs),
                        7.5 + (double)ams_online_model_ms(policy.online, 1));
    ams_live_close(&policy);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_line);
    tcase_add_test(tests, lines_append_or_fail);
    tcase_add_test(tests, sums);
    tcase_add_test(tests, expected_time);
}

int main(void)
{
    return run_suite("serve_item_line", add);
}
