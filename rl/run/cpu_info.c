#include "rl/run/cpu_info.h"

#include "rl/fast/fused_kernels.h"
#include "rl/net/blas.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* "model name : X" of /proc/cpuinfo; other architectures have no such line. */
static void read_name(char *name, size_t size)
{
    snprintf(name, size, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL && colon[1] == ' ') {
            colon[strcspn(colon, "\n")] = 0;
            snprintf(name, size, "%s", colon + 2);
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

static bool among(const char *kernel, const char *const *names)
{
    while (*names != NULL && strcasecmp(kernel, *names) != 0) {
        names++;
    }
    return *names != NULL;
}

static const char *better(const ams_cpu_info *info)
{
    static const char *const avx2[] = {"Haswell", "Zen", "Excavator", NULL};
    static const char *const older[] = {"Prescott",    "Core2",        "Penryn",     "Nehalem",
                                        "Opteron",     "Opteron_SSE3", "Barcelona",  "Atom",
                                        "Sandybridge", "Bulldozer",    "Piledriver", NULL};
    if (info->avx512f && (among(info->blas_kernel, avx2) || among(info->blas_kernel, older))) {
        return "SKYLAKEX";
    }
    return info->avx2 && info->fma && among(info->blas_kernel, older) ? "HASWELL" : NULL;
}

void ams_cpu_know(ams_cpu_info *info)
{
    *info = (ams_cpu_info){.blas_kernel = ams_blas_kernel(),
                           .vector_bits = ams_fused_kernels_here()->bits};
    read_name(info->name, sizeof info->name);
#if defined(__x86_64__) || defined(__i386__)
    __builtin_cpu_init();
    info->avx2 = __builtin_cpu_supports("avx2") != 0;
    info->fma = __builtin_cpu_supports("fma") != 0;
    info->avx512f = __builtin_cpu_supports("avx512f") != 0;
#endif
    info->better_kernel = better(info);
}
