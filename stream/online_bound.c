/* What no scheduler exceeds in the long run that learns of an item only as its stages end. The
 * machine is relaxed to its total time, which a price divides: at every price each job stops
 * where that is best for it, and by duality the least sum over prices bounds all schedules. */
#include "ams/stream_sim.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Finer than what predictors use, so that the bound is theirs, too. */
enum { BINS = 40, PRICE_STEPS = 60 };

typedef struct online_bound {
    const ams_workload *w;
    uint32_t mandatory;
    uint8_t *bin;       /* (N, S) of what is observed */
    double *mean;       /* (S, BINS) score of stopping there */
    uint32_t *count;    /* (S, BINS) items */
    double *value;      /* (N) of the best rule from the state on */
    uint64_t *allowed;  /* (S) jobs whose deadline allows so many stages and no more */
    double capacity_ms; /* time of all workers, per job */
    uint64_t n_jobs;
} online_bound;

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a;
    const float y = *(const float *)b;
    return (x > y) - (x < y);
}

static ams_status fill_bins(online_bound *b, ams_error *err)
{
    const uint32_t n = b->w->n_items;
    const uint32_t states = b->w->n_models + 1;
    float *sorted = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&sorted, n, sizeof *sorted, "a bound", err));
    for (uint32_t s = 0; s < states; s++) {
        for (uint32_t i = 0; i < n; i++) {
            sorted[i] = b->w->observed[(size_t)i * states + s];
        }
        qsort(sorted, n, sizeof *sorted, by_value);
        for (uint32_t i = 0; i < n; i++) {
            const float seen = b->w->observed[(size_t)i * states + s];
            uint32_t bin = 0;
            while (bin + 1 < BINS && seen >= sorted[(size_t)n * (bin + 1) / BINS]) {
                bin++;
            }
            b->bin[(size_t)i * states + s] = (uint8_t)bin;
            b->count[s * BINS + bin]++;
            b->mean[s * BINS + bin] += (double)b->w->score[(size_t)i * states + s];
        }
        for (uint32_t k = 0; k < BINS; k++) {
            const uint32_t in_bin = b->count[s * BINS + k];
            b->mean[s * BINS + k] =
                in_bin == 0 || s < b->mandatory ? 0 : b->mean[s * BINS + k] / in_bin;
        }
    }
out:
    free(sorted);
    return status;
}

/* What a job is worth that may run `most` stages at that price, by backward induction. */
static double value_at(online_bound *b, double price, uint32_t most)
{
    const uint32_t states = b->w->n_models + 1;
    const uint32_t n = b->w->n_items;
    double sum = 0;
    for (uint32_t s = most + 1; s-- > 0;) {
        double go[BINS] = {0};
        for (uint32_t i = 0; s < most && i < n; i++) {
            go[b->bin[(size_t)i * states + s]] += b->value[i];
        }
        sum = 0;
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t cell = b->bin[(size_t)i * states + s];
            const double stop = b->mean[s * BINS + cell];
            const double on = s == most ? 0
                                        : go[cell] / b->count[s * BINS + cell] -
                                              price * (double)b->w->time_ms[s];
            b->value[i] = fmax(stop, on);
            sum += b->value[i];
        }
    }
    return sum / n;
}

static double bound_at(online_bound *b, double price)
{
    double sum = price * b->capacity_ms * (double)b->n_jobs;
    for (uint32_t most = 1; most <= b->w->n_models; most++) {
        if (b->allowed[most] > 0) {
            sum += (double)b->allowed[most] * value_at(b, price, most);
        }
    }
    return sum / (double)b->n_jobs;
}

static void count_jobs(online_bound *b, const ams_sim_result *r, const ams_sim_options *o)
{
    double first = INFINITY;
    double last = 0;
    for (uint64_t k = 0; k < r->n_jobs; k++) {
        const ams_stream_job *job = &r->job[k];
        double ms = 0;
        uint32_t most = 0;
        if (job->id < o->warmup) {
            continue;
        }
        while (most < b->w->n_models &&
               job->arrival_ms + ms + (double)b->w->time_ms[most] <= job->deadline_ms) {
            ms += (double)b->w->time_ms[most++];
        }
        b->allowed[most]++;
        b->n_jobs++;
        first = fmin(first, job->arrival_ms);
        last = fmax(last, job->deadline_ms);
    }
    b->capacity_ms =
        b->n_jobs == 0 ? 0 : o->dispatch.workers * (last - first) / (double)b->n_jobs;
}

/* The bound is convex in the price: a search by thirds. At one score per shortest time nothing
 * is worth its time. */
static double least_bound(online_bound *b)
{
    double low = 0;
    double high = 0;
    for (uint32_t m = 0; m < b->w->n_models; m++) {
        high = fmax(high, 1 / (double)b->w->time_ms[m]);
    }
    for (int step = 0; step < PRICE_STEPS && high - low > 1e-6 * high; step++) {
        const double third = (high - low) / 3;
        if (bound_at(b, low + third) <= bound_at(b, high - third)) {
            high -= third;
        } else {
            low += third;
        }
    }
    return bound_at(b, (low + high) / 2);
}

ams_status ams_stream_online_bound(const ams_sim_result *result, const ams_sim_options *options,
                                   double *bound, ams_error *err)
{
    const ams_workload *w = options->workload;
    online_bound b = {.w = w, .mandatory = options->dispatch.mandatory};
    const size_t states = (size_t)w->n_models + 1;
    ams_status status = AMS_OK;
    *bound = 0;
    if (w->sets || options->dispatch.workers == 0 || options->noise != AMS_NOISE_NONE ||
        w->item_time_ms != NULL || (result->n_jobs > 0 && result->job == NULL)) {
        return ams_fail(err, AMS_USAGE,
                        "the bound is of recorded jobs of stages on equal workers that take "
                        "their expected times, which are the same for all items");
    }
    AMS_TRY(ams_alloc(&b.bin, states * w->n_items, sizeof *b.bin, "a bound", err));
    AMS_TRY(ams_alloc(&b.mean, states * BINS, sizeof *b.mean, "a bound", err));
    AMS_TRY(ams_alloc(&b.count, states * BINS, sizeof *b.count, "a bound", err));
    AMS_TRY(ams_alloc(&b.value, w->n_items, sizeof *b.value, "a bound", err));
    AMS_TRY(ams_alloc(&b.allowed, states, sizeof *b.allowed, "a bound", err));
    AMS_TRY(fill_bins(&b, err));
    count_jobs(&b, result, options);
    *bound = b.n_jobs == 0 ? 0 : least_bound(&b);
out:
    free(b.bin);
    free(b.mean);
    free(b.count);
    free(b.value);
    free(b.allowed);
    return status;
}
