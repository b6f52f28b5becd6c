/* Load for `ams serve`: CLIENTS threads, each a connection with DEPTH items in flight, ask and
 * report without a pause for SECONDS; prints decisions a second, the time from a message to its
 * reply as clients see it, and what memory the server holds. With a fifth argument "churn"
 * clients leave after 50 items, in the middle of them, and come again.
 *
 *   bench_serve AMS POLICY CLIENTS DEPTH SECONDS [churn]
 *
 * Every reply is checked: it is ok, names models that had not run, and an item ends with its
 * result. Exit code 1 where one is not, or where the server's memory grew by more than 4 MB
 * after the first quarter. */
#include "serve/histogram.h"
#include "serve/policy.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CLIENTS = 256, MOST_DEPTH = 64, BYTES = 1 << 16, CHURN = 50, GROWTH_KB = 4096 };

typedef struct load {
    ams_live_policy policy;
    struct sockaddr_un address;
    int depth;
    bool churn;
    double until_s;
} load;

typedef struct client {
    const load *load;
    pthread_t thread;
    uint32_t seed;
    int fd;
    uint64_t ran[MOST_DEPTH]; /* models of each item */
    bool done[MOST_DEPTH];
    uint32_t items, decisions;
    uint64_t messages;
    ams_histogram ns;
    bool failed;
} client;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static uint32_t draw(client *c)
{
    c->seed = c->seed * 1664525U + 1013904223U;
    return c->seed >> 8;
}

static int connect_to(const load *l)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&l->address, sizeof l->address) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* The next message of item k: model is the one that it has to run, or UINT32_MAX. */
static int compose(client *c, int k, uint32_t model, char *text, size_t size)
{
    const ams_live_policy *p = &c->load->policy;
    if (model != UINT32_MAX) {
        const char *a = p->label[draw(c) % p->n_labels];
        const char *b = p->label[draw(c) % p->n_labels];
        return snprintf(
            text, size,
            "{\"op\":\"finished\",\"item\":\"%d\",\"model\":%s,\"labels\":[[%s,0.%u],"
            "[%s,0.%u]],\"next\":true}\n",
            k, p->model[model], a, draw(c) % 1000, b, draw(c) % 1000);
    }
    if (c->done[k]) {
        return snprintf(text, size, "{\"op\":\"result\",\"item\":\"%d\"}\n", k);
    }
    return snprintf(text, size, "{\"op\":\"begin\",\"item\":\"%d\",\"next\":true}\n", k);
}

/* Takes the reply to what compose() made; *model is what runs now. */
static bool take(client *c, int k, char *line, uint32_t *model)
{
    static const char start[] = "{\"ok\":true,\"do\":\"start\",\"models\":[\"";
    *model = UINT32_MAX;
    c->messages++;
    if (strncmp(line, "{\"ok\":true", 10) != 0) {
        fprintf(stderr, "refused: %s\n", line);
        return false;
    }
    if (c->done[k]) { /* the reply is its result */
        c->done[k] = false;
        c->ran[k] = 0;
        c->items++;
        return true;
    }
    c->decisions++;
    c->done[k] = strncmp(line, "{\"ok\":true,\"do\":\"done\"", 22) == 0;
    if (c->done[k]) {
        return true;
    }
    char *name = line + sizeof start - 1;
    char *end = strncmp(line, start, sizeof start - 1) == 0 ? strchr(name, '"') : NULL;
    if (end != NULL) {
        *end = '\0';
        *model = ams_online_model(c->load->policy.online, name);
    }
    if (*model == UINT32_MAX || (c->ran[k] >> *model & 1) != 0) {
        fprintf(stderr, "not to be run: %s\n", line);
        return false;
    }
    c->ran[k] |= UINT64_C(1) << *model;
    return true;
}

static bool send_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes += sent;
        n -= (size_t)sent;
    }
    return true;
}

/* One message and one reply of each item in flight. */
static bool exchange(client *c, uint32_t *model)
{
    char bytes[BYTES];
    size_t used = 0;
    for (int k = 0; k < c->load->depth; k++) {
        used += (size_t)compose(c, k, model[k], bytes + used, sizeof bytes - used);
    }
    const double sent = now_s();
    if (!send_all(c->fd, bytes, used)) {
        return false;
    }
    used = 0;
    for (int k = 0; k < c->load->depth;) {
        ssize_t n = recv(c->fd, bytes + used, sizeof bytes - used, 0);
        if (n <= 0) {
            return false;
        }
        used += (size_t)n;
        char *line = bytes;
        for (char *end = NULL; (end = memchr(line, '\n', used)) != NULL; line = end + 1, k++) {
            ams_histogram_add(&c->ns, (uint64_t)((now_s() - sent) * 1e9));
            *end = '\0';
            used -= (size_t)(end + 1 - line);
            if (!take(c, k, line, &model[k])) {
                return false;
            }
        }
        memmove(bytes, line, used);
    }
    return true;
}

static void *run_client(void *context)
{
    client *c = context;
    while (!c->failed && now_s() < c->load->until_s) {
        uint32_t model[MOST_DEPTH];
        const uint32_t first = c->items;
        c->fd = connect_to(c->load);
        c->failed = c->fd < 0;
        for (int k = 0; k < MOST_DEPTH; k++) {
            model[k] = UINT32_MAX;
            c->ran[k] = 0;
            c->done[k] = false;
        }
        while (!c->failed && now_s() < c->load->until_s &&
               !(c->load->churn && c->items - first >= CHURN)) {
            c->failed = !exchange(c, model);
        }
        close(c->fd);
    }
    return NULL;
}

static long resident_kb(pid_t pid)
{
    char path[64];
    char line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *stream = fopen(path, "r");
    while (stream != NULL && fgets(line, sizeof line, stream) != NULL) {
        (void)sscanf(line, "VmRSS: %ld", &kb);
    }
    if (stream != NULL) {
        fclose(stream);
    }
    return kb;
}

static pid_t start_server(const char *ams, const char *policy, load *l)
{
    const struct timespec wait = {.tv_nsec = 10000000};
    pid_t pid = fork();
    if (pid == 0) {
        execl(ams, ams, "serve", "--policy", policy, "--socket", l->address.sun_path,
              (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 1000; i++) {
        int fd = connect_to(l);
        if (fd >= 0) {
            close(fd);
            return pid;
        }
        nanosleep(&wait, NULL);
    }
    return -1;
}

/* Of the server, which has ended: what no other program on the machine changes much. */
static void report_processor(const client *clients, int n)
{
    struct rusage used;
    uint64_t messages = 0;
    for (int i = 0; i < n; i++) {
        messages += clients[i].messages;
    }
    getrusage(RUSAGE_CHILDREN, &used);
    const double us = 1e6 * (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                      (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    printf("server's processor time: %.2f us a message\n",
           us / (double)(messages == 0 ? 1 : messages));
}

static void sleep_until(double s)
{
    const struct timespec wait = {.tv_nsec = 20000000};
    while (now_s() < s) {
        nanosleep(&wait, NULL);
    }
}

static bool report(const client *clients, int n, double seconds, const long kb[2], bool churn)
{
    client sum = {.failed = false};
    for (int i = 0; i < n; i++) {
        sum.failed |= clients[i].failed;
        sum.items += clients[i].items;
        sum.decisions += clients[i].decisions;
        sum.messages += clients[i].messages;
        sum.ns.n += clients[i].ns.n;
        sum.ns.most = clients[i].ns.most > sum.ns.most ? clients[i].ns.most : sum.ns.most;
        for (uint32_t b = 0; b < AMS_HISTOGRAM_BUCKETS; b++) {
            sum.ns.count[b] += clients[i].ns.count[b];
        }
    }
    printf(
        "%d clients, %d items in flight each%s, %.1f s: %.0f decisions/s, %.0f messages/s, %u "
        "items\nmessage to reply, us: p50 %.0f, p90 %.0f, p99 %.0f, p99.9 %.0f, max %.0f\n"
        "server's memory: %ld KB after a quarter, %ld KB at the end\n",
        n, clients->load->depth, churn ? ", coming and going" : "", seconds,
        sum.decisions / seconds, (double)sum.messages / seconds, sum.items,
        (double)ams_histogram_quantile(&sum.ns, 0.5) * 1e-3,
        (double)ams_histogram_quantile(&sum.ns, 0.9) * 1e-3,
        (double)ams_histogram_quantile(&sum.ns, 0.99) * 1e-3,
        (double)ams_histogram_quantile(&sum.ns, 0.999) * 1e-3, (double)sum.ns.most * 1e-3,
        kb[0], kb[1]);
    return !sum.failed && sum.items > 0 && kb[1] - kb[0] <= GROWTH_KB;
}

int main(int argc, char **argv)
{
    static client clients[MOST_CLIENTS];
    load l = {.address = {.sun_family = AF_UNIX}};
    ams_error err = {.text = ""};
    const int n = argc > 3 ? atoi(argv[3]) : 0;
    const double seconds = argc > 5 ? atof(argv[5]) : 0;
    l.depth = argc > 4 ? atoi(argv[4]) : 0;
    l.churn = argc > 6 && strcmp(argv[6], "churn") == 0;
    if (n < 1 || n > MOST_CLIENTS || l.depth < 1 || l.depth > MOST_DEPTH || !(seconds > 0)) {
        fputs("usage: bench_serve AMS POLICY CLIENTS DEPTH SECONDS [churn]\n", stderr);
        return 1;
    }
    if (ams_live_open(&l.policy, argv[2], &err) != AMS_OK || l.policy.n_labels == 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    char folder[] = "/tmp/ams-bench-XXXXXX";
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    snprintf(l.address.sun_path, sizeof l.address.sun_path, "%s/s", folder);
    pid_t pid = start_server(argv[1], argv[2], &l);
    if (pid < 0) {
        return 1;
    }
    const double began = now_s();
    long kb[2];
    l.until_s = began + seconds;
    for (int i = 0; i < n; i++) {
        clients[i] = (client){.load = &l, .seed = (uint32_t)i + 1};
        if (pthread_create(&clients[i].thread, NULL, run_client, &clients[i]) != 0) {
            return 1;
        }
    }
    sleep_until(began + seconds / 4);
    kb[0] = resident_kb(pid);
    for (int i = 0; i < n; i++) {
        pthread_join(clients[i].thread, NULL);
    }
    const double took = now_s() - began;
    kb[1] = resident_kb(pid);
    bool good = report(clients, n, took, kb, l.churn);
    int state = 0;
    kill(pid, SIGTERM);
    waitpid(pid, &state, 0);
    report_processor(clients, n);
    rmdir(folder);
    ams_live_close(&l.policy);
    return good && state == 0 ? 0 : 1;
}
