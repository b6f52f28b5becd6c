/* Greedy roll-outs on the device: the block program of roll.h, whose arithmetic the tests of
 * the host cover, with one warp per item and one launch per policy. */
#include "cuda/host.cuh"

extern "C" {
#include "cuda/rolls.h"
}

/* Warps of a block; fewer where wide layers take its shared memory, and on the simulated
 * device. Not measured. */
#ifndef AMS_MOST_WARPS
#define AMS_MOST_WARPS 8
#endif
enum { MOST_WARPS = AMS_MOST_WARPS };

struct ams_cuda_roller {
    uint32_t number; /* of the device */
    uint32_t n;      /* policies */
    ams_roll *roll;  /* (n) pointers into `weights` and `window` */
    cudaStream_t stream;
    unsigned char *weights, *window; /* the device's */
    size_t window_bytes;
    int most_shared; /* bytes of a block */
};

static __global__ void __launch_bounds__(MOST_WARPS *AMS_WARP)
    k_roll_out(const __grid_constant__ ams_roll v, uint32_t bytes)
{
    const uint32_t item = blockIdx.x * blockDim.y + threadIdx.y;
    if (item >= v.env.n_items || v.env.split[item] != v.split) {
        return; /* all lanes of the warp do */
    }
    ams_roll_scratch scratch;
    ams_roll_place(&v, &scratch, ams_block_memory() + (size_t)threadIdx.y * bytes);
    ams_roll_item(&v, item, &scratch);
}

static ams_status failed(cudaError_t code, const char *what, ams_error *err)
{
    return ams_fail(err, AMS_BACKEND,
                    "CUDA: %s failed: %s (%s); --device cpu scores the same policies", what,
                    cudaGetErrorString(code), cudaGetErrorName(code));
}

#define TRY_CUDA(call, what)                                                                   \
    do {                                                                                       \
        cudaError_t code_ = (call);                                                            \
        if (code_ != cudaSuccess) {                                                            \
            status = failed(code_, what, err);                                                 \
            goto out;                                                                          \
        }                                                                                      \
    } while (0)

static ams_status allocate(unsigned char **memory, size_t bytes, const char *what,
                           const char *option, ams_error *err)
{
    size_t free_bytes = 0;
    size_t all_bytes = 0;
    cudaError_t code = cudaMalloc((void **)memory, bytes);
    if (code == cudaSuccess) {
        return AMS_OK;
    }
    *memory = NULL;
    if (code != cudaErrorMemoryAllocation) {
        return failed(code, "allocating memory", err);
    }
    (void)cudaGetLastError(); /* reported here, and not again by the next call */
    if (cudaMemGetInfo(&free_bytes, &all_bytes) != cudaSuccess) {
        free_bytes = 0;
    }
    return ams_roll_no_room(bytes, free_bytes, what, option, err);
}

static ams_status fill(const ams_cuda_roller *roller, const ams_roll_plan *plan,
                       unsigned char *base, ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < plan->n; i++) {
        const ams_roll_array *a = &plan->array[i];
        if (a->from != NULL) {
            TRY_CUDA(cudaMemcpyAsync(base + a->at, a->from, a->bytes, cudaMemcpyHostToDevice,
                                     roller->stream),
                     "copying to the device");
        } else {
            TRY_CUDA(cudaMemsetAsync(base + a->at, 0, a->bytes, roller->stream),
                     "clearing the orders");
        }
        AMS_GUARD(base + a->at + a->bytes,
                  (i + 1 < plan->n ? plan->array[i + 1].at : plan->bytes) - a->at - a->bytes);
    }
    ams_roll_plan_point(plan, base, roller->n, roller->roll);
out:
    return status;
}

static ams_status read_back(const ams_cuda_roller *roller, const ams_roll_plan *plan,
                            ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < plan->n; i++) {
        const ams_roll_array *a = &plan->array[i];
        if (a->to != NULL) {
            TRY_CUDA(cudaMemcpyAsync(a->to, roller->window + a->at, a->bytes,
                                     cudaMemcpyDeviceToHost, roller->stream),
                     "reading the orders");
        }
    }
    TRY_CUDA(cudaStreamSynchronize(roller->stream), "scoring");
out:
    return status;
}

ams_status ams_roll_launch(const ams_roll *roll, int most_shared, cudaStream_t stream,
                           ams_error *err)
{
    ams_roll_scratch measured;
    ams_status status = AMS_OK;
    uint32_t bytes = (uint32_t)ams_roll_place(roll, &measured, NULL);
    uint32_t warps = MOST_WARPS;
    while (warps > 1 && (uint64_t)warps * bytes > (uint64_t)most_shared) {
        warps /= 2;
    }
    if ((uint64_t)bytes * warps > (uint64_t)most_shared) {
        return ams_fail(
            err, AMS_USAGE,
            "the layers of a policy and the %u features of an item need %u bytes of a block's "
            "memory, this device has %d; use --device cpu",
            roll->env.max_features, bytes, most_shared);
    }
    ams_roll view = *roll;
    void *arguments[] = {&view, &bytes};
    const dim3 grid((roll->env.n_items + warps - 1) / warps);
    TRY_CUDA(cudaLaunchKernel(AMS_CODE(k_roll_out), grid, dim3(AMS_WARP, warps), arguments,
                              (size_t)bytes * warps, stream),
             "launching the roll-outs");
out:
    return status;
}

ams_status ams_roll_prepare(int *most_shared, ams_error *err)
{
    size_t fixed = 0;
    ams_status status = AMS_OK;
    TRY_CUDA(cudaDeviceGetAttribute(most_shared, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0),
             "reading the device's shared memory");
    AMS_TRY(ams_kernel_reserve(AMS_CODE(k_roll_out), 0, &fixed, err));
    *most_shared -= (int)fixed;
    AMS_TRY(ams_kernel_reserve(AMS_CODE(k_roll_out), *most_shared, NULL, err));
out:
    return status;
}

static ams_status prepare(ams_cuda_roller *roller, ams_error *err)
{
    ams_status status = AMS_OK;
    TRY_CUDA(cudaStreamCreateWithFlags(&roller->stream, cudaStreamNonBlocking),
             "making a stream");
    status = ams_roll_prepare(&roller->most_shared, err);
out:
    return status;
}

extern "C" ams_status ams_cuda_roller_create(ams_cuda_roller **result, uint32_t number,
                                             const ams_cuda_policy *policy, uint32_t n,
                                             ams_error *err)
{
    ams_cuda_device device;
    ams_roll_plan plan = {NULL, 0, 0};
    ams_cuda_roller *roller = NULL;
    ams_status status = AMS_OK;
    *result = NULL;
    AMS_TRY(ams_cuda_find(number, &device, err));
    AMS_TRY(ams_alloc((void **)&roller, 1, sizeof *roller, "roll-outs", err));
    roller->number = number;
    roller->n = n;
    AMS_TRY(ams_alloc((void **)&roller->roll, n, sizeof *roller->roll, "roll-outs", err));
    AMS_TRY(prepare(roller, err));
    AMS_TRY(ams_roll_plan_weights(&plan, policy, n, roller->roll, err));
    AMS_TRY(allocate(&roller->weights, plan.bytes, "the policies' weights",
                     "give fewer policies at a time", err));
    AMS_TRY(fill(roller, &plan, roller->weights, err));
    TRY_CUDA(cudaStreamSynchronize(roller->stream), "copying the weights");
    *result = roller;
    roller = NULL;
out:
    ams_roll_plan_fini(&plan);
    ams_cuda_roller_destroy(roller);
    return status;
}

static ams_status make_room(ams_cuda_roller *roller, size_t bytes, ams_error *err)
{
    if (bytes <= roller->window_bytes) {
        return AMS_OK;
    }
    (void)cudaFree(roller->window); /* of earlier items; nothing runs */
    roller->window = NULL;
    roller->window_bytes = 0;
    ams_status status =
        allocate(&roller->window, bytes, "the items and their orders",
                 "a smaller --memory (and no --whole) makes smaller windows of them", err);
    roller->window_bytes = status == AMS_OK ? bytes : 0;
    return status;
}

extern "C" ams_status ams_cuda_roll(ams_cuda_roller *roller, const ams_env *const *env,
                                    ams_split split, uint8_t *order, ams_error *err)
{
    ams_roll_plan plan = {NULL, 0, 0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_device_use(roller->number, err));
    AMS_TRY(ams_roll_plan_window(&plan, env, roller->n, split, order, roller->roll, err));
    AMS_TRY(make_room(roller, plan.bytes, err));
    AMS_TRY(fill(roller, &plan, roller->window, err));
    for (uint32_t i = 0; i < roller->n; i++) {
        if (env[i] == NULL) {
            continue;
        }
        AMS_TRY(ams_roll_launch(&roller->roll[i], roller->most_shared, roller->stream, err));
    }
    AMS_TRY(read_back(roller, &plan, err));
out:
    if (status != AMS_OK) { /* what still runs reads and writes memory that may go away */
        (void)cudaStreamSynchronize(roller->stream);
    }
    ams_roll_plan_fini(&plan);
    return status;
}

extern "C" void ams_cuda_roller_destroy(ams_cuda_roller *roller)
{
    if (roller == NULL) {
        return;
    }
    /* Nothing is left that could be done about a failure here. */
    (void)ams_device_use(roller->number, NULL);
    if (roller->stream != NULL) {
        (void)cudaStreamSynchronize(roller->stream);
        (void)cudaStreamDestroy(roller->stream);
    }
    (void)cudaFree(roller->weights);
    (void)cudaFree(roller->window);
    free(roller->roll);
    free(roller);
}
