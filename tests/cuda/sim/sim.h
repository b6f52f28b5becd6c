/* What the simulator's files share. */
#ifndef SIM_H
#define SIM_H

#include <cuda_runtime.h>

#include <functional>
#include <stdint.h>
#include <vector>

/* An environment variable's number. */
unsigned long sim_setting(const char *name, unsigned long otherwise);
bool sim_verbose(void); /* SIM_VERBOSE */
[[noreturn]] void sim_stop(const char *what);
uint32_t sim_random(uint32_t n); /* below n, by SIM_SEED */
cudaError_t sim_fail(cudaError_t code);
/* Counts a call of the runtime; the one that SIM_FAIL_AT names fails, with SIM_FAIL_CODE, and
 * with SIM_LOST all calls after it. */
bool sim_refused(const char *name, cudaError_t *code);
/* The same of a call that releases something, which is gone even if it fails. */
cudaError_t sim_released(const char *name);
#define SIM_CALL(name)                                                                         \
    do {                                                                                       \
        cudaError_t code_;                                                                     \
        if (sim_refused(name, &code_)) {                                                       \
            return code_;                                                                      \
        }                                                                                      \
    } while (0)

/* -- kernels -- */

typedef struct sim_kernel {
    const char *name;
    sim_invoke *invoke;
    size_t first, second; /* bytes of its arguments */
    int most_dynamic;     /* bytes of shared memory that a launch may ask for */
    bool loaded;          /* a kernel is loaded when it is first asked for */
} sim_kernel;
sim_kernel *sim_find_kernel(const void *code); /* NULL: there is none */

typedef struct sim_launch {
    const void *code;
    const sim_kernel *kernel;
    dim3 grid, block;
    std::vector<char> first, second; /* the arguments, aligned by the allocator */
    size_t dynamic;
    bool overlaps; /* may begin while the one before it ends */
} sim_launch;
/* All blocks, on SIM_WORKERS threads. */
void sim_run(const sim_launch *launch);
void sim_print_launches(void); /* how many so far */
/* The launch to come waits for a copy or the like. */
void sim_note_copy(void);

/* The lanes of a block at a time. early: all that they know of until they wait for the launch
 * before theirs; NULL: they know of everything. */
struct sim_worker;
sim_worker *sim_new_worker(void);
void sim_run_block(sim_worker *worker, const sim_launch *launch, const char *early,
                   uint32_t index);
void sim_print_blocks(void); /* how many, and barriers, so far */

/* Whether nobody waits at this place: SIM_SKIP=FUNCTION:FILE:LINE:NUMBER takes one out, and
 * SIM_SKIP=FUNCTION the first one of a function, for tests of the tests. */
bool sim_skips(sim_site *site);
/* SIM_SITES=FILE: the places that were reached, and in which case first. */
void sim_list_sites(void);

/* -- memory -- */

enum sim_kind { SIM_PAGEABLE, SIM_PINNED, SIM_DEVICE };
/* Of all of the range; stops the program where it leaves its allocation. */
sim_kind sim_kind_of(const void *memory, size_t bytes);
size_t sim_used(void);
size_t sim_allocations(void); /* that were not freed, page-locked ones included */
size_t sim_total(void);       /* SIM_MEMORY_MB */

/* -- streams -- */

typedef std::function<void()> sim_work;
/* To the end of the stream, or into the graph that is being recorded of it. NULL: the legacy
 * stream. */
cudaError_t sim_put(cudaStream_t stream, sim_work work);
void sim_drain(cudaStream_t stream);
void sim_drain_all(void); /* all that are not being recorded */
bool sim_recording(cudaStream_t stream);
size_t sim_live(void); /* streams, graphs and events that were not destroyed */
/* What may not be called while a graph is recorded makes that graph no good. */
bool sim_breaks_graph(const char *name);
#define SIM_UNSAFE(name)                                                                       \
    do {                                                                                       \
        SIM_CALL(name);                                                                        \
        if (sim_breaks_graph(name)) {                                                          \
            return sim_fail(cudaErrorStreamCaptureUnsupported);                                \
        }                                                                                      \
    } while (0)

#endif
