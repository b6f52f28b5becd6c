/* What the files of lab/budget share: recorded answers, their posterior for every set of called
 * models, and what calling more is worth. Private to this folder.
 *
 * N items, M models (at most AMS_BUDGET_MODELS), C classes: the labels of one task. S is a set
 * of called models, one bit each; there are 2^M. Items are those of the table with one right
 * label. */
#ifndef AMS_LAB_BUDGET_PARTS_H
#define AMS_LAB_BUDGET_PARTS_H

#include "ams/budget.h"

enum {
    AMS_BUDGET_FOLDS = 5, /* what is fitted is never used on an item that it was fitted to */
    AMS_BUDGET_TRANSFORMS = 3 /* numbers per label of a model that the posterior sees */
};
#define AMS_BUDGET_NONE UINT32_MAX /* no class */

/* ---- recorded answers ---- */

typedef struct budget_output {
    uint32_t label; /* class */
    float conf;
} budget_output;

typedef struct budget_data {
    uint32_t n_items, n_models, n_classes;
    uint32_t n_train; /* items [0, n_train) are for fitting, the others are scored */
    uint32_t *item;   /* (N) of the table */
    uint32_t *truth;  /* (N) class */
    uint8_t *fold;    /* (n_train) */
    uint32_t model[AMS_BUDGET_MODELS]; /* of the table */
    double cost[AMS_BUDGET_MODELS];
    uint64_t *first; /* (N * M + 1) outputs of model m on item i: from first[i * M + m] on */
    budget_output *output;
    ams_names class_name; /* (C) label without the task */
} budget_data;

/* From the table's items of the split `fit` and of the one that is scored; others and those
 * without exactly one right label are left out and counted. */
ams_status ams_budget_data_make(budget_data *data, const ams_table *table,
                                const ams_budget_options *options, ams_budget *counts,
                                ams_error *err);
void ams_budget_data_fini(budget_data *data);

/* The class with the greatest confidence, AMS_BUDGET_NONE without any. */
uint32_t ams_budget_top(const budget_data *data, uint32_t item, uint32_t model, float *conf);

/* ---- softmax regression on sparse rows ---- */

/* A row of features: what of it is not 0. */
typedef struct budget_row {
    uint32_t n;
    uint32_t *index;
    float *value;
} budget_row;

/* Features of an item for the posterior of S: 1, AMS_BUDGET_TRANSFORMS * C per model of S, C
 * per pair of them. */
uint32_t ams_budget_features(const budget_data *data, uint32_t set);
void ams_budget_row_make(const budget_data *data, uint32_t set, uint32_t item, budget_row *row);
/* Room for the longest row of any kind. */
ams_status ams_budget_row_init(budget_row *row, const budget_data *data, ams_error *err);
void ams_budget_row_fini(budget_row *row);

/* Rows of several items, one after the other. */
typedef struct budget_rows {
    uint32_t n;
    uint64_t *start; /* (n + 1) */
    uint32_t *index;
    float *value;
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
/* p (n_classes) */
void ams_budget_softmax_apply(const budget_softmax *model, const uint32_t *index,
                              const float *value, uint64_t n, float *p);

/* ---- answers for every set of called models ---- */

/* What is known of an item once S has been called. */
typedef struct budget_belief {
    uint32_t answer;              /* by the posterior */
    float first, second, entropy; /* its two greatest probabilities; entropy / ln C */
} budget_belief;

typedef struct budget_answers {
    budget_belief *belief;            /* (2^M, N) */
    uint8_t *right[AMS_BUDGET_RULES]; /* (2^M, N), of AMS_ANSWER_LAST (2^M, M, N): whether the
                                         answer is right, where the last called one is m */
} budget_answers;

ams_status ams_budget_answers_make(budget_answers *answers, const budget_data *data,
                                   const ams_budget_options *options, ams_error *err);
void ams_budget_answers_fini(budget_answers *answers);

static inline bool ams_budget_right(const budget_answers *answers, const budget_data *data,
                                    ams_answer_rule rule, uint32_t set, uint32_t last,
                                    uint32_t item)
{
    const uint64_t state =
        rule == AMS_ANSWER_LAST ? (uint64_t)set * data->n_models + last : set;
    return answers->right[rule][state * data->n_items + item] != 0;
}

/* ---- what actions are worth: ridge regression ---- */

/* Of one set: factors of the normal equations, without each fold and with all. */
typedef struct budget_ridge {
    uint32_t set, n_features;
    double *factor[AMS_BUDGET_FOLDS + 1]; /* packed lower triangles */
} budget_ridge;

uint32_t ams_budget_value_features(const budget_data *data, uint32_t set);
void ams_budget_value_row(const budget_data *data, const budget_answers *answers, uint32_t set,
                          uint32_t item, budget_row *row);
ams_status ams_budget_ridge_make(budget_ridge *ridge, const budget_data *data,
                                 const budget_answers *answers, uint32_t set, double strength,
                                 ams_error *err);
void ams_budget_ridge_fini(budget_ridge *ridge);
/* Fits target (n_train), predicts all N items into value (N): an item of the training part by
 * what was fitted without its fold. */
ams_status ams_budget_ridge_predict(const budget_ridge *ridge, const budget_data *data,
                                    const budget_answers *answers, const float *target,
                                    float *value, ams_error *err);

/* ---- policies ---- */

/* What a policy does on each item. */
typedef struct budget_policy {
    double lambda;
    uint8_t *calls;                 /* (N) set of models called */
    uint8_t *last;                  /* (N) the last of them; 0 if none */
    uint8_t *right;                 /* (N) */
    double train_cost, train_score; /* means over the training items */
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
/* cost and right (n_items - n_train) of the scored items when the list is mixed to meet the
 * mean budget: with horizon 0 in fixed shares, else by the controller (ams/budget.h). */
ams_status ams_budget_mix(const budget_list *list, const budget_data *data, double budget,
                          double horizon, uint64_t seed, float *cost, uint8_t *right,
                          ams_error *err);

#endif
