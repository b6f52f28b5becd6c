/* What rounding the weights of a trained policy changes: scores on a split's items before and
 * after, and Q-values on the golden states (include/ams/export.h). */
#ifndef AMS_LAB_SCORE_QUANTIZE_H
#define AMS_LAB_SCORE_QUANTIZE_H

#include "ams/export_set.h"
#include "ams/frame.h"
#include "ams/policy_file.h"
#include "ams/table.h"
#include "ams/validation.h"

typedef struct ams_quantize_options {
    const char *data_path; /* outputs file with the policy's models and labels */
    ams_split split;       /* whose items it is scored on */
    ams_stored stored;     /* AMS_STORED_FP16 or AMS_STORED_INT8 */
} ams_quantize_options;

typedef struct ams_quantized {
    ams_policy_file policy; /* with the weights as a reader of the file has them */
    /* Of the policy as given, and rounded: mean area, and mean time (ms) until required recall
     * 0.8, 0.9 and 1.0. */
    ams_validation before, after;
    double q_change; /* largest change of a Q-value on the golden states */
    uint32_t n_items;
    char cost_unit[AMS_COST_UNIT_MAX + 1]; /* of the times */
} ams_quantized;

/* @return AMS_BAD_DATA (a weight is too large for the type; the file has other models or
 * labels, or no items in the split), AMS_IO, AMS_BACKEND. On failure the result is all zero. */
ams_status ams_quantize(ams_quantized *result, const ams_policy_file *policy,
                        const ams_quantize_options *options, ams_error *err);
void ams_quantized_fini(ams_quantized *result);

/* The number of states, the frame "files", a row per file of the set, and, with `rounded` (else
 * NULL), facts "quantize". @return AMS_BACKEND. */
ams_status ams_export_result(const ams_export_set *set, const ams_quantized *rounded,
                             const ams_quantize_options *rounding, ams_result *result,
                             ams_error *err);
/* What rounding weights stored as `before` (ams_stored) changed, for people. */
void ams_quantized_print(const ams_quantized *rounded, const ams_quantize_options *rounding,
                         uint32_t before, float largest_q, FILE *stream);

#endif
