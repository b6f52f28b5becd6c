#include "lab/bench/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Numbers of statfs(2). */
static const struct {
    uint32_t magic;
    const char *name;
} file_systems[] = {{0xEF53, "ext4"},       {0x58465342, "xfs"},     {0x9123683E, "btrfs"},
                    {0x01021994, "tmpfs"},  {0x794C7630, "overlay"}, {0x2FC12FC1, "zfs"},
                    {0x6969, "nfs"},        {0x0BD00BD0, "lustre"},  {0x47504653, "gpfs"},
                    {0x19830326, "beegfs"}, {0x00C36400, "ceph"},    {0xFF534D42, "cifs"},
                    {0xFE534D42, "smb"},    {0x65735546, "fuse"},    {0x01021997, "9p"}};

static void name_file_system(const char *folder, char *name, size_t size)
{
    struct statfs info;
    if (statfs(folder, &info) != 0) {
        snprintf(name, size, "unknown");
        return;
    }
    const uint32_t magic = (uint32_t)info.f_type;
    snprintf(name, size, "0x%08x", magic);
    for (size_t k = 0; k < sizeof file_systems / sizeof *file_systems; k++) {
        if (file_systems[k].magic == magic) {
            snprintf(name, size, "%s", file_systems[k].name);
        }
    }
}

static void read_mpirun(char *version, size_t size)
{
    version[0] = 0;
    /* NOLINTNEXTLINE(cert-env33-c): a fixed command, found as a user's shell finds it */
    FILE *pipe = popen("mpirun --version 2>/dev/null", "re");
    if (pipe == NULL) {
        return;
    }
    if (fgets(version, (int)size, pipe) == NULL) {
        version[0] = 0;
    }
    version[strcspn(version, "\n")] = 0;
    for (char rest[128]; fgets(rest, sizeof rest, pipe) != NULL;) {
    }
    if (pclose(pipe) != 0) {
        version[0] = 0;
    }
}

/* Whether a lock on one opening of a file keeps another one out. */
static bool flock_works(int fd, const char *path)
{
    const int other = open(path, O_RDWR | O_CLOEXEC);
    bool works = false;
    if (other >= 0) {
        works = flock(fd, LOCK_EX | LOCK_NB) == 0 && flock(other, LOCK_EX | LOCK_NB) != 0 &&
                errno == EWOULDBLOCK;
        close(other);
    }
    return works;
}

static void try_folder(const char *folder, ams_cluster_facts *facts)
{
    char path[4096];
    char second[4104];
    snprintf(path, sizeof path, "%.4000s/.ams-doctor-XXXXXX", folder);
    const int fd = mkstemp(path);
    if (fd < 0) {
        return;
    }
    facts->writable = true;
    facts->locks = flock_works(fd, path);
    snprintf(second, sizeof second, "%s.link", path);
    facts->links = link(path, second) == 0;
    unlink(second);
    unlink(path);
    close(fd);
}

ams_cluster_facts ams_cluster_gather(const char *folder)
{
    ams_cluster_facts facts = {.place = ams_job_place_of()};
    facts.processors = ams_job_processors(&facts.place);
    facts.launcher = ams_job_launcher_processors();
    facts.bound_short = ams_job_is_bound_short(&facts.place);
    read_mpirun(facts.mpirun, sizeof facts.mpirun);
    name_file_system(folder, facts.file_system, sizeof facts.file_system);
    try_folder(folder, &facts);
    return facts;
}
