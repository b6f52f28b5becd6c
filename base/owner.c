/* Who made a file: a process of one machine. */
#include "base/owner.h"

#include "base/number.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME = AMS_OWNER_NAME };

static void first_word(const char *path, char word[NAME])
{
    FILE *file = fopen(path, "re");
    word[0] = '\0';
    if (file != NULL) {
        if (fscanf(file, "%127s", word) != 1) {
            word[0] = '\0';
        }
        fclose(file);
    }
}

/* Field 22 of /proc/PID/stat. The second, a name in parentheses, may hold anything; the third
 * says whether it has ended and nobody has waited for it yet.
 * @return false: there is no such process. */
static bool begin_of(long long pid, unsigned long long *began)
{
    char path[64];
    char text[1024];
    snprintf(path, sizeof path, "/proc/%lld/stat", pid);
    FILE *file = fopen(path, "re");
    size_t n = file == NULL ? 0 : fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    if (file != NULL) {
        fclose(file);
    }
    const char *at = strrchr(text, ')');
    const bool ended = at != NULL && (strncmp(at, ") Z", 3) == 0 || strncmp(at, ") X", 3) == 0);
    for (int field = 2; at != NULL && field < 22; field++) {
        at = strchr(at + 1, ' ');
    }
    *began = at == NULL ? 0 : strtoull(at + 1, NULL, 10);
    return at != NULL && !ended;
}

ams_owner ams_owner_self(void)
{
    ams_owner me = {.pid = getpid()};
    (void)begin_of(me.pid, &me.began);
    if (gethostname(me.host, sizeof me.host - 1) != 0 || me.host[0] == '\0') {
        snprintf(me.host, sizeof me.host, "?");
    }
    first_word("/proc/sys/kernel/random/boot_id", me.boot);
    ssize_t n = readlink("/proc/self/ns/pid", me.space, sizeof me.space - 1);
    me.space[n < 0 ? 0 : n] = '\0';
    return me;
}

bool ams_owner_read(const char *held, ams_owner *owner)
{
    char pid[NAME] = "";
    char began[NAME] = "";
    uint64_t number[2] = {0, 0};
    FILE *file = fopen(held, "re");
    *owner = (ams_owner){.pid = 0};
    const bool read =
        file != NULL &&
        fscanf(file, "process %127s began %127s host %127s boot %127s space %127s", pid, began,
               owner->host, owner->boot, owner->space) == 5 &&
        ams_parse_u64(pid, &number[0]) && ams_parse_u64(began, &number[1]) && number[0] > 0 &&
        number[0] <= INT_MAX;
    if (file != NULL) {
        fclose(file);
    }
    owner->pid = read ? (long long)number[0] : 0;
    owner->began = number[1];
    return read;
}

bool ams_owner_here(const ams_owner *owner, const ams_owner *me)
{
    return strcmp(owner->host, me->host) == 0 && strcmp(owner->boot, me->boot) == 0 &&
           strcmp(owner->space, me->space) == 0 && me->boot[0] != '\0';
}

bool ams_owner_gone(const ams_owner *owner, const ams_owner *me)
{
    unsigned long long began = 0;
    return ams_owner_here(owner, me) &&
           (!begin_of(owner->pid, &began) || began != owner->began);
}

int ams_owner_write(int fd, const ams_owner *me)
{
    return dprintf(fd, "process %lld began %llu host %s boot %s space %s\n", me->pid, me->began,
                   me->host, me->boot[0] == '\0' ? "?" : me->boot,
                   me->space[0] == '\0' ? "?" : me->space);
}
