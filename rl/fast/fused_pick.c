#include "rl/fast/fused_kernels.h"

const ams_fused_kernels *ams_fused_kernels_here(void)
{
#ifdef AMS_FUSED_FAMILY
    /* What rl/CMakeLists.txt compiles them for. */
    __builtin_cpu_init();
    if (__builtin_cpu_supports("bmi")) {
        if (__builtin_cpu_supports("avx512f")) {
            return &ams_fused_kernels_avx512;
        }
        if (__builtin_cpu_supports("avx2")) {
            return &ams_fused_kernels_avx2;
        }
    }
#endif
    return &ams_fused_kernels_built;
}
