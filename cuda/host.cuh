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
#include "base/memory.h"
#include "cuda/cuda.h"
#include "cuda/layout.h"
#include "cuda/products.h"
#include "cuda/step.h"
}

/* Threads of a block. Not measured: eight warps hide the latency of shared memory, and H = 256
 * units take one pass. */
enum { AMS_BLOCK = 256 };

/* One run on the device. */
typedef struct ams_device_run {
    ams_trainer *trainer; /* borrowed */
    ams_view view;        /* pointers into `memory` */
    ams_layout layout;
    void *data[AMS_MOST_ARRAYS];
    unsigned char *memory; /* of all arrays */
    cudaStream_t stream;
    cudaGraphExec_t one, many; /* an update, and AMS_GRAPH_UPDATES of them */
    uint64_t shared;           /* bytes of dynamic shared memory a block */
    struct ams_gemm *gemm;     /* NULL where view.gemm is 0 */
} ams_device_run;

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

/* memory.cu: the view's arrays. */
ams_status ams_device_allocate(ams_device_run *run, ams_error *err);
/* Arrays from `first` on, from the trainer's. */
ams_status ams_device_fill(ams_device_run *run, uint32_t first, ams_error *err);
ams_status ams_device_fetch(ams_device_run *run, ams_error *err);

/* kernels.cu. Launching reports what a launch can report; what happens later is found at the
 * next synchronisation. */
ams_status ams_kernels_prepare(ams_device_run *run, ams_error *err);
ams_status ams_kernels_launch(const ams_device_run *run, const ams_launch *launch,
                              ams_error *err);
/* After the arrays were filled. */
ams_status ams_kernels_begin(const ams_device_run *run, ams_error *err);
/* view.order of the items of the split *view.scored. */
ams_status ams_kernels_roll_out(const ams_device_run *run, ams_error *err);

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
