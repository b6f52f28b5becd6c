/* Scores of more items than one keeps: the scores of parts of a file, folded into one.
 *
 * For up to AMS_FOLD_ITEMS items, one row is one item and nothing is lost. For more, one row is
 * a block of items and holds their mean: item i (in order of the file) belongs to block i mod
 * B, where B is the number from AMS_FOLD_BLOCKS to twice that which divides the items with the
 * smallest remainder. Means over rows are means over items, and resampling blocks of hundreds
 * of items gives the intervals that resampling items gives, at a cost that no longer grows with
 * them. */
#ifndef AMS_SCHED_FOLD_H
#define AMS_SCHED_FOLD_H

#include "ams/evaluate.h"

enum { AMS_FOLD_ITEMS = 32768, AMS_FOLD_BLOCKS = 4096 };

typedef struct ams_fold {
    ams_scores scores; /* rows as above, without orders; complete after the last part */
    uint32_t n_items, seen;
    double *recall_time, *recall_models; /* sums of which the floats of scores are the means */
    double variance;                     /* of the sum of times at recall 1.0 */
} ams_fold;

/* The number of rows that so many items have. */
uint32_t ams_fold_rows(uint32_t n_items);

/* Bytes that a fold takes. */
uint64_t ams_fold_bytes(uint32_t n_items, uint32_t n_models);
ams_status ams_fold_init(ams_fold *fold, uint32_t n_items, uint32_t n_models, ams_error *err);
/* The next items' scores, in order of the file. The result is the same for any cut into parts;
 * only stderr_ms may differ in its last bits. AMS_USAGE past n_items. */
ams_status ams_fold_add(ams_fold *fold, const ams_scores *part, ams_error *err);
/* After all items: `scores` is theirs, and the caller's to fini; the fold is empty. */
ams_status ams_fold_finish(ams_fold *fold, ams_scores *scores, ams_error *err);
void ams_fold_fini(ams_fold *fold);

#endif
