#include "base/lock.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>

ams_status ams_lock_try(int fd, const char *path, ams_lock *result, ams_error *err)
{
    int failed = 0;
    do {
        failed = flock(fd, LOCK_EX | LOCK_NB);
    } while (failed != 0 && errno == EINTR);
    *result = AMS_LOCK_TAKEN;
    if (failed == 0) {
        return AMS_OK;
    }
    if (errno == EWOULDBLOCK) {
        *result = AMS_LOCK_IN_USE;
        return AMS_OK;
    }
    if (errno == ENOLCK || errno == ENOSYS || errno == EOPNOTSUPP) {
        *result = AMS_LOCK_NONE;
        return AMS_OK;
    }
    return ams_fail(err, AMS_IO, "cannot lock %s: %s", path, strerror(errno));
}
