/* Rounded weights: scores before and after against separate evaluations, changes of Q-values
 * against the networks' own, and what is refused. */
#include "lab/score/quantize.h"

#include "ams/evaluate.h"
#include "ams/export.h"
#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/lab/score/worked.h"

#include <math.h>
#include <string.h>

static void need(ams_status status, const ams_error *err)
{
    ck_assert_msg(status == AMS_OK, "%s", err->text);
}

/* Mean area and mean time until 0.8, 0.9 and 1.0, summed in another way than the library's. */
static void check_scores(const char *file, ams_split split, ams_validation found)
{
    const ams_eval_options options = {.split = split};
    ams_table table = {0};
    ams_env *env = NULL;
    ams_policy *policy = NULL;
    ams_scores scores;
    ams_error err = {0};
    double time_ms = 0;
    double area = 0;
    const ams_env_options env_options = ams_env_defaults();
    need(ams_table_read(&table, "data.h5", &err), &err);
    need(ams_env_create(&env, &table, &env_options, &err), &err);
    need(ams_policy_create(&policy, file, &table, env, &err), &err);
    need(ams_evaluate(&scores, policy, &table, &options, &err), &err);
    for (uint32_t i = 0; i < scores.n; i++) {
        area += scores.area[i];
        for (uint32_t q = AMS_AT_80; q < AMS_RECALLS; q++) {
            time_ms += scores.time_ms[i * AMS_RECALLS + q];
        }
    }
    ck_assert_double_eq_tol(found.area, area / scores.n, 1e-9);
    ck_assert_double_eq_tol(found.time_ms, time_ms / 3 / scores.n, 1e-6);
    ams_scores_fini(&scores);
    ams_policy_destroy(policy);
    ams_env_destroy(env);
    ams_table_fini(&table);
}

/* Random weights on a random table of more items; names and times are lent by the table. */
static void make_policy(ams_policy_file *policy, const ams_table *table)
{
    ams_error err = {0};
    *policy = (ams_policy_file){.agent = "dqn",
                                .label = "mine",
                                .seed = 3,
                                .updates = 1,
                                .decide = AMS_DECIDE_COST_Q,
                                .env = ams_env_defaults(),
                                .data_hash = "00000000000000000000000000000000",
                                .model_name = table->model_name,
                                .label_name = table->label_name,
                                .time_ms = table->time_ms,
                                .mem_mb = table->mem_mb,
                                .theta = table->theta};
    ams_env *env = NULL;
    need(ams_env_create(&env, table, &policy->env, &err), &err);
    need(ams_net_init(&policy->net, env->n_features, "8", table->n_models + 1, &err), &err);
    ams_net_randomize(&policy->net, 3);
    for (uint64_t i = 0; i < policy->net.n_params; i++) {
        policy->net.params[i] *= 20;
    }
    ams_env_destroy(env);
}

static double largest_change(const ams_policy_file *policy, const ams_net *rounded)
{
    static float q[AMS_GOLDEN_STATES * (AMS_MAX_MODELS + 1)];
    ams_golden golden;
    ams_error err = {0};
    double largest = 0;
    need(ams_golden_init(&golden, policy, &err), &err);
    need(ams_golden_forward(&golden, rounded, q, &err), &err);
    for (uint32_t i = 0; i < AMS_GOLDEN_STATES * golden.n_actions; i++) {
        largest = fmax(largest, fabs((double)q[i] - (double)golden.q[i]));
    }
    ams_golden_fini(&golden);
    return largest;
}

START_TEST(test_scores_and_change)
{
    random_table_options shape = random_table_defaults(8);
    const ams_quantize_options options = {.data_path = "data.h5",
                                          .split = _i / 2 == 0 ? AMS_TEST : AMS_VALIDATION,
                                          .stored =
                                              _i % 2 == 0 ? AMS_STORED_INT8 : AMS_STORED_FP16};
    ams_table table;
    ams_policy_file policy;
    ams_quantized result;
    ams_error err = {0};
    shape.n_items = 90;
    random_table(&table, &shape);
    need(ams_table_write(&table, "data.h5", &err), &err);
    make_policy(&policy, &table);
    need(ams_policy_file_write(&policy, "policy.ams", &err), &err);
    need(ams_quantize(&result, &policy, &options, &err), &err);
    ck_assert_int_eq(policy.stored, AMS_STORED_FP32);
    ck_assert_int_eq(result.policy.stored, options.stored);
    ck_assert_uint_eq(result.n_items, 30);
    need(ams_policy_file_write(&result.policy, "rounded.ams", &err), &err);
    check_scores("policy.ams", options.split, result.before);
    check_scores("rounded.ams", options.split, result.after);
    const double change = largest_change(&policy, &result.policy.net);
    ck_assert_double_gt(change, 0);
    ck_assert_double_eq(result.q_change, change);
    ams_quantized_fini(&result);
    ams_net_fini(&policy.net);
    ams_table_fini(&table);
}
END_TEST

/* All weights are 0 and biases are not rounded, so nothing changes; times are those of the
 * worked example's order m0 m1 m2. */
START_TEST(test_worked_example)
{
    const ams_quantize_options options = {
        .data_path = "data.h5", .split = AMS_TEST, .stored = AMS_STORED_INT8};
    ams_policy_file policy;
    ams_quantized result;
    ams_error err = {0};
    worked_data("data.h5", NULL);
    worked_policy(&policy, "dqn", 1, "012");
    need(ams_quantize(&result, &policy, &options, &err), &err);
    ck_assert_double_eq_tol(result.before.time_ms, 250, 1e-9);
    ck_assert_double_eq_tol(result.before.area, (125 + 200) / 700.0, 1e-6);
    ck_assert_double_eq(result.after.time_ms, result.before.time_ms);
    ck_assert_double_eq(result.after.area, result.before.area);
    ck_assert_double_eq(result.q_change, 0);
    ams_quantized_fini(&result);
    ams_policy_file_fini(&policy);
}
END_TEST

static void refuse(const ams_policy_file *policy, const ams_quantize_options *options,
                   ams_status expected, const char *text)
{
    ams_quantized result;
    ams_error err = {0};
    ck_assert_int_eq(ams_quantize(&result, policy, options, &err), expected);
    ck_assert_msg(strstr(err.text, text) != NULL, "expected '%s' in: %s", text, err.text);
    ck_assert_ptr_null(result.policy.net.params);
}

START_TEST(test_refusals)
{
    ams_quantize_options options = {
        .data_path = "data.h5", .split = AMS_TEST, .stored = AMS_STORED_FP16};
    random_table_options shape = random_table_defaults(8);
    ams_policy_file policy;
    ams_table table;
    ams_error err = {0};
    worked_policy(&policy, "dqn", 1, "012");
    random_table(&table, &shape);
    need(ams_table_write(&table, "data.h5", &err), &err);
    refuse(&policy, &options, AMS_BAD_DATA, "data.h5: the policy was trained with 3 models");
    options.data_path = "none.h5";
    refuse(&policy, &options, AMS_IO, "none.h5");
    policy.net.params[policy.net.weight[0]] = 1e6F; /* beyond fp16 */
    refuse(&policy, &options, AMS_BAD_DATA, "fp16");
    ams_table_fini(&table);
    ams_policy_file_fini(&policy);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_scores_and_change, 0, 4);
    tcase_add_test(tests, test_worked_example);
    tcase_add_test(tests, test_refusals);
}

int main(void)
{
    return run_suite("quantize", add);
}
