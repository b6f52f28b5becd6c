#include "serve/socket.h"

#include "base/lock.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 1024, LOCK_TRIES = 100, LOCK_WAIT_MS = 50, MODE = 0600, MODES = 0777 };

/* What a socket is called until somebody listens on it: PATH and this. */
static const char BEING_MADE[] = ".new";

/* @param path,suffix the address is PATH and SUFFIX */
static ams_status name_it(struct sockaddr_un *address, const char *path, const char *suffix,
                          ams_error *err)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    const size_t most = sizeof address->sun_path - sizeof BEING_MADE;
    if (path[0] == '\0' || strlen(path) > most) {
        return ams_fail(err, AMS_USAGE,
                        "%s: expected a path of 1 to %zu bytes, found %zu; give a shorter one, "
                        "or start in that folder",
                        path, most, strlen(path));
    }
    snprintf(address->sun_path, sizeof address->sun_path, "%s%s", path, suffix);
    return AMS_OK;
}

/* The folder while it is locked. */
typedef struct socket_turn {
    int fd, held; /* of base/lock.h; -1: none */
} socket_turn;

static void end_turn(const socket_turn *turn, const char *path)
{
    ams_lock_close(turn->held, path);
    if (turn->fd >= 0) {
        close(turn->fd);
    }
}

/* The folder, locked: between finding a dead socket and replacing it, no other server may do
 * the same. To be followed by end_turn. */
static ams_status take_turn(socket_turn *turn, const char *path, ams_error *err)
{
    char *folder = NULL;
    ams_status status = ams_copy_text(&folder, path, err);
    if (status != AMS_OK) {
        return status;
    }
    char *slash = strrchr(folder, '/');
    if (slash != NULL) {
        slash[slash == folder] = '\0';
    }
    const char *name = slash == NULL ? "." : folder;
    *turn = (socket_turn){.fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .held = -1};
    if (turn->fd < 0) {
        status = ams_fail(err, AMS_IO, "%s: cannot open the folder: %s", name, strerror(errno));
    }
    ams_lock lock = {.state = AMS_LOCK_IN_USE};
    for (int i = 0; status == AMS_OK && lock.state == AMS_LOCK_IN_USE; i++) {
        const struct timespec wait = {.tv_nsec = LOCK_WAIT_MS * 1000000L};
        status = ams_lock_file(turn->fd, path, &turn->held, &lock, err);
        if (status == AMS_OK && lock.state == AMS_LOCK_IN_USE && i == LOCK_TRIES) {
            status = ams_fail(err, AMS_IO, "%s: the folder is in use by %s", name, lock.by);
        } else if (lock.state == AMS_LOCK_IN_USE) {
            nanosleep(&wait, NULL);
        }
    }
    free(folder);
    return status;
}

/* A socket that nobody listens on is removed; anything else is an error. */
static ams_status clear_stale(const struct sockaddr_un *address, ams_error *err)
{
    const char *path = address->sun_path;
    struct stat info;
    if (lstat(path, &info) != 0) {
        return errno == ENOENT ? AMS_OK
                               : ams_fail(err, AMS_IO, "%s: %s", path, strerror(errno));
    }
    if (!S_ISSOCK(info.st_mode)) {
        return ams_fail(err, AMS_IO,
                        "%s: there is something that is no socket; give another path", path);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return ams_fail(err, AMS_IO, "cannot make a socket: %s", strerror(errno));
    }
    int found = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
    close(fd);
    if (found != ECONNREFUSED) {
        return ams_fail(err, AMS_IO, "%s: %s", path,
                        found == 0 || found == EAGAIN ? "a server listens there already"
                                                      : strerror(found));
    }
    return unlink(path) == 0
               ? AMS_OK
               : ams_fail(err, AMS_IO, "%s: cannot remove what a dead server left: %s", path,
                          strerror(errno));
}

/* Remembers which file it is; one that others may open is an error. */
static ams_status look_at(ams_socket *s, const char *made, ams_error *err)
{
    struct stat info;
    if (lstat(made, &info) != 0) {
        return ams_fail(err, AMS_IO, "%s: %s", made, strerror(errno));
    }
    s->device = info.st_dev;
    s->inode = info.st_ino;
    if ((info.st_mode & MODES & ~(unsigned)MODE) != 0) {
        return ams_fail(err, AMS_IO, "%s: expected a socket of mode 0600, found 0%o", made,
                        info.st_mode & MODES);
    }
    return AMS_OK;
}

/* The file appears at the path when connections are taken there. Clients wait for the file, and
 * between bind and listen the system would refuse them. */
static ams_status bind_and_listen(ams_socket *s, const struct sockaddr_un *address,
                                  ams_error *err)
{
    const char *made = address->sun_path;
    s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* Linux gives the file the mode of the socket, less the umask: it is never more open, and
     * the umask of the process need not be changed. */
    if (s->fd < 0 || fchmod(s->fd, MODE) != 0 ||
        bind(s->fd, (const struct sockaddr *)address, sizeof *address) != 0) {
        return ams_fail(err, AMS_IO, "%s: cannot make the socket: %s", made, strerror(errno));
    }
    ams_status status = AMS_OK;
    AMS_TRY(look_at(s, made, err));
    if (listen(s->fd, BACKLOG) != 0) {
        status = ams_fail(err, AMS_IO, "%s: cannot listen: %s", made, strerror(errno));
    } else if (link(made, s->path) != 0) { /* unlike rename, it replaces nothing */
        status = ams_fail(err, AMS_IO, "%s: cannot give %s that name: %s", s->path, made,
                          strerror(errno));
    }
out:
    unlink(made);
    return status;
}

ams_status ams_socket_listen(ams_socket *s, const char *path, ams_error *err)
{
    struct sockaddr_un address, made;
    socket_turn turn = {-1, -1};
    ams_status status = AMS_OK;
    *s = (ams_socket){.fd = -1, .path = path};
    AMS_TRY(name_it(&address, path, "", err));
    AMS_TRY(name_it(&made, path, BEING_MADE, err));
    AMS_TRY(take_turn(&turn, path, err));
    AMS_TRY(clear_stale(&address, err));
    AMS_TRY(clear_stale(&made, err));
    AMS_TRY(bind_and_listen(s, &made, err));
out:
    if (status != AMS_OK && s->fd >= 0) {
        close(s->fd);
        s->fd = -1;
    }
    end_turn(&turn, path);
    return status;
}

void ams_socket_remove(const ams_socket *s)
{
    struct stat info;
    socket_turn turn = {-1, -1};
    /* Without the lock the worst case is that another server's new file is removed. */
    (void)take_turn(&turn, s->path, NULL);
    if (lstat(s->path, &info) == 0 && info.st_dev == s->device && info.st_ino == s->inode) {
        unlink(s->path);
    }
    end_turn(&turn, s->path);
}
