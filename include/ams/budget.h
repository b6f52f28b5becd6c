/* Right answers for money: which models to call on each item, given what the called ones said,
 * so that the mean cost per item meets a budget (docs/budgets.md).
 *
 * The table has truth (right labels of items in the task) and at most AMS_BUDGET_MODELS
 * models of that task. On the training items it is learned what answer the called models'
 * outputs make likely, and what calling one more is worth; everything reported is of the scored
 * items.
 *
 *     ams_budget budget;
 *     ams_budget_options options = ams_budget_defaults();
 *     status = ams_budget_run(&budget, &table, &options, &err);
 *     ...
 *     ams_budget_fini(&budget);
 *
 * Source: L. Chen, M. Zaharia, J. Zou, "FrugalML: How to use ML prediction APIs more accurately
 * and cheaply", NeurIPS 2020, for the problem; the backward solution is dynamic programming
 * over sets of called models with fitted values (Murphy, "A generalization error for
 * Q-learning", JMLR 6, 2005, for the fitting). */
#ifndef AMS_BUDGET_H
#define AMS_BUDGET_H

#include "ams/frame.h"
#include "ams/policy.h"
#include "ams/score.h"
#include "ams/table.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    AMS_BUDGET_MODELS = 8,
    AMS_BUDGET_MOST = 64, /* budgets */
    AMS_BUDGET_NETWORKS = 16
};

/* What the answer is once some models were called. */
typedef enum ams_answer_rule {
    AMS_ANSWER_LAST,      /* the last called model's label of greatest confidence */
    AMS_ANSWER_VOTE,      /* the label that most of them give; of equals the one with more
                             confidence in all */
    AMS_ANSWER_CONFIDENT, /* the label that any of them is most confident of */
    AMS_ANSWER_POSTERIOR, /* the most probable label given all outputs, by a softmax regression
                             fitted on the training items */
    AMS_BUDGET_RULES
} ams_answer_rule;
/* "last", "vote", "best-confidence", "posterior"; NULL at the end. */
extern const char *const ams_answer_rules[AMS_BUDGET_RULES + 1];

typedef struct ams_budget_options {
    const char *task; /* NULL: the only one */
    ams_split split;  /* scored; fitted is always on AMS_TRAIN */
    bool exact;       /* of items with several right labels the score is exact match, not F1 */
    ams_answer_rule rule; /* of the exact solution */
    const double *budget; /* (n_budgets) mean costs per item, ascending; NULL: twelve, from the
                             cheapest model to all of them */
    uint32_t n_budgets;
    double ridge;      /* strength of the regressions' penalty (default 1) */
    double horizon;    /* items over which the controller spends what is in hand (500); towards
                          the last scored item those that are left (ams/online.h) */
    uint64_t seed;     /* folds, mixing, bootstrap */
    uint32_t draws;    /* of the bootstrap (1000) */
    const char *agent; /* also trains it: "dqn", "double", ...; NULL: none */
    uint64_t steps;    /* updates of each of its trainings (2000) */
    uint32_t networks; /* trainings per price, whose mean Q-values decide (4) */
    const char *const *setting; /* (n_settings) NAME=VALUE of `ams list keys` for them */
    uint32_t n_settings;
    const char *policy_path; /* gets `exact`, or the agent if there is one, as a policy that
                                ams/online.h opens; NULL: none */
    /* (n_policies) whose orders of the table's models are scored, in place of all policies
     * below but single:NAME; made with that table. Those of one label are its seeds. */
    ams_policy *const *policy;
    size_t n_policies;
    const ams_progress *progress; /* NULL: nobody listens */
} ams_budget_options;
ams_budget_options ams_budget_defaults(void);

/* A policy at one mean budget, or by itself. */
typedef struct ams_budget_point {
    const char *policy; /* "exact", "single:NAME", ... ; borrowed from the budget */
    double lambda;      /* price of a unit of cost, in right answers; NAN where there is none */
    double budget;      /* NAN where none was asked for */
    uint32_t n_models; /* after which an order is cut off (ams_budget_options.policy), else 0 */
    ams_interval cost, score; /* of the scored items: mean cost; accuracy, F1 or exact match */
    double train_cost, train_score;
    double f1, exact, map; /* of the scored items where there are several right labels
                              (ams/answer_scores.h), else NAN */
    uint32_t name_index;   /* private */
    uint32_t n_runs;       /* seeds that it is the mean of */
} ams_budget_point;

/* One number per policy that has a curve. */
typedef struct ams_budget_curve {
    const char *policy;
    double area; /* under the upper hull of score against cost from 0 to the cost of all
                    models, over that cost: the mean score over budgets */
    double cost_of_single; /* least cost at which the hull has the best single model's score;
                              NAN if nowhere */
    double
        least; /* mean cost of its cheapest policy on the training items: budgets below it
                  are overrun, since at least that is called; of several seeds the greatest */
    uint32_t name_index; /* private */
    uint32_t n_runs;     /* seeds that it is the mean of */
} ams_budget_curve;

typedef struct ams_budget {
    uint32_t n_train, n_scored; /* items */
    uint32_t n_without_truth;   /* of the two splits, left out */
    uint32_t n_several;         /* items with several right labels */
    bool several, exact;        /* there are some: scores are F1, or exact match */
    uint32_t n_models, n_classes;
    uint32_t best_single; /* point with the best training score among single models */
    uint64_t seed;
    char cost_unit[AMS_COST_UNIT_MAX + 1];
    ams_budget_point *point; /* (n_points) */
    size_t n_points;
    ams_budget_curve *curve; /* (n_curves) */
    size_t n_curves;
    ams_names policy; /* private: the names */
    size_t capacity, curve_capacity;
} ams_budget;

/* Policies:
 *   exact           the backward solution over sets of called models at every price, neighbours
 *                   mixed by the controller so that the mean cost meets the budget
 *   exact-shares    the same mixed in fixed shares, so that the mean cost on the training items
 *                   meets the budget
 *   AGENT           networks trained by reinforcement at prices that the budgets need, mixed by
 *                   the controller; reward: the change of the probability of being right less
 *                   price times cost, STOP ends
 *   fixed           the best mixture of two fixed sets of models, answers by the rule
 *   pair            the same of at most two models
 *   cascade         models one after the other until one's confidence is above its threshold,
 *                   answer `last`; order and thresholds chosen on the training items
 *   single:NAME     one model
 * Of options->policy, with LABEL its label:
 *   LABEL           its order cut off after a number of models, the same for every item: the
 *                   two neighbouring numbers that meet the budget, mixed by the controller
 *   LABEL-models-K  its order cut off after K of the task's models
 * The controller aims, before each item, at the mean cost budget + in hand / horizon, where
 * what is in hand is budget * items so far - cost so far (ams/online.h), and draws one of the
 * two neighbours of the list of policies with the probability that gives that cost on the
 * training items. It knows how many items are scored: the last ones settle what is in hand.
 * @return AMS_USAGE: no such task, several and none named, over 8 models, a budget below 0.
 *         AMS_BAD_DATA: no truth, too few items. AMS_BACKEND. */
ams_status ams_budget_run(ams_budget *budget, const ams_table *table,
                          const ams_budget_options *options, ams_error *err);
/* The same of the policies of a session that is loaded and not in windows: its split, seed,
 * draws and progress count. @return also AMS_HELPED, of a member of a team that does not lead.
 */
ams_status ams_budget_score_session(ams_budget *budget, const ams_score_session *session,
                                    ams_budget_options options, ams_error *err);
void ams_budget_fini(ams_budget *budget);

/* As a result: counts of items, and frames: "rows", a row per point in their order, and
 * "curves". @return AMS_BACKEND. */
ams_status ams_budget_result(const ams_budget *budget, ams_result *result, ams_error *err);
/* For people: a row per single model, and per policy and budget; then the curves. */
ams_status ams_budget_print(const ams_budget *budget, FILE *out, ams_error *err);
/* curve.tsv and area.tsv in the folder, which is created (docs/format.md). */
ams_status ams_budget_write(const ams_budget *budget, const char *folder, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
