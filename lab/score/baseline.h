/* A baseline for programs that take trained weights: fitted to a file, as a policy.ams. */
#ifndef AMS_LAB_SCORE_BASELINE_H
#define AMS_LAB_SCORE_BASELINE_H

#include "ams/policy_file.h"

typedef struct ams_baseline {
    ams_policy_file policy;
    uint32_t n_items; /* of the file, in all splits */
    uint32_t n_alike; /* on which it orders all models as the baseline does */
} ams_baseline;

/* `spec`: as of ams_policy_create, a baseline that has a form of fixed size (`fixed`,
 * `linear`, "rules:FILE"); it is fitted to the training items of data_path, which is read
 * whole. n_alike may be smaller than n_items only where models tie but for rounding.
 * @return AMS_USAGE for any other policy, with the reason; AMS_BAD_DATA, AMS_IO, AMS_BACKEND.
 * On failure the result is all zero. */
ams_status ams_baseline_fit(ams_baseline *result, const char *spec, const char *data_path,
                            ams_error *err);
void ams_baseline_fini(ams_baseline *baseline);

enum { AMS_WEIGHTS_NOTE = 2048 }; /* bytes: paths can be long */
/* Trained weights (a run folder or a policy file), or a baseline of fixed size, fitted to the
 * training items of `data` (`otherwise` where that is NULL) in weights of the same decisions.
 * `note` says on how many items it decides as `ams eval` does; "" for weights.
 * @return AMS_USAGE: a baseline without data or of no fixed size, weights with data. */
ams_status ams_weights_or_baseline(ams_policy_file *policy, const char *spec, const char *data,
                                   const char *otherwise, char note[AMS_WEIGHTS_NOTE],
                                   ams_error *err);

#endif
