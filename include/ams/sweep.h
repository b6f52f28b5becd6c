/* A sweep: every combination of agents, settings and seeds, each a training run of its own in
 * one experiment's folder.
 *
 *     ams_sweep sweep = {.lock = -1};
 *     AMS_TRY(ams_sweep_plan(&sweep, &options, &progress, err));
 *     AMS_TRY(ams_sweep_open(&sweep, err));
 *     AMS_TRY(ams_sweep_run(&sweep, &spawner, &progress, &stopped, err));
 *     ...
 *     ams_sweep_fini(&sweep); */
#ifndef AMS_SWEEP_H
#define AMS_SWEEP_H

#include "ams/jobs.h"
#include "ams/table.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All borrowed, for as long as the sweep lives. */
typedef struct ams_sweep_options {
    const char *data_path;
    const char *directory;      /* of the experiment */
    const char *config_path;    /* of all runs; NULL: none */
    const char *agents;         /* "dqn,dueling"; NULL: the configuration's */
    const char *const *setting; /* (n_settings) "lr=0.001" for all, "lr=0.001,0.0005" to vary */
    size_t n_settings;
    const uint64_t *seed; /* (n_seeds) distinct; at least one */
    size_t n_seeds;
    uint64_t side_by_side; /* runs at a time, >= 1 */
    uint64_t together;     /* runs that a device trains at a time, >= 1 */
    uint64_t memory_mb;    /* of the runs side by side; 0: AMS_TRAINING_MEMORY_MB for each */
    const char *command;   /* the command line, for sweep.json */
    ams_join join;         /* with other processes, or only a part of the runs */
} ams_sweep_options;

/* Most runs of a sweep: combinations times seeds. */
enum { AMS_SWEEP_MOST_RUNS = 10000 };

/* A setting and its values. With more than one it is part of the label. */
typedef struct ams_sweep_axis {
    char *text;         /* private: "lr=0.001,0.0005", cut up */
    const char *key;    /* into text */
    const char **value; /* (n) into text */
    size_t n;
} ams_sweep_axis;

/* To be read; ams_sweep_plan makes it. Start with {.lock = -1}. */
typedef struct ams_sweep {
    const ams_sweep_options *options;
    ams_sweep_axis *axis; /* (n_axes) the agent, then the settings as they were given */
    size_t n_axes;
    ams_job *job; /* (n_jobs) seed by seed, and within it the last axis varies fastest */
    size_t n_jobs;
    ams_job **list; /* (n_listed) those that this process is to train or to wait for: all, or
                       those that `join` says */
    size_t n_listed;
    /* Private. */
    ams_train_options base; /* the configuration's */
    uint64_t run_memory_mb; /* a run's share */
    char data_hash[AMS_HASH_TEXT];
    char start[32];
    int lock;
    ams_claims *claims; /* NULL: not shared */
} ams_sweep;

/* Makes axes and runs. A run's label is the configuration's label, if it has one, the agent and
 * what varies: "papers-dqn,lr=0.001". Every value is checked as `ams train` would check it;
 * what only a combination can break is that run's failure. `progress` hears of agents that
 * learn the same.
 * @return AMS_USAGE: a value, an empty list, a run that is asked for twice, a label that cannot
 * name a folder, too many runs; AMS_IO: the configuration. */
ams_status ams_sweep_plan(ams_sweep *sweep, const ams_sweep_options *options,
                          const ams_progress *progress, ams_error *err);
/* Checks the data, makes and locks the folder, and lists the runs of this process.
 * @return AMS_USAGE where another process uses it, AMS_IO, AMS_BAD_DATA. */
ams_status ams_sweep_open(ams_sweep *sweep, ams_error *err);
/* Trains all runs that are not finished; signals have to be held (ams_jobs_run). Keeps
 * EXP/failed.tsv and EXP/sweep.json; where the work is shared, one of the processes writes them
 * when all runs are done or failed. A run that fails is no failure of the call. */
ams_status ams_sweep_run(ams_sweep *sweep, const ams_jobs_spawner *spawner,
                         const ams_progress *progress, int *stopped, ams_error *err);
void ams_sweep_fini(ams_sweep *sweep);

/* Runs of the list in that state. */
size_t ams_sweep_count(const ams_sweep *sweep, ams_job_state state);

#ifdef __cplusplus
}
#endif
#endif
