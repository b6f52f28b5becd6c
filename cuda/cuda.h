/* The CUDA backend as the rest of the project sees it: C, without a CUDA header. Where the
 * program was built without the toolkit, none.c stands behind it and says so. */
#ifndef AMS_CUDA_CUDA_H
#define AMS_CUDA_CUDA_H

#include "base/status.h"
#include "rl/accelerator.h"

typedef struct ams_cuda_device {
    char name[256];
    int major, minor;        /* compute capability */
    int runtime, driver;     /* CUDA versions, as 1000 major + 10 minor */
    int processors;          /* streaming multiprocessors */
    double memory_gib;       /* of the device */
    unsigned long long free; /* bytes, now */
} ams_cuda_device;

/* The device that training uses: the first that CUDA_VISIBLE_DEVICES shows.
 * @return AMS_BACKEND with the reason: not built, no driver, no device, too old a device. */
ams_status ams_cuda_find(ams_cuda_device *device, ams_error *err);

/* Trains where ams_cuda_find finds a device; create fails with its message elsewhere. */
extern const ams_accelerator ams_cuda;

#endif
