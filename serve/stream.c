/* One client on a pair of descriptors: pipes, a terminal, or files, which no event library
 * waits for. */
#include "serve/inbox.h"
#include "serve/loop.h"

#include "base/clock.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

/* PIECE: what a writable pipe on Linux takes without blocking. */
enum { READ = 1 << 16, TICK_MS = 1000, PIECE = 4096 };

typedef struct stream_state {
    ams_service *service;
    ams_client *client;
    const ams_loop_options *options;
    int in, out, signals;
    ams_inbox inbox;
    ams_text replies;
    uint64_t until_ns; /* draining: end then at the latest */
    bool draining, over;
} stream_state;

static void take_signal(stream_state *s)
{
    struct signalfd_siginfo info;
    if (read(s->signals, &info, sizeof info) != sizeof info) {
        return;
    }
    s->over = s->draining; /* the second */
    s->draining = true;
    s->until_ns = ams_nanoseconds() + s->options->drain_ns;
    ams_service_drain(s->service);
}

/* Until `fd` can be read or written, or a signal or a second has come; true: it can. */
static bool wait_for(stream_state *s, int fd, short events)
{
    struct pollfd wait[] = {{.fd = fd, .events = events}, {.fd = s->signals, .events = POLLIN}};
    int n = poll(wait, 2, TICK_MS);
    if (n > 0 && wait[1].revents != 0) {
        take_signal(s);
    }
    ams_service_expire(s->service, ams_nanoseconds());
    s->over = s->over || (s->draining && ams_nanoseconds() > s->until_ns);
    return n > 0 && wait[0].revents != 0 && !s->over;
}

/* In pieces that a writable pipe takes without blocking, so that signals are noticed. */
static ams_status send_replies(stream_state *s, ams_error *err)
{
    size_t sent = 0;
    if (s->replies.failed) {
        return ams_no_memory(err, s->replies.used, "replies");
    }
    while (sent < s->replies.used && !s->over) {
        const size_t left = s->replies.used - sent;
        if (!wait_for(s, s->out, POLLOUT)) {
            continue;
        }
        ssize_t n = write(s->out, s->replies.data + sent, left < PIECE ? left : PIECE);
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            return ams_fail(err, AMS_IO, "cannot write a reply: %s", strerror(errno));
        }
        sent += n > 0 ? (size_t)n : 0;
    }
    s->replies.used = 0;
    return AMS_OK;
}

static ams_status answer_all(stream_state *s, ams_error *err)
{
    const uint64_t arrived = ams_nanoseconds();
    ams_status status = AMS_OK;
    while (status == AMS_OK && !s->over) {
        const char *line = NULL;
        size_t n = 0;
        ams_inbox_found found = ams_inbox_next(&s->inbox, &line, &n);
        if (found == AMS_INBOX_NONE) {
            return send_replies(s, err);
        }
        if (found == AMS_INBOX_LINE) {
            ams_service_message(s->service, s->client, line, n, ams_nanoseconds(), &s->replies);
            ams_service_latency(s->service, ams_nanoseconds() - arrived);
        } else {
            ams_service_refuse(s->service, AMS_REFUSED_OVERSIZED,
                               "the message is longer than this server takes (--message)",
                               &s->replies);
        }
        if (s->replies.used > s->options->reply_bytes || s->replies.failed) {
            status = send_replies(s, err);
        }
    }
    return status;
}

static ams_status serve(stream_state *s, ams_error *err)
{
    char bytes[READ];
    ams_status status = AMS_OK;
    while (status == AMS_OK && !s->over && !(s->draining && ams_client_items(s->client) == 0)) {
        if (!wait_for(s, s->in, POLLIN)) {
            continue;
        }
        ssize_t n = read(s->in, bytes, sizeof bytes);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (n < 0) {
            return ams_fail(err, AMS_IO, "cannot read a message: %s", strerror(errno));
        }
        if (n == 0) {
            break;
        }
        status = ams_inbox_push(&s->inbox, bytes, (size_t)n)
                     ? answer_all(s, err)
                     : ams_no_memory(err, (size_t)n, "messages");
    }
    if (status == AMS_OK && ams_inbox_rest(&s->inbox) > 0 && !s->over) {
        ams_service_refuse(s->service, AMS_REFUSED_CUT,
                           "the input ended within a message: a message ends with a newline",
                           &s->replies);
        status = send_replies(s, err);
    }
    return status;
}

ams_status ams_serve_stream(ams_service *service, int in, int out,
                            const ams_loop_options *options, ams_error *err)
{
    stream_state s = {.service = service,
                      .options = options,
                      .in = in,
                      .out = out,
                      .inbox = {.most = options->message_bytes}};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    sigset_t signals;
    sigset_t unblocked;
    ams_status status = AMS_OK;
    sigaction(SIGPIPE, &ignore, &before);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, &unblocked);
    s.signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    s.client = ams_client_begin(service);
    if (s.client == NULL || s.signals < 0) {
        status = ams_fail(err, AMS_BACKEND, "cannot begin to serve: %s", strerror(errno));
    } else {
        status = serve(&s, err);
    }
    ams_client_end(service, s.client);
    ams_inbox_fini(&s.inbox);
    ams_text_fini(&s.replies);
    if (s.signals >= 0) {
        close(s.signals);
    }
    pthread_sigmask(SIG_SETMASK, &unblocked, NULL);
    sigaction(SIGPIPE, &before, NULL);
    return status;
}
