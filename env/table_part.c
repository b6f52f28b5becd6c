#include "env/table_file.h"

#include "base/memory.h"
#include "env/table_check.h"
#include "env/table_load.h"
#include "env/truth.h"

#include <stdlib.h>
#include <string.h>

/* Gaps between wanted items up to this size are read rather than skipped. Skipping costs time:
 * the next stretch decompresses its chunks again, including those of ids and groups with 35,000
 * and more items. Measured where every 100th and every 450th item of two million was wanted:
 * 2,048 reads them 2 and 3 times as fast as 256, and 4,096 as fast as 2,048. */
enum { NEAR = 2048 };

static ams_status bad_split(const ams_table_file *f, uint64_t item, ams_error *err)
{
    ams_names id = {0};
    ams_status status =
        ams_load_names(&f->h5, "/items/id", f->head.n_items, item, 1, &id, NULL, err);
    if (status == AMS_OK) {
        status = ams_fail(
            err, AMS_BAD_DATA,
            "%s: item %llu (%s): split 0 (train), 1 (validation) or 2 (test) expected, "
            "%u found",
            f->h5.path, (unsigned long long)item, ams_names_get(&id, 0), f->head.split[item]);
    }
    ams_names_fini(&id);
    return status;
}

/* How many outputs there are: what indptr ends with and /outputs/label has, and not more than
 * the file can hold, before anybody asks for memory. */
static ams_status read_outputs(ams_table_file *f, ams_error *err)
{
    const uint64_t runs = (uint64_t)f->head.n_items * f->head.n_models;
    const uint64_t bounds = runs + 1;
    uint64_t *last = NULL;
    uint32_t *none = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_h5_read_part(&f->h5, "/outputs/indptr", AMS_H5_U64, 1, &bounds,
                             (ams_h5_rows){runs, 1}, &last, err));
    f->outputs = *last;
    AMS_TRY(ams_h5_read_part(&f->h5, "/outputs/label", AMS_H5_U32, 1, &f->outputs,
                             (ams_h5_rows){0, 0}, &none, err));
out:
    free(last);
    free(none);
    return status;
}

ams_status ams_table_file_open(ams_table_file **file, const char *path, ams_error *err)
{
    ams_table_file *f = NULL;
    ams_status status = AMS_OK;
    *file = NULL;
    AMS_TRY(ams_alloc(&f, 1, sizeof *f, "a file", err));
    AMS_TRY(ams_h5_open(&f->h5, path, err));
    AMS_TRY(ams_load_head(&f->head, &f->h5, err));
    const uint64_t n = f->head.n_items;
    /* Checks only that there are as many names. */
    AMS_TRY(ams_load_names(&f->h5, "/items/id", n, 0, 0, &f->head.item_id, NULL, err));
    AMS_TRY(ams_load_names(&f->h5, "/items/group", n, 0, 0, &f->head.group_name, NULL, err));
    AMS_TRY(ams_h5_read(&f->h5, "/items/split", AMS_H5_U8, 1, &n, &f->head.split, err));
    for (uint64_t i = 0; i < n; i++) {
        if (f->head.split[i] > AMS_TEST) {
            status = bad_split(f, i, err);
            goto out;
        }
    }
    AMS_TRY(ams_load_truth(&f->head, &f->h5, err));
    status = ams_check_truth(&f->head, err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "%s", path);
        goto out;
    }
    AMS_TRY(read_outputs(f, err));
    f->run_times = ams_h5_has(&f->h5, "/outputs/time_ms");
    *file = f;
    f = NULL;
out:
    ams_table_file_close(f);
    return status;
}

void ams_table_file_close(ams_table_file *file)
{
    if (file != NULL) {
        (void)ams_h5_close(&file->h5, NULL);
        ams_table_fini(&file->head);
        free(file);
    }
}

const ams_table *ams_table_file_head(const ams_table_file *file)
{
    return &file->head;
}

uint64_t ams_table_file_outputs(const ams_table_file *file)
{
    return file->outputs;
}

uint64_t ams_table_part_bytes(const ams_table_file *file, uint64_t n)
{
    const ams_table *head = &file->head;
    /* An output: 8 in the table, at most one entry of 40 and a confidence of 4 in the
     * environment, whose arrays may have grown to twice what they need. */
    double outputs = (double)file->outputs / (head->n_items > 0 ? head->n_items : 1);
    double an_item = outputs * (8 + 2 * 44) + head->n_models * (file->run_times ? 12.0 : 8.0) +
                     120 /* id and bounds */;
    return (uint64_t)(an_item * (double)n) + UINT64_C(100) * head->n_labels;
}

static ams_status copy_names(ams_names *to, const ams_names *from, ams_error *err)
{
    ams_status status = AMS_OK;
    uint32_t index = 0;
    for (uint32_t i = 0; i < from->count && status == AMS_OK; i++) {
        const char *name = ams_names_get(from, i);
        status = ams_names_add(to, name, strlen(name), &index, err);
    }
    return status;
}

static ams_status copy_head(ams_table *part, const ams_table *head, ams_error *err)
{
    const struct {
        float **to;
        const float *from;
    } numbers[] = {{&part->theta, head->theta},
                   {&part->time_ms, head->time_ms},
                   {&part->mem_mb, head->mem_mb}};
    const size_t m = head->n_models;
    ams_status status = AMS_OK;
    AMS_TRY(ams_copy_text(&part->name, head->name, err));
    AMS_TRY(ams_copy_text(&part->created, head->created, err));
    AMS_TRY(ams_copy_text(&part->generator, head->generator, err));
    AMS_TRY(ams_copy_text(&part->source, head->source, err));
    AMS_TRY(ams_copy_text(&part->license, head->license, err));
    AMS_TRY(ams_copy_text(&part->cost_unit, ams_table_cost_unit(head), err));
    if (head->threshold != NULL) {
        AMS_TRY(ams_alloc(&part->threshold, m, sizeof *part->threshold, "models", err));
        memcpy(part->threshold, head->threshold, m * sizeof *part->threshold);
    }
    if (head->kind != NULL) {
        AMS_TRY(ams_alloc(&part->kind, m, sizeof *part->kind, "models", err));
        memcpy(part->kind, head->kind, m * sizeof *part->kind);
    }
    AMS_TRY(ams_exits_copy(&part->exits, &head->exits, NULL, m, err));
    AMS_TRY(copy_names(&part->model_name, &head->model_name, err));
    AMS_TRY(copy_names(&part->task_name, &head->task_name, err));
    AMS_TRY(copy_names(&part->label_name, &head->label_name, err));
    AMS_TRY(ams_alloc(&part->model_task, m, sizeof *part->model_task, "models", err));
    memcpy(part->model_task, head->model_task, m * sizeof *part->model_task);
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
        AMS_TRY(ams_alloc(numbers[k].to, m, sizeof(float), "models", err));
        memcpy(*numbers[k].to, numbers[k].from, m * sizeof(float));
    }
    part->n_models = head->n_models;
    part->n_labels = head->n_labels;
out:
    return status;
}

static ams_status alloc_items(ams_table *part, const ams_table_file *f, uint32_t n,
                              ams_error *err)
{
    const size_t runs = (size_t)n * part->n_models;
    ams_status status = AMS_OK;
    part->n_items = n;
    AMS_TRY(ams_alloc(&part->item_group, n, sizeof *part->item_group, "items", err));
    AMS_TRY(ams_alloc(&part->split, n, sizeof *part->split, "items", err));
    AMS_TRY(ams_alloc(&part->indptr, runs + 1, sizeof *part->indptr, "runs", err));
    if (f->run_times) {
        AMS_TRY(ams_alloc(&part->run_time_ms, runs, sizeof *part->run_time_ms, "runs", err));
    }
out:
    return status;
}

/* A stretch of the file: items [first, first + count), and of them those wanted. */
typedef struct part_stretch {
    uint32_t first, count;
    const uint32_t *item; /* (wanted) */
    uint32_t wanted, at;  /* at: place of the first one in the part */
} part_stretch;

/* Texts of the stretch: all are read, the wanted ones are kept. */
static ams_status read_texts(ams_table_file *f, const part_stretch *s, ams_table *part,
                             ams_error *err)
{
    ams_names ids = {0};
    ams_names groups = {0};
    uint32_t *index = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&index, s->count, sizeof *index, "groups", err));
    AMS_TRY(ams_load_names(&f->h5, "/items/id", f->head.n_items, s->first, s->count, &ids, NULL,
                           err));
    AMS_TRY(ams_load_names(&f->h5, "/items/group", f->head.n_items, s->first, s->count, &groups,
                           index, err));
    for (uint32_t k = 0; k < s->wanted; k++) {
        uint32_t offset = s->item[k] - s->first;
        const char *id = ams_names_get(&ids, offset);
        const char *group = ams_names_get(&groups, index[offset]);
        uint32_t place = 0;
        AMS_TRY(ams_names_add(&part->item_id, id, strlen(id), &place, err));
        if (place != s->at + k) {
            status = ams_fail(err, AMS_BAD_DATA,
                              "%s: /items/id: distinct names expected, '%s' found twice",
                              f->h5.path, id);
            goto out;
        }
        AMS_TRY(ams_names_add(&part->group_name, group, strlen(group),
                              &part->item_group[s->at + k], err));
        part->split[s->at + k] = f->head.split[s->item[k]];
    }
out:
    ams_names_fini(&ids);
    ams_names_fini(&groups);
    free(index);
    return status;
}

static ams_status check_bounds(const ams_table_file *f, const uint64_t *indptr, uint64_t runs,
                               ams_error *err)
{
    for (uint64_t r = 0; r < runs; r++) {
        if (indptr[r + 1] < indptr[r] || indptr[r + 1] > f->outputs) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s: /outputs/indptr: numbers that never fall up to %llu expected, "
                            "%llu found after %llu",
                            f->h5.path, (unsigned long long)f->outputs,
                            (unsigned long long)indptr[r + 1], (unsigned long long)indptr[r]);
        }
    }
    return AMS_OK;
}

/* Room for outputs of the part. */
typedef struct part_capacity {
    size_t label, conf;
} part_capacity;

/* Appends the wanted items' outputs: bounds (count * M + 1) are the file's, label and conf
 * those from bounds[0] on. */
static ams_status keep_outputs(const part_stretch *s, const uint64_t *bounds,
                               const uint32_t *label, const float *conf, ams_table *part,
                               part_capacity *room, ams_error *err)
{
    const uint64_t m = part->n_models;
    uint64_t needed = part->indptr[s->at * m] + 1;
    ams_status status = AMS_OK;
    for (uint32_t k = 0; k < s->wanted; k++) {
        const uint64_t *from = bounds + (s->item[k] - s->first) * m;
        needed += from[m] - from[0];
    }
    AMS_TRY(ams_grow(&part->label, &room->label, needed, sizeof *part->label, "outputs", err));
    AMS_TRY(ams_grow(&part->conf, &room->conf, needed, sizeof *part->conf, "outputs", err));
    for (uint32_t k = 0; k < s->wanted; k++) {
        const uint64_t *from = bounds + (s->item[k] - s->first) * m;
        uint64_t *to = part->indptr + (s->at + k) * m;
        const size_t n = (size_t)(from[m] - from[0]);
        memcpy(part->label + to[0], label + (from[0] - bounds[0]), n * sizeof *part->label);
        memcpy(part->conf + to[0], conf + (from[0] - bounds[0]), n * sizeof *part->conf);
        for (uint64_t r = 0; r < m; r++) {
            to[r + 1] = to[0] + (from[r + 1] - from[0]);
        }
    }
out:
    return status;
}

static ams_status read_runs(ams_table_file *f, const part_stretch *s, ams_table *part,
                            part_capacity *room, ams_error *err)
{
    const uint64_t m = part->n_models;
    const uint64_t extent = f->head.n_items * m + 1;
    const uint64_t times[2] = {f->head.n_items, m};
    uint64_t *bounds = NULL;
    uint32_t *label = NULL;
    float *conf = NULL;
    float *time_ms = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_h5_read_part(&f->h5, "/outputs/indptr", AMS_H5_U64, 1, &extent,
                             (ams_h5_rows){s->first * m, s->count * m + 1}, &bounds, err));
    AMS_TRY(check_bounds(f, bounds, s->count * m, err));
    const ams_h5_rows outputs = {bounds[0], bounds[s->count * m] - bounds[0]};
    AMS_TRY(ams_h5_read_part(&f->h5, "/outputs/label", AMS_H5_U32, 1, &f->outputs, outputs,
                             &label, err));
    AMS_TRY(ams_h5_read_part(&f->h5, "/outputs/conf", AMS_H5_F32, 1, &f->outputs, outputs,
                             &conf, err));
    AMS_TRY(keep_outputs(s, bounds, label, conf, part, room, err));
    if (f->run_times) {
        AMS_TRY(ams_h5_read_part(&f->h5, "/outputs/time_ms", AMS_H5_F32, 2, times,
                                 (ams_h5_rows){s->first, s->count}, &time_ms, err));
        for (uint32_t k = 0; k < s->wanted; k++) {
            memcpy(part->run_time_ms + (s->at + k) * m, time_ms + (s->item[k] - s->first) * m,
                   m * sizeof *time_ms);
        }
    }
out:
    free(bounds);
    free(label);
    free(conf);
    free(time_ms);
    return status;
}

ams_status ams_table_file_read(ams_table_file *file, const uint32_t *item, uint32_t n,
                               ams_table *part, ams_error *err)
{
    part_capacity room = {0};
    ams_status status = AMS_OK;
    *part = (ams_table){0};
    AMS_TRY(copy_head(part, &file->head, err));
    AMS_TRY(alloc_items(part, file, n, err));
    AMS_TRY(ams_truth_pick(part, &file->head, item, err));
    for (uint32_t at = 0; at < n;) {
        uint32_t end = at + 1;
        while (end < n && item[end] - item[end - 1] < NEAR &&
               item[end] - item[at] < AMS_ITEMS_AT_ONCE) {
            end++;
        }
        part_stretch s = {.first = item[at],
                          .count = item[end - 1] - item[at] + 1,
                          .item = item + at,
                          .wanted = end - at,
                          .at = at};
        AMS_TRY(read_texts(file, &s, part, err));
        AMS_TRY(read_runs(file, &s, part, &room, err));
        at = end;
    }
    status = ams_table_check(part, part->indptr[(uint64_t)n * part->n_models], err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "%s", file->h5.path);
    }
out:
    if (status != AMS_OK) {
        ams_table_fini(part);
    }
    return status;
}
