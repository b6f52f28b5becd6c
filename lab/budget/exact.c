/* The backward solution: what each action is worth after each set of called models, from the
 * largest set down, at one price of money.
 *
 * A state is a set S and, for the answer rule `last`, which model was called last. The worth of
 * stopping is the probability that the answer is right; the worth of calling m is less its
 * price the worth of what is done after it. Both are regressions on what the outputs in S say,
 * whose targets are what came of it on the training items. */
#include "lab/budget/parts.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct budget_solver {
    const budget_data *data;
    const budget_answers *answers;
    ams_answer_rule rule;
    uint32_t n_sets, n_lasts; /* n_lasts: M for the rule `last`, else 1 */
    budget_ridge *ridge;      /* (n_sets) */
    float *stop;              /* (n_sets * n_lasts, N) worth of stopping */
    float **stop_weight;      /* (n_sets * n_lasts) and how it is predicted */
    float **call_weight;      /* (n_sets * M) the same of calls, of the last price */
    float *result;            /* (n_sets * n_lasts, N) what comes of the state */
    uint8_t *action;          /* (n_sets * n_lasts, N) model, or M to stop */
    float *target, *value;    /* (n_train), (N) */
};

static size_t index_of(const budget_solver *s, uint32_t set, uint32_t last)
{
    return (size_t)set * s->n_lasts + (s->n_lasts > 1 ? last : 0);
}

static size_t state_of(const budget_solver *s, uint32_t set, uint32_t last)
{
    return index_of(s, set, last) * s->data->n_items;
}

static bool reachable(const budget_solver *s, uint32_t set, uint32_t last)
{
    return s->n_lasts == 1 || (set >> last & 1) != 0 || (set == 0 && last == 0);
}

static ams_status value_stops(budget_solver *s, ams_error *err)
{
    const budget_data *data = s->data;
    ams_status status = AMS_OK;
    for (uint32_t set = 0; set < s->n_sets; set++) {
        for (uint32_t last = 0; last < s->n_lasts; last++) {
            if (!reachable(s, set, last)) {
                continue;
            }
            for (uint32_t i = 0; i < data->n_train; i++) {
                s->target[i] = ams_budget_score(s->answers, data, s->rule, set, last, i);
            }
            AMS_TRY(ams_budget_ridge_predict(&s->ridge[set], data, s->answers, s->target,
                                             s->stop + state_of(s, set, last),
                                             s->stop_weight[index_of(s, set, last)], err));
        }
    }
out:
    return status;
}

/* Room for what predicts each action's worth. */
static ams_status make_weights(budget_solver *s, ams_error *err)
{
    const uint32_t models = s->data->n_models;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&s->stop_weight, (size_t)s->n_sets * s->n_lasts, sizeof(float *),
                      "a solution", err));
    AMS_TRY(ams_alloc(&s->call_weight, (size_t)s->n_sets * models, sizeof(float *),
                      "a solution", err));
    for (uint32_t set = 0; set < s->n_sets; set++) {
        const size_t n =
            ams_answers_value_features((uint32_t)__builtin_popcount(set), s->data->n_classes);
        for (uint32_t last = 0; last < s->n_lasts; last++) {
            AMS_TRY(ams_alloc(&s->stop_weight[index_of(s, set, last)], n, sizeof(float),
                              "a solution", err));
        }
        for (uint32_t m = 0; m < models; m++) {
            if ((set >> m & 1) == 0) {
                AMS_TRY(ams_alloc(&s->call_weight[(size_t)set * models + m], n, sizeof(float),
                                  "a solution", err));
            }
        }
    }
out:
    return status;
}

ams_status ams_budget_solver_create(budget_solver **solver, const budget_data *data,
                                    const budget_answers *answers, ams_answer_rule rule,
                                    ams_error *err)
{
    budget_solver *s = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&s, 1, sizeof *s, "a solution", err));
    s->data = data;
    s->answers = answers;
    s->rule = rule;
    s->n_sets = 1U << data->n_models;
    s->n_lasts = rule == AMS_ANSWER_LAST ? data->n_models : 1;
    const size_t cells = (size_t)s->n_sets * s->n_lasts * data->n_items;
    AMS_TRY(ams_alloc(&s->ridge, s->n_sets, sizeof *s->ridge, "a solution", err));
    AMS_TRY(ams_alloc(&s->stop, cells, sizeof *s->stop, "a solution", err));
    AMS_TRY(ams_alloc(&s->result, cells, sizeof *s->result, "a solution", err));
    AMS_TRY(ams_alloc(&s->action, cells, 1, "a solution", err));
    AMS_TRY(ams_alloc(&s->target, data->n_items, sizeof *s->target, "a solution", err));
    AMS_TRY(ams_alloc(&s->value, data->n_items, sizeof *s->value, "a solution", err));
    AMS_TRY(make_weights(s, err));
    for (uint32_t set = 0; set < s->n_sets; set++) {
        AMS_TRY(ams_budget_ridge_make(&s->ridge[set], data, answers, set, 1, err));
    }
    AMS_TRY(value_stops(s, err));
out:
    if (status != AMS_OK) {
        ams_budget_solver_destroy(s);
        s = NULL;
    }
    *solver = s;
    return status;
}

void ams_budget_solver_destroy(budget_solver *solver)
{
    if (solver == NULL) {
        return;
    }
    for (uint32_t set = 0; solver->ridge != NULL && set < solver->n_sets; set++) {
        ams_budget_ridge_fini(&solver->ridge[set]);
    }
    for (size_t k = 0;
         solver->stop_weight != NULL && k < (size_t)solver->n_sets * solver->n_lasts; k++) {
        free(solver->stop_weight[k]);
    }
    for (size_t k = 0;
         solver->call_weight != NULL && k < (size_t)solver->n_sets * solver->data->n_models;
         k++) {
        free(solver->call_weight[k]);
    }
    free(solver->stop_weight);
    free(solver->call_weight);
    free(solver->ridge);
    free(solver->stop);
    free(solver->result);
    free(solver->action);
    free(solver->target);
    free(solver->value);
    free(solver);
}

/* The state's actions and what comes of them, once those of all larger sets are known. */
static ams_status solve_state(budget_solver *s, uint32_t set, uint32_t last, double lambda,
                              ams_error *err)
{
    const budget_data *data = s->data;
    const size_t here = state_of(s, set, last);
    float *best = s->result + here; /* until the end the worth of the best action */
    ams_status status = AMS_OK;
    memcpy(best, s->stop + here, data->n_items * sizeof *best);
    memset(s->action + here, (int)data->n_models, data->n_items);
    for (uint32_t m = 0; m < data->n_models; m++) {
        if ((set >> m & 1) != 0) {
            continue;
        }
        const float price = (float)(lambda * data->cost[m]);
        const float *after = s->result + state_of(s, set | 1U << m, m);
        AMS_TRY(ams_budget_ridge_predict(&s->ridge[set], data, s->answers, after, s->value,
                                         s->call_weight[(size_t)set * data->n_models + m],
                                         err));
        for (uint32_t i = 0; i < data->n_items; i++) {
            if (s->value[i] - price > best[i]) {
                best[i] = s->value[i] - price;
                s->action[here + i] = (uint8_t)m;
            }
        }
    }
    for (uint32_t i = 0; i < data->n_items; i++) {
        const uint32_t m = s->action[here + i];
        if (m == data->n_models) {
            best[i] = ams_budget_score(s->answers, data, s->rule, set, last, i);
        } else {
            best[i] =
                s->result[state_of(s, set | 1U << m, m) + i] - (float)(lambda * data->cost[m]);
        }
    }
out:
    return status;
}

static void follow(const budget_solver *s, budget_policy *policy)
{
    const budget_data *data = s->data;
    for (uint32_t i = 0; i < data->n_items; i++) {
        uint32_t set = 0;
        uint32_t last = 0;
        uint32_t m = s->action[state_of(s, set, last) + i];
        while (m < data->n_models) {
            set |= 1U << m;
            last = m;
            m = s->action[state_of(s, set, last) + i];
        }
        policy->calls[i] = (uint8_t)set;
        policy->last[i] = (uint8_t)last;
        policy->score[i] = ams_budget_score(s->answers, data, s->rule, set, last, i);
    }
    ams_budget_policy_count(policy, data);
}

ams_status ams_budget_solve(budget_solver *solver, double lambda, budget_policy *policy,
                            ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_budget_policy_init(policy, solver->data, err));
    policy->lambda = lambda;
    policy->rule = solver->rule;
    /* A set's number is above those of its subsets. */
    for (uint32_t set = solver->n_sets; set-- > 0;) {
        for (uint32_t last = 0; last < solver->n_lasts; last++) {
            if (reachable(solver, set, last)) {
                AMS_TRY(solve_state(solver, set, last, lambda, err));
            }
        }
    }
    follow(solver, policy);
out:
    if (status != AMS_OK) {
        ams_budget_policy_fini(policy);
    }
    return status;
}

const float *ams_budget_stop_weight(const budget_solver *solver, uint32_t set, uint32_t last)
{
    return solver->stop_weight[index_of(solver, set, last)];
}

const float *ams_budget_stop_worth(const budget_solver *solver, uint32_t set, uint32_t last)
{
    return solver->stop + state_of(solver, set, last);
}

const float *ams_budget_call_weight(const budget_solver *solver, uint32_t set, uint32_t model)
{
    return solver->call_weight[(size_t)set * solver->data->n_models + model];
}
