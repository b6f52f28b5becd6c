/* The device's memory: one block for all arrays of a run, filled from the trainer's and read
 * back into them. */
#include "cuda/host.cuh"

/* Every array begins where whole lines of the cache do. */
enum { LINE = 256 };

static size_t rounded(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

static ams_status no_room(const ams_device_run *run, size_t bytes, ams_error *err)
{
    size_t free_bytes = 0;
    size_t all_bytes = 0;
    const ams_array *largest = ams_layout_largest(&run->layout);
    if (cudaMemGetInfo(&free_bytes, &all_bytes) != cudaSuccess) {
        free_bytes = 0;
    }
    return ams_fail(err, AMS_BACKEND,
                    "out of the device's memory: %zu bytes were needed for the run, %zu are "
                    "free; %zu of them are for one array, which a %s makes smaller; or use "
                    "--device cpu",
                    bytes, free_bytes, largest->bytes, largest->option);
}

ams_status ams_device_allocate(ams_device_run *run, ams_error *err)
{
    const ams_layout *layout = &run->layout;
    size_t bytes = 0;
    for (uint32_t i = 0; i < layout->n; i++) {
        bytes += rounded(layout->array[i].bytes);
    }
    cudaError_t code = cudaMalloc((void **)&run->memory, bytes);
    if (code == cudaErrorMemoryAllocation) {
        run->memory = NULL;
        (void)cudaGetLastError(); /* reported here, and not again by the next call */
        return no_room(run, bytes, err);
    }
    if (code != cudaSuccess) {
        return ams_cuda_failed(code, "allocating the run's memory", err);
    }
    size_t at = 0;
    for (uint32_t i = 0; i < layout->n; i++) {
        run->data[i] = run->memory + at;
        ams_layout_point(layout, i, run->data[i], &run->view);
        at += rounded(layout->array[i].bytes);
    }
    code = cudaMemset(run->memory, 0, bytes);
    return code == cudaSuccess ? AMS_OK
                               : ams_cuda_failed(code, "clearing the run's memory", err);
}

ams_status ams_device_fill(ams_device_run *run, uint32_t first, ams_error *err)
{
    ams_status status = AMS_OK;
    ams_layout_before_load(run->trainer);
    for (uint32_t i = first; i < run->layout.n; i++) {
        const ams_array *a = &run->layout.array[i];
        if (a->from != NULL) {
            AMS_CUDA_TRY(cudaMemcpy(run->data[i], a->from, a->bytes, cudaMemcpyHostToDevice),
                         "copying the run to the device");
        }
    }
out:
    return status;
}

ams_status ams_device_fetch(ams_device_run *run, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_CUDA_TRY(cudaStreamSynchronize(run->stream), "training");
    for (uint32_t i = 0; i < run->layout.n; i++) {
        const ams_array *a = &run->layout.array[i];
        if (a->to != NULL) {
            AMS_CUDA_TRY(cudaMemcpy(a->to, run->data[i], a->bytes, cudaMemcpyDeviceToHost),
                         "copying the run from the device");
        }
    }
    ams_layout_after_fetch(run->trainer);
out:
    return status;
}
