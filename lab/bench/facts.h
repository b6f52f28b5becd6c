/* What this program was built with and what the machine offers it: `ams doctor`. */
#ifndef AMS_LAB_BENCH_FACTS_H
#define AMS_LAB_BENCH_FACTS_H

#include "ams/cuda.h"
#include "ams/frame.h"
#include "lab/bench/cluster.h"
#include "rl/run/cpu_info.h"

#include <stdio.h>

typedef struct ams_facts {
    ams_cpu_info cpu;
    unsigned hdf5[3];
    const char *blas;
    long cores;
    double memory_gib;
    ams_cuda_device cuda;
    ams_error no_cuda;         /* why there is none; "" if there is one */
    char gnuplot[128];         /* "" if there is none */
    ams_cluster_facts cluster; /* of the folder that the process is in */
} ams_facts;

/* Asks the system, the libraries, `gnuplot --version` and `mpirun --version`. */
ams_facts ams_facts_gather(void);
/* The same as facts. @return AMS_BACKEND. */
ams_status ams_facts_result(const ams_facts *facts, ams_result *result, ams_error *err);
/* The same for people. */
void ams_facts_print(const ams_facts *facts, FILE *stream);

#endif
