/* A run while it is trained. Private to rl/: run.c begins and ends it, run_steps.c is what
 * comes after its updates, run_folder.c has its files; runs.c trains many together. */
#ifndef AMS_RL_RUN_STATE_H
#define AMS_RL_RUN_STATE_H

#include "rl/run/checkpoint.h"
#include "rl/run/run.h"

#include <stdio.h>

/* All zero, but for lock = -1, where nothing has begun. */
typedef struct run {
    const ams_run_options *options; /* borrowed, and so are table and env */
    const ams_table *table;
    const ams_env *env;
    ams_trainer *trainer;
    uint8_t *order; /* (N, M) of the validation split, where a device scores; else NULL */
    float *best;    /* (n_params) weights with the best validation so far */
    ams_run_progress progress;
    int lock;
    FILE *metrics;
    FILE *timing;
    double started;
    uint64_t first_update;
} run;

typedef enum run_phase {
    RUN_WAITS, /* the device has no room beside the runs it has */
    RUN_TRAINS,
    RUN_OVER /* finished before */
} run_phase;

/* Opens the folder, makes the trainer, on the device where the options name an accelerator
 * (which is opened when it is first needed), and restores a checkpoint. RUN_WAITS says why in
 * err. To be followed by run_fini, but where it trains by run_conclude before. */
ams_status run_begin(run *r, const ams_run_task *task, ams_device *device,
                     ams_run_result *result, run_phase *phase, ams_error *err);
/* Writes the policy of a run that was not stopped and the manifest, and fills the result;
 * `status` and err: how training went, returned with the first error. */
ams_status run_conclude(run *r, ams_status status, bool stopped, ams_run_result *result,
                        ams_error *err);
void run_fini(run *r);

/* What the updates done call for: validation, a row of metrics.tsv, a checkpoint. *over: no
 * more updates, since all are done or, *stopped, since the run is to pause. */
ams_status run_after_updates(run *r, bool *over, bool *stopped, ams_error *err);
bool run_all_done(const run *r);
bool run_stopped_early(const run *r); /* by `patience` */
bool run_at_until(const run *r);
double run_seconds_since(double start);

ams_status run_lock(run *r, ams_error *err);
ams_status run_open_metrics(run *r, ams_error *err);
ams_status run_write_policy(run *r, ams_error *err);
ams_status run_already_finished(const run *r, bool *finished, ams_error *err);
ams_status run_manifest(const run *r, const char *state, ams_error *err);
void run_tell_what_is_kept(const run *r, ams_error *err);

#endif
