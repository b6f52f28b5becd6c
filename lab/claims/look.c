/* What others have claimed, and which of them are dead. */
#include "lab/claims/parts.h"

#include "base/clock.h"
#include "base/memory.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

ams_status ams_claims_fail(const ams_claims *c, const char *action, const char *name,
                           ams_error *err)
{
    return ams_fail(err, AMS_IO, "cannot %s %s/%s: %s", action, c->path, name, strerror(errno));
}

void ams_claims_read(const ams_claims *c, const char *name, char *text, size_t size)
{
    int fd = openat(c->folder, name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);
    text[n < 0 ? 0 : n] = '\0';
    if (fd >= 0) {
        close(fd);
    }
}

ams_status ams_claims_piece(ams_claims *c, const char *key, size_t length, uint32_t *index,
                            ams_error *err)
{
    ams_status status = AMS_OK;
    if (length == 0 || length > AMS_CLAIM_KEY || key[0] == '@' ||
        memchr(key, '/', length) != NULL) {
        return ams_fail(err, AMS_USAGE,
                        "'%.*s' cannot be shared: a name has 1 to %d characters, no '/', "
                        "and no '@' in front",
                        (int)length, key, AMS_CLAIM_KEY);
    }
    *index = ams_names_find(&c->keys, key, length);
    if (*index != AMS_NO_NAME) {
        return AMS_OK;
    }
    AMS_TRY(ams_grow(&c->piece, &c->pieces, (size_t)c->keys.count + 1, sizeof *c->piece,
                     "claims", err));
    AMS_TRY(ams_names_add(&c->keys, key, length, index, err));
    c->piece[*index] = (ams_claim_piece){.owner = AMS_NO_NAME};
out:
    return status;
}

/* -- the folder -- */

static const struct {
    const char *text;
    ams_claim_state state;
} endings[] = {{AMS_CLAIM_IS_DONE, AMS_CLAIM_DONE},
               {AMS_CLAIM_HAS_FAILED, AMS_CLAIM_FAILED},
               {AMS_CLAIM_IS_FREE, AMS_CLAIM_FREE},
               {"", AMS_CLAIM_BUSY}};

/* "KEY.N", "KEY.N.done"; false: it is no claim. */
static bool cut(const char *name, size_t *length, uint32_t *attempt, ams_claim_state *state)
{
    size_t end = strlen(name);
    for (size_t e = 0; e < sizeof endings / sizeof *endings; e++) {
        const size_t n = strlen(endings[e].text);
        if (end > n && strcmp(name + end - n, endings[e].text) == 0) {
            *state = endings[e].state;
            end -= n;
            break;
        }
    }
    size_t digits = end;
    while (digits > 0 && isdigit((unsigned char)name[digits - 1])) {
        digits--;
    }
    if (digits < 2 || digits == end || end - digits > 9 || name[digits - 1] != '.') {
        return false;
    }
    *attempt = (uint32_t)strtoul(name + digits, NULL, 10);
    *length = digits - 1;
    return *attempt > 0 && name[0] != '@';
}

static ams_status note(ams_claims *c, const char *name, ams_error *err)
{
    size_t length = 0;
    uint32_t attempt = 0;
    uint32_t i = 0;
    ams_claim_state state = AMS_CLAIM_FREE;
    if (!cut(name, &length, &attempt, &state)) {
        return AMS_OK;
    }
    ams_status status = ams_claims_piece(c, name, length, &i, err);
    if (status != AMS_OK) {
        return status;
    }
    ams_claim_piece *piece = &c->piece[i];
    if (piece->state == AMS_CLAIM_MINE && attempt > piece->attempt) {
        return ams_fail(err, AMS_IO,
                        "%s/%s: another process has taken over what this one had begun, since "
                        "it stood still for longer than %.0f s; the same command joins again",
                        c->path, name, c->patience);
    }
    if (attempt < piece->attempt ||
        (attempt == piece->attempt &&
         (state == AMS_CLAIM_BUSY || piece->state == AMS_CLAIM_MINE))) {
        return AMS_OK; /* known, or older */
    }
    *piece = (ams_claim_piece){.state = state, .attempt = attempt, .owner = AMS_NO_NAME};
    return AMS_OK;
}

static ams_status read_folder(ams_claims *c, ams_error *err)
{
    ams_status status = AMS_OK;
    const int fd = openat(c->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder == NULL) {
        status = ams_claims_fail(c, "read", ".", err);
        if (fd >= 0) {
            close(fd);
        }
        return status;
    }
    for (const struct dirent *e = readdir(folder); e != NULL && status == AMS_OK;
         e = readdir(folder)) {
        status = note(c, e->d_name, err);
    }
    closedir(folder);
    return status;
}

/* -- who is dead -- */

/* The owner of a claim that is BUSY: its counter. Where the claim is empty, since a file system
 * without links shows it before it is written, the claim stands for the counter, and is read
 * again next time. */
static ams_status find_owner(ams_claims *c, uint32_t i, uint32_t *index, ams_error *err)
{
    char name[AMS_CLAIM_NAME];
    char text[1024];
    char *path = NULL;
    ams_status status = AMS_OK;
    snprintf(name, sizeof name, "%s.%u", ams_names_get(&c->keys, i), c->piece[i].attempt);
    ams_claims_read(c, name, text, sizeof text);
    const char *line = strstr(text, "\ncounter @");
    const char *counter = line == NULL ? name : line + strlen("\ncounter ");
    const size_t length = strcspn(counter, "\n");
    *index = ams_names_find(&c->owners, counter, length);
    if (*index == AMS_NO_NAME) {
        AMS_TRY(ams_grow(&c->owner, &c->room, (size_t)c->owners.count + 1, sizeof *c->owner,
                         "claims", err));
        AMS_TRY(ams_names_add(&c->owners, counter, length, index, err));
        c->owner[*index] = (ams_claim_owner){.look = 0};
        AMS_TRY(ams_format(&path, "a claim", err, "%s/%s", c->path, name));
        c->owner[*index].known = ams_owner_read(path, &c->owner[*index].who);
    }
    c->piece[i].owner = line == NULL ? AMS_NO_NAME : *index;
out:
    free(path);
    return status;
}

/* Once per look and owner. A gap between looks in which this process saw nothing, because it or
 * the file system stood still, begins the wait anew. */
static bool is_dead(ams_claims *c, uint32_t index)
{
    ams_claim_owner *o = &c->owner[index];
    char count[sizeof o->count] = "";
    const double now = ams_seconds();
    if (o->dead || o->look == c->look) {
        return o->dead;
    }
    ams_claims_read(c, ams_names_get(&c->owners, index), count, sizeof count);
    if (strcmp(count, o->count) != 0 || o->look == 0 || now - o->seen > c->patience / 2) {
        memcpy(o->count, count, sizeof count);
        o->since = now;
    }
    o->seen = now;
    o->look = c->look;
    o->dead = strcmp(count, "end\n") == 0 || (o->known && ams_owner_gone(&o->who, &c->me)) ||
              now - o->since > c->patience;
    c->alive += o->dead ? 0 : 1;
    return o->dead;
}

/* What the owner said of its claim after the folder was read and before it was found dead; now
 * it says no more. */
static ams_claim_state last_word(const ams_claims *c, uint32_t i)
{
    char name[AMS_CLAIM_NAME];
    for (size_t e = 0; endings[e].text[0] != '\0'; e++) {
        snprintf(name, sizeof name, "%s.%u%s", ams_names_get(&c->keys, i), c->piece[i].attempt,
                 endings[e].text);
        if (faccessat(c->folder, name, F_OK, 0) == 0) {
            return endings[e].state;
        }
    }
    return AMS_CLAIM_BUSY;
}

/* Of many claims that are busy a process looks after some, each process after others, so that
 * each claim is looked after by about WATCHED of them: 1,024 processes that all read 1,024
 * counters would ask a file server 100,000 times a second (docs/many-machines.md). The number
 * of parts is a power of two, so that what is looked after stays so when claims become fewer.
 * Where one was found dead others probably are, as when a job ends that ran many: then all are
 * looked after for a while. */
static uint64_t count_parts(const ams_claims *c)
{
    enum { WATCHED = 64 };
    uint64_t parts = 1;
    size_t busy = 0;
    for (uint32_t i = 0; i < c->keys.count; i++) {
        busy += c->piece[i].state == AMS_CLAIM_BUSY;
    }
    while (parts * WATCHED < busy) {
        parts *= 2;
    }
    return c->looked - c->dead_seen < 2 * c->patience ? 1 : parts;
}

static bool is_watched(const ams_claims *c, uint32_t i, uint64_t parts)
{
    const char *key = ams_names_get(&c->keys, i);
    return parts == 1 || XXH3_64bits_withSeed(key, strlen(key), c->salt) % parts == 0;
}

/* Reads the counter of a piece's process; where that is dead, the piece is free or has ended.
 */
static ams_status look_after(ams_claims *c, uint32_t i, ams_error *err)
{
    ams_claim_piece *piece = &c->piece[i];
    uint32_t owner = piece->owner;
    ams_status status = AMS_OK;
    if (owner == AMS_NO_NAME) {
        AMS_TRY(find_owner(c, i, &owner, err));
    }
    if (is_dead(c, owner)) {
        const ams_claim_state said = last_word(c, i);
        piece->dead = said == AMS_CLAIM_BUSY;
        piece->state = piece->dead ? AMS_CLAIM_FREE : said;
        c->dead_seen = c->looked;
    }
out:
    return status;
}

ams_status ams_claims_look_now(ams_claims *c, ams_error *err)
{
    ams_status status = AMS_OK;
    c->looked = ams_seconds();
    c->look++;
    AMS_TRY(read_folder(c, err));
    const uint64_t parts = count_parts(c);
    c->alive = 0;
    for (uint32_t i = 0; i < c->keys.count; i++) {
        if (c->piece[i].state == AMS_CLAIM_BUSY && is_watched(c, i, parts)) {
            AMS_TRY(look_after(c, i, err));
        }
    }
    c->alive = 1 + c->alive * (size_t)parts;
out:
    return status;
}
