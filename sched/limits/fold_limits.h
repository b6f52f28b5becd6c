/* The scores under limits of parts of a file, folded into one, as sched/fold.h does it. */
#ifndef AMS_SCHED_LIMITS_FOLD_LIMITS_H
#define AMS_SCHED_LIMITS_FOLD_LIMITS_H

#include "ams/limits.h"
#include "base/team.h"

typedef struct ams_limit_fold {
    ams_limit_scores scores; /* rows: ams_fold_rows(n_items); complete after the last part */
    uint32_t n_items, seen;
} ams_limit_fold;

ams_status ams_limit_fold_init(ams_limit_fold *fold, uint32_t n_items, uint32_t n_points,
                               ams_error *err);
/* The next items' scores, in order of the file. The result is the same for any cut into parts,
 * but for decision_us. AMS_USAGE past n_items. */
ams_status ams_limit_fold_add(ams_limit_fold *fold, const ams_limit_scores *part,
                              ams_error *err);
/* After all items: `scores` is theirs, and the caller's to fini; the fold is empty. */
ams_status ams_limit_fold_finish(ams_limit_fold *fold, ams_limit_scores *scores,
                                 ams_error *err);
void ams_limit_fold_fini(ams_limit_fold *fold);

/* The scores as a message between processes, and made of one. */
ams_status ams_limit_scores_put(const ams_limit_scores *scores, ams_bytes *bytes,
                                ams_error *err);
ams_status ams_limit_scores_get(ams_limit_scores *scores, ams_bytes *bytes, ams_error *err);

#endif
