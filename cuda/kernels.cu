/* The kernels: each runs one of the block programs of act.h, learn.h and step.h, whose
 * arithmetic the tests of the host cover, with a thread a lane.
 *
 * The view is a parameter, which lies in constant memory; its arrays are in the device's. */
#include "cuda/host.cuh"

extern __shared__ double shared_arrays[];

/* The scratch's pointers, by one thread for the block. */
#define AMS_BLOCK_SCRATCH                                                                      \
    __shared__ ams_scratch scratch;                                                            \
    if (threadIdx.x == 0) {                                                                    \
        ams_scratch_place(&v, &scratch, (unsigned char *)shared_arrays);                       \
    }                                                                                          \
    __syncthreads()

#define AMS_KERNEL(name)                                                                       \
    static __global__ void __launch_bounds__(AMS_BLOCK) name(const __grid_constant__ ams_view v)

AMS_KERNEL(act)
{
    AMS_BLOCK_SCRATCH;
    ams_block_act(&v, blockIdx.x, &scratch);
}

AMS_KERNEL(remember)
{
    AMS_BLOCK_SCRATCH;
    ams_block_remember(&v, &scratch);
}

AMS_KERNEL(draw)
{
    AMS_STEP(&v, ams_draw_slots(&v, lane, lanes));
}

AMS_KERNEL(branch)
{
    AMS_BLOCK_SCRATCH;
    const uint32_t actions = v.env.n_actions;
    ams_block_branch(&v, blockIdx.x / actions, blockIdx.x % actions, &scratch);
}

AMS_KERNEL(learn)
{
    AMS_BLOCK_SCRATCH;
    ams_block_learn(&v, blockIdx.x, &scratch);
}

AMS_KERNEL(gradient)
{
    AMS_BLOCK_SCRATCH;
    ams_block_gradient(&v, blockIdx.x, &scratch);
}

AMS_KERNEL(clip)
{
    AMS_BLOCK_SCRATCH;
    ams_block_clip(&v, &scratch);
}

AMS_KERNEL(step)
{
    AMS_BLOCK_SCRATCH;
    ams_block_step(&v, blockIdx.x, &scratch);
}

AMS_KERNEL(close)
{
    AMS_BLOCK_SCRATCH;
    ams_block_close(&v, &scratch);
}

AMS_KERNEL(roll_out)
{
    AMS_BLOCK_SCRATCH;
    if (v.env.split[blockIdx.x] == *v.scored) {
        ams_block_roll_out(&v, blockIdx.x, &scratch);
    }
}

AMS_KERNEL(refresh)
{
    ams_refresh_rewards(&v, (uint64_t)blockIdx.x * blockDim.x + threadIdx.x,
                        (uint64_t)gridDim.x * blockDim.x);
}

AMS_KERNEL(prepare)
{
    if (threadIdx.x == 0) {
        ams_prepare(&v);
    }
}

static const void *kernel_of(ams_work work)
{
    switch (work) {
    case AMS_WORK_ACT:
        return (const void *)act;
    case AMS_WORK_REMEMBER:
        return (const void *)remember;
    case AMS_WORK_DRAW:
        return (const void *)draw;
    case AMS_WORK_BRANCH:
        return (const void *)branch;
    case AMS_WORK_LEARN:
        return (const void *)learn;
    case AMS_WORK_GRADIENT:
        return (const void *)gradient;
    case AMS_WORK_CLIP:
        return (const void *)clip;
    case AMS_WORK_STEP:
        return (const void *)step;
    case AMS_WORK_CLOSE:
        return (const void *)close;
    default:
        return NULL; /* the wide path's, or cuBLAS's */
    }
}

ams_status ams_kernels_prepare(ams_device_run *run, ams_error *err)
{
    /* All of them, so that none is loaded while a graph is recorded. */
    const void *const kernels[] = {
        (const void *)act,      (const void *)remember, (const void *)draw,
        (const void *)branch,   (const void *)learn,    (const void *)gradient,
        (const void *)clip,     (const void *)step,     (const void *)close,
        (const void *)roll_out, (const void *)refresh,  (const void *)prepare};
    ams_status status = AMS_OK;
    ams_scratch measured;
    int most = 0;
    int fixed = 1024; /* the scratch itself and what the compiler adds */
    run->shared = ams_scratch_place(&run->view, &measured, NULL);
    AMS_CUDA_TRY(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0),
                 "reading the device's shared memory");
    if (run->shared + (uint64_t)fixed > (uint64_t)most) {
        status = ams_fail(err, AMS_USAGE,
                          "--device cuda: a state's %u features and %s hidden units need %llu "
                          "bytes of a block's memory, this device has %d; choose smaller "
                          "`hidden`, or --device cpu",
                          run->view.env.max_features, run->view.options.hidden,
                          (unsigned long long)run->shared, most);
        goto out;
    }
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        AMS_CUDA_TRY(cudaFuncSetAttribute(kernels[i],
                                          cudaFuncAttributeMaxDynamicSharedMemorySize,
                                          (int)run->shared),
                     "reserving shared memory");
    }
    status = run->view.wide ? ams_wide_prepare(&run->view, err) : AMS_OK;
out:
    return status;
}

static ams_status launch_kernel(const ams_device_run *run, const void *kernel, uint32_t blocks,
                                ams_error *err)
{
    ams_view view = run->view;
    void *arguments[] = {&view};
    cudaError_t code = cudaLaunchKernel(kernel, dim3(blocks), dim3(AMS_BLOCK), arguments,
                                        run->shared, run->stream);
    return code == cudaSuccess ? AMS_OK : ams_cuda_failed(code, "launching a kernel", err);
}

ams_status ams_kernels_launch(const ams_device_run *run, const ams_launch *launch,
                              ams_error *err)
{
    const void *kernel = kernel_of(launch->work);
    return kernel != NULL ? launch_kernel(run, kernel, launch->blocks, err)
                          : ams_wide_launch(run->gemm, &run->view, run->stream, launch, err);
}

ams_status ams_kernels_begin(const ams_device_run *run, ams_error *err)
{
    enum { BLOCKS = 128 };
    ams_status status = AMS_OK;
    AMS_TRY(launch_kernel(run, (const void *)refresh, BLOCKS, err));
    AMS_TRY(launch_kernel(run, (const void *)prepare, 1, err));
    AMS_CUDA_TRY(cudaStreamSynchronize(run->stream), "beginning the run on the device");
out:
    return status;
}

ams_status ams_kernels_roll_out(const ams_device_run *run, ams_error *err)
{
    return launch_kernel(run, (const void *)roll_out, run->view.env.n_items, err);
}
