/* The server as a process of its own, clients that misbehave, and one that is served all the
 * same. */
#include "base/clock.h"
#include "serve/loop.h"
#include "tests/serve/fixture.h"

#include "tests/base/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#define SOCKET "ams.sock"

typedef struct limits {
    ams_loop_options loop;
    ams_service_options service;
} limits;

static limits defaults(void)
{
    return (limits){.loop = {.clients = 1200,
                             .message_bytes = 4096,
                             .reply_bytes = 65536,
                             .idle_ns = 60000000000,
                             .drain_ns = 60000000000},
                    .service = {.items = 5000, .client_items = 100, .idle_ns = 60000000000}};
}

static int serve_in_child(const limits *l)
{
    ams_live_policy policy;
    ams_service *service = NULL;
    ams_error err = {{0}};
    ams_status status = ams_live_open(&policy, AMS_POLICY, &err);
    if (status == AMS_OK) {
        status = ams_service_create(&service, &policy, &l->service, ams_nanoseconds(), &err);
    }
    if (status == AMS_OK) {
        status = ams_serve_socket(service, SOCKET, &l->loop, NULL, &err);
    }
    if (status != AMS_OK) {
        fprintf(stderr, "%s\n", err.text);
    }
    ams_service_destroy(service);
    ams_live_close(&policy);
    return (int)status;
}

static int try_connect(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int connected(void)
{
    int fd = -1;
    for (int i = 0; i < 2000 && fd < 0; i++) { /* until the server has come up */
        fd = try_connect();
        const struct timespec wait = {.tv_nsec = 5000000};
        if (fd < 0) {
            nanosleep(&wait, NULL);
        }
    }
    ck_assert_int_ge(fd, 0);
    return fd;
}

static pid_t start(const limits *l)
{
    fflush(NULL);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        int code = serve_in_child(l);
        _exit(code);
    }
    close(connected());
    return pid;
}

static int wait_for(pid_t pid)
{
    int state = 0;
    ck_assert_int_eq(waitpid(pid, &state, 0), pid);
    ck_assert_msg(WIFEXITED(state), "the server died: %d", state);
    return WEXITSTATUS(state);
}

static void stop(pid_t pid)
{
    ck_assert_int_eq(kill(pid, SIGTERM), 0);
    ck_assert_int_eq(wait_for(pid), AMS_OK);
    ck_assert_int_ne(access(SOCKET, F_OK), 0);
}

static void say(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* One line within 20 s, without its newline; "" at the end of the connection. */
static const char *hear(int fd, char line[4096])
{
    size_t n = 0;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    while (n < 4095) {
        ck_assert_int_eq(poll(&wait, 1, 20000), 1);
        ssize_t got = read(fd, line + n, 1);
        if (got <= 0 || line[n] == '\n') {
            break;
        }
        n++;
    }
    line[n] = '\0';
    return line;
}

static void expect(int fd, const char *message, const char *part)
{
    char line[4096];
    say(fd, message);
    hear(fd, line);
    ck_assert_msg(strstr(line, part) != NULL, "%s%s, expected %s", message, line, part);
}

/* A whole item, as a client has it that minds its own business. */
static void be_served(int fd)
{
    expect(fd, "{\"op\":\"begin\",\"item\":\"good\",\"clock\":\"client\",\"next\":true}\n",
           "\"do\":\"start\",\"models\":[\"m0\"]");
    expect(fd,
           "{\"op\":\"finished\",\"item\":\"good\",\"model\":\"m0\",\"now_ms\":1,\"labels\":["
           "\"task/1\"]}\n",
           "{\"ok\":true}");
    expect(fd, "{\"op\":\"result\",\"item\":\"good\"}\n", "\"labels\":[\"task/1\"]");
}

static double figure(int fd, const char *key)
{
    char line[4096];
    say(fd, "{\"op\":\"stats\"}\n");
    json_t *root = json_loads(hear(fd, line), 0, NULL);
    ck_assert(json_is_number(json_object_get(root, key)));
    double value = json_number_value(json_object_get(root, key));
    json_decref(root);
    return value;
}

/* Until the server has noticed: it learns of a dead client from the system. */
static void await_figure(int fd, const char *key, double value)
{
    for (int i = 0; i < 2000 && figure(fd, key) != value; i++) {
        const struct timespec wait = {.tv_nsec = 5000000};
        nanosleep(&wait, NULL);
    }
    ck_assert_double_eq(figure(fd, key), value);
}

START_TEST(the_socket_is_ours_alone)
{
    const limits l = defaults();
    struct stat info;
    const mode_t old = umask(0);
    pid_t pid = start(&l);
    umask(old);
    ck_assert_int_eq(stat(SOCKET, &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0600);
    /* A second server gets an error, and the first goes on. */
    pid_t second = fork();
    if (second == 0) {
        _exit(serve_in_child(&l));
    }
    ck_assert_int_eq(wait_for(second), AMS_IO);
    int fd = connected();
    be_served(fd);
    close(fd);
    stop(pid);
}
END_TEST

START_TEST(stale_sockets_and_other_files)
{
    const limits l = defaults();
    pid_t pid = start(&l);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    int state = 0;
    ck_assert_int_eq(waitpid(pid, &state, 0), pid);
    ck_assert_int_eq(access(SOCKET, F_OK), 0); /* left behind */
    pid = start(&l);
    int fd = connected();
    be_served(fd);
    close(fd);
    stop(pid);
    FILE *file = fopen(SOCKET, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    pid = fork();
    if (pid == 0) {
        _exit(serve_in_child(&l));
    }
    ck_assert_int_eq(wait_for(pid), AMS_IO);
    ck_assert_int_eq(access(SOCKET, F_OK), 0); /* and it is still there */
    unlink(SOCKET);
}
END_TEST

/* A client that dies with items in flight, halves of messages and replies that nobody reads. */
START_TEST(killed_clients)
{
    const limits l = defaults();
    pid_t pid = start(&l);
    int good = connected();
    for (int i = 0; i < 20; i++) {
        pid_t client = fork();
        if (client == 0) {
            int fd = try_connect();
            char line[4096];
            char message[200];
            for (int k = 0; fd >= 0 && k < 10; k++) {
                snprintf(message, sizeof message,
                         "{\"op\":\"begin\",\"item\":\"%d\",\"next\":true}\n", k);
                say(fd, message);
                hear(fd, line);
            }
            say(fd, "{\"op\":\"policy\"}\n{\"op\":\"policy\"}\n{\"op\":\"fini");
            kill(getpid(), SIGKILL);
        }
        int state = 0;
        ck_assert_int_eq(waitpid(client, &state, 0), client);
        ck_assert(WIFSIGNALED(state));
        be_served(good);
    }
    await_figure(good, "clients", 1);
    ck_assert_double_eq(figure(good, "items"), 0);
    ck_assert_double_eq(figure(good, "dropped"), 200);
    close(good);
    stop(pid);
}
END_TEST

START_TEST(messages_in_bits_and_too_long)
{
    const limits l = defaults();
    pid_t pid = start(&l);
    int good = connected();
    int fd = connected();
    char line[4096];
    const char *message = "{\"op\":\"begin\",\"item\":\"bits\"}\n";
    for (; *message != '\0'; message++) {
        const char bit[] = {*message, '\0'};
        say(fd, bit);
        be_served(good);
    }
    ck_assert_str_eq(hear(fd, line), "{\"ok\":true}");
    for (int i = 0; i < 100; i++) {
        char junk[1024];
        memset(junk, 'x', sizeof junk);
        ck_assert_int_eq(send(fd, junk, sizeof junk, MSG_NOSIGNAL), sizeof junk);
    }
    ck_assert_ptr_nonnull(strstr(hear(fd, line), "\"error\":\"oversized\""));
    be_served(good);
    say(fd, "\n");
    expect(fd, "{\"op\":\"result\",\"item\":\"bits\"}\n", "\"ok\":true");
    /* An end within a message, and a reply for who still listens. */
    say(fd, "{\"op\":\"sta");
    shutdown(fd, SHUT_WR);
    ck_assert_ptr_nonnull(strstr(hear(fd, line), "\"error\":\"cut\""));
    ck_assert_str_eq(hear(fd, line), "");
    close(fd);
    close(good);
    stop(pid);
}
END_TEST

static long resident_kb(pid_t pid)
{
    char path[64];
    char line[256];
    long kb = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *stream = fopen(path, "r");
    ck_assert_ptr_nonnull(stream);
    while (fgets(line, sizeof line, stream) != NULL) {
        (void)sscanf(line, "VmRSS: %ld", &kb);
    }
    fclose(stream);
    return kb;
}

/* Sends requests for long replies without end and reads none: it is not read from any more, and
 * takes no memory. When it reads at last, it gets every reply. */
START_TEST(slow_reader)
{
    static const char message[] = "{\"op\":\"policy\"}\n";
    const limits l = defaults();
    pid_t pid = start(&l);
    int good = connected();
    int slow = connected();
    size_t sent = 0;
    be_served(good);
    const long before = resident_kb(pid);
    ck_assert_int_eq(fcntl(slow, F_SETFL, O_NONBLOCK), 0);
    for (int quiet = 0; quiet < 50;) { /* until for 50 times nothing more was taken */
        ssize_t n = send(slow, message + sent % (sizeof message - 1),
                         sizeof message - 1 - sent % (sizeof message - 1), MSG_NOSIGNAL);
        if (n > 0) {
            sent += (size_t)n;
            quiet = 0;
        } else {
            ck_assert_int_eq(errno, EAGAIN);
            be_served(good);
            quiet++;
        }
    }
    ck_assert_int_lt(resident_kb(pid) - before, 4096);
    const size_t wanted = sent / (sizeof message - 1);
    size_t lines = 0;
    struct pollfd wait = {.fd = slow, .events = POLLIN};
    while (lines < wanted) {
        static char bytes[65536];
        ck_assert_int_eq(poll(&wait, 1, 20000), 1);
        ssize_t n = read(slow, bytes, sizeof bytes);
        ck_assert_int_gt(n, 0);
        for (ssize_t i = 0; i < n; i++) {
            lines += bytes[i] == '\n';
        }
    }
    ck_assert_uint_eq(lines, wanted);
    be_served(good);
    close(slow);
    close(good);
    stop(pid);
}
END_TEST

START_TEST(a_thousand_connections)
{
    enum { N = 1000 };
    static int fd[N];
    limits l = defaults();
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < N + 100) {
        return;
    }
    limit.rlim_cur = limit.rlim_cur < N + 100 ? N + 100 : limit.rlim_cur;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    l.loop.clients = N + 1;
    pid_t pid = start(&l);
    int good = connected();
    for (int i = 0; i < N; i++) {
        fd[i] = connected();
        expect(fd[i], "{\"op\":\"begin\",\"item\":\"a\",\"next\":true}\n", "start");
    }
    be_served(good);
    ck_assert_double_eq(figure(good, "items"), N);
    /* One more gets a refusal, and is closed. */
    char line[4096];
    int more = connected();
    ck_assert_ptr_nonnull(strstr(hear(more, line), "too_many_clients"));
    ck_assert_str_eq(hear(more, line), "");
    close(more);
    for (int i = 0; i < N; i++) {
        expect(fd[i], "{\"op\":\"result\",\"item\":\"a\"}\n", "\"ok\":true");
        close(fd[i]);
    }
    await_figure(good, "clients", 1);
    be_served(good);
    close(good);
    stop(pid);
}
END_TEST

START_TEST(silent_clients_and_items)
{
    limits l = defaults();
    char line[4096];
    l.loop.idle_ns = 300000000;
    l.service.idle_ns = 300000000;
    pid_t pid = start(&l);
    int silent = connected();
    int good = connected();
    expect(silent, "{\"op\":\"begin\",\"item\":\"a\"}\n", "true");
    expect(good, "{\"op\":\"begin\",\"item\":\"left\"}\n", "true");
    for (int i = 0; i < 12; i++) {
        const struct timespec wait = {.tv_nsec = 50000000};
        nanosleep(&wait, NULL);
        be_served(good);
    }
    ck_assert_ptr_nonnull(strstr(hear(silent, line), "\"error\":\"idle\""));
    ck_assert_str_eq(hear(silent, line), "");
    expect(good, "{\"op\":\"next\",\"item\":\"left\"}\n", "no_item");
    close(silent);
    close(good);
    stop(pid);
}
END_TEST

/* SIGTERM: nothing begins, what is in flight ends, then the server does. */
START_TEST(sigterm_drains)
{
    const limits l = defaults();
    char line[4096];
    pid_t pid = start(&l);
    int idle = connected();
    int busy = connected();
    be_served(idle);
    expect(busy, "{\"op\":\"begin\",\"item\":\"a\",\"next\":true}\n", "start");
    ck_assert_int_eq(kill(pid, SIGTERM), 0);
    ck_assert_str_eq(hear(idle, line), ""); /* nothing to wait for */
    ck_assert_int_lt(try_connect(), 0);
    expect(busy, "{\"op\":\"begin\",\"item\":\"b\"}\n", "draining");
    expect(
        busy,
        "{\"op\":\"finished\",\"item\":\"a\",\"model\":\"m0\",\"labels\":[],\"next\":true}\n",
        "start");
    expect(busy, "{\"op\":\"result\",\"item\":\"a\"}\n", "\"finished\":[\"m0\"]");
    ck_assert_str_eq(hear(busy, line), "");
    ck_assert_int_eq(wait_for(pid), AMS_OK);
    ck_assert_int_ne(access(SOCKET, F_OK), 0);
    close(idle);
    close(busy);
}
END_TEST

START_TEST(draining_ends)
{
    limits l = defaults();
    char line[4096];
    l.loop.drain_ns = _i == 0 ? 100000000 : l.loop.drain_ns;
    pid_t pid = start(&l);
    int idle = connected();
    int busy = connected();
    be_served(idle);
    expect(busy, "{\"op\":\"begin\",\"item\":\"a\"}\n", "true");
    ck_assert_int_eq(kill(pid, SIGTERM), 0);
    ck_assert_str_eq(hear(idle, line), ""); /* the signal has been heard */
    close(idle);
    if (_i == 1) { /* the second signal does not wait */
        expect(busy, "{\"op\":\"begin\",\"item\":\"b\"}\n", "draining");
        ck_assert_int_eq(kill(pid, SIGINT), 0);
    }
    ck_assert_str_eq(hear(busy, line), "");
    ck_assert_int_eq(wait_for(pid), AMS_OK);
    close(busy);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, the_socket_is_ours_alone);
    tcase_add_test(tests, stale_sockets_and_other_files);
    tcase_add_test(tests, killed_clients);
    tcase_add_test(tests, messages_in_bits_and_too_long);
    tcase_add_test(tests, slow_reader);
    tcase_add_test(tests, a_thousand_connections);
    tcase_add_test(tests, silent_clients_and_items);
    tcase_add_test(tests, sigterm_drains);
    tcase_add_loop_test(tests, draining_ends, 0, 2);
}

int main(void)
{
    return run_suite("serve/loop", add);
}
