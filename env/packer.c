#include "env/packer.h"

#include "base/job_place.h"
#include "base/memory.h"
#include "env/pack.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Deflating takes two fifths of the time of `ams data synth` (docs/many-machines.md): one
 * thread beside the writer's keeps up with it, and three with whatever makes rows faster. */
enum { MOST_THREADS = 3, MOST_WAITING = 1 /* per thread */ };

typedef enum packed_state { PACKED_WAITS, PACKED_BEGUN, PACKED_DONE } packed_state;

/* Memory for the values of a chunk. */
typedef struct packed_values {
    unsigned char *bytes; /* (room) */
    size_t room;
    struct packed_values *next; /* of those that are spare */
} packed_values;

struct ams_packed {
    packed_values *values; /* (n) owned; NULL once they are packed */
    size_t n, width;
    packed_state state; /* under the packer's lock; what follows is of whoever has begun it */
    ams_bytes stored;
    ams_status status;
    ams_error message;
    ams_packed *next; /* of those that wait, or are spare */
};

struct ams_packer {
    uint32_t wanted, started;
    pthread_t thread[MOST_THREADS];
    pthread_mutex_t lock;
    pthread_cond_t given, done;
    ams_packed *first, **last; /* those that wait, in the order in which they came */
    uint32_t n_waiting;
    bool stop;
    packed_values *values; /* spare; chunks wait for their turn long after they are packed */
    /* Of the owner alone. Memory that is new costs as much as the copy into it. */
    ams_packed *spare;
    ams_pack_space space;
};

uint32_t ams_packer_threads(void)
{
    const ams_job_place place = ams_job_place_of();
    const uint32_t others = ams_job_processors(&place) - 1;
    return others < MOST_THREADS ? others : MOST_THREADS;
}

ams_status ams_packer_create(ams_packer **packer, uint32_t threads, ams_error *err)
{
    ams_packer *p = NULL;
    ams_status status = ams_alloc(&p, 1, sizeof *p, "a packer", err);
    *packer = p;
    if (status == AMS_OK) {
        p->wanted = threads < MOST_THREADS ? threads : MOST_THREADS;
        p->last = &p->first;
        pthread_mutex_init(&p->lock, NULL);
        pthread_cond_init(&p->given, NULL);
        pthread_cond_init(&p->done, NULL);
    }
    return status;
}

static void free_values(packed_values *values)
{
    if (values != NULL) {
        free(values->bytes);
        free(values);
    }
}

static void destroy(ams_packed *chunk)
{
    if (chunk != NULL) {
        ams_bytes_fini(&chunk->stored);
        free_values(chunk->values);
        free(chunk);
    }
}

void ams_packer_destroy(ams_packer *packer)
{
    if (packer == NULL) {
        return;
    }
    pthread_mutex_lock(&packer->lock);
    packer->stop = true;
    pthread_cond_broadcast(&packer->given);
    pthread_mutex_unlock(&packer->lock);
    for (uint32_t k = 0; k < packer->started; k++) {
        pthread_join(packer->thread[k], NULL);
    }
    while (packer->spare != NULL) {
        ams_packed *chunk = packer->spare;
        packer->spare = chunk->next;
        destroy(chunk);
    }
    while (packer->values != NULL) {
        packed_values *values = packer->values;
        packer->values = values->next;
        free_values(values);
    }
    ams_pack_space_fini(&packer->space);
    pthread_cond_destroy(&packer->done);
    pthread_cond_destroy(&packer->given);
    pthread_mutex_destroy(&packer->lock);
    free(packer);
}

static void pack(ams_pack_space *space, ams_packed *chunk, const void *values)
{
    chunk->status =
        ams_pack(space, &chunk->stored, values, chunk->n, chunk->width, &chunk->message);
}

/* The chunk needs its values no more; the packer's lock is held. */
static void spare_values(ams_packer *p, ams_packed *chunk)
{
    if (chunk->values != NULL) {
        chunk->values->next = p->values;
        p->values = chunk->values;
        chunk->values = NULL;
    }
}

static void *work(void *argument)
{
    ams_packer *p = argument;
    ams_pack_space space = {0};
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->first == NULL && !p->stop) {
            pthread_cond_wait(&p->given, &p->lock);
        }
        if (p->stop) {
            break;
        }
        ams_packed *chunk = p->first;
        p->n_waiting--;
        p->first = chunk->next;
        p->last = p->first == NULL ? &p->first : p->last;
        chunk->state = PACKED_BEGUN;
        pthread_mutex_unlock(&p->lock);
        pack(&space, chunk, chunk->values->bytes);
        pthread_mutex_lock(&p->lock);
        spare_values(p, chunk);
        chunk->state = PACKED_DONE;
        pthread_cond_broadcast(&p->done);
    }
    pthread_mutex_unlock(&p->lock);
    ams_pack_space_fini(&space);
    return NULL;
}

/* Signals are for the thread that the program waits in. */
static void start_threads(ams_packer *p)
{
    sigset_t all;
    sigset_t before;
    if (p->started == p->wanted) {
        return;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (p->started < p->wanted &&
           pthread_create(&p->thread[p->started], NULL, work, p) == 0) {
        p->started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    p->wanted = p->started;
}

/* Spare memory of that room, or new. */
static ams_status take_values(ams_packer *p, size_t n, packed_values **values, ams_error *err)
{
    pthread_mutex_lock(&p->lock);
    packed_values **at = &p->values;
    while (*at != NULL && (*at)->room < n) {
        at = &(*at)->next;
    }
    packed_values *found = *at;
    if (found != NULL) {
        *at = found->next;
    }
    pthread_mutex_unlock(&p->lock);
    ams_status status = AMS_OK;
    *values = NULL;
    if (found == NULL) {
        AMS_TRY(ams_alloc(&found, 1, sizeof *found, "a chunk", err));
        found->room = n;
        AMS_TRY(ams_alloc_unset(&found->bytes, n, 1, "a chunk", err));
    }
    *values = found;
    found = NULL;
out:
    free_values(found);
    return status;
}

/* Whether every thread has a chunk to begin with next. Where more waited, their values would be
 * copied to memory that is new, to be packed by whoever gives them later. */
static bool is_busy(ams_packer *p)
{
    pthread_mutex_lock(&p->lock);
    const bool busy = p->n_waiting >= MOST_WAITING * p->started;
    pthread_mutex_unlock(&p->lock);
    return busy;
}

static ams_status join_queue(ams_packer *p, ams_packed *chunk, const void *values,
                             ams_error *err)
{
    ams_status status = take_values(p, chunk->n, &chunk->values, err);
    if (status != AMS_OK) {
        return status;
    }
    memcpy(chunk->values->bytes, values, chunk->n);
    chunk->next = NULL;
    chunk->state = PACKED_WAITS;
    pthread_mutex_lock(&p->lock);
    *p->last = chunk;
    p->last = &chunk->next;
    p->n_waiting++;
    pthread_cond_signal(&p->given);
    pthread_mutex_unlock(&p->lock);
    return AMS_OK;
}

ams_status ams_packer_give(ams_packer *packer, const void *values, size_t n, size_t width,
                           ams_packed **chunk, ams_error *err)
{
    ams_packed *c = packer->spare;
    ams_status status = AMS_OK;
    if (c != NULL) {
        packer->spare = c->next;
    } else {
        AMS_TRY(ams_alloc(&c, 1, sizeof *c, "a chunk", err));
    }
    c->n = n;
    c->width = width;
    c->stored.n = c->stored.at = 0;
    start_threads(packer);
    if (is_busy(packer)) {
        pack(&packer->space, c, values);
        c->state = PACKED_DONE;
    } else {
        AMS_TRY(join_queue(packer, c, values, err));
    }
    *chunk = c;
    c = NULL;
out:
    destroy(c);
    return status;
}

/* Out of those that wait; the packer's lock is held. */
static void leave(ams_packer *p, ams_packed *chunk)
{
    ams_packed **at = &p->first;
    while (*at != chunk) {
        at = &(*at)->next;
    }
    *at = chunk->next;
    p->last = chunk->next == NULL ? at : p->last;
    p->n_waiting--;
}

/* Whether the caller has the chunk to itself, not packed yet; waits where a thread packs it. */
static bool get_back(ams_packer *p, ams_packed *chunk)
{
    pthread_mutex_lock(&p->lock);
    const bool waits = chunk->state == PACKED_WAITS;
    if (waits) {
        leave(p, chunk);
    }
    while (chunk->state == PACKED_BEGUN) {
        pthread_cond_wait(&p->done, &p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return waits;
}

/* Nobody has the chunk any more. */
static void put_by(ams_packer *p, ams_packed *chunk)
{
    pthread_mutex_lock(&p->lock);
    spare_values(p, chunk);
    pthread_mutex_unlock(&p->lock);
    chunk->next = p->spare;
    p->spare = chunk;
}

ams_status ams_packer_take(ams_packer *packer, ams_packed *chunk, ams_bytes *stored,
                           ams_error *err)
{
    if (get_back(packer, chunk)) {
        pack(&packer->space, chunk, chunk->values->bytes);
    }
    ams_status status = chunk->status;
    if (status == AMS_OK) {
        status = ams_bytes_put(stored, chunk->stored.data, chunk->stored.n, err);
    } else {
        (void)ams_fail(err, status, "%s", chunk->message.text);
    }
    put_by(packer, chunk);
    return status;
}

void ams_packer_drop(ams_packer *packer, ams_packed *chunk)
{
    if (chunk != NULL) {
        (void)get_back(packer, chunk);
        put_by(packer, chunk);
    }
}
