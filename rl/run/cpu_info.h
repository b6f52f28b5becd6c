/* The processor at hand, and whether OpenBLAS makes full use of it. */
#ifndef AMS_RL_RUN_CPU_INFO_H
#define AMS_RL_RUN_CPU_INFO_H

#include "ams/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ams_cpu_info {
    char name[128]; /* as the system reports it, "unknown" where it does not */
    bool avx2, fma, avx512f;
    uint32_t vector_bits;    /* of the kernels that train on it (rl/fast/fused_kernels.h) */
    const char *blas_kernel; /* that OpenBLAS chose */
    /* OpenBLAS knows processors by family, and falls back to kernels of narrower registers for
     * families that are younger than itself. What OPENBLAS_CORETYPE should say; NULL where the
     * choice is as good as can be known. */
    const char *better_kernel;
} ams_cpu_info;

void ams_cpu_know(ams_cpu_info *info);

#endif
