/* Between the files of lab/bench: what bench.c calls, one function per file. Each appends the
 * rows of the figures that bench->options.what asks for. */
#ifndef AMS_LAB_BENCH_FIGURES_H
#define AMS_LAB_BENCH_FIGURES_H

#include "lab/bench/bench.h"

/* Fills the rates of a machine whose `threads` is set. */
ams_status ams_bench_measure_machine(const ams_bench_options *options,
                                     ams_bench_machine *machine, ams_error *err);
ams_status ams_bench_training(ams_bench *bench, const ams_table *table, ams_error *err);
ams_status ams_bench_acting(ams_bench *bench, const ams_table *table, ams_error *err);
ams_status ams_bench_limits(ams_bench *bench, const ams_table *table, ams_error *err);
ams_status ams_bench_online(ams_bench *bench, const ams_table *table, ams_error *err);
ams_status ams_bench_data(ams_bench *bench, const ams_table *table, ams_error *err);
ams_status ams_bench_stream(ams_bench *bench, ams_error *err);
/* With bench->options.cuda. @return AMS_BACKEND where there is no device. */
ams_status ams_bench_device(ams_bench *bench, const ams_table *table, ams_error *err);

/* The papers' training with this minibatch, for the files that train. */
struct ams_train_options;
ams_status ams_bench_paper_options(struct ams_train_options *o, uint32_t batch,
                                   uint32_t threads, int backend, ams_error *err);

#endif
