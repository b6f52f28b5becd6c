/* Threads that share one job after the other.
 *
 * A job is cut into a fixed number of shards that does not depend on the number of threads, and
 * shards never write the same memory, so the result's bits do not depend on it either. A thread
 * first takes the same shards of every job, whose data are still in its core's cache, and then
 * helps the others. */
#ifndef AMS_POOL_H
#define AMS_POOL_H

#include "ams/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Processors that this process may use: those that it may run on, and no more than its control
 * group gives, rounded up; at least 1. What a batch system says is not looked at. */
uint32_t ams_processors(void);

typedef struct ams_pool ams_pool;
typedef void ams_shard_fn(void *context, uint32_t shard);

/* threads >= 1, the caller's included: threads = 1 starts none. */
ams_status ams_pool_create(ams_pool **pool, uint32_t threads, ams_error *err);
void ams_pool_destroy(ams_pool *pool);
uint32_t ams_pool_threads(const ams_pool *pool);
/* Runs fn(context, 0 .. shards - 1) and returns when all are done. pool == NULL: on the caller.
 */
void ams_pool_run(ams_pool *pool, uint32_t shards, ams_shard_fn *fn, void *context);

#ifdef __cplusplus
}
#endif
#endif
