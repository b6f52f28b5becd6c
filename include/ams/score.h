/* Policies scored on the items of a split: recall, time and models run, with 95 % intervals
 * over seeds and items (docs/definitions.md, "Statistics").
 *
 *   ams_score_session s = {0};
 *   ams_score_open(&s, &options, &err)      the file
 *   ams_score_load(&s, &err)                the policies, `all` and `random`
 *   ams_score_run(&s, &err)                 scores, groups, intervals, ranks
 *   ams_score_write(&s, "results", &err)    what `ams plot` and `ams report` read
 *   ams_score_close(&s)                     also after a failure
 *
 * P policies (one seed each), G groups (policies of one label), M models, n items of the split,
 * Q = AMS_RECALLS required recalls 0.1, 0.2, ..., 1.0. Times are in milliseconds. */
#ifndef AMS_SCORE_H
#define AMS_SCORE_H

#include "ams/frame.h"
#include "ams/progress.h"
#include "ams/stats.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All pointers are borrowed until the session is closed. */
typedef struct ams_score_options {
    const char *data_path; /* outputs file */
    const char *fit_path;  /* outputs file whose training items baselines are fitted to in place
                              of data_path's; NULL: none. Not in windows */
    const char *const *policy; /* (n_policies) specs as ams_policy_create takes them */
    size_t n_policies;
    ams_split split;     /* whose items are scored */
    bool recorded_times; /* each execution's own time in place of its model's mean */
    uint64_t memory_mb;  /* a file that needs more is scored in windows of its items */
    bool whole;          /* never in windows, whatever memory that takes */
    uint32_t threads;    /* 1 to 256; changes no result */
    int device;          /* AMS_DEVICE_CPU, _CUDA or _AUTO: what rolls trained policies out */
    double goal;    /* required recall that policies with goal inputs decide for, above 0 up
                       to 1; 0: each recall of the tables is scored by its own */
    uint32_t draws; /* orders per item of policies that are random */
    uint32_t bootstrap_draws;     /* of the intervals */
    uint64_t seed;                /* of random orders and bootstrap draws */
    const char *command;          /* recorded in what is written */
    const ams_progress *progress; /* NULL: nobody listens */
    struct ams_team *team; /* of processes that evaluate together; NULL: this one alone */
} ams_score_options;
/* Test split, mean times, 4096 MB, one thread, the CPU, 100 orders, 2000 draws, seed 0. Paths,
 * policies and texts are the caller's to set. */
ams_score_options ams_score_defaults(void);

/* What one policy scored. */
typedef struct ams_scored {
    ams_scores scores; /* one row per item; without what only the intervals are made of, which
                          is freed once they are there */
    double time_ms[AMS_RECALLS], models[AMS_RECALLS]; /* means over the items */
} ams_scored;

/* For reading; all zero before it is opened. */
typedef struct ams_score_session {
    ams_score_options options;
    char data_hash[AMS_HASH_TEXT];
    uint32_t n_items; /* of the split */
    bool in_windows;  /* table and env are not the whole file, and there are no rows per item */
    ams_table table;  /* what policies are created with: the file, or in windows its training
                         items if a policy is fitted to them, else one item */
    ams_env *env;     /* of the table */

    ams_policy **policy; /* (P) in the order in which they were added */
    ams_scored *scored;  /* (P) */
    uint32_t n_policies;

    ams_group *group; /* (G) in order of first appearance */
    uint32_t n_groups;
    uint32_t *member; /* (P) places in `policy`, group after group */
    uint32_t *first;  /* (G + 1) where a group's members begin in `member` */
    uint32_t *rank;   /* (G) groups by mean time until required recall 1.0, shortest first */
    uint32_t all, random; /* groups that savings refer to */
    ams_bootstrap bootstrap;

    /* Private to lab/score/. */
    size_t policy_capacity, scored_capacity;
    uint32_t *place; /* with fit_path: (N) place of the table's items in the file, for draws */
    const ams_scores **scores; /* (P) of the members, for the groups */
    uint32_t n_done;           /* members whose scores are there, or were */
    ams_pool *pool;
    struct ams_table_file *file;       /* in windows */
    uint32_t *item;                    /* (n) in windows: the split's items in the file */
    struct ams_cuda_roller *roller;    /* rolls trained policies out; NULL: the CPU does */
    struct ams_score_errands *errands; /* of a team, where the file is in memory */
    uint8_t *rolled; /* (trained policies, N, M) orders of the items in memory */
} ams_score_session;

/* Finds the device, opens the file and reads it, or decides to read it in windows: if the split
 * has more than AMS_FOLD_ITEMS items, or if the file needs more than memory_mb. Windows change
 * no number.
 * @return AMS_USAGE (an option out of its range; training items that a policy is fitted to and
 * that need more memory), AMS_IO, AMS_BAD_DATA (no file of outputs; no items in the split),
 * AMS_BACKEND (no such device). */
ams_status ams_score_open(ams_score_session *s, const ams_score_options *options,
                          ams_error *err);
/* Creates the policies that the options name, in their order, then `all` and `random` unless a
 * policy of that kind is there.
 * @return what ams_policy_create returns; AMS_USAGE: two have the same label and seed. */
ams_status ams_score_load(ams_score_session *s, ams_error *err);
/* One more policy, made with the session's table and env. It is the session's from here on, and
 * destroyed on failure. @return AMS_USAGE: the label and seed of another. */
ams_status ams_score_add(ams_score_session *s, ams_policy *policy, ams_error *err);
/* Whether a policy of the kind ("fixed") is among them. */
bool ams_score_has_kind(const ams_score_session *s, const char *kind);
/* Scores all policies, groups them by label, draws the bootstrap and ranks the groups. Once per
 * session, after all policies. @return what ams_evaluate and ams_bootstrap_run return;
 * AMS_HELPED on a member of a team that does not lead. */
ams_status ams_score_run(ams_score_session *s, ams_error *err);
void ams_score_close(ams_score_session *s);

/* Items of the whole file that are in a split. */
uint32_t ams_score_count_items(const ams_score_session *s, ams_split split);
/* Whether the device can be had, before any file is read. AMS_BACKEND with the reason. */
ams_status ams_score_find_device(int device, ams_error *err);

/* What is reported at each required recall. */
typedef enum ams_score_metric {
    AMS_SCORE_TIME_MS,          /* mean time until it is reached */
    AMS_SCORE_MODELS_RUN,       /* mean number of models run until then */
    AMS_SCORE_SAVED_VS_ALL,     /* 1 - time / time of `all` */
    AMS_SCORE_SAVED_VS_RANDOM,  /* 1 - time / time of `random` */
    AMS_SCORE_MODELS_VS_RANDOM, /* 1 - models / models of `random` */
    AMS_SCORE_METRICS
} ams_score_metric;
extern const char *const ams_score_metric_names[AMS_SCORE_METRICS]; /* "time_ms", ... */

/* Of a group at required recall (q + 1) / Q. Uses the bootstrap's scratch: one caller at a
 * time. */
ams_interval ams_score_interval(const ams_score_session *s, uint32_t group,
                                ams_score_metric metric, uint32_t q);

/* summary.tsv, intervals.tsv, curves.tsv and eval.json in the directory, which is made; unless
 * in windows also distribution.tsv and positions.tsv. Those of an earlier evaluation are
 * replaced or removed. @return AMS_IO, AMS_BACKEND. */
ams_status ams_score_write(const ams_score_session *s, const char *directory, ams_error *err);
/* items.tsv.zst: the order, times and recalls of each policy on each item. Not in windows,
 * which keep no items: then AMS_USAGE. */
ams_status ams_score_write_items(const ams_score_session *s, const char *directory,
                                 ams_error *err);
/* For people: the frame "rows", a row per label in the order of ranks, times in the data's
 * unit.
 * @return AMS_BACKEND. */
ams_status ams_score_result(const ams_score_session *session, ams_result *result,
                            ams_error *err);
/* The groups, best first, with all intervals, as JSON. */
ams_status ams_score_write_json(const ams_score_session *s, FILE *stream, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
