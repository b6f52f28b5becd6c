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

/* Processors that the launcher on this machine may use: it is not bound when its ranks are, so
 * that these are what they have together. 0: none of the processes above this one is a launcher
 * (mpirun, or what it or srun starts on each machine). */
uint32_t ams_job_launcher_processors(void);
/* Whether this process is bound to fewer processors than its share of the launcher's. Open MPI
 * binds one or two ranks to a processor each, whatever the machine has; `mpirun --bind-to none`
 * lets them share all. Slurm's request and a quota, which that would not change, do not count.
 */
bool ams_job_is_bound_short(const ams_job_place *place);
/* Processors for this process, at least 1: those that it may use (ams_processors), no more than
 * SLURM_CPUS_PER_TASK, and no more than its share of the launcher's where several ranks are on
 * the machine. Without a launcher its own are shared, unless it is bound to some of them. */
uint32_t ams_job_processors(const ams_job_place *place);

#endif
