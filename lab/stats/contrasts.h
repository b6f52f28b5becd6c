/* Statistics that compare policies, made of the draws of include/ams/stats.h.
 *
 * All are recomputed in each paired draw; lower is better in every column but the area. Each
 * uses the bootstrap's scratch: one caller at a time. */
#ifndef AMS_LAB_STATS_CONTRASTS_H
#define AMS_LAB_STATS_CONTRASTS_H

#include "ams/stats.h"

/* Mean of group - mean of reference. */
ams_interval ams_contrast_difference(const ams_bootstrap *bootstrap, uint32_t group,
                                     uint32_t reference, uint32_t column);
/* (worst - group) / (worst - best) of the means: 0 as the worst, 1 as the best; 0 where those
 * two do not differ. */
ams_interval ams_contrast_gap_closed(const ams_bootstrap *bootstrap, uint32_t group,
                                     uint32_t worst, uint32_t best, uint32_t column);
/* Interquartile mean over seeds of the runs' means over items. column < AMS_RUN_COLUMNS. */
ams_interval ams_contrast_iqm(const ams_bootstrap *bootstrap, uint32_t group, uint32_t column);
/* Probability that a run of group is below a run of other: the mean over pairs of runs of 1
 * where it is, 1/2 where both are equal. column < AMS_RUN_COLUMNS. */
ams_interval ams_contrast_improvement(const ams_bootstrap *bootstrap, uint32_t group,
                                      uint32_t other, uint32_t column);
/* Mean over the group's runs of one number per run, seeds resampled as in all other statistics.
 */
ams_interval ams_contrast_of_runs(const ams_bootstrap *bootstrap, uint32_t group,
                                  const double *value);

/* Mean of what is left when floor(n / 4) values are cut off at either end (scipy's trim_mean
 * with 0.25). n > 0; sorts the values. */
double ams_interquartile_mean(double *values, uint32_t n);

#endif
