/* Predictors against their formulas, and requests read from files. */
#include "tests/base/suite.h"
#include "tests/stream/fixture.h"

#include <math.h>
#include <string.h>

static fixture data;

static void predict(const char *name, float floor, const ams_stream_job *job, float *u)
{
    ams_fitted *f = NULL;
    ck_assert_int_eq(ams_fitted_create(&f, name, &data.workload, &data.workload, floor, NULL),
                     AMS_OK);
    const ams_predictor p = ams_fitted_predictor(f);
    ck_assert_str_eq(p.name, name);
    p.predict(p.state, job, u);
    ams_fitted_destroy(f);
}

START_TEST(stages_follow_their_formulas)
{
    float u[4];
    const ams_stream_job two = {.item = 3, .done = 3, .observed = 0.6F, .previous = 0.5F};
    fixture_init(&data, false, 3);
    predict("max", 0, &two, u);
    ck_assert(u[2] == 0.6F && u[3] == 1);
    predict("lin", 0, &two, u);
    ck_assert_float_eq_tol(u[3], 0.7, 1e-6);
    predict("exp-own", 0, &two, u);
    ck_assert_float_eq_tol(u[3], 1 - 0.4 * (0.4 / 0.5), 1e-6);
    /* rho: exp of the mean of ln((1 - u' + 1e-3) / (1 - u + 1e-3)) over items and stages */
    double sum = 0;
    for (int i = 0; i < FIXTURE_ITEMS; i++) {
        for (int l = 1; l < 3; l++) {
            sum += log((1 - (double)data.utility[4 * i + l + 1] + 1e-3) /
                       (1 - (double)data.utility[4 * i + l] + 1e-3));
        }
    }
    predict("exp", 0, &two, u);
    ck_assert_float_eq_tol(u[3], 1 - 0.4 * exp(sum / (2 * FIXTURE_ITEMS)), 1e-5);
    /* From one stage on, with the floor of two classes. */
    const ams_stream_job one = {.item = 3, .done = 1, .observed = 0.7F};
    predict("lin", 0.5F, &one, u);
    ck_assert_float_eq_tol(u[2], 0.9, 1e-6);
    ck_assert_float_eq(u[3], 1); /* 1.1, clipped */
    predict("oracle", 0, &one, u);
    ck_assert_float_eq(u[3], data.utility[4 * 3 + 3]);
}
END_TEST

START_TEST(nothing_is_known_before_the_first_model_but_means)
{
    float u[4];
    float prior[4];
    double sum = 0;
    const ams_stream_job none = {.item = 3};
    fixture_init(&data, false, 3);
    for (int i = 0; i < FIXTURE_ITEMS; i++) {
        sum += (double)data.utility[4 * i + 2];
    }
    predict("prior", 0, &none, prior);
    ck_assert_float_eq_tol(prior[2], sum / FIXTURE_ITEMS, 1e-5);
    const char *const same[] = {"exp", "exp-own", "lin", "mean"};
    for (int k = 0; k < 4; k++) {
        predict(same[k], 0, &none, u);
        ck_assert(fabsf(u[2] - prior[2]) < 1e-5F && fabsf(u[3] - prior[3]) < 1e-5F);
    }
}
END_TEST

START_TEST(means_are_of_the_items_in_the_same_tenth)
{
    float u[4];
    fixture_init(&data, false, 3);
    for (int item = 0; item < FIXTURE_ITEMS; item += 7) {
        const float seen = data.observed[4 * item + 1];
        const ams_stream_job job = {.item = (uint32_t)item, .done = 1, .observed = seen};
        double sum = 0;
        int n = 0;
        int below = 0; /* edges: values that k tenths of the items do not reach */
        for (int i = 0; i < FIXTURE_ITEMS; i++) {
            below += data.observed[4 * i + 1] < seen;
        }
        const int tenth = below / (FIXTURE_ITEMS / 10);
        for (int i = 0; i < FIXTURE_ITEMS; i++) {
            int rank = 0;
            for (int j = 0; j < FIXTURE_ITEMS; j++) {
                rank += data.observed[4 * j + 1] < data.observed[4 * i + 1];
            }
            if (rank / (FIXTURE_ITEMS / 10) == tenth) {
                sum += (double)data.utility[4 * i + 3];
                n++;
            }
        }
        predict("mean", 0, &job, u);
        ck_assert_float_eq_tol(u[3], sum / n, 1e-5);
    }
}
END_TEST

/* In place of the confidence, the share of right answers in the tenth. */
START_TEST(calibrated_is_of_right_answers)
{
    float u[4];
    fixture_init(&data, false, 3);
    for (uint32_t i = 0; i < FIXTURE_ITEMS; i++) {
        data.observed[4 * i + 1] = i % 5 == 0 ? 0.9F : 0.1F;
        data.utility[4 * i + 2] = 0.95F;
        data.score[4 * i + 1] = 0;
        data.score[4 * i + 2] = i % 10 == 0 ? 1 : 0; /* half of the sure ones */
    }
    const ams_stream_job sure = {.done = 1, .observed = 0.9F};
    predict("calibrated", 0, &sure, u);
    ck_assert(u[1] == 0 && fabsf(u[2] - 0.5F) < 1e-6F);
    predict("mean", 0, &sure, u);
    ck_assert_float_eq_tol(u[2], 0.95, 1e-6);
    const ams_stream_job unsure = {.done = 1, .observed = 0.1F};
    predict("calibrated", 0, &unsure, u);
    ck_assert_float_eq(u[2], 0);
}
END_TEST

START_TEST(sets_never_lose_by_a_model_more)
{
    float u[8];
    fixture_init(&data, true, 3);
    for (uint32_t i = 0; i < FIXTURE_ITEMS; i++) { /* the data fall in places */
        data.utility[8 * i + 7] = 0.1F;
    }
    const ams_stream_job job = {.item = 1, .done = 2, .observed = data.observed[8 + 2]};
    predict("mean", 0, &job, u);
    ck_assert(u[3] >= u[2] && u[6] >= u[2] && u[7] >= u[3] && u[7] >= u[6]);
    ams_error err;
    ams_fitted *f = NULL;
    ck_assert_int_eq(ams_fitted_create(&f, "lin", &data.workload, &data.workload, 0, &err),
                     AMS_USAGE);
    ck_assert_int_eq(ams_fitted_create(&f, "meen", &data.workload, &data.workload, 0, &err),
                     AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "did you mean mean"));
}
END_TEST

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(requests_are_read_in_order_of_their_arrivals)
{
    ams_stream_trace t;
    ams_error err;
    write_text("trace.csv", "arrival_ms,deadline_ms,item,client\n5,10,1,3\n0.5,2.25,0,4\n");
    ck_assert_msg(ams_stream_trace_read(&t, "trace.csv", 2, NULL, NULL, &err) == AMS_OK, "%s",
                  err.text);
    ck_assert_uint_eq(t.n, 2);
    ck_assert(t.arrival_ms[0] == 0.5 && t.deadline_ms[0] == 2.75 && t.item[0] == 0);
    ck_assert(t.arrival_ms[1] == 5 && t.deadline_ms[1] == 15 && t.client[1] == 3);
    ams_stream_trace_fini(&t);
    write_text("trace.csv", "deadline_ms\tarrival_ms\n1\t2\n3\t4\n5\t6\n");
    ck_assert_int_eq(ams_stream_trace_read(&t, "trace.csv", 2, NULL, NULL, &err), AMS_OK);
    ck_assert(t.n == 3 && t.item[1] == 1 && t.item[2] == 0); /* row modulo items */
    ams_stream_trace_fini(&t);
    /* A killed server tore the last row; of a whole one the line end may be missing. */
    write_text("trace.csv", "arrival_ms,deadline_ms,item,client\n5,10,1,3\n6.5,2.2");
    ck_assert_int_eq(ams_stream_trace_read(&t, "trace.csv", 2, NULL, NULL, &err), AMS_OK);
    ck_assert_uint_eq(t.n, 1);
    ams_stream_trace_fini(&t);
    write_text("trace.csv", "arrival_ms,deadline_ms,item,client\n5,10,1,3\n6.5,2.2,0,1");
    ck_assert_int_eq(ams_stream_trace_read(&t, "trace.csv", 2, NULL, NULL, &err), AMS_OK);
    ck_assert_uint_eq(t.n, 2);
    ams_stream_trace_fini(&t);
}
END_TEST

START_TEST(requests_that_cannot_be_are_refused_with_their_line)
{
    ams_stream_trace t;
    ams_error err;
    const struct {
        const char *text, *says;
    } bad[] = {{"arrival_ms,item\n1,2\n", "deadline_ms"},
               {"arrival_ms,deadline_ms\n1,5\n-1,5\n", "trace.csv:3"},
               {"arrival_ms,deadline_ms\n1,0\n", "trace.csv:2"},
               {"arrival_ms,deadline_ms\n1\n2,5\n", "trace.csv:2"}, /* torn, but not last */
               {"arrival_ms,deadline_ms,item\n1,5,9\n", "place below 2, found '9'"},
               {"arrival_ms,deadline_ms,client\n1,5,x\n", "number of a client"},
               {"arrival_ms,deadline_ms\n", "at least one request"}};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        write_text("trace.csv", bad[k].text);
        ck_assert_int_eq(ams_stream_trace_read(&t, "trace.csv", 2, NULL, NULL, &err),
                         AMS_BAD_DATA);
        ck_assert_msg(strstr(err.text, bad[k].says) != NULL, "%s", err.text);
        ck_assert_ptr_null(t.item);
    }
    ck_assert_int_eq(ams_stream_trace_read(&t, "none.csv", 2, NULL, NULL, &err), AMS_IO);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, stages_follow_their_formulas);
    tcase_add_test(tests, nothing_is_known_before_the_first_model_but_means);
    tcase_add_test(tests, means_are_of_the_items_in_the_same_tenth);
    tcase_add_test(tests, calibrated_is_of_right_answers);
    tcase_add_test(tests, sets_never_lose_by_a_model_more);
    tcase_add_test(tests, requests_are_read_in_order_of_their_arrivals);
    tcase_add_test(tests, requests_that_cannot_be_are_refused_with_their_line);
}

int main(void)
{
    return run_suite("stream_predict", add);
}
