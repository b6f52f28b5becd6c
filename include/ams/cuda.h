/* The CUDA backend in C, without a CUDA header. Where the library was built without the
 * toolkit, every function fails with a message that says so. */
#ifndef AMS_CUDA_H
#define AMS_CUDA_H

#include "ams/accelerator.h"
#include "ams/env.h"
#include "ams/policy_file.h"
#include "ams/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_cuda_device {
    char name[256];
    int major, minor;        /* compute capability */
    int runtime, driver;     /* CUDA versions, as 1000 major + 10 minor */
    int processors;          /* streaming multiprocessors */
    double memory_gib;       /* of the device */
    double flop;             /* fp32 operations per second, by its clock: no measurement */
    unsigned long long free; /* bytes, now */
} ams_cuda_device;

/* How many devices there are, of those that CUDA_VISIBLE_DEVICES shows. A process that asks can
 * fork no child that uses them.
 * @return AMS_BACKEND with the reason where there is none. */
ams_status ams_cuda_count(uint32_t *n, ams_error *err);
/* Device `number` of them, from 0 on. It becomes the calling thread's.
 * @return AMS_BACKEND with the reason: not built, no driver, no device, too old a device;
 * AMS_USAGE: there are fewer. */
ams_status ams_cuda_find(uint32_t number, ams_cuda_device *device, ams_error *err);

/* Trains where ams_cuda_find finds a device; create fails with its message elsewhere. */
extern const ams_accelerator ams_cuda;

/* -- what each launch of an update takes -- */

enum { AMS_CUDA_MOST_LAUNCHES = 128 };

typedef struct ams_cuda_launch {
    const char *work; /* static: act, draw, ... as cuda/layout.h lists them */
    uint32_t blocks;  /* that the work has; 1 for products by cuBLAS */
    double us;        /* median, from one event to the next on the device */
} ams_cuda_launch;

/* Times the launches of `rounds` updates of a trainer that ams_cuda trains and that has made an
 * update. Blocks have so many threads (whole warps; at most 256), or 0: as they have them in
 * training; those of the wide path stay as they are. Each launch waits for the one before it.
 * launch (AMS_CUDA_MOST_LAUNCHES): n of them. The updates count, and the trainer goes on after
 * them.
 * @return AMS_BACKEND: the device fails. */
ams_status ams_cuda_time_launches(struct ams_trainer *trainer, uint32_t threads,
                                  uint32_t rounds, ams_cuda_launch *launch, uint32_t *n,
                                  ams_error *err);

/* -- greedy roll-outs of trained policies -- */

typedef struct ams_cuda_policy {
    const ams_net *net; /* read by create alone */
    ams_decide decide;
} ams_cuda_policy;

typedef struct ams_cuda_roller ams_cuda_roller;

/* The weights of n policies, which device `number` keeps.
 * @return as ams_cuda_find; AMS_BACKEND: out of its memory. */
ams_status ams_cuda_roller_create(ams_cuda_roller **roller, uint32_t number,
                                  const ams_cuda_policy *policy, uint32_t n, ams_error *err);
/* In what order policies run all models on the items of a split. env (n): the environment of
 * each, all of one table, such as the next part of a file; NULL: not this policy now. order:
 * for each of the others (N items, M models); rows of other splits are 0. One sequence of
 * launches, a wait at its end.
 * @return AMS_BACKEND, AMS_BAD_DATA where a network does not fit its environment. */
ams_status ams_cuda_roll(ams_cuda_roller *roller, const ams_env *const *env, ams_split split,
                         uint8_t *order, ams_error *err);
void ams_cuda_roller_destroy(ams_cuda_roller *roller); /* accepts NULL */

#ifdef __cplusplus
}
#endif
#endif
