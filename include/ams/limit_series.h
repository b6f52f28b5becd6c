/* The series of a study: what its tables have one row and its figures one curve of. Between
 * the files of lab/limits; readers of a study use it, too.
 *
 * n items, P points. */
#ifndef AMS_LIMIT_SERIES_H
#define AMS_LIMIT_SERIES_H

#include "ams/limit_setup.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One curve: a scheduler with a policy's seeds, or a bound. */
typedef struct ams_limit_series {
    char label[128];
    const ams_scheduler *scheduler; /* NULL: a bound */
    ams_limit_bound bound;
    ams_policy *const *policy; /* (n_runs) of the setup; NULL: true values, or a bound */
    uint32_t n_runs;
    ams_limit_scores *scores; /* (n_runs) */
    const double **recall;    /* (n_runs) (n, P) of scores */
} ams_limit_series;

typedef struct ams_limit_series_list {
    ams_limit_series *series; /* (n) */
    uint32_t n;
    size_t capacity;                      /* private */
    uint32_t random, fixed, bound, exact; /* places; exact: n where it is not looked for */
    double exact_seconds;                 /* that the search for the optimum took */
} ams_limit_series_list;

/* In this order: of each policy of the setup one series per scheduler (of an order: one, by
 * first fit), the truth by the papers' algorithm (and by algorithm2-again if it is among the
 * schedulers), the bounds, the optimum where it is looked for. The scores are empty; the list
 * borrows the setup's policies. scheduler (n): those of values; at least one. */
ams_status ams_limit_list_series(ams_limit_series_list *list, const ams_limit_setup *setup,
                                 const ams_scheduler *const *scheduler, uint32_t n, bool exact,
                                 ams_error *err);
/* Scores run r of the series on the items of the evaluation. */
ams_status ams_limit_score_run(ams_limit_series_list *list, const ams_limit_series *series,
                               uint32_t r, const ams_limit_evaluation *evaluation,
                               ams_limit_scores *scores, ams_error *err);
void ams_limit_series_fini(ams_limit_series_list *list);

#ifdef __cplusplus
}
#endif
#endif
