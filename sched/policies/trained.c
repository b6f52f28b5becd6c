/* Trained weights: the network scores the models that have not run, a rule picks one. */
#include "sched/policies/kinds.h"

#include "env/math.h"
#include "online/rules.h"
#include "rl/policy/scorer.h"

#include <math.h>

static uint32_t q_greedy(const float *q, const ams_env *env, uint64_t remaining)
{
    (void)env;
    return ams_rule_q_greedy(q, remaining);
}

static uint32_t cost_q(const float *q, const ams_env *env, uint64_t remaining)
{
    return ams_rule_cost_q(q, env->time_ms, remaining);
}

static uint32_t odds(const float *q, const ams_env *env, uint64_t remaining)
{
    return ams_rule_odds(q, env->log_time, remaining);
}

ams_choose_fn *const ams_decide_rules[] = {q_greedy, cost_q, odds};

static bool aim(const ams_policy *policy, void *worker, double goal)
{
    const ams_env_options *o = &ams_policy_features(policy)->options;
    const ams_goal_inputs inputs = ams_goal_inputs_of(o->goal, o->n_goals, goal);
    return ams_scorer_aim(worker, &inputs);
}

static ams_status create_scorer(const ams_policy *policy, void **worker, ams_error *err)
{
    ams_scorer *scorer = NULL;
    *worker = NULL;
    if (policy->orders != NULL) {
        return AMS_OK; /* a device has decided */
    }
    ams_status status =
        ams_scorer_create(&scorer, ams_policy_features(policy), policy->net, err);
    *worker = scorer;
    if (status == AMS_OK && ams_policy_has_goals(policy)) {
        (void)aim(policy, scorer, policy->goal > 0 ? policy->goal : 1);
    }
    return status;
}

static void destroy_scorer(void *worker)
{
    ams_scorer_destroy(worker);
}

static uint32_t choose(const ams_policy *policy, ams_scorer *scorer)
{
    const ams_env *env = ams_policy_features(policy);
    const uint64_t remaining = ams_env_remaining(env, ams_scorer_mask(scorer));
    const bool only = (remaining & (remaining - 1)) == 0; /* the last has no rival */
    return only ? ams_lowest(remaining)
                : ams_decide_rules[policy->decide](ams_scorer_q(scorer), env, remaining);
}

static uint32_t order_trained(const ams_policy *policy, void *worker, uint32_t item,
                              uint32_t draw, uint8_t order[AMS_MAX_MODELS])
{
    if (policy->orders != NULL) {
        return ams_policy_order_known(policy, worker, item, draw, order);
    }
    const uint32_t n = ams_policy_features(policy)->n_models;
    ams_scorer_begin(worker, item);
    for (uint32_t k = 0; k < n; k++) {
        const uint32_t m = choose(policy, worker);
        order[k] = (uint8_t)m;
        ams_scorer_run(worker, m);
    }
    return n;
}

/* The value of what has run is summed up as ams_trace_run does. */
static uint32_t order_trained_until(const ams_policy *policy, void *worker, uint32_t item,
                                    double required, uint8_t order[AMS_MAX_MODELS])
{
    const ams_env *env = policy->env;
    const double full = env->full[item];
    double value = 0;
    double recall = full > 0 ? 0 : 1;
    uint32_t n = 0;
    if (policy->orders != NULL) {
        return ams_policy_order_known(policy, worker, item, 0, order);
    }
    ams_scorer_begin(worker, item);
    while (n < env->n_models && !ams_goal_reached(required, recall * full, full)) {
        const uint64_t mask = ams_scorer_mask(worker);
        const uint32_t m = choose(policy, worker);
        order[n++] = (uint8_t)m;
        ams_scorer_run(worker, m);
        value = env->options.value == AMS_VALUE_BEST
                    ? ams_env_value(env, item, mask | UINT64_C(1) << m)
                    : value + ams_env_gain(env, item, mask, m);
        recall = value < full ? value / full : 1;
    }
    return n;
}

static void begin_trained(const ams_policy *policy, void *worker, uint32_t item)
{
    (void)policy;
    ams_scorer_begin(worker, item);
}

/* What Q says of a run's value, not per time: log-odds become the share they stand for. */
static float value_of(float q, const ams_env *env, bool log_odds, float time_ms)
{
    if (log_odds) {
        return 1 / (1 + expf(-q));
    }
    return env->options.reward == AMS_REWARD_GAIN_RATE ? q * time_ms : q;
}

static void values_trained(const ams_policy *policy, void *worker, uint32_t item, uint64_t mask,
                           float value[AMS_MAX_MODELS + 1])
{
    const ams_env *env = ams_policy_features(policy);
    const float *q = ams_scorer_q(worker);
    /* `odds` is the rule of logistic losses, whatever rule the user asked for. */
    ams_decide trained = policy->own_env != NULL ? policy->file.decide : policy->decide;
    bool log_odds = trained == AMS_DECIDE_ODDS;
    (void)item;
    (void)mask;
    for (uint32_t m = 0; m < env->n_models; m++) {
        value[m] = value_of(q[m], env, log_odds, env->time_ms[m]);
    }
    value[env->n_models] =
        env->options.end ? value_of(q[env->n_models], env, log_odds, 1) : -INFINITY;
}

static void ran_trained(const ams_policy *policy, void *worker, uint32_t item, uint64_t mask,
                        uint32_t model)
{
    (void)policy;
    (void)item;
    (void)mask;
    ams_scorer_run(worker, model);
}

const ams_policy_kind ams_policy_trained = {.name = "trained",
                                            .help = "a network's choice",
                                            .draws = 1,
                                            .worker_create = create_scorer,
                                            .worker_destroy = destroy_scorer,
                                            .order = order_trained,
                                            .order_until = order_trained_until,
                                            .aim = aim,
                                            .begin = begin_trained,
                                            .values = values_trained,
                                            .ran = ran_trained};
