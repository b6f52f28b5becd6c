#include "stream/arrivals.h"

#include "base/memory.h"

#include <stdlib.h>

static int by_arrival(const void *a, const void *b)
{
    const ams_stream_job *x = *(const ams_stream_job *const *)a;
    const ams_stream_job *y = *(const ams_stream_job *const *)b;
    if (x->arrival_ms != y->arrival_ms) {
        return x->arrival_ms < y->arrival_ms ? -1 : 1;
    }
    return (x->id > y->id) - (x->id < y->id);
}

ams_status ams_stream_arrivals(const ams_stream_job ***job, uint64_t *n,
                               const ams_sim_result *result, uint64_t warmup, ams_error *err)
{
    ams_status status = ams_alloc(job, result->n_jobs, sizeof(void *), "a bound", err);
    *n = 0;
    for (uint64_t k = 0; status == AMS_OK && k < result->n_jobs; k++) {
        if (result->job[k].id >= warmup) {
            (*job)[(*n)++] = &result->job[k];
        }
    }
    if (*n > 0) {
        /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it sorts */
        qsort(*job, *n, sizeof **job, by_arrival);
    }
    return status;
}
