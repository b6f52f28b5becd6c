/* Trained policies: choices against a dense double-precision network, and policy files as
 * specs. */
#include "ams/evaluate.h"

#include "base/file.h"
#include "online/rules.h"
#include "sched/policy_private.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "test_trained_run"

enum { HIDDEN = 16, MODELS = 7, LABELS = 20 };

typedef struct fixture {
    ams_table table;
    ams_env *env;
    ams_net net;
} fixture;

static void setup_fixture(fixture *f, ams_feature_mode features)
{
    random_table_options shape = random_table_defaults(21);
    ams_env_options options = ams_env_defaults();
    ams_error err = {0};
    shape.n_models = MODELS;
    shape.n_labels = LABELS;
    random_table(&f->table, &shape);
    options.features = features;
    ck_assert_int_eq(ams_env_create(&f->env, &f->table, &options, &err), AMS_OK);
    ck_assert_int_eq(ams_net_init(&f->net, f->env->n_features, "16", MODELS + 1, &err), AMS_OK);
    ams_net_randomize(&f->net, 3);
    /* Untrained outputs are tiny; times 50 they are of both signs and far apart. */
    for (uint64_t i = 0; i < f->net.n_params; i++) {
        f->net.params[i] *= 50;
    }
}

static void drop(fixture *f)
{
    ams_net_fini(&f->net);
    ams_env_destroy(f->env);
    ams_table_fini(&f->table);
}

static void dense_q(const fixture *f, uint32_t item, uint64_t mask, double q[MODELS + 1])
{
    uint32_t index[LABELS + MODELS];
    float value[LABELS + MODELS];
    const float *p = f->net.params;
    uint32_t n = ams_env_features(f->env, item, mask, index, value);
    double hidden[HIDDEN];
    for (uint32_t h = 0; h < HIDDEN; h++) {
        double sum = (double)p[f->net.bias[0] + h];
        for (uint32_t k = 0; k < n; k++) {
            sum += (double)value[k] * (double)p[f->net.weight[0] + index[k] * HIDDEN + h];
        }
        hidden[h] = sum > 0 ? sum : 0;
    }
    for (uint32_t a = 0; a <= MODELS; a++) {
        q[a] = (double)p[f->net.bias[1] + a];
        for (uint32_t h = 0; h < HIDDEN; h++) {
            q[a] += hidden[h] * (double)p[f->net.weight[1] + h * (MODELS + 1) + a];
        }
    }
}

static double score_of(const fixture *f, const double *q, uint32_t m, ams_decide decide)
{
    double time = (double)f->table.time_ms[m];
    if (decide == AMS_DECIDE_ODDS) {
        return q[m] - log(time);
    }
    return decide == AMS_DECIDE_Q_GREEDY ? q[m] : q[m] >= 0 ? q[m] / time : q[m] * time;
}

static void check_orders(const fixture *f, const ams_policy *policy, ams_decide decide)
{
    void *worker = NULL;
    ams_error err = {0};
    ck_assert_int_eq(policy->kind->worker_create(policy, &worker, &err), AMS_OK);
    for (uint32_t i = 0; i < f->table.n_items; i++) {
        uint8_t order[AMS_MAX_MODELS];
        ck_assert_uint_eq(policy->kind->order(policy, worker, i, 0, order), MODELS);
        uint64_t mask = 0;
        for (uint32_t k = 0; k < MODELS; k++) {
            double q[MODELS + 1];
            dense_q(f, i, mask, q);
            double chosen = score_of(f, q, order[k], decide);
            ck_assert_uint_eq(mask >> order[k] & 1, 0);
            for (uint32_t m = 0; m < MODELS; m++) {
                double slack = 1e-4 * (1 + (chosen < 0 ? -chosen : chosen));
                ck_assert(mask >> m & 1 || score_of(f, q, m, decide) <= chosen + slack);
            }
            mask |= UINT64_C(1) << order[k];
        }
    }
    policy->kind->worker_destroy(worker);
}

START_TEST(test_choices)
{
    fixture f;
    setup_fixture(&f, (ams_feature_mode)(_i / 3));
    ams_policy *policy = NULL;
    ams_decide decide = (ams_decide)(_i % 3);
    ck_assert_int_eq(ams_policy_create_from_net(&policy, f.env, &f.net, decide, NULL), AMS_OK);
    check_orders(&f, policy, decide);
    ams_policy_destroy(policy);
    drop(&f);
}
END_TEST

/* The policy file of a run folder; borrows the fixture's network. */
static void write_policy(const fixture *f, const char *path, uint64_t seed)
{
    const ams_table *t = &f->table;
    ams_policy_file file = {.agent = "dqn",
                            .label = "mine",
                            .seed = seed,
                            .updates = 10,
                            .decide = AMS_DECIDE_COST_Q,
                            .env = f->env->options,
                            .data_hash = "00000000000000000000000000000000",
                            .model_name = t->model_name,
                            .time_ms = t->time_ms,
                            .mem_mb = t->mem_mb,
                            .theta = t->theta,
                            .label_name = t->label_name,
                            .net = f->net};
    ams_error err = {0};
    ck_assert_msg(ams_policy_file_write(&file, path, &err) == AMS_OK, "%s", err.text);
}

START_TEST(test_policy_file_brings_its_own_features)
{
    fixture f;
    setup_fixture(&f, AMS_FEATURES_CONF_MASK);
    ck_assert_int_eq(ams_make_directories(FOLDER, NULL), AMS_OK);
    write_policy(&f, FOLDER "/policy.ams", 5);
    /* Recall is computed with other options: labels counted, features the paper's. */
    ams_env_options options = ams_env_defaults();
    options.value = AMS_VALUE_COUNT;
    ams_env *env = NULL;
    ck_assert_int_eq(ams_env_create(&env, &f.table, &options, NULL), AMS_OK);
    static const struct {
        const char *spec, *label;
        ams_decide decide;
    } cases[] = {{FOLDER, "mine", AMS_DECIDE_COST_Q},
                 {FOLDER "/policy.ams", "mine", AMS_DECIDE_COST_Q},
                 {"q-greedy:" FOLDER, "q-greedy:mine", AMS_DECIDE_Q_GREEDY},
                 {"cost-q:" FOLDER, "cost-q:mine", AMS_DECIDE_COST_Q},
                 {"its=q-greedy:" FOLDER, "its", AMS_DECIDE_Q_GREEDY}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        ams_policy *policy = NULL;
        ams_error err = {0};
        ck_assert_msg(ams_policy_create(&policy, cases[c].spec, &f.table, env, &err) == AMS_OK,
                      "%s", err.text);
        ck_assert_str_eq(policy->label, cases[c].label);
        ck_assert_uint_eq(policy->seed, 5);
        ck_assert_ptr_eq(policy->env, env);
        check_orders(&f, policy, cases[c].decide);
        ams_scores scores;
        ams_eval_options eval = {.split = AMS_TEST};
        ck_assert_int_eq(ams_evaluate(&scores, policy, &f.table, &eval, &err), AMS_OK);
        ck_assert_uint_eq(scores.seed, 5);
        ams_trace trace;
        ams_trace_run(&trace, env, scores.item[0], scores.order, MODELS, env->time_ms);
        for (uint32_t k = 0; k <= MODELS; k++) {
            ck_assert(scores.recall_models[k] == (float)trace.recall[k]);
        }
        ams_scores_fini(&scores);
        ams_policy_destroy(policy);
    }
    /* Its Q-values are values: odds of them would be nonsense. */
    ams_policy *policy = NULL;
    ams_error err = {0};
    ck_assert_int_eq(ams_policy_create(&policy, "odds:" FOLDER, &f.table, env, &err),
                     AMS_USAGE);
    ck_assert_ptr_null(policy);
    ck_assert_ptr_nonnull(strstr(err.text, "its Q-values are values"));
    ams_env_destroy(env);
    unlink(FOLDER "/policy.ams");
    rmdir(FOLDER);
    drop(&f);
}
END_TEST

START_TEST(test_another_data_set_is_refused)
{
    fixture f;
    setup_fixture(&f, AMS_FEATURES_LABELS);
    static const char *const path = "test_trained.ams";
    write_policy(&f, path, 1);
    random_table_options shape = random_table_defaults(21);
    shape.n_models = MODELS + 1;
    ams_table other;
    random_table(&other, &shape);
    ams_policy *policy = NULL;
    ams_error err = {0};
    ck_assert_int_eq(ams_policy_create(&policy, path, &other, f.env, &err), AMS_BAD_DATA);
    ck_assert_ptr_null(policy);
    ck_assert_ptr_nonnull(strstr(err.text, path));
    ams_table_fini(&other);
    unlink(path);
    drop(&f);
}
END_TEST

START_TEST(test_rules_and_ties)
{
    static const float q[] = {2, 4, -1, 4, -1, 1};
    static const float time_ms[] = {10, 20, 40, 40, 20, 5};
    ck_assert_uint_eq(ams_rule_q_greedy(q, 0x3F), 1);
    ck_assert_uint_eq(ams_rule_q_greedy(q, 0x38), 3);
    ck_assert_uint_eq(ams_rule_q_greedy(q, 0x14), 2);
    /* 0.2, 0.2, -40, 0.1, -20, 0.2: the tie goes to the shortest, 5; without it to 0. */
    ck_assert_uint_eq(ams_rule_cost_q(q, time_ms, 0x3F), 5);
    ck_assert_uint_eq(ams_rule_cost_q(q, time_ms, 0x1F), 0);
    /* Of two that promise harm the shorter, where Q / time would take the longer. */
    ck_assert_uint_eq(ams_rule_cost_q(q, time_ms, 0x14), 4);
    static const float same[] = {1, 1, 1};
    ck_assert_uint_eq(ams_rule_cost_q(same, same, 6), 1);
    /* 0, 0, -3, ...: equal odds a ms go to the shorter, equal times to the lower index. */
    static const float log_odds[] = {1, 2, -1, 2};
    static const float log_time[] = {1, 2, 2, 2};
    ck_assert_uint_eq(ams_rule_odds(log_odds, log_time, 0xF), 0);
    ck_assert_uint_eq(ams_rule_odds(log_odds, log_time, 0xE), 1);
    ck_assert_uint_eq(ams_rule_odds(log_odds, log_time, 0xC), 3);
    float many[64] = {0};
    many[63] = 1;
    ck_assert_uint_eq(ams_rule_q_greedy(many, UINT64_MAX), 63);
}
END_TEST

/* Up to any recall it is the beginning of the order, and no longer than it has to be. Scores do
 * not depend on what runs after all is found. */
START_TEST(test_order_until_a_recall)
{
    fixture f;
    ams_error err = {0};
    ams_policy *policy = NULL;
    void *worker = NULL;
    ams_scores all;
    ams_scores few;
    setup_fixture(&f, (ams_feature_mode)_i);
    ck_assert_int_eq(
        ams_policy_create_from_net(&policy, f.env, &f.net, AMS_DECIDE_Q_GREEDY, &err), AMS_OK);
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    ck_assert_int_eq(kind->worker_create(policy, &worker, &err), AMS_OK);
    for (uint32_t i = 0; i < f.env->n_items; i++) {
        uint8_t order[AMS_MAX_MODELS];
        uint8_t first[AMS_MAX_MODELS];
        ams_trace trace;
        const uint32_t n = kind->order(policy, worker, i, 0, order);
        ams_trace_run(&trace, f.env, i, order, n, f.env->time_ms);
        for (uint32_t q = 0; q < AMS_RECALLS; q++) {
            const double required = ams_required_recall(q);
            const uint32_t k = kind->order_until(policy, worker, i, required, first);
            ck_assert_uint_eq(k, ams_trace_reached(&trace, f.env->full[i], required));
            ck_assert_mem_eq(first, order, k);
        }
    }
    kind->worker_destroy(worker);
    ams_eval_options options = {.split = AMS_TEST};
    ck_assert_int_eq(ams_evaluate(&all, policy, &f.table, &options, &err), AMS_OK);
    options.without_orders = true;
    ck_assert_int_eq(ams_evaluate(&few, policy, &f.table, &options, &err), AMS_OK);
    ck_assert_uint_gt(all.n, 0);
    for (uint32_t i = 0; i < all.n; i++) {
        ck_assert_mem_eq(all.time_ms + (size_t)i * AMS_RECALLS,
                         few.time_ms + (size_t)i * AMS_RECALLS, AMS_RECALLS * sizeof(double));
        ck_assert_mem_eq(all.models + (size_t)i * AMS_RECALLS,
                         few.models + (size_t)i * AMS_RECALLS, AMS_RECALLS * sizeof(double));
        ck_assert_mem_eq(all.recall_time + (size_t)i * AMS_CURVE,
                         few.recall_time + (size_t)i * AMS_CURVE, AMS_CURVE * sizeof(float));
        ck_assert(fabs(all.area[i] - few.area[i]) < 1e-14);
        ck_assert(all.final_ms[i] == few.final_ms[i]);
    }
    ams_scores_fini(&all);
    ams_scores_fini(&few);
    ams_policy_destroy(policy);
    drop(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_order_until_a_recall, AMS_FEATURES_LABELS,
                        AMS_FEATURES_CONF_MASK + 1);
    tcase_add_test(tests, test_rules_and_ties);
    tcase_add_loop_test(tests, test_choices, 0, 12);
    tcase_add_test(tests, test_policy_file_brings_its_own_features);
    tcase_add_test(tests, test_another_data_set_is_refused);
}

int main(void)
{
    return run_suite("trained", add);
}
