#include "tests/base/process_team.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 16 };

/* Bytes on their way to one member and from it. */
typedef struct wire {
    int fd;
    ams_bytes out; /* from `at` on not sent yet */
    ams_bytes in;  /* from `at` on not taken yet */
} wire;

typedef struct wires {
    wire to[MOST];
    uint32_t size;
} wires;

static ams_status push(wire *w, ams_error *err)
{
    while (w->out.at < w->out.n) {
        const ssize_t sent =
            send(w->fd, w->out.data + w->out.at, w->out.n - w->out.at, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
            return AMS_OK;
        }
        if (sent < 0) {
            return ams_fail(err, AMS_BACKEND, "a process is gone: %s", strerror(errno));
        }
        w->out.at += (size_t)sent;
    }
    w->out.n = w->out.at = 0;
    return AMS_OK;
}

static ams_status pull(wire *w, ams_error *err)
{
    unsigned char bytes[65536];
    const ssize_t got = recv(w->fd, bytes, sizeof bytes, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return AMS_OK;
    }
    return got > 0 ? ams_bytes_put(&w->in, bytes, (size_t)got, err)
                   : ams_fail(err, AMS_BACKEND, "a process is gone");
}

/* A message is its length and its bytes. */
static ams_status wires_send(void *context, uint32_t to, const void *data, size_t n,
                             ams_error *err)
{
    wire *w = &((wires *)context)->to[to];
    ams_status status = AMS_OK;
    AMS_TRY(ams_bytes_put(&w->out, &n, sizeof n, err));
    AMS_TRY(ams_bytes_put(&w->out, data, n, err));
    status = push(w, err);
out:
    return status;
}

static bool is_whole(const ams_bytes *in, size_t *n)
{
    const size_t there = in->n - in->at;
    if (there < sizeof *n) {
        return false;
    }
    memcpy(n, in->data + in->at, sizeof *n);
    return there - sizeof *n >= *n;
}

static ams_status wait_for_bytes(wires *all, wire *from, ams_error *err)
{
    struct pollfd ready[MOST];
    ams_status status = AMS_OK;
    for (uint32_t k = 0; k < all->size; k++) {
        wire *w = &all->to[k];
        ready[k] = (struct pollfd){.fd = w->fd};
        ready[k].events =
            (short)((w == from ? POLLIN : 0) | (w->out.at < w->out.n ? POLLOUT : 0));
    }
    if (poll(ready, all->size, -1) < 0 && errno != EINTR) {
        return ams_fail(err, AMS_BACKEND, "poll: %s", strerror(errno));
    }
    for (uint32_t k = 0; k < all->size && status == AMS_OK; k++) {
        wire *w = &all->to[k];
        if ((ready[k].revents & POLLOUT) != 0) {
            status = push(w, err);
        }
        if (status == AMS_OK && w == from && (ready[k].revents & (POLLIN | POLLHUP)) != 0) {
            status = pull(w, err);
        }
    }
    return status;
}

static ams_status wires_receive(void *context, uint32_t from, void **data, size_t *n,
                                ams_error *err)
{
    wires *all = context;
    wire *w = &all->to[from];
    while (!is_whole(&w->in, n)) {
        ams_status status = wait_for_bytes(all, w, err);
        if (status != AMS_OK) {
            return status;
        }
    }
    *data = malloc(*n + 1);
    ck_assert_ptr_nonnull(*data);
    w->in.at += sizeof *n;
    memcpy(*data, w->in.data + w->in.at, *n);
    w->in.at += *n;
    if (w->in.at == w->in.n) {
        w->in.n = w->in.at = 0;
    }
    return AMS_OK;
}

static void wires_close(wires *all)
{
    ams_error err;
    for (uint32_t k = 0; k < all->size; k++) {
        wire *w = &all->to[k];
        while (w->fd >= 0 && w->out.at < w->out.n &&
               wait_for_bytes(all, NULL, &err) == AMS_OK) {
        }
        if (w->fd >= 0) {
            close(w->fd);
        }
        ams_bytes_fini(&w->in);
        ams_bytes_fini(&w->out);
    }
}

static ams_status be_member(wires *all, uint32_t rank, process_team_fn *fn, void *context,
                            ams_error *err)
{
    const ams_team_line line = {.context = all,
                                .rank = rank,
                                .size = all->size,
                                .send = wires_send,
                                .receive = wires_receive};
    ams_team *team = NULL;
    ams_status status = ams_team_create(&team, &line, err);
    ck_assert_int_eq(status, AMS_OK);
    status = ams_team_finish(team, fn(team, context, err), err);
    ams_team_destroy(team);
    wires_close(all);
    return status;
}

static void connect_pair(int pair[2])
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    for (int k = 0; k < 2; k++) {
        ck_assert_int_eq(fcntl(pair[k], F_SETFL, O_NONBLOCK), 0);
    }
}

static void silence(wires *all)
{
    for (uint32_t k = 0; k < MOST; k++) {
        all->to[k].fd = -1;
    }
}

ams_status process_team_run(uint32_t size, process_team_fn *fn, void *context, ams_error *err)
{
    wires leader = {.size = size};
    pid_t child[MOST] = {0};
    silence(&leader);
    ck_assert_uint_le(size, MOST);
    for (uint32_t r = 1; r < size; r++) {
        int pair[2];
        connect_pair(pair);
        child[r] = fork();
        ck_assert_int_ge(child[r], 0);
        if (child[r] == 0) {
            wires own = {.size = size};
            ams_error message = {""};
            silence(&own);
            for (uint32_t k = 1; k < r; k++) {
                close(leader.to[k].fd);
            }
            close(pair[0]);
            own.to[0].fd = pair[1];
            const ams_status status = be_member(&own, r, fn, context, &message);
            _exit(message.text[0] == '\0' ? (int)status : 100);
        }
        close(pair[1]);
        leader.to[r].fd = pair[0];
    }
    const ams_status status = be_member(&leader, 0, fn, context, err);
    for (uint32_t r = 1; r < size; r++) {
        int code = 0;
        ck_assert_int_eq(waitpid(child[r], &code, 0), child[r]);
        ck_assert_msg(WIFEXITED(code) && WEXITSTATUS(code) == (int)status,
                      "process %u ended with %d, the leader with %d", r, code, (int)status);
    }
    return status;
}
