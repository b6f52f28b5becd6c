/* A CUDA runtime that runs kernels on the host: as much of it as cuda/ uses. README.md says
 * what it checks. */
#ifndef SIM_CUDA_RUNTIME_H
#define SIM_CUDA_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#define CUDART_VERSION 13000

#define __host__
#define __device__
#define __global__
#define __grid_constant__
#define __launch_bounds__(...)
#define __shared__ static thread_local /* a worker works on one block at a time */

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c)
    {
    }
};
struct alignas(16) float4 {
    float x, y, z, w;
};

typedef enum cudaError {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorInvalidConfiguration = 9,
    cudaErrorInsufficientDriver = 35,
    cudaErrorInvalidDeviceFunction = 98,
    cudaErrorNoDevice = 100,
    cudaErrorSystemDriverMismatch = 803,
    cudaErrorStreamCaptureUnsupported = 900,
    cudaErrorStreamCaptureInvalidated = 901,
    cudaErrorUnknown = 999
} cudaError_t;
typedef struct sim_stream *cudaStream_t;
typedef struct sim_graph *cudaGraph_t;
typedef struct sim_graph *cudaGraphExec_t;
typedef struct sim_event *cudaEvent_t;
typedef enum { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 } cudaMemcpyKind;
typedef enum { cudaStreamCaptureModeThreadLocal = 1 } cudaStreamCaptureMode;
typedef enum {
    cudaDevAttrClockRate = 13,
    cudaDevAttrMaxSharedMemoryPerBlockOptin = 97
} cudaDeviceAttr;
typedef enum { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 } cudaFuncAttribute;
typedef enum { cudaLaunchAttributeProgrammaticStreamSerialization = 6 } cudaLaunchAttributeID;
struct cudaDeviceProp {
    char name[256];
    int major, minor, multiProcessorCount;
};
struct cudaFuncAttributes {
    size_t sharedSizeBytes;
    int maxDynamicSharedSizeBytes;
    int ptxVersion; /* SIM_PTX */
};
typedef struct cudaLaunchAttribute {
    cudaLaunchAttributeID id;
    struct {
        int programmaticStreamSerializationAllowed;
    } val;
} cudaLaunchAttribute;
typedef struct cudaLaunchConfig_t {
    dim3 gridDim, blockDim;
    size_t dynamicSmemBytes;
    cudaStream_t stream;
    cudaLaunchAttribute *attrs;
    unsigned numAttrs;
} cudaLaunchConfig_t;
#define cudaStreamNonBlocking 1U

extern "C" {
const char *cudaGetErrorString(cudaError_t code);
const char *cudaGetErrorName(cudaError_t code);
cudaError_t cudaGetLastError(void);
cudaError_t cudaRuntimeGetVersion(int *version);
cudaError_t cudaDriverGetVersion(int *version);
cudaError_t cudaGetDeviceCount(int *n);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int device);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int device);
cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *all_bytes);
cudaError_t cudaMalloc(void **memory, size_t bytes);
cudaError_t cudaFree(void *memory);
cudaError_t cudaMallocHost(void **memory, size_t bytes);
cudaError_t cudaFreeHost(void *memory);
cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, cudaMemcpyKind kind);
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream);
cudaError_t cudaMemset(void *to, int value, size_t bytes);
cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream);
cudaError_t cudaDeviceSynchronize(void);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph,
                                 unsigned long long flags);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec);
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream);
cudaError_t cudaEventCreate(cudaEvent_t *event);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t begin, cudaEvent_t end);
cudaError_t cudaFuncSetAttribute(const void *kernel, cudaFuncAttribute attribute, int value);
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *attributes, const void *kernel);
cudaError_t cudaLaunchKernel(const void *kernel, dim3 grid, dim3 block, void **arguments,
                             size_t dynamic, cudaStream_t stream);
cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t *config, const void *kernel,
                                void **arguments);

/* -- the simulator's own -- */

/* A kernel has two arguments, of so many bytes. */
typedef void sim_invoke(const void *kernel, void **arguments);
const void *sim_register(const void *kernel, const char *name, sim_invoke *invoke, size_t first,
                         size_t second);

typedef struct sim_index {
    unsigned x, y, z;
} sim_index;
const sim_index *sim_thread(void);
const sim_index *sim_block(void);
const sim_index *sim_block_dim(void);
const sim_index *sim_grid_dim(void);
unsigned char *sim_dynamic(void);

/* A place in the code where lanes wait; a line may have more than one, which its number tells
 * apart. */
typedef struct sim_site {
    const char *file, *function;
    int line, number;
    bool reached;
} sim_site;
void sim_wait_block(sim_site *site);
void sim_wait_warp(sim_site *site);
void sim_wait_before(sim_site *site); /* for the launch before, with programmatic dependent
                                         launch */
void sim_fence(void);
/* Nothing may touch [from, from + bytes) until the memory is freed. */
void sim_guard(void *from, size_t bytes);
int sim_is_device(const void *memory, size_t bytes);
cudaError_t sim_enqueue(cudaStream_t stream, void (*work)(void *), const void *argument,
                        size_t bytes);
void sim_begin_case(int number); /* for SIM_SITES */
unsigned long sim_calls(void);   /* of the runtime and of cuBLAS, so far */
unsigned long sim_left(void); /* allocations, streams, graphs and events that are still there */
int sim_blas_refused(const char *name); /* a call of cuBLAS is to fail */
}

template <class A, class B> struct sim_call {
    static void with(const void *kernel, void **arguments)
    {
        ((void (*)(A, B))kernel)(*(A *)arguments[0], *(B *)arguments[1]);
    }
};
template <class A, class B> static const void *sim_code(void (*kernel)(A, B), const char *name)
{
    return sim_register((const void *)kernel, name, sim_call<A, B>::with, sizeof(A), sizeof(B));
}

/* cuda/host.cuh and cuda/view.h have these otherwise. */
/* The cast is what the other does: a kernel of a name that unistd.h has would have two
 * meanings.
 */
#define AMS_CODE(kernel) ((void)(const void *)(kernel), sim_code(kernel, #kernel))
static inline unsigned char *ams_block_memory(void)
{
    return sim_dynamic();
}

/* -- device code -- */

/* Variables, not macros: launch configurations have members of these names. */
template <const sim_index *(*PLACE)(void), int AXIS> struct sim_axis {
    operator unsigned() const
    {
        const sim_index *at = PLACE();
        return AXIS == 0 ? at->x : AXIS == 1 ? at->y : at->z;
    }
};
template <const sim_index *(*PLACE)(void)> struct sim_place {
    sim_axis<PLACE, 0> x;
    sim_axis<PLACE, 1> y;
    sim_axis<PLACE, 2> z;
};
static const sim_place<sim_thread> threadIdx = {};
static const sim_place<sim_block> blockIdx = {};
static const sim_place<sim_block_dim> blockDim = {};
static const sim_place<sim_grid_dim> gridDim = {};
#define SIM_WAIT(how)                                                                          \
    do {                                                                                       \
        static sim_site here_ = {__FILE__, __func__, __LINE__, __COUNTER__, false};            \
        how(&here_);                                                                           \
    } while (0)
#define __syncthreads() SIM_WAIT(sim_wait_block)
#define __syncwarp() SIM_WAIT(sim_wait_warp)
#define cudaGridDependencySynchronize() SIM_WAIT(sim_wait_before)
#define __threadfence() sim_fence()
#define cudaTriggerProgrammaticLaunchCompletion() ((void)0)

static inline uint32_t atomicOr(uint32_t *word, uint32_t bits)
{
    return __atomic_fetch_or(word, bits, __ATOMIC_RELAXED);
}
static inline uint32_t atomicAdd(uint32_t *word, uint32_t value)
{
    return __atomic_fetch_add(word, value, __ATOMIC_RELAXED);
}
static inline uint32_t atomicExch(uint32_t *word, uint32_t value)
{
    return __atomic_exchange_n(word, value, __ATOMIC_RELAXED);
}
static inline uint32_t atomicMax(uint32_t *word, uint32_t value)
{
    uint32_t old = __atomic_load_n(word, __ATOMIC_RELAXED);
    while (old < value && !__atomic_compare_exchange_n(word, &old, value, false,
                                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
    return old;
}
static inline float4 make_float4(float x, float y, float z, float w)
{
    return {x, y, z, w};
}
template <class T> static inline T __ldca(const T *from)
{
    return *from;
}
#define __isShared(pointer) 1
#define __isGlobal(pointer) 1
#define __builtin_assume(condition) ((void)(condition))
static inline int __popcll(unsigned long long x)
{
    return __builtin_popcountll(x);
}
static inline int __ffsll(long long x)
{
    return __builtin_ffsll(x);
}

#endif
