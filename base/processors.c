/* How many processors this process may use. */
#include "base/processors.h"

#include "ams/pool.h"
#include "base/file.h"

#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROUP_PATH = 4096 };

/* FOLDER/FILE as a text; false: there is none. */
static bool read_value(const char *folder, const char *file, char value[64])
{
    char path[GROUP_PATH + 64];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *stream = fopen(path, "re");
    const bool read = stream != NULL && fgets(value, 64, stream) != NULL;
    if (stream != NULL) {
        fclose(stream);
    }
    return read;
}

/* "max 100000" and "150000 100000" of version 2; a file each in version 1, where -1 is none. */
static double quota_of(const char *folder)
{
    char text[64];
    char period[64];
    double quota = 0;
    double each = 0;
    if (read_value(folder, "cpu.max", text)) {
        char *rest = text;
        quota = strtod(text, &rest); /* "max" is no number: none */
        each = strtod(rest, NULL);
    } else if (read_value(folder, "cpu.cfs_quota_us", text) &&
               read_value(folder, "cpu.cfs_period_us", period)) {
        quota = strtod(text, NULL);
        each = strtod(period, NULL);
    }
    return quota > 0 && each > 0 ? quota / each : (double)INFINITY;
}

/* The group at `path` below `mount`, and all above it: each may take at most what its own say.
 */
static double least_quota(const char *mount, const char *path)
{
    char folder[GROUP_PATH];
    double least = (double)INFINITY;
    const size_t root = strlen(mount);
    if (snprintf(folder, sizeof folder, "%s%s", mount, path) >= (int)sizeof folder) {
        return least;
    }
    for (;;) {
        const double quota = quota_of(folder);
        char *slash = strrchr(folder + root, '/');
        least = quota < least ? quota : least;
        if (slash == NULL) {
            return least;
        }
        *slash = '\0';
    }
}

/* Whether a list between commas has the word "cpu". */
static bool has_cpu(const char *list, size_t length)
{
    for (const char *at = list; at < list + length; at += strcspn(at, ",") + 1) {
        size_t n = strcspn(at, ",");
        const size_t left = (size_t)(list + length - at);
        n = n < left ? n : left;
        if (n == 3 && strncmp(at, "cpu", 3) == 0) {
            return true;
        }
    }
    return false;
}

/* Lines "0::/path" of version 2, "4:cpu,cpuacct:/path" of version 1, which is mounted at
 * ROOT/cpu,cpuacct. In a container the path may be one of outside: then the mounted root is its
 * own group. */
double ams_quota(const char *groups, const char *root)
{
    double least = (double)INFINITY;
    for (const char *line = groups; *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        const char *list = memchr(line, ':', length);
        const char *path = list == NULL ? NULL : strchr(list + 1, ':');
        if (path != NULL && path < line + length) {
            char mount[GROUP_PATH];
            char group[GROUP_PATH];
            const int n = (int)(path - list - 1);
            snprintf(mount, sizeof mount, "%s%s%.*s", root, n > 0 ? "/" : "", n, list + 1);
            snprintf(group, sizeof group, "%.*s", (int)(line + length - path - 1), path + 1);
            group[strcmp(group, "/") == 0 ? 0 : strlen(group)] = '\0';
            if (n == 0 || has_cpu(list + 1, (size_t)n)) {
                const double quota = least_quota(mount, group);
                least = quota < least ? quota : least;
            }
        }
        line += length + (line[length] == '\n');
    }
    return least;
}

double ams_own_quota(void)
{
    char *groups = NULL;
    size_t size = 0;
    double quota = (double)INFINITY;
    if (ams_read_file("/proc/self/cgroup", 1 << 16, &groups, &size, NULL) == AMS_OK) {
        quota = ams_quota(groups, "/sys/fs/cgroup");
    }
    free(groups);
    return quota;
}

uint32_t ams_processors(void)
{
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    const double quota = ceil(ams_own_quota());
    double mine = online > 0 ? (double)online : 1;
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) {
        mine = CPU_COUNT(&set);
    }
    mine = quota < mine ? quota : mine;
    return mine >= 1 ? (uint32_t)mine : 1;
}
