#include "lab/bench/bench.h"

#include "lab/bench/figures.h"

#include <stdlib.h>

const char *const ams_bench_names[] = {
    "update",   "whole",  "decide",    "rollout", "load",    "import", "bootstrap",
    "schedule", "online", "precision", "stream",  "kernels", NULL};

static ams_status measure_machine(ams_bench *bench, uint32_t threads, ams_error *err)
{
    for (uint32_t i = 0; i < bench->n_machines; i++) {
        if (bench->machine[i].threads == threads) {
            return AMS_OK;
        }
    }
    ams_bench_machine *machine = &bench->machine[bench->n_machines++];
    machine->threads = threads;
    return ams_bench_measure_machine(&bench->options, machine, err);
}

ams_status ams_bench_run(ams_bench *bench, const ams_table *table, ams_error *err)
{
    const ams_bench_options *o = &bench->options;
    ams_status status = AMS_OK;
    bench->n_machines = 0;
    if (o->cuda) {
        return ams_bench_device(bench, table, err);
    }
    AMS_TRY(measure_machine(bench, 1, err));
    for (uint32_t i = 0; i < o->n_threads; i++) {
        AMS_TRY(measure_machine(bench, o->threads[i], err));
    }
    AMS_TRY(ams_bench_training(bench, table, err));
    AMS_TRY(ams_bench_acting(bench, table, err));
    AMS_TRY(ams_bench_limits(bench, table, err));
    AMS_TRY(ams_bench_online(bench, table, err));
    AMS_TRY(ams_bench_data(bench, table, err));
    AMS_TRY(ams_bench_stream(bench, err));
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
