/* The kernels, and their launches. Kernel k_NAME runs the block program ams_block_NAME with one
 * thread per lane; the header that has the program has its mathematics and shapes, and the
 * tests of the host cover it: act.h, draw.h, target.h (branch), learn.h, clip.h (gradient,
 * clip), step.h, close.h (refresh, prepare).
 *
 * A row of the grid is a run: its blocks copy their view into shared memory, where reading a
 * member costs little however often it is done. */
#include "cuda/host.cuh"

extern "C" {
#include "cuda/sizes.h"
}

static_assert(sizeof(ams_view) % sizeof(uint64_t) == 0, "a view is copied by words");

static __device__ void take_view(ams_view *to, const ams_view *from)
{
    uint64_t *word = reinterpret_cast<uint64_t *>(to);
    const uint64_t *source = reinterpret_cast<const uint64_t *>(from);
    for (uint32_t i = threadIdx.x; i < sizeof *to / sizeof *word; i += blockDim.x) {
        word[i] = source[i];
    }
    __syncthreads();
}

/* A launch may begin while the one before it ends (programmatic dependent launch). Only the
 * views are read before that one is over: no kernel writes them. From then on the next may
 * begin. */
static __device__ inline void wait_for_last(void)
{
#if __CUDA_ARCH__ >= 900
    cudaGridDependencySynchronize();
    cudaTriggerProgrammaticLaunchCompletion();
#endif
}

#define AMS_BLOCK_VIEW                                                                         \
    __shared__ ams_view v;                                                                     \
    take_view(&v, views + blockIdx.y)

/* The scratch's pointers, by the first thread for the block. */
#define AMS_BLOCK_SCRATCH                                                                      \
    __shared__ ams_scratch scratch;                                                            \
    if (threadIdx.x == 0) {                                                                    \
        ams_scratch_place(&v, &scratch, ams_block_memory());                                   \
    }

/* One launch of an update. A run has as many blocks as it says, whatever the grid: they are
 * shared out among those of its row, so that a large launch reads views and places scratch less
 * often. A block's program may begin when all lanes are in the last step of the one before. */
#define AMS_BLOCKS_OF_RUN(begin, program)                                                      \
    AMS_BLOCK_VIEW;                                                                            \
    AMS_BLOCK_SCRATCH;                                                                         \
    begin;                                                                                     \
    wait_for_last();                                                                           \
    for (uint32_t n = blockIdx.x; n < v.blocks[work]; n += gridDim.x) {                        \
        program;                                                                               \
    }

/* How a program begins: the first thread uses the scratch alone until others wait for it, or
 * all do. */
#define AMS_FIRST_BEGINS ((void)0)
#define AMS_ALL_BEGIN __syncthreads()

/* Blocks that a processor is to hold at once: as many registers as that leaves let the loads of
 * AMS_SUM_AHEAD overlap. experiments/gpu/model.py shows what the compiler made of it, and that
 * none spills. From compute capability 10.0 on a pass through the network takes more of them.
 */
#if __CUDA_ARCH__ >= 1000
#define AMS_RESIDENT(before, since) (since)
#else
#define AMS_RESIDENT(before, since) (before)
#endif
#define AMS_KERNEL(name, resident)                                                             \
    static __global__ void __launch_bounds__(AMS_BLOCK, resident)                              \
        k_##name(const ams_view *__restrict__ views, [[maybe_unused]] uint32_t work)

AMS_KERNEL(act, 1)
{
    AMS_BLOCKS_OF_RUN(AMS_FIRST_BEGINS, ams_block_act(&v, n, &scratch));
}

AMS_KERNEL(draw, 1)
{
    AMS_BLOCKS_OF_RUN(AMS_FIRST_BEGINS, ams_block_draw(&v, &scratch));
}

AMS_KERNEL(branch, AMS_RESIDENT(3, 2))
{
    AMS_BLOCKS_OF_RUN(AMS_FIRST_BEGINS,
                      ams_block_branch(&v, n / v.env.n_actions, n % v.env.n_actions, &scratch));
}

AMS_KERNEL(learn, AMS_RESIDENT(3, 1))
{
    AMS_BLOCKS_OF_RUN(AMS_FIRST_BEGINS, ams_block_learn(&v, n, &scratch));
}

AMS_KERNEL(gradient, 2)
{
    AMS_BLOCKS_OF_RUN(AMS_ALL_BEGIN, ams_block_gradient(&v, n, &scratch));
}

AMS_KERNEL(clip, 1)
{
    AMS_BLOCKS_OF_RUN(AMS_ALL_BEGIN, ams_block_clip(&v, &scratch));
}

AMS_KERNEL(step, 2)
{
    AMS_BLOCKS_OF_RUN(AMS_ALL_BEGIN, ams_block_step(&v, n, &scratch));
}

AMS_KERNEL(refresh, 3)
{
    AMS_BLOCK_VIEW;
    wait_for_last();
    ams_refresh_rewards(&v, (uint64_t)blockIdx.x * blockDim.x + threadIdx.x,
                        (uint64_t)gridDim.x * blockDim.x);
}

AMS_KERNEL(prepare, 1)
{
    AMS_BLOCK_VIEW;
    wait_for_last();
    if (threadIdx.x == 0) {
        ams_prepare(&v);
    }
}

static const void *kernel_of(ams_work work)
{
    switch (work) {
    case AMS_WORK_ACT:
        return AMS_CODE(k_act);
    case AMS_WORK_DRAW:
        return AMS_CODE(k_draw);
    case AMS_WORK_BRANCH:
        return AMS_CODE(k_branch);
    case AMS_WORK_LEARN:
        return AMS_CODE(k_learn);
    case AMS_WORK_GRADIENT:
        return AMS_CODE(k_gradient);
    case AMS_WORK_CLIP:
        return AMS_CODE(k_clip);
    case AMS_WORK_STEP:
        return AMS_CODE(k_step);
    default:
        return NULL; /* the wide path's, or cuBLAS's */
    }
}

/* All of them, so that none is loaded while a graph is recorded. */
static const void *const kernels[] = {
    AMS_CODE(k_act),   AMS_CODE(k_draw),     AMS_CODE(k_branch),
    AMS_CODE(k_learn), AMS_CODE(k_gradient), AMS_CODE(k_clip),
    AMS_CODE(k_step),  AMS_CODE(k_refresh),  AMS_CODE(k_prepare)};

static ams_status too_little_shared(const ams_device_run *run, int most, ams_error *err)
{
    return ams_fail(err, AMS_USAGE,
                    "--device cuda: a state's %u features and %s hidden units need %llu "
                    "bytes of a block's memory, this device has %d; choose smaller "
                    "`hidden`, or --device cpu",
                    run->view.env.max_features, run->view.options.hidden,
                    (unsigned long long)run->shared, most);
}

ams_status ams_kernels_prepare(ams_device_run *run, ams_error *err)
{
    ams_status status = AMS_OK;
    ams_scratch measured;
    int most = 0;
    run->shared = ams_scratch_place(&run->view, &measured, NULL);
    AMS_CUDA_TRY(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0),
                 "reading the device's shared memory");
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        size_t fixed = 0;
        AMS_TRY(ams_kernel_reserve(kernels[i], 0, &fixed, err));
        if (run->shared + fixed > (uint64_t)most) {
            status = too_little_shared(run, most, err);
            goto out;
        }
        AMS_TRY(ams_kernel_reserve(kernels[i], (int)run->shared, NULL, err));
    }
    status = run->view.wide ? ams_wide_prepare(&run->view, err) : AMS_OK;
out:
    return status;
}

/* Devices can from compute capability 9.0 on, and graphs keep it from CUDA 12.3 on. What was
 * compiled for older devices alone runs on new ones, too, and does not wait (wait_for_last). */
ams_status ams_kernels_overlap(const ams_cuda_device *device, bool *overlaps, ams_error *err)
{
    cudaFuncAttributes compiled;
    ams_status status = AMS_OK;
    AMS_CUDA_TRY(cudaFuncGetAttributes(&compiled, AMS_CODE(k_act)), "loading a kernel");
    *overlaps = device->major >= 9 && compiled.ptxVersion >= 90 && CUDART_VERSION >= 12030;
out:
    return status;
}

/* The kernel for runs [first, end); `work`: what it does of an update, if that. */
static ams_status launch_kernel(const ams_device_batch *batch, const void *kernel, dim3 grid,
                                uint32_t first, uint32_t work, ams_error *err)
{
    const ams_view *views = batch->views + first;
    void *arguments[] = {&views, &work};
    const uint32_t wanted = batch->threads > 0 ? batch->threads : AMS_SIZES.threads[work];
    const uint32_t threads = wanted < AMS_BLOCK ? wanted : AMS_BLOCK;
    cudaLaunchAttribute overlap;
    overlap.id = cudaLaunchAttributeProgrammaticStreamSerialization;
    overlap.val.programmaticStreamSerializationAllowed = 1;
    cudaLaunchConfig_t config = {};
    config.gridDim = grid;
    config.blockDim = dim3(threads);
    config.dynamicSmemBytes = batch->shared;
    config.stream = batch->stream;
    config.attrs = &overlap;
    config.numAttrs = batch->overlaps ? 1 : 0;
    cudaError_t code = cudaLaunchKernelExC(&config, kernel, arguments);
    return code == cudaSuccess ? AMS_OK : ams_cuda_failed(code, "launching a kernel", err);
}

static dim3 grid_of(uint32_t blocks, uint32_t rows)
{
    const uint32_t most = rows < AMS_SIZES.most_blocks ? AMS_SIZES.most_blocks / rows : 1;
    return dim3(blocks < most ? blocks : most, rows);
}

ams_status ams_kernels_launch(const ams_device_batch *batch, uint32_t first, uint32_t end,
                              uint32_t at, ams_error *err)
{
    ams_launch list[AMS_MOST_LAUNCHES];
    uint32_t blocks = 0;
    const void *kernel = NULL;
    ams_status status = AMS_OK;
    for (uint32_t r = first; r < end; r++) {
        const ams_device_run *run = batch->run[r];
        ams_layout_schedule(&run->view, list);
        kernel = kernel_of(list[at].work);
        blocks = list[at].blocks > blocks ? list[at].blocks : blocks;
        /* What has no kernel here goes run by run: a batched product might add in another order
         * than one by itself. */
        if (kernel == NULL) {
            AMS_TRY(ams_wide_launch(run->gemm, &run->view, batch->stream, &list[at], err));
        }
    }
    if (kernel != NULL) {
        status = launch_kernel(batch, kernel, grid_of(blocks, end - first), first,
                               (uint32_t)list[at].work, err);
    }
out:
    return status;
}

ams_status ams_kernels_begin(const ams_device_batch *batch, uint32_t at, ams_error *err)
{
    enum { BLOCKS = 128 };
    ams_status status = AMS_OK;
    AMS_TRY(launch_kernel(batch, AMS_CODE(k_refresh), dim3(BLOCKS), at, 0, err));
    AMS_TRY(launch_kernel(batch, AMS_CODE(k_prepare), dim3(1), at, 0, err));
    AMS_CUDA_TRY(cudaStreamSynchronize(batch->stream), "beginning the run on the device");
out:
    return status;
}
