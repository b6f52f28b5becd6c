/* Device and page-locked memory: which allocation an address is of, copies, and what may be
 * copied where. */
#include "sim.h"

#include <algorithm>
#include <map>
#include <memory>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef SIM_ASAN
#include <sanitizer/asan_interface.h>
#endif

struct region {
    size_t bytes;
    bool device;
};

static std::map<uintptr_t, region> *regions(void)
{
    static std::map<uintptr_t, region> *all = new std::map<uintptr_t, region>;
    return all;
}

/* What is more stays untouched: cuBLAS's workspace, whose pages would cost more than a test. */
static const size_t FILLED = (size_t)8 << 20;

static size_t used;

size_t sim_used(void)
{
    return used;
}

size_t sim_allocations(void)
{
    return regions()->size();
}

size_t sim_total(void)
{
    return sim_setting("SIM_MEMORY_MB", 4096) << 20;
}

static const region *find(const void *memory, size_t bytes, bool *inside)
{
    auto it = regions()->upper_bound((uintptr_t)memory);
    if (it == regions()->begin()) {
        return NULL;
    }
    --it;
    const uintptr_t end = it->first + it->second.bytes;
    *inside = (uintptr_t)memory + bytes <= end;
    return (uintptr_t)memory < end ? &it->second : NULL;
}

sim_kind sim_kind_of(const void *memory, size_t bytes)
{
    bool inside = false;
    const region *r = find(memory, bytes, &inside);
    if (r == NULL) {
        return SIM_PAGEABLE;
    }
    if (!inside) {
        sim_stop("a range leaves its allocation");
    }
    return r->device ? SIM_DEVICE : SIM_PINNED;
}

static cudaError_t check_copy(const void *to, const void *from, size_t bytes,
                              cudaMemcpyKind kind)
{
    const bool to_device = sim_kind_of(to, bytes) == SIM_DEVICE;
    const bool from_device = sim_kind_of(from, bytes) == SIM_DEVICE;
    const bool right =
        kind == cudaMemcpyHostToDevice ? to_device && !from_device : !to_device && from_device;
    return right || bytes == 0 ? cudaSuccess : sim_fail(cudaErrorInvalidValue);
}

static void copy_bytes(void *to, const void *from, size_t bytes)
{
    sim_note_copy();
    memcpy(to, from, bytes);
}

/* Not memset, which the thread sanitizer would see as the host's. */
static void set_bytes(void *to, int value, size_t bytes)
{
    sim_note_copy();
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
}

static cudaError_t release(const char *name, void *memory, bool device)
{
    const cudaError_t code = sim_released(name);
    if (memory == NULL) {
        return code;
    }
    auto it = regions()->find((uintptr_t)memory);
    if (it == regions()->end() || it->second.device != device) {
        sim_stop("freed what is no allocation");
    }
    sim_drain_all();
#ifdef SIM_ASAN
    __asan_unpoison_memory_region(memory, it->second.bytes);
#endif
    used -= device ? it->second.bytes : 0;
    regions()->erase(it);
    free(memory);
    return code;
}

extern "C" {

int sim_is_device(const void *memory, size_t bytes)
{
    bool inside = false;
    const region *r = find(memory, bytes, &inside);
    return r != NULL && r->device && inside;
}

void sim_guard(void *from, size_t bytes)
{
#ifdef SIM_ASAN
    __asan_poison_memory_region(from, bytes);
#else
    (void)from;
    (void)bytes;
#endif
}

cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *all_bytes)
{
    SIM_CALL("cudaMemGetInfo");
    *all_bytes = sim_total();
    *free_bytes = sim_total() - used;
    return cudaSuccess;
}

cudaError_t cudaMalloc(void **memory, size_t bytes)
{
    SIM_UNSAFE("cudaMalloc");
    *memory = NULL;
    if (bytes == 0) {
        return cudaSuccess;
    }
    if (used + bytes > sim_total()) {
        return sim_fail(cudaErrorMemoryAllocation);
    }
    *memory = aligned_alloc(256, (bytes + 255) / 256 * 256);
    if (*memory == NULL) { /* more than this machine has, though the device would have it */
        return sim_fail(cudaErrorMemoryAllocation);
    }
    memset(*memory, 0xCB, std::min(bytes, FILLED));
    (*regions())[(uintptr_t)*memory] = {bytes, true};
    used += bytes;
    return cudaSuccess;
}

cudaError_t cudaFree(void *memory)
{
    if (sim_breaks_graph("cudaFree")) {
        sim_stop("cudaFree while a graph is recorded");
    }
    return release("cudaFree", memory, true);
}

cudaError_t cudaMallocHost(void **memory, size_t bytes)
{
    SIM_UNSAFE("cudaMallocHost");
    *memory = malloc(bytes);
    (*regions())[(uintptr_t)*memory] = {bytes, false};
    return cudaSuccess;
}

cudaError_t cudaFreeHost(void *memory)
{
    return release("cudaFreeHost", memory, false);
}

/* The legacy stream does not wait for one that was made non-blocking. */
cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, cudaMemcpyKind kind)
{
    SIM_UNSAFE("cudaMemcpy");
    const cudaError_t code = check_copy(to, from, bytes, kind);
    if (code != cudaSuccess || bytes == 0) {
        return code;
    }
    sim_drain(NULL);
    copy_bytes(to, from, bytes);
    return cudaSuccess;
}

/* Pageable memory is read at once, and written before the call returns. */
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream)
{
    SIM_CALL("cudaMemcpyAsync");
    cudaError_t code = check_copy(to, from, bytes, kind);
    if (code != cudaSuccess || bytes == 0) {
        return code;
    }
    const bool to_device = kind == cudaMemcpyHostToDevice;
    const bool pageable = sim_kind_of(to_device ? from : to, bytes) == SIM_PAGEABLE;
    if (pageable && sim_recording(stream)) {
        (void)sim_breaks_graph("a copy of pageable memory");
        return sim_fail(cudaErrorStreamCaptureUnsupported);
    }
    if (pageable && to_device) {
        auto staged =
            std::make_shared<std::vector<char>>((const char *)from, (const char *)from + bytes);
        return sim_put(stream, [=] { copy_bytes(to, staged->data(), bytes); });
    }
    code = sim_put(stream, [=] { copy_bytes(to, from, bytes); });
    if (pageable) {
        sim_drain(stream);
    }
    return code;
}

cudaError_t cudaMemset(void *to, int value, size_t bytes)
{
    SIM_UNSAFE("cudaMemset");
    if (bytes > 0 && sim_kind_of(to, bytes) != SIM_DEVICE) {
        return sim_fail(cudaErrorInvalidValue);
    }
    return sim_put(NULL, [=] { set_bytes(to, value, bytes); });
}

cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream)
{
    SIM_CALL("cudaMemsetAsync");
    if (bytes > 0 && sim_kind_of(to, bytes) != SIM_DEVICE) {
        return sim_fail(cudaErrorInvalidValue);
    }
    return sim_put(stream, [=] { set_bytes(to, value, bytes); });
}
}
