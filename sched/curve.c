#include "sched/curve.h"

/* Clock readings this close, relative to an item's total time, are the same: the same runs
 * summed in another order differ in the last bits. */
static const double SAME_TIME = 1e-9;

ams_curve_times ams_curve_times_of(const float *time_ms, uint32_t n_models)
{
    ams_curve_times times = {.total_ms = 0};
    for (uint32_t m = 0; m < n_models; m++) {
        times.total_ms += (double)time_ms[m];
    }
    const double total_ms = times.total_ms;
    for (uint32_t k = 0; k < AMS_CURVE; k++) {
        times.moment[k] = total_ms * k / (AMS_CURVE - 1) + total_ms * SAME_TIME;
    }
    return times;
}

/* The first point from `from` on whose moment is at least `time_ms`. It is near the share of
 * all time that `time_ms` is. */
static uint32_t point_of(const ams_curve_times *times, uint32_t from, double time_ms)
{
    const double share = time_ms * ((AMS_CURVE - 1) / times->total_ms);
    uint32_t k = share < AMS_CURVE ? (uint32_t)share : AMS_CURVE;
    k = k > from ? k : from;
    while (k > from && times->moment[k - 1] >= time_ms) {
        k--;
    }
    while (k < AMS_CURVE && times->moment[k] < time_ms) {
        k++;
    }
    return k;
}

void ams_curve_fill(const ams_curve_times *times, const ams_trace *trace,
                    float recall[AMS_CURVE])
{
    uint32_t k = 0;
    for (uint32_t at = 0; at <= trace->n; at++) {
        const uint32_t end =
            at < trace->n ? point_of(times, k, trace->time_ms[at + 1]) : AMS_CURVE;
        const float reached = (float)trace->recall[at];
        for (; k < end; k++) {
            recall[k] = reached;
        }
    }
}
