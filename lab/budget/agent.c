#include "lab/budget/agent.h"

#include "ams/train.h"
#include "base/memory.h"
#include "rl/net/math.h"
#include "rl/policy/scorer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMS = 3 };

typedef struct budget_agent {
    const budget_data *data;
    ams_table table; /* of the same outputs, each model a task of its own */
    float *worth;    /* (N, 2^M) probability that the posterior's answer is right */
    ams_env *env;
    ams_trainer *trainer;
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
        t->theta[m] = 1;
        t->time_ms[m] = (float)data->cost[m];
        for (uint32_t c = 0; c < FORMS * data->n_classes; c++) {
            AMS_TRY(add_name(&t->label_name, m, c, &index, err));
        }
    }
    AMS_TRY(add_name(&t->group_name, 0, -1, &index, err));
    for (uint32_t i = 0; i < data->n_items; i++) {
        AMS_TRY(add_name(&t->item_id, i, -1, &index, err));
        t->split[i] = i < data->n_train ? AMS_TRAIN : AMS_TEST;
    }
out:
    return status;
}

/* Each output in three forms, with which a network tells confidences near 1 apart: that it is,
 * its confidence, and -ln(1.01 - confidence) / 4.6. Returns where the next row begins. */
static uint64_t put_outputs(ams_table *t, const budget_data *data, size_t row, uint64_t at)
{
    const uint32_t base = FORMS * data->n_classes * (uint32_t)(row % data->n_models);
    for (uint32_t form = 0; form < FORMS; form++) {
        for (uint64_t k = data->first[row]; k < data->first[row + 1]; k++, at++) {
            const float conf = data->output[k].conf;
            const float odds = -logf(1.01F - conf) / 4.6F;
            t->label[at] = base + form * data->n_classes + data->output[k].label;
            t->conf[at] = form == 0   ? 1
                          : form == 1 ? conf
                          : odds > 0  ? (odds < 1 ? odds : 1)
                                      : 0;
        }
    }
    return at;
}

/* So that a feature says which model said what. */
static ams_status make_table(ams_table *t, const budget_data *data, ams_error *err)
{
    const size_t m = data->n_models;
    const size_t n = data->n_items;
    const uint64_t outputs = FORMS * data->first[n * m];
    ams_status status = AMS_OK;
    t->n_items = data->n_items;
    t->n_models = data->n_models;
    t->n_labels = FORMS * data->n_models * data->n_classes;
    AMS_TRY(ams_alloc(&t->model_task, m, sizeof *t->model_task, "models", err));
    AMS_TRY(ams_alloc(&t->theta, m, sizeof *t->theta, "models", err));
    AMS_TRY(ams_alloc(&t->time_ms, m, sizeof *t->time_ms, "models", err));
    AMS_TRY(ams_alloc(&t->mem_mb, m, sizeof *t->mem_mb, "models", err));
    AMS_TRY(ams_alloc(&t->item_group, n, sizeof *t->item_group, "items", err));
    AMS_TRY(ams_alloc(&t->split, n, sizeof *t->split, "items", err));
    AMS_TRY(ams_alloc(&t->indptr, n * m + 1, sizeof *t->indptr, "outputs", err));
    AMS_TRY(ams_alloc(&t->label, outputs, sizeof *t->label, "outputs", err));
    AMS_TRY(ams_alloc(&t->conf, outputs, sizeof *t->conf, "outputs", err));
    AMS_TRY(name_all(t, data, err));
    for (size_t r = 0; r < n * m; r++) {
        t->indptr[r + 1] = put_outputs(t, data, r, t->indptr[r]);
    }
    status = ams_table_check(t, outputs, err);
out:
    return status;
}

static ams_status begin(budget_agent *a, const budget_answers *answers,
                        const ams_budget_options *options, double price, ams_error *err)
{
    const budget_data *data = a->data;
    const uint32_t sets = 1U << data->n_models;
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
                                    {"target_every", "200"}};
    char number[32];
    ams_train_options train;
    ams_status status = AMS_OK;
    AMS_TRY(make_table(&a->table, data, err));
    AMS_TRY(ams_alloc(&a->worth, (size_t)data->n_items * sets, sizeof *a->worth, "worth", err));
    for (uint32_t set = 0; set < sets; set++) {
        for (uint32_t i = 0; i < data->n_items; i++) {
            a->worth[(size_t)i * sets + set] =
                answers->belief[(size_t)set * data->n_items + i].first;
        }
    }
    AMS_TRY(ams_train_defaults(&train, err));
    AMS_TRY(ams_train_set(&train, "agent", options->agent, err));
    for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++) {
        AMS_TRY(ams_train_set(&train, fixed[k][0], fixed[k][1], err));
    }
    snprintf(number, sizeof number, "%llu", (unsigned long long)options->steps);
    AMS_TRY(ams_train_set(&train, "steps", number, err));
    snprintf(number, sizeof number, "%llu", (unsigned long long)(options->steps / 2));
    AMS_TRY(ams_train_set(&train, "epsilon_steps", number, err));
    train.seed = options->seed;
    ams_env_options env = ams_train_env_options(&train);
    env.worth = a->worth;
    env.price = price;
    AMS_TRY(ams_env_create(&a->env, &a->table, &env, err));
    AMS_TRY(ams_trainer_create(&a->trainer, a->env, &train, NULL, err));
out:
    return status;
}

/* The largest Q-value decides; what is below END's 0 is not called. */
static ams_status follow(budget_agent *a, const budget_answers *answers, budget_policy *policy,
                         ams_error *err)
{
    const budget_data *data = a->data;
    ams_scorer *scorer = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_budget_policy_init(policy, data, err));
    AMS_TRY(ams_scorer_create(&scorer, a->env, ams_trainer_net(a->trainer), err));
    for (uint32_t i = 0; i < data->n_items; i++) {
        ams_scorer_begin(scorer, i);
        for (;;) {
            const uint64_t left = ams_env_remaining(a->env, ams_scorer_mask(scorer));
            const uint32_t action =
                left == 0 ? data->n_models
                          : ams_masked_argmax(ams_scorer_q(scorer), left, data->n_models, 1);
            if (action == data->n_models) {
                break;
            }
            policy->last[i] = (uint8_t)action;
            ams_scorer_run(scorer, action);
        }
        policy->calls[i] = (uint8_t)ams_scorer_mask(scorer);
        policy->right[i] = ams_budget_right(answers, data, AMS_ANSWER_POSTERIOR,
                                            policy->calls[i], policy->last[i], i);
    }
    ams_budget_policy_count(policy, data);
out:
    ams_scorer_destroy(scorer);
    if (status != AMS_OK) {
        ams_budget_policy_fini(policy);
    }
    return status;
}

ams_status ams_budget_train(const budget_data *data, const budget_answers *answers,
                            const ams_budget_options *options, double price,
                            budget_policy *policy, ams_error *err)
{
    budget_agent a = {.data = data};
    ams_status status = AMS_OK;
    AMS_TRY(begin(&a, answers, options, price, err));
    AMS_TRY(ams_trainer_advance(a.trainer, options->steps, err));
    AMS_TRY(follow(&a, answers, policy, err));
    policy->lambda = price;
out:
    ams_trainer_destroy(a.trainer);
    ams_env_destroy(a.env);
    ams_table_fini(&a.table);
    free(a.worth);
    return status;
}
