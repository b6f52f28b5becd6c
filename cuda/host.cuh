/* What every .cu file includes: CUDA's headers, the project's C headers with C linkage, and how
 * a failed call becomes a message. */
#ifndef AMS_CUDA_HOST_CUH
#define AMS_CUDA_HOST_CUH

#include <cublas_v2.h>
#include <cuda_runtime.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* C's name for it. */
#define _Static_assert static_assert

#include "base/philox.h"

extern "C" {
#include "ams/cuda.h"
#include "base/memory.h"
#include "cuda/layout.h"
#include "cuda/learn.h"
#include "cuda/products.h"
#include "cuda/step.h"
}

/* The most threads of a block, and those of the wide path's. */
#ifndef AMS_BLOCK
#define AMS_BLOCK 256
#endif

/* Three things that tests/cuda/sim has in its own way: a kernel's address as launches take it,
 * the dynamic shared memory of a block, and what lies between two arrays (view.h). */
#ifndef AMS_CODE
#define AMS_CODE(kernel) ((const void *)(kernel))
/* 16-byte aligned. */
static __device__ inline unsigned char *ams_block_memory(void)
{
    extern __shared__ float4 shared_arrays[];
    return (unsigned char *)shared_arrays;
}
#endif

/* The arrays of an environment, which the runs on it share. */
typedef struct ams_device_env {
    const ams_env *env; /* borrowed by those runs' trainers, and so there as long as they are */
    unsigned char *memory;
    uint32_t uses;
    struct ams_device_env *next;
} ams_device_env;

/* One run on the device. */
typedef struct ams_device_run {
    struct ams_device_batch *batch;
    ams_trainer *trainer; /* borrowed */
    ams_view view;        /* pointers into `memory` and the environment's */
    ams_layout layout;
    void *data[AMS_MOST_ARRAYS];
    unsigned char *memory; /* of the run's own arrays */
    ams_device_env *env;
    cudaStream_t stream;   /* the batch's, and so is gemm */
    struct ams_gemm *gemm; /* NULL where view.gemm is 0 */
    uint64_t shared;       /* bytes of dynamic shared memory that a block takes */
    uint32_t at;           /* in the batch, where it is placed */
} ams_device_run;

enum { AMS_GRAPHS = 3 };

/* The runs that are trained together, a row of the grid each. */
typedef struct ams_device_batch {
    uint32_t number;      /* of the device */
    ams_device_run **run; /* (n of room) */
    uint32_t n, room;
    bool placed;     /* no run has come or gone since views were written */
    bool recorded;   /* nor since the graphs were */
    ams_view *views; /* (views_room) on the device, the first n in the order of `run` */
    ams_trainer_counters
        *counts; /* (views_room) there, one after the other: read by one copy */
    ams_trainer_counters *host_count; /* (views_room) page-locked */
    uint32_t views_room;
    ams_device_env *envs;
    cudaStream_t stream;
    cudaGraphExec_t graph[AMS_GRAPHS];  /* each of so many updates of all runs, most first; */
    uint32_t graph_updates[AMS_GRAPHS]; /* 0: there is none */
    uint32_t threads;      /* of blocks of launches for all runs, or 0: as AMS_SIZES has it */
    bool overlaps;         /* a launch may begin while the one before it ends */
    int most_rolled;       /* bytes of shared memory of a block of roll-outs */
    uint64_t shared;       /* most of the runs' */
    struct ams_gemm *gemm; /* NULL until a run needs it */
} ams_device_batch;

/* Lets the calling thread's calls go to that device, as all below need it that get a batch or a
 * run: another part of the program may have used another one since. */
ams_status ams_device_use(uint32_t number, ams_error *err);
/* AMS_BACKEND with what was done, where, and what CUDA says of it. */
ams_status ams_cuda_failed(cudaError_t code, const char *what, ams_error *err);

#define AMS_CUDA_TRY(call, what)                                                               \
    do {                                                                                       \
        cudaError_t code_ = (call);                                                            \
        if (code_ != cudaSuccess) {                                                            \
            status = ams_cuda_failed(code_, what, err);                                        \
            goto out;                                                                          \
        }                                                                                      \
    } while (0)

/* memory.cu: the view's arrays. *fits = false, and the reason in err, where there is no room
 * beside other runs. */
ams_status ams_device_allocate(ams_device_run *run, bool *fits, ams_error *err);
void ams_device_free(ams_device_run *run);
/* Own arrays from `first` on, from the trainer's. */
ams_status ams_device_fill(ams_device_run *run, uint32_t first, ams_error *err);
ams_status ams_device_fetch(ams_device_run *run, ams_error *err);
/* Lets batch->views be the runs' views and batch->counts their counters, as the trainers have
 * them. */
ams_status ams_device_place(ams_device_batch *batch, ams_error *err);
void ams_device_unplace(ams_device_batch *batch);
/* All counters between trainers and device; reading waits for what was launched. */
ams_status ams_device_write_counts(ams_device_batch *batch, ams_error *err);
ams_status ams_device_read_counts(ams_device_batch *batch, ams_error *err);

/* Loads the kernel, so that none is loaded while a graph is recorded, and lets a block of it
 * have so many bytes of dynamic shared memory. The limit is the process's, so it is only ever
 * raised: other runs may need more. fixed: bytes that the kernel has besides, or NULL. */
ams_status ams_kernel_reserve(const void *kernel, int bytes, size_t *fixed, ams_error *err);

/* kernels.cu. Launching reports what a launch can report; what happens later is found at the
 * next synchronisation. Views must be placed. */
ams_status ams_kernels_prepare(ams_device_run *run, ams_error *err);
/* Whether a launch may begin while the one before it ends, on this device. */
ams_status ams_kernels_overlap(const ams_cuda_device *device, bool *overlaps, ams_error *err);
/* Launch `at` of an update's, for runs [first, end) of the batch. */
ams_status ams_kernels_launch(const ams_device_batch *batch, uint32_t first, uint32_t end,
                              uint32_t at, ams_error *err);
/* Of run `at`, after its arrays were filled. */
ams_status ams_kernels_begin(const ams_device_batch *batch, uint32_t at, ams_error *err);

/* score.cu: roll-outs of one policy, whose pointers are the device's, by blocks that have so
 * many bytes of shared memory at most. */

ams_status ams_roll_prepare(int *most_shared, ams_error *err);
ams_status ams_roll_launch(const struct ams_roll *roll, int most_shared, cudaStream_t stream,
                           ams_error *err);

/* wide.cu: launches of the wide path, and whatever else kernels.cu has no kernel for, of the
 * run that `view` shows. */
ams_status ams_wide_prepare(const ams_view *view, ams_error *err);
ams_status ams_wide_launch(const struct ams_gemm *gemm, const ams_view *view,
                           cudaStream_t stream, const ams_launch *launch, ams_error *err);

/* gemm.cu: products by cuBLAS, which is loaded when it is first needed. */
ams_status ams_gemm_create(ams_device_run *run, ams_error *err);
void ams_gemm_destroy(struct ams_gemm *gemm);
/* The launch's products, of the run that `view` shows. */
ams_status ams_gemm_launch(const struct ams_gemm *gemm, const ams_view *view,
                           const ams_launch *launch, ams_error *err);
/* All products of an update, for nothing: cuBLAS loads its kernels now, and not while a graph
 * is recorded. */
ams_status ams_gemm_warm(const struct ams_gemm *gemm, const ams_view *view, ams_error *err);

#endif
