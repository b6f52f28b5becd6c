#include "base/job_place.h"

#include "ams/pool.h"
#include "base/number.h"
#include "base/processors.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Processors that a process, 0: this one, is bound to; 0: not known. A quota is not that: ranks
 * of one machine share it. */
static uint32_t bound_to(pid_t pid)
{
    cpu_set_t set;
    return sched_getaffinity(pid, sizeof set, &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 0;
}

/* Whether a launcher or batch system has bound this process to some of the machine's. */
static bool is_bound(void)
{
    const uint32_t mine = bound_to(0);
    return mine > 0 && mine < sysconf(_SC_NPROCESSORS_ONLN);
}

/* What a process is called, as the system cuts it, and its parent; 0: it cannot be read. */
static pid_t parent_of(pid_t pid, char name[16])
{
    char path[64];
    char line[512] = "";
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    const char *begin = fgets(line, sizeof line, file) == NULL ? NULL : strchr(line, '(');
    const char *end = strrchr(line, ')'); /* a name may have brackets, too */
    fclose(file);
    if (begin == NULL || end == NULL || strlen(end) < sizeof ") S ") {
        return 0;
    }
    snprintf(name, 16, "%.*s", (int)(end - begin - 1), begin + 1);
    return (pid_t)strtol(end + sizeof ") S " - 1, NULL, 10);
}

static bool is_launcher(const char *name)
{
    static const char *const names[] = {"mpirun",        "mpiexec",         "orterun",
                                        "orted",         "prterun",         "prted",
                                        "mpiexec.hydra", "hydra_pmi_proxy", "slurmstepd"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        if (strncmp(name, names[k], 15) == 0) {
            return true;
        }
    }
    return false;
}

uint32_t ams_job_launcher_processors(void)
{
    enum { GENERATIONS = 8 }; /* scripts and shells stand between */
    char name[16] = "";
    pid_t pid = getppid();
    for (int k = 0; k < GENERATIONS && pid > 1; k++) {
        const pid_t parent = parent_of(pid, name);
        if (is_launcher(name)) {
            return bound_to(pid);
        }
        pid = parent;
    }
    return 0;
}

bool ams_job_is_bound_short(const ams_job_place *place)
{
    const uint32_t mine = bound_to(0);
    return place->here > 0 && mine > 0 && mine < ams_job_launcher_processors() / place->here;
}

/* What all ranks of the machine have together, at most, is a control group's quota. */
static uint32_t share_of(uint32_t all, uint32_t here)
{
    const double quota = ceil(ams_own_quota());
    return (quota < all ? (uint32_t)quota : all) / here;
}

uint32_t ams_job_processors(const ams_job_place *place)
{
    const uint32_t mine = ams_processors();
    uint64_t given = 0;
    if (ams_job_number("SLURM_CPUS_PER_TASK", &given) && given > 0 && given < mine) {
        return (uint32_t)given;
    }
    if (place->here <= 1) {
        return mine;
    }
    const uint32_t all = ams_job_launcher_processors();
    uint32_t share = mine;
    if (all > 0) {
        share = share_of(all, place->here);
    } else if (!is_bound()) {
        share = mine / place->here;
    }
    share = share < mine ? share : mine;
    return share > 0 ? share : 1;
}
