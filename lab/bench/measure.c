#include "lab/bench/measure.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

double ams_bench_seconds(const ams_bench_options *options)
{
    struct timespec now;
    clock_gettime(options->processor_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int compare_rates(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How many calls one measurement makes, from the time they take in half of its length. */
static ams_status calibrate(const ams_bench *bench, ams_bench_call *call, void *context,
                            uint64_t *calls, ams_error *err)
{
    double start = ams_bench_seconds(&bench->options);
    uint64_t n = 0;
    ams_status status = call(context, err); /* warm */
    double warm = ams_bench_seconds(&bench->options);
    start = status == AMS_OK ? warm : start;
    while (status == AMS_OK &&
           ams_bench_seconds(&bench->options) - start < bench->options.seconds / 2) {
        status = call(context, err);
        n++;
    }
    double each = (ams_bench_seconds(&bench->options) - start) / (double)(n == 0 ? 1 : n);
    *calls = (uint64_t)fmax(1, round(bench->options.seconds / each));
    return status;
}

ams_status ams_bench_measure(ams_bench *bench, ams_bench_row row, double units,
                             ams_bench_call *call, void *context, ams_error *err)
{
    const uint32_t runs = bench->options.runs;
    double *rate = NULL;
    uint64_t calls = 0;
    ams_status status = AMS_OK;
    ams_notice(&bench->options.progress, "%s", row.figure);
    AMS_TRY(ams_alloc(&rate, runs, sizeof *rate, "measurements", err));
    AMS_TRY(ams_grow(&bench->row, &bench->room, bench->n_rows + 1, sizeof *bench->row,
                     "measurements", err));
    AMS_TRY(calibrate(bench, call, context, &calls, err));
    for (uint32_t r = 0; r < runs; r++) {
        double start = ams_bench_seconds(&bench->options);
        for (uint64_t i = 0; i < calls; i++) {
            AMS_TRY(call(context, err));
        }
        rate[r] = (double)calls * units / (ams_bench_seconds(&bench->options) - start);
    }
    qsort(rate, runs, sizeof *rate, compare_rates);
    row.low = rate[0];
    row.high = rate[runs - 1];
    row.median = runs % 2 == 1 ? rate[runs / 2] : (rate[runs / 2 - 1] + rate[runs / 2]) / 2;
    row.by = "-"; /* until ams_bench_bound */
    bench->row[bench->n_rows++] = row;
out:
    free(rate);
    return status;
}

void ams_bench_bound(ams_bench *bench, double flop, double cache_bytes, double memory_bytes)
{
    ams_bench_row *row = &bench->row[bench->n_rows - 1];
    const ams_bench_machine *machine = bench->machine;
    while (machine->threads != row->threads) {
        machine++;
    }
    const double seconds[] = {flop / machine->flop, cache_bytes / machine->cache,
                              memory_bytes / machine->memory};
    static const char *const by[] = {"arithmetic", "cache", "memory"};
    int most = 0;
    for (int i = 1; i < 3; i++) {
        most = seconds[i] > seconds[most] ? i : most;
    }
    row->bound = 1 / seconds[most];
    row->by = by[most];
}
