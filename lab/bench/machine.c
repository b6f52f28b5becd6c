/* The machine's roofline: multiply-adds from registers, bytes from cache and from memory. */
#include "ams/pool.h"
#include "base/memory.h"
#include "lab/bench/figures.h"
#include "lab/bench/measure.h"
#include "online/lanes.h"

#include <stdlib.h>
#include <string.h>

typedef ams_lanes_at bench_vector;

enum { SUMS = 12, LANES = AMS_LANES, ROUNDS = 200000, TRIES = 7 };
static const size_t CACHE_BYTES = 4653552; /* the papers' network, target, moments */
static const size_t MEMORY_BYTES = (size_t)256 << 20;

typedef struct bench_load {
    const ams_bench_options *options;
    uint32_t threads;
    size_t floats; /* of each of the two arrays, of all threads together */
    float *x, *y;
    float *sink; /* (threads, LANES) */
} bench_load;

/* Twelve independent chains: enough for two units with a latency of up to six. */
static void multiply_add(void *context, uint32_t shard)
{
    const bench_load *l = context;
    bench_vector sum[SUMS];
    bench_vector a;
    bench_vector b;
    for (int i = 0; i < LANES; i++) {
        a[i] = 0.999F + l->sink[i] * 1e-9F;
        b[i] = 1e-3F;
    }
    for (int i = 0; i < SUMS; i++) {
        sum[i] = a + (float)i;
    }
    for (int r = 0; r < ROUNDS; r++) {
        for (int i = 0; i < SUMS; i++) {
            sum[i] = sum[i] * a + b;
        }
    }
    for (int i = 1; i < SUMS; i++) {
        sum[0] += sum[i];
    }
    memcpy(l->sink + (size_t)shard * LANES, sum, sizeof *sum);
}

/* y += x / 2: two reads and a write of each float. */
static void stream(void *context, uint32_t shard)
{
    const bench_load *l = context;
    size_t n = l->floats / l->threads / LANES * LANES;
    const bench_vector *x = (const bench_vector *)(l->x + shard * n);
    bench_vector *y = (bench_vector *)(l->y + shard * n);
    for (size_t i = 0; i < n / LANES; i++) {
        y[i] += x[i] * 0.5F;
    }
}

/* The fastest of some tries: a bound is what was possible once. */
static double fastest(ams_pool *pool, bench_load *l, ams_shard_fn *fn, int repeats)
{
    double best = 0;
    for (int i = 0; i < TRIES; i++) {
        double start = ams_bench_seconds(l->options);
        for (int r = 0; r < repeats; r++) {
            ams_pool_run(pool, l->threads, fn, l);
        }
        double took = (ams_bench_seconds(l->options) - start) / repeats;
        best = i == 0 || took < best ? took : best;
    }
    return best;
}

ams_status ams_bench_measure_machine(const ams_bench_options *options,
                                     ams_bench_machine *machine, ams_error *err)
{
    bench_load l = {.options = options,
                    .threads = machine->threads,
                    .floats = MEMORY_BYTES / 2 / sizeof(float)};
    ams_pool *pool = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_pool_create(&pool, machine->threads, err));
    AMS_TRY(ams_alloc(&l.x, l.floats, sizeof(float), "a bandwidth measurement", err));
    AMS_TRY(ams_alloc(&l.y, l.floats, sizeof(float), "a bandwidth measurement", err));
    AMS_TRY(ams_alloc(&l.sink, (size_t)l.threads * LANES, sizeof(float), "a measurement", err));
    memset(l.x, 0, l.floats * sizeof(float)); /* or all pages would be the one of zeros */
    machine->flop =
        2.0 * LANES * SUMS * ROUNDS * l.threads / fastest(pool, &l, multiply_add, 1);
    machine->memory = 1.5 * (double)MEMORY_BYTES / fastest(pool, &l, stream, 1);
    l.floats = CACHE_BYTES / 2 / sizeof(float);
    machine->cache = 1.5 * (double)CACHE_BYTES / fastest(pool, &l, stream, 50);
out:
    free(l.x);
    free(l.y);
    free(l.sink);
    ams_pool_destroy(pool);
    return status;
}
