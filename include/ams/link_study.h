/* Methods of selection and of filling in, at many budgets: the table of `ams links eval`. */
#ifndef AMS_LINK_STUDY_H
#define AMS_LINK_STUDY_H

#include "ams/frame.h"
#include "ams/link_session.h"
#include "ams/progress.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_link_study_options {
    const ams_link_budget *budget; /* (n_budgets), borrowed */
    uint32_t n_budgets;
    uint32_t methods;  /* bit per ams_link_method */
    uint32_t fillings; /* bit per ams_link_filling */
    uint32_t draws;    /* of the bootstrap over items; 0: no intervals */
    uint64_t seed;
    ams_pool *pool;               /* may be NULL */
    const ams_progress *progress; /* may be NULL */
} ams_link_study_options;

typedef struct ams_link_study_row {
    uint32_t budget; /* index */
    ams_link_method method;
    ams_link_filling filling;
    ams_choice choice;
    double time_ms, mem_mb; /* of the models that run */
    double link_us;         /* of the prediction, per item, measured */
    uint64_t weights;       /* that the links store (ANY, REFIT); 0 of the others */
    ams_link_accuracy accuracy;
    double floor[AMS_LINK_METRICS]; /* the same set, filled with constants */
    double low, high;               /* 95 % interval of the mean F1; NAN without draws */
} ams_link_study_row;

typedef struct ams_link_study {
    const ams_link_session *session; /* borrowed */
    ams_link_study_options options;
    ams_link_study_row *row; /* (n_rows) by budget, method, filling */
    uint32_t n_rows;
} ams_link_study;

ams_status ams_link_study_run(ams_link_study *study, const ams_link_session *session,
                              const ams_link_study_options *options, ams_error *err);
void ams_link_study_fini(ams_link_study *study);

/* As a result, which is not emptied first: data_hash, split, items, and the frame "rows", a row
 * per budget, method and filling in that order. */
ams_status ams_link_study_result(const ams_link_study *study, ams_result *result,
                                 ams_error *err);
/* links.tsv: a row per budget, method and filling with every metric, floor, skill and cost;
 * targets.tsv: F1 of each target; qualities.tsv: every link's F1 on validation, and constants'.
 * @return AMS_IO. */
ams_status ams_link_study_write(const ams_link_study *study, const char *directory,
                                ams_error *err);
/* qualities.tsv alone. */
ams_status ams_link_write_qualities(const ams_link_session *session, const char *path,
                                    ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
