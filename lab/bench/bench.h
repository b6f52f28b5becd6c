/* How fast this program is on this machine, against the machine's roofline.
 *
 * A figure is the median of several measurements of equal length, with the smallest and the
 * largest. Its bound is the rate that no program of the same arithmetic can exceed: its
 * floating-point operations take the measured rate of multiply-adds, its bytes the measured
 * bandwidth, and the slower of the two counts (docs/internals/benchmarks.md says how they
 * are counted). */
#ifndef AMS_LAB_BENCH_BENCH_H
#define AMS_LAB_BENCH_BENCH_H

#include "ams/frame.h"
#include "ams/progress.h"
#include "ams/status.h"
#include "ams/table.h"

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
    AMS_BENCH_SCHEDULE = 128,  /* decisions of Algorithms 1 and 2 */
    AMS_BENCH_ONLINE = 256,    /* of the embedded library, with all calls of an item */
    AMS_BENCH_PRECISION = 512, /* of a GPU, measured alone: precision.h */
    AMS_BENCH_STREAM = 1024,   /* plans of 30 jobs x 6 stages, and jobs simulated */
    AMS_BENCH_ALL = 511 | AMS_BENCH_STREAM,
    AMS_BENCH_KERNELS = 2048 /* of a GPU, measured alone: kernels.h */
} ams_bench_what;
/* NULL-terminated names, in the order of the bits. */
extern const char *const ams_bench_names[];

typedef struct ams_bench_options {
    uint32_t what; /* ams_bench_what, or-ed */
    uint32_t batch[AMS_BENCH_LIST], n_batches;
    uint32_t threads[AMS_BENCH_LIST], n_threads;
    uint32_t runs;         /* measurements, of which the median is taken */
    double seconds;        /* about, of each */
    bool processor_time;   /* of the whole process, instead of wall time: for one thread on a
                              machine that others use, too */
    bool cuda;             /* only the GPU's figures: whole and decide */
    uint32_t gpu;          /* its number */
    bool cold;             /* trainings start with an empty replay: for a test, whose figures
                              nobody reads */
    const char *scratch;   /* folder for the files of load and import; borrowed */
    ams_progress progress; /* gets the name of each figure as a notice */
} ams_bench_options;

typedef struct ams_bench_row {
    const char *figure, *variant, *unit; /* static; variant: "sparse", "dense",
                                           "algorithm1", "cuda", "-" */
    uint32_t batch, threads;             /* batch: 1 where there is none */
    double median, low, high;            /* units per second */
    double bound;   /* units per second that nothing can exceed; 0: not known */
    const char *by; /* what bounds: "arithmetic", "cache", "memory" or "-" */
} ams_bench_row;

/* What `threads` processors together were measured to do. */
typedef struct ams_bench_machine {
    uint32_t threads;
    double flop;   /* operations per second; a multiply-add counts 2 */
    double cache;  /* bytes per second, 4.6 MB in use: the state of the papers' network */
    double memory; /* bytes per second, 256 MB in use */
} ams_bench_machine;

typedef struct ams_bench {
    ams_bench_options options;
    ams_bench_machine machine[AMS_BENCH_LIST + 1]; /* of one thread, and of options.threads */
    uint32_t n_machines;
    char device[256]; /* the GPU's name, with options.cuda */
    ams_bench_row *row;
    size_t n_rows, room;
} ams_bench;

/* bench->options are the caller's, the rest is filled; the caller's to fini. table: what is
 * measured on.
 * @return AMS_BACKEND: no such device, no memory; AMS_IO: the scratch folder. */
ams_status ams_bench_run(ams_bench *bench, const ams_table *table, ams_error *err);
void ams_bench_fini(ams_bench *bench);

/* What the files say of the program and the machine. */
typedef struct ams_bench_origin {
    const char *version, *commit;
    const char *cpu; /* the processor's name, or the GPU's */
    const char *blas_kernel;
} ams_bench_origin;

/* TSV with a header; rates are units per second, `share` is median / bound. The commit and the
 * processor's name are in every row, so that rows of several files can be put together. */
void ams_bench_write(const ams_bench *bench, const ams_bench_origin *origin, FILE *stream);
/* As a result: whence, and frames: "machine", and "rows", a row per figure. @return
 * AMS_BACKEND. */
ams_status ams_bench_result(const ams_bench *bench, const ams_bench_origin *origin,
                            ams_result *result, ams_error *err);

#endif
