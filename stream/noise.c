#include "stream/noise.h"

#include "base/rng.h"

#include <math.h>

/* Box and Muller; the factor's mean is 1. */
static double lognormal(uint64_t seed, uint64_t counter, double sd)
{
    uint32_t words[4];
    ams_philox(seed, AMS_STREAM_NOISE, counter, words);
    const double z = sqrt(-2 * log(1 - ams_unit(words[0]))) *
                     cos(2 * 3.14159265358979323846 * ams_unit(words[1]));
    return exp(sd * z - sd * sd / 2);
}

double ams_stream_expected_ms(const ams_workload *w, uint32_t item, uint32_t model)
{
    return (double)(w->item_time_ms == NULL
                        ? w->time_ms[model]
                        : w->item_time_ms[(size_t)item * w->n_models + model]);
}

double ams_stream_run_ms(const ams_sim_options *o, uint64_t job, uint32_t item, uint32_t model)
{
    const ams_workload *w = o->workload;
    const size_t run = (size_t)item * w->n_models + model;
    if (o->noise == AMS_NOISE_RECORDED && w->run_time_ms != NULL) {
        return (double)w->run_time_ms[run];
    }
    const double ms = ams_stream_expected_ms(w, item, model);
    return o->noise == AMS_NOISE_LOGNORMAL
               ? ms * lognormal(o->source.seed, job * AMS_STREAM_STAGES + model, o->noise_sd)
               : ms;
}
