/* The device's steps on the host: a view of host memory, and its schedule worked off block by
 * block, lane by lane. */
#ifndef AMS_TESTS_CUDA_HOST_RUN_H
#define AMS_TESTS_CUDA_HOST_RUN_H

#include "cuda/layout.h"

#include <stdlib.h>

typedef struct host_run {
    ams_trainer *trainer;
    ams_view view;
    ams_layout layout;
    void *data[AMS_MOST_ARRAYS];
    ams_scratch scratch;
    unsigned char *shared;
} host_run;

/* As ck_assert, but good outside a test, too: the program ams_on_host has these steps. */
static inline void host_must(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Copies of the trainer's arrays; `lanes` to a block. Stops the test on failure. */
void host_run_open(host_run *run, ams_trainer *trainer, uint32_t lanes);
/* The same on the wide path, whatever the sizes. */
void host_run_open_wide(host_run *run, ams_trainer *trainer, uint32_t lanes);
/* n > 0 updates, after which the trainer has the counters. */
void host_run_update(host_run *run, uint64_t n);
/* The same of runs with the same launches, block by block in turn. */
void host_runs_update(host_run *const *run, size_t n_runs, uint64_t n);
/* The rest of the state into the trainer's arrays. */
void host_run_fetch(host_run *run);
void host_run_close(host_run *run);

/* The trainer's arrays, which have changed, into the run's. */
void host_run_load(host_run *run);
/* As ams_accelerator has it. */
void host_run_orders(host_run *run, uint8_t split, uint8_t *order);

#endif
