#include "base/lock.h"

#include "base/memory.h"
#include "base/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 20 };
/* Who only asks whether a file is locked (ams_lock_in_use) has it for microseconds. */
enum { LOOKS = 20, LOOK_NS = 5000000 };

static ams_status with_end(char **joined, const char *path, const char *end, ams_error *err)
{
    const size_t size = strlen(path) + strlen(end) + 1;
    *joined = malloc(size);
    if (*joined == NULL) {
        return ams_no_memory(err, size, "a path");
    }
    snprintf(*joined, size, "%s%s", path, end);
    return AMS_OK;
}

/* *fd -1: it is there already. The text is short enough to be written at once; a reader that
 * comes between finds an empty file, which it takes for one in use. */
static ams_status make(const char *held, const ams_owner *me, int *fd, ams_error *err)
{
    *fd = open(held, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (*fd < 0) {
        return errno == EEXIST
                   ? AMS_OK
                   : ams_fail(err, AMS_IO, "cannot make %s: %s", held, strerror(errno));
    }
    if (ams_owner_write(*fd, me) < 0) {
        ams_status status = ams_fail(err, AMS_IO, "cannot write %s: %s", held, strerror(errno));
        (void)unlink(held);
        close(*fd);
        *fd = -1;
        return status;
    }
    return AMS_OK;
}

/* Removes `held` if it is still that of a process that is gone, or, where `elsewhere` is known
 * to be gone, too, of one that cannot be seen from here. Only who has made HELD.taking does so:
 * else the second of two could remove what the first has just made. */
static ams_status remove_stale(const char *held, const ams_owner *me, bool elsewhere,
                               ams_error *err)
{
    char *taking = NULL;
    int fd = -1;
    ams_owner owner;
    ams_status status = with_end(&taking, held, ".taking", err);
    if (status == AMS_OK) {
        status = make(taking, me, &fd, err);
    }
    if (fd >= 0) {
        const bool known = ams_owner_read(held, &owner);
        if ((known && ams_owner_gone(&owner, me)) ||
            (elsewhere && !(known && ams_owner_here(&owner, me)))) {
            (void)unlink(held);
        }
        (void)unlink(taking);
        close(fd);
    }
    free(taking);
    return status;
}

static void say_by(const char *held, const ams_owner *owner, const ams_owner *me,
                   ams_lock *result)
{
    if (owner->pid == 0) {
        snprintf(result->by, sizeof result->by,
                 "another process, as %.120s says; if there is none, remove that file", held);
    } else if (ams_owner_gone(owner, me)) { /* one that took over was killed in that moment */
        snprintf(result->by, sizeof result->by,
                 "a process that takes over what a killed one left; if there is none, remove "
                 "%.120s and %.120s.taking",
                 held, held);
    } else {
        snprintf(result->by, sizeof result->by, "process %lld on %.60s, as %.120s says%s",
                 owner->pid, owner->host, held,
                 strcmp(owner->host, me->host) == 0 && strcmp(owner->boot, me->boot) == 0
                     ? ""
                     : "; if that has ended, remove the file");
    }
}

/* Makes PATH.held, or says who has it. */
static ams_status hold(const char *path, int *fd, ams_lock *result, ams_error *err)
{
    char *held = NULL;
    ams_owner owner = {.pid = 0};
    const ams_owner me = ams_owner_self();
    ams_status status = AMS_OK;
    *fd = -1;
    AMS_TRY(with_end(&held, path, ".held", err));
    for (int i = 0; i < TRIES && *fd < 0; i++) {
        AMS_TRY(make(held, &me, fd, err));
        if (*fd >= 0 || (ams_owner_read(held, &owner) && !ams_owner_gone(&owner, &me))) {
            break;
        }
        AMS_TRY(remove_stale(held, &me, false, err));
    }
    result->state = *fd >= 0 ? AMS_LOCK_HELD_FILE : AMS_LOCK_IN_USE;
    if (*fd < 0) {
        say_by(held, &owner, &me, result);
    }
out:
    free(held);
    return status;
}

/* 0, or -1 with errno. */
static int lock_soon(int fd, int kind)
{
    const struct timespec pause = {.tv_nsec = LOOK_NS};
    int failed = flock(fd, kind | LOCK_NB);
    for (int i = 0; i < LOOKS && failed != 0 && (errno == EINTR || errno == EWOULDBLOCK); i++) {
        (void)nanosleep(&pause, NULL);
        failed = flock(fd, kind | LOCK_NB);
    }
    return failed;
}

ams_status ams_lock_file(int fd, const char *path, int *held, ams_lock *result, ams_error *err)
{
    const int failed = lock_soon(fd, LOCK_EX);
    *held = -1;
    *result = (ams_lock){.state = AMS_LOCK_TAKEN, .by = "another process"};
    if (failed == 0) {
        return AMS_OK;
    }
    if (errno == EWOULDBLOCK) {
        result->state = AMS_LOCK_IN_USE;
        return AMS_OK;
    }
    if (errno == ENOLCK || errno == ENOSYS || errno == EOPNOTSUPP) {
        return hold(path, held, result, err);
    }
    return ams_fail(err, AMS_IO, "cannot lock %s: %s", path, strerror(errno));
}

ams_status ams_lock_open(int *fd, const char *path, bool inherited, ams_lock *result,
                         ams_error *err)
{
    int held = -1;
    *fd = open(path, O_RDWR | O_CREAT | (inherited ? 0 : O_CLOEXEC), 0666);
    if (*fd < 0) {
        return ams_fail(err, AMS_IO, "cannot open %s: %s", path, strerror(errno));
    }
    ams_status status = ams_lock_file(*fd, path, &held, result, err);
    if (status != AMS_OK || result->state != AMS_LOCK_TAKEN) {
        close(*fd);
        *fd = held;
    }
    return status;
}

ams_status ams_lock_share(int *fd, const char *path, ams_lock *result, ams_error *err)
{
    *result = (ams_lock){.state = AMS_LOCK_TAKEN, .by = "another process"};
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*fd < 0) {
        return ams_fail(err, AMS_IO, "cannot open %s: %s", path, strerror(errno));
    }
    if (lock_soon(*fd, LOCK_SH) != 0) {
        result->state = errno == EWOULDBLOCK ? AMS_LOCK_IN_USE : AMS_LOCK_TAKEN;
        close(*fd);
        *fd = -1;
    }
    return AMS_OK;
}

bool ams_lock_in_use(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) { /* of another user, for example */
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    const int refusal = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    const bool unknown = refusal == ENOLCK || refusal == ENOSYS || refusal == EOPNOTSUPP;
    bool held = false;
    char *name = NULL;
    if (fd >= 0) {
        close(fd);
    }
    if (unknown && with_end(&name, path, ".held", NULL) == AMS_OK) {
        ams_owner owner;
        const ams_owner me = ams_owner_self();
        held = access(name, F_OK) == 0 &&
               !(ams_owner_read(name, &owner) && ams_owner_gone(&owner, &me));
    }
    free(name);
    return held || refusal == EWOULDBLOCK;
}

void ams_lock_close(int fd, const char *path)
{
    char *held = NULL;
    struct stat mine;
    struct stat there;
    ams_owner owner;
    if (fd < 0) {
        return;
    }
    /* Of a process that was forked while the parent had it: only the parent gives it back. */
    if (with_end(&held, path, ".held", NULL) == AMS_OK && fstat(fd, &mine) == 0 &&
        stat(held, &there) == 0 && mine.st_dev == there.st_dev && mine.st_ino == there.st_ino &&
        ams_owner_read(held, &owner) && owner.pid == getpid()) {
        (void)unlink(held);
    }
    free(held);
    close(fd);
}

void ams_lock_forget(const char *path)
{
    char *held = NULL;
    if (with_end(&held, path, ".held", NULL) == AMS_OK && access(held, F_OK) == 0) {
        const ams_owner me = ams_owner_self();
        (void)remove_stale(held, &me, true, NULL);
    }
    free(held);
}

/* Over what is there in one write, so that a reader finds one owner or the other. */
void ams_lock_adopt(int fd)
{
    static const char begin[] = "process ";
    char text[sizeof begin] = "";
    const ams_owner me = ams_owner_self();
    const ssize_t n = pread(fd, text, sizeof text - 1, 0);
    if (n == (ssize_t)sizeof text - 1 && strcmp(text, begin) == 0 &&
        lseek(fd, 0, SEEK_SET) == 0) {
        const int length = ams_owner_write(fd, &me);
        if (length > 0) {
            (void)!ftruncate(fd, length);
        }
    }
}
