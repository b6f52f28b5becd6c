/* The device's memory: a block for the arrays of each run and one for those of each
 * environment, filled from the trainer's and read back into them; and what lies side by side
 * for all runs, their views and counters. */
#include "cuda/host.cuh"

static ams_status no_room(const ams_device_run *run, size_t bytes, size_t free_bytes,
                          ams_error *err)
{
    const ams_array *largest = ams_layout_largest(&run->layout);
    return ams_fail(err, AMS_BACKEND,
                    "out of the device's memory: %zu bytes were needed for the run, %zu are "
                    "free, of which 256 MiB are kept beside other runs; %zu bytes are for one "
                    "array, which a %s makes smaller; or use "
                    "--device cpu",
                    bytes, free_bytes, largest->bytes, largest->option);
}

/* cudaMalloc, with *memory = NULL where there is too little. */
static ams_status take(size_t bytes, unsigned char **memory, ams_error *err)
{
    cudaError_t code = cudaMalloc((void **)memory, bytes);
    if (code == cudaErrorMemoryAllocation) {
        *memory = NULL;
        (void)cudaGetLastError(); /* reported here, and not again by the next call */
        return AMS_OK;
    }
    return code == cudaSuccess ? AMS_OK
                               : ams_cuda_failed(code, "allocating the run's memory", err);
}

/* Arrays [first, end) of the run, one after the other from `memory` on. */
static void point(ams_device_run *run, uint32_t first, uint32_t end, unsigned char *memory)
{
    for (uint32_t i = first; i < end; i++) {
        run->data[i] = memory + ams_layout_bytes(&run->layout, first, i);
        ams_layout_point(&run->layout, i, run->data[i], &run->view);
        AMS_GUARD((char *)run->data[i] + run->layout.array[i].bytes,
                  ams_layout_bytes(&run->layout, i, i + 1) - run->layout.array[i].bytes);
    }
}

static ams_status fill(const ams_device_run *run, uint32_t first, uint32_t end, ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t i = first; i < end; i++) {
        const ams_array *a = &run->layout.array[i];
        if (a->from != NULL) {
            AMS_CUDA_TRY(cudaMemcpy(run->data[i], a->from, a->bytes, cudaMemcpyHostToDevice),
                         "copying the run to the device");
        }
    }
out:
    return status;
}

/* -- environments -- */

static ams_device_env *find_env(const ams_device_batch *batch, const ams_env *env)
{
    ams_device_env *e = batch->envs;
    while (e != NULL && e->env != env) {
        e = e->next;
    }
    return e;
}

/* e->memory = NULL where there is too little. */
static ams_status make_env(ams_device_run *run, ams_error *err)
{
    ams_device_env *e = (ams_device_env *)calloc(1, sizeof *e);
    ams_status status = AMS_OK;
    if (e == NULL) {
        return ams_no_memory(err, sizeof *e, "an environment on the device");
    }
    e->env = run->trainer->env;
    e->next = run->batch->envs;
    run->batch->envs = e;
    run->env = e;
    e->uses = 1;
    AMS_TRY(take(ams_layout_bytes(&run->layout, 0, run->layout.first_own), &e->memory, err));
    if (e->memory != NULL) {
        point(run, 0, run->layout.first_own, e->memory);
        status = fill(run, 0, run->layout.first_own, err);
    }
out:
    return status;
}

static void leave_env(ams_device_run *run)
{
    ams_device_env *e = run->env;
    run->env = NULL;
    if (e == NULL || --e->uses > 0) {
        return;
    }
    ams_device_env **link = &run->batch->envs;
    while (*link != e) {
        link = &(*link)->next;
    }
    *link = e->next;
    if (e->memory != NULL) {
        (void)cudaFree(e->memory);
    }
    free(e);
}

/* -- a run -- */

static ams_status allocate(ams_device_run *run, size_t own, ams_error *err)
{
    const ams_layout *layout = &run->layout;
    ams_status status = AMS_OK;
    run->env = find_env(run->batch, run->trainer->env);
    if (run->env != NULL) {
        run->env->uses++;
        point(run, 0, layout->first_own, run->env->memory);
    } else {
        AMS_TRY(make_env(run, err));
    }
    if (run->env->memory == NULL) {
        goto out; /* reported by the caller */
    }
    AMS_TRY(take(own, &run->memory, err));
    if (run->memory != NULL) {
        AMS_CUDA_TRY(cudaMemset(run->memory, 0, own), "clearing the run's memory");
        point(run, layout->first_own, layout->n, run->memory);
    }
out:
    return status;
}

ams_status ams_device_allocate(ams_device_run *run, bool *fits, ams_error *err)
{
    const ams_layout *layout = &run->layout;
    const bool alone = run->batch->n == 0;
    const size_t own = ams_layout_bytes(layout, layout->first_own, layout->n);
    size_t bytes = own;
    size_t free_bytes = 0;
    size_t all_bytes = 0;
    ams_status status = AMS_OK;
    *fits = true;
    if (find_env(run->batch, run->trainer->env) == NULL) {
        bytes += ams_layout_bytes(layout, 0, layout->first_own);
    }
    AMS_CUDA_TRY(cudaMemGetInfo(&free_bytes, &all_bytes), "reading the device's memory");
    if (alone || ams_layout_fits(bytes, free_bytes)) {
        AMS_TRY(allocate(run, own, err));
    }
    if (run->memory == NULL) {
        *fits = false;
        status = no_room(run, bytes, free_bytes, err);
        status = alone ? status : AMS_OK;
    }
out:
    return status;
}

void ams_device_free(ams_device_run *run)
{
    if (run->memory != NULL) {
        (void)cudaFree(run->memory);
        run->memory = NULL;
    }
    leave_env(run);
}

ams_status ams_device_fill(ams_device_run *run, uint32_t first, ams_error *err)
{
    ams_status status = AMS_OK;
    ams_layout_before_load(run->trainer);
    AMS_TRY(fill(run, first, run->layout.n, err));
    AMS_CUDA_TRY(cudaDeviceSynchronize(), "filling the run's memory");
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
out:
    return status;
}

/* -- all runs -- */

void ams_device_unplace(ams_device_batch *batch)
{
    if (batch->views != NULL) {
        (void)cudaFree(batch->views);
    }
    if (batch->counts != NULL) {
        (void)cudaFree(batch->counts);
    }
    if (batch->host_count != NULL) {
        (void)cudaFreeHost(batch->host_count);
    }
    batch->views = NULL;
    batch->counts = NULL;
    batch->host_count = NULL;
    batch->views_room = 0;
}

static ams_status grow(ams_device_batch *batch, ams_error *err)
{
    const size_t room = batch->room;
    ams_status status = AMS_OK;
    ams_device_unplace(batch);
    AMS_CUDA_TRY(cudaMalloc((void **)&batch->views, room * sizeof *batch->views),
                 "allocating the runs' views");
    AMS_CUDA_TRY(cudaMalloc((void **)&batch->counts, room * sizeof *batch->counts),
                 "allocating the runs' counters");
    AMS_CUDA_TRY(cudaMallocHost((void **)&batch->host_count, room * sizeof *batch->host_count),
                 "allocating the runs' counters");
    batch->views_room = batch->room;
out:
    return status;
}

ams_status ams_device_place(ams_device_batch *batch, ams_error *err)
{
    ams_status status = AMS_OK;
    if (batch->views_room < batch->n) {
        AMS_TRY(grow(batch, err));
    }
    for (uint32_t r = 0; r < batch->n; r++) {
        ams_device_run *run = batch->run[r];
        run->at = r;
        run->data[run->layout.count] = batch->counts + r;
        run->view.count = batch->counts + r;
        AMS_CUDA_TRY(cudaMemcpyAsync(batch->views + r, &run->view, sizeof run->view,
                                     cudaMemcpyHostToDevice, batch->stream),
                     "writing the runs' views");
    }
    AMS_TRY(ams_device_write_counts(batch, err));
out:
    return status;
}

/* The host has taken the statistics out since. */
ams_status ams_device_write_counts(ams_device_batch *batch, ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t r = 0; r < batch->n; r++) {
        ams_layout_before_load(batch->run[r]->trainer);
        batch->host_count[r] = batch->run[r]->trainer->count;
    }
    AMS_CUDA_TRY(cudaMemcpyAsync(batch->counts, batch->host_count,
                                 batch->n * sizeof *batch->counts, cudaMemcpyHostToDevice,
                                 batch->stream),
                 "writing the counters");
out:
    return status;
}

ams_status ams_device_read_counts(ams_device_batch *batch, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_CUDA_TRY(cudaMemcpyAsync(batch->host_count, batch->counts,
                                 batch->n * sizeof *batch->counts, cudaMemcpyDeviceToHost,
                                 batch->stream),
                 "reading the counters");
    AMS_CUDA_TRY(cudaStreamSynchronize(batch->stream), "training");
    for (uint32_t r = 0; r < batch->n; r++) {
        batch->run[r]->trainer->count = batch->host_count[r];
        ams_layout_after_fetch(batch->run[r]->trainer);
    }
out:
    return status;
}
