/* A constant order per goal as a policy file, which everything reads that reads policies.
 * Private to lab/training. */
#ifndef AMS_LAB_TRAINING_ORDERS_H
#define AMS_LAB_TRAINING_ORDERS_H

#include "ams/policy.h"

/* Writes `path`: for each of the n goals, n > 0, the order that `policy`, a static one, has for
 * it. The network's inputs are the goals, its Q-values per time fall along the order.
 * serves_ms (n): as in ams_policy_file. */
typedef struct ams_orders {
    const ams_policy *policy;
    const ams_table *table;
    const double *goal, *serves_ms; /* (n) */
    uint32_t n;
} ams_orders;
ams_status ams_orders_write(const ams_orders *orders, const char *path, ams_error *err);

#endif
