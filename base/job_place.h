/* The job of MPI or Slurm that started this process as one of several. */
#ifndef AMS_BASE_JOB_PLACE_H
#define AMS_BASE_JOB_PLACE_H

#include <stdint.h>

typedef struct ams_job_place {
    const char *launcher; /* "Open MPI", "PMI" or "Slurm"; NULL: none did; size is 1 then */
    uint32_t rank, size;
    uint32_t here; /* ranks on this machine; 0: not known */
} ams_job_place;
ams_job_place ams_job_place_of(void);

/* Processors for this process: its share of those that it may use, where the launcher has not
 * divided the machine already. At least 1. */
uint32_t ams_job_processors(const ams_job_place *place);

#endif
