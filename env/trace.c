#include "ams/trace.h"

#include "env/math.h"

#include <string.h>

/* What each execution of the order adds to the value: every label counts at the first execution
 * that outputs it. So each output of the item is visited once, instead of all its labels once
 * per execution. */
static void first_finds(const ams_env *env, uint32_t item, const uint8_t *order, uint32_t n,
                        double added[AMS_MAX_MODELS + 1])
{
    uint8_t position[AMS_MAX_MODELS];
    memset(position, AMS_MAX_MODELS, sizeof position);
    for (uint32_t k = 0; k < n; k++) {
        position[order[k]] = (uint8_t)k;
    }
    memset(added, 0, (AMS_MAX_MODELS + 1) * sizeof *added);
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        uint8_t first = AMS_MAX_MODELS;
        for (uint64_t bits = env->makers[e]; bits != 0; bits &= bits - 1) {
            uint8_t at = position[ams_lowest(bits)];
            first = at < first ? at : first;
        }
        added[first] += env->profit[e]; /* never found: counted after the last execution */
    }
}

void ams_trace_run(ams_trace *trace, const ams_env *env, uint32_t item, const uint8_t *order,
                   uint32_t n, const float *time_ms)
{
    double full = env->full[item];
    double added[AMS_MAX_MODELS + 1];
    bool best = env->options.value == AMS_VALUE_BEST;
    if (!best) {
        first_finds(env, item, order, n, added);
    }
    trace->n = n;
    trace->time_ms[0] = 0;
    trace->recall[0] = full > 0 ? 0 : 1;
    uint64_t mask = 0;
    double value = 0;
    for (uint32_t k = 0; k < n; k++) {
        mask |= UINT64_C(1) << order[k];
        value = best ? ams_env_value(env, item, mask) : value + added[k];
        trace->time_ms[k + 1] = trace->time_ms[k] + (double)time_ms[order[k]];
        /* The terms come in another order than in `full`, so the last bit may differ. */
        trace->recall[k + 1] = value < full ? value / full : 1;
    }
}

uint32_t ams_trace_reached(const ams_trace *trace, double full, double required)
{
    return ams_trace_reached_from(trace, full, required, 0);
}

uint32_t ams_trace_reached_from(const ams_trace *trace, double full, double required,
                                uint32_t from)
{
    for (uint32_t k = from; k <= trace->n; k++) {
        if (ams_goal_reached(required, trace->recall[k] * full, full)) {
            return k;
        }
    }
    return trace->n + 1;
}

double ams_trace_area(const ams_trace *trace, double total_ms)
{
    double area = 0;
    for (uint32_t k = 0; k < trace->n; k++) {
        area += trace->recall[k] * (trace->time_ms[k + 1] - trace->time_ms[k]);
    }
    area += trace->recall[trace->n] * (total_ms - trace->time_ms[trace->n]);
    return area / total_ms;
}
