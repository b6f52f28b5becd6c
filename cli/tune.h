/* What `ams tune` holds while it runs. Private to cli/tune*.c.
 *
 * T trials, R rungs, K training seeds, D dimensions of the space. */
#ifndef AMS_CLI_TUNE_H
#define AMS_CLI_TUNE_H

#include "cli/jobs.h"
#include "env/table.h"
#include "lab/tune/halving.h"
#include "lab/tune/space.h"

typedef enum trial_state {
    TRIAL_WAITING,
    TRIAL_RUNNING, /* of the rung that is under way */
    TRIAL_DROPPED, /* compared at a rung, and not among the best there */
    TRIAL_FINISHED,
    TRIAL_BEST,
    TRIAL_FAILED,
    TRIAL_STATES
} trial_state;

typedef struct trial {
    char name[16];                 /* "t007"; the label of its runs */
    char (*value)[AMS_TEXT_MAX];   /* (D) */
    job *run;                      /* (K) one a training seed */
    double metric[AMS_MOST_RUNGS]; /* at each rung compared; in the last one, the mean over
                                      seeds */
    double deviation;              /* standard deviation over seeds in the last rung */
    uint32_t compared;             /* rungs so far */
    uint32_t place;                /* in the latest rung, 0 the best */
    uint32_t rank;                 /* of all trials, 1 the best; 0: none */
    trial_state state;
} trial;

typedef struct tune {
    const char *data_path, *directory, *config, *space_path;
    const cli_args *args;
    char *command;
    char data_hash[AMS_HASH_TEXT];
    ams_train_options train; /* of every trial, but for what the space varies */
    ams_space space;
    uint64_t draw_seed; /* of the trials' settings */
    uint64_t *seed;     /* (K) of training */
    size_t n_seeds;
    ams_halving halving;
    ams_rung rung[AMS_MOST_RUNGS];
    uint32_t n_rungs;
    trial *trial;
    size_t n_trials;
    uint64_t side_by_side;
    uint64_t together;  /* on a GPU */
    uint64_t memory_mb; /* of the runs side by side; 0: as `ams train` has it */
    char start[32];
} tune;

/* Reads arguments and space, draws the trials. @return AMS_USAGE, AMS_IO. */
ams_status tune_plan(tune *t, const cli_args *args, ams_error *err);
void tune_fini(tune *t);
/* The settings of a trial on top of all others. */
ams_status tune_options(const tune *t, const trial *of, ams_train_options *options,
                        ams_error *err);

/* All rungs, one after the other; *stopped by a signal; mask: of jobs_hold_signals. */
ams_status tune_rungs(tune *t, const sigset_t *mask, bool *stopped, ams_error *err);
/* Every run that a process was started for; run (T x K) is the caller's. */
size_t tune_runs(const tune *t, job **run);
/* Whether best_by is the area, of which more is better; else ms, of which less is. */
bool tune_by_area(const tune *t);
/* NULL where no trial went through. */
const trial *tune_best(const tune *t);

/* EXP/search.ini: what a trial is made of. Makes sure that one that is there is the same.
 * @return AMS_USAGE, AMS_IO. */
ams_status tune_settle_search(const tune *t, ams_error *err);
/* EXP/tune.tsv: a row a trial. */
ams_status tune_write_trials(const tune *t, ams_error *err);
/* EXP/best.ini: every setting of the best trial. */
ams_status tune_write_best(const tune *t, ams_error *err);
/* EXP/tune.json; status: "running", "stopped", "failed" or "finished". */
ams_status tune_write_manifest(const tune *t, const char *status, ams_error *err);
/* The best trials, to stdout. */
void tune_print(const tune *t);

#endif
