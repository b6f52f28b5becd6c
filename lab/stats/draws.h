/* One draw of a bootstrap: which items and seeds it picks, and the interval of all draws.
 * Private to lab/stats/: whoever uses these with the same seed gets paired draws. */
#ifndef AMS_LAB_STATS_DRAWS_H
#define AMS_LAB_STATS_DRAWS_H

#include "ams/stats.h"

/* How often the draw picks each of n items: weights[i * stride]. */
void ams_draw_items(double *weights, uint32_t stride, uint32_t n, uint64_t seed, uint32_t draw);
/* The same as whole numbers: count (n). */
void ams_draw_counts(uint32_t *count, uint32_t n, uint64_t seed, uint32_t draw);
/* How often the draw picks seed `run` of n_runs: equal for policies with equally many. */
uint32_t ams_draw_seed_count(uint32_t run, uint32_t n_runs, uint64_t seed, uint32_t draw);
/* 2.5 and 97.5 percentile of value (n), whose order it changes; linear between order
 * statistics.
 */
ams_interval ams_draws_interval(double *value, uint32_t n, double mean);

#endif
