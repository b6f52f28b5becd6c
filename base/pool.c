#include "base/pool.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

/* Training runs jobs of 5-50 us back to back, and waking a sleeper takes about as long, so a
 * worker spins for a while before it sleeps. */
enum { SPINS = 20000 };

struct ams_pool {
    uint32_t threads;
    pthread_t *workers; /* threads - 1 */
    uint32_t started;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_uint_fast64_t job;  /* number of the current job; a worker waits for it to change */
    atomic_uint_fast32_t next; /* next shard to take */
    atomic_uint_fast32_t busy; /* workers that have not finished the current job */
    bool stop;                 /* written under lock before `job` changes */
    ams_shard_fn *fn;
    void *context;
    uint32_t shards;
};

static void take_shards(ams_pool *pool)
{
    for (;;) {
        uint32_t shard = (uint32_t)atomic_fetch_add(&pool->next, 1);
        if (shard >= pool->shards) {
            return;
        }
        pool->fn(pool->context, shard);
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

static void *work(void *argument)
{
    ams_pool *pool = argument;
    uint64_t job = 0;
    for (;;) {
        job = wait_for_job(pool, job);
        if (pool->stop) {
            return NULL;
        }
        take_shards(pool);
        atomic_fetch_sub(&pool->busy, 1);
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
    while (status == AMS_OK && pool->started + 1 < threads) {
        if (pthread_create(&pool->workers[pool->started], NULL, work, pool) != 0) {
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
    pool->stop = true;
    announce(pool);
    for (uint32_t i = 0; i < pool->started; i++) {
        pthread_join(pool->workers[i], NULL);
    }
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
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
    pool->shards = shards;
    atomic_store(&pool->next, 0);
    atomic_store(&pool->busy, pool->started);
    announce(pool);
    take_shards(pool);
    while (atomic_load(&pool->busy) != 0) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
}
