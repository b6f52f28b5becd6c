/* What policies are scored with under deadlines and memory budgets: the data, the limits, and
 * the policies themselves.
 *
 *     ams_limit_setup setup;
 *     ams_limit_setup_options options = ams_limit_setup_defaults();
 *     options.data_path = "photos.h5";
 *     ams_limit_open(&setup, &options, &err);
 *     ams_limit_set_points(&setup, deadline_ms, n, NULL, 0, &err);
 *     ams_limit_add_policy(&setup, "runs/dqn-0", &err);  ... limit_study.h or limit_trace.h
 *     ams_limit_setup_fini(&setup);
 *
 * M models, P points (a deadline, and a memory budget where models run in parallel). */
#ifndef AMS_LIMIT_SETUP_H
#define AMS_LIMIT_SETUP_H

#include "ams/limits.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All pointers are borrowed for the life of the setup. */
typedef struct ams_limit_setup_options {
    const char *data_path;
    const char *fit_path; /* outputs file whose training items policies and planners are fitted
                             to in place of data_path's; NULL: none. Not in windows */
    ams_split split;      /* whose items are scored */
    const char *item_id;  /* only this item is opened; NULL: the items of the split */
    bool training;        /* with item_id: the training items, too, for policies that are fitted
                             to them and for planners */
    bool parallel;        /* models run in parallel under memory budgets; else one at a time */
    bool recorded_times;  /* a model's execution takes its recorded time, else the mean */
    double expect;        /* what schedulers assume: 0: mean times; else the quantile, up to 1,
                             of the recorded times on training items */
    ams_limit_options rules; /* negative values, late starts, when to stop */
    double goal;             /* required recall that policies with goal inputs decide for, above
                                0 up to 1; 0: at each deadline the one that serves it best */
    uint32_t draws;          /* random orders per item */
    uint64_t seed;           /* that draws them */
    uint32_t threads;
    uint64_t memory_mb; /* a file that needs more (MB of 2^20 bytes) is read in windows */
    const char *memory_option;    /* what sets memory_mb, for messages; NULL: "memory_mb" */
    const ams_progress *progress; /* is noticed of labels that policies do not know, or NULL */
    struct ams_team *team;        /* of processes that score together; NULL: this one alone */
} ams_limit_setup_options;
/* Test split, mean times, 20 draws, seed 0, one thread, 4096 MB. data_path is still to be set.
 */
ams_limit_setup_options ams_limit_setup_defaults(void);

/* Read by anyone, written only by the functions below. */
typedef struct ams_limit_setup {
    ams_limit_setup_options options;
    ams_table table; /* the whole file; with `file` or item_id only a part of it */
    ams_env *env;    /* of `table` */
    char data_hash[AMS_HASH_TEXT]; /* "" with item_id */
    struct ams_table_file *file;   /* NULL: `table` holds all that is scored. Else the items are
                                      read in windows, and `table` holds the training items */
    uint32_t *file_item; /* with `file`: (n_items) places in it. With item_id or fit_path:
                            places of the table's items in their file. NULL: neither */
    uint32_t n_items;    /* of the split; 0 with item_id */
    uint32_t item;       /* place of item_id in `table` */
    float expected_ms[AMS_MAX_MODELS]; /* (M) what schedulers assume */
    float *overlap;                    /* (M, M) */
    ams_limit_point *point; /* (n_points) budget by budget, each with all deadlines */
    uint32_t n_points;
    ams_policy **policy; /* (n_policies) those of one label next to each other */
    size_t n_policies, policy_capacity;
    bool baselines;
    ams_pool *pool; /* NULL: one thread */
} ams_limit_setup;

/* Reads the data. After a failure the setup is as after ams_limit_setup_fini.
 * @return AMS_IO; AMS_BAD_DATA (the file, or no recorded times for a quantile of them);
 * AMS_USAGE: no such item (with the first item's id), training items that need more than
 * memory_mb, options out of their ranges; AMS_BACKEND. */
ams_status ams_limit_open(ams_limit_setup *setup, const ams_limit_setup_options *options,
                          ams_error *err);
/* Every deadline with every budget. n_budgets = 0: one model at a time, or no budget. Deadlines
 * may be INFINITY. Replaces the points set before.
 * @return AMS_USAGE where there is no deadline, or a limit is not above 0. */
ams_status ams_limit_set_points(ams_limit_setup *setup, const double *deadline_ms,
                                size_t n_deadlines, const double *budget_mb, size_t n_budgets,
                                ams_error *err);
/* `random`, `fixed` and `optimal`, which a study compares with; before other policies. */
ams_status ams_limit_add_baselines(ams_limit_setup *setup, ams_error *err);
/* Memory of the largest model, in MB. */
double ams_limit_largest_mb(const ams_limit_setup *setup);
/* `spec` as of ams_policy_create; policies of one label (seeds of one agent) stand next to each
 * other. A baseline that ams_limit_add_baselines added is not added again.
 * @return AMS_USAGE: one of that label and seed is there already; the policy predicts no values
 * and its order has to be kept as it is. What ams_policy_create returns. */
ams_status ams_limit_add_policy(ams_limit_setup *setup, const char *spec, ams_error *err);
/* Accepts what is all zero. */
void ams_limit_setup_fini(ams_limit_setup *setup);

#ifdef __cplusplus
}
#endif
#endif
