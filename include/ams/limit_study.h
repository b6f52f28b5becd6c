/* A study: every policy of a setup by every scheduler, and bounds, on the items of a split at
 * many limits; recall with paired bootstrap intervals; its tables.
 *
 * n items, S series, P points. */
#ifndef AMS_LIMIT_STUDY_H
#define AMS_LIMIT_STUDY_H

#include "ams/frame.h"
#include "ams/limit_series.h"
#include "ams/paired.h"
#include "ams/progress.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_limit_study_options {
    const ams_scheduler *const *scheduler; /* (n_schedulers) for policies that predict values;
                                              borrowed during the call */
    uint32_t n_schedulers;
    uint64_t exact_nodes;     /* the optimum by branch and bound, given up after so many nodes
                                 per item and point; 0: not looked for */
    uint32_t bootstrap_draws; /* of the 95 % intervals */
    bool check;               /* every schedule goes through ams_schedule_check */
    ams_progress progress; /* of the series or, where the file is read in windows, of items */
} ams_limit_study_options;

typedef struct ams_limit_study {
    const ams_limit_setup *setup; /* borrowed */
    uint32_t bootstrap_draws;
    ams_limit_series_list list;
    ams_paired paired; /* groups: the series; columns: the points */
} ams_limit_study;

/* Scores everything. The setup has points and baselines; its policies move through the windows
 * and return. The same bits for any number of threads and any memory_mb, but for timing.
 * @return AMS_USAGE: the optimum of too many items of a file read in windows, no baselines;
 * what ams_limits_schedule, ams_limits_bound and ams_windows_walk return; AMS_HELPED on a
 * member of the setup's team that does not lead. */
ams_status ams_limit_study_run(ams_limit_study *study, ams_limit_setup *setup,
                               const ams_limit_study_options *options, ams_error *err);
void ams_limit_study_fini(ams_limit_study *study);

/* Means over runs and items. */
typedef enum ams_limit_quantity {
    AMS_LIMIT_DONE_MS, /* when an item was done; of bounds 0 */
    AMS_LIMIT_MODELS,  /* models started; of the optimum: nodes of the search */
    AMS_LIMIT_CUT      /* runs cut off by the deadline; of the optimum: 1 if given up */
} ams_limit_quantity;
double ams_limit_mean(const ams_limit_study *study, uint32_t series, uint32_t point,
                      ams_limit_quantity what);
/* Whether the series has a value there: the optimum has one only where every item was solved.
 */
bool ams_limit_is_known(const ams_limit_study *study, uint32_t series, uint32_t point);
/* Mean recall of the series over the items whose optimum at the point is known, 0 if none is;
 * *solved: how many these are. Only where the optimum was looked for. */
double ams_limit_solved_recall(const ams_limit_study *study, uint32_t series, uint32_t point,
                               uint32_t *solved);
/* The series by their recall summed over points first .. first + n - 1, largest first, equal
 * ones in the study's order. order (S). */
ams_status ams_limit_rank(const ams_limit_study *study, uint32_t first, uint32_t n,
                          uint32_t *order, ams_error *err);

/* Data, split, items and unit, and the frame "rows", a row per series and point where it is
 * known. @return AMS_BACKEND. */
ams_status ams_limit_study_result(const ams_limit_study *study, ams_result *result,
                                  ams_error *err);
/* For people: the frame "table" of points first .. first + n - 1, which are those of one memory
 * budget: every series, ranked over them, at up to seven deadlines. @return AMS_BACKEND. */
ams_status ams_limit_study_table(const ams_limit_study *study, uint32_t first, uint32_t n,
                                 ams_result *result, ams_error *err);

/* A line per point where the optimum of some items was given up. */
void ams_limit_print_unsolved(const ams_limit_study *study, FILE *stream);

/* schedule.tsv, timing.tsv, schedule.json and, where the optimum was looked for, exact.tsv in
 * the directory, which is created. The manifest names the command and the program's version.
 * @return AMS_IO. */
typedef struct ams_limit_manifest {
    const char *command, *version;
} ams_limit_manifest;
ams_status ams_limit_study_write(const ams_limit_study *study, const char *directory,
                                 const ams_limit_manifest *manifest, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
