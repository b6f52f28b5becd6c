/* Streaming writer of `ams-outputs` files: for imports that do not fit in memory.
 * ams_table_write is a loop over it, so there is one writer of the format. */
#ifndef AMS_WRITER_H
#define AMS_WRITER_H

#include "ams/table.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_writer ams_writer;

/* `head` carries everything, truth included, but indptr, label, conf and run_time_ms (those may
 * be NULL) and stays borrowed until finish or destroy. with_times: every row brings its own
 * time. */
ams_status ams_writer_create(ams_writer **writer, const char *path, const ams_table *head,
                             bool with_times, ams_error *err);
/* The next row in order item * M + model: `count` outputs, sorted by label. */
ams_status ams_writer_row(ams_writer *writer, const uint32_t *label, const float *conf,
                          uint32_t count, float run_time_ms, ams_error *err);
/* All N x M rows must have come. `hash` goes into the attribute content_hash. Publishes the
 * file and destroys the writer, also on failure (then no file remains). */
ams_status ams_writer_finish(ams_writer *writer, const char *hash, ams_error *err);
/* Gives up: removes the temporary file. Accepts NULL. */
void ams_writer_destroy(ams_writer *writer);

/* The content hash of data that is streamed: feed the same head and rows in canonical order
 * (items by id, labels by name). */
typedef struct ams_hasher ams_hasher;
ams_status ams_hasher_create(ams_hasher **hasher, const ams_table *head, bool with_times,
                             const bool *label_used, ams_error *err);
/* Rows in order: items ascending by id, models in table order; outputs ascending by label
 * *name*. */
void ams_hasher_item(ams_hasher *hasher, uint32_t item);
void ams_hasher_row(ams_hasher *hasher, const uint32_t *label, const float *conf,
                    uint32_t count, float run_time_ms);
void ams_hasher_finish(ams_hasher *hasher, char text[AMS_HASH_TEXT]); /* destroys it */
void ams_hasher_destroy(ams_hasher *hasher);

#ifdef __cplusplus
}
#endif
#endif
