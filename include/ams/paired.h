/* Paired percentile bootstrap of any numbers that are means over seeds and items
 * (docs/definitions.md, "Statistics"), with the same draws as include/ams/stats.h.
 *
 * G groups, C columns, D draws, n items. */
#ifndef AMS_PAIRED_H
#define AMS_PAIRED_H

#include "ams/stats.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The runs of one policy that differ in their seed. */
typedef struct ams_paired_group {
    const double *const *run; /* (n_runs) of (n, C) row-major, borrowed */
    uint32_t n_runs;
} ams_paired_group;

typedef struct ams_paired {
    uint32_t n_groups, n_columns, draws;
    double *mean;    /* (G, C) */
    double *value;   /* (G, C, D) */
    double *scratch; /* (D) */
} ams_paired;

ams_status ams_paired_run(ams_paired *paired, const ams_paired_group *groups, uint32_t n_groups,
                          uint32_t n_items, uint32_t n_columns,
                          const ams_bootstrap_options *options, ams_error *err);
void ams_paired_fini(ams_paired *paired);

/* What is reported of a group's mean; each is recomputed in every draw. */
typedef enum ams_paired_of {
    AMS_PAIRED_MEAN,
    AMS_PAIRED_LESS,  /* minus the reference's */
    AMS_PAIRED_RATIO, /* over the reference's */
    AMS_PAIRED_OVER   /* over the reference's, minus 1 */
} ams_paired_of;

/* Uses the scratch: one caller at a time. reference is not looked at for AMS_PAIRED_MEAN. */
ams_interval ams_paired_interval(const ams_paired *paired, ams_paired_of what, uint32_t group,
                                 uint32_t reference, uint32_t column);

#ifdef __cplusplus
}
#endif
#endif
