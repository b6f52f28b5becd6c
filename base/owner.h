/* Who made a file that stands for a lock or a claim: a process, by what outlives it.
 *
 * A process is known by its number, and by when it began, since numbers are used again; both
 * mean something only within one boot of one machine, and one namespace of processes, as each
 * container has its own. */
#ifndef AMS_BASE_OWNER_H
#define AMS_BASE_OWNER_H

#include <stdbool.h>

enum { AMS_OWNER_NAME = 128 };

typedef struct ams_owner {
    long long pid;
    unsigned long long began; /* clock ticks since the machine's boot */
    char host[AMS_OWNER_NAME];
    char boot[AMS_OWNER_NAME];
    char space[AMS_OWNER_NAME];
} ams_owner;

/* The calling process. */
ams_owner ams_owner_self(void);
/* One line that ams_owner_read reads; negative: it could not be written. */
int ams_owner_write(int fd, const ams_owner *me);
/* False: the file is not there, or does not begin with such a line. */
bool ams_owner_read(const char *path, ams_owner *owner);
/* Whether that process is one that `me` can see: of the same machine, boot and namespace. */
bool ams_owner_here(const ams_owner *owner, const ams_owner *me);
/* Whether that process is seen to have ended; false where nobody can tell from `me`. */
bool ams_owner_gone(const ams_owner *owner, const ams_owner *me);

#endif
