/* Scores of answers that have several labels against the right ones
 * (docs/definitions.md#scores-against-several-right-labels). Lists of labels ascend, each label
 * once. */
#ifndef AMS_ANSWER_SCORES_H
#define AMS_ANSWER_SCORES_H

#include "ams/status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 2 |A n B| / (|A| + |B|): the harmonic mean of precision and recall; 1 where both are empty.
 */
double ams_answer_f1(const uint32_t *answer, uint32_t n, const uint32_t *right, uint32_t m);
/* Whether both are the same labels. */
bool ams_answer_exact(const uint32_t *answer, uint32_t n, const uint32_t *right, uint32_t m);
/* Mean average precision: of each label that is right somewhere the items are ranked by conf
 * (N, L), and precision is averaged over its right (N, L) items; equal confidences are one step
 * of the ranking. The mean over those labels, 0 without any. @return AMS_BACKEND. */
ams_status ams_answer_map(double *map, const float *conf, const uint8_t *right,
                          uint32_t n_items, uint32_t n_labels, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
