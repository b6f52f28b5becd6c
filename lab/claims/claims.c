#include "lab/claims/parts.h"

#include "ams/children.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- files -- */

/* Writes a file of this process's own, or one that nobody else may make, whole. */
static ams_status write_text(const ams_claims *c, const char *name, int flags, const char *text,
                             ams_error *err)
{
    int fd = openat(c->folder, name, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
    if (fd < 0) {
        return ams_claims_fail(c, "make", name, err);
    }
    const size_t n = strlen(text);
    const bool whole = write(fd, text, n) == (ssize_t)n;
    /* NFS sends what was written when the file is closed, and says then that it could not. */
    if (close(fd) != 0 || !whole) {
        return ams_claims_fail(c, "write", name, err);
    }
    return AMS_OK;
}

/* The file appears with its text in it: others read it as soon as it is there, and a process
 * that is killed leaves all of it or none. NAME is of a claim of this process, so nobody else
 * makes it. */
static ams_status write_at_once(const ams_claims *c, const char *name, const char *text,
                                ams_error *err)
{
    char draft[sizeof c->counter + sizeof ".end"];
    snprintf(draft, sizeof draft, "%s.end", c->counter);
    const ams_status status = write_text(c, draft, O_TRUNC, text, err);
    if (status == AMS_OK && renameat(c->folder, draft, c->folder, name) != 0) {
        return ams_claims_fail(c, "make", name, err);
    }
    return status;
}

/* The counter has a fixed width, so that a reader finds a number whatever it meets. */
static ams_status count(ams_claims *c, ams_error *err)
{
    char text[32];
    snprintf(text, sizeof text, "%020llu\n", (unsigned long long)++c->beats);
    c->counted = ams_seconds();
    return write_text(c, c->counter, 0, text, err);
}

/* -- beginning and end -- */

static ams_status name_myself(ams_claims *c, ams_error *err)
{
    uint64_t lot = 0;
    c->me = ams_owner_self();
    if (getrandom(&lot, sizeof lot, 0) != (ssize_t)sizeof lot) {
        return ams_fail(err, AMS_BACKEND, "no random number: %s", strerror(errno));
    }
    for (char *at = c->me.host; *at != '\0'; at++) {
        *at = *at == '/' ? '-' : *at;
    }
    snprintf(c->counter, sizeof c->counter, "@%.100s-%lld-%016llx", c->me.host, c->me.pid,
             (unsigned long long)lot);
    snprintf(c->paper, sizeof c->paper, "%s.new", c->counter);
    c->lot = c->salt = lot;
    c->dead_seen = -INFINITY;
    return AMS_OK;
}

/* What every claim of this process is a link to: who it is, and the name of its counter. */
static ams_status write_paper(const ams_claims *c, ams_error *err)
{
    ams_status status = write_text(c, c->paper, O_EXCL, "", err);
    int fd = status == AMS_OK ? openat(c->folder, c->paper, O_WRONLY | O_CLOEXEC) : -1;
    if (status != AMS_OK) {
        return status;
    }
    const bool whole = fd >= 0 && ams_owner_write(fd, &c->me) > 0 &&
                       dprintf(fd, "counter %s\n", c->counter) > 0;
    if ((fd >= 0 && close(fd) != 0) || !whole) {
        return ams_claims_fail(c, "write", c->paper, err);
    }
    return AMS_OK;
}

ams_status ams_claims_open(ams_claims **claims, const char *directory, double patience,
                           ams_error *err)
{
    ams_claims *c = NULL;
    ams_status status = ams_alloc(&c, 1, sizeof *c, "claims", err);
    *claims = c;
    if (status != AMS_OK) {
        return status;
    }
    c->folder = -1;
    c->patience = patience > 0 ? patience : AMS_CLAIMS_PATIENCE;
    AMS_TRY(ams_join_path(&c->path, directory, "claims", err));
    AMS_TRY(ams_make_directories(c->path, err));
    c->folder = open(c->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (c->folder < 0) {
        status = ams_claims_fail(c, "open", ".", err);
        goto out;
    }
    AMS_TRY(name_myself(c, err));
    AMS_TRY(count(c, err));
    AMS_TRY(write_paper(c, err));
    status = ams_claims_look_now(c, err);
out:
    if (status != AMS_OK) {
        ams_claims_close(c);
        *claims = NULL;
    }
    return status;
}

void ams_claims_close(ams_claims *c)
{
    if (c == NULL) {
        return;
    }
    if (c->folder >= 0 && c->counter[0] != '\0') {
        for (uint32_t i = 0; i < c->keys.count; i++) {
            if (c->piece[i].state == AMS_CLAIM_MINE) {
                (void)ams_claims_end(c, ams_names_get(&c->keys, i), AMS_CLAIM_FREE, 0, "",
                                     NULL);
            }
        }
        (void)write_text(c, c->counter, O_TRUNC, "end\n", NULL);
        (void)unlinkat(c->folder, c->paper, 0);
    }
    if (c->folder >= 0) {
        close(c->folder);
    }
    ams_names_fini(&c->keys);
    ams_names_fini(&c->owners);
    free(c->piece);
    free(c->owner);
    free(c->path);
    free(c);
}

/* -- looking -- */

ams_status ams_claims_look(ams_claims *c, ams_error *err)
{
    enum { BEATS = 8 };
    ams_status status = AMS_OK;
    if (ams_seconds() - c->counted > c->patience / BEATS) {
        AMS_TRY(count(c, err));
    }
    if (ams_claims_wait(c) <= 0) {
        status = ams_claims_look_now(c, err);
    }
out:
    return status;
}

/* The more processes there are, the more seldom each reads the folder: 1,024 of them read it
 * about 100 times a second in all. */
double ams_claims_wait(const ams_claims *c)
{
    double every = 0.1 + 0.01 * (double)c->alive;
    every = every < c->patience / 8 ? every : c->patience / 8;
    const double left = c->looked + every - ams_seconds();
    return left > 0 ? left : 0;
}

size_t ams_claims_skip(ams_claims *c)
{
    c->lot = c->lot * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return c->alive > 1 ? (size_t)(c->lot >> 33) % c->alive : 0;
}

ams_piece ams_claims_state(const ams_claims *c, const char *key)
{
    const uint32_t i = ams_names_find(&c->keys, key, strlen(key));
    if (i == AMS_NO_NAME) {
        return (ams_piece){.state = AMS_CLAIM_FREE};
    }
    return (ams_piece){.state = c->piece[i].state,
                       .attempt = c->piece[i].attempt,
                       .taken_over = c->piece[i].dead};
}

/* -- taking -- */

/* Makes NAME if it is not there. link(2) may have been done although its answer, that it was
 * not, is of a second try of the network: the number of links tells. Where a file system has no
 * links, O_EXCL does it; then a reader may find the file empty for a moment. */
static ams_status make_claim(const ams_claims *c, const char *name, bool *made, ams_error *err)
{
    struct stat paper;
    *made = linkat(c->folder, c->paper, c->folder, name, 0) == 0;
    const int reason = errno;
    if (*made) {
        return AMS_OK;
    }
    if (reason == EEXIST) {
        struct stat there;
        *made = fstatat(c->folder, c->paper, &paper, 0) == 0 &&
                fstatat(c->folder, name, &there, 0) == 0 && paper.st_ino == there.st_ino &&
                paper.st_dev == there.st_dev;
        return AMS_OK;
    }
    if (reason != EPERM && reason != EOPNOTSUPP && reason != ENOSYS && reason != EMLINK) {
        errno = reason;
        return ams_claims_fail(c, "make", name, err);
    }
    int fd = openat(c->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        return errno == EEXIST ? AMS_OK : ams_claims_fail(c, "make", name, err);
    }
    *made = true;
    const bool whole =
        ams_owner_write(fd, &c->me) > 0 && dprintf(fd, "counter %s\n", c->counter) > 0;
    return close(fd) == 0 && whole ? AMS_OK : ams_claims_fail(c, "write", name, err);
}

ams_status ams_claims_take(ams_claims *c, const char *key, uint32_t repeats, ams_piece *claim,
                           ams_error *err)
{
    char name[AMS_CLAIM_NAME];
    uint32_t i = 0;
    bool made = false;
    ams_status status = ams_claims_piece(c, key, strlen(key), &i, err);
    if (status != AMS_OK) {
        return status;
    }
    ams_claim_piece *piece = &c->piece[i];
    const bool ended = piece->state == AMS_CLAIM_FAILED || piece->state == AMS_CLAIM_DONE;
    if (piece->state == AMS_CLAIM_FREE || (ended && repeats > 0 && piece->attempt == repeats)) {
        snprintf(name, sizeof name, "%s.%u", key, piece->attempt + 1);
        AMS_TRY(make_claim(c, name, &made, err));
        piece->attempt++;
        piece->state = made ? AMS_CLAIM_MINE : AMS_CLAIM_BUSY;
        piece->owner = AMS_NO_NAME;
        piece->dead = made && piece->dead;
        if (!made) {
            c->looked = 0; /* others were faster, here and probably elsewhere */
        }
    }
    *claim = ams_claims_state(c, key);
out:
    return status;
}

ams_status ams_claims_end(ams_claims *c, const char *key, ams_claim_state state, int code,
                          const char *message, ams_error *err)
{
    static const char *const endings[] = {[AMS_CLAIM_FREE] = AMS_CLAIM_IS_FREE,
                                          [AMS_CLAIM_DONE] = AMS_CLAIM_IS_DONE,
                                          [AMS_CLAIM_FAILED] = AMS_CLAIM_HAS_FAILED};
    char name[AMS_CLAIM_NAME];
    char *text = NULL;
    const uint32_t i = ams_names_find(&c->keys, key, strlen(key));
    if (i == AMS_NO_NAME || c->piece[i].state != AMS_CLAIM_MINE) {
        return AMS_OK;
    }
    snprintf(name, sizeof name, "%s.%u%s", key, c->piece[i].attempt, endings[state]);
    ams_status status = ams_format(&text, "a claim", err, "%d\t%s\n", code, message);
    if (status == AMS_OK) {
        status = state == AMS_CLAIM_FAILED ? write_at_once(c, name, text, err)
                                           : write_text(c, name, O_TRUNC, "", err);
    }
    if (status == AMS_OK) {
        c->piece[i].state = state;
        c->piece[i].dead = false;
    }
    free(text);
    return status;
}

void ams_claims_failure(const ams_claims *c, const char *key, int *code, char *message,
                        size_t size)
{
    char name[AMS_CLAIM_NAME];
    char text[1024] = "";
    snprintf(name, sizeof name, "%s.%u" AMS_CLAIM_HAS_FAILED, key,
             ams_claims_state(c, key).attempt);
    ams_claims_read(c, name, text, sizeof text);
    const char *tab = strchr(text, '\t');
    *code = tab == NULL ? 0 : (int)strtol(text, NULL, 10);
    snprintf(message, size, "%s", tab == NULL ? "failed in another process" : tab + 1);
    message[strcspn(message, "\n")] = '\0';
}

/* -- once -- */

ams_status ams_claims_once(ams_claims *c, const char *key,
                           ams_status (*work)(void *context, ams_error *err), void *context,
                           int *stopped, ams_error *err)
{
    ams_piece claim = {.state = AMS_CLAIM_BUSY};
    ams_status status = AMS_OK;
    while (*stopped == 0) {
        AMS_TRY(ams_claims_look(c, err));
        AMS_TRY(ams_claims_take(c, key, 0, &claim, err));
        if (claim.state == AMS_CLAIM_MINE) {
            status = work(context, err);
            const ams_claim_state end = status == AMS_OK ? AMS_CLAIM_DONE : AMS_CLAIM_FREE;
            const ams_status told =
                ams_claims_end(c, key, end, 0, "", status == AMS_OK ? err : NULL);
            return status == AMS_OK ? told : status;
        }
        if (claim.state == AMS_CLAIM_DONE) {
            break;
        }
        const double wait = ams_claims_wait(c);
        *stopped = ams_children_interrupted(wait < 0.5 ? wait + 0.001 : 0.5);
    }
out:
    return status;
}
