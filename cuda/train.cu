/* Training on the device: a run's state, and graphs of its updates. */
#include "cuda/host.cuh"

/* Updates a graph: its launch, some tens of microseconds, is shared by so many. */
enum { AMS_GRAPH_UPDATES = 64 };

static void destroy(void *state)
{
    ams_device_run *run = (ams_device_run *)state;
    if (run == NULL) {
        return;
    }
    /* Nothing is left that could be done about a failure here. */
    if (run->stream != NULL) {
        (void)cudaStreamSynchronize(run->stream);
    }
    if (run->one != NULL) {
        (void)cudaGraphExecDestroy(run->one);
    }
    if (run->many != NULL) {
        (void)cudaGraphExecDestroy(run->many);
    }
    ams_gemm_destroy(run->gemm);
    if (run->stream != NULL) {
        (void)cudaStreamDestroy(run->stream);
    }
    if (run->memory != NULL) {
        (void)cudaFree(run->memory);
    }
    free(run);
}

static ams_status launch_all(const ams_device_run *run, uint32_t updates, ams_error *err)
{
    ams_launch list[AMS_MOST_LAUNCHES];
    const uint32_t n = ams_layout_schedule(&run->view, list);
    ams_status status = AMS_OK;
    for (uint32_t u = 0; u < updates; u++) {
        for (uint32_t i = 0; i < n; i++) {
            AMS_TRY(ams_kernels_launch(run, &list[i], err));
        }
    }
out:
    return status;
}

static ams_status capture(ams_device_run *run, uint32_t updates, cudaGraphExec_t *exec,
                          ams_error *err)
{
    cudaGraph_t graph = NULL;
    cudaError_t ended;
    ams_status launched;
    ams_status status = AMS_OK;
    AMS_CUDA_TRY(cudaStreamBeginCapture(run->stream, cudaStreamCaptureModeThreadLocal),
                 "recording a graph");
    launched = launch_all(run, updates, err);
    ended = cudaStreamEndCapture(run->stream, &graph); /* also after a launch that failed */
    if (launched != AMS_OK) {
        status = launched;
        goto out;
    }
    AMS_CUDA_TRY(ended, "recording a graph");
    AMS_CUDA_TRY(cudaGraphInstantiate(exec, graph, 0), "making a graph");
out:
    if (graph != NULL) {
        (void)cudaGraphDestroy(graph);
    }
    return status;
}

static ams_status create(void **state, struct ams_trainer *trainer, ams_error *err)
{
    ams_cuda_device device;
    ams_device_run *run = NULL;
    ams_status status = AMS_OK;
    *state = NULL;
    AMS_TRY(ams_cuda_find(&device, err));
    run = (ams_device_run *)calloc(1, sizeof *run);
    if (run == NULL) {
        return ams_no_memory(err, sizeof *run, "a run on the device");
    }
    run->trainer = trainer;
    ams_layout_describe(trainer, &run->view, &run->layout);
    AMS_CUDA_TRY(cudaStreamCreateWithFlags(&run->stream, cudaStreamNonBlocking),
                 "making a stream");
    AMS_TRY(ams_kernels_prepare(run, err));
    AMS_TRY(ams_device_allocate(run, err));
    if (run->view.gemm) {
        AMS_TRY(ams_gemm_create(run, err));
    }
    AMS_TRY(ams_device_fill(run, 0, err));
    AMS_CUDA_TRY(cudaDeviceSynchronize(), "filling the run's memory");
    AMS_TRY(ams_kernels_begin(run, err));
    if (run->view.gemm) {
        AMS_TRY(ams_gemm_warm(run->gemm, &run->view, err));
    }
    AMS_TRY(capture(run, 1, &run->one, err));
    AMS_TRY(capture(run, AMS_GRAPH_UPDATES, &run->many, err));
    *state = run;
    run = NULL;
out:
    destroy(run);
    return status;
}

/* The acts that fill the replay before the first update, all but the one of that update. */
static ams_status warm_up(const ams_device_run *run, ams_error *err)
{
    ams_launch list[AMS_MOST_LAUNCHES];
    ams_status status = AMS_OK;
    ams_layout_schedule(&run->view, list);
    for (uint64_t left = ams_layout_acts(run->trainer) - 1; left > 0; left--) {
        for (uint32_t i = 0; i < AMS_ACT_LAUNCHES; i++) {
            AMS_TRY(ams_kernels_launch(run, &list[i], err));
        }
    }
out:
    return status;
}

static ams_status update(void *state, uint64_t n, ams_error *err)
{
    ams_device_run *run = (ams_device_run *)state;
    ams_status status = AMS_OK;
    if (n == 0) {
        return AMS_OK;
    }
    ams_layout_before_load(run->trainer);
    /* The host has taken the statistics out since. */
    AMS_CUDA_TRY(cudaMemcpyAsync(run->view.count, &run->trainer->count, sizeof(counters),
                                 cudaMemcpyHostToDevice, run->stream),
                 "writing the counters");
    AMS_TRY(warm_up(run, err));
    for (; n >= AMS_GRAPH_UPDATES; n -= AMS_GRAPH_UPDATES) {
        AMS_CUDA_TRY(cudaGraphLaunch(run->many, run->stream), "launching a graph");
    }
    for (; n > 0; n--) {
        AMS_CUDA_TRY(cudaGraphLaunch(run->one, run->stream), "launching a graph");
    }
    AMS_CUDA_TRY(cudaMemcpyAsync(&run->trainer->count, run->view.count, sizeof(counters),
                                 cudaMemcpyDeviceToHost, run->stream),
                 "reading the counters");
    AMS_CUDA_TRY(cudaStreamSynchronize(run->stream), "training");
    ams_layout_after_fetch(run->trainer);
out:
    return status;
}

static ams_status fetch(void *state, ams_error *err)
{
    return ams_device_fetch((ams_device_run *)state, err);
}

static ams_status load(void *state, ams_error *err)
{
    ams_device_run *run = (ams_device_run *)state;
    ams_status status = AMS_OK;
    AMS_TRY(ams_device_fill(run, (uint32_t)run->layout.first_loaded, err));
    AMS_CUDA_TRY(cudaDeviceSynchronize(), "filling the run's memory");
    AMS_TRY(ams_kernels_begin(run, err));
out:
    return status;
}

static ams_status orders(void *state, uint8_t split, uint8_t *order, ams_error *err)
{
    ams_device_run *run = (ams_device_run *)state;
    const ams_env *env = &run->view.env;
    ams_status status = AMS_OK;
    AMS_CUDA_TRY(cudaMemcpyAsync(run->view.scored, &split, sizeof split, cudaMemcpyHostToDevice,
                                 run->stream),
                 "choosing a split");
    AMS_TRY(ams_kernels_roll_out(run, err));
    AMS_CUDA_TRY(cudaMemcpyAsync(order, run->view.order, (size_t)env->n_items * env->n_models,
                                 cudaMemcpyDeviceToHost, run->stream),
                 "reading the orders");
    AMS_CUDA_TRY(cudaStreamSynchronize(run->stream), "scoring");
out:
    return status;
}

const ams_accelerator ams_cuda = {"cuda", create, update, orders, fetch, load, destroy};
