/* A file that one process has at a time, for folders that no two may write.
 *
 * It is locked by flock. Where the file system has no such locks, as NFS without a lock daemon
 * or Lustre mounted without them, PATH.held stands for the lock: a file that one process alone
 * can make (O_EXCL), and that says who has it. What a process that was killed left there is
 * taken over by the next one on the same machine, which sees that the process is gone. Of
 * another machine nobody can see that from here: the message says so, and PATH.held is then to
 * be removed by hand. */
#ifndef AMS_BASE_LOCK_H
#define AMS_BASE_LOCK_H

#include "ams/status.h"

#include <stdbool.h>

typedef enum ams_lock_state {
    AMS_LOCK_TAKEN,
    AMS_LOCK_HELD_FILE, /* taken, but PATH.held stands for the lock */
    AMS_LOCK_IN_USE     /* another process has it */
} ams_lock_state;

enum { AMS_LOCK_BY = 400 };
typedef struct ams_lock {
    ams_lock_state state;
    /* IN_USE: who has it, to follow "in use by": "another process", or what PATH.held says, and
     * what to do about it. */
    char by[AMS_LOCK_BY];
} ams_lock;

/* Opens and locks `path`, which is made where it is not there; its folder is. *fd is to be
 * given back by ams_lock_close, and -1 unless the lock is taken. A child process has the lock,
 * too, if it is to be inherited: of what flock gives, until the last of them ends.
 * @return AMS_IO with the system's reason. */
ams_status ams_lock_open(int *fd, const char *path, bool inherited, ams_lock *result,
                         ams_error *err);
/* The same for one of many that work together: all of them, and nobody who has it alone. Where
 * the file system has no locks nobody is kept out, and *fd is -1. */
ams_status ams_lock_share(int *fd, const char *path, ams_lock *result, ams_error *err);
/* fd may be -1. */
void ams_lock_close(int fd, const char *path);

/* Whether another process has the lock of a file that is there; takes nothing. Who takes the
 * lock in that moment gets it. */
bool ams_lock_in_use(const char *path);

/* Removes PATH.held, for whoever has seen by other means that its process ended on another
 * machine. That of a process that lives on this one is kept. */
void ams_lock_forget(const char *path);
/* In a process that was forked with the lock's descriptor: PATH.held, where it stands for the
 * lock, says from now on that this process has it. What flock gives needs no such word. */
void ams_lock_adopt(int fd);

/* The same for a file or folder that is open already, whose closing gives the lock back.
 * `path`: for messages, and PATH.held. *held is the descriptor of that file, to be given to
 * ams_lock_close; -1 where the file system has locks. */
ams_status ams_lock_file(int fd, const char *path, int *held, ams_lock *result, ams_error *err);

#endif
