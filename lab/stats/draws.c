#include "lab/stats/draws.h"

#include "base/rng.h"

#include <string.h>

/* Words of a draw: items count from block 0, seeds from 2^31, so neither moves when the other
 * grows. */
static uint64_t counter(uint32_t draw, uint32_t block, bool seeds)
{
    return (uint64_t)draw << 32 | (seeds ? UINT32_C(1) << 31 : 0) | block;
}

enum { WORDS = 4, COUNTERS = 64, PICKED = WORDS * COUNTERS };

/* Items `first` to at most first + PICKED of the n that the draw picks. Returns how many. */
static uint32_t pick_items(uint32_t first, uint32_t n, uint64_t seed, uint32_t draw,
                           uint32_t picked[PICKED])
{
    const uint32_t left = n - first < PICKED ? n - first : PICKED;
    ams_philox_row(seed, AMS_STREAM_BOOTSTRAP, counter(draw, first / WORDS, false),
                   (left + WORDS - 1) / WORDS, picked);
    for (uint32_t i = 0; i < left; i++) {
        picked[i] = ams_below(picked[i], n);
    }
    return left;
}

void ams_draw_items(double *weights, uint32_t stride, uint32_t n, uint64_t seed, uint32_t draw)
{
    uint32_t picked[PICKED];
    for (uint32_t i = 0; i < n; i++) {
        weights[(size_t)i * stride] = 0;
    }
    for (uint32_t first = 0; first < n; first += PICKED) {
        const uint32_t left = pick_items(first, n, seed, draw, picked);
        for (uint32_t i = 0; i < left; i++) {
            weights[(size_t)picked[i] * stride] += 1;
        }
    }
}

void ams_draw_counts(uint32_t *count, uint32_t n, uint64_t seed, uint32_t draw)
{
    uint32_t picked[PICKED];
    memset(count, 0, n * sizeof *count);
    for (uint32_t first = 0; first < n; first += PICKED) {
        const uint32_t left = pick_items(first, n, seed, draw, picked);
        for (uint32_t i = 0; i < left; i++) {
            count[picked[i]]++;
        }
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

/* The k-th smallest goes to place k, no larger one before it, no smaller one after it (Hoare's
 * selection): two percentiles are wanted, and sorting for them would take most of the time that
 * a table of intervals takes. */
static void select_place(double *v, uint32_t n, uint32_t k)
{
    int64_t low = 0;
    int64_t high = (int64_t)n - 1;
    while (low < high) {
        double pivot = v[low + (high - low) / 2];
        int64_t i = low;
        int64_t j = high;
        while (i <= j) {
            while (v[i] < pivot) {
                i++;
            }
            while (v[j] > pivot) {
                j--;
            }
            if (i <= j) {
                double other = v[i];
                v[i++] = v[j];
                v[j--] = other;
            }
        }
        low = k >= i ? i : low;
        high = k <= j ? j : high;
        if (k > j && k < i) {
            return;
        }
    }
}

/* Linear between the order statistics, as numpy's default. */
static double percentile(double *v, uint32_t n, double share)
{
    double at = share * (n - 1);
    uint32_t below = (uint32_t)at;
    double rest = at - below;
    select_place(v, n, below);
    if (!(rest > 0)) {
        return v[below];
    }
    double next = v[below + 1];
    for (uint32_t i = below + 2; i < n; i++) {
        next = v[i] < next ? v[i] : next;
    }
    return v[below] + rest * (next - v[below]);
}

ams_interval ams_draws_interval(double *value, uint32_t n, double mean)
{
    return (ams_interval){
        .mean = mean, .low = percentile(value, n, 0.025), .high = percentile(value, n, 0.975)};
}
