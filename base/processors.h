/* How many processors a control group gives. */
#ifndef AMS_BASE_PROCESSORS_H
#define AMS_BASE_PROCESSORS_H

/* The least quota of the group and those above it, in processors (1.5 is one and a half);
 * INFINITY where there is none, or it cannot be read. groups: what /proc/self/cgroup says of a
 * process; root: where the groups are mounted, /sys/fs/cgroup. Both versions of cgroups. */
double ams_quota(const char *groups, const char *root);
/* The same of this process. */
double ams_own_quota(void);

#endif
