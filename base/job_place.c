#include "base/job_place.h"

#include "ams/pool.h"
#include "base/number.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static bool number_of(const char *variable, uint64_t *value)
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
    if (!number_of(rank, &at) || !number_of(size, &of) || at >= of || of > UINT32_MAX) {
        return false;
    }
    (void)(here != NULL && number_of(here, &local));
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

uint32_t ams_job_processors(const ams_job_place *place)
{
    const uint32_t mine = ams_processors();
    const bool divided = (long)mine < sysconf(_SC_NPROCESSORS_ONLN);
    const uint32_t share = place->here > 1 && !divided ? mine / place->here : mine;
    return share > 0 ? share : 1;
}
