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

/* Moves `last` to `previous` and writes a new `last`. best (n_params) is the best weights so
 * far. */
ams_status ams_checkpoint_write(const char *directory, ams_trainer *trainer,
                                const ams_run_progress *progress, const float *best,
                                ams_error *err);
/* Restores `last`, or `previous` if last is damaged (the reason goes to `damaged`). *found =
 * false if there is neither. */
ams_status ams_checkpoint_read(const char *directory, ams_trainer *trainer,
                               ams_run_progress *progress, float *best, bool *found,
                               char *damaged, size_t damaged_size, ams_error *err);

#endif
