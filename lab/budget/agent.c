#include "lab/budget/agent.h"

#include "ams/train.h"
#include "base/memory.h"
#include "rl/net/math.h"
#include "rl/policy/scorer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A budget is met by a policy that costs within a tenth of it. */
static const double NEAR = 0.1;
enum { TRIES = 3, FORMS = 4, SPARSE = 3 /* of them only of labels that were said */ };

typedef struct budget_agent {
    const budget_data *data;
    ams_table table; /* of the same outputs, each model a task of its own */
    float *worth;    /* (N, 2^M) probability that the posterior's answer is right */
    ams_env *env;
    ams_trainer *trainer[AMS_BUDGET_NETWORKS];
    uint32_t n;
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
        for (uint32_t c = 0; c < FORMS * data->n_labels; c++) {
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

/* p (C): how probable each label is given what the model says, and nothing else. */
static void evidence_of(const budget_data *data, const budget_answers *answers, uint32_t item,
                        uint32_t model, ams_row *row, float *p)
{
    const budget_softmax *posterior = &answers->posterior[1U << model];
    const ams_outputs outputs = ams_budget_outputs(data, item);
    ams_answers_row(&outputs, 1U << model, row);
    memset(p, 0, posterior->stride * sizeof *p);
    ams_answers_scores(row, posterior->weight, posterior->stride, p);
    (void)ams_answers_believe(&outputs, 1U << model, p);
}

/* An output in three forms, with which a network tells confidences near 1 apart: that it is,
 * its confidence, and -ln(1.01 - confidence) / 4.6. And for every label ln p by the model
 * alone, from 1e-4 to 1 on a scale from 0 to 1: their sums over models are near what all say
 * together. Returns where the next row begins. */
static uint64_t put_outputs(ams_table *t, const budget_data *data, size_t row, const float *p,
                            uint64_t at)
{
    const uint32_t base = FORMS * data->n_labels * (uint32_t)(row % data->n_models);
    for (uint32_t form = 0; form < SPARSE; form++) {
        for (uint64_t k = data->first[row]; k < data->first[row + 1]; k++, at++) {
            const float conf = data->output[k].conf;
            const float odds = -logf(1.01F - conf) / 4.6F;
            t->label[at] = base + form * data->n_labels + data->output[k].label;
            t->conf[at] = form == 0   ? 1
                          : form == 1 ? conf
                          : odds > 0  ? (odds < 1 ? odds : 1)
                                      : 0;
        }
    }
    for (uint32_t c = 0; c < data->n_labels; c++, at++) {
        t->label[at] = base + SPARSE * data->n_labels + c;
        t->conf[at] = p[c] > 1e-4F ? 1 + logf(p[c]) / 9.2103404F : 0;
    }
    return at;
}

/* So that a feature says which model said what. */
static ams_status make_table(ams_table *t, const budget_data *data,
                             const budget_answers *answers, ams_error *err)
{
    const size_t m = data->n_models;
    const size_t n = data->n_items;
    const uint64_t outputs = SPARSE * data->first[n * m] + n * m * data->n_labels;
    ams_row line = {0};
    float *p = NULL;
    ams_status status = AMS_OK;
    t->n_items = data->n_items;
    t->n_models = data->n_models;
    t->n_labels = FORMS * data->n_models * data->n_labels;
    AMS_TRY(ams_alloc(&t->model_task, m, sizeof *t->model_task, "models", err));
    AMS_TRY(ams_alloc(&t->theta, m, sizeof *t->theta, "models", err));
    AMS_TRY(ams_alloc(&t->time_ms, m, sizeof *t->time_ms, "models", err));
    AMS_TRY(ams_alloc(&t->mem_mb, m, sizeof *t->mem_mb, "models", err));
    AMS_TRY(ams_alloc(&t->item_group, n, sizeof *t->item_group, "items", err));
    AMS_TRY(ams_alloc(&t->split, n, sizeof *t->split, "items", err));
    AMS_TRY(ams_alloc(&t->indptr, n * m + 1, sizeof *t->indptr, "outputs", err));
    AMS_TRY(ams_alloc(&t->label, outputs, sizeof *t->label, "outputs", err));
    AMS_TRY(ams_alloc(&t->conf, outputs, sizeof *t->conf, "outputs", err));
    AMS_TRY(ams_alloc(&p, answers->posterior[0].stride, sizeof *p, "outputs", err));
    AMS_TRY(ams_budget_row_init(&line, data, err));
    AMS_TRY(name_all(t, data, err));
    for (size_t r = 0; r < n * m; r++) {
        evidence_of(data, answers, (uint32_t)(r / m), (uint32_t)(r % m), &line, p);
        t->indptr[r + 1] = put_outputs(t, data, r, p, t->indptr[r]);
    }
    status = ams_table_check(t, outputs, err);
out:
    ams_budget_row_fini(&line);
    free(p);
    return status;
}

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
    AMS_TRY(make_table(&a->table, data, answers, err));
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
    for (size_t k = 0; k < options->n_settings; k++) {
        AMS_TRY(set(&train, options->setting[k], err));
    }
    ams_env_options env = ams_train_env_options(&train);
    env.worth = a->worth;
    env.price = price;
    AMS_TRY(ams_env_create(&a->env, &a->table, &env, err));
    for (a->n = 0; a->n < options->networks; a->n++) {
        train.seed = options->seed + a->n;
        AMS_TRY(ams_trainer_create(&a->trainer[a->n], a->env, &train, NULL, err));
        AMS_TRY(ams_trainer_advance(a->trainer[a->n], options->steps, err));
    }
out:
    return status;
}

/* The largest mean of the networks' Q-values decides; what is below END's 0 is not called. */
static uint32_t decide(const budget_agent *a, ams_scorer *const *scorer, float *q)
{
    const uint32_t models = a->data->n_models;
    const uint64_t left = ams_env_remaining(a->env, ams_scorer_mask(scorer[0]));
    memset(q, 0, (models + 1) * sizeof *q);
    for (uint32_t k = 0; k < a->n; k++) {
        const float *one = ams_scorer_q(scorer[k]);
        for (uint32_t m = 0; m <= models; m++) {
            q[m] += one[m];
        }
    }
    return left == 0 ? models : ams_masked_argmax(q, left, models, 1);
}

static ams_status follow(budget_agent *a, const budget_answers *answers, budget_policy *policy,
                         ams_error *err)
{
    const budget_data *data = a->data;
    ams_scorer *scorer[AMS_BUDGET_NETWORKS] = {NULL};
    float q[AMS_BUDGET_MODELS + 1];
    ams_status status = AMS_OK;
    AMS_TRY(ams_budget_policy_init(policy, data, err));
    policy->rule = AMS_ANSWER_POSTERIOR;
    for (uint32_t k = 0; k < a->n; k++) {
        AMS_TRY(ams_scorer_create(&scorer[k], a->env, ams_trainer_net(a->trainer[k]), err));
    }
    for (uint32_t i = 0; i < data->n_items; i++) {
        for (uint32_t k = 0; k < a->n; k++) {
            ams_scorer_begin(scorer[k], i);
        }
        for (uint32_t m = decide(a, scorer, q); m < data->n_models; m = decide(a, scorer, q)) {
            policy->last[i] = (uint8_t)m;
            for (uint32_t k = 0; k < a->n; k++) {
                ams_scorer_run(scorer[k], m);
            }
        }
        policy->calls[i] = (uint8_t)ams_scorer_mask(scorer[0]);
        policy->score[i] = ams_budget_score(answers, data, AMS_ANSWER_POSTERIOR,
                                            policy->calls[i], policy->last[i], i);
    }
    ams_budget_policy_count(policy, data);
out:
    for (uint32_t k = 0; k < a->n; k++) {
        ams_scorer_destroy(scorer[k]);
    }
    if (status != AMS_OK) {
        ams_budget_policy_fini(policy);
    }
    return status;
}

static ams_status train(const budget_data *data, const budget_answers *answers,
                        const ams_budget_options *options, double price, budget_policy *policy,
                        ams_error *err)
{
    budget_agent a = {.data = data};
    ams_status status = AMS_OK;
    AMS_TRY(begin(&a, answers, options, price, err));
    AMS_TRY(follow(&a, answers, policy, err));
    policy->lambda = price;
out:
    for (uint32_t k = 0; k < AMS_BUDGET_NETWORKS; k++) {
        ams_trainer_destroy(a.trainer[k]);
    }
    ams_env_destroy(a.env);
    ams_table_fini(&a.table);
    free(a.worth);
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

ams_status ams_budget_train(const budget_data *data, const budget_answers *answers,
                            const ams_budget_options *options, const budget_list *exact,
                            const double *budget, uint32_t n_budgets, budget_list *list,
                            ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t b = 0; b < n_budgets; b++) {
        for (int t = 0; t < TRIES && !is_met(list, exact, budget[b]); t++) {
            budget_policy policy = {0};
            const double price = guess(list, exact, budget[b]);
            ams_progress_update(options->progress, b, n_budgets, options->agent);
            if (price <= 0) {
                break;
            }
            AMS_TRY(train(data, answers, options, price, &policy, err));
            AMS_TRY(ams_budget_list_add(list, &policy, err));
        }
    }
out:
    return status;
}
