/* The file of a Unix socket. */
#ifndef AMS_SERVE_SOCKET_H
#define AMS_SERVE_SOCKET_H

#include "ams/status.h"

#include <sys/types.h>

typedef struct ams_socket {
    int fd; /* listening, close-on-exec */
    const char *path;
    dev_t device; /* what lies at `path`, */
    ino_t inode;  /* so that it is removed only while it is this socket */
} ams_socket;

/* Listens at `path` (borrowed). The file has mode 0600 from its first moment on, and
 * is there only once connections are taken: who waits for it may connect. Until then the socket
 * is PATH.new. A socket that a dead server left there is replaced; one that somebody listens
 * on, and anything that is no socket, is not touched. Servers that start at the same time take
 * turns, by a lock on the folder, or PATH.held where the file system has none. @return
 * AMS_USAGE for a path that is too long, AMS_IO. */
ams_status ams_socket_listen(ams_socket *socket, const char *path, ams_error *err);
/* Removes the file; fd is the caller's to close, before or after. */
void ams_socket_remove(const ams_socket *socket);

#endif
