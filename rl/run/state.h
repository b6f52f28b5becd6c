/* A run while it is trained. Private to rl/: one.c begins and ends it, steps.c is what comes
 * after its updates, folder.c has its files; many.c trains many together. */
#ifndef AMS_RL_RUN_STATE_H
#define AMS_RL_RUN_STATE_H

#include "ams/run.h"
#include "rl/run/checkpoint.h"

#include <stdio.h>

/* All zero, but for lock = -1, where nothing has begun. */
typedef struct ams_run_state {
    const ams_run_options *options; /* borrowed, and so are table and env */
    const ams_table *table;
    const ams_env *env;
    ams_trainer *trainer;
    uint8_t *order; /* (N, M) of the validation split, where a device scores; else NULL */
    float *best;    /* (n_params) weights with the best validation so far */
    ams_run_progress progress;
    bool last_good; /* the checkpoint `last` was read or written here, so it is whole */
    int lock;
    uint64_t set_aside; /* steps that a finished run had, which goes on; 0: none */
    bool held_file;     /* which has no locks: a file stands for one */
    FILE *metrics;
    FILE *timing;
    double logged_loss; /* of the last row of metrics.tsv */
    double started;
    uint64_t first_update;
} ams_run_state;

typedef enum ams_run_phase {
    AMS_RUN_WAITS, /* the device has no room beside the runs it has */
    AMS_RUN_TRAINS,
    AMS_RUN_OVER /* finished before */
} ams_run_phase;

/* Opens the folder, makes the trainer, on the device where the options name an accelerator
 * (which is opened when it is first needed), and restores a checkpoint. AMS_RUN_WAITS says why
 * in err. To be followed by ams_run_fini, but where it trains by ams_run_conclude before. */
ams_status ams_run_begin(ams_run_state *r, const ams_run_task *task, ams_device *device,
                         ams_run_result *result, ams_run_phase *phase, ams_error *err);
/* Writes the policy of a run that was not stopped and the manifest, and fills the result;
 * `status` and err: how training went, returned with the first error. */
ams_status ams_run_conclude(ams_run_state *r, ams_status status, bool stopped,
                            ams_run_result *result, ams_error *err);
void ams_run_fini(ams_run_state *r);

/* What the updates done call for: validation, a row of metrics.tsv, a checkpoint. *over: no
 * more updates, since all are done or, *stopped, since the run is to pause. */
ams_status ams_run_after_updates(ams_run_state *r, bool *over, bool *stopped, ams_error *err);
bool ams_run_all_done(const ams_run_state *r);
bool ams_run_stopped_early(const ams_run_state *r); /* by `patience` */
bool ams_run_at_until(const ams_run_state *r);
double ams_run_seconds_since(double start);

ams_status ams_run_lock(ams_run_state *r, ams_error *err);
void ams_run_unlock(ams_run_state *r);
ams_status ams_run_open_metrics(ams_run_state *r, ams_error *err);
ams_status ams_run_write_policy(ams_run_state *r, ams_error *err);
ams_status ams_run_already_finished(const ams_run_state *r, bool *finished, ams_error *err);
/* Of a finished run: the manifest's last word, where the process that trained it was killed
 * before it wrote it. */
ams_status ams_run_mend_manifest(const ams_run_state *r, ams_error *err);
/* Lets a run of `fewer` steps go on to options->train->steps, where that gives the bits of a
 * run that had so many from the start: r->set_aside becomes FEWER where it was trained to its
 * end. One that `patience` has ended stays finished.
 * @return AMS_USAGE with the reason why it cannot; AMS_IO. */
ams_status ams_run_lengthen(ams_run_state *r, uint64_t fewer, ams_error *err);
/* Where the run goes on, the policy that was trained for r->set_aside steps gets that name. */
ams_status ams_run_set_aside(const ams_run_state *r, ams_error *err);
ams_status ams_run_manifest(const ams_run_state *r, const char *state, ams_error *err);
void ams_run_say_what_is_kept(const ams_run_state *r, ams_error *err);

#endif
