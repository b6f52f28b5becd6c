/* Runs that a GPU trains together, in one process. */
#ifndef AMS_BATCH_H
#define AMS_BATCH_H

#include "ams/job.h"
#include "ams/progress.h"

#include <signal.h>
#include <sys/select.h> /* sigset_t, which <signal.h> keeps from strict C11 */

#ifdef __cplusplus
extern "C" {
#endif

/* Jobs of one batch; everything is borrowed. */
typedef struct ams_batch {
    ams_job *const *job; /* (n) */
    size_t n;
    size_t most;      /* jobs that the device trains at once, >= 1 */
    uint32_t device;  /* its number, where the jobs do not say one (device=cuda:N) */
    uint32_t devices; /* that train batches at a time, each in a process, >= 1 */
} ams_batch;

/* Gives each waiting job that asks for a GPU (device=cuda or auto) a batch, with numbers from 1
 * on: the same to those that can be trained together. Jobs whose options are refused get none:
 * trained by themselves they say so. Those of device=cuda:N have batches of their own. @return
 * the number of batches. */
uint32_t ams_batches_form(ams_job *const *job, size_t n);

/* How many devices there are, 0 to AMS_MOST_DEVICES. A child process asks, since a process that
 * has asked can fork none that uses them; *stopped and mask as of ams_children_run, and its
 * status. */
ams_status ams_batches_devices(const sigset_t *mask, int *stopped, uint32_t *n, ams_error *err);

/* Trains the jobs of a batch. Each has a log, to which goes what `ams train` would print. What
 * becomes of each goes to its `report`. Where device=auto means the CPU, each is reported as
 * AMS_JOB_WAITING, to be started by itself. `progress` hears what concerns the whole batch. */
void ams_batch_train(const ams_batch *batch, const volatile sig_atomic_t *stop,
                     const ams_progress *progress);

#ifdef __cplusplus
}
#endif
#endif
