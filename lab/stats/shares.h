/* What share of the runs and items reaches required recall 1.0 within a time: cumulative
 * distributions, and performance profiles where the time is measured in an item's own unit
 * (Dolan and More 2002; as distributions over runs, Agarwal et al. 2021).
 *
 * G groups, K levels, n items. */
#ifndef AMS_LAB_STATS_SHARES_H
#define AMS_LAB_STATS_SHARES_H

#include "ams/stats.h"

enum { AMS_SHARE_LEVELS = 101 };

typedef struct ams_shares {
    /* (G, K) of all pairs of run and item, those within the level; bands over seeds and items.
     * A policy of many orders per item counts each of those kept (ams_scores.kept). */
    ams_interval *runs;
    /* (G, K) of the items, those whose mean over runs and orders is within the level. */
    double *items;
} ams_shares;

/* Level k of an item is level[k] (AMS_SHARE_LEVELS, ascending), times scale[item] (n) unless
 * scale is NULL. A time counts as within up to 1e-6 ms above. Items and seeds are resampled as
 * `bootstrap` was, which must be that of groups and options; uses its scratch.
 * @return AMS_USAGE (runs of one label with unequally many orders), AMS_BACKEND. */
ams_status ams_shares_run(ams_shares *shares, const ams_bootstrap *bootstrap,
                          const ams_group *groups, const ams_bootstrap_options *options,
                          const double *level, const double *scale, ams_error *err);
void ams_shares_fini(ams_shares *shares);

#endif
