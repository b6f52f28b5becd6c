/* Before a file of kernels: the headers that are the host's alone, and then those macros that
 * make the rest the device's. */
#ifndef SIM_DEVICE_H
#define SIM_DEVICE_H

#include <Random123/philox.h>
#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* To the thread sanitizer atomic writes are no race. */
#define AMS_PUT_SAME(to, value)                                                                \
    do {                                                                                       \
        __typeof__(*(to)) same_ = (value);                                                     \
        __atomic_store((to), &same_, __ATOMIC_RELAXED);                                        \
    } while (0)

#define __CUDACC__ 1
#define __CUDA_ARCH__ 900

#include <cuda_runtime.h>

#endif
