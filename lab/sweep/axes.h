/* Axes of a sweep and their combinations. Private to lab/sweep. */
#ifndef AMS_LAB_SWEEP_AXES_H
#define AMS_LAB_SWEEP_AXES_H

#include "ams/sweep.h"

/* One more axis of "key=v1,v2"; sweep->axis has room for it. The first one is the agent's.
 * @return AMS_USAGE. */
ams_status ams_sweep_add_axis(ams_sweep *sweep, const char *setting, ams_error *err);
/* Number of combinations, and of runs with their seeds.
 * @return AMS_USAGE: more than AMS_SWEEP_MOST_RUNS. */
ams_status ams_sweep_combinations(const ams_sweep *sweep, size_t *combinations, ams_error *err);
/* The value of an axis in a combination; the last axis varies fastest. */
const char *ams_sweep_value(const ams_sweep *sweep, size_t axis, size_t combination);
void ams_sweep_free_axes(ams_sweep *sweep);

#endif
