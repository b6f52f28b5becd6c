/* Included before every file of cuda/: gaps between arrays, which the address sanitizer
 * watches. */
#ifndef SIM_GUARD_H
#define SIM_GUARD_H

#include <stddef.h>

#ifdef __cplusplus
extern "C"
#endif
    void
    sim_guard(void *from, size_t bytes);

#define AMS_GAP 16
#ifdef __cplusplus
#define AMS_GUARD(from, bytes) sim_guard((void *)(from), bytes)
#else
#define AMS_GUARD(from, bytes) ((void)0)
#endif

#endif
