#include "lab/bench/bench.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const ams_bench_names[] = {"update", "whole",     "decide",    "rollout",
                                       "load",   "import",    "bootstrap", "schedule",
                                       "online", "precision", NULL};

double ams_bench_seconds(const ams_bench_options *options)
{
    struct timespec now;
    clock_gettime(options->processor_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Half a run's time decides how many calls a run makes. */
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
    if (bench->started != NULL) {
        bench->started(bench->context, row.figure);
    }
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
    qsort(rate, runs, sizeof *rate, compare);
    row.low = rate[0];
    row.high = rate[runs - 1];
    row.median = runs % 2 == 1 ? rate[runs / 2] : (rate[runs / 2 - 1] + rate[runs / 2]) / 2;
    row.by = "-"; /* until a bound is told */
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

static ams_status know(ams_bench *bench, uint32_t threads, ams_error *err)
{
    for (uint32_t i = 0; i < bench->n_machines; i++) {
        if (bench->machine[i].threads == threads) {
            return AMS_OK;
        }
    }
    ams_bench_machine *machine = &bench->machine[bench->n_machines++];
    machine->threads = threads;
    return ams_bench_know_machine(&bench->options, machine, err);
}

ams_status ams_bench_run(ams_bench *bench, const ams_table *table, ams_error *err)
{
    const ams_bench_options *o = &bench->options;
    ams_status status = AMS_OK;
    bench->n_machines = 0;
    if (o->cuda) {
        return ams_bench_device(bench, table, err);
    }
    AMS_TRY(know(bench, 1, err));
    for (uint32_t i = 0; i < o->n_threads; i++) {
        AMS_TRY(know(bench, o->threads[i], err));
    }
    AMS_TRY(ams_bench_training(bench, table, err));
    AMS_TRY(ams_bench_acting(bench, table, err));
    AMS_TRY(ams_bench_limits(bench, table, err));
    AMS_TRY(ams_bench_online(bench, table, err));
    AMS_TRY(ams_bench_data(bench, table, err));
out:
    return status;
}

void ams_bench_fini(ams_bench *bench)
{
    free(bench->row);
    bench->row = NULL;
    bench->n_rows = 0;
    bench->room = 0;
}

void ams_bench_write(const ams_bench *bench, const char *commit, const char *cpu, FILE *stream)
{
    static const char *const what[] = {"arithmetic", "cache", "memory"};
    fputs("figure\tvariant\tbatch\tthreads\tmedian\tlow\thigh\tunit\tbound\tbound_by\tshare\t"
          "commit\tcpu\n",
          stream);
    for (uint32_t i = 0; i < bench->n_machines; i++) {
        const ams_bench_machine *m = &bench->machine[i];
        const double rate[] = {m->flop, m->cache, m->memory};
        for (int k = 0; k < 3; k++) {
            fprintf(stream, "machine\t%s\t1\t%u\t%.6g\t%.6g\t%.6g\t%s\t%.6g\t-\t1\t%s\t%s\n",
                    what[k], m->threads, rate[k], rate[k], rate[k],
                    k == 0 ? "flop/s" : "bytes/s", rate[k], commit, cpu);
        }
    }
    for (size_t r = 0; r < bench->n_rows; r++) {
        const ams_bench_row *row = &bench->row[r];
        fprintf(stream, "%s\t%s\t%u\t%u\t%.6g\t%.6g\t%.6g\t%s\t", row->figure, row->variant,
                row->batch, row->threads, row->median, row->low, row->high, row->unit);
        if (row->bound > 0) {
            fprintf(stream, "%.6g\t%s\t%.4g", row->bound, row->by, row->median / row->bound);
        } else {
            fputs("-\t-\t-", stream);
        }
        fprintf(stream, "\t%s\t%s\n", commit, cpu);
    }
}
