/* Streams and graphs. What is put into a stream is done when somebody waits for it, or at once,
 * or at a random time (SIM_EAGER=0, 1, 2), since a program may rely on none of them. */
#include "sim.h"

#include <algorithm>
#include <memory>
#include <stdio.h>
#include <time.h>

struct sim_graph {
    std::vector<sim_work> work;
};

struct sim_stream {
    std::vector<sim_work> work;
    sim_graph *graph = NULL; /* that is recorded of it */
    bool broken = false;
    bool draining = false;
};

/* What is still to be done when an event is destroyed keeps its time. */
struct sim_event {
    std::shared_ptr<double> ms = std::make_shared<double>(0);
};

static size_t live; /* graphs and events */

static sim_stream legacy;
static sim_stream *recording;

static std::vector<sim_stream *> *streams(void)
{
    static std::vector<sim_stream *> *all = new std::vector<sim_stream *>;
    return all;
}

void sim_drain(cudaStream_t stream)
{
    sim_stream *s = stream == NULL ? &legacy : stream;
    if (s->draining) {
        sim_stop("work of a stream waits for that stream");
    }
    s->draining = true;
    for (size_t i = 0; i < s->work.size(); i++) {
        s->work[i]();
    }
    s->work.clear();
    s->draining = false;
}

void sim_drain_all(void)
{
    sim_drain(NULL);
    for (sim_stream *s : *streams()) {
        if (s->graph == NULL) {
            sim_drain(s);
        }
    }
}

size_t sim_live(void)
{
    return streams()->size() + live;
}

bool sim_recording(cudaStream_t stream)
{
    return stream != NULL && stream->graph != NULL;
}

bool sim_breaks_graph(const char *name)
{
    if (recording != NULL) {
        fprintf(stderr, "sim: %s while a graph is recorded\n", name);
        recording->broken = true;
    }
    return recording != NULL;
}

cudaError_t sim_put(cudaStream_t stream, sim_work work)
{
    static const unsigned long eager = sim_setting("SIM_EAGER", 2);
    sim_stream *s = stream == NULL ? &legacy : stream;
    if (s->graph != NULL) {
        s->graph->work.push_back(std::move(work));
        return cudaSuccess;
    }
    s->work.push_back(std::move(work));
    if (eager == 1 || (eager == 2 && sim_random(4) == 0)) {
        sim_drain(s);
    }
    return cudaSuccess;
}

extern "C" {

cudaError_t sim_enqueue(cudaStream_t stream, void (*work)(void *), const void *argument,
                        size_t bytes)
{
    auto copy = std::make_shared<std::vector<char>>((const char *)argument,
                                                    (const char *)argument + bytes);
    return sim_put(stream, [=] { work(copy->data()); });
}

cudaError_t cudaDeviceSynchronize(void)
{
    SIM_UNSAFE("cudaDeviceSynchronize");
    sim_drain_all();
    return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned)
{
    SIM_UNSAFE("cudaStreamCreateWithFlags");
    *stream = new sim_stream;
    streams()->push_back(*stream);
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    const cudaError_t code = sim_released("cudaStreamDestroy");
    sim_drain(stream);
    streams()->erase(std::find(streams()->begin(), streams()->end(), stream));
    delete stream;
    return code;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
    SIM_CALL("cudaStreamSynchronize");
    if (sim_recording(stream)) {
        stream->broken = true;
        return sim_fail(cudaErrorStreamCaptureUnsupported);
    }
    sim_drain(stream);
    return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode)
{
    SIM_CALL("cudaStreamBeginCapture");
    stream->graph = new sim_graph;
    stream->broken = false;
    recording = stream;
    return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph)
{
    sim_graph *recorded = stream->graph;
    stream->graph = NULL;
    recording = NULL;
    *graph = NULL;
    cudaError_t code = cudaSuccess;
    if (sim_refused("cudaStreamEndCapture", &code) || stream->broken) {
        delete recorded;
        return code != cudaSuccess ? code : sim_fail(cudaErrorStreamCaptureInvalidated);
    }
    *graph = recorded;
    live++;
    return cudaSuccess;
}

/* SIM_GRAPH_NODES: what the memory of the device would still hold. */
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long)
{
    SIM_CALL("cudaGraphInstantiate");
    if (sim_verbose()) {
        fprintf(stderr, "sim: a graph of %zu nodes\n", graph->work.size());
    }
    if (graph->work.size() > sim_setting("SIM_GRAPH_NODES", 8192)) {
        return sim_fail(cudaErrorMemoryAllocation);
    }
    *exec = new sim_graph(*graph);
    live++;
    return cudaSuccess;
}

static cudaError_t destroy(const char *name, sim_graph *graph)
{
    const cudaError_t code = sim_released(name);
    delete graph;
    live--;
    return code;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
    return destroy("cudaGraphDestroy", graph);
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec)
{
    return destroy("cudaGraphExecDestroy", exec);
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream)
{
    SIM_CALL("cudaGraphLaunch");
    for (const sim_work &work : exec->work) {
        (void)sim_put(stream, work);
    }
    return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t *event)
{
    SIM_UNSAFE("cudaEventCreate");
    *event = new sim_event;
    live++;
    return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    const cudaError_t code = sim_released("cudaEventDestroy");
    delete event;
    live--;
    return code;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    SIM_CALL("cudaEventRecord");
    const std::shared_ptr<double> ms = event->ms;
    return sim_put(stream, [ms] {
        timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        *ms = 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
    });
}

cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t begin, cudaEvent_t end)
{
    SIM_CALL("cudaEventElapsedTime");
    *ms = (float)(*end->ms - *begin->ms);
    return cudaSuccess;
}
}
