/* The updates that follow the mean time until the goals: refine.h. */
#include "rl/train/refine.h"

#include "base/memory.h"
#include "base/rng.h"
#include "env/outlook.h"
#include "rl/options/adam.h"
#include "rl/train/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_MODELS = 64 };

/* -- beginning and end -- */

static ams_status make_environments(const ams_trainer *t, ams_refine *r, ams_error *err)
{
    const ams_status status =
        ams_alloc(&r->time, r->n_goals, sizeof *r->time, "refinement", err);
    for (uint32_t g = 0; status == AMS_OK && g < r->n_goals; g++) {
        r->time[g] = t->goal_env == NULL ? *t->env : t->goal_env[g];
        r->time[g].options.reward = AMS_REWARD_TIME;
        r->time[g].options.until_goals = true;
    }
    return status;
}

ams_status ams_trainer_create_refine(ams_trainer *t, ams_error *err)
{
    static const char *const what = "refinement";
    const ams_train_options *o = &t->options;
    const ams_env *env = t->env;
    const bool binary = ams_env_binary(env);
    ams_refine *r = NULL;
    ams_status status = ams_alloc(&t->refine, 1, sizeof *t->refine, what, err);
    if (status != AMS_OK) {
        return status;
    }
    r = t->refine;
    r->n_goals = t->goal_env == NULL ? 1 : env->n_goals;
    r->per_goal = (uint32_t)o->refine_items;
    r->tries = (uint32_t)o->refine_tries;
    r->n_orders = r->n_goals * r->per_goal * r->tries;
    const uint32_t n = r->n_orders;
    const uint32_t most = (uint32_t)ams_trainer_refine_states(t);
    AMS_TRY(make_environments(t, r, err));
    AMS_TRY(ams_alloc(&r->item, n, sizeof *r->item, what, err));
    AMS_TRY(ams_alloc(&r->mask, n, sizeof *r->mask, what, err));
    AMS_TRY(ams_alloc(&r->value, n, sizeof *r->value, what, err));
    AMS_TRY(ams_alloc(&r->p, (size_t)most * env->n_models, sizeof *r->p, what, err));
    AMS_TRY(ams_alloc(&r->cost, n, sizeof *r->cost, what, err));
    AMS_TRY(ams_alloc(&r->live, n, sizeof *r->live, what, err));
    AMS_TRY(ams_alloc(&r->row, n, sizeof *r->row, what, err));
    AMS_TRY(ams_alloc(&r->step, most, sizeof *r->step, what, err));
    AMS_TRY(ams_alloc(&r->at, most, sizeof *r->at, what, err));
    AMS_TRY(ams_sparse_init(&r->state, most, env->n_features, env->max_features, binary, err));
    AMS_TRY(ams_q_init(&r->q, &t->online, most, true, err));
out:
    return status;
}

void ams_trainer_free_refine(ams_trainer *t)
{
    ams_refine *r = t->refine;
    if (r == NULL) {
        return;
    }
    free(r->time);
    free(r->item);
    free(r->mask);
    free(r->value);
    free(r->p);
    free(r->cost);
    free(r->live);
    free(r->row);
    free(r->step);
    free(r->at);
    ams_sparse_fini(&r->state);
    ams_q_fini(&r->q);
    free(r);
    t->refine = NULL;
}

void ams_trainer_leave_fused(ams_trainer *t)
{
    if (t->fused != NULL) {
        ams_fused_weights(t->fused, &t->rows, t->online.params);
        ams_fused_target_weights(t->fused, t->target.params);
        ams_fused_destroy(t->fused);
        t->fused = NULL;
        t->takes = false;
    }
}

/* The gradients to come are of another size, so Adam's moments begin anew. */
static void begin(ams_trainer *t)
{
    ams_trainer_leave_fused(t);
    memset(t->moment1, 0, t->online.n_params * sizeof(float));
    memset(t->moment2, 0, t->online.n_params * sizeof(float));
}

void ams_trainer_refine_from(ams_trainer *t, const float *params)
{
    ams_trainer_leave_fused(t);
    memcpy(t->online.params, params, t->online.n_params * sizeof(float));
}

/* -- the policy whose orders are drawn -- */

/* p (M): how probable each model is next, 0 for those that have run: the softmax of what the
 * decision rule compares, divided by the temperature. */
static void probabilities(const ams_trainer *t, const float *q, uint64_t mask, double *p)
{
    const ams_train_options *o = &t->options;
    const uint32_t n = t->env->n_models;
    double largest = -INFINITY;
    double sum = 0;
    for (uint32_t m = 0; m < n; m++) {
        const double score = o->decide == AMS_DECIDE_ODDS
                                 ? (double)q[m] - (double)t->env->log_time[m]
                                 : (double)q[m];
        p[m] = (mask >> m & 1) != 0 ? (double)-INFINITY : score / o->refine_temperature;
        largest = p[m] > largest ? p[m] : largest;
    }
    for (uint32_t m = 0; m < n; m++) {
        p[m] = (mask >> m & 1) != 0 ? 0 : exp(p[m] - largest);
        sum += p[m];
    }
    for (uint32_t m = 0; m < n; m++) {
        p[m] /= sum;
    }
}

/* The model left whose share of [0, 1) has `unit` in it; the last one where rounding leaves a
 * gap, the first where no share is a number, since the weights are none any more: the next
 * checkpoint says so. */
static uint8_t drawn(const double *p, uint64_t left, double unit)
{
    uint32_t last = ams_lowest(left);
    for (uint32_t m = last; m < MOST_MODELS && left >> m != 0; m++) {
        if ((left >> m & 1) != 0 && p[m] > 0) {
            last = m;
            unit -= p[m];
            if (unit < 0) {
                break;
            }
        }
    }
    return (uint8_t)last;
}

/* -- orders -- */

static uint32_t goal_of(const ams_refine *r, uint32_t order)
{
    return order / (r->per_goal * r->tries);
}

/* Draws the items of n orders. Returns how many of these have something to do. */
static uint32_t draw_items(ams_trainer *t, uint64_t update, uint32_t first, uint32_t n)
{
    ams_refine *r = t->refine;
    uint32_t live = 0;
    for (uint32_t s = first; s < first + n; s++) {
        uint32_t words[4];
        const uint64_t group = s / r->tries;
        ams_philox(t->options.seed, AMS_STREAM_REFINE_ITEM,
                   update * (r->n_orders / r->tries) + group, words);
        r->item[s] = t->train_item[ams_below(words[0], t->n_train)];
        r->mask[s] = 0;
        r->cost[s] = 0;
        r->value[s] = ams_env_value(t->env, r->item[s], 0);
        if (!ams_env_finished_at(&r->time[goal_of(r, s)], r->item[s], 0, r->value[s])) {
            r->live[live++] = s;
        }
    }
    return live;
}

/* The states of the live orders follow those in `state`. Orders of an item have often run the
 * same models, and after as many executions: then they share a row. */
static void append_states(const ams_trainer *t, uint32_t live)
{
    ams_refine *r = t->refine;
    for (uint32_t j = 0; j < live; j++) {
        const uint32_t s = r->live[j];
        uint32_t k = j;
        while (k > 0 && r->live[k - 1] / r->tries == s / r->tries) {
            k--;
            if (r->mask[r->live[k]] == r->mask[s]) {
                break;
            }
        }
        const bool shares =
            k < j && r->live[k] / r->tries == s / r->tries && r->mask[r->live[k]] == r->mask[s];
        r->row[j] = shares ? r->row[k] : r->state.n;
        if (!shares) {
            r->at[r->state.n] = (ams_refine_state){.mask = r->mask[s]};
            ams_append_training(t, &r->state, &r->time[goal_of(r, s)], r->item[s], r->mask[s]);
        }
    }
}

/* Asks the network about the states from `first` on, and works out what comes next in each.
 * What the layers say stays where the gradient finds it, so nothing is asked twice. */
static void ask(ams_trainer *t, uint32_t first)
{
    ams_refine *r = t->refine;
    const ams_net *net = &t->online;
    const ams_sparse asked = {.n = r->state.n - first,
                              .columns = r->state.columns,
                              .ptr = r->state.ptr + first,
                              .index = r->state.index,
                              .value = r->state.value,
                              .head = r->state.head + first};
    ams_q q = {.n_layers = net->n_layers, .dueling = net->dueling, .scratch = r->q.scratch};
    for (uint32_t k = 0; k < net->n_layers; k++) {
        q.out[k] = r->q.out[k] + (size_t)first * ams_net_outputs(net, k);
    }
    q.q = r->q.q + (size_t)first * t->env->n_actions;
    (void)ams_q_forward(&q, &t->compute, net, &asked);
    for (uint32_t i = first; i < r->state.n; i++) {
        probabilities(t, r->q.q + (size_t)i * t->env->n_actions, r->at[i].mask,
                      r->p + (size_t)i * t->env->n_models);
    }
}

/* Order s goes on with model m. Returns whether it has reached its goal then. */
static bool execute(ams_refine *r, uint32_t s, uint32_t m)
{
    const ams_env *env = &r->time[goal_of(r, s)];
    const uint32_t item = r->item[s];
    const float reward = env->options.worth != NULL
                             ? ams_env_reward(env, item, r->mask[s], m)
                             : ams_env_time_reward(env, item, m, r->value[s]);
    r->cost[s] -= (double)reward;
    r->mask[s] |= UINT64_C(1) << m;
    r->value[s] = ams_env_value(env, item, r->mask[s]);
    return ams_env_finished_at(env, item, r->mask[s], r->value[s]);
}

/* The next execution of every order that goes on. Returns how many still do. */
static uint32_t step_orders(ams_trainer *t, uint64_t update, uint32_t depth, uint32_t live)
{
    ams_refine *r = t->refine;
    const uint32_t n_models = t->env->n_models;
    uint32_t kept = 0;
    const uint32_t first = r->state.n;
    append_states(t, live);
    ask(t, first);
    for (uint32_t j = 0; j < live; j++) {
        const uint32_t s = r->live[j];
        const double *p = r->p + (size_t)r->row[j] * n_models;
        uint32_t words[4];
        ams_philox(t->options.seed, AMS_STREAM_REFINE_ORDER,
                   (update * n_models + depth) * r->n_orders + s, words);
        const uint8_t m = drawn(p, ams_env_remaining(t->env, r->mask[s]), ams_unit(words[0]));
        r->step[r->n_steps++] = (ams_refine_step){.order = s, .state = r->row[j], .action = m};
        if (!execute(r, s, m)) {
            r->live[kept++] = s;
        }
    }
    return kept;
}

/* cost becomes the advantage: what the order took beyond the mean of the item's other orders,
 * as a share of the goal's mean, so that short goals count as much as long ones. Returns the
 * mean cost. */
static double compare_orders(ams_refine *r)
{
    const uint32_t per_goal = r->per_goal * r->tries;
    double all = 0;
    for (uint32_t g = 0; g < r->n_goals; g++) {
        double *cost = r->cost + (size_t)g * per_goal;
        double sum = 0;
        for (uint32_t s = 0; s < per_goal; s++) {
            sum += cost[s];
        }
        all += sum;
        const double scale = sum > 0 ? per_goal / sum : 0;
        for (uint32_t i = 0; i < r->per_goal; i++, cost += r->tries) {
            double mean = 0;
            for (uint32_t k = 0; k < r->tries; k++) {
                mean += cost[k] / r->tries;
            }
            /* Against the others alone: their mean does not know this order's luck. */
            for (uint32_t k = 0; k < r->tries; k++) {
                cost[k] = (cost[k] - mean) * scale * r->tries / (r->tries - 1);
            }
        }
    }
    return all / r->n_orders;
}

/* -- the gradient -- */

/* dq: slope of the mean over orders of advantage * ln p(order). Returns the mean Q of what was
 * done. */
static double slope(ams_trainer *t, const float *q)
{
    ams_refine *r = t->refine;
    const uint32_t columns = t->env->n_actions;
    const double factor = 1 / (t->options.refine_temperature * r->n_orders);
    double sum = 0;
    memset(r->q.dq, 0, (size_t)r->state.n * columns * sizeof(float));
    for (uint32_t j = 0; j < r->n_steps; j++) {
        const ams_refine_step *step = &r->step[j];
        const double weight = r->cost[step->order] * factor;
        r->at[step->state].weight += weight;
        r->q.dq[(size_t)step->state * columns + step->action] += (float)weight;
        sum += (double)q[(size_t)step->state * columns + step->action];
    }
    for (uint32_t i = 0; i < r->state.n; i++) {
        const double *p = r->p + (size_t)i * t->env->n_models;
        for (uint32_t m = 0; m < t->env->n_models; m++) {
            r->q.dq[(size_t)i * columns + m] -= (float)(r->at[i].weight * p[m]);
        }
    }
    return r->n_steps == 0 ? 0 : sum / r->n_steps;
}

void ams_trainer_refine(ams_trainer *t)
{
    ams_refine *r = t->refine;
    const ams_train_options *o = &t->options;
    const uint64_t update = t->count.updates - ams_train_learning(o);
    if (update == 0) {
        begin(t);
    }
    r->n_steps = 0;
    r->state.n = 0;
    /* With output heads goal after goal, so that a head's states stand together. */
    const uint32_t n = t->online.heads > 0 ? r->n_orders / r->n_goals : r->n_orders;
    for (uint32_t first = 0; first < r->n_orders; first += n) {
        uint32_t live = draw_items(t, update, first, n);
        for (uint32_t depth = 0; live > 0; depth++) {
            live = step_orders(t, update, depth, live);
        }
    }
    t->count.stat_loss += compare_orders(r);
    t->count.stat_q += slope(t, r->q.q);
    t->count.stat_updates++;
    ams_trainer_step(t, &r->q, &r->state);
    t->count.updates++;
}
