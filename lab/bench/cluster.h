/* What makes this machine one of many: MPI, the job, the file system. Part of `ams doctor`. */
#ifndef AMS_LAB_BENCH_CLUSTER_H
#define AMS_LAB_BENCH_CLUSTER_H

#include "base/job_place.h"

#include <stdbool.h>

typedef struct ams_cluster_facts {
    char mpirun[128];     /* what `mpirun --version` says first; "" if there is none */
    ams_job_place place;  /* of this process in a job */
    uint32_t processors;  /* for this process */
    uint32_t launcher;    /* processors of what started the job here; 0: not known */
    bool bound_short;     /* ams_job_is_bound_short */
    char file_system[32]; /* of the folder: "ext4", "nfs", or its number */
    bool writable;        /* a file could be made there; else the rest is false */
    bool locks, links;    /* flock(2) keeps others out; link(2) works */
} ams_cluster_facts;

/* Asks `mpirun --version`, the environment and the file system; makes two files in the folder
 * and removes them. */
ams_cluster_facts ams_cluster_gather(const char *folder);

#endif
