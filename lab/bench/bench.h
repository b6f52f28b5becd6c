/* How fast this program is on this machine, and how far that is from what the machine could do.
 *
 * A figure is the median of several runs of equal length, with the least and the largest.
 * Beside it stands a bound that no program of the same arithmetic can beat: the larger of its
 * floating-point operations over the measured rate of multiply-adds and its bytes over the
 * measured bandwidth, counted as docs/design.md says ("Speed"). */
#ifndef AMS_LAB_BENCH_BENCH_H
#define AMS_LAB_BENCH_BENCH_H

#include "base/status.h"
#include "env/table.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { AMS_BENCH_LIST = 8, AMS_BENCH_THREADS = 256 };

typedef enum ams_bench_what {
    AMS_BENCH_UPDATE = 1, /* updates of the network alone, from a filled replay */
    /* Training with environment steps, target copies and exploration; with more than one
     * thread also `beside`: as many trainings as threads, each on one. */
    AMS_BENCH_WHOLE = 2,
    AMS_BENCH_DECIDE = 4,  /* greedy decisions, the first layer kept between them */
    AMS_BENCH_ROLLOUT = 8, /* environment steps with random actions */
    AMS_BENCH_LOAD = 16,   /* opening the outputs file */
    AMS_BENCH_IMPORT = 32, /* rows of JSON Lines into an outputs file */
    AMS_BENCH_BOOTSTRAP = 64,
    AMS_BENCH_SCHEDULE = 128, /* decisions of Algorithms 1 and 2 */
    AMS_BENCH_ONLINE = 256,   /* of the embedded library, with all calls of an item */
    AMS_BENCH_ALL = 511,
    AMS_BENCH_PRECISION = 512 /* of a GPU, and apart: precision.h */
} ams_bench_what;
/* NULL-terminated names, in the order of the bits. */
extern const char *const ams_bench_names[];

typedef struct ams_bench_options {
    uint32_t what; /* ams_bench_what, or-ed */
    uint32_t batch[AMS_BENCH_LIST], n_batches;
    uint32_t threads[AMS_BENCH_LIST], n_threads;
    uint32_t runs;       /* of which the median is taken */
    double seconds;      /* about, each run */
    bool processor_time; /* of the whole process instead of time: for one thread on a machine
                            that others use, too */
    bool cuda;           /* the GPU's figures alone: whole and decide */
    const char *scratch; /* folder for the files of load and import */
} ams_bench_options;

typedef struct ams_bench_row {
    const char *figure, *variant, *unit; /* static; variant: "sparse", "dense",
                                           "algorithm1", "cuda", "-" */
    uint32_t batch, threads;             /* batch: 1 where there is none */
    double median, low, high;            /* units a second */
    double bound;   /* units a second that nothing can exceed; 0: not known */
    const char *by; /* what bounds: "arithmetic", "cache", "memory" or "-" */
} ams_bench_row;

/* What one processor, or `threads` of them, were seen to do. */
typedef struct ams_bench_machine {
    uint32_t threads;
    double flop;   /* multiply-adds count 2; a second */
    double cache;  /* bytes a second, 4.6 MB in use: the state of the papers' network */
    double memory; /* bytes a second, 256 MB in use */
} ams_bench_machine;

typedef struct ams_bench {
    ams_bench_options options;
    ams_bench_machine machine[AMS_BENCH_LIST + 1]; /* of one thread, and of options.threads */
    uint32_t n_machines;
    char device[256]; /* the GPU's name, with options.cuda */
    ams_bench_row *row;
    size_t n_rows, room;
    void (*started)(void *context, const char *figure); /* may be NULL */
    void *context;
} ams_bench;

/* bench->options and started are the caller's, the rest is filled. table: what is measured on.
 * @return AMS_BACKEND, AMS_IO. */
ams_status ams_bench_run(ams_bench *bench, const ams_table *table, ams_error *err);
void ams_bench_fini(ams_bench *bench);

/* TSV with a header; rates are units a second, `share` is median over bound. The commit and the
 * processor's name stand in every row, so that rows of several files can be put together. */
void ams_bench_write(const ams_bench *bench, const char *commit, const char *cpu, FILE *stream);

/* -- between the files of experiments/bench/ -- */

typedef ams_status ams_bench_call(void *context, ams_error *err);
/* Times calls of `call`, `units` in each, and appends the row but for its bound. */
ams_status ams_bench_measure(ams_bench *bench, ams_bench_row row, double units,
                             ams_bench_call *call, void *context, ams_error *err);
/* The bound of the last row: operations and bytes of one unit. */
void ams_bench_bound(ams_bench *bench, double flop, double cache_bytes, double memory_bytes);
ams_status ams_bench_know_machine(const ams_bench_options *options, ams_bench_machine *machine,
                                  ams_error *err);
double ams_bench_seconds(const ams_bench_options *options);

/* The papers' training with this minibatch. */
struct ams_train_options;
ams_status ams_bench_paper_options(struct ams_train_options *o, uint32_t batch,
                                   uint32_t threads, int backend, ams_error *err);
ams_status ams_bench_training(ams_bench *bench, const ams_table *table, ams_error *err);
/* bench->options.cuda: @return AMS_BACKEND where there is no device. */
ams_status ams_bench_device(ams_bench *bench, const ams_table *table, ams_error *err);
ams_status ams_bench_acting(ams_bench *bench, const ams_table *table, ams_error *err);
ams_status ams_bench_limits(ams_bench *bench, const ams_table *table, ams_error *err);
ams_status ams_bench_online(ams_bench *bench, const ams_table *table, ams_error *err);
ams_status ams_bench_data(ams_bench *bench, const ams_table *table, ams_error *err);

#endif
