/* What claims cost in a folder, and how long joiners of a sweep take that do nothing but sleep.
 * usage: bench_claims FOLDER costs PIECES
 *        bench_claims FOLDER join JOINERS PIECES SECONDS
 * FOLDER must not be there; it decides which file system is measured. Rows of TSV: what, n,
 * value, unit. experiments/cluster/measure.sh runs it. */
#include "ams/children.h"
#include "ams/claims.h"
#include "base/clock.h"
#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void nap(double seconds)
{
    struct timespec t = {.tv_sec = (time_t)seconds};
    t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
    nanosleep(&t, NULL);
}

static void name(char key[48], long i)
{
    snprintf(key, 48, "dqn,lr=0.001-%ld", i);
}

/* -- what each step costs -- */

enum { LOOKS = 21, READ = 64 }; /* so many claims are all looked after */

/* Of this process: what others do on the machine counts little. */
static double cpu_seconds(void)
{
    struct timespec t = {.tv_sec = 0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void print_since(const char *what, long n, double begun, long steps, const char *unit)
{
    printf("%s\t%ld\t%.3f\t%s\n", what, n, (cpu_seconds() - begun) / (double)steps * 1e6, unit);
}

static ams_status make_and_list(const char *folder, long pieces, ams_error *err)
{
    ams_claims *claims = NULL;
    ams_piece piece;
    char key[48];
    ams_status status = AMS_OK;
    AMS_TRY(ams_claims_open(&claims, folder, 0, err));
    double begun = cpu_seconds();
    for (long i = 0; i < pieces; i++) {
        name(key, i);
        AMS_TRY(ams_claims_take(claims, key, 0, &piece, err));
    }
    print_since("take", pieces, begun, pieces, "us of processor time");
    begun = cpu_seconds();
    for (long i = 0; i < pieces; i++) {
        name(key, i);
        AMS_TRY(ams_claims_end(claims, key, AMS_CLAIM_DONE, 0, "", err));
    }
    print_since("end", pieces, begun, pieces, "us of processor time");
    begun = cpu_seconds();
    for (int k = 0; k < LOOKS; k++) {
        AMS_TRY(ams_claims_look_now(claims, err));
    }
    print_since("list", 2 * pieces, begun, 2 * pieces * LOOKS, "us of processor time per file");
out:
    ams_claims_close(claims);
    return status;
}

/* Observers that look once each, at claims that are new to them; all are of one process. */
static ams_status read_new(const char *folder, ams_error *err)
{
    ams_claims *observer[LOOKS] = {NULL};
    ams_claims *claims = NULL;
    ams_piece piece;
    char key[48];
    ams_status status = AMS_OK;
    AMS_TRY(ams_claims_open(&claims, folder, 0, err));
    for (int k = 0; k < LOOKS; k++) {
        AMS_TRY(ams_claims_open(&observer[k], folder, 0, err));
    }
    for (long i = 0; i < READ; i++) {
        name(key, i);
        AMS_TRY(ams_claims_take(claims, key, 0, &piece, err));
    }
    const double begun = cpu_seconds();
    for (int k = 0; k < LOOKS; k++) {
        AMS_TRY(ams_claims_look_now(observer[k], err));
    }
    print_since("read", READ, begun, (long)LOOKS * READ, "us of processor time per file");
out:
    for (int k = 0; k < LOOKS; k++) {
        ams_claims_close(observer[k]);
    }
    ams_claims_close(claims);
    return status;
}

/* -- joiners -- */

/* What one has counted; the parent reads it from its file. */
typedef struct tally {
    long done, lost, looks;
    /* On the clock, with waits for a processor: until it had opened, and all of the rest. */
    double open_s, run_s, claim_s, look_s;
} tally;

/* As a sweep does: tries the first free piece but a few, one piece at a time. Without a free
 * one it waits for the rest of the others.
 * @return whether all are done. */
static ams_status try_all(ams_claims *claims, long pieces, double seconds, tally *t, bool *busy,
                          ams_error *err)
{
    size_t skip = ams_claims_skip(claims);
    long last = -1;
    char key[48];
    ams_piece piece = {.state = AMS_CLAIM_BUSY};
    ams_status status = AMS_OK;
    *busy = false;
    for (long i = 0; i < pieces; i++) {
        name(key, i);
        const ams_claim_state state = ams_claims_state(claims, key).state;
        *busy = *busy || state == AMS_CLAIM_BUSY;
        if (state == AMS_CLAIM_FREE) {
            last = i;
            if (skip-- == 0) {
                break;
            }
        }
    }
    if (last >= 0) {
        *busy = true;
        name(key, last);
        const double begun = ams_seconds();
        AMS_TRY(ams_claims_take(claims, key, 0, &piece, err));
        const double taken = ams_seconds();
        t->claim_s += taken - begun;
        if (piece.state == AMS_CLAIM_MINE) {
            nap(seconds);
            const double over = ams_seconds();
            AMS_TRY(ams_claims_end(claims, key, AMS_CLAIM_DONE, 0, "", err));
            t->run_s += over - taken;
            t->claim_s += ams_seconds() - over;
            t->done++;
        } else {
            t->lost++;
        }
    } else {
        nap(ams_claims_wait(claims) + 0.005);
    }
out:
    return status;
}

/* out: where the tally goes; started: when the first of all joiners began. */
static ams_status join(const char *folder, long pieces, double seconds, int out, double started,
                       ams_error *err)
{
    ams_claims *claims = NULL;
    tally t = {0};
    bool busy = true;
    ams_status status = ams_claims_open(&claims, folder, 0, err);
    t.open_s = ams_seconds() - started;
    while (status == AMS_OK && busy) {
        const double begun = ams_seconds();
        t.looks += ams_claims_wait(claims) <= 0;
        status = ams_claims_look(claims, err);
        t.look_s += ams_seconds() - begun;
        if (status == AMS_OK) {
            status = try_all(claims, pieces, seconds, &t, &busy, err);
        }
    }
    if (status == AMS_OK && write(out, &t, sizeof t) != (ssize_t)sizeof t) {
        status = ams_fail(err, AMS_IO, "cannot write into a pipe");
    }
    ams_claims_close(claims);
    return status;
}

static ams_status joiners(const char *folder, long n, long pieces, double seconds,
                          ams_error *err)
{
    int ends[2];
    tally sum = {0};
    bool failed = false;
    if (pipe(ends) != 0) {
        return ams_fail(err, AMS_IO, "no pipe");
    }
    const double begun = ams_seconds();
    for (long j = 0; j < n; j++) {
        const pid_t pid = fork();
        if (pid == 0) {
            const ams_status status = join(folder, pieces, seconds, ends[1], begun, err);
            if (status != AMS_OK) {
                fprintf(stderr, "bench_claims: %s\n", err->text);
            }
            _exit((int)status);
        }
        failed = failed || pid < 0;
    }
    close(ends[1]);
    for (int how = 0; wait(&how) > 0;) {
        failed = failed || how != 0;
    }
    const double took = ams_seconds() - begun;
    for (tally t; read(ends[0], &t, sizeof t) == (ssize_t)sizeof t;) {
        sum = (tally){.done = sum.done + t.done,
                      .lost = sum.lost + t.lost,
                      .looks = sum.looks + t.looks,
                      .open_s = sum.open_s + t.open_s,
                      .run_s = sum.run_s + t.run_s,
                      .claim_s = sum.claim_s + t.claim_s,
                      .look_s = sum.look_s + t.look_s};
    }
    close(ends[0]);
    if (failed || sum.done != pieces) {
        return ams_fail(err, AMS_BACKEND, "%ld of %ld pieces were done", sum.done, pieces);
    }
    printf("join\t%ld\t%.4f\ts\nlost\t%ld\t%ld\tclaims\nlooks\t%ld\t%ld\tlooks\n", n, took, n,
           sum.lost, n, sum.looks);
    printf("join_run\t%ld\t%.3f\tms of a run, on the clock\n"
           "join_open\t%ld\t%.2f\tms from the first fork to a process that has opened\n"
           "join_claim\t%ld\t%.1f\tus of a claim or its end, on the clock\n"
           "join_look\t%ld\t%.1f\tus of a look, on the clock\n",
           n, sum.run_s / (double)pieces * 1e3, n, sum.open_s / (double)n * 1e3, n,
           sum.claim_s / (double)(2 * pieces + sum.lost) * 1e6, n,
           sum.look_s / (double)sum.looks * 1e6);
    return AMS_OK;
}

int main(int argc, char **argv)
{
    ams_error err = {.text = ""};
    ams_status status = AMS_USAGE;
    if (argc < 3 || ams_exists(argv[1])) {
        ams_fail(&err, AMS_USAGE,
                 "usage: bench_claims NEW_FOLDER costs PIECES | join JOINERS "
                 "PIECES SECONDS");
    } else if (strcmp(argv[2], "costs") == 0 && argc == 4 && strtol(argv[3], NULL, 10) > 0) {
        char other[4096];
        snprintf(other, sizeof other, "%.4000s/read", argv[1]);
        status = make_and_list(argv[1], strtol(argv[3], NULL, 10), &err);
        status = status == AMS_OK ? read_new(other, &err) : status;
    } else if (strcmp(argv[2], "join") == 0 && argc == 6) {
        status = joiners(argv[1], strtol(argv[3], NULL, 10), strtol(argv[4], NULL, 10),
                         strtod(argv[5], NULL), &err);
    } else {
        ams_fail(&err, AMS_USAGE, "expected `costs PIECES` or `join JOINERS PIECES SECONDS`");
    }
    if (status != AMS_OK) {
        fprintf(stderr, "bench_claims: %s\n", err.text);
    }
    return (int)status;
}
