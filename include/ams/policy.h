/* Policies: given an item, in which order to run the models. A new policy is one file that
 * defines an ams_policy_kind and one row of the table in policy.c.
 *
 * N items, M models. */
#ifndef AMS_POLICY_H
#define AMS_POLICY_H

#include "ams/decide.h"
#include "ams/env.h"
#include "ams/policy_file.h"
#include "ams/progress.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_policy ams_policy;

/* The value of a split that no item is in. */
enum { AMS_IN_NO_SPLIT = 3 };

typedef struct ams_policy_kind {
    const char *name;
    const char *help; /* one line for `ams list policies` */
    uint32_t draws;   /* orders per item that are averaged: 1, or many for a random policy */
    bool whole; /* every required recall costs all runs of the order: nothing says when to stop
                 */
    bool takes_path;    /* asked for as NAME:PATH */
    bool named_by_path; /* and called so in tables: what follows the colon is no file */
    bool keeps_items; /* looks at training items when it scores: cannot move to another table */
    /* Fits the policy to the training split. May be NULL. Its state goes to
     * ams_policy_set_state. */
    ams_status (*fit)(ams_policy *policy, ams_error *err);
    void (*fini)(ams_policy *policy);
    /* Scratch of one thread; may be NULL. */
    ams_status (*worker_create)(const ams_policy *policy, void **worker, ams_error *err);
    void (*worker_destroy)(void *worker);
    /* Writes the models in the order in which they run; returns how many. Deterministic in
     * (policy, item, draw), whatever the worker did before. */
    uint32_t (*order)(const ams_policy *policy, void *worker, uint32_t item, uint32_t draw,
                      uint8_t order[AMS_MAX_MODELS]);
    /* From here on the worker's item is scheduled for this required recall, above 0 up to 1.
     * Only of kinds whose decisions depend on it; asked only where ams_policy_has_goals.
     * False: they are the same as for the goal before. */
    bool (*aim)(const ams_policy *policy, void *worker, double goal);
    /* Policies that predict what a run would add; all three or none. What the values are worth
     * is the policy's own matter (a share of the item's value, a discounted sum), but they are
     * not per time. The worker follows one item: begin, then any number of values and ran. */
    void (*begin)(const ams_policy *policy, void *worker, uint32_t item);
    /* value (M + 1) of each model, and of END (-INFINITY where there is none), when the models
     * of `mask` have run; those in `mask` have any value. */
    void (*values)(const ams_policy *policy, void *worker, uint32_t item, uint64_t mask,
                   float value[AMS_MAX_MODELS + 1]);
    /* The model's outputs are known; mask: those known before. */
    void (*ran)(const ams_policy *policy, void *worker, uint32_t item, uint64_t mask,
                uint32_t model);
    /* The fitted policy as a network that decides as `order` does from the labels found so far:
     * sets net, decide, env.reward and, where that is not AMS_FEATURES_LABELS, env.features
     * of a file. NULL: it has no
     * form of fixed size. */
    ams_status (*to_net)(const ams_policy *policy, ams_policy_file *file, ams_error *err);
    bool static_order; /* the order does not depend on what its runs find, so models may be left
                          out of it */
    /* The first models of that order (of draw 0), up to the one with which the required recall
     * is reached; returns how many. NULL: nothing is saved by not asking for the others. */
    uint32_t (*order_until)(const ams_policy *policy, void *worker, uint32_t item,
                            double required, uint8_t order[AMS_MAX_MODELS]);
} ams_policy_kind;

/* All kinds that a name can ask for. */
extern const ams_policy_kind *const ams_policy_kinds[];
extern const uint32_t ams_n_policy_kinds;
/* NULL if there is none. */
const ams_policy_kind *ams_policy_kind_named(const char *name);

/* `spec`: a baseline's name (rules:FILE with its file), a run folder, a policy file;
 * "q-greedy:PATH", "cost-q:PATH" and "odds:PATH" choose the rule; "LABEL=SPEC" names it in
 * tables. env gives the value that recall is computed with (a policy file brings its own
 * options for features); table is needed only during the call.
 * @return AMS_USAGE (no such policy; nearest name), AMS_IO, AMS_BAD_DATA. */
ams_status ams_policy_create(ams_policy **policy, const char *spec, const ams_table *table,
                             const ams_env *env, ams_error *err);
/* A policy over weights that the trainer holds (validation during training); borrows both. */
ams_status ams_policy_create_from_net(ams_policy **policy, const ams_env *env,
                                      const ams_net *net, ams_decide decide, ams_error *err);
/* What a device found the policy to do: order (N, M), whole in the rows that will be scored;
 * borrows env and order. */
ams_status ams_policy_create_from_orders(ams_policy **policy, const ams_env *env,
                                         const uint8_t *order, ams_error *err);
/* Where both were trained with the same features, the policy uses the environment of `other`,
 * which lives as long and is moved before it: an environment takes as much as its table. */
void ams_policy_share(ams_policy *policy, const ams_policy *other);
/* Lets the policy score the items of another table with the same models and labels, such as the
 * next part of a file; env and item_index are borrowed like ams_policy_create's.
 * @return AMS_USAGE for a kind that keeps_items, AMS_BAD_DATA, AMS_BACKEND. */
ams_status ams_policy_move(ams_policy *policy, const ams_table *table, const ams_env *env,
                           const uint32_t *item_index, ams_error *err);
/* Back to the environment that it was created with, or one like it, before that of the last
 * move goes away. */
void ams_policy_return(ams_policy *policy, const ams_env *env);
void ams_policy_destroy(ams_policy *policy);

/* A baseline fitted to the items that `split` (N; NULL: env's own) puts into the training
 * split, such as a sample of them; it scores with env's. path: for a kind that takes_path, else
 * NULL. table, path and split are needed only during the call.
 * @return what the kind's `fit` returns. */
ams_status ams_policy_fit(ams_policy **policy, const ams_policy_kind *kind, const char *path,
                          const ams_table *table, const ams_env *env, const uint8_t *split,
                          ams_error *err);
/* Whether the policy that ams_policy_create would make of `spec` is fitted to training items.
 */
bool ams_policy_spec_is_fitted(const char *spec);

/* The baseline's kind that `spec` asks for, NULL where it asks for weights: a run folder, a
 * policy file, or nothing that there is. */
const ams_policy_kind *ams_policy_spec_kind(const char *spec);
/* A fitted baseline as a policy.ams of the same decisions, for what takes trained weights; to
 * be freed by ams_policy_file_fini. table: what it was fitted on.
 * @return AMS_USAGE for a kind without to_net, AMS_BACKEND. */
ams_status ams_policy_to_file(ams_policy_file *file, const ams_policy *policy,
                              const ams_table *table, ams_error *err);

/* What a policy is; texts and pointers are borrowed from it. */
const ams_policy_kind *ams_policy_kind_of(const ams_policy *policy);
const char *ams_policy_label(const ams_policy *policy);  /* "fixed", "dqn", "cost-q:dqn" */
uint64_t ams_policy_seed(const ams_policy *policy);      /* of training; 0 for baselines */
uint32_t ams_policy_draws(const ams_policy *policy);     /* orders per item */
ams_decide ams_policy_decide(const ams_policy *policy);  /* rule of trained weights */
const ams_net *ams_policy_net(const ams_policy *policy); /* NULL: it has no weights */
const ams_env *ams_policy_env(const ams_policy *policy); /* that recall is computed with */
/* Says how many labels the policy and its table do not have in common, if any. */
void ams_policy_notice_labels(const ams_policy *policy, const ams_progress *progress);
/* Whether its decisions depend on the required recall, as those of a network with goal inputs
 * and of `fixed:each`. */
bool ams_policy_has_goals(const ams_policy *policy);
/* The required recall that it decides for; 0, as after create: where recalls are scored each
 * one's own, else the highest that it was trained for. */
double ams_policy_goal(const ams_policy *policy);
/* @return AMS_USAGE: it has no goals, or goal is not above 0 and up to 1. */
ams_status ams_policy_set_goal(ams_policy *policy, double goal, ams_error *err);
/* The goal that serves a deadline best, by what training measured (policy.ams, `serves`). */
double ams_policy_goal_for(const ams_policy *policy, double deadline_ms);
/* Aims a worker for an item under this deadline (INFINITY: none): at the goal that was set,
 * else at the one that serves it best. Does nothing for policies without goals. */
void ams_policy_aim(const ams_policy *policy, void *worker, double deadline_ms);
/* The environment that trained weights see: their own, or ams_policy_env. */
const ams_env *ams_policy_features(const ams_policy *policy);
/* Whether it has an environment of its own, which no other policy's is; whether it uses that
 * of another (ams_policy_share). */
bool ams_policy_owns_env(const ams_policy *policy);
bool ams_policy_shares_env(const ams_policy *policy);

/* How tables call it: a label of at most 63 bytes, which is copied, and a seed. */
void ams_policy_set_name(ams_policy *policy, const char *label, uint64_t seed);
/* Random kinds: orders per item, and the seed that draws them. Others keep their one order. */
void ams_policy_set_draws(ams_policy *policy, uint32_t draws, uint64_t seed);
/* (N, M), borrowed: the orders of trained weights where a device has rolled them out, whole in
 * the rows that are scored. NULL: the weights decide again. */
void ams_policy_set_orders(ams_policy *policy, const uint8_t *orders);
/* (N), borrowed: what the environment's items are in the whole file; NULL: they are the whole.
 */
void ams_policy_set_items(ams_policy *policy, const uint32_t *item_index);

/* For kinds: what `fit` keeps, to be freed by `fini`; what it may read (NULL outside `fit`). */
void ams_policy_set_state(ams_policy *policy, void *state);
void *ams_policy_state(const ams_policy *policy);
const ams_table *ams_policy_table(const ams_policy *policy); /* names of tasks and labels */
const char *ams_policy_path(const ams_policy *policy);       /* the PATH of NAME:PATH */

/* The decision rules by ams_decide, as the trainer takes them. */
extern ams_choose_fn *const ams_decide_rules[];

#ifdef __cplusplus
}
#endif
#endif
