#include "ams/pool.h"

#include "base/memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

/* Training runs jobs of 5-50 us back to back, and waking a sleeper takes about as long, so a
 * worker spins for a while before it sleeps. */
enum { SPINS = 20000, YIELD = 200 };

/* The shards that a thread takes first; 64 bytes apart, since all threads write. */
typedef struct pool_place {
    _Alignas(64) atomic_uint_fast32_t next;
    uint32_t end;
} pool_place;

typedef struct pool_worker {
    struct ams_pool *pool;
    uint32_t number;
} pool_worker;

struct ams_pool {
    uint32_t threads;
    pthread_t *workers; /* threads - 1 */
    pool_worker *self;  /* (threads) */
    uint32_t started;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_uint_fast64_t job; /* number of the current job; a worker waits for it to change */
    pool_place *place;        /* (threads) */
    /* The current job's number and how many workers take part in it; 0 when it is closed. A
     * worker that arrives too late does not take part, so that nobody waits for a thread that
     * has no processor. */
    atomic_uint_fast64_t gate;
    atomic_uint_fast64_t done; /* workers that took part and are finished */
    atomic_bool stop;          /* set before `job` changes for the last time */
    ams_shard_fn *fn;
    void *context;
};

static void take_shards(ams_pool *pool, uint32_t number)
{
    for (uint32_t i = 0; i < pool->threads; i++) {
        pool_place *from = &pool->place[(number + i) % pool->threads];
        for (;;) {
            uint32_t shard = (uint32_t)atomic_fetch_add(&from->next, 1);
            if (shard >= from->end) {
                break;
            }
            pool->fn(pool->context, shard);
        }
    }
}

/* Neighbouring shards go to the same thread. */
static void deal(ams_pool *pool, uint32_t shards)
{
    for (uint32_t i = 0; i < pool->threads; i++) {
        pool->place[i].end = (uint32_t)((uint64_t)shards * (i + 1) / pool->threads);
        atomic_store(&pool->place[i].next,
                     (uint_fast32_t)((uint64_t)shards * i / pool->threads));
    }
}

static uint64_t wait_for_job(ams_pool *pool, uint64_t last)
{
    for (int i = 0; i < SPINS; i++) {
        uint64_t job = atomic_load(&pool->job);
        if (job != last) {
            return job;
        }
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&pool->job) == last) {
        pthread_cond_wait(&pool->wake, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return atomic_load(&pool->job);
}

enum { GATE_BITS = 16 }; /* more than there are threads; 2^48 jobs */

static bool join_job(ams_pool *pool, uint64_t job)
{
    uint_fast64_t gate = atomic_load(&pool->gate);
    while (gate >> GATE_BITS == job) {
        if (atomic_compare_exchange_weak(&pool->gate, &gate, gate + 1)) {
            return true;
        }
    }
    return false;
}

static void *work(void *argument)
{
    const pool_worker *self = argument;
    ams_pool *pool = self->pool;
    uint64_t job = 0;
    for (;;) {
        job = wait_for_job(pool, job);
        if (atomic_load(&pool->stop)) {
            return NULL;
        }
        if (join_job(pool, job)) {
            take_shards(pool, self->number);
            atomic_fetch_add(&pool->done, 1);
        }
    }
}

static void announce(ams_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->job, 1);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

ams_status ams_pool_create(ams_pool **result, uint32_t threads, ams_error *err)
{
    ams_pool *pool = NULL;
    ams_status status = ams_alloc(&pool, 1, sizeof *pool, "a thread pool", err);
    *result = pool;
    if (status != AMS_OK) {
        return status;
    }
    pool->threads = threads;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    status = ams_alloc(&pool->workers, threads, sizeof *pool->workers, "a thread pool", err);
    if (status == AMS_OK) {
        status = ams_alloc(&pool->self, threads, sizeof *pool->self, "a thread pool", err);
    }
    if (status == AMS_OK) {
        status = ams_alloc(&pool->place, threads, sizeof *pool->place, "a thread pool", err);
    }
    while (status == AMS_OK && pool->started + 1 < threads) {
        pool_worker *self = &pool->self[pool->started];
        *self = (pool_worker){.pool = pool, .number = pool->started + 1};
        if (pthread_create(&pool->workers[pool->started], NULL, work, self) != 0) {
            status = ams_fail(err, AMS_BACKEND, "cannot start thread %u of %u; lower `threads`",
                              pool->started + 2, threads);
        } else {
            pool->started++;
        }
    }
    if (status != AMS_OK) {
        ams_pool_destroy(pool);
        *result = NULL;
    }
    return status;
}

void ams_pool_destroy(ams_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    atomic_store(&pool->stop, true);
    announce(pool);
    for (uint32_t i = 0; i < pool->started; i++) {
        pthread_join(pool->workers[i], NULL);
    }
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool->self);
    free(pool->place);
    free(pool);
}

uint32_t ams_pool_threads(const ams_pool *pool)
{
    return pool == NULL ? 1 : pool->threads;
}

void ams_pool_run(ams_pool *pool, uint32_t shards, ams_shard_fn *fn, void *context)
{
    if (pool == NULL || pool->threads == 1 || shards == 1) {
        for (uint32_t i = 0; i < shards; i++) {
            fn(context, i);
        }
        return;
    }
    pool->fn = fn;
    pool->context = context;
    deal(pool, shards);
    atomic_store(&pool->done, 0);
    atomic_store(&pool->gate, (atomic_load(&pool->job) + 1) << GATE_BITS);
    announce(pool);
    take_shards(pool, 0);
    uint_fast64_t joined = atomic_exchange(&pool->gate, 0) & ((UINT64_C(1) << GATE_BITS) - 1);
    for (uint32_t i = 1; atomic_load(&pool->done) != joined; i++) {
        if (i % YIELD == 0) {
            sched_yield(); /* to the thread waited for, if it has no processor */
        }
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
}
