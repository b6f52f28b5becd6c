#include "tests/stream/fixture.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

static void fill_item(fixture *f, uint32_t item, ams_rng *rng)
{
    const uint32_t models = f->workload.n_models;
    const uint32_t states = ams_stream_states(f->workload.sets, models);
    const double hard = ams_rng_unit(rng);
    const double coin = ams_rng_unit(rng);
    float *u = f->utility + (size_t)item * states;
    for (uint32_t m = 0; m < models; m++) {
        f->run_time_ms[item * models + m] =
            f->time_ms[m] * (0.8F + 0.4F * (float)ams_rng_unit(rng));
    }
    for (uint32_t s = 0; s < states; s++) {
        const double size =
            f->workload.sets ? (double)__builtin_popcount(s) + 0.1 * s / states : (double)s;
        u[s] = s == 0 ? 0 : (float)(1 - 0.8 * pow(hard, size));
        f->observed[(size_t)item * states + s] = u[s];
        f->score[(size_t)item * states + s] = coin < (double)u[s] ? 1 : 0;
    }
}

void fixture_init(fixture *f, bool sets, uint32_t n_models)
{
    ams_rng rng = ams_rng_init(5, AMS_STREAM_TEST);
    memset(f, 0, sizeof *f);
    f->workload = (ams_workload){.n_items = FIXTURE_ITEMS,
                                 .n_models = n_models,
                                 .sets = sets,
                                 .time_ms = f->time_ms,
                                 .mem_mb = f->mem_mb,
                                 .run_time_ms = f->run_time_ms,
                                 .observed = f->observed,
                                 .utility = f->utility,
                                 .score = f->score};
    for (uint32_t m = 0; m < n_models; m++) {
        f->time_ms[m] = (float)(m + 1);
        f->mem_mb[m] = 100 * (float)(m + 1);
    }
    for (uint32_t i = 0; i < FIXTURE_ITEMS; i++) {
        fill_item(f, i, &rng);
    }
}

ams_sim_options fixture_options(const fixture *f, const char *kind)
{
    ams_sim_options o = {.workload = &f->workload,
                         .dispatch = ams_dispatch_defaults(),
                         .source = ams_source_defaults(),
                         .record = true};
    double full = 0;
    for (uint32_t m = 0; m < f->workload.n_models; m++) {
        full += (double)f->time_ms[m];
    }
    o.dispatch.kind = ams_stream_kind_named(kind);
    o.dispatch.parameter = o.dispatch.kind->target == AMS_TARGET_FIXED ? 2
                           : o.dispatch.kind->priced                   ? 0.05
                                                                       : 0.8;
    o.source.jobs = 400;
    o.source.seed = 1;
    o.source.deadline_low_ms = 1.2 * (double)f->time_ms[0];
    o.source.deadline_high_ms = 2 * full;
    return o;
}
