#include "env/chunk_queue.h"

#include "base/memory.h"
#include "env/pack.h"
#include "env/packer.h"

#include <stdlib.h>
#include <string.h>

/* HDF5 holds a set's chunks back in a cache of so many bytes (the default of H5Pset_cache), and
 * when the next one has no room it writes the one that came first. Where a chunk lands in the
 * file depends on that moment. */
static const size_t CACHE = (size_t)1 << 20;

/* A chunk that was added. */
typedef struct queue_chunk {
    const ams_chunk_way *way;
    uint64_t number; /* in its set */
    uint64_t id;     /* of its errand; without a team: */
    ams_packed *packed;
} queue_chunk;

struct ams_chunk_queue {
    ams_team *team;
    ams_packer *packer;
    uint32_t threads;  /* of the packer */
    queue_chunk *held; /* (n_held) in the order in which they came */
    size_t n_held, held_room;
    queue_chunk *ready; /* (n_ready) whose turn it is, from `first` on */
    size_t first, n_ready, ready_room;
    ams_bytes stored;
};

ams_status ams_chunk_queue_create(ams_chunk_queue **queue, uint32_t threads, ams_error *err)
{
    ams_chunk_queue *q = NULL;
    ams_status status = ams_alloc(&q, 1, sizeof *q, "a writer", err);
    if (status == AMS_OK) {
        q->threads = threads;
        status = ams_packer_create(&q->packer, threads, err);
    }
    if (status != AMS_OK) {
        ams_chunk_queue_destroy(q);
        q = NULL;
    }
    *queue = q;
    return status;
}

void ams_chunk_queue_set_team(ams_chunk_queue *queue, ams_team *team)
{
    queue->team = ams_team_size(team) > 1 ? team : NULL;
}

void ams_chunk_way_init(ams_chunk_way *way, ams_h5_set *set, uint64_t rows, size_t row_bytes,
                        size_t width)
{
    *way = (ams_chunk_way){
        .set = set, .bytes = (size_t)rows * row_bytes, .width = width, .rows = rows};
    way->cached = CACHE / way->bytes;
}

static ams_status write_first(ams_chunk_queue *q, ams_error *err)
{
    queue_chunk *chunk = &q->ready[q->first++];
    const ams_chunk_way *way = chunk->way;
    ams_status status = AMS_OK;
    if (chunk->packed == NULL) {
        AMS_TRY(ams_team_collect(q->team, chunk->id, ams_pack_work, NULL, &q->stored, err));
    } else {
        ams_packed *packed = chunk->packed;
        chunk->packed = NULL;
        q->stored.n = q->stored.at = 0;
        AMS_TRY(ams_packer_take(q->packer, packed, &q->stored, err));
    }
    status = ams_h5_put_chunk(way->set, chunk->number * way->rows,
                              q->stored.data + q->stored.at, q->stored.n - q->stored.at, err);
out:
    return status;
}

static ams_status write_ready(ams_chunk_queue *q, size_t leave, ams_error *err)
{
    ams_status status = AMS_OK;
    while (q->n_ready - q->first > leave && status == AMS_OK) {
        status = write_first(q, err);
    }
    if (q->first > 0) { /* else there may be no room yet to move anything in */
        memmove(q->ready, q->ready + q->first, (q->n_ready - q->first) * sizeof *q->ready);
        q->n_ready -= q->first;
        q->first = 0;
    }
    return status;
}

/* The oldest chunk of the set gets its turn. */
static ams_status release(ams_chunk_queue *q, ams_chunk_way *way, ams_error *err)
{
    size_t k = 0;
    while (q->held[k].way != way) {
        k++;
    }
    ams_status status =
        ams_grow(&q->ready, &q->ready_room, q->n_ready + 1, sizeof *q->ready, "chunks", err);
    if (status == AMS_OK) {
        q->ready[q->n_ready++] = q->held[k];
        memmove(q->held + k, q->held + k + 1, (q->n_held - k - 1) * sizeof *q->held);
        q->n_held--;
        way->written++;
    }
    return status;
}

static ams_status hold(ams_chunk_queue *q, ams_chunk_way *way, const void *values,
                       ams_error *err)
{
    queue_chunk chunk = {.way = way, .number = way->n};
    const ams_team_errand errand = {
        .kind = AMS_PACK_ERRAND, .a = way->width, .data = values, .n = way->bytes};
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&q->held, &q->held_room, q->n_held + 1, sizeof *q->held, "chunks", err));
    if (q->team != NULL) {
        AMS_TRY(ams_team_submit(q->team, &errand, &chunk.id, err));
    } else {
        AMS_TRY(ams_packer_give(q->packer, values, way->bytes, way->width, &chunk.packed, err));
    }
    q->held[q->n_held++] = chunk;
    way->n++;
out:
    return status;
}

/* How many chunks may wait for their turn, so that nobody who packs waits for the next one. */
static size_t ahead(const ams_chunk_queue *q)
{
    return q->team == NULL ? 2 * (size_t)q->threads : ams_team_ahead(q->team);
}

ams_status ams_chunk_queue_add(ams_chunk_queue *queue, ams_chunk_way *way, void *values,
                               uint64_t rows, ams_error *err)
{
    const size_t used = (size_t)(rows * (way->bytes / way->rows));
    ams_status status = AMS_OK;
    if (rows == 0) {
        return AMS_OK;
    }
    memset((unsigned char *)values + used, 0, way->bytes - used);
    AMS_TRY(ams_h5_reach(way->set, way->added + rows, err));
    way->added += rows;
    while (way->n - way->written >= way->cached && way->n > way->written) {
        AMS_TRY(release(queue, way, err));
    }
    AMS_TRY(hold(queue, way, values, err));
    status = write_ready(queue, ahead(queue), err);
out:
    return status;
}

ams_status ams_chunk_queue_end(ams_chunk_queue *queue, ams_chunk_way *way, ams_error *err)
{
    ams_status status = AMS_OK;
    while (way->written < way->n) {
        AMS_TRY(release(queue, way, err));
    }
    status = write_ready(queue, 0, err);
out:
    return status;
}

ams_status ams_chunk_queue_dismiss(ams_chunk_queue *queue, ams_error *err)
{
    return ams_team_dismiss(queue->team, err);
}

void ams_chunk_queue_destroy(ams_chunk_queue *queue)
{
    if (queue == NULL) {
        return;
    }
    for (size_t k = 0; k < queue->n_held; k++) {
        ams_packer_drop(queue->packer, queue->held[k].packed);
    }
    for (size_t k = queue->first; k < queue->n_ready; k++) {
        ams_packer_drop(queue->packer, queue->ready[k].packed);
    }
    free(queue->held);
    free(queue->ready);
    ams_bytes_fini(&queue->stored);
    ams_packer_destroy(queue->packer);
    free(queue);
}
