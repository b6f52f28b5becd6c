#include "experiments/draws.h"

#include "base/rng.h"

#include <stdlib.h>

/* Words of a draw: items count from block 0, seeds from 2^31, so neither moves when the other
 * grows. */
static uint64_t counter(uint32_t draw, uint32_t block, bool seeds)
{
    return (uint64_t)draw << 32 | (seeds ? UINT32_C(1) << 31 : 0) | block;
}

void ams_draw_items(double *weights, uint32_t stride, uint32_t n, uint64_t seed, uint32_t draw)
{
    uint32_t words[4];
    for (uint32_t i = 0; i < n; i++) {
        weights[(size_t)i * stride] = 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (i % 4 == 0) {
            ams_philox(seed, AMS_STREAM_BOOTSTRAP, counter(draw, i / 4, false), words);
        }
        weights[(size_t)ams_below(words[i % 4], n) * stride] += 1;
    }
}

uint32_t ams_draw_seed_count(uint32_t run, uint32_t n_runs, uint64_t seed, uint32_t draw)
{
    uint32_t words[4];
    uint32_t count = 0;
    for (uint32_t i = 0; i < n_runs; i++) {
        if (i % 4 == 0) {
            ams_philox(seed, AMS_STREAM_BOOTSTRAP, counter(draw, i / 4, true), words);
        }
        count += ams_below(words[i % 4], n_runs) == run;
    }
    return count;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Linear between the order statistics, as numpy's default. */
static double percentile(const double *sorted, uint32_t n, double share)
{
    double at = share * (n - 1);
    uint32_t below = (uint32_t)at;
    double rest = at - below;
    return rest > 0 ? sorted[below] + rest * (sorted[below + 1] - sorted[below])
                    : sorted[below];
}

ams_interval ams_draws_interval(double *value, uint32_t n, double mean)
{
    qsort(value, n, sizeof *value, compare_doubles);
    return (ams_interval){
        .mean = mean, .low = percentile(value, n, 0.025), .high = percentile(value, n, 0.975)};
}
