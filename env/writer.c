#include "ams/writer.h"

#include "base/file.h"
#include "base/memory.h"
#include "env/chunk_queue.h"
#include "env/packer.h"
#include "env/table_check.h"
#include "env/writer_team.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Values per chunk: 256 KiB of floats, which fits HDF5's chunk cache (1 MiB) with room to
 * spare. data/photos.h5 is 2.7 % larger with 16384 and 1.2 % smaller with 262144; reading it
 * took 0.07 to 0.09 s with each. */
enum { CHUNK = 65536, SETS = 4 };

/* A data set and the values that wait until they fill a chunk. */
typedef struct writer_stream {
    ams_h5_set set;
    ams_chunk_way way;
    unsigned char *buffer;
    size_t row_bytes;
    uint64_t held, capacity; /* rows */
} writer_stream;

struct ams_writer {
    const ams_table *head; /* borrowed */
    char *path, *temporary;
    ams_h5 file;
    ams_chunk_queue *queue;
    writer_stream indptr, label, conf, time;
    bool with_times;
    uint32_t *label_task; /* (L) */
    uint64_t row, outputs;
};

static ams_status stream_flush(ams_writer *w, writer_stream *s, ams_error *err)
{
    ams_status status = ams_chunk_queue_add(w->queue, &s->way, s->buffer, s->held, err);
    s->held = 0;
    return status;
}

static ams_status stream_put(ams_writer *w, writer_stream *s, const void *values, uint64_t rows,
                             ams_error *err)
{
    const unsigned char *from = values;
    while (rows > 0) {
        uint64_t room = s->capacity - s->held;
        uint64_t now = rows < room ? rows : room;
        memcpy(s->buffer + s->held * s->row_bytes, from, now * s->row_bytes);
        s->held += now;
        from += now * s->row_bytes;
        rows -= now;
        if (s->held == s->capacity) {
            ams_status status = stream_flush(w, s, err);
            if (status != AMS_OK) {
                return status;
            }
        }
    }
    return AMS_OK;
}

/* The longest of the names, in bytes. */
static size_t widest(const ams_names *names)
{
    size_t width = 0;
    for (uint32_t i = 0; i < names->count; i++) {
        size_t length = strlen(ams_names_get(names, i));
        width = length > width ? length : width;
    }
    return width;
}

/* index (n) into names, AMS_NO_NAME for "", or NULL for the names themselves in order. */
static ams_status put_names(const ams_h5 *file, const char *set, const ams_names *names,
                            const uint32_t *index, uint32_t n, ams_error *err)
{
    size_t width = widest(names);
    width = width == 0 ? 1 : width;
    if (width > AMS_H5_TEXT_MAX) {
        return ams_fail(err, AMS_BAD_DATA, "%s: names of at most %d bytes expected, %zu found",
                        set, AMS_H5_TEXT_MAX, width);
    }
    char *texts = NULL;
    ams_status status = ams_alloc(&texts, n, width, set, err);
    if (status != AMS_OK) {
        return status;
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t at = index == NULL ? i : index[i];
        const char *name = at == AMS_NO_NAME ? "" : ams_names_get(names, at);
        /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): padded with zeros instead */
        memcpy(texts + i * width, name, strlen(name));
    }
    status = ams_h5_put_texts(file, set, n, width, texts, err);
    free(texts);
    return status;
}

static ams_status put_values(const ams_h5 *file, const char *name, ams_h5_type type,
                             const void *values, uint64_t n, ams_error *err)
{
    ams_h5_set set;
    ams_status status = ams_h5_begin(&set, file, name, type, n, 0, CHUNK, err);
    if (status != AMS_OK) {
        return status;
    }
    status = ams_h5_append(&set, values, n, err);
    ams_status ended = ams_h5_end(&set, status == AMS_OK ? err : NULL);
    return status != AMS_OK ? status : ended;
}

static bool has_thresholds(const ams_table *head)
{
    return !ams_table_one_threshold(head) ||
           ams_table_threshold(head, 0) != AMS_DEFAULT_THRESHOLD;
}

/* What programs that know version 1 alone would misread: files without it stay readable to
 * them. */
static bool needs_version_2(const ams_table *head)
{
    return has_thresholds(head) || !ams_table_costs_ms(head) || ams_table_has_truth(head) ||
           ams_table_has_kinds(head) || ams_table_has_exits(head);
}

static ams_status put_attributes(const ams_h5 *file, const ams_table *head, ams_error *err)
{
    const struct {
        const char *name, *text;
    } attributes[] = {{"format", "ams-outputs"},  {"name", head->name},
                      {"created", head->created}, {"generator", head->generator},
                      {"source", head->source},   {"license", head->license}};
    ams_status status = AMS_OK;
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        const char *text = attributes[i].text == NULL ? "" : attributes[i].text;
        AMS_TRY(ams_h5_put_text(file, attributes[i].name, text, err));
    }
    if (!ams_table_costs_ms(head)) {
        AMS_TRY(ams_h5_put_text(file, "cost_unit", head->cost_unit, err));
    }
    AMS_TRY(ams_h5_put_u32(file, "version", needs_version_2(head) ? 2 : 1, err));
out:
    return status;
}

static ams_status put_head(const ams_h5 *file, const ams_table *t, ams_error *err)
{
    const uint32_t m = t->n_models;
    const uint32_t n = t->n_items;
    ams_status status = AMS_OK;
    AMS_TRY(put_attributes(file, t, err));
    AMS_TRY(ams_h5_put_group(file, "/models", err));
    AMS_TRY(ams_h5_put_group(file, "/labels", err));
    AMS_TRY(ams_h5_put_group(file, "/items", err));
    AMS_TRY(ams_h5_put_group(file, "/outputs", err));
    AMS_TRY(put_names(file, "/models/name", &t->model_name, NULL, m, err));
    AMS_TRY(put_names(file, "/models/task", &t->task_name, t->model_task, m, err));
    AMS_TRY(put_values(file, "/models/theta", AMS_H5_F32, t->theta, m, err));
    AMS_TRY(put_values(file, "/models/time_ms", AMS_H5_F32, t->time_ms, m, err));
    AMS_TRY(put_values(file, "/models/mem_mb", AMS_H5_F32, t->mem_mb, m, err));
    if (has_thresholds(t)) {
        AMS_TRY(put_values(file, "/models/threshold", AMS_H5_F32, t->threshold, m, err));
    }
    if (ams_table_has_kinds(t)) {
        AMS_TRY(put_values(file, "/models/kind", AMS_H5_U8, t->kind, m, err));
    }
    if (ams_table_has_exits(t)) {
        const ams_exits *exits = &t->exits;
        AMS_TRY(put_names(file, "/models/stage_of", &exits->network, exits->of, m, err));
        AMS_TRY(put_values(file, "/models/stage", AMS_H5_U8, exits->stage, m, err));
    }
    AMS_TRY(put_names(file, "/labels/name", &t->label_name, NULL, t->n_labels, err));
    AMS_TRY(put_names(file, "/items/id", &t->item_id, NULL, n, err));
    AMS_TRY(put_names(file, "/items/group", &t->group_name, t->item_group, n, err));
    AMS_TRY(put_values(file, "/items/split", AMS_H5_U8, t->split, n, err));
    if (ams_table_has_truth(t)) {
        const uint64_t answers = t->truth_indptr[n];
        AMS_TRY(put_values(file, "/items/truth_indptr", AMS_H5_U64, t->truth_indptr,
                           (uint64_t)n + 1, err));
        AMS_TRY(put_values(file, "/items/truth", AMS_H5_U32, t->truth, answers, err));
    }
out:
    return status;
}

static ams_status stream_begin(writer_stream *s, const ams_h5 *file, const char *name,
                               ams_h5_type type, uint64_t rows, uint64_t columns,
                               ams_error *err)
{
    static const size_t width[] = {1, 4, 8, 4};
    s->row_bytes = width[type] * (columns == 0 ? 1 : columns);
    s->capacity = columns == 0 ? CHUNK : CHUNK / columns;
    if (rows < s->capacity) { /* as the set's own chunks */
        s->capacity = rows > 0 ? rows : 1;
    }
    ams_status status = ams_alloc(&s->buffer, s->capacity, s->row_bytes, name, err);
    if (status == AMS_OK) {
        status = ams_h5_begin(&s->set, file, name, type, rows, columns, s->capacity, err);
    }
    ams_chunk_way_init(&s->way, &s->set, s->capacity, s->row_bytes, width[type]);
    return status;
}

static ams_status begin_outputs(ams_writer *w, ams_error *err)
{
    const ams_table *head = w->head;
    uint64_t bounds = (uint64_t)head->n_items * head->n_models + 1;
    ams_status status = AMS_OK;
    AMS_TRY(stream_begin(&w->indptr, &w->file, "/outputs/indptr", AMS_H5_U64, bounds, 0, err));
    AMS_TRY(
        stream_begin(&w->label, &w->file, "/outputs/label", AMS_H5_U32, AMS_H5_GROWS, 0, err));
    AMS_TRY(
        stream_begin(&w->conf, &w->file, "/outputs/conf", AMS_H5_F32, AMS_H5_GROWS, 0, err));
    if (w->with_times) {
        AMS_TRY(stream_begin(&w->time, &w->file, "/outputs/time_ms", AMS_H5_F32, head->n_items,
                             head->n_models, err));
    }
    AMS_TRY(stream_put(w, &w->indptr, &w->outputs, 1, err));
out:
    return status;
}

ams_status ams_writer_create(ams_writer **writer, const char *path, const ams_table *head,
                             bool with_times, ams_error *err)
{
    ams_writer *w = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_check_head(head, err));
    if (ams_is_directory(path)) {
        status = ams_fail(err, AMS_IO, "cannot write %s: it is a directory", path);
        goto out;
    }
    AMS_TRY(ams_alloc(&w, 1, sizeof *w, "a writer", err));
    w->head = head;
    w->with_times = with_times;
    AMS_TRY(ams_label_tasks(head, &w->label_task, err));
    AMS_TRY(ams_copy_text(&w->path, path, err));
    AMS_TRY(ams_temporary_path(&w->temporary, path, err));
    AMS_TRY(ams_chunk_queue_create(&w->queue, ams_packer_threads(), err));
    AMS_TRY(ams_h5_create(&w->file, w->temporary, err));
    AMS_TRY(put_head(&w->file, head, err));
    AMS_TRY(begin_outputs(w, err));
out:
    if (status != AMS_OK) {
        ams_writer_destroy(w);
        w = NULL;
    }
    *writer = w;
    return status;
}

void ams_writer_set_team(ams_writer *writer, ams_team *team)
{
    ams_chunk_queue_set_team(writer->queue, team);
}

/* The execution's time goes to its place in the item's row; a full row counts as one of the
 * stream's. */
static ams_status put_time(ams_writer *w, float run_time_ms, ams_error *err)
{
    writer_stream *s = &w->time;
    uint64_t model = w->row % w->head->n_models;
    memcpy(s->buffer + s->held * s->row_bytes + model * sizeof run_time_ms, &run_time_ms,
           sizeof run_time_ms);
    if (model + 1 == w->head->n_models && ++s->held == s->capacity) {
        return stream_flush(w, s, err);
    }
    return AMS_OK;
}

ams_status ams_writer_row(ams_writer *writer, const uint32_t *label, const float *conf,
                          uint32_t count, float run_time_ms, ams_error *err)
{
    ams_writer *w = writer;
    uint64_t rows = (uint64_t)w->head->n_items * w->head->n_models;
    ams_status status = AMS_OK;
    if (w->row >= rows) {
        return ams_fail(err, AMS_USAGE, "%s: more than %llu rows (items x models)", w->path,
                        (unsigned long long)rows);
    }
    AMS_TRY(ams_check_row(w->head, w->label_task, w->row, label, conf, count,
                          w->with_times ? &run_time_ms : NULL, err));
    AMS_TRY(stream_put(w, &w->label, label, count, err));
    AMS_TRY(stream_put(w, &w->conf, conf, count, err));
    w->outputs += count;
    AMS_TRY(stream_put(w, &w->indptr, &w->outputs, 1, err));
    if (w->with_times) {
        AMS_TRY(put_time(w, run_time_ms, err));
    }
    w->row++;
out:
    return status;
}

static ams_status finish_file(ams_writer *w, const char *hash, ams_error *err)
{
    writer_stream *streams[SETS] = {&w->indptr, &w->label, &w->conf, &w->time};
    ams_status status = AMS_OK;
    for (int i = 0; i < (w->with_times ? SETS : SETS - 1); i++) {
        AMS_TRY(stream_flush(w, streams[i], err));
        AMS_TRY(ams_chunk_queue_end(w->queue, &streams[i]->way, err));
        AMS_TRY(ams_h5_end(&streams[i]->set, err));
    }
    AMS_TRY(ams_h5_put_text(&w->file, "content_hash", hash, err));
    AMS_TRY(ams_h5_close(&w->file, err));
    AMS_TRY(ams_chunk_queue_dismiss(w->queue, err));
    AMS_TRY(ams_file_publish(w->temporary, w->path, err));
    free(w->temporary);
    w->temporary = NULL;
out:
    return status;
}

ams_status ams_writer_finish(ams_writer *writer, const char *hash, ams_error *err)
{
    uint64_t rows = (uint64_t)writer->head->n_items * writer->head->n_models;
    ams_status status = AMS_OK;
    if (writer->row != rows) {
        status =
            ams_fail(err, AMS_USAGE, "%s: %llu rows (items x models) expected, %llu came",
                     writer->path, (unsigned long long)rows, (unsigned long long)writer->row);
    } else {
        status = finish_file(writer, hash, err);
    }
    ams_writer_destroy(writer);
    return status;
}

void ams_writer_destroy(ams_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    writer_stream *streams[SETS] = {&writer->indptr, &writer->label, &writer->conf,
                                    &writer->time};
    for (int i = 0; i < SETS; i++) {
        (void)ams_h5_end(&streams[i]->set, NULL);
        free(streams[i]->buffer);
    }
    ams_chunk_queue_destroy(writer->queue);
    (void)ams_h5_close(&writer->file, NULL);
    if (writer->temporary != NULL) {
        unlink(writer->temporary);
    }
    free(writer->temporary);
    free(writer->path);
    free(writer->label_task);
    free(writer);
}

ams_status ams_table_write(const ams_table *table, const char *path, ams_error *err)
{
    char hash[AMS_HASH_TEXT];
    ams_writer *writer = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_check(table, ams_table_outputs(table), err));
    AMS_TRY(ams_table_hash(table, hash, err));
    AMS_TRY(ams_writer_create(&writer, path, table, table->run_time_ms != NULL, err));
    uint64_t rows = (uint64_t)table->n_items * table->n_models;
    for (uint64_t r = 0; r < rows; r++) {
        uint64_t first = table->indptr[r];
        AMS_TRY(ams_writer_row(writer, table->label + first, table->conf + first,
                               (uint32_t)(table->indptr[r + 1] - first),
                               table->run_time_ms == NULL ? 0 : table->run_time_ms[r], err));
    }
    status = ams_writer_finish(writer, hash, err);
    writer = NULL;
out:
    ams_writer_destroy(writer);
    return status;
}
