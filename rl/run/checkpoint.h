/* Checkpoints of a run: `last`, and `previous` for the case that `last` is damaged. Private to
 * rl/. */
#ifndef AMS_RL_RUN_CHECKPOINT_H
#define AMS_RL_RUN_CHECKPOINT_H

#include "ams/run.h"

/* What a run knows beside the trainer's state. */
typedef struct ams_run_progress {
    uint64_t metrics_bytes; /* length of metrics.tsv that belongs to this state */
    uint64_t best_updates;
    uint64_t since_best; /* validations since then */
    ams_validation best, latest;
    uint32_t has_best, has_latest;
    char data_hash[40];
} ams_run_progress;

typedef enum ams_checkpoint_file {
    AMS_CHECKPOINT_NONE,
    AMS_CHECKPOINT_LAST,
    AMS_CHECKPOINT_PREVIOUS
} ams_checkpoint_file;

enum { AMS_CHECKPOINT_REASON = 512 };

/* Writes a new `last`. Until that file is whole and synced, the older ones stay as they are.
 * last_good: this process has read or written the `last` that is there, so it becomes
 * `previous`; any other is replaced, since it may be damaged. best (n_params) is the best
 * weights so far. */
ams_status ams_checkpoint_write(const char *directory, ams_trainer *trainer,
                                const ams_run_progress *progress, const float *best,
                                bool last_good, ams_error *err);
/* Restores `last`, or `previous` if last is damaged. *found: which of them, if any. damaged
 * (AMS_CHECKPOINT_REASON characters): what was passed over and why; "" if nothing was. */
ams_status ams_checkpoint_read(const char *directory, ams_trainer *trainer,
                               ams_run_progress *progress, float *best,
                               ams_checkpoint_file *found, char *damaged, ams_error *err);
bool ams_all_finite(const float *x, uint64_t n);
/* Whether the folder has a checkpoint, damaged or not. */
ams_status ams_checkpoint_exists(const char *directory, bool *exists, ams_error *err);

#endif
