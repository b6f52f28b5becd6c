/* Chunks on their way into a file: packed by whoever is free (env/pack.h), written by one, in
 * the order in which HDF5 itself would have written them. So the file does not depend on who
 * packed what. Private to env/. */
#ifndef AMS_ENV_CHUNK_QUEUE_H
#define AMS_ENV_CHUNK_QUEUE_H

#include "base/team.h"
#include "env/h5.h"

typedef struct ams_chunk_queue ams_chunk_queue;

/* Chunks are packed by this process: so many threads, and the one that writes. */
ams_status ams_chunk_queue_create(ams_chunk_queue **queue, uint32_t threads, ams_error *err);
/* Chunks that come from now on are packed by its members; NULL: by this process. */
void ams_chunk_queue_set_team(ams_chunk_queue *queue, ams_team *team);

/* One set's way; all zero before ams_chunk_way_init. */
typedef struct ams_chunk_way {
    ams_h5_set *set;      /* borrowed */
    size_t bytes, width;  /* of a chunk, of a value */
    uint64_t rows, added; /* of a chunk, of all so far */
    uint64_t n, written;  /* chunks that were added; that were passed on to be written */
    uint64_t cached;      /* chunks that HDF5 would hold back */
} ams_chunk_way;
void ams_chunk_way_init(ams_chunk_way *way, ams_h5_set *set, uint64_t rows, size_t row_bytes,
                        size_t width);

/* The set's next `rows` rows; fewer than a chunk has are its last ones. `values` has room for a
 * chunk, and the rest of it becomes 0. */
ams_status ams_chunk_queue_add(ams_chunk_queue *queue, ams_chunk_way *way, void *values,
                               uint64_t rows, ams_error *err);
/* Writes all that the set has. */
ams_status ams_chunk_queue_end(ams_chunk_queue *queue, ams_chunk_way *way, ams_error *err);
/* When all sets are written, and before the file gets its name: ams_team_dismiss of the team.
 */
ams_status ams_chunk_queue_dismiss(ams_chunk_queue *queue, ams_error *err);
void ams_chunk_queue_destroy(ams_chunk_queue *queue); /* accepts NULL */

#endif
