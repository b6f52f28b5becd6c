/* Threads that pack chunks (env/pack.h) while their owner makes the next ones. Private to env/.
 *
 * What a chunk becomes does not depend on who packs it, and its owner asks for chunks in an
 * order of its own: so a file does not depend on how many threads there are. */
#ifndef AMS_ENV_PACKER_H
#define AMS_ENV_PACKER_H

#include "base/team.h"

typedef struct ams_packer ams_packer;
typedef struct ams_packed ams_packed; /* a chunk on its way */

/* A packer with so many threads beside the caller's, which begin with the first chunk; 0: none.
 * A thread that the system does not give is done without. Signals stay the caller's. */
ams_status ams_packer_create(ams_packer **packer, uint32_t threads, ams_error *err);
/* Threads that a writer may have beside its own: what the job leaves this process, and no more
 * than make a difference. */
uint32_t ams_packer_threads(void);
/* Joins the threads. All chunks have been taken or dropped before. */
void ams_packer_destroy(ams_packer *packer); /* accepts NULL */

/* Has n bytes, values of `width` bytes each, packed: by a thread, from a copy, or here where
 * every thread has more to do. *chunk is to be taken or dropped. */
ams_status ams_packer_give(ams_packer *packer, const void *values, size_t n, size_t width,
                           ams_packed **chunk, ams_error *err);
/* Appends the packed chunk to `stored`; packs it here if no thread has begun it. The chunk is
 * gone, also where it fails. */
ams_status ams_packer_take(ams_packer *packer, ams_packed *chunk, ams_bytes *stored,
                           ams_error *err);
/* Nobody wants the chunk. */
void ams_packer_drop(ams_packer *packer, ams_packed *chunk);

#endif
