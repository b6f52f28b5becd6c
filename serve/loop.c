#include "serve/loop.h"

#include "base/clock.h"
#include "serve/inbox.h"
#include "serve/socket.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum { TURN = 16, READ = 1 << 16, KEPT = 1 << 16, BACKLOG = 1024, SIGNALS = 2 };

typedef struct server server;
typedef struct connection connection;
struct connection {
    uv_pipe_t pipe; /* data: the connection */
    server *server;
    ams_client *client; /* NULL: refused, or closed */
    ams_inbox in;
    ams_text out;     /* replies that wait after it */
    ams_text sending; /* what `write` is sending */
    uv_write_t write;
    uint64_t heard_ns;   /* its last message, or that it took replies */
    uint64_t arrived_ns; /* when the bytes in `in` came */
    bool reading;
    bool ready;   /* in the server's queue */
    bool ended;   /* it will send no more */
    bool closing; /* closing; only the handle's memory is still in use */
    connection *next, *previous;
    connection *next_ready;
};

struct server {
    uv_loop_t loop;
    uv_pipe_t listener;
    uv_signal_t signal[SIGNALS];
    uv_timer_t tick, drain;
    uv_idle_t turns; /* active while connections are in the queue */
    ams_service *service;
    ams_loop_options options;
    connection *first;
    connection *ready, *ready_last;
    bool draining, stopped;
    bool waiting; /* a connection that could not be accepted for lack of memory */
    char bytes[READ];
};

static void advance(connection *c);

/* ---- closing ---- */

static void stop(server *s)
{
    if (s->stopped || s->first != NULL) {
        return;
    }
    s->stopped = true;
    for (int i = 0; i < SIGNALS; i++) {
        uv_close((uv_handle_t *)&s->signal[i], NULL);
    }
    uv_close((uv_handle_t *)&s->tick, NULL);
    uv_close((uv_handle_t *)&s->drain, NULL);
    uv_close((uv_handle_t *)&s->turns, NULL);
}

static void on_closed(uv_handle_t *handle)
{
    connection *c = handle->data;
    server *s = c->server;
    *(c->previous != NULL ? &c->previous->next : &s->first) = c->next;
    if (c->next != NULL) {
        c->next->previous = c->previous;
    }
    ams_inbox_fini(&c->in);
    ams_text_fini(&c->out);
    ams_text_fini(&c->sending);
    free(c);
    if (s->draining) {
        stop(s);
    }
}

static void leave_queue(connection *c)
{
    server *s = c->server;
    connection *before = NULL;
    for (connection *at = s->ready; at != c; at = at->next_ready) {
        before = at;
    }
    *(before != NULL ? &before->next_ready : &s->ready) = c->next_ready;
    s->ready_last = s->ready_last == c ? before : s->ready_last;
    c->ready = false;
}

static void leave(connection *c)
{
    if (c->closing) {
        return;
    }
    c->closing = true;
    if (c->ready) {
        leave_queue(c);
    }
    ams_client_end(c->server->service, c->client);
    c->client = NULL;
    uv_close((uv_handle_t *)&c->pipe, on_closed);
}

/* ---- sending ---- */

static void on_written(uv_write_t *write, int status)
{
    connection *c = write->data;
    if (c->closing) {
        return;
    }
    c->sending.used = 0;
    if (status < 0) {
        leave(c);
        return;
    }
    c->heard_ns = ams_nanoseconds();
    advance(c);
}

/* Gives the system what it takes at once; the rest is written as the client reads. */
static void flush(connection *c)
{
    uv_stream_t *stream = (uv_stream_t *)&c->pipe;
    if (c->out.failed || c->in.bytes.failed) {
        leave(c);
        return;
    }
    if (c->sending.used > 0 || c->out.used == 0) {
        return;
    }
    uv_buf_t buffer = uv_buf_init(c->out.data, (unsigned)c->out.used);
    int n = uv_try_write(stream, &buffer, 1);
    if (n < 0 && n != UV_EAGAIN) {
        leave(c);
        return;
    }
    ams_text_drop(&c->out, n < 0 ? 0 : (size_t)n);
    if (c->out.used == 0) {
        if (c->out.room > KEPT) {
            ams_text_fini(&c->out);
        }
        return;
    }
    const ams_text free_text = c->sending;
    c->sending = c->out;
    c->out = free_text;
    buffer = uv_buf_init(c->sending.data, (unsigned)c->sending.used);
    c->write.data = c;
    if (uv_write(&c->write, stream, &buffer, 1, on_written) != 0) {
        leave(c);
    }
}

static bool is_full(const connection *c)
{
    return c->out.used + c->sending.used > c->server->options.reply_bytes;
}

/* ---- receiving ---- */

static void on_turns(uv_idle_t *idle);

/* Answered again in the next round, after all that can be read by then. */
static void queue(connection *c)
{
    server *s = c->server;
    if (c->ready) {
        return;
    }
    c->ready = true;
    c->next_ready = NULL;
    *(s->ready_last != NULL ? &s->ready_last->next_ready : &s->ready) = c;
    s->ready_last = c;
    uv_idle_start(&s->turns, on_turns);
}

static void on_turns(uv_idle_t *idle)
{
    server *s = idle->data;
    connection *last = s->ready_last;
    bool more = s->ready != NULL;
    while (more) { /* connections that join now wait for the next round */
        connection *c = s->ready;
        more = c != last;
        leave_queue(c);
        advance(c);
        more = more && s->ready != NULL;
    }
    if (s->ready == NULL) {
        uv_idle_stop(&s->turns);
    }
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    const connection *c = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(c->server->bytes, READ);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    connection *c = stream->data;
    if (n == UV_EOF) {
        c->ended = true;
        advance(c);
    } else if (n < 0) {
        leave(c);
    } else if (n > 0) {
        c->arrived_ns = ams_nanoseconds();
        (void)ams_inbox_push(&c->in, buffer->base, (size_t)n); /* flush() looks */
        advance(c);
    }
}

static void read_on(connection *c, bool reading)
{
    uv_stream_t *stream = (uv_stream_t *)&c->pipe;
    if (reading == c->reading) {
        return;
    }
    c->reading = reading;
    if (!reading) {
        uv_read_stop(stream);
    } else if (uv_read_start(stream, on_room, on_read) != 0) {
        leave(c);
    }
}

/* One message, if there is one. */
static bool answer(connection *c)
{
    ams_service *service = c->server->service;
    const char *line = NULL;
    size_t n = 0;
    ams_inbox_found found = ams_inbox_next(&c->in, &line, &n);
    if (found == AMS_INBOX_NONE) {
        return false;
    }
    c->heard_ns = ams_nanoseconds();
    if (found == AMS_INBOX_LINE) {
        ams_service_message(service, c->client, line, n, c->heard_ns, &c->out);
        ams_service_latency(service, ams_nanoseconds() - c->arrived_ns);
    } else {
        ams_service_refuse(service, AMS_REFUSED_OVERSIZED,
                           "the message is longer than this server takes (--message)", &c->out);
    }
    return true;
}

/* Answers what there is, within limits, and arranges what happens next. */
static void advance(connection *c)
{
    const server *s = c->server;
    int turn = 0;
    while (turn < TURN && !is_full(c) && answer(c)) {
        turn++;
    }
    bool more = turn == TURN;
    if (c->ended && !more && !is_full(c) && ams_inbox_rest(&c->in) > 0) {
        ams_service_refuse(
            s->service, AMS_REFUSED_CUT,
            "the connection ended within a message: a message ends with a newline", &c->out);
        ams_inbox_fini(&c->in);
    }
    flush(c);
    if (c->closing) {
        return;
    }
    bool sent = c->out.used + c->sending.used == 0;
    bool over = c->ended || (s->draining && ams_client_items(c->client) == 0);
    if (sent && over && !more) {
        leave(c);
        return;
    }
    read_on(c, !is_full(c) && !more && !c->ended);
    if (!is_full(c) && more && !c->closing) {
        queue(c);
    }
}

/* ---- clients and time ---- */

static void turn_away(connection *c, ams_refusal refusal, const char *why)
{
    ams_service_refuse(c->server->service, refusal, why, &c->out);
    if (c->sending.used == 0 && !c->out.failed) {
        uv_buf_t buffer = uv_buf_init(c->out.data, (unsigned)c->out.used);
        (void)uv_try_write((uv_stream_t *)&c->pipe, &buffer,
                           1); /* as much as the client takes */
    }
    leave(c);
}

static void on_connection(uv_stream_t *listener, int status)
{
    server *s = listener->data;
    connection *c = status < 0 ? NULL : calloc(1, sizeof *c);
    s->waiting = status >= 0 && c == NULL;
    if (c == NULL) {
        return;
    }
    c->server = s;
    c->in.most = s->options.message_bytes;
    c->heard_ns = ams_nanoseconds();
    c->next = s->first;
    if (s->first != NULL) {
        s->first->previous = c;
    }
    s->first = c;
    uv_pipe_init(&s->loop, &c->pipe, 0);
    c->pipe.data = c;
    const bool room = ams_service_figures_of(s->service).clients < s->options.clients;
    if (uv_accept(listener, (uv_stream_t *)&c->pipe) != 0) {
        leave(c);
        return;
    }
    if (!room) {
        turn_away(c, AMS_REFUSED_CLIENTS,
                  "as many clients are connected as may be (--clients)");
        return;
    }
    c->client = ams_client_begin(s->service);
    if (c->client == NULL) {
        leave(c);
        return;
    }
    read_on(c, true);
}

static void on_tick(uv_timer_t *timer)
{
    server *s = timer->data;
    const uint64_t now = ams_nanoseconds();
    if (s->waiting && !s->draining) {
        on_connection((uv_stream_t *)&s->listener, 0);
    }
    ams_service_expire(s->service, now);
    for (connection *c = s->first, *next = NULL; c != NULL; c = next) {
        next = c->next;
        if (!c->closing && now - c->heard_ns > s->options.idle_ns) {
            turn_away(c, AMS_REFUSED_IDLE, "no message came for longer than --idle");
        }
    }
}

static void leave_all(server *s)
{
    for (connection *c = s->first, *next = NULL; c != NULL; c = next) {
        next = c->next; /* handles are freed by the loop, not here */
        leave(c);
    }
    stop(s);
}

static void on_drained(uv_timer_t *timer)
{
    leave_all(timer->data);
}

static void on_signal(uv_signal_t *signal, int number)
{
    server *s = signal->data;
    (void)number;
    if (s->draining) {
        leave_all(s);
        return;
    }
    s->draining = true;
    ams_service_drain(s->service);
    uv_close((uv_handle_t *)&s->listener, NULL);
    uv_timer_start(&s->drain, on_drained, s->options.drain_ns / 1000000, 0);
    for (connection *c = s->first, *next = NULL; c != NULL; c = next) {
        next = c->next;
        if (!c->closing && !c->ready) {
            advance(c);
        }
    }
    stop(s);
}

/* ---- the whole ---- */

static ams_status uv_failed(int code, const char *what, ams_error *err)
{
    return ams_fail(err, AMS_IO, "cannot %s: %s", what, uv_strerror(code));
}

static ams_status set_up(server *s, int fd, ams_error *err)
{
    static const int signals[SIGNALS] = {SIGTERM, SIGINT};
    const uint64_t idle_ms = s->options.idle_ns / 1000000;
    const uint64_t period_ms = idle_ms / 4 < 10 ? 10 : idle_ms / 4 > 1000 ? 1000 : idle_ms / 4;
    int code = 0;
    for (int i = 0; i < SIGNALS; i++) {
        uv_signal_init(&s->loop, &s->signal[i]);
        s->signal[i].data = s;
        code = code != 0 ? code : uv_signal_start(&s->signal[i], on_signal, signals[i]);
    }
    uv_timer_init(&s->loop, &s->tick);
    uv_timer_init(&s->loop, &s->drain);
    uv_idle_init(&s->loop, &s->turns);
    uv_pipe_init(&s->loop, &s->listener, 0);
    s->tick.data = s->drain.data = s->turns.data = s->listener.data = s;
    uv_timer_start(&s->tick, on_tick, period_ms, period_ms);
    code = code != 0 ? code : uv_pipe_open(&s->listener, fd);
    if (code != 0) {
        close(fd); /* not the listener's yet */
    } else {
        code = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection);
    }
    if (code == 0) {
        return AMS_OK;
    }
    uv_close((uv_handle_t *)&s->listener, NULL);
    stop(s);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    return uv_failed(code, "listen", err);
}

ams_status ams_serve_socket(ams_service *service, const char *path,
                            const ams_loop_options *options, void (*ready)(const char *path),
                            ams_error *err)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    ams_socket file;
    ams_status status = AMS_OK;
    server *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return ams_no_memory(err, sizeof *s, "a server");
    }
    s->service = service;
    s->options = *options;
    int code = uv_loop_init(&s->loop);
    if (code != 0) {
        free(s);
        return uv_failed(code, "begin a loop of events", err);
    }
    sigaction(SIGPIPE, &ignore, &before); /* a client that died is an error of its own write */
    AMS_TRY(ams_socket_listen(&file, path, err));
    status = set_up(s, file.fd, err);
    if (status == AMS_OK) {
        if (ready != NULL) {
            ready(path);
        }
        uv_run(&s->loop, UV_RUN_DEFAULT);
    }
    ams_socket_remove(&file);
out:
    sigaction(SIGPIPE, &before, NULL);
    uv_loop_close(&s->loop);
    free(s);
    return status;
}
