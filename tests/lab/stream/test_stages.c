/* Which models are stages and in which order, against names and orders that are listed here. */
#include "ams/policy.h"
#include "ams/stream_study.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <string.h>

enum { ITEMS = 60, MODELS = 6 }; /* m0 to m5, of tasks t0, t1, t2, t0, t1, t2 */
static ams_error err;

/* Stage of m0, m1, ... and the network: m0 and m3 may be exits of one. */
static void write_data(ams_table *table, const uint32_t stage[MODELS],
                       const char *const network[MODELS])
{
    random_table_options o = random_table_defaults(11);
    o.n_items = ITEMS;
    o.recorded = true;
    random_table(table, &o);
    for (uint32_t m = 0; stage != NULL && m < MODELS; m++) {
        ck_assert_int_eq(ams_exits_set(&table->exits, MODELS, m, network[m], stage[m], NULL),
                         AMS_OK);
    }
    ck_assert_msg(ams_table_write(table, "data.h5", &err) == AMS_OK, "%s", err.text);
}

static ams_status open_stages(ams_stream_data *data, const char *name, bool sets)
{
    const ams_stream_data_options o = {.path = "data.h5",
                                       .model = &name,
                                       .n_models = name != NULL,
                                       .sets = sets,
                                       .split = AMS_TEST};
    err.text[0] = '\0';
    return ams_stream_data_open(data, &o, &err);
}

static void expect_stages(const char *name, const uint32_t *model, uint32_t n)
{
    ams_stream_data data;
    ck_assert_msg(open_stages(&data, name, false) == AMS_OK, "%s", err.text);
    ck_assert_uint_eq(data.work[2].n_models, n);
    for (uint32_t k = 0; k < n; k++) {
        ck_assert_uint_eq(ams_stream_data_model(&data, 2, 0, k), model[k]);
        ck_assert_float_eq(data.time_ms[k], data.table.time_ms[model[k]]);
    }
    ams_stream_data_fini(&data);
}

static void refuse_stages(const char *name, bool sets, const char *words)
{
    ams_stream_data data;
    ck_assert_int_eq(open_stages(&data, name, sets), AMS_USAGE);
    ck_assert_msg(strstr(err.text, words) != NULL, "'%s' not in: %s", words, err.text);
}

START_TEST(exits_of_the_network_are_stages_in_their_order)
{
    static const uint32_t none[] = {0, 1, 2, 3, 4, 5};
    static const uint32_t exits[] = {3, 0};
    static const uint32_t mini[] = {4, 1};
    static const uint32_t one[] = {5};
    static const uint32_t stage[] = {2, 0, 0, 1, 0, 0};
    static const char *const network[] = {"net", "", "", "net", "", ""};
    static const uint32_t stages[] = {2, 7, 0, 1, 3, 1};
    static const char *const networks[] = {"net", "mini", "", "net", "mini", "m5"};
    ams_table table;
    write_data(&table, NULL, NULL);
    expect_stages(NULL, none, MODELS); /* a file that names no exits */
    refuse_stages("net", false, "no model 'net'");
    ams_table_fini(&table);
    write_data(&table, stage, network);
    expect_stages(NULL, exits, 2);
    expect_stages("net", exits, 2);
    expect_stages("all", none, MODELS);
    expect_stages("m5", one, 1);
    ams_table_fini(&table);
    write_data(&table, stages, networks);
    refuse_stages(NULL, false, "exits of 3 networks");
    refuse_stages(NULL, false, "net, mini, m5");
    expect_stages("mini", mini, 2);
    expect_stages("m5", one, 1); /* the model, which has that name itself */
    ams_table_fini(&table);
}
END_TEST

START_TEST(models_of_a_task_run_from_the_cheapest_on)
{
    ams_table table;
    write_data(&table, NULL, NULL);
    const bool swaps = table.time_ms[4] < table.time_ms[1];
    const uint32_t model[] = {swaps ? 4 : 1, swaps ? 1 : 4};
    ams_stream_data data;
    expect_stages("task:t1", model, 2);
    ck_assert_int_eq(open_stages(&data, "task:t1", true), AMS_OK);
    ck_assert_uint_eq(data.work[2].n_models, 2);
    ams_stream_data_fini(&data);
    refuse_stages("task:t11", false, "no models of the task 't11'");
    refuse_stages("policy:fixed", true, "sets have no order");
    refuse_stages("policy:fixd", false, "fixd");
    ams_table_fini(&table);
}
END_TEST

/* The policy's own orders, asked for here. */
static const struct {
    const char *name;
    bool one_order;
} policies[] = {{"policy:random", false}, {"policy:fixed", true}, {"policy:oracle", false}};

/* Value, times and model of each stage of an item. */
static void check_item(const ams_stream_data *d, uint32_t part, uint32_t row,
                       const uint8_t *order)
{
    const ams_workload *w = &d->work[part];
    const uint32_t item = d->item[part][row];
    uint64_t mask = 0;
    for (uint32_t l = 0; l < MODELS; l++) {
        const float *expected = w->item_time_ms;
        ck_assert_uint_eq(ams_stream_data_model(d, part, row, l), order[l]);
        ck_assert_float_eq(expected == NULL ? w->time_ms[l] : expected[row * MODELS + l],
                           d->table.time_ms[order[l]]);
        ck_assert_float_eq(w->run_time_ms[row * MODELS + l],
                           d->table.run_time_ms[item * MODELS + order[l]]);
        mask |= UINT64_C(1) << order[l];
        ck_assert_float_eq_tol(w->observed[row * (MODELS + 1) + l + 1],
                               ams_env_value(d->env, item, mask), 1e-6);
    }
}

START_TEST(stages_follow_the_order_of_a_policy)
{
    ams_stream_data data;
    ams_table table;
    ams_policy *policy = NULL;
    void *worker = NULL;
    double sum[MODELS] = {0};
    write_data(&table, NULL, NULL);
    ck_assert_msg(open_stages(&data, policies[_i].name, false) == AMS_OK, "%s", err.text);
    ck_assert_int_eq(ams_policy_create(&policy, strchr(policies[_i].name, ':') + 1, &data.table,
                                       data.env, &err),
                     AMS_OK);
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    ck_assert(kind->worker_create == NULL ||
              kind->worker_create(policy, &worker, &err) == AMS_OK);
    ck_assert_int_eq(data.order[2] == NULL, policies[_i].one_order);
    for (uint32_t part = 0; part < 3; part++) {
        for (uint32_t row = 0; row < data.work[part].n_items; row++) {
            uint8_t order[AMS_MAX_MODELS];
            ck_assert_uint_eq(kind->order(policy, worker, data.item[part][row], 0, order),
                              MODELS);
            check_item(&data, part, row, order);
            for (uint32_t l = 0; part == 0 && l < MODELS; l++) {
                sum[l] += (double)data.table.time_ms[order[l]] / data.work[0].n_items;
            }
        }
    }
    for (uint32_t l = 0; l < MODELS; l++) { /* what is expected of stages to come */
        ck_assert_float_eq_tol(data.time_ms[l], (float)sum[l], 1e-3);
    }
    if (worker != NULL) {
        kind->worker_destroy(worker);
    }
    ams_policy_destroy(policy);
    ams_stream_data_fini(&data);
    ams_table_fini(&table);
}
END_TEST

/* All predictors and kinds over orders that differ, every schedule through the check. */
START_TEST(orders_that_differ_are_scheduled)
{
    static const char *const series[] = {"hedged:0.1",
                                         "hedged:0.1@outputs",
                                         "dp",
                                         "dp@agent",
                                         "dp@truth",
                                         "dp-greedy",
                                         "subset-dp",
                                         "density",
                                         "edf-full",
                                         "threshold:0.9",
                                         "gated:0.8",
                                         "greedy-sjf",
                                         "subset-hedged:0",
                                         "laxity"};
    const char *name = "policy:oracle";
    const ams_stream_data_options from = {
        .path = "data.h5", .model = &name, .n_models = 1, .split = AMS_TEST, .policy = "knn"};
    const uint64_t seed = 1;
    const ams_stream_point point = {
        .clients = 3, .deadline_low_ms = 400, .deadline_high_ms = 2000, .delta = 0.01};
    ams_stream_study_options o = {.point = &point,
                                  .n_points = 1,
                                  .series = series,
                                  .n_series = sizeof series / sizeof *series,
                                  .seed = &seed,
                                  .n_seeds = 1,
                                  .check = true};
    ams_stream_study study;
    ams_stream_data data;
    ams_table table;
    write_data(&table, NULL, NULL);
    ck_assert_msg(ams_stream_data_open(&data, &from, &err) == AMS_OK, "%s", err.text);
    o.base =
        (ams_sim_options){.dispatch = ams_dispatch_defaults(), .source = ams_source_defaults()};
    o.base.source.jobs = 300;
    for (o.base.dispatch.workers = 1; o.base.dispatch.workers < 4; o.base.dispatch.workers++) {
        ck_assert_msg(ams_stream_study_run(&study, &data, &o, &err) == AMS_OK, "%s", err.text);
        ams_stream_study_fini(&study);
    }
    o.base.dispatch.workers = 0;
    ck_assert_int_eq(ams_stream_study_run(&study, &data, &o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "found a worker per model"));
    ams_stream_data_fini(&data);
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, exits_of_the_network_are_stages_in_their_order);
    tcase_add_test(tests, models_of_a_task_run_from_the_cheapest_on);
    tcase_add_loop_test(tests, stages_follow_the_order_of_a_policy, 0,
                        sizeof policies / sizeof *policies);
    tcase_add_test(tests, orders_that_differ_are_scheduled);
}

int main(void)
{
    return run_suite("stream_stages", add);
}
