/* Training that does not lose to a baseline: several schemes are trained, and what is best on
 * the validation split is kept, be it a constant order.
 *
 *     ams_auto_result result;
 *     AMS_TRY(ams_auto_train(&request, &how, &result, err));
 *
 * Candidates: the scheme `remaining` with goal inputs, once for many training items and once
 * for few (small batches, more dropout and weight decay), the scheme `gain`, and `fixed:each`
 * as a policy file. Baselines that no policy file can hold are scored beside them. */
#ifndef AMS_AUTO_H
#define AMS_AUTO_H

#include "ams/training.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { AMS_AUTO_ROWS = 8 };

typedef struct ams_auto_row {
    const char *name; /* "goals", "gain", "few-items", "fixed:each", "knn", ... */
    bool is_kept;     /* as policy.ams */
    bool can_be_kept; /* a candidate, else a baseline for comparison */
    double time_ms;   /* on the validation split: geometric mean of the mean times until recall
                         0.5, 0.8, 0.9 and 1, each by its own goal where the policy has goals */
    double area;
    double seconds; /* that training or fitting took, with scoring */
} ams_auto_row;

typedef struct ams_auto_result {
    ams_auto_row row[AMS_AUTO_ROWS];
    uint32_t n;
    char cost_unit[AMS_COST_UNIT_MAX + 1]; /* of the times */
    bool is_stopped;                       /* by how->stop; the same call continues */
} ams_auto_result;

/* Trains in DIRECTORY/goals, DIRECTORY/gain and DIRECTORY/few-items with the request's settings
 * but for those of the schemes, validating every 500 or 250 updates where the request does not
 * say otherwise; makes DIRECTORY/fixed/policy.ams, and writes the best as DIRECTORY/policy.ams
 * with DIRECTORY/auto.tsv, a row per candidate and baseline.
 * @return AMS_USAGE: a setting is given that the schemes choose; AMS_BAD_DATA: no validation
 * items; what ams_training_run and ams_policy_create return. */
ams_status ams_auto_train(const ams_training_request *request, const ams_training_how *how,
                          ams_auto_result *result, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
