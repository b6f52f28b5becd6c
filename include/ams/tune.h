/* A search for good settings: random search with successive halving on the validation split.
 *
 * T trials, R rungs, K training seeds, D dimensions of the space.
 *
 *     ams_tune tune = {.lock = -1};
 *     AMS_TRY(ams_tune_plan(&tune, &options, err));
 *     AMS_TRY(ams_tune_open(&tune, err));
 *     AMS_TRY(ams_tune_run(&tune, &spawner, &progress, &stopped, err));
 *     ...
 *     ams_tune_fini(&tune); */
#ifndef AMS_TUNE_H
#define AMS_TUNE_H

#include "ams/frame.h"
#include "ams/halving.h"
#include "ams/jobs.h"
#include "ams/space.h"
#include "ams/table.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Borrowed, for as long as the search lives. Start with ams_tune_defaults. */
typedef struct ams_tune_options {
    const char *data_path;
    const char *directory;      /* of the search */
    const char *config_path;    /* of all trials; NULL: none */
    const char *space_path;     /* what varies: include/ams/space.h */
    const char *agent;          /* of all trials; NULL: the configuration's or the space's */
    const char *const *setting; /* (n_settings) "key=value", of all trials */
    size_t n_settings;
    uint64_t draw_seed;            /* of the trials' settings */
    const uint64_t *training_seed; /* (K) distinct; the first in all rungs, all in the last */
    size_t n_seeds;                /* K, at least 1 */
    uint64_t trials;               /* T, at most AMS_TUNE_MOST_TRIALS */
    uint64_t eta;                  /* each rung keeps one trial in eta */
    uint64_t finalists;            /* at least so many trials reach the last rung */
    double min_fraction;           /* of `steps` in the first rung, in (0, 1] */
    uint64_t side_by_side;         /* runs at a time, >= 1 */
    uint64_t together;             /* runs that a device trains at a time, >= 1 */
    uint64_t memory_mb;  /* of the runs side by side; 0: AMS_TRAINING_MEMORY_MB for each */
    const char *command; /* the command line, for the files */
    ams_join join;       /* with other processes; its shards are not used */
} ams_tune_options;

enum { AMS_TUNE_MOST_TRIALS = 1000, AMS_TUNE_MOST_ETA = 1000, AMS_TUNE_MOST_RUNS = 10000 };

/* 27 trials, eta 3, 3 finalists, min_fraction 0.1; one run at a time. */
ams_tune_options ams_tune_defaults(void);

typedef enum ams_trial_state {
    AMS_TRIAL_WAITING,
    AMS_TRIAL_RUNNING, /* of the rung that is under way */
    AMS_TRIAL_DROPPED, /* compared at a rung, and not among the best there */
    AMS_TRIAL_FINISHED,
    AMS_TRIAL_BEST,
    AMS_TRIAL_FAILED,
    AMS_TRIAL_STATES
} ams_trial_state;

typedef struct ams_trial {
    char name[16];                 /* "t007"; the label of its runs */
    char (*value)[AMS_TEXT_MAX];   /* (D) */
    ams_job *job;                  /* (K) one per training seed */
    double metric[AMS_MOST_RUNGS]; /* at each rung compared; in the last one, the mean over
                                      seeds */
    double deviation;              /* standard deviation over seeds in the last rung */
    uint32_t compared;             /* rungs so far */
    uint32_t place;                /* in the latest rung, 0 the best */
    uint32_t rank;                 /* of all trials, 1 the best; 0: none */
    ams_trial_state state;
} ams_trial;

/* To be read; ams_tune_plan makes it. Start with {.lock = -1}. */
typedef struct ams_tune {
    const ams_tune_options *options;
    ams_train_options train; /* of every trial, but for what the space varies */
    ams_space space;
    ams_halving halving;
    ams_rung rung[AMS_MOST_RUNGS];
    uint32_t n_rungs;
    ams_trial *trial;
    size_t n_trials;
    char data_hash[AMS_HASH_TEXT];
    char cost_unit[AMS_COST_UNIT_MAX + 1]; /* of the data */
    char start[32];                        /* when it was planned, UTC */
    bool
        left; /* others were at work when it ended, or it was stopped: the search is not over */
    int lock; /* private */
    ams_claims *claims; /* private; NULL: not shared */
} ams_tune;

/* Reads the space and draws the trials.
 * @return AMS_USAGE: a number out of range, a setting given twice or not for the search to
 * vary; AMS_IO. */
ams_status ams_tune_plan(ams_tune *tune, const ams_tune_options *options, ams_error *err);
/* Checks the data, and makes and locks the folder.
 * @return AMS_BAD_DATA, also where the validation split is empty; AMS_IO; AMS_USAGE where
 * another process uses the folder. */
ams_status ams_tune_open(ams_tune *tune, ams_error *err);
/* Trains and compares rung after rung; signals have to be held (ams_jobs_run). Keeps
 * EXP/search.ini, tune.tsv, failed.tsv and tune.json, and writes best.ini at the end; where the
 * work is shared, one of the processes writes all but search.ini, at the end. A trial
 * that fails is no failure of the call; ams_tune_best says whether one came through.
 * @return AMS_USAGE: the folder holds another search. */
ams_status ams_tune_run(ams_tune *tune, const ams_jobs_spawner *spawner,
                        const ams_progress *progress, int *stopped, ams_error *err);
void ams_tune_fini(ams_tune *tune);

/* -- reading the result -- */

/* Whether trials are compared by the area, of which more is better; else by ms, of which less
 * is. */
bool ams_tune_by_area(const ams_tune *tune);
/* NULL where no trial came through, or the search was stopped. */
const ams_trial *ams_tune_best(const ams_tune *tune);
/* The trial of that rank, from 1 on; NULL: there is none. */
const ams_trial *ams_tune_ranked(const ams_tune *tune, uint32_t rank);
/* Every run; job (T x K) is the caller's. Returns T x K. */
size_t ams_tune_jobs(const ams_tune *tune, ams_job **job);

/* As a result: data, metric and unit, and the frame "rows", a row per trial that has a rank,
 * the best first. @return AMS_BACKEND. */
ams_status ams_tune_result(const ams_tune *tune, ams_result *result, ams_error *err);

/* Cells of tune.tsv and of the table that is printed: columns 0 to ams_tune_columns - 1. */
enum { AMS_TUNE_CELL = 600 };
size_t ams_tune_columns(const ams_tune *tune);
void ams_tune_head(const ams_tune *tune, size_t column, char text[AMS_TUNE_CELL]);
/* The cell's number with all its digits; false where it is none: what ams_tune_cell says, "-"
 * for nothing. */
bool ams_tune_number(const ams_tune *tune, const ams_trial *trial, size_t column,
                     double *number);
void ams_tune_cell(const ams_tune *tune, const ams_trial *trial, size_t column,
                   char text[AMS_TUNE_CELL]);
/* Whether a printed table has room for the column: not for what is the same in all rows, or
 * long. */
bool ams_tune_is_short(const ams_tune *tune, size_t column);

#ifdef __cplusplus
}
#endif
#endif
