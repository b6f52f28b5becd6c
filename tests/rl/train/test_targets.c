/* What a minibatch should learn, against the definition: every successor's Q in double
 * precision, one state at a time. */
#include "rl/train/state.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/rl/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *q_of(const ams_env *env, const ams_net *net, uint32_t item, uint64_t mask)
{
    ams_sparse x;
    ck_assert_int_eq(
        ams_sparse_init(&x, 1, env->n_features, env->max_features, ams_env_binary(env), NULL),
        AMS_OK);
    ams_append_state(&x, env, item, mask);
    double *q = reference_q(net, &x);
    ams_sparse_fini(&x);
    return q;
}

/* max over valid a of Q-(s, a), or Q- of the action that the online network prefers. */
static double best_next(const ams_trainer *t, uint32_t item, uint64_t mask)
{
    const ams_env *env = t->env;
    double *target = q_of(env, &t->target, item, mask);
    double *online = q_of(env, &t->online, item, mask);
    const double *judge = t->agent->wants_online ? online : target;
    int best = -1;
    for (uint32_t a = 0; a <= env->n_models; a++) {
        bool valid = a == env->n_models ? env->options.end : (mask >> a & 1) == 0;
        if (valid && (best < 0 || judge[a] > judge[best])) {
            best = (int)a;
        }
    }
    double value = target[best];
    free(target);
    free(online);
    return value;
}

/* nstep: the drawn episode is followed by looking for the step with the same item and one model
 * more, E slots on, as long as there is one. */
static double expected_steps(const ams_trainer *t, uint64_t slot)
{
    const ams_env *env = t->env;
    double y = 0;
    double discount = 1;
    for (uint64_t k = 0;; k++) {
        const ams_transition *tr = &t->replay.slots[slot];
        uint64_t bit = tr->action == env->n_models ? 0 : UINT64_C(1) << tr->action;
        uint64_t next = tr->mask | bit;
        y += discount * (double)ams_env_reward(env, tr->item, tr->mask, tr->action);
        discount *= t->options.gamma;
        if (bit == 0 || ams_env_finished(env, tr->item, next)) {
            return y;
        }
        slot = (slot + t->options.envs) % t->replay.capacity;
        const ams_transition *after = &t->replay.slots[slot];
        bool goes_on = after->item == tr->item && after->mask == next;
        if (k + 1 == t->options.nstep || !goes_on) {
            return y + discount * best_next(t, tr->item, next);
        }
    }
}

static double expected(const ams_trainer *t, const ams_transition *tr, uint32_t m)
{
    double reward = (double)ams_env_reward(t->env, tr->item, tr->mask, m);
    uint64_t next = m == t->env->n_models ? 0 : tr->mask | UINT64_C(1) << m;
    if (m == t->env->n_models || ams_env_finished(t->env, tr->item, next) ||
        t->options.gamma == 0) {
        return reward;
    }
    return reward + t->options.gamma * best_next(t, tr->item, next);
}

static void check_batch(const ams_trainer *t)
{
    const uint32_t m = t->env->n_models;
    const bool all = t->options.targets == AMS_TARGETS_ALL;
    ck_assert_uint_eq(t->batch.state.n, t->options.batch);
    for (uint32_t i = 0; i < t->options.batch; i++) {
        const ams_transition *tr = &t->batch.transition[i];
        for (uint32_t a = 0; a <= m; a++) {
            if (all ? a < m && (tr->mask >> a & 1) != 0 : a != tr->action) {
                continue;
            }
            float y = t->batch.target[all ? i * (m + 1) + a : i];
            double should = all ? expected(t, tr, a) : expected_steps(t, t->batch.slot[i]);
            ck_assert_double_eq_tol((double)y, should, 1e-5);
        }
    }
}

/* Agents dqn, double, dueling and double-dueling; taken and all; with a discount and without;
 * END and not; both backends. 70 states: more than two parts of AMS_EXPAND. */
START_TEST(by_definition)
{
    static const int agents[] = {0, 1, 3, 4};
    ams_table table;
    ams_env *env = NULL;
    ams_trainer *t = NULL;
    ams_train_options o;
    value_options(&o);
    o.agent = agents[_i % 4];
    o.targets = _i / 4 % 2;
    o.gamma = _i / 8 % 2 == 0 ? 0.9 : 0;
    o.end = _i / 16 % 2;
    o.backend = _i / 4 % 3 == 0;
    o.features = _i % 3 + 1;
    o.nstep = o.targets == AMS_TARGETS_ALL ? 1 : 1 + (uint64_t)(_i % 4);
    o.episode = _i / 2 % 2;
    o.batch = 70; /* three pieces */
    o.threads = 1 + (uint64_t)(_i % 3);
    o.warmup = 100;
    o.replay = 150; /* turns over, and is no multiple of envs */
    o.target_every = 8;
    o.lr = 0.01;
    ck_assert_int_eq(ams_train_set(&o, "hidden", "20x9", NULL), AMS_OK);
    random_table_options options = random_table_defaults(3);
    random_table(&table, &options);
    ams_env_options env_options = ams_train_env_options(&o);
    ck_assert_int_eq(ams_env_create(&env, &table, &env_options, NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_create(&t, env, &o, NULL, NULL), AMS_OK);
    for (int i = 0; i < 30; i++) {
        ams_trainer_update(t); /* the networks must differ */
    }
    ams_trainer_draw(t);
    ams_trainer_targets(t, NULL);
    check_batch(t);
    ams_trainer_destroy(t);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, by_definition, 0, 32);
}

int main(void)
{
    return run_suite("rl/targets", add);
}
