/* A device that trains in the CPU's place. rl/ does not know which there are: cli/ hands one
 * in.
 *
 * The trainer on the host stays the owner of the state's form: its arrays are what the device
 * begins with, and where the state comes back to for validation and checkpoints, which are the
 * same for CPU and device. */
#ifndef AMS_RL_ACCELERATOR_H
#define AMS_RL_ACCELERATOR_H

#include "base/status.h"

#include <stdint.h>

struct ams_trainer;

typedef struct ams_accelerator {
    const char *name;
    /* Borrows the trainer, whose arrays hold the state to begin with, until destroy.
     * @return AMS_BACKEND: no device, out of its memory; AMS_USAGE: options it does not take.
     */
    ams_status (*create)(void **state, struct ams_trainer *trainer, ams_error *err);
    /* n updates, each as ams_trainer_update; the trainer's counters are then up to date. */
    ams_status (*update)(void *state, uint64_t n, ams_error *err);
    /* order (N, M): in row i the order in which the weights as they are now, by the rule of the
     * key `decide`, would run all models on item i, for the items of `split` (ams_split); the
     * other rows are left as they were. */
    ams_status (*orders)(void *state, uint8_t split, uint8_t *order, ams_error *err);
    /* The whole state into the trainer's arrays. */
    ams_status (*fetch)(void *state, ams_error *err);
    /* The trainer's arrays, which have changed, to the device. */
    ams_status (*load)(void *state, ams_error *err);
    void (*destroy)(void *state); /* accepts NULL */
} ams_accelerator;

#endif
