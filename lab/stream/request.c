#include "lab/stream/request.h"

ams_status ams_stream_check_request(const ams_stream_study *s, ams_error *err)
{
    const ams_stream_study_options *o = &s->options;
    const bool sets = s->data->work[2].sets;
    const bool replayed = o->base.source.arrivals == AMS_ARRIVE_TRACE;
    if (o->n_points == 0 || o->n_series == 0 || o->n_seeds == 0) {
        return ams_fail(err, AMS_USAGE, "expected at least one point, scheduler and seed");
    }
    if (o->bound && o->base.source.on_answer) {
        return ams_fail(err, AMS_USAGE,
                        "the bound is of jobs that do not depend on the "
                        "scheduler; here clients wait for answers");
    }
    if (o->bound && (sets || o->base.dispatch.workers == 0)) {
        return ams_fail(err, AMS_USAGE,
                        "the bound is of stages on equal workers, found %s: leave out --bound",
                        sets ? "sets" : "a worker per model");
    }
    if (replayed && o->base.warmup >= o->base.source.jobs) {
        return ams_fail(err, AMS_USAGE,
                        "a warm-up of %llu requests leaves none to count: expected less than "
                        "the %llu of the trace",
                        (unsigned long long)o->base.warmup,
                        (unsigned long long)o->base.source.jobs);
    }
    return AMS_OK;
}
