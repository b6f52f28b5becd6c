/* Which device there is, what a failed call says, and memory that kernels may have. */
#include "cuda/host.cuh"

extern "C" {
#include "cuda/choose.h"
}

/* Machine code is made for compute capability 8.0 and up. */
enum { OLDEST = 8 };

ams_status ams_cuda_failed(cudaError_t code, const char *what, ams_error *err)
{
    const char *advice =
        code == cudaErrorMemoryAllocation
            ? "fewer runs at once (-j), a smaller `replay` or `batch` need less; "
            : "";
    return ams_fail(err, AMS_BACKEND,
                    "CUDA: %s failed: %s (%s); %sthe last checkpoint is kept, and --device cpu "
                    "continues from it",
                    what, cudaGetErrorString(code), cudaGetErrorName(code), advice);
}

static ams_status no_device(cudaError_t code, ams_error *err)
{
    const char *advice = "see whether nvidia-smi finds one";
    if (code == cudaErrorInsufficientDriver || code == cudaErrorSystemDriverMismatch) {
        advice = "the NVIDIA driver is missing or older than the toolkit of this program";
    } else if (code == cudaErrorNoDevice) {
        advice = "CUDA_VISIBLE_DEVICES may hide it; nvidia-smi lists what there is";
    }
    return ams_fail(err, AMS_BACKEND, "no CUDA device can be used: %s (%s); %s",
                    cudaGetErrorString(code), cudaGetErrorName(code), advice);
}

ams_status ams_device_use(uint32_t number, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_CUDA_TRY(cudaSetDevice((int)number), "choosing the device");
out:
    return status;
}

static ams_status describe(int number, ams_cuda_device *device, ams_error *err)
{
    ams_status status = AMS_OK;
    cudaDeviceProp properties;
    size_t free_bytes = 0;
    size_t all_bytes = 0;
    int clock_khz = 0;
    AMS_CUDA_TRY(cudaGetDeviceProperties(&properties, number),
                 "reading the device's properties");
    AMS_TRY(ams_device_use((uint32_t)number, err));
    AMS_CUDA_TRY(cudaMemGetInfo(&free_bytes, &all_bytes), "reading the device's memory");
    AMS_CUDA_TRY(cudaDeviceGetAttribute(&clock_khz, cudaDevAttrClockRate, number),
                 "reading the device's clock");
    snprintf(device->name, sizeof device->name, "%s", properties.name);
    device->major = properties.major;
    device->minor = properties.minor;
    device->processors = properties.multiProcessorCount;
    device->memory_gib = (double)all_bytes / 1073741824.0;
    device->free = free_bytes;
    /* A multiply-add a clock and lane; 8.0 alone has 64 lanes, what came since has 128. */
    device->flop = 2.0 * (device->major == 8 && device->minor == 0 ? 64 : 128) *
                   device->processors * clock_khz * 1e3;
    if (device->major < OLDEST) {
        status = ams_fail(err, AMS_BACKEND,
                          "%s has compute capability %d.%d; expected %d.0 or newer; use "
                          "--device cpu",
                          device->name, device->major, device->minor, (int)OLDEST);
    }
out:
    return status;
}

extern "C" ams_status ams_cuda_count(uint32_t *count, ams_error *err)
{
    int n = 0;
    cudaError_t code = cudaGetDeviceCount(&n);
    if (code == cudaSuccess && n == 0) {
        code = cudaErrorNoDevice;
    }
    *count = code == cudaSuccess ? (uint32_t)n : 0;
    return code == cudaSuccess ? AMS_OK : no_device(code, err);
}

extern "C" ams_status ams_cuda_find(uint32_t number, ams_cuda_device *device, ams_error *err)
{
    uint32_t n = 0;
    memset(device, 0, sizeof *device);
    /* Versions are 0 where there is no driver. */
    if (cudaRuntimeGetVersion(&device->runtime) != cudaSuccess ||
        cudaDriverGetVersion(&device->driver) != cudaSuccess) {
        device->driver = 0;
    }
    ams_status status = ams_cuda_count(&n, err);
    if (status != AMS_OK) {
        return status;
    }
    return number < n ? describe((int)number, device, err) : ams_cuda_too_few(number, n, err);
}

ams_status ams_kernel_reserve(const void *kernel, int bytes, size_t *fixed, ams_error *err)
{
    cudaFuncAttributes now;
    ams_status status = AMS_OK;
    AMS_CUDA_TRY(cudaFuncGetAttributes(&now, kernel), "loading a kernel");
    if (bytes > now.maxDynamicSharedSizeBytes) {
        AMS_CUDA_TRY(
            cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes),
            "reserving shared memory");
    }
    if (fixed != NULL) {
        *fixed = now.sharedSizeBytes;
    }
out:
    return status;
}
