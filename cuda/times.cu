/* The time of each launch of an update, between two events. */
#include "cuda/host.cuh"

/* (AMS_MOST_LAUNCHES + 1) events, of which launch i stands between i and i + 1; and the times
 * of each launch (rounds) after each other. */
typedef struct watch {
    cudaEvent_t event[AMS_MOST_LAUNCHES + 1];
    uint32_t made, rounds;
    float *ms;
} watch;

static const char *name_of(ams_work work)
{
    static const char *const names[] = {
        "act",   "draw",    "branch",   "learn", "gemm", "gradient", "clip",  "step",
        "first", "forward", "activate", "value", "loss", "backward", "slope", "bias"};
    static_assert(sizeof names / sizeof *names == AMS_WORK_BIAS + 1, "a name for each work");
    return names[work];
}

static ams_status begin(watch *w, uint32_t launches, uint32_t rounds, ams_error *err)
{
    ams_status status = AMS_OK;
    w->rounds = rounds;
    w->ms = (float *)calloc((size_t)launches * rounds, sizeof *w->ms);
    if (w->ms == NULL) {
        return ams_no_memory(err, (size_t)launches * rounds * sizeof *w->ms, "times");
    }
    for (; w->made <= launches; w->made++) {
        AMS_CUDA_TRY(cudaEventCreate(&w->event[w->made]), "making an event");
    }
out:
    return status;
}

static void end(watch *w)
{
    /* Nothing is left that could be done about a failure here. */
    for (uint32_t i = 0; i < w->made; i++) {
        (void)cudaEventDestroy(w->event[i]);
    }
    free(w->ms);
}

static ams_status time_update(const ams_device_batch *batch, watch *w, uint32_t launches,
                              uint32_t round, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_CUDA_TRY(cudaEventRecord(w->event[0], batch->stream), "recording an event");
    for (uint32_t i = 0; i < launches; i++) {
        AMS_TRY(ams_kernels_launch(batch, 0, batch->n, i, err));
        AMS_CUDA_TRY(cudaEventRecord(w->event[i + 1], batch->stream), "recording an event");
    }
    AMS_CUDA_TRY(cudaStreamSynchronize(batch->stream), "timing an update");
    for (uint32_t i = 0; i < launches; i++) {
        AMS_CUDA_TRY(cudaEventElapsedTime(&w->ms[(size_t)i * w->rounds + round], w->event[i],
                                          w->event[i + 1]),
                     "reading an event");
    }
out:
    return status;
}

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a;
    const float y = *(const float *)b;
    return x < y ? -1 : x > y;
}

extern "C" ams_status ams_cuda_time_launches(struct ams_trainer *trainer, uint32_t threads,
                                             uint32_t rounds, ams_cuda_launch *launch,
                                             uint32_t *n, ams_error *err)
{
    const ams_device_run *run = (const ams_device_run *)trainer->on_device;
    ams_device_batch *batch = run->batch;
    const bool overlaps = batch->overlaps;
    ams_launch list[AMS_MOST_LAUNCHES];
    watch w = {};
    ams_status status = AMS_OK;
    *n = ams_layout_schedule(&run->view, list);
    batch->overlaps = false;
    batch->threads = threads;
    AMS_TRY(ams_device_use(batch->number, err));
    AMS_TRY(begin(&w, *n, rounds, err));
    AMS_TRY(ams_device_write_counts(batch, err));
    for (uint32_t r = 0; r < rounds; r++) {
        AMS_TRY(time_update(batch, &w, *n, r, err));
    }
    AMS_TRY(ams_device_read_counts(batch, err));
    for (uint32_t i = 0; i < *n; i++) {
        float *ms = w.ms + (size_t)i * rounds;
        qsort(ms, rounds, sizeof *ms, ascending);
        launch[i] = {name_of(list[i].work), list[i].blocks, 1e3 * (double)ms[rounds / 2]};
    }
out:
    batch->overlaps = overlaps;
    batch->threads = 0;
    end(&w);
    return status;
}
