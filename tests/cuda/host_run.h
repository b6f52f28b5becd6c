/* The device's steps on the host: a view of host memory, and its schedule worked off block by
 * block, lane by lane. */
#ifndef AMS_TESTS_CUDA_HOST_RUN_H
#define AMS_TESTS_CUDA_HOST_RUN_H

#include "cuda/layout.h"

typedef struct host_run {
    ams_trainer *trainer;
    ams_view view;
    ams_layout layout;
    void *data[AMS_MOST_ARRAYS];
    ams_scratch scratch;
    unsigned char *shared;
} host_run;

/* Copies of the trainer's arrays; `lanes` to a block. Stops the test on failure. */
void host_run_open(host_run *run, ams_trainer *trainer, uint32_t lanes);
/* The same on the wide path, whatever the sizes. */
void host_run_open_wide(host_run *run, ams_trainer *trainer, uint32_t lanes);
void host_run_update(host_run *run, uint64_t n);
/* The state into the trainer's arrays. */
void host_run_fetch(host_run *run);
void host_run_close(host_run *run);

/* The same behind the seam of rl/accelerator.h. */
extern const ams_accelerator host_accelerator;
extern const ams_accelerator host_wide_accelerator;

#endif
