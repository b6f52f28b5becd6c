/* A file that one process has at a time, for folders that no two may write. */
#ifndef AMS_BASE_LOCK_H
#define AMS_BASE_LOCK_H

#include "ams/status.h"

typedef enum ams_lock {
    AMS_LOCK_TAKEN,
    AMS_LOCK_IN_USE, /* another process has it */
    AMS_LOCK_NONE    /* the file system has no locks, as NFS without a lock daemon */
} ams_lock;

/* Tries to lock an open file, which stays locked until it is closed. *result is
 * AMS_LOCK_IN_USE only where another process has it.
 * @return AMS_IO with the system's reason for anything else; `path` is for the message. */
ams_status ams_lock_try(int fd, const char *path, ams_lock *result, ams_error *err);

#endif
