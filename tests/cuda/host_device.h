/* The device's steps on the host, as a device of include/ams/accelerator.h. */
#ifndef AMS_TESTS_CUDA_HOST_DEVICE_H
#define AMS_TESTS_CUDA_HOST_DEVICE_H

#include "ams/accelerator.h"

#include <stddef.h>

extern const ams_accelerator host_accelerator;
extern const ams_accelerator host_wide_accelerator; /* the wide path, whatever the sizes */

/* What a test lets happen to it, and sees of it. */
typedef struct host_faults {
    size_t room;      /* runs it has memory for; 0: any number */
    uint64_t updates; /* it fails when asked for more than so many calls of update; 0: never */
    size_t most;      /* runs it had at once */
    uint64_t calls;   /* of update */
} host_faults;
extern host_faults host_fault;

#endif
