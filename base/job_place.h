/* The job of MPI or Slurm that started this process as one of several. */
#ifndef AMS_BASE_JOB_PLACE_H
#define AMS_BASE_JOB_PLACE_H

#include <stdbool.h>
#include <stdint.h>

/* A variable of the environment as a number; false: it is missing or is none. */
bool ams_job_number(const char *variable, uint64_t *value);

typedef struct ams_job_place {
    const char *launcher; /* "Open MPI", "PMI" or "Slurm"; NULL: none did; size is 1 then */
    uint32_t rank, size;
    uint32_t here; /* ranks on this machine; 0: not known */
} ams_job_place;
ams_job_place ams_job_place_of(void);

/* Processors for this process, at least 1: those that it may use (ams_processors), no more than
 * SLURM_CPUS_PER_TASK, and its share of them where several ranks are on the machine and none is
 * bound to processors of its own. */
uint32_t ams_job_processors(const ams_job_place *place);

#endif
