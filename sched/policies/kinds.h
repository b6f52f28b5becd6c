/* The policies that a name can ask for, each in its own file. Private to sched/. */
#ifndef AMS_SCHED_POLICIES_KINDS_H
#define AMS_SCHED_POLICIES_KINDS_H

#include "sched/policy_private.h"

extern const ams_policy_kind ams_policy_fixed_goal, ams_policy_knn_remaining;
extern const ams_policy_kind ams_policy_all, ams_policy_random, ams_policy_fixed,
    ams_policy_optimal, ams_policy_oracle, ams_policy_valuable, ams_policy_cooccur,
    ams_policy_knn, ams_policy_linear, ams_policy_rules, ams_policy_rules_random,
    ams_policy_links;

/* Weights from policy->file or policy->net; asked for by a path. */
extern const ams_policy_kind ams_policy_trained;
/* policy->orders; made by ams_policy_create_from_orders alone. */
extern const ams_policy_kind ams_policy_orders;
/* Its `order`: also a trained policy's while a device knows them. */
uint32_t ams_policy_order_known(const ams_policy *policy, void *worker, uint32_t item,
                                uint32_t draw, uint8_t order[AMS_MAX_MODELS]);

/* What a kind that is fitted says where no training item has a valuable label: AMS_BAD_DATA. */
ams_status ams_policy_no_training(const char *kind, const ams_env *env, ams_error *err);

/* The order of `fixed` on the training items of env, order (M), and the mean share of an item's
 * value per ms that each adds, rate (M) by place. @return AMS_BAD_DATA: no such items. */
ams_status ams_policy_order_fixed(const ams_env *env, uint8_t *order, double *rate,
                                  ams_error *err);

/* `order` of the kinds that predict: the largest value per time next (`cost-q`), each after the
 * outputs of those before. */
uint32_t ams_policy_order_by_rate(const ams_policy *policy, void *worker, uint32_t item,
                                  uint32_t draw, uint8_t order[AMS_MAX_MODELS]);

#endif
