/* Percentile bootstrap over seeds and items (docs/definitions.md, "Statistics").
 *
 * A draw resamples seeds and items once and applies both to every policy, so what one draw says
 * of two policies is paired. All draws of the means that are set against each other are kept:
 * any statistic of them - a ratio, a difference - is one more function over `value`. Of the
 * curves, which are six in seven of the columns, only the intervals are kept.
 *
 * G groups (policies), C columns (means), D draws, n items, M models. Statistics that compare
 * groups are in lab/stats/contrasts.h. */
#ifndef AMS_STATS_H
#define AMS_STATS_H

#include "ams/evaluate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Columns: each is a mean over seeds and items of one number of ams_scores. */
enum {
    AMS_COLUMN_TIME_MS = 0,                               /* + q: until required recall q */
    AMS_COLUMN_MODELS = AMS_COLUMN_TIME_MS + AMS_RECALLS, /* + q */
    AMS_COLUMN_AREA = AMS_COLUMN_MODELS + AMS_RECALLS,    /* 1 column */
    AMS_COLUMN_AT_TIME = AMS_COLUMN_AREA + 1,             /* + k: recall at time k */
    AMS_COLUMN_AFTER = AMS_COLUMN_AT_TIME + AMS_CURVE,    /* + k: recall after k models */
    AMS_DRAWN_COLUMNS = AMS_COLUMN_AT_TIME, /* the first ones, whose draws are kept */
    AMS_RUN_COLUMNS = AMS_COLUMN_MODELS     /* the first ones, kept by run */
};

/* The runs of one policy that differ in their seed. */
typedef struct ams_group {
    const char *label;
    const ams_scores *const *run; /* (n_runs), borrowed */
    uint32_t n_runs;
} ams_group;

typedef struct ams_bootstrap_options {
    uint64_t seed;
    uint32_t draws; /* > 0 */
    ams_pool *pool; /* may be NULL; the bits do not depend on it */
    /* Scores need not be there before they are read, nor stay after it, so that those of many
     * runs are never held at once. Each is called once for each run, in the groups' order:
     * `make` before the run's scores are read, `done` when only their items still will be.
     * Both may be NULL. */
    ams_status (*make)(void *context, uint32_t run, ams_error *err);
    void (*done)(void *context, uint32_t run);
    void *context;
} ams_bootstrap_options;

typedef struct ams_interval {
    double mean, low, high; /* low and high: 2.5 and 97.5 percentile */
} ams_interval;

typedef struct ams_bootstrap {
    uint32_t n_groups, n_columns, draws;
    double *mean;        /* (G, C) of the data as they are */
    double *value;       /* (G, AMS_DRAWN_COLUMNS, D) of each resampled data set */
    ams_interval *curve; /* (G, C - AMS_DRAWN_COLUMNS) of the other columns */
    /* The same of each run, for statistics that are no mean over seeds. Runs stand group after
     * group. */
    uint32_t *first_run; /* (G + 1) */
    double *run_mean;    /* (runs, AMS_RUN_COLUMNS) */
    double *run_value;   /* (runs, AMS_RUN_COLUMNS, D) items resampled, not yet seeds */
    uint32_t *run_count; /* (runs, D) how often the draw picks the run's seed */
    double *run_scratch; /* (most runs of a group) */
    double *scratch;     /* (D) */
} ams_bootstrap;

/* All runs must be of the same items. Memory besides what is kept: 256 MB, or one run's.
 * 4,185 items, 12 policies and 2,000 draws take about a second.
 * @return AMS_USAGE, AMS_BACKEND. */
ams_status ams_bootstrap_run(ams_bootstrap *bootstrap, const ams_group *groups,
                             uint32_t n_groups, const ams_bootstrap_options *options,
                             ams_error *err);
void ams_bootstrap_fini(ams_bootstrap *bootstrap);

/* (D) of one column < AMS_DRAWN_COLUMNS, borrowed. */
const double *ams_bootstrap_draws(const ams_bootstrap *bootstrap, uint32_t group,
                                  uint32_t column);
/* Of the D values that the caller wrote to the scratch, whose order it changes. */
ams_interval ams_bootstrap_interval(const ams_bootstrap *bootstrap, double mean);

/* Each uses the scratch: one caller at a time. */
ams_interval ams_bootstrap_mean(const ams_bootstrap *bootstrap, uint32_t group,
                                uint32_t column);
/* 1 - mean of group / mean of reference, recomputed in each draw; 0 where the reference is 0.
 */
ams_interval ams_bootstrap_saved(const ams_bootstrap *bootstrap, uint32_t group,
                                 uint32_t reference, uint32_t column);

#ifdef __cplusplus
}
#endif
#endif
