/* Roll-outs of the device, run on the host: the orders of the CPU's scorer at every shape, the
 * same for any number of lanes, and scored as that is. */
#include "ams/evaluate.h"
#include "cuda/choose.h"
#include "cuda/rolls.h"
#include "sched/policy_private.h"
#include "tests/base/suite.h"
#include "tests/cuda/roll_case.h"

#include <stdlib.h>
#include <string.h>

static uint8_t *orders(const roll_case *c, ams_split split, uint32_t lanes)
{
    const ams_cuda_policy policy = {&c->net, c->decide};
    const ams_env *env = c->env;
    uint8_t *order = malloc((size_t)env->n_items * env->n_models);
    ck_assert_ptr_nonnull(order);
    roll_on_host(&policy, &env, 1, split, lanes, order);
    return order;
}

/* The same additions in the same order: no rounding can differ, so ties go the same way, too.
 * Every item of the split; other rows stay 0. */
START_TEST(orders_as_the_scorer)
{
    const roll_setting *s = &roll_settings[_i / 2];
    const ams_split split = (ams_split)(_i % 3);
    roll_case c;
    roll_open(&c, s, _i % 2);
    uint8_t *order = orders(&c, split, 7);
    ck_assert_uint_eq(roll_compare(&c, order, split, s->name), 0);
    for (uint32_t i = 0; i < c.env->n_items; i++) {
        for (uint32_t k = 0; c.env->split[i] != split && k < c.env->n_models; k++) {
            ck_assert_uint_eq(order[(size_t)i * c.env->n_models + k], 0);
        }
    }
    free(order);
    roll_close(&c);
}
END_TEST

START_TEST(any_number_of_lanes)
{
    static const uint32_t lanes[] = {1, 32, 301};
    roll_case c;
    roll_open(&c, &roll_settings[_i], true);
    const size_t n = (size_t)c.env->n_items * c.env->n_models;
    uint8_t *first = orders(&c, AMS_TEST, 5);
    for (size_t i = 0; i < sizeof lanes / sizeof *lanes; i++) {
        uint8_t *other = orders(&c, AMS_TEST, lanes[i]);
        ck_assert_mem_eq(first, other, n);
        free(other);
    }
    free(first);
    roll_close(&c);
}
END_TEST

/* A trained policy with known orders scores as by its own decisions; its worker needs none. */
START_TEST(scores_as_the_policy)
{
    roll_case c;
    ams_policy *policy = NULL;
    ams_scores own = {0};
    ams_scores known = {0};
    ams_eval_options eval = {.split = AMS_TEST};
    roll_open(&c, &roll_settings[_i], true);
    uint8_t *order = orders(&c, AMS_TEST, 3);
    ck_assert_int_eq(ams_policy_create_from_net(&policy, c.env, &c.net, c.decide, NULL),
                     AMS_OK);
    ck_assert_int_eq(ams_evaluate(&own, policy, &c.table, &eval, NULL), AMS_OK);
    policy->orders = order;
    ck_assert_int_eq(ams_evaluate(&known, policy, &c.table, &eval, NULL), AMS_OK);
    ck_assert_str_eq(own.label, known.label);
    ck_assert_uint_eq(own.n, known.n);
    ck_assert_mem_eq(own.order, known.order, (size_t)own.n * c.env->n_models);
    ck_assert_mem_eq(own.time_ms, known.time_ms, (size_t)own.n * AMS_RECALLS * sizeof(double));
    ck_assert_mem_eq(own.area, known.area, own.n * sizeof(double));
    ams_scores_fini(&own);
    ams_scores_fini(&known);
    ams_policy_destroy(policy);
    free(order);
    roll_close(&c);
}
END_TEST

static ams_env *env_of(const roll_case *c, ams_feature_mode features, float threshold)
{
    ams_env *env = NULL;
    ams_env_options options = ams_env_defaults();
    float all[AMS_MAX_MODELS];
    for (int m = 0; m < AMS_MAX_MODELS; m++) {
        all[m] = threshold;
    }
    options.features = features;
    options.threshold = all;
    ck_assert_int_eq(ams_env_create(&env, &c->table, &options, NULL), AMS_OK);
    return env;
}

/* Five policies, three kinds of entries: binary at two thresholds, and confidences. */
enum { FIVE = 5 };
typedef struct several {
    roll_case c[FIVE];
    ams_cuda_policy policy[FIVE];
    const ams_env *env[FIVE];
} several;

static void open_several(several *all)
{
    static const ams_feature_mode features[FIVE] = {
        AMS_FEATURES_LABELS, AMS_FEATURES_CONF, AMS_FEATURES_LABELS_MASK, AMS_FEATURES_LABELS,
        AMS_FEATURES_CONF_MASK};
    for (int i = 0; i < FIVE; i++) {
        roll_setting s = {"several",
                          i % 2 ? "9x5" : "11",
                          6,
                          20,
                          .dueling = i == 2,
                          .features = (int)features[i],
                          .decide = i % 3};
        roll_open(&all->c[i], &s, true);
        if (i == 3) {
            ams_env_destroy(all->c[i].env);
            all->c[i].env = env_of(&all->c[i], features[i], 0.7F);
        }
        all->policy[i] = (ams_cuda_policy){&all->c[i].net, all->c[i].decide};
        all->env[i] = all->c[i].env;
    }
}

static void close_several(several *all)
{
    for (int i = 0; i < FIVE; i++) {
        roll_close(&all->c[i]);
    }
}

START_TEST(policies_go_together)
{
    several all;
    open_several(&all);
    const size_t rows = (size_t)all.env[0]->n_items * all.env[0]->n_models;
    uint8_t *order = malloc(FIVE * rows);
    ck_assert_ptr_nonnull(order);
    roll_on_host(all.policy, all.env, FIVE, AMS_VALIDATION, 4, order);
    for (size_t i = 0; i < FIVE; i++) {
        ck_assert_uint_eq(roll_compare(&all.c[i], order + i * rows, AMS_VALIDATION, "several"),
                          0);
    }
    /* Some of them: neither the first of a kind of entries nor the last policy. */
    const ams_env *some[FIVE] = {NULL, all.env[1], all.env[2], NULL, NULL};
    roll_on_host(all.policy, some, FIVE, AMS_TEST, 4, order);
    ck_assert_uint_eq(roll_compare(&all.c[1], order, AMS_TEST, "first of some"), 0);
    ck_assert_uint_eq(roll_compare(&all.c[2], order + rows, AMS_TEST, "second of some"), 0);
    free(order);
    close_several(&all);
}
END_TEST

/* What is alike is on the device once: 6 arrays of binary features, 8 of confidences. */
START_TEST(environments_are_shared)
{
    several all;
    ams_roll roll[FIVE];
    ams_roll_plan weights;
    ams_roll_plan window;
    uint8_t order[1];
    static unsigned char base[1];
    open_several(&all);
    ck_assert_int_eq(ams_roll_plan_weights(&weights, all.policy, FIVE, roll, NULL), AMS_OK);
    ck_assert_uint_eq(weights.n, FIVE);
    ck_assert_int_eq(ams_roll_plan_window(&window, all.env, FIVE, AMS_TEST, order, roll, NULL),
                     AMS_OK);
    ck_assert_uint_eq(window.n, 6 + 8 + 6 + FIVE);
    size_t bytes = 0;
    for (uint32_t i = 0; i < window.n; i++) {
        ck_assert_uint_eq(window.array[i].at, bytes);
        bytes += (window.array[i].bytes + 255) / 256 * 256;
    }
    ck_assert_uint_eq(window.bytes, bytes);
    ams_roll_plan_point(&window, base, FIVE, roll);
    ck_assert_ptr_eq(roll[0].env.seen, roll[2].env.seen);
    ck_assert_ptr_eq(roll[1].env.conf, roll[4].env.conf);
    ck_assert_ptr_ne(roll[0].env.seen, roll[3].env.seen);
    ck_assert_ptr_ne(roll[0].env.seen, roll[1].env.seen);
    ck_assert_ptr_ne(roll[0].order, roll[2].order);
    ams_roll_plan_fini(&weights);
    ams_roll_plan_fini(&window);
    close_several(&all);
}
END_TEST

START_TEST(another_shape_is_refused)
{
    several all;
    ams_roll roll[FIVE];
    ams_roll_plan weights;
    ams_roll_plan window;
    ams_error err = {{0}};
    uint8_t order[1];
    open_several(&all);
    ck_assert_int_eq(ams_roll_plan_weights(&weights, all.policy, FIVE, roll, NULL), AMS_OK);
    all.env[0] = all.env[2]; /* with the mask: more features */
    ck_assert_int_eq(ams_roll_plan_window(&window, all.env, FIVE, AMS_TEST, order, roll, &err),
                     AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "20 inputs"));
    ck_assert_ptr_nonnull(strstr(err.text, "26 features"));
    ck_assert_ptr_null(window.array);
    ams_roll_plan_fini(&weights);
    close_several(&all);
}
END_TEST

START_TEST(too_little_memory_is_said)
{
    ams_error err = {{0}};
    ck_assert_int_eq(ams_roll_no_room(4096, 512, "the weights", "give fewer", &err),
                     AMS_BACKEND);
    ck_assert_ptr_nonnull(strstr(err.text, "the weights need 4096 bytes, 512 are free"));
    ck_assert_ptr_nonnull(strstr(err.text, "give fewer, or use --device cpu"));
}
END_TEST

/* By hand: M times the layers after the first. */
START_TEST(size_of_an_evaluation)
{
    roll_case c;
    roll_open(&c, &roll_settings[3], true);
    ck_assert_double_eq(ams_cuda_roll_work(&c.net, 6), 6.0 * (37 * 21 + 21 * 7));
    roll_close(&c);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, orders_as_the_scorer, 0, 2 * roll_n_settings);
    tcase_add_loop_test(tests, any_number_of_lanes, 0, roll_n_settings);
    tcase_add_loop_test(tests, scores_as_the_policy, 0, roll_n_settings);
    tcase_add_test(tests, policies_go_together);
    tcase_add_test(tests, environments_are_shared);
    tcase_add_test(tests, another_shape_is_refused);
    tcase_add_test(tests, too_little_memory_is_said);
    tcase_add_test(tests, size_of_an_evaluation);
}

int main(void)
{
    return run_suite("cuda_roll", add);
}
