/* Outputs of all models by a deadline: a scheduler runs some, the rest is filled in. */
#ifndef AMS_LINK_SCHEDULED_H
#define AMS_LINK_SCHEDULED_H

#include "ams/frame.h"
#include "ams/link_session.h"
#include "ams/policy.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_scheduled_row {
    const char *label; /* of the policy, borrowed; of a core "core" */
    double core;       /* share of the deadline that its core may take; NAN of a policy */
    double deadline_ms;
    ams_link_filling filling;
    double models, time_ms; /* mean per item, of what finished */
    double f1, floor;       /* of all outputs; the same executions filled with constants */
} ams_scheduled_row;

typedef struct ams_link_scheduled_options {
    const char *const *spec; /* (n_specs) policies, as of ams_policy_create; borrowed */
    uint32_t n_specs;
    const double *deadline_ms; /* (n_deadlines), borrowed */
    uint32_t n_deadlines;
    uint32_t
        fillings; /* bits of those that serve any set: nothing, constant, best, mean, any */
    const double *core; /* (n_cores) shares of the deadline, 0 to 1, borrowed */
    uint32_t n_cores;
} ams_link_scheduled_options;

typedef struct ams_link_scheduled {
    const ams_link_session *session; /* borrowed */
    ams_env *env;
    ams_policy **policy; /* (n_policies) */
    uint32_t n_policies;
    ams_scheduled_row *row; /* (n_rows) by deadline; policies by filling, then cores */
    uint32_t n_rows;
} ams_link_scheduled;

/* Each policy by Algorithm 1 of the papers, or an order by first fit, under each deadline, on
 * the session's measured items. Thresholds are tuned on validation items scheduled alike. A
 * core is the set that `facility` chooses for its share of the deadline. It runs on every item;
 * then, while time is left, the model of the greatest expected loss per time. Links refitted to
 * the core fill in the others (REFIT).
 * @return what creating a policy returns; AMS_USAGE for other fillings; AMS_BACKEND. */
ams_status ams_link_scheduled_run(ams_link_scheduled *s, const ams_link_session *session,
                                  const ams_link_scheduled_options *options, ams_error *err);
void ams_link_scheduled_fini(ams_link_scheduled *s);
/* Items and split, and the frame "rows", a row per deadline, policy and filling. */
ams_status ams_link_scheduled_result(const ams_link_scheduled *s, ams_result *result,
                                     ams_error *err);
ams_status ams_link_scheduled_write(const ams_link_scheduled *s, const char *path,
                                    ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
