/* Training with goals as inputs: what is learned for each goal, the same bits for any number of
 * threads and after a restore. */
#include "ams/sections.h"
#include "ams/train.h"
#include "rl/policy/scorer.h"
#include "rl/train/state.h"
#include "tests/base/suite.h"
#include "tests/rl/reference.h"
#include "tests/rl/trainer_fixture.h"

#include <string.h>

static ams_table table;
static ams_env *env;

static ams_train_options goal_options(void)
{
    ams_train_options o;
    bare_options(&o);
    ck_assert_int_eq(ams_train_set(&o, "goal_input", "on", NULL), AMS_OK);
    ck_assert_int_eq(ams_train_set(&o, "goals", "0.5,1", NULL), AMS_OK);
    ck_assert_int_eq(ams_train_set(&o, "hidden", "64", NULL), AMS_OK);
    o.batch = 70;
    o.replay = 500;
    o.warmup = 100;
    o.envs = 5;
    o.epsilon_steps = 100;
    return o;
}

static void make_env(const ams_train_options *o)
{
    const ams_env_options env_options = ams_train_env_options(o);
    ck_assert_int_eq(ams_env_create(&env, &table, &env_options, NULL), AMS_OK);
}

static ams_trainer *trained(const ams_train_options *o, int updates)
{
    ams_trainer *t = NULL;
    ams_error err = {{0}};
    ck_assert_msg(ams_trainer_create(&t, env, o, NULL, &err) == AMS_OK, "%s", err.text);
    for (int i = 0; i < updates; i++) {
        ams_trainer_update(t);
    }
    return t;
}

static void close_table(void)
{
    ams_env_destroy(env);
    ams_table_fini(&table);
}

/* One item, three models: l0 is worth 0.9, l1 0.6, and model 2 finds nothing. For recall 0.5
 * model 0 has all of it, model 1 0.4 / 0.5; for recall 1 they have 0.6 and 0.4. */
START_TEST(learns_each_goal)
{
    static const float time_ms[] = {10, 10, 10};
    static const given_output outputs[] = {{0, 0, 0, 0.9F}, {0, 1, 1, 0.6F}, {0, 2, 1, 0.3F}};
    static const float wanted[][3] = {{0.99F, 0.8F, 0.01F}, {0.6F, 0.4F, 0.01F}};
    given_table(&table, 1, 3, 2, time_ms, outputs, 3, AMS_TRAIN);
    ams_train_options o = goal_options();
    o.lr = 0.01;
    o.targets = _i % 2;
    o.goal_input = 1 + _i / 2; /* on, heads */
    o.epsilon_end = 1;
    make_env(&o);
    ams_trainer *t = trained(&o, 1500);
    ams_scorer *scorer = NULL;
    ck_assert_int_eq(ams_scorer_create(&scorer, env, ams_trainer_net(t), NULL), AMS_OK);
    for (uint32_t k = 0; k < 2; k++) {
        const ams_goal_inputs goal = ams_goal_inputs_of(o.goal, 2, o.goal[k]);
        ams_scorer_aim(scorer, &goal);
        ams_scorer_begin(scorer, 0);
        const float *q = ams_scorer_q(scorer);
        for (uint32_t m = 0; m < 3; m++) {
            ck_assert_float_eq_tol(ams_sigmoid(q[m]), wanted[k][m], 0.05F);
        }
    }
    ams_scorer_destroy(scorer);
    ams_trainer_destroy(t);
    close_table();
}
END_TEST

/* With targets=taken the time still to be spent, which bootstraps; with all the fast first
 * layer. */
START_TEST(same_bits)
{
    random_table_options options = random_table_defaults(4);
    options.n_items = 60;
    random_table(&table, &options);
    ams_train_options o = goal_options();
    o.goal_input = 1 + _i / 2; /* on, heads */
    if (_i % 2 == 0) {
        o.reward = AMS_REWARD_TIME;
        o.loss = AMS_LOSS_SQUARED;
        o.decide = AMS_DECIDE_Q_GREEDY;
        o.gamma = 1;
    } else {
        o.targets = AMS_TARGETS_ALL;
        o.dropout = 0.2;
        o.priority_alpha = 0.5;
    }
    make_env(&o);
    ams_trainer *whole = trained(&o, 90);
    ams_trainer *half = trained(&o, 41);
    o.threads = 3;
    ams_trainer *threads = trained(&o, 90);
    trainer_fixture_assert_same(whole, threads);
    o.threads = 1;
    ams_trainer *other = trained(&o, 3);
    trainer_fixture_restore(half, other);
    for (int i = 41; i < 90; i++) {
        ams_trainer_update(other);
    }
    trainer_fixture_assert_same(whole, other);
    uint64_t of_goal[2] = {0}; /* three environments of five have the first */
    for (uint64_t i = 0; i < other->replay.size; i++) {
        of_goal[other->replay.slots[i].flags >> AMS_FLAG_GOAL]++;
    }
    ck_assert_uint_eq(of_goal[0] * 2, of_goal[1] * 3);
    ams_trainer_destroy(whole);
    ams_trainer_destroy(half);
    ams_trainer_destroy(threads);
    ams_trainer_destroy(other);
    close_table();
}
END_TEST

/* A goal that is none of the two. */
START_TEST(damaged_goals)
{
    random_table_options options = random_table_defaults(4);
    random_table(&table, &options);
    ams_train_options o = goal_options();
    make_env(&o);
    ams_trainer *t = trained(&o, 3);
    ams_blob blob = {0};
    ams_sections s;
    t->replay.slots[7].flags |= 3 << AMS_FLAG_GOAL;
    ck_assert_int_eq(ams_blob_begin(&blob, "TEST", NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_save(t, &blob, NULL), AMS_OK);
    ck_assert_int_eq(ams_sections_open(&s, blob.data, blob.size, "TEST", "blob", NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_restore(t, &s, NULL), AMS_BAD_DATA);
    ams_blob_fini(&blob);
    ams_trainer_destroy(t);
    close_table();
}
END_TEST

START_TEST(refused)
{
    ams_error err = {{0}};
    ams_train_options o = goal_options();
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_OK);
    o.reward = AMS_REWARD_GAIN;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "reward=remaining or reward=time"));
    o = goal_options();
    o.envs = 1;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "an environment per goal"));
    o = goal_options();
    o.device = AMS_DEVICE_CUDA;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "expected device=cpu"));
    o = goal_options();
    o.agent = agent_named("dueling");
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_OK);
    o.goal_input = AMS_GOAL_HEADS;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "agent=dueling"));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, learns_each_goal, 0, 4);
    tcase_add_loop_test(tests, same_bits, 0, 4);
    tcase_add_test(tests, damaged_goals);
    tcase_add_test(tests, refused);
}

int main(void)
{
    return run_suite("rl/goals", add);
}
