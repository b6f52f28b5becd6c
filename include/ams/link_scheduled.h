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
    const char *label; /* of the policy; borrowed */
    double deadline_ms;
    ams_link_filling filling;
    double models, time_ms; /* mean per item, of what finished */
    double f1, floor;       /* of all outputs; the same executions filled with constants */
} ams_scheduled_row;

typedef struct ams_link_scheduled {
    const ams_link_session *session; /* borrowed */
    ams_env *env;
    ams_policy **policy; /* (n_policies) */
    uint32_t n_policies;
    ams_scheduled_row *row; /* (n_rows) by deadline, policy, filling */
    uint32_t n_rows;
} ams_link_scheduled;

/* Each policy (specs as of ams_policy_create) by Algorithm 1 of the papers, or an order by
 * first fit, under each deadline, on the session's measured items. Fillings (bits) that serve
 * any set: nothing, constant, best, mean, any. Thresholds are tuned on validation items
 * scheduled alike.
 * @return what creating a policy returns; AMS_USAGE for other fillings; AMS_BACKEND. */
ams_status ams_link_scheduled_run(ams_link_scheduled *s, const ams_link_session *session,
                                  const char *const *spec, uint32_t n_specs,
                                  const double *deadline_ms, uint32_t n_deadlines,
                                  uint32_t fillings, ams_error *err);
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
