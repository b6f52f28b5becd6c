/* The kernels of the wide path: each runs one of the block programs of wide.h, whose arithmetic
 * the tests of the host cover, with a thread a lane. */
#include "cuda/host.cuh"
#include "cuda/wide.h"

/* The scratch's pointers, by the first thread for the block, which uses them alone until the
 * others wait for it; those of the layers are not needed, so that more blocks fit on a
 * processor. */
#define AMS_STATE_SCRATCH                                                                      \
    __shared__ ams_scratch scratch;                                                            \
    if (threadIdx.x == 0) {                                                                    \
        ams_scratch_place_state(&v, &scratch, ams_block_memory());                             \
    }

/* Four resident blocks leave the 64 registers that loads ahead of a sum need. */
#define AMS_WIDE_KERNEL(name)                                                                  \
    static __global__ void __launch_bounds__(AMS_BLOCK, 4)                                     \
        k_##name(const __grid_constant__ ams_view v,                                           \
                 [[maybe_unused]] const __grid_constant__ ams_pass pass)

AMS_WIDE_KERNEL(first)
{
    AMS_STATE_SCRATCH;
    ams_block_first(&v, &pass, blockIdx.x, &scratch);
}

AMS_WIDE_KERNEL(activate)
{
    AMS_LANES(&v, ams_wide_activate(&v, &pass, blockIdx.x, lane, lanes));
}

AMS_WIDE_KERNEL(value)
{
    AMS_STATE_SCRATCH;
    ams_block_value(&v, &pass, blockIdx.x, &scratch);
}

AMS_WIDE_KERNEL(loss)
{
    AMS_STATE_SCRATCH;
    ams_block_loss(&v, blockIdx.x, &scratch);
}

AMS_WIDE_KERNEL(slope)
{
    AMS_LANES(&v, ams_wide_slope(&v, &pass, blockIdx.x, lane, lanes));
}

AMS_WIDE_KERNEL(bias)
{
    AMS_LANES(&v, ams_wide_bias(&v, blockIdx.x, lane, lanes));
}

typedef struct wide_kernel {
    const void *code;
    unsigned int threads;
    int scratch; /* has one */
} wide_kernel;

/* A state's Q are few: a warp does them, and there are as many states at a time. */
static wide_kernel kernel_of(ams_work work)
{
    switch (work) {
    case AMS_WORK_FIRST:
        return {AMS_CODE(k_first), AMS_BLOCK, 1};
    case AMS_WORK_ACTIVATE:
        return {AMS_CODE(k_activate), AMS_BLOCK, 0};
    case AMS_WORK_VALUE:
        return {AMS_CODE(k_value), AMS_WARP, 1};
    case AMS_WORK_LOSS:
        return {AMS_CODE(k_loss), AMS_WARP, 1};
    case AMS_WORK_SLOPE:
        return {AMS_CODE(k_slope), AMS_BLOCK, 0};
    case AMS_WORK_BIAS:
        return {AMS_CODE(k_bias), AMS_BLOCK, 0};
    default:
        return {NULL, 0, 0}; /* cuBLAS's */
    }
}

static size_t state_bytes(const ams_view *view)
{
    ams_scratch measured;
    return ams_scratch_place_state(view, &measured, NULL);
}

ams_status ams_wide_prepare(const ams_view *view, ams_error *err)
{
    const ams_work all[] = {AMS_WORK_FIRST, AMS_WORK_ACTIVATE, AMS_WORK_VALUE,
                            AMS_WORK_LOSS,  AMS_WORK_SLOPE,    AMS_WORK_BIAS};
    ams_status status = AMS_OK;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const wide_kernel kernel = kernel_of(all[i]);
        const int bytes = kernel.scratch ? (int)state_bytes(view) : 0;
        AMS_TRY(ams_kernel_reserve(kernel.code, bytes, NULL, err));
    }
out:
    return status;
}

ams_status ams_wide_launch(const struct ams_gemm *gemm, const ams_view *v, cudaStream_t stream,
                           const ams_launch *launch, ams_error *err)
{
    const wide_kernel kernel = kernel_of(launch->work);
    if (kernel.code == NULL) {
        return ams_gemm_launch(gemm, v, launch, err);
    }
    ams_view view = *v;
    ams_pass pass = launch->pass;
    void *arguments[] = {&view, &pass};
    const cudaError_t code =
        cudaLaunchKernel(kernel.code, dim3(launch->blocks), dim3(kernel.threads), arguments,
                         kernel.scratch ? state_bytes(&view) : 0, stream);
    return code == cudaSuccess ? AMS_OK : ams_cuda_failed(code, "launching a kernel", err);
}
