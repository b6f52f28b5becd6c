#include "lab/budget/agent.h"

#include "ams/train.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A budget is met by a policy that costs within a tenth of it. */
static const double NEAR = 0.1;
enum { TRIES = 3, ENOUGH = 16384 /* training items for a mean */ };

typedef struct budget_agent {
    const budget_data *data;
    const budget_answers *answers;
    const budget_solver *solver;
    ams_table table; /* models and costs; of the outputs it has nothing */
    float *worth;    /* (N, 2^M) probability that the answer is right */
    ams_env *env;
    ams_trainer *trainer[AMS_BUDGET_NETWORKS];
} budget_agent;

/* "A" or, with a second number, "A/B". */
static ams_status add_name(ams_names *names, uint32_t a, int64_t b, uint32_t *index,
                           ams_error *err)
{
    char text[64];
    int length = snprintf(text, sizeof text, "%u", a);
    if (b >= 0) {
        length += snprintf(text + length, sizeof text - (size_t)length, "/%lld", (long long)b);
    }
    return ams_names_add(names, text, (size_t)length, index, err);
}

static ams_status name_all(ams_table *t, const budget_data *data, ams_error *err)
{
    uint32_t index = 0;
    ams_status status = AMS_OK;
    for (uint32_t m = 0; m < data->n_models; m++) {
        AMS_TRY(add_name(&t->model_name, m, -1, &index, err));
        AMS_TRY(add_name(&t->task_name, m, -1, &t->model_task[m], err));
        AMS_TRY(add_name(&t->label_name, m, 0, &index, err));
        t->theta[m] = 1;
        t->time_ms[m] = (float)data->cost[m];
    }
    AMS_TRY(add_name(&t->group_name, 0, -1, &index, err));
    for (uint32_t i = 0; i < data->n_items; i++) {
        AMS_TRY(add_name(&t->item_id, i, -1, &index, err));
        t->split[i] = i < data->n_train ? AMS_TRAIN : AMS_TEST;
    }
out:
    return status;
}

/* What an environment asks of a table. Every model outputs a label of its own, since the state
 * is observed by `observe`, and rewards are those of `worth`. */
static ams_status make_table(ams_table *t, const budget_data *data, ams_error *err)
{
    const size_t m = data->n_models;
    const size_t n = data->n_items;
    ams_status status = AMS_OK;
    t->n_items = data->n_items;
    t->n_models = t->n_labels = data->n_models;
    AMS_TRY(ams_alloc(&t->model_task, m, sizeof *t->model_task, "models", err));
    AMS_TRY(ams_alloc(&t->theta, m, sizeof *t->theta, "models", err));
    AMS_TRY(ams_alloc(&t->time_ms, m, sizeof *t->time_ms, "models", err));
    AMS_TRY(ams_alloc(&t->mem_mb, m, sizeof *t->mem_mb, "models", err));
    AMS_TRY(ams_alloc(&t->item_group, n, sizeof *t->item_group, "items", err));
    AMS_TRY(ams_alloc(&t->split, n, sizeof *t->split, "items", err));
    AMS_TRY(ams_alloc(&t->indptr, n * m + 1, sizeof *t->indptr, "outputs", err));
    AMS_TRY(ams_alloc(&t->label, n * m, sizeof *t->label, "outputs", err));
    AMS_TRY(ams_alloc(&t->conf, n * m, sizeof *t->conf, "outputs", err));
    AMS_TRY(name_all(t, data, err));
    for (size_t r = 0; r < n * m; r++) {
        t->label[r] = (uint32_t)(r % m);
        t->conf[r] = 1;
        t->indptr[r + 1] = r + 1;
    }
    status = ams_table_check(t, n * m, err);
out:
    return status;
}

/* NOLINTBEGIN(readability-non-const-parameter): written through the row */
/* What was said of the item by the models that were called. */
static uint32_t observe(const void *context, uint32_t item, uint64_t mask, uint32_t *index,
                        float *value)
{
    const budget_agent *a = context;
    const ams_outputs outputs = ams_budget_outputs(a->data, item);
    const uint32_t set = (uint32_t)mask;
    ams_row row = {0, index, value};
    ams_answers_state_row(&outputs, set,
                          &a->answers->belief[(size_t)set * a->data->n_items + item], &row);
    return row.n;
}
/* NOLINTEND(readability-non-const-parameter) */

/* NAME=VALUE */
static ams_status set(ams_train_options *train, const char *text, ams_error *err)
{
    const char *equal = strchr(text, '=');
    char name[64];
    if (equal == NULL || (size_t)(equal - text) >= sizeof name) {
        return ams_fail(err, AMS_USAGE, "expected a setting NAME=VALUE, found '%s'", text);
    }
    snprintf(name, sizeof name, "%.*s", (int)(equal - text), text);
    return ams_train_set(train, name, equal + 1, err);
}

static ams_status configure(ams_train_options *train, const ams_budget_options *options,
                            ams_error *err)
{
    const char *const fixed[][2] = {{"targets", "all"},
                                    {"gamma", "1"},
                                    {"loss", "huber"},
                                    {"decide", "q-greedy"},
                                    {"features", "conf+mask"},
                                    {"reward", "gain"},
                                    {"end", "on"},
                                    {"lr", "0.001"},
                                    {"lr_schedule", "cosine"},
                                    {"batch", "128"},
                                    {"hidden", "128"},
                                    {"weight_decay", "2"},
                                    {"dropout", "0"},
                                    {"envs", "8"},
                                    {"target_every", "200"}};
    char number[32];
    ams_status status = AMS_OK;
    AMS_TRY(ams_train_defaults(train, err));
    AMS_TRY(ams_train_set(train, "agent", options->agent, err));
    for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++) {
        AMS_TRY(ams_train_set(train, fixed[k][0], fixed[k][1], err));
    }
    snprintf(number, sizeof number, "%llu", (unsigned long long)options->steps);
    AMS_TRY(ams_train_set(train, "steps", number, err));
    snprintf(number, sizeof number, "%llu", (unsigned long long)(options->steps / 2));
    AMS_TRY(ams_train_set(train, "epsilon_steps", number, err));
    for (size_t k = 0; k < options->n_settings; k++) {
        AMS_TRY(set(train, options->setting[k], err));
    }
out:
    return status;
}

ams_status ams_budget_agent_check(const budget_study *study, ams_error *err)
{
    const ams_budget_options *options = study->options;
    ams_train_options train;
    if (options->rule != AMS_ANSWER_POSTERIOR || study->data.several) {
        return ams_fail(err, AMS_USAGE,
                        "an agent learns for the rule posterior and one right label per item, "
                        "found the rule %s and %s",
                        ams_answer_rules[options->rule],
                        study->data.several ? "several" : "one");
    }
    return configure(&train, options, err);
}

static ams_status begin(budget_agent *a, const ams_train_options *train, double price,
                        ams_error *err)
{
    const budget_data *data = a->data;
    const uint32_t sets = 1U << data->n_models;
    ams_status status = AMS_OK;
    AMS_TRY(make_table(&a->table, data, err));
    AMS_TRY(ams_alloc(&a->worth, (size_t)data->n_items * sets, sizeof *a->worth, "worth", err));
    for (uint32_t set = 0; set < sets; set++) {
        const float *stop = ams_budget_stop_worth(a->solver, set, 0);
        for (uint32_t i = 0; i < data->n_items; i++) {
            a->worth[(size_t)i * sets + set] = stop[i];
        }
    }
    ams_env_options env = ams_train_env_options(train);
    env.worth = a->worth;
    env.price = price;
    env.observer = (ams_env_observer){
        observe, a, ams_answers_state_features(data->n_models, data->n_classes),
        (uint32_t)ams_answers_row_room(data->n_models, 1)};
    status = ams_env_create(&a->env, &a->table, &env, err);
out:
    return status;
}

/* Trains the networks one after the other; the policy keeps what they learned. */
static ams_status learn(budget_agent *a, const ams_budget_options *options,
                        ams_train_options *train, budget_policy *policy, ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t k = 0; k < options->networks; k++) {
        train->seed = options->seed + k;
        AMS_TRY(ams_trainer_create(&a->trainer[k], a->env, train, NULL, err));
        AMS_TRY(ams_trainer_advance(a->trainer[k], options->steps, err));
        const ams_net *net = ams_trainer_net(a->trainer[k]);
        if (k == 0) {
            policy->shape = (ams_networks){
                .n = options->networks, .n_layers = net->n_layers, .dueling = net->dueling};
            memcpy(policy->shape.width, net->width, sizeof policy->shape.width);
            AMS_TRY(ams_alloc(&policy->network,
                              ams_networks_size(&policy->shape) * options->networks,
                              sizeof *policy->network, "networks", err));
        }
        float *block = policy->network + ams_networks_size(&policy->shape) * k;
        for (uint32_t l = 0; l < net->n_layers; l++) {
            const size_t n = (size_t)net->width[l] * net->width[l + 1];
            memcpy(block, net->params + net->weight[l], n * sizeof *block);
            memcpy(block + n, net->params + net->bias[l], net->width[l + 1] * sizeof *block);
            block += n + net->width[l + 1];
        }
        ams_trainer_destroy(a->trainer[k]);
        a->trainer[k] = NULL;
    }
out:
    return status;
}

/* Scratch of decisions. */
typedef struct agent_walk {
    float *room;
    ams_row row;
} agent_walk;

/* From what was called on the item to where no call is worth more than END, which earns 0,
 * whatever the networks make of it. As online/budget_item.c. */
static void walk(const budget_data *data, const budget_answers *answers,
                 const budget_policy *policy, uint32_t item, agent_walk *w, uint32_t *set,
                 uint32_t *last)
{
    const uint32_t models = data->n_models;
    const ams_outputs outputs = ams_budget_outputs(data, item);
    float q[AMS_BUDGET_MODELS + 1];
    for (uint32_t m = 0; m < models;) {
        float best = 0;
        if (*set == 0) {
            memcpy(q, policy->root, models * sizeof *q);
        } else {
            ams_answers_state_row(
                &outputs, *set, &answers->belief[(size_t)*set * data->n_items + item], &w->row);
            ams_networks_mean(&policy->shape, policy->network, &w->row, w->room, q);
        }
        m = models;
        for (uint32_t k = 0; k < models; k++) {
            if ((*set >> k & 1) == 0 && q[k] > best) {
                best = q[k];
                m = k;
            }
        }
        if (m < models) {
            *set |= 1U << m;
            *last = m;
            m = 0;
        }
    }
}

/* What each first call is worth. That state is the same for every item, so its values are means
 * of what the networks' decisions earn after each call, where the networks' own values of it
 * bear the errors of all that comes later. */
static void value_root(const budget_agent *a, budget_policy *policy, agent_walk *w)
{
    const budget_data *data = a->data;
    const uint32_t n = data->n_train < ENOUGH ? data->n_train : ENOUGH;
    const float *nothing = ams_budget_stop_worth(a->solver, 0, 0);
    for (uint32_t m = 0; m < data->n_models; m++) {
        double earned = 0;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t set = 1U << m;
            uint32_t last = m;
            walk(data, a->answers, policy, i, w, &set, &last);
            earned += (double)(ams_budget_stop_worth(a->solver, set, 0)[i] - nothing[i]) -
                      policy->lambda * ams_budget_set_cost(data, set);
        }
        policy->root[m] = (float)(earned / n);
    }
}

/* What is done on every item. */
static void follow(const budget_data *data, const budget_answers *answers,
                   budget_policy *policy, agent_walk *w)
{
    for (uint32_t i = 0; i < data->n_items; i++) {
        uint32_t set = 0;
        uint32_t last = 0;
        walk(data, answers, policy, i, w, &set, &last);
        policy->calls[i] = (uint8_t)set;
        policy->last[i] = (uint8_t)last;
        policy->score[i] = ams_budget_score(answers, data, AMS_ANSWER_POSTERIOR, set, last, i);
    }
    ams_budget_policy_count(policy, data);
}

ams_status ams_budget_train_at(const budget_data *data, const budget_answers *answers,
                               const budget_solver *solver, const ams_budget_options *options,
                               double price, budget_policy *policy, ams_error *err)
{
    budget_agent a = {.data = data, .answers = answers, .solver = solver};
    ams_train_options train;
    agent_walk w = {.room = NULL};
    ams_status status = AMS_OK;
    AMS_TRY(ams_budget_policy_init(policy, data, err));
    policy->rule = AMS_ANSWER_POSTERIOR;
    policy->lambda = price;
    AMS_TRY(configure(&train, options, err));
    AMS_TRY(begin(&a, &train, price, err));
    AMS_TRY(learn(&a, options, &train, policy, err));
    AMS_TRY(ams_budget_row_init(&w.row, data, err));
    AMS_TRY(
        ams_alloc(&w.room, ams_networks_room(&policy->shape), sizeof *w.room, "networks", err));
    value_root(&a, policy, &w);
    follow(data, answers, policy, &w);
out:
    ams_budget_row_fini(&w.row);
    free(w.room);
    for (uint32_t k = 0; k < AMS_BUDGET_NETWORKS; k++) {
        ams_trainer_destroy(a.trainer[k]);
    }
    ams_env_destroy(a.env);
    ams_table_fini(&a.table);
    free(a.worth);
    if (status != AMS_OK) {
        ams_budget_policy_fini(policy);
    }
    return status;
}

/* ---- prices ---- */

/* What the exact solution's price is where it costs about this. */
static double exact_price(const budget_list *exact, double cost)
{
    size_t nearest = 0;
    for (size_t k = 1; k < exact->n; k++) {
        if (fabs(exact->policy[k].train_cost - cost) <
            fabs(exact->policy[nearest].train_cost - cost)) {
            nearest = k;
        }
    }
    return exact->policy[nearest].lambda;
}

/* The trained policies around a mean cost; NULL where there is none. */
static void around(const budget_list *list, double cost, const budget_policy *found[2])
{
    found[0] = found[1] = NULL;
    for (size_t k = 0; k < list->n; k++) { /* ascending costs */
        const budget_policy *p = &list->policy[k];
        if (p->lambda > 0 && p->train_cost > 0 && p->train_cost <= cost) {
            found[0] = p;
        } else if (p->lambda > 0 && p->train_cost > cost && found[1] == NULL) {
            found[1] = p;
        }
    }
}

/* The price at which the agent is expected to cost that: between two that are known in
 * proportion, on logarithmic scales; else the exact solution's, corrected as at the nearest
 * known one. 0: there is nothing to try. */
static double guess(const budget_list *list, const budget_list *exact, double cost)
{
    const budget_policy *near[2];
    around(list, cost, near);
    if (near[0] != NULL && near[1] != NULL) {
        const double share =
            log(cost / near[0]->train_cost) / log(near[1]->train_cost / near[0]->train_cost);
        return near[1]->lambda < near[0]->lambda
                   ? near[0]->lambda * pow(near[1]->lambda / near[0]->lambda, share)
                   : 0;
    }
    const budget_policy *one = near[0] != NULL ? near[0] : near[1];
    if (one == NULL) {
        return exact_price(exact, cost);
    }
    const double there = exact_price(exact, one->train_cost);
    const double ratio = there > 0 ? one->lambda / there : 1;
    return exact_price(exact, cost) * (ratio < 0.5 ? 0.5 : ratio > 4 ? 4 : ratio);
}

/* Whether a policy is known that costs about this, or all that is worth calling costs less. */
static bool is_met(const budget_list *list, const budget_list *exact, double cost)
{
    const budget_policy *near[2];
    around(list, cost, near);
    return (near[0] != NULL && near[0]->train_cost > (1 - NEAR) * cost) ||
           (near[1] != NULL && near[1]->train_cost < (1 + NEAR) * cost) ||
           (near[0] != NULL && near[0]->train_cost > exact->policy[exact->n - 1].train_cost);
}

ams_status ams_budget_train(const budget_study *s, const budget_solver *solver,
                            const budget_list *exact, budget_list *list, ams_error *err)
{
    const ams_budget_options *options = s->options;
    const double *budget = s->budget;
    const uint32_t n_budgets = s->n_budgets;
    ams_status status = AMS_OK;
    for (uint32_t b = 0; b < n_budgets; b++) {
        for (int t = 0; t < TRIES && !is_met(list, exact, budget[b]); t++) {
            budget_policy policy = {0};
            const double price = guess(list, exact, budget[b]);
            ams_progress_update(options->progress, b, n_budgets, options->agent);
            if (price <= 0) {
                break;
            }
            AMS_TRY(ams_budget_train_at(&s->data, &s->answers, solver, options, price, &policy,
                                        err));
            AMS_TRY(ams_budget_list_add(list, &policy, err));
        }
    }
out:
    return status;
}
