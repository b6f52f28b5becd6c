/* What the files of lab/budget share: recorded answers, their posterior for every set of called
 * models, and what calling more is worth. Private to this folder.
 *
 * N items, M models (at most AMS_BUDGET_MODELS), C classes: the labels of one task. S is a set
 * of called models, one bit each; there are 2^M. Items are those of the table with one right
 * label. */
#ifndef AMS_LAB_BUDGET_PARTS_H
#define AMS_LAB_BUDGET_PARTS_H

#include "ams/budget.h"
#include "online/networks.h"

enum {
    AMS_BUDGET_FOLDS = 5 /* what is fitted is never used on an item that it was fitted to */
};
#define AMS_BUDGET_NONE AMS_ANSWERS_NONE /* no label */

/* ---- recorded answers ---- */

typedef struct budget_data {
    uint32_t n_items, n_models, n_labels;
    uint32_t n_classes; /* of the posterior */
    bool relative;      /* and what they stand for (online/answers.h) */
    uint32_t n_train;   /* items [0, n_train) are for fitting, the others are scored */
    uint32_t *item;     /* (N) of the table */
    uint32_t *truth;    /* (N) label; of several the first */
    /* Right labels of item i: right[right_at[i]] to right[right_at[i + 1] - 1], ascending. */
    uint64_t *right_at;
    uint32_t *right;
    bool several; /* some item has more than one */
    bool exact;   /* then an answer is as good as it is exactly right, else as its F1 */
    float threshold[AMS_BUDGET_MODELS]; /* above which a model's label is part of its answer */
    uint8_t *fold;                      /* (n_train) */
    uint32_t model[AMS_BUDGET_MODELS];  /* of the table */
    double cost[AMS_BUDGET_MODELS];
    uint64_t *first; /* (N * M + 1) outputs of model m on item i: from first[i * M + m] on */
    ams_said *output;
    ams_names label_name; /* (C) with the task */
} budget_data;

/* What the models say of an item. */
static inline ams_outputs ams_budget_outputs(const budget_data *data, uint32_t item)
{
    ams_outputs o = {
        .n_models = data->n_models, .n_labels = data->n_labels, .relative = data->relative};
    for (uint32_t m = 0; m < data->n_models; m++) {
        const uint64_t *first = data->first + (size_t)item * data->n_models + m;
        o.said[m] = data->output + first[0];
        o.n[m] = (uint32_t)(first[1] - first[0]);
    }
    return o;
}

/* From the table's training items and those that are scored; others and those without a right
 * label are left out and counted. */
ams_status ams_budget_data_make(budget_data *data, const ams_table *table,
                                const ams_budget_options *options, ams_budget *counts,
                                ams_error *err);
void ams_budget_data_fini(budget_data *data);

/* The class with the greatest confidence, AMS_BUDGET_NONE without any. */
uint32_t ams_budget_top(const budget_data *data, uint32_t item, uint32_t model, float *conf);

/* ---- softmax regression on sparse rows ---- */

/* Room for the longest row of any kind. */
ams_status ams_budget_row_init(ams_row *row, const budget_data *data, ams_error *err);
void ams_budget_row_fini(ams_row *row);

/* Rows of several items, one after the other. weight (n): how often each counts; NULL: once. */
typedef struct budget_rows {
    uint32_t n;
    uint64_t *start; /* (n + 1) */
    uint32_t *index;
    float *value, *weight;
} budget_rows;

typedef struct budget_softmax {
    uint32_t n_features, n_classes, stride; /* stride: n_classes, rounded up */
    float *weight;                          /* (n_features, stride) */
} budget_softmax;

/* Minimises the mean of -ln P(class) + ridge / 2 * |w|^2 / n by L-BFGS, from the weights as
 * they are; `keep` (n) says which rows count, NULL: all. */
ams_status ams_budget_softmax_fit(budget_softmax *model, const budget_rows *rows,
                                  const uint32_t *label, const uint8_t *keep, double ridge,
                                  uint32_t iterations, ams_error *err);
/* ---- answers for every set of called models ---- */

typedef struct budget_answers {
    uint32_t n_models;
    ams_answer_rule rule;
    ams_belief *belief; /* (2^M, N) */
    float *score; /* (2^M, N) of the answer by the rule, 0 to 1; NULL where that is `last` */
    float *last;  /* (M, N) of each model's own answer */
    budget_softmax *posterior; /* (2^M) fitted to all training items */
} budget_answers;

/* Room for them; both makers begin with it. */
ams_status ams_budget_answers_init(budget_answers *answers, const budget_data *data,
                                   const ams_budget_options *options, ams_error *err);
ams_status ams_budget_answers_make(budget_answers *answers, const budget_data *data,
                                   const ams_budget_options *options, ams_error *err);
void ams_budget_answers_fini(budget_answers *answers);

/* The same where items have several right labels: the posterior is one regression per set for
 * pairs of item and label. */
ams_status ams_budget_several_make(budget_answers *answers, const budget_data *data,
                                   const ams_budget_options *options, ams_error *err);
/* How good the answer is where S was called, model `last` last: 1 right, 0 wrong. */
static inline float ams_budget_score(const budget_answers *answers, const budget_data *data,
                                     ams_answer_rule rule, uint32_t set, uint32_t last,
                                     uint32_t item)
{
    if (rule != AMS_ANSWER_LAST) {
        return answers->score[(size_t)set * data->n_items + item];
    }
    return (set >> last & 1) == 0 ? 0 : answers->last[(size_t)last * data->n_items + item];
}

/* ---- what actions are worth: ridge regression ---- */

/* Of one set: factors of the normal equations, without each fold and with all. */
typedef struct budget_ridge {
    uint32_t set, n_features;
    double *factor[AMS_BUDGET_FOLDS + 1]; /* packed lower triangles */
} budget_ridge;

void ams_budget_value_row(const budget_data *data, const budget_answers *answers, uint32_t set,
                          uint32_t item, ams_row *row);
ams_status ams_budget_ridge_make(budget_ridge *ridge, const budget_data *data,
                                 const budget_answers *answers, uint32_t set, double strength,
                                 ams_error *err);
void ams_budget_ridge_fini(budget_ridge *ridge);
/* Fits target (n_train), predicts all N items into value (N): an item of the training part by
 * what was fitted without its fold. all (n_features): what was fitted to all of them; may be
 * NULL. */
ams_status ams_budget_ridge_predict(const budget_ridge *ridge, const budget_data *data,
                                    const budget_answers *answers, const float *target,
                                    float *value, float *all, ams_error *err);

/* ---- policies ---- */

/* What a policy does on each item. */
typedef struct budget_policy {
    double lambda;
    uint32_t n_models;              /* after which an order is cut off; 0: it is none */
    ams_answer_rule rule;           /* of its answers */
    uint8_t *calls;                 /* (N) set of models called */
    uint8_t *last;                  /* (N) the last of them; 0 if none */
    float *score;                   /* (N) of the answers */
    double train_cost, train_score; /* means over the training items */
    ams_networks shape;             /* of an agent's networks */
    float *network;                 /* their parameters; NULL: it is none of an agent */
    float root[AMS_BUDGET_MODELS];  /* what it makes of each first call */
    size_t before;                  /* of ams_budget_list_hull, as is: */
    bool dropped;
} budget_policy;

void ams_budget_policy_fini(budget_policy *policy);
ams_status ams_budget_policy_init(budget_policy *policy, const budget_data *data,
                                  ams_error *err);
/* Fills train_cost and train_score in, from the items. */
void ams_budget_policy_count(budget_policy *policy, const budget_data *data);
double ams_budget_set_cost(const budget_data *data, uint32_t set);

/* The backward solution at one price of money. */
typedef struct budget_solver budget_solver;
ams_status ams_budget_solver_create(budget_solver **solver, const budget_data *data,
                                    const budget_answers *answers, ams_answer_rule rule,
                                    ams_error *err);
void ams_budget_solver_destroy(budget_solver *solver);
ams_status ams_budget_solve(budget_solver *solver, double lambda, budget_policy *policy,
                            ams_error *err);
/* What predicts an action's worth from the features of the set's values: of stopping, and of
 * calling a model of those outside the set at the price that was solved for last. */
const float *ams_budget_stop_worth(const budget_solver *solver, uint32_t set, uint32_t last);
const float *ams_budget_stop_weight(const budget_solver *solver, uint32_t set, uint32_t last);
const float *ams_budget_call_weight(const budget_solver *solver, uint32_t set, uint32_t model);

/* ---- from policies to a mean budget ---- */

typedef struct budget_list {
    budget_policy *policy; /* ascending train_cost */
    size_t n, capacity;
} budget_list;

void ams_budget_list_fini(budget_list *list);
/* Takes the policy over. */
ams_status ams_budget_list_add(budget_list *list, budget_policy *policy, ams_error *err);
/* Leaves the policies on the upper hull of score against cost, of the training items. */
void ams_budget_list_hull(budget_list *list);
/* The solution at the prices at which it costs about each of the budgets, and in between: the
 * hull of all. budget (n_budgets) ascending. */
ams_status ams_budget_prices(budget_solver *solver, const budget_data *data,
                             const ams_budget_options *options, const double *budget,
                             uint32_t n_budgets, budget_list *list, ams_error *err);

/* Writes what the list has at its prices to options->policy_path, as the embedded scheduler
 * reads it (docs/format.md): the solution, or, with solver NULL, an agent's
 * networks. Its models, labels and costs are the table's. */
typedef struct budget_export {
    const char *name; /* of the policy */
    const ams_table *table;
    const budget_data *data;
    const budget_answers *answers;
    const budget_list *list;
    const ams_budget_options *options;
} budget_export;
ams_status ams_budget_export(const budget_export *what, budget_solver *solver, ams_error *err);

/* What is done with the scored items, each (n). */
typedef struct budget_outcome {
    uint32_t n;
    ams_answer_rule rule;
    float *cost, *score;
    uint8_t *calls, *last;
} budget_outcome;
ams_status ams_budget_outcome_init(budget_outcome *outcome, const budget_data *data,
                                   ams_error *err);
void ams_budget_outcome_fini(budget_outcome *outcome);
/* What the policy does with scored item k. */
void ams_budget_outcome_set(budget_outcome *outcome, uint32_t k, const budget_policy *policy,
                            const budget_data *data);

/* Of each scored item: confidence (n, L) of every label, F1 of the answer and whether it is
 * exact (n). */
ams_status ams_budget_several_scores(const budget_answers *answers, const budget_data *data,
                                     const budget_outcome *outcome, float *conf, float *f1,
                                     float *exact, ams_error *err);

/* The outcome for the scored items when the list is mixed to meet the
 * mean budget: with horizon 0 in fixed shares, else by the controller (ams/budget.h), which
 * knows how many they are. */
ams_status ams_budget_mix(const budget_list *list, const budget_data *data, double budget,
                          double horizon, uint64_t seed, budget_outcome *outcome,
                          ams_error *err);

#endif
