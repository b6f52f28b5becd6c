/* The trainer: the same bits for a seed, for any number of threads and after a restore; and it
 * learns. */
#include "ams/sections.h"
#include "ams/train.h"
#include "base/memory.h"
#include "rl/policy/scorer.h"
#include "rl/replay/replay.h"
#include "tests/base/suite.h"
#include "tests/rl/reference.h"
#include "tests/rl/trainer_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static trainer_fixture fixture;

static ams_train_options small_options(void)
{
    ams_train_options o;
    value_options(&o);
    o.gamma = 0.9;
    o.end = 1;
    o.batch = 70; /* no multiple of a shard; three pieces where threads draw it */
    o.replay = 500;
    o.warmup = 100;
    o.envs = 5;
    o.target_every = 7;
    o.epsilon_steps = 100;
    ck_assert_int_eq(ams_train_set(&o, "hidden", "48x20", NULL), AMS_OK);
    return o;
}

static void regularize(ams_train_options *o)
{
    o->nstep = o->targets == AMS_TARGETS_ALL ? 1 : 3;
    o->dropout = 0.2;
    o->grad_clip = 0.05;
    o->weight_decay = 0.1;
    o->tau = 0.02;
    o->lr_schedule = AMS_LR_COSINE;
    o->steps = 100;
}

static void assert_equal(ams_trainer *a, ams_trainer *b)
{
    const ams_net *x = ams_trainer_net(a);
    const ams_net *y = ams_trainer_net(b);
    ck_assert_uint_eq(x->n_params, y->n_params);
    ck_assert_mem_eq(x->params, y->params, x->n_params * sizeof(float));
}

START_TEST(same_seed_same_bits)
{
    static const int kinds[] = {0, 1, 2, 3, 4, 5, 6, 7, 2, 7}; /* the last two prioritised */
    const int kind = kinds[_i];
    ams_train_options o = small_options();
    o.features = kind % 4;
    o.backend = kind / 4;
    o.targets = kind % 2;
    o.agent = kind % 2 == 0 ? 0 : agent_named("double-dueling");
    if (kind % 4 >= 2) {
        regularize(&o);
    }
    o.priority_alpha = _i < 8 ? 0 : 0.6;
    trainer_fixture_init(&fixture, &o);
    ams_trainer *a = trainer_fixture_trained(&fixture, &o, 60);
    ams_trainer *b = trainer_fixture_trained(&fixture, &o, 60);
    assert_equal(a, b);
    o.threads = 3;
    ams_trainer *c = trainer_fixture_trained(&fixture, &o, 60);
    assert_equal(a, c);
    o.seed = 1;
    ams_trainer *d = trainer_fixture_trained(&fixture, &o, 60);
    ck_assert_mem_ne(ams_trainer_net(a)->params, ams_trainer_net(d)->params,
                     ams_trainer_net(a)->n_params * sizeof(float));
    ams_trainer_destroy(a);
    ams_trainer_destroy(b);
    ams_trainer_destroy(c);
    ams_trainer_destroy(d);
    trainer_fixture_fini(&fixture);
}
END_TEST

/* A sample of all training items is the split itself; a smaller one is all that is learned
 * from. */
START_TEST(fewer_items)
{
    ams_train_options o = small_options();
    trainer_fixture_init(&fixture, &o); /* 60 items, every third for training */
    ams_trainer *all = trainer_fixture_trained(&fixture, &o, 30);
    o.items = 20;
    ams_trainer *sampled = trainer_fixture_trained(&fixture, &o, 30);
    assert_equal(all, sampled);
    o.items = 3;
    ams_trainer *few = trainer_fixture_trained(&fixture, &o, 30);
    ams_trainer *again = trainer_fixture_trained(&fixture, &o, 30);
    assert_equal(few, again);
    ck_assert_mem_ne(ams_trainer_net(all)->params, ams_trainer_net(few)->params,
                     ams_trainer_net(all)->n_params * sizeof(float));
    o.items = 21;
    ams_trainer *none = NULL;
    ams_error err = {0};
    ck_assert_int_eq(ams_trainer_create(&none, fixture.env, &o, NULL, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "items=21"));
    ck_assert_ptr_null(none);
    ams_trainer_destroy(all);
    ams_trainer_destroy(sampled);
    ams_trainer_destroy(few);
    ams_trainer_destroy(again);
    trainer_fixture_fini(&fixture);
}
END_TEST

/* Few enough updates that rounding has not chosen another action yet. */
START_TEST(dense_and_sparse_agree)
{
    ams_train_options o = small_options();
    o.features = _i % 4;
    o.agent = _i % (int)ams_n_agents;
    o.targets = _i >= (int)ams_n_agents && !ams_agents[o.agent]->wants_next;
    if (_i >= (int)ams_n_agents) {
        regularize(&o);
    }
    trainer_fixture_init(&fixture, &o);
    ams_trainer *sparse = trainer_fixture_trained(&fixture, &o, 10);
    o.backend = 1;
    ams_trainer *dense = trainer_fixture_trained(&fixture, &o, 10);
    const ams_net *x = ams_trainer_net(sparse);
    const ams_net *y = ams_trainer_net(dense);
    for (uint64_t i = 0; i < x->n_params; i++) {
        /* Adam divides by the gradient's own size, so an update may differ by up to 2 lr where
         * the gradient is rounding alone; 10 updates of 5e-4. */
        ck_assert_float_eq_tol(x->params[i], y->params[i], 2e-4F);
    }
    ams_trainer_destroy(sparse);
    ams_trainer_destroy(dense);
    trainer_fixture_fini(&fixture);
}
END_TEST

START_TEST(restore_continues)
{
    ams_train_options o = small_options();
    o.agent = _i % (int)ams_n_agents;
    int setting = _i / (int)ams_n_agents; /* plain, regularized, that and prioritised */
    o.targets = setting >= 1 && !ams_agents[o.agent]->wants_next;
    o.priority_alpha = setting == 2 ? 0.6 : 0;
    o.replay = setting == 2 ? 150 : 500; /* turns over before the checkpoint */
    if (setting >= 1) {
        regularize(&o);
        o.items = 7;
    }
    trainer_fixture_init(&fixture, &o);
    ams_trainer *whole = trainer_fixture_trained(&fixture, &o, 90);
    ams_trainer *half = trainer_fixture_trained(&fixture, &o, 41);
    ams_blob blob = {0};
    ck_assert_int_eq(ams_blob_begin(&blob, "TEST", NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_save(half, &blob, NULL), AMS_OK);
    ams_trainer *other = trainer_fixture_trained(&fixture, &o, 3);
    ams_sections sections;
    ck_assert_int_eq(ams_sections_open(&sections, blob.data, blob.size, "TEST", "blob", NULL),
                     AMS_OK);
    ck_assert_int_eq(ams_trainer_restore(other, &sections, NULL), AMS_OK);
    ck_assert_uint_eq(ams_trainer_updates(other), 41);
    for (int i = 41; i < 90; i++) {
        ams_trainer_update(other);
    }
    assert_equal(whole, other);
    /* Another shape is refused. */
    o.envs = 6;
    ams_trainer *wrong = trainer_fixture_trained(&fixture, &o, 1);
    ams_error err = {{0}};
    ck_assert_int_eq(ams_trainer_restore(wrong, &sections, &err), AMS_BAD_DATA);
    ams_blob_fini(&blob);
    ams_trainer_destroy(whole);
    ams_trainer_destroy(half);
    ams_trainer_destroy(other);
    ams_trainer_destroy(wrong);
    trainer_fixture_fini(&fixture);
}
END_TEST

/* A checkpoint of a prioritised run is none of a uniform one's, and the other way round. */
START_TEST(priorities_by_setting)
{
    ams_train_options o = small_options();
    trainer_fixture_init(&fixture, &o);
    ams_trainer *t[2];
    ams_blob blob[2] = {0};
    for (int i = 0; i < 2; i++) {
        o.priority_alpha = i;
        t[i] = trainer_fixture_trained(&fixture, &o, 3);
        ck_assert_int_eq(ams_blob_begin(&blob[i], "TEST", NULL), AMS_OK);
        ck_assert_int_eq(ams_trainer_save(t[i], &blob[i], NULL), AMS_OK);
    }
    for (int i = 0; i < 2; i++) {
        ams_sections s;
        ams_error err = {{0}};
        ck_assert_int_eq(
            ams_sections_open(&s, blob[1 - i].data, blob[1 - i].size, "TEST", "blob", NULL),
            AMS_OK);
        ck_assert_int_eq(ams_trainer_restore(t[i], &s, &err), AMS_BAD_DATA);
        ck_assert_ptr_nonnull(strstr(err.text, "'priority'"));
    }
    for (int i = 0; i < 2; i++) {
        ams_blob_fini(&blob[i]);
        ams_trainer_destroy(t[i]);
    }
    trainer_fixture_fini(&fixture);
}
END_TEST

/* The rate ends at 0, so that the last minibatches move nothing: no rounding of a processor or
 * a compiler decides how near to its limit a training ends. */
static void decay(ams_train_options *o, uint64_t updates)
{
    o->lr = 0.01;
    o->lr_schedule = AMS_LR_LINEAR;
    o->steps = updates;
}

/* One item, three models: l0 is worth 0.9, l1 0.6, and model 2 finds nothing. With gamma 0 and
 * reward gain, Q of the first state must become 0.6, 0.4 and 0, and 0 for a label that is
 * known. */
START_TEST(learns_the_gains)
{
    const float time_ms[] = {10, 10, 10};
    const given_output outputs[] = {{0, 0, 0, 0.9F}, {0, 1, 1, 0.6F}, {0, 2, 1, 0.3F}};
    given_table(&fixture.table, 1, 3, 2, time_ms, outputs, 3, AMS_TRAIN);
    ams_train_options o = small_options();
    o.gamma = 0;
    decay(&o, 1500);
    o.targets = _i;
    o.epsilon_end = 1;
    o.features = AMS_FEATURES_LABELS_MASK;
    o.reward = AMS_REWARD_GAIN;
    ams_env_options env_options = ams_train_env_options(&o);
    ck_assert_int_eq(ams_env_create(&fixture.env, &fixture.table, &env_options, NULL), AMS_OK);
    ams_trainer *t = trainer_fixture_trained(&fixture, &o, 1500);
    ams_scorer *scorer = NULL;
    ck_assert_int_eq(ams_scorer_create(&scorer, fixture.env, ams_trainer_net(t), NULL), AMS_OK);
    ams_scorer_begin(scorer, 0);
    const float *q = ams_scorer_q(scorer);
    ck_assert_float_eq_tol(q[0], 0.6F, 0.005F);
    ck_assert_float_eq_tol(q[1], 0.4F, 0.005F);
    ck_assert_float_eq_tol(q[2], 0.0F, 0.005F);
    ck_assert_float_eq_tol(q[3], 0.0F, 0.005F);
    ams_scorer_run(scorer, 1);
    q = ams_scorer_q(scorer);
    ck_assert_float_eq_tol(q[0], 0.6F, 0.005F);
    ck_assert_float_eq_tol(q[2], 0.0F, 0.005F);
    ams_train_stats stats = ams_trainer_take_stats(t);
    ck_assert_uint_eq(stats.updates, 1500);
    ck_assert_uint_gt(stats.episodes, 100);
    ams_scorer_destroy(scorer);
    ams_trainer_destroy(t);
    trainer_fixture_fini(&fixture);
}
END_TEST

/* The same item with the logistic loss on what is left to recall 0.5 and 1: of the first state
 * the shares are (1 + 0.6) / 2, (0.4 / 0.5 + 0.4) / 2 and 0; after model 0 model 1 has all
 * that is left of one goal of two. No state after both is ever met. */
START_TEST(learns_log_odds)
{
    const float time_ms[] = {10, 10, 10};
    const given_output outputs[] = {{0, 0, 0, 0.9F}, {0, 1, 1, 0.6F}, {0, 2, 1, 0.3F}};
    given_table(&fixture.table, 1, 3, 2, time_ms, outputs, 3, AMS_TRAIN);
    ams_train_options o = small_options();
    o.gamma = 0;
    decay(&o, 2000);
    o.targets = _i;
    o.epsilon_end = 1;
    o.features = AMS_FEATURES_LABELS_MASK;
    o.reward = AMS_REWARD_REMAINING;
    o.loss = AMS_LOSS_LOGISTIC;
    o.decide = AMS_DECIDE_ODDS;
    o.episode = 1;
    ck_assert_int_eq(ams_train_set(&o, "goals", "0.5,1", NULL), AMS_OK);
    ams_env_options env_options = ams_train_env_options(&o);
    ck_assert_int_eq(ams_env_create(&fixture.env, &fixture.table, &env_options, NULL), AMS_OK);
    ams_trainer *t = trainer_fixture_trained(&fixture, &o, 2000);
    ams_scorer *scorer = NULL;
    ck_assert_int_eq(ams_scorer_create(&scorer, fixture.env, ams_trainer_net(t), NULL), AMS_OK);
    ams_scorer_begin(scorer, 0);
    const float *q = ams_scorer_q(scorer);
    ck_assert_float_eq_tol(ams_sigmoid(q[0]), 0.8F, 0.005F);
    ck_assert_float_eq_tol(ams_sigmoid(q[1]), 0.6F, 0.005F);
    ck_assert_float_eq_tol(ams_sigmoid(q[2]), 0.0F, 0.005F);
    ams_scorer_run(scorer, 0);
    q = ams_scorer_q(scorer);
    ck_assert_float_eq_tol(ams_sigmoid(q[1]), 0.5F, 0.005F);
    ck_assert_float_eq_tol(ams_sigmoid(q[2]), 0.0F, 0.005F);
    ams_scorer_destroy(scorer);
    ams_trainer_destroy(t);
    trainer_fixture_fini(&fixture);
}
END_TEST

START_TEST(settings_refused)
{
    ams_train_options o = small_options();
    ams_error err = {{0}};
    o.warmup = 1000;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "warmup=1000"));
    o = small_options();
    o.envs = 501;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    o = small_options();
    o.nstep = 2;
    o.targets = AMS_TARGETS_ALL;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "nstep=2"));
    o = small_options();
    o.validate_every = 3;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    o = small_options();
    o.agent = agent_named("sarsa");
    o.warmup = 5; /* = envs: every step may still wait for its next action */
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "next action is known"));
    o.targets = AMS_TARGETS_ALL;
    o.warmup = 6;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "targets=all"));
    o.targets = AMS_TARGETS_TAKEN;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_OK);
}
END_TEST

START_TEST(precisions_refused)
{
    ams_train_options o = small_options();
    ams_error err = {{0}};
    /* Other precisions are a GPU's; what `auto` will be is not known yet. */
    o.precision = AMS_PRECISION_TF32;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "precision=tf32: expected device=cuda"));
    o.device = AMS_DEVICE_CUDA;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_OK);
    o.device = AMS_DEVICE_AUTO;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_OK);
}
END_TEST

START_TEST(log_odds_refused)
{
    ams_train_options o = small_options();
    ams_error err = {{0}};
    /* Log-odds: only with their rule, of shares, without a discount. */
    o.loss = AMS_LOSS_LOGISTIC;
    o.decide = AMS_DECIDE_ODDS;
    o.reward = AMS_REWARD_REMAINING;
    o.gamma = 0;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_OK);
    o.gamma = 0.5;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "gamma=0.5"));
    o.gamma = 0;
    o.reward = AMS_REWARD_PAPER;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "reward=paper"));
    o.reward = AMS_REWARD_GAIN;
    o.decide = AMS_DECIDE_COST_Q;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    o.loss = AMS_LOSS_HUBER;
    o.decide = AMS_DECIDE_ODDS;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "loss=huber"));
}
END_TEST

START_TEST(goals_and_layers_refused)
{
    ams_train_options o = small_options();
    ams_error err = {{0}};
    static const char *const goals[] = {
        "", "0.8,", "0.9,0.8", "0", "1.01", "a", ".1,.2,.3,.4,.5,.6,.7,.8,.9"};
    for (size_t i = 0; i < sizeof goals / sizeof *goals; i++) {
        o = small_options();
        ck_assert_int_eq(ams_train_set(&o, "goals", goals[i], &err), AMS_USAGE);
        ck_assert_ptr_nonnull(strstr(err.text, "required recalls"));
        ck_assert_str_eq(o.goals, "0.8,0.9,1"); /* as it was */
        ck_assert_uint_eq(o.n_goals, 3);
    }
    static const char *const hidden[] = {"",       "0",       "4097", "64x",     "x64",
                                         "64x32x", "8x8x8x8", "a",    "64 x 32", "-1"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        ck_assert_int_eq(ams_train_set(&o, "hidden", hidden[i], &err), AMS_USAGE);
        ck_assert_ptr_nonnull(strstr(err.text, "hidden: expected one to three layers"));
    }
    ck_assert_int_eq(ams_train_set(&o, "hidden", "4096x1x20", NULL), AMS_OK);
    ck_assert_uint_eq(o.n_hidden, 3);
    ck_assert_uint_eq(o.hidden_width[0], 4096);
    ck_assert_uint_eq(o.hidden_width[1], 1);
    ck_assert_uint_eq(o.hidden_width[2], 20);
}
END_TEST

START_TEST(no_training_items)
{
    ams_train_options o = small_options();
    ams_error err = {{0}};
    trainer_fixture_init(&fixture, &o);
    ams_trainer *t = NULL;
    memset(fixture.table.split, AMS_TEST, fixture.table.n_items);
    ams_env_destroy(fixture.env);
    ams_env_options env_options = ams_train_env_options(&o);
    ck_assert_int_eq(ams_env_create(&fixture.env, &fixture.table, &env_options, NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_create(&t, fixture.env, &o, NULL, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "training split"));
    ck_assert_ptr_null(t);
    trainer_fixture_fini(&fixture);
}
END_TEST

static uint32_t highest_left(const float *q, const ams_env *of, uint64_t remaining)
{
    (void)q;
    (void)of;
    return 63 - (uint32_t)__builtin_clzll(remaining);
}

/* Without exploration every episode follows the rule: the last model first, and so on. */
START_TEST(behaves_by_the_rule)
{
    ams_train_options o = small_options();
    o.epsilon_start = 0;
    o.epsilon_end = 0;
    o.end = 0;
    trainer_fixture_init(&fixture, &o);
    ams_trainer *t = NULL;
    ck_assert_int_eq(ams_trainer_create(&t, fixture.env, &o, highest_left, NULL), AMS_OK);
    ams_trainer_update(t);
    ams_blob blob = {0};
    ams_sections sections;
    const uint8_t *replay = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_blob_begin(&blob, "TEST", NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_save(t, &blob, NULL), AMS_OK);
    ck_assert_int_eq(ams_sections_open(&sections, blob.data, blob.size, "TEST", "blob", NULL),
                     AMS_OK);
    ck_assert_int_eq(ams_sections_get(&sections, "replay", &replay, &size, NULL), AMS_OK);
    ck_assert_uint_ge(size / sizeof(ams_transition), 100);
    for (size_t i = 0; i < size / sizeof(ams_transition); i++) {
        ams_transition tr;
        memcpy(&tr, replay + i * sizeof tr, sizeof tr);
        uint64_t left = fixture.env->all_models & ~tr.mask;
        ck_assert_uint_eq(tr.action, highest_left(NULL, NULL, left));
        ck_assert_uint_eq(tr.flags & AMS_FLAG_TERMINAL, tr.action == 0 ? AMS_FLAG_TERMINAL : 0);
        /* What SARSA rests on: only the newest step of each environment may wait. */
        bool newest = (i + 1) * sizeof tr + o.envs * sizeof tr > size;
        ck_assert(newest || (tr.flags & (AMS_FLAG_TERMINAL | AMS_FLAG_NEXT)) != 0);
    }
    ams_blob_fini(&blob);
    ams_trainer_destroy(t);
    trainer_fixture_fini(&fixture);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, same_seed_same_bits, 0, 10);
    if (SUITE_OF_THREADS) {
        return;
    }
    tcase_add_test(tests, fewer_items);
    tcase_add_loop_test(tests, dense_and_sparse_agree, 0, 2 * (int)ams_n_agents);
    tcase_add_loop_test(tests, restore_continues, 0, 3 * (int)ams_n_agents);
    tcase_add_test(tests, priorities_by_setting);
    tcase_add_loop_test(tests, learns_the_gains, 0, 2);
    tcase_add_loop_test(tests, learns_log_odds, 0, 2);
    tcase_add_test(tests, behaves_by_the_rule);
    tcase_add_test(tests, settings_refused);
    tcase_add_test(tests, precisions_refused);
    tcase_add_test(tests, log_odds_refused);
    tcase_add_test(tests, goals_and_layers_refused);
    tcase_add_test(tests, no_training_items);
}

int main(void)
{
    return run_suite("rl/train", add);
}
