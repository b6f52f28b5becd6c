/* Workloads of recorded items, and what a study makes of them. */
#include "ams/stream_study.h"

#include "base/memory.h"
#include "lab/stream/agent.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 60 };

/* Random items of four models, in all splits. */
static void write_data(const char *path, ams_table *table)
{
    random_table_options o = random_table_defaults(11);
    o.n_items = ITEMS;
    o.n_models = 4;
    o.recorded = true;
    random_table(table, &o);
    ck_assert_int_eq(ams_table_write(table, path, NULL), AMS_OK);
}

static ams_stream_data open_data(const ams_stream_data_options *o)
{
    ams_stream_data data;
    ams_error err = {.text = ""};
    ck_assert_msg(ams_stream_data_open(&data, o, &err) == AMS_OK, "%s", err.text);
    return data;
}

START_TEST(sets_are_worth_their_share_of_the_value)
{
    ams_table table;
    write_data("data.h5", &table);
    const char *const chosen[] = {ams_names_get(&table.model_name, 2),
                                  ams_names_get(&table.model_name, 0)};
    const ams_stream_data_options o = {
        .path = "data.h5", .model = chosen, .n_models = 2, .sets = true, .split = AMS_TEST};
    ams_stream_data data = open_data(&o);
    const ams_workload *w = &data.work[2];
    ck_assert_uint_eq(w->n_items, ITEMS / 3);
    ck_assert_float_eq(w->time_ms[0], table.time_ms[2]);
    for (uint32_t i = 0; i < w->n_items; i++) {
        const uint32_t item = data.item[2][i];
        const uint64_t mask[] = {0, 1 << 2, 1 << 0, 1 << 2 | 1 << 0};
        const double full = ams_env_value(data.env, item, mask[3]);
        ck_assert_uint_eq(data.table.split[item], AMS_TEST);
        for (uint32_t s = 0; s < 4; s++) {
            const double value = ams_env_value(data.env, item, mask[s]);
            const double share = s == 0 ? 0 : full > 0 ? value / full : 1;
            ck_assert_float_eq_tol(w->observed[4 * i + s], value, 1e-6);
            ck_assert_float_eq_tol(w->utility[4 * i + s], share, 1e-6);
            ck_assert_float_eq(w->score[4 * i + s], w->utility[4 * i + s]);
        }
        ck_assert_float_eq(w->run_time_ms[2 * i + 1], table.run_time_ms[item * 4]);
    }
    ams_stream_data_fini(&data);
    ams_table_fini(&table);
}
END_TEST

START_TEST(stages_score_the_label_of_most_confidence_against_the_truth)
{
    const float time_ms[] = {1, 2};
    const given_output outputs[] = {
        {0, 0, 0, 0.3F}, {0, 0, 1, 0.6F}, {0, 1, 0, 0.9F}, {1, 0, 1, 0.8F}, {1, 1, 1, 0.7F}};
    ams_table table;
    given_table(&table, 2, 2, 2, time_ms, outputs, 5, AMS_TEST);
    ck_assert_int_eq(ams_alloc(&table.truth_indptr, 3, sizeof(uint64_t), "truth", NULL),
                     AMS_OK);
    ck_assert_int_eq(ams_alloc(&table.truth, 2, sizeof(uint32_t), "truth", NULL), AMS_OK);
    table.truth_indptr[1] = 1;
    table.truth_indptr[2] = 2;
    table.truth[0] = 0;
    table.truth[1] = 1;
    ck_assert_int_eq(ams_table_write(&table, "data.h5", NULL), AMS_OK);
    const ams_stream_data_options o = {.path = "data.h5", .split = AMS_TEST};
    ams_stream_data data = open_data(&o);
    const ams_workload *w = &data.work[2];
    const float score[] = {0, 0, 1, 0, 1, 1}; /* item 0 is right at the second stage */
    const float seen[] = {0, 0.6F, 0.9F, 0, 0.8F, 0.7F};
    ck_assert_mem_eq(w->score, score, sizeof score);
    ck_assert_mem_eq(w->observed, seen, sizeof seen);
    ck_assert_uint_eq(data.n_classes, 2);
    ams_stream_data_fini(&data);
    ams_table_fini(&table);
}
END_TEST

START_TEST(a_study_has_the_means_of_its_simulations)
{
    ams_table table;
    write_data("data.h5", &table);
    const ams_stream_data_options from = {.path = "data.h5", .sets = true, .split = AMS_TEST};
    ams_stream_data data = open_data(&from);
    const char *const series[] = {"edf-full", "static:3", "subset-dp@prior", "gated"};
    const uint64_t seed[] = {4, 9};
    ams_stream_point point = {.clients = 3, .delta = 0.05};
    ams_stream_study_options o = {.point = &point,
                                  .n_points = 1,
                                  .series = series,
                                  .n_series = 4,
                                  .seed = seed,
                                  .n_seeds = 2,
                                  .check = true};
    for (uint32_t m = 0; m < 4; m++) {
        point.deadline_high_ms += 2 * (double)table.time_ms[m];
    }
    point.deadline_low_ms = point.deadline_high_ms / 2;
    o.base.dispatch = ams_dispatch_defaults();
    o.base.source = ams_source_defaults();
    o.base.source.jobs = 200;
    o.base.warmup = 20;
    ams_stream_study study;
    ams_error err = {.text = ""};
    ck_assert_msg(ams_stream_study_run(&study, &data, &o, &err) == AMS_OK, "%s", err.text);
    /* The same jobs by hand. */
    double score[2];
    for (int k = 0; k < 2; k++) {
        ams_sim_options sim = o.base;
        ams_sim_result r;
        sim.workload = &data.work[2];
        sim.source.clients = 3;
        sim.source.deadline_low_ms = point.deadline_low_ms;
        sim.source.deadline_high_ms = point.deadline_high_ms;
        sim.source.seed = seed[k];
        sim.dispatch.delta = point.delta;
        ck_assert_int_eq(ams_simulate(&r, &sim, NULL), AMS_OK);
        score[k] = r.score;
        ck_assert_uint_eq(r.jobs, 180);
        ams_sim_result_fini(&r);
    }
    double error = 0;
    const double mean = ams_stream_mean(&study, 0, 0, AMS_STREAM_SCORE, &error);
    ck_assert_double_eq_tol(mean, (score[0] + score[1]) / 2, 1e-12);
    ck_assert_double_eq_tol(error, fabs(score[0] - score[1]) / 2, 1e-12);
    ck_assert_double_gt(study.series[3].parameter[0], 0); /* chosen */
    double full = 0;
    double mandatory = 0;
    ams_stream_offered(&study, 0, &full, &mandatory);
    ck_assert_double_eq_tol(full, 3 / 1.5, 1e-6); /* a job per client and 1.5 x full time */
    ck_assert_double_lt(mandatory, full);
    ams_stream_study_fini(&study);
    ams_stream_data_fini(&data);
    ams_table_fini(&table);
}
END_TEST

START_TEST(a_policy_that_has_seen_nothing_expects_training_means)
{
    ams_table table;
    write_data("data.h5", &table);
    const ams_stream_data_options from = {
        .path = "data.h5", .sets = true, .policy = "cooccur", .split = AMS_TEST};
    ams_stream_data data = open_data(&from);
    const ams_workload *training = &data.work[AMS_TRAIN];
    const ams_predictor agent = ams_stream_agent_predictor(data.agent, 2);
    for (uint32_t i = 0; i < data.work[2].n_items; i++) {
        float u[16] = {0};
        const ams_stream_job nothing = {.item = i};
        agent.predict(agent.state, &nothing, u);
        for (uint32_t s = 0; s < 16; s++) {
            double sum = 0;
            for (uint32_t k = 0; k < training->n_items; k++) {
                sum += (double)training->utility[16 * k + s];
            }
            double expected = sum / training->n_items;
            for (uint32_t m = 0; m < 4; m++) { /* no less than with a model fewer */
                expected =
                    (s >> m & 1) != 0 ? fmax(expected, (double)u[s & ~(1U << m)]) : expected;
            }
            ck_assert_float_eq_tol(u[s], expected, 1e-5);
        }
        /* Having seen two outputs it still rises with the models. */
        const ams_stream_job two = {.item = i, .done = 5, .observed = 1};
        agent.predict(agent.state, &two, u);
        ck_assert(u[7] >= u[5] && u[13] >= u[5] && u[15] >= u[7] && u[15] >= u[13]);
        ck_assert(u[5] >= 0 && u[15] <= 1);
    }
    ams_stream_data_fini(&data);
    ams_table_fini(&table);
}
END_TEST

/* Rates first, steps last; open and constant ones. */
START_TEST(points_are_all_combinations)
{
    static const double rate[] = {2, 7};
    static const double high[] = {30, 40, 50};
    static const double delta[] = {0.1, 0.2};
    ams_stream_axes axes = {.rate = rate,
                            .high_ms = high,
                            .delta = delta,
                            .n_rates = 2,
                            .n_highs = 3,
                            .n_deltas = 2,
                            .low_ms = 10,
                            .clients = true};
    ams_stream_point *point = NULL;
    ams_error err = {.text = ""};
    uint32_t n = 0;
    ck_assert_int_eq(ams_stream_points(&axes, &point, &n, &err), AMS_OK);
    ck_assert_uint_eq(n, 12);
    for (uint32_t r = 0, k = 0; r < 2; r++) {
        for (uint32_t h = 0; h < 3; h++) {
            for (uint32_t d = 0; d < 2; d++, k++) {
                ck_assert_uint_eq(point[k].clients, (uint32_t)rate[r]);
                ck_assert_double_eq(point[k].load, 0);
                ck_assert_double_eq(point[k].deadline_low_ms, 10);
                ck_assert_double_eq(point[k].deadline_high_ms, high[h]);
                ck_assert_double_eq(point[k].delta, delta[d]);
            }
        }
    }
    free(point);
    axes.clients = false;
    axes.constant = true;
    ck_assert_int_eq(ams_stream_points(&axes, &point, &n, &err), AMS_OK);
    ck_assert_uint_eq(point[11].clients, 0);
    ck_assert_double_eq(point[11].load, 7);
    ck_assert_double_eq(point[11].deadline_low_ms, 50);
    free(point);
    axes.n_rates = 2;
    axes.n_highs = 43;
    axes.n_deltas = 3; /* 258: the lists are not read */
    ck_assert_int_eq(ams_stream_points(&axes, &point, &n, &err), AMS_USAGE);
    ck_assert_str_eq(err.text, "2 x 43 x 3 points: expected at most 256");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_policy_that_has_seen_nothing_expects_training_means);
    tcase_add_test(tests, points_are_all_combinations);
    tcase_add_test(tests, sets_are_worth_their_share_of_the_value);
    tcase_add_test(tests, stages_score_the_label_of_most_confidence_against_the_truth);
    tcase_add_test(tests, a_study_has_the_means_of_its_simulations);
}

int main(void)
{
    return run_suite("stream_study", add);
}
