#include "base/job_place.h"

#include "ams/pool.h"
#include "base/number.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

bool ams_job_number(const char *variable, uint64_t *value)
{
    const char *text = getenv(variable);
    return text != NULL && ams_parse_u64(text, value);
}

static bool is_in(ams_job_place *place, const char *launcher, const char *rank,
                  const char *size, const char *here)
{
    uint64_t at = 0;
    uint64_t of = 0;
    uint64_t local = 0;
    if (!ams_job_number(rank, &at) || !ams_job_number(size, &of) || at >= of ||
        of > UINT32_MAX) {
        return false;
    }
    (void)(here != NULL && ams_job_number(here, &local));
    *place = (ams_job_place){.launcher = launcher, .rank = (uint32_t)at, .size = (uint32_t)of};
    place->here = local <= of ? (uint32_t)local : 0;
    return true;
}

ams_job_place ams_job_place_of(void)
{
    ams_job_place place = {.size = 1, .here = 1};
    (void)(is_in(&place, "Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
                 "OMPI_COMM_WORLD_LOCAL_SIZE") ||
           is_in(&place, "PMI", "PMI_RANK", "PMI_SIZE", NULL) ||
           is_in(&place, "Slurm", "SLURM_PROCID", "SLURM_NTASKS", NULL));
    return place;
}

/* Whether a launcher or batch system has bound this process to some of the processors. A quota
 * is not that: ranks of one machine share it. */
static bool is_bound(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 &&
           CPU_COUNT(&set) < sysconf(_SC_NPROCESSORS_ONLN);
}

uint32_t ams_job_processors(const ams_job_place *place)
{
    const uint32_t mine = ams_processors();
    uint64_t given = 0;
    if (ams_job_number("SLURM_CPUS_PER_TASK", &given) && given > 0 && given < mine) {
        return (uint32_t)given;
    }
    const uint32_t share = place->here > 1 && !is_bound() ? mine / place->here : mine;
    return share > 0 ? share : 1;
}
