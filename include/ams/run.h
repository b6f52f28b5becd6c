/* A training run in its folder: config.ini, manifest.json, metrics.tsv, timing.tsv,
 * checkpoints/ and, when it is finished, policy.ams. Starting the same run again continues it
 * bit for bit, or says that it is done. One, or many side by side. */
#ifndef AMS_RUN_H
#define AMS_RUN_H

#include "ams/train.h"
#include "ams/validation.h"

#include <signal.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_run_options {
    const char *directory;
    const char *data_path; /* recorded in the manifest */
    const char *data_hash; /* of the file that the table is a sample of; NULL: the table's */
    const char *command;   /* the command line, for the manifest */
    const char *version;   /* of the program, with its commit */
    const ams_train_options *train;
    ams_choose_fn *choose;              /* the rule train->decide names; NULL: largest Q */
    const char *device;                 /* recorded in the manifest; NULL: "cpu" */
    const ams_accelerator *accelerator; /* what trains in the CPU's place; NULL: nothing */
    /* rl/ does not know sched/: the caller scores the weights on the validation split. NULL
     * where that split is empty; then the last weights are kept. */
    /* order: NULL, or (N, M) in which order the weights run the models on each item of the
     * validation split, where a device has found that out. */
    ams_status (*validate)(void *context, const ams_net *net, const uint8_t *order,
                           ams_validation *result, ams_error *err);
    void *validate_context;
    /* With goal inputs: the deadlines from which on each goal serves best (policy.ams), by the
     * best weights on the validation split, of validate_context. NULL: all 0, so that the
     * highest goal serves every deadline. */
    ams_status (*serve)(void *context, const ams_net *net, double serves_ms[AMS_MAX_GOALS],
                        ams_error *err);
    /* After each update; may be NULL. validation is NULL until there is one; since_best: how
     * many came after the best one. */
    void (*progress)(void *context, const ams_train_stats *stats, uint64_t steps,
                     const ams_validation *validation, uint64_t since_best);
    void *progress_context;
    const volatile sig_atomic_t *stop; /* not 0: save a checkpoint and return; may be NULL */
    /* Not 0: save a checkpoint and return once this many updates are done. Every schedule still
     * goes by train->steps, so a run that is paused and continued equals one trained through.
     */
    uint64_t until;
} ams_run_options;

typedef enum ams_run_outcome {
    AMS_RUN_FINISHED,
    AMS_RUN_ALREADY, /* was finished before; nothing was done */
    AMS_RUN_STOPPED, /* by `stop`; a checkpoint was written, or nothing had begun */
    AMS_RUN_PAUSED   /* at `until`; a checkpoint is there */
} ams_run_outcome;

typedef struct ams_run_result {
    ams_run_outcome outcome;
    uint64_t resumed_at;   /* update that a checkpoint continued from; 0 for a fresh run */
    char damaged[512];     /* a checkpoint that could not be used, and why; "" if none */
    bool held_file;        /* the folder's file system has no locks: see ams_run_train */
    uint64_t updates;      /* done in all; fewer than `steps` where `early` */
    bool early;            /* `patience` ended the training */
    uint64_t best_updates; /* of the weights kept */
    ams_validation best;   /* 0 without a validation split */
    double seconds, updates_per_s; /* of this call's updates, validation included */
} ams_run_result;

/* Two processes never train in one folder, since each locks it. Where the file system has no
 * locks, the file lock.held stands for one (docs/format.md), and the result says so.
 *
 * With train->patience a run ends once so many validations in a row were no better than the
 * best one before; it is finished then, like any other.
 *
 * env must be made with ams_train_env_options(options->train); table gives names.
 * @return AMS_USAGE (the folder holds another configuration or data set, or is in use; patience
 * without `validate`),
 * AMS_BAD_DATA, AMS_IO, AMS_BACKEND. After a failure the last good checkpoint is still there.
 */
ams_status ams_run_train(const ams_run_options *options, const ams_table *table,
                         const ams_env *env, ams_run_result *result, ams_error *err);

/* Whether a folder holds anything that was trained: a policy, a checkpoint, or a row of
 * metrics.tsv. Without it the folder takes other settings: a start that failed loses nothing.
 * A folder that is not there holds nothing.
 * @return AMS_BACKEND. */
ams_status ams_run_has_begun(const char *directory, bool *begun, ams_error *err);

/* One of several runs. */
typedef struct ams_run_task {
    const ams_run_options *options; /* borrowed, and so are table and env */
    const ams_table *table;
    const ams_env *env;
    ams_status status; /* what ams_run_train would have returned, with err and result */
    ams_error err;
    ams_run_result result;
} ams_run_task;

typedef struct ams_runs_options {
    size_t together; /* most runs side by side, at least 1 */
    /* After a run has ended; may be NULL. */
    void (*ended)(void *context, const ams_run_task *task);
    /* When the device has no room for one more; may be NULL. `running`: how many it has; they
     * go on, and the others follow as these end. */
    void (*crowded)(void *context, size_t running, const char *reason);
    void *context;
} ams_runs_options;

/* Trains n runs, each in its own folder and each as ams_run_train would, to the last bit: those
 * that a device trains are trained together, as many as it has room for; on the CPU they take
 * turns. All name the same accelerator or none. A run that fails, is finished before or ends
 * early leaves the others alone; only a device that fails ends all it trains. */
void ams_runs_train(ams_run_task *task, size_t n, const ams_runs_options *options);

#ifdef __cplusplus
}
#endif
#endif
