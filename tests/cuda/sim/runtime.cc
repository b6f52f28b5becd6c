/* The device, kernels and their launches, failing calls, and the simulator's settings. */
#include "sim.h"

#include <atomic>
#include <map>
#include <memory>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a block has on compute capability 9.0, and what a kernel is taken to use of it. */
enum { MOST_SHARED = 232448, USUAL_SHARED = 49152, FIXED_SHARED = 2048 };

unsigned long sim_setting(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoul(text, NULL, 0) : otherwise;
}

bool sim_verbose(void)
{
    static const bool verbose = sim_setting("SIM_VERBOSE", 0) != 0;
    return verbose;
}

void sim_stop(const char *what)
{
    fprintf(stderr, "sim: %s\n", what);
    abort();
}

/* xorshift64, one sequence for each thread. */
uint32_t sim_random(uint32_t n)
{
    static std::atomic<uint64_t> threads{0};
    static thread_local uint64_t state = 0;
    if (state == 0) {
        state = (sim_setting("SIM_SEED", 1) + 77) * 0x9E3779B97F4A7C15U +
                ++threads * 0xD1B54A32D192ED03U;
    }
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) * (uint64_t)n >> 32);
}

static cudaError_t last = cudaSuccess;
static unsigned long calls;

cudaError_t sim_fail(cudaError_t code)
{
    last = code;
    return code;
}

bool sim_refused(const char *name, cudaError_t *code)
{
    const unsigned long at = sim_setting("SIM_FAIL_AT", 0);
    const bool lost = sim_setting("SIM_LOST", 0) != 0;
    ++calls;
    if (at == 0 || calls < at || (calls > at && !lost)) {
        return false;
    }
    if (sim_verbose()) {
        fprintf(stderr, "sim: call %lu, %s, fails\n", calls, name);
    }
    *code = sim_fail((cudaError_t)sim_setting("SIM_FAIL_CODE", cudaErrorUnknown));
    return true;
}

cudaError_t sim_released(const char *name)
{
    cudaError_t code = cudaSuccess;
    (void)sim_refused(name, &code);
    return code;
}

/* -- kernels -- */

static std::map<const void *, sim_kernel> *kernels(void)
{
    static std::map<const void *, sim_kernel> *all = new std::map<const void *, sim_kernel>;
    return all;
}

sim_kernel *sim_find_kernel(const void *code)
{
    auto it = kernels()->find(code);
    return it == kernels()->end() ? NULL : &it->second;
}

/* SIM_LAZY: asking for a kernel's attributes does not load it. */
static void load(sim_kernel *k)
{
    k->loaded = k->loaded || sim_setting("SIM_LAZY", 0) == 0;
}

static cudaError_t launch(const void *code, dim3 grid, dim3 block, void **arguments,
                          size_t dynamic, bool overlaps, cudaStream_t stream)
{
    sim_kernel *k = sim_find_kernel(code);
    if (k == NULL) {
        return sim_fail(cudaErrorInvalidDeviceFunction);
    }
    if (!k->loaded && sim_recording(stream)) {
        fprintf(stderr, "sim: %s is loaded while a graph is recorded\n", k->name);
        (void)sim_breaks_graph("loading a kernel");
        return sim_fail(cudaErrorStreamCaptureUnsupported);
    }
    k->loaded = true;
    const unsigned lanes = block.x * block.y * block.z;
    if (grid.x == 0 || grid.y == 0 || grid.y > 65535 || lanes == 0 || lanes > 1024) {
        fprintf(stderr, "sim: %s: a grid of %u x %u, a block of %u x %u\n", k->name, grid.x,
                grid.y, block.x, block.y);
        return sim_fail(cudaErrorInvalidConfiguration);
    }
    if (dynamic > (size_t)k->most_dynamic) {
        fprintf(stderr, "sim: %s: %zu bytes of dynamic shared memory, %d are allowed\n",
                k->name, dynamic, k->most_dynamic);
        return sim_fail(cudaErrorInvalidValue);
    }
    const char *first = (const char *)arguments[0];
    const char *second = (const char *)arguments[1];
    auto l = std::make_shared<sim_launch>();
    *l = {
        code,    k,       grid, block, {first, first + k->first}, {second, second + k->second},
        dynamic, overlaps};
    return sim_put(stream, [l] { sim_run(l.get()); });
}

static void report(void)
{
    if (sim_verbose()) {
        sim_print_launches();
        sim_print_blocks();
        fprintf(stderr, "sim: %lu calls; %zu bytes of the device are left\n", calls,
                sim_used());
    }
    sim_list_sites();
}

extern "C" {

const void *sim_register(const void *kernel, const char *name, sim_invoke *invoke, size_t first,
                         size_t second)
{
    if (sim_find_kernel(kernel) == NULL) {
        (*kernels())[kernel] = {name, invoke, first, second, USUAL_SHARED - FIXED_SHARED,
                                false};
    }
    return kernel;
}

unsigned long sim_calls(void)
{
    return calls;
}

unsigned long sim_left(void)
{
    return sim_allocations() + sim_live();
}

int sim_blas_refused(const char *name)
{
    return sim_released(name) != cudaSuccess;
}

cudaError_t cudaFuncSetAttribute(const void *kernel, cudaFuncAttribute, int value)
{
    SIM_CALL("cudaFuncSetAttribute");
    sim_kernel *k = sim_find_kernel(kernel);
    if (k == NULL) {
        return sim_fail(cudaErrorInvalidDeviceFunction);
    }
    if (value < 0 || value + FIXED_SHARED > MOST_SHARED) {
        return sim_fail(cudaErrorInvalidValue);
    }
    load(k);
    k->most_dynamic = value;
    return cudaSuccess;
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *attributes, const void *kernel)
{
    SIM_CALL("cudaFuncGetAttributes");
    sim_kernel *k = sim_find_kernel(kernel);
    if (k == NULL) {
        return sim_fail(cudaErrorInvalidDeviceFunction);
    }
    load(k);
    attributes->sharedSizeBytes = FIXED_SHARED;
    attributes->maxDynamicSharedSizeBytes = k->most_dynamic;
    attributes->ptxVersion = (int)sim_setting("SIM_PTX", 90);
    return cudaSuccess;
}

cudaError_t cudaLaunchKernel(const void *kernel, dim3 grid, dim3 block, void **arguments,
                             size_t dynamic, cudaStream_t stream)
{
    SIM_CALL("cudaLaunchKernel");
    return launch(kernel, grid, block, arguments, dynamic, false, stream);
}

cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t *config, const void *kernel,
                                void **arguments)
{
    SIM_CALL("cudaLaunchKernelExC");
    bool overlaps = false;
    for (unsigned i = 0; i < config->numAttrs; i++) {
        overlaps = overlaps || config->attrs[i].val.programmaticStreamSerializationAllowed != 0;
    }
    return launch(kernel, config->gridDim, config->blockDim, arguments,
                  config->dynamicSmemBytes, overlaps, config->stream);
}

/* -- the device -- */

const char *cudaGetErrorString(cudaError_t code)
{
    return code == cudaErrorMemoryAllocation ? "out of memory" : "simulated error";
}

const char *cudaGetErrorName(cudaError_t code)
{
    static char text[32];
    snprintf(text, sizeof text, "cudaError %d", (int)code);
    return text;
}

cudaError_t cudaGetLastError(void)
{
    const cudaError_t code = last;
    last = cudaSuccess;
    return code;
}

cudaError_t cudaRuntimeGetVersion(int *version)
{
    SIM_CALL("cudaRuntimeGetVersion");
    *version = CUDART_VERSION;
    return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int *version)
{
    SIM_CALL("cudaDriverGetVersion");
    *version = CUDART_VERSION;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int *n)
{
    static const int at_exit = atexit(report);
    (void)at_exit;
    SIM_CALL("cudaGetDeviceCount");
    *n = 1;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int)
{
    SIM_CALL("cudaGetDeviceProperties");
    *properties = {"simulated", 9, 0, 132};
    return cudaSuccess;
}

cudaError_t cudaSetDevice(int)
{
    SIM_CALL("cudaSetDevice");
    return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int)
{
    SIM_CALL("cudaDeviceGetAttribute");
    *value = attribute == cudaDevAttrClockRate ? 1980000 : MOST_SHARED;
    return cudaSuccess;
}
}
