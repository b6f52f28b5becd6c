/* Training on the device: the runs of a batch, and graphs of their updates. One run is a batch
 * of one. */
#include "cuda/host.cuh"

extern "C" {
#include "cuda/rolls.h"
}

/* -- graphs -- */

static void forget_graphs(ams_device_batch *batch)
{
    for (int g = 0; g < AMS_GRAPHS; g++) {
        if (batch->graph[g] != NULL) {
            (void)cudaGraphExecDestroy(batch->graph[g]);
        }
        batch->graph[g] = NULL;
        batch->graph_updates[g] = 0;
    }
    batch->recorded = false;
}

static ams_status launch_all(const ams_device_batch *batch, uint32_t updates, ams_error *err)
{
    ams_launch list[AMS_MOST_LAUNCHES];
    const uint32_t n = ams_layout_schedule(&batch->run[0]->view, list);
    ams_status status = AMS_OK;
    for (uint32_t u = 0; u < updates; u++) {
        for (uint32_t i = 0; i < n; i++) {
            AMS_TRY(ams_kernels_launch(batch, 0, batch->n, i, err));
        }
    }
out:
    return status;
}

static ams_status capture(ams_device_batch *batch, uint32_t updates, cudaGraphExec_t *exec,
                          ams_error *err)
{
    cudaGraph_t graph = NULL;
    cudaError_t ended;
    ams_status launched;
    ams_status status = AMS_OK;
    AMS_CUDA_TRY(cudaStreamBeginCapture(batch->stream, cudaStreamCaptureModeThreadLocal),
                 "recording a graph");
    launched = launch_all(batch, updates, err);
    ended = cudaStreamEndCapture(batch->stream, &graph); /* also after a launch that failed */
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

/* -- the batch -- */

/* Views as the runs are now. Counters are the trainers' between two updates. */
static ams_status place_once(ams_device_batch *batch, ams_error *err)
{
    ams_status status = AMS_OK;
    if (!batch->placed) {
        AMS_TRY(ams_device_place(batch, err));
        batch->placed = true;
    }
out:
    return status;
}

/* A graph's launch, some microseconds of the host, is shared by its updates. The middle size
 * keeps those after the last large graph from being as many launches. */
static ams_status record(ams_device_batch *batch, ams_error *err)
{
    const uint32_t most = ams_layout_graph_updates(&batch->run[0]->view, batch->n);
    const uint32_t updates[AMS_GRAPHS] = {most, most > 8 ? 8U : 0, most > 1 ? 1U : 0};
    ams_status status = AMS_OK;
    if (batch->recorded) {
        return AMS_OK;
    }
    forget_graphs(batch);
    for (int g = 0; g < AMS_GRAPHS; g++) {
        if (updates[g] > 0) {
            AMS_TRY(capture(batch, updates[g], &batch->graph[g], err));
            batch->graph_updates[g] = updates[g];
        }
    }
    batch->recorded = true;
out:
    return status;
}

static void close_batch(void *device)
{
    ams_device_batch *batch = (ams_device_batch *)device;
    if (batch == NULL) {
        return;
    }
    /* Nothing is left that could be done about a failure here. */
    (void)ams_device_use(batch->number, NULL);
    if (batch->stream != NULL) {
        (void)cudaStreamSynchronize(batch->stream);
    }
    forget_graphs(batch);
    ams_gemm_destroy(batch->gemm);
    ams_device_unplace(batch);
    if (batch->stream != NULL) {
        (void)cudaStreamDestroy(batch->stream);
    }
    free(batch->run);
    free(batch);
}

static ams_status open_batch(void **device, uint32_t number, ams_error *err)
{
    ams_cuda_device found;
    ams_device_batch *batch = NULL;
    ams_status status = AMS_OK;
    *device = NULL;
    AMS_TRY(ams_cuda_find(number, &found, err));
    batch = (ams_device_batch *)calloc(1, sizeof *batch);
    if (batch == NULL) {
        return ams_no_memory(err, sizeof *batch, "the runs on the device");
    }
    batch->number = number;
    AMS_TRY(ams_kernels_overlap(&found, &batch->overlaps, err));
    AMS_TRY(ams_roll_prepare(&batch->most_rolled, err));
    AMS_CUDA_TRY(cudaStreamCreateWithFlags(&batch->stream, cudaStreamNonBlocking),
                 "making a stream");
    *device = batch;
    batch = NULL;
out:
    close_batch(batch);
    return status;
}

/* -- its runs -- */

static ams_status append(ams_device_batch *batch, ams_device_run *run, ams_error *err)
{
    if (batch->n == batch->room) {
        const uint32_t room = batch->room == 0 ? 1 : 2 * batch->room;
        ams_device_run **more =
            (ams_device_run **)realloc(batch->run, room * sizeof(ams_device_run *));
        if (more == NULL) {
            return ams_no_memory(err, room * sizeof(ams_device_run *),
                                 "the runs on the device");
        }
        batch->run = more;
        batch->room = room;
    }
    run->at = batch->n;
    batch->run[batch->n++] = run;
    batch->shared = run->shared > batch->shared ? run->shared : batch->shared;
    batch->placed = false;
    batch->recorded = false;
    return AMS_OK;
}

static void drop(ams_device_run *run)
{
    ams_device_batch *batch = run->batch;
    uint32_t kept = 0;
    batch->shared = 0;
    for (uint32_t r = 0; r < batch->n; r++) {
        ams_device_run *other = batch->run[r];
        if (other != run) {
            batch->run[kept++] = other;
            batch->shared = other->shared > batch->shared ? other->shared : batch->shared;
        }
    }
    if (kept < batch->n) {
        batch->n = kept;
        batch->placed = false;
        batch->recorded = false;
    }
}

static void remove_run(void *state)
{
    ams_device_run *run = (ams_device_run *)state;
    if (run == NULL) {
        return;
    }
    (void)ams_device_use(run->batch->number, NULL);
    (void)cudaStreamSynchronize(run->stream); /* a failure was reported by what was launched */
    drop(run);
    ams_device_free(run);
    free(run);
}

/* Else it waits for them to end, like one that there is no room for. */
static bool same_launches(const ams_device_run *run, ams_error *err)
{
    const ams_device_batch *batch = run->batch;
    const bool same = batch->n == 0 || ams_layout_alike(&batch->run[0]->view, &run->view);
    if (!same) {
        (void)ams_fail(err, AMS_USAGE, "its updates are made of other launches than theirs");
    }
    return same;
}

/* One cuBLAS for all: a stream does one thing after the other. */
static ams_status begin_gemm(ams_device_run *run, ams_error *err)
{
    ams_device_batch *batch = run->batch;
    ams_status status = AMS_OK;
    if (!run->view.gemm) {
        return AMS_OK;
    }
    run->gemm = batch->gemm;
    if (run->gemm == NULL) {
        AMS_TRY(ams_gemm_create(run, err));
        batch->gemm = run->gemm;
    }
    AMS_TRY(ams_gemm_warm(run->gemm, &run->view, err));
out:
    if (batch->gemm == NULL) {
        ams_gemm_destroy(run->gemm); /* half made */
        run->gemm = NULL;
    }
    return status;
}

static ams_status add(void *device, struct ams_trainer *trainer, void **state, ams_error *err)
{
    ams_device_batch *batch = (ams_device_batch *)device;
    ams_device_run *run = (ams_device_run *)calloc(1, sizeof *run);
    bool fits = false;
    ams_status status = AMS_OK;
    *state = NULL;
    if (run == NULL) {
        return ams_no_memory(err, sizeof *run, "a run on the device");
    }
    run->batch = batch;
    run->trainer = trainer;
    run->stream = batch->stream;
    AMS_TRY(ams_device_use(batch->number, err));
    ams_layout_describe(trainer, &run->view, &run->layout);
    if (!same_launches(run, err)) {
        goto out;
    }
    AMS_TRY(ams_kernels_prepare(run, err));
    AMS_TRY(ams_device_allocate(run, &fits, err));
    if (!fits) {
        goto out;
    }
    AMS_TRY(append(batch, run, err));
    AMS_TRY(place_once(batch, err));
    AMS_TRY(ams_device_fill(run, run->layout.first_own, err));
    AMS_TRY(ams_kernels_begin(batch, run->at, err));
    AMS_TRY(begin_gemm(run, err));
    *state = run;
    run = NULL;
out:
    remove_run(run);
    return status;
}

/* One act of the runs that have not acted as often as they have to: neighbours of them
 * together, which are all runs where they began at once. *any: there was one. */
static ams_status act_once(const ams_device_batch *batch, uint64_t done, bool *any,
                           ams_error *err)
{
    ams_status status = AMS_OK;
    *any = false;
    for (uint32_t first = 0, end = 0; first < batch->n; first = end + 1) {
        for (end = first; end < batch->n; end++) {
            if (done + 1 >= ams_layout_acts(batch->run[end]->trainer)) {
                break;
            }
        }
        for (uint32_t i = 0; end > first && i < AMS_ACT_LAUNCHES; i++) {
            AMS_TRY(ams_kernels_launch(batch, first, end, i, err));
        }
        *any = *any || end > first;
    }
out:
    return status;
}

/* The acts that fill a replay before its first update, all but the one of that update. */
static ams_status warm_up(const ams_device_batch *batch, ams_error *err)
{
    bool any = true;
    ams_status status = AMS_OK;
    for (uint64_t done = 0; status == AMS_OK && any; done++) {
        status = act_once(batch, done, &any, err);
    }
    return status;
}

static ams_status update(void *device, uint64_t n, ams_error *err)
{
    ams_device_batch *batch = (ams_device_batch *)device;
    ams_status status = AMS_OK;
    if (n == 0 || batch->n == 0) {
        return AMS_OK;
    }
    AMS_TRY(ams_device_use(batch->number, err));
    AMS_TRY(place_once(batch, err));
    AMS_TRY(record(batch, err));
    AMS_TRY(ams_device_write_counts(batch, err));
    AMS_TRY(warm_up(batch, err));
    for (int g = 0; g < AMS_GRAPHS; g++) {
        const uint32_t updates = batch->graph_updates[g];
        for (; updates > 0 && n >= updates; n -= updates) {
            AMS_CUDA_TRY(cudaGraphLaunch(batch->graph[g], batch->stream), "launching a graph");
        }
    }
    AMS_TRY(ams_device_read_counts(batch, err));
out:
    return status;
}

static ams_status fetch(void *state, ams_error *err)
{
    ams_device_run *run = (ams_device_run *)state;
    ams_status status = ams_device_use(run->batch->number, err);
    return status == AMS_OK ? ams_device_fetch(run, err) : status;
}

static ams_status load(void *state, ams_error *err)
{
    ams_device_run *run = (ams_device_run *)state;
    ams_status status = AMS_OK;
    AMS_TRY(ams_device_use(run->batch->number, err));
    AMS_TRY(place_once(run->batch, err));
    AMS_TRY(ams_device_fill(run, run->layout.first_loaded, err));
    AMS_TRY(ams_kernels_begin(run->batch, run->at, err));
out:
    return status;
}

static ams_status orders(void *state, uint8_t split, uint8_t *order, ams_error *err)
{
    ams_device_run *run = (ams_device_run *)state;
    const ams_env *env = &run->view.env;
    ams_roll roll;
    ams_status status = AMS_OK;
    AMS_TRY(ams_device_use(run->batch->number, err));
    ams_roll_of_view(&run->view, (ams_split)split, &roll);
    AMS_TRY(ams_roll_launch(&roll, run->batch->most_rolled, run->stream, err));
    AMS_CUDA_TRY(cudaMemcpyAsync(order, run->view.order, (size_t)env->n_items * env->n_models,
                                 cudaMemcpyDeviceToHost, run->stream),
                 "reading the orders");
    AMS_CUDA_TRY(cudaStreamSynchronize(run->stream), "scoring");
out:
    return status;
}

const ams_accelerator ams_cuda = {"cuda", open_batch, add,        update,      orders,
                                  fetch,  load,       remove_run, close_batch, 0};
