/* A device that trains in the CPU's place, one run or many together. rl/ does not know which
 * there are: lab/training hands one in.
 *
 * The trainer on the host stays the owner of the state's form: its arrays are what the device
 * begins with, and where the state comes back to for validation and checkpoints, which are the
 * same for CPU and device. */
#ifndef AMS_ACCELERATOR_H
#define AMS_ACCELERATOR_H

#include "ams/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ams_trainer;

typedef struct ams_accelerator {
    const char *name;
    /* Device `number` of those that there are, without runs. @return AMS_BACKEND: there is
     * none; AMS_USAGE: there are fewer. */
    ams_status (*open)(void **device, uint32_t number, ams_error *err);
    /* Lets it train one more run, whose arrays hold the state to begin with; borrows the
     * trainer until `remove`. *run = NULL, and the reason in err, where it has to wait for
     * the runs that are there to leave: there is no room, or they are of another shape.
     * @return AMS_BACKEND: out of its memory, though it has no other run; AMS_USAGE: options it
     * does not take. */
    ams_status (*add)(void *device, struct ams_trainer *trainer, void **run, ams_error *err);
    /* n updates of every run, each as ams_trainer_update; the trainers' counters are then up to
     * date. A run's bits do not depend on the runs beside it. */
    ams_status (*update)(void *device, uint64_t n, ams_error *err);
    /* order (N, M): in row i the order in which the weights as they are now, by the rule of the
     * key `decide`, would run all models on item i, for the items of `split` (ams_split); the
     * other rows hold nothing that means anything. */
    ams_status (*orders)(void *run, uint8_t split, uint8_t *order, ams_error *err);
    /* The rest of the state into the trainer's arrays. */
    ams_status (*fetch)(void *run, ams_error *err);
    /* The trainer's arrays, which have changed, to the device. */
    ams_status (*load)(void *run, ams_error *err);
    void (*remove)(void *run);   /* accepts NULL */
    void (*close)(void *device); /* after its last run was removed; accepts NULL */
    uint32_t number;             /* what ams_device_open gives to `open` */
} ams_accelerator;

#ifdef __cplusplus
}
#endif
#endif
