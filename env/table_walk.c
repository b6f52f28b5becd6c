/* A whole outputs file in windows of its items: every check, and the content hash. */
#include "env/table_file.h"

#include "base/memory.h"
#include "env/hash_items.h"
#include "env/table_check.h"
#include "env/table_load.h"

#include <stdlib.h>
#include <string.h>

/* Outputs of a window, on average: 16,384 items have some million. */
enum { MOST_OUTPUTS = 1 << 22 };

typedef struct table_walk {
    ams_table_file *file;
    /* Its models and labels are borrowed from the file's head, as is its stretch of split. */
    ams_table window;
    uint32_t first; /* item of the window */
    uint64_t outputs;
    uint32_t *label_task; /* (L) */
    bool *used;           /* (L) labels that occur */
    char *last_id;        /* of earlier windows */
    bool sorted;          /* ids ascend so far */
    ams_hasher *hasher;   /* NULL: not wanted, or ids are not sorted, as it was begun with */
} table_walk;

static uint32_t window_size(const ams_table_file *f)
{
    uint64_t an_item = f->outputs / (f->head.n_items > 0 ? f->head.n_items : 1) + 1;
    uint64_t size = MOST_OUTPUTS / an_item;
    return size == 0 ? 1 : (size < AMS_ITEMS_AT_ONCE ? (uint32_t)size : AMS_ITEMS_AT_ONCE);
}

/* ---- reading ---- */

static void let_go(table_walk *w)
{
    ams_table *t = &w->window;
    ams_names_fini(&t->item_id);
    free(t->item_group);
    free(t->indptr);
    free(t->label);
    free(t->conf);
    free(t->run_time_ms);
    t->item_group = NULL;
    t->indptr = NULL;
    t->label = NULL;
    t->conf = NULL;
    t->run_time_ms = NULL;
}

static ams_status read_bounds(const table_walk *w, uint64_t row, uint64_t count,
                              uint64_t **bounds, ams_error *err)
{
    const ams_table *head = &w->file->head;
    const uint64_t extent = (uint64_t)head->n_items * head->n_models + 1;
    return ams_h5_read_part(&w->file->h5, "/outputs/indptr", AMS_H5_U64, 1, &extent,
                            (ams_h5_rows){row, count}, bounds, err);
}

/* That the data sets of outputs fit each other, before any is read. */
static ams_status check_outputs(table_walk *w, ams_error *err)
{
    static const ams_h5_rows none = {0, 0};
    const ams_table *head = &w->file->head;
    const ams_h5 *h5 = &w->file->h5;
    const uint64_t rows = (uint64_t)head->n_items * head->n_models;
    const uint64_t runs[2] = {head->n_items, head->n_models};
    uint64_t *last = NULL;
    void *nothing = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(read_bounds(w, rows, 1, &last, err));
    w->outputs = *last;
    AMS_TRY(ams_h5_read_part(h5, "/outputs/label", AMS_H5_U32, 1, &w->outputs, none, &nothing,
                             err));
    free(nothing);
    AMS_TRY(
        ams_h5_read_part(h5, "/outputs/conf", AMS_H5_F32, 1, &w->outputs, none, &nothing, err));
    free(nothing);
    nothing = NULL;
    if (w->file->run_times) {
        AMS_TRY(
            ams_h5_read_part(h5, "/outputs/time_ms", AMS_H5_F32, 2, runs, none, &nothing, err));
    }
out:
    free(last);
    free(nothing);
    return status;
}

static ams_status check_rise(const uint64_t *bounds, uint64_t row, uint64_t count,
                             ams_error *err)
{
    if (row == 0 && bounds[0] != 0) {
        return ams_fail(err, AMS_BAD_DATA, "indptr: 0 expected at its start, %llu found",
                        (unsigned long long)bounds[0]);
    }
    for (uint64_t r = 0; r < count; r++) {
        if (bounds[r + 1] < bounds[r]) {
            return ams_fail(err, AMS_BAD_DATA, "indptr falls from %llu to %llu after row %llu",
                            (unsigned long long)bounds[r], (unsigned long long)bounds[r + 1],
                            (unsigned long long)(row + r));
        }
    }
    return AMS_OK;
}

/* A bound above the last one: reports where after `row` they fall. */
static ams_status find_fall(const table_walk *w, uint64_t row, ams_error *err)
{
    enum { AT_ONCE = 1 << 20 };
    const ams_table *head = &w->file->head;
    const uint64_t rows = (uint64_t)head->n_items * head->n_models;
    ams_status status = AMS_OK;
    for (uint64_t at = row; at < rows && status == AMS_OK; at += AT_ONCE) {
        uint64_t *bounds = NULL;
        uint64_t count = rows - at < AT_ONCE ? rows - at : AT_ONCE;
        status = read_bounds(w, at, count + 1, &bounds, err);
        if (status == AMS_OK) {
            status = check_rise(bounds, at, count, err);
        }
        free(bounds);
    }
    return status != AMS_OK ? status
                            : ams_fail(err, AMS_BAD_DATA, "indptr: %llu expected at its end",
                                       (unsigned long long)w->outputs);
}

static ams_status prefixed(const table_walk *w, ams_status status, ams_error *err)
{
    if (status != AMS_OK) {
        ams_error_prefix(err, "%s", w->file->h5.path);
    }
    return status;
}

static ams_status read_rows(table_walk *w, ams_error *err)
{
    ams_table *t = &w->window;
    const ams_h5 *h5 = &w->file->h5;
    const uint64_t row = (uint64_t)w->first * t->n_models;
    const uint64_t count = (uint64_t)t->n_items * t->n_models;
    const uint64_t runs[2] = {w->file->head.n_items, t->n_models};
    ams_status status = AMS_OK;
    AMS_TRY(read_bounds(w, row, count + 1, &t->indptr, err));
    AMS_TRY(prefixed(w, check_rise(t->indptr, row, count, err), err));
    if (t->indptr[count] > w->outputs) {
        AMS_TRY(prefixed(w, find_fall(w, row + count, err), err));
    }
    const ams_h5_rows outputs = {t->indptr[0], t->indptr[count] - t->indptr[0]};
    AMS_TRY(ams_h5_read_part(h5, "/outputs/label", AMS_H5_U32, 1, &w->outputs, outputs,
                             &t->label, err));
    AMS_TRY(ams_h5_read_part(h5, "/outputs/conf", AMS_H5_F32, 1, &w->outputs, outputs, &t->conf,
                             err));
    if (w->file->run_times) {
        AMS_TRY(ams_h5_read_part(h5, "/outputs/time_ms", AMS_H5_F32, 2, runs,
                                 (ams_h5_rows){w->first, t->n_items}, &t->run_time_ms, err));
    }
    for (uint64_t r = 0; r <= count; r++) {
        t->indptr[r] -= outputs.first;
    }
out:
    return status;
}

static ams_status read_window(table_walk *w, uint32_t first, uint32_t n, ams_error *err)
{
    ams_table *t = &w->window;
    const ams_table *head = &w->file->head;
    ams_status status = AMS_OK;
    let_go(w);
    w->first = first;
    t->n_items = n;
    t->split = head->split + first;
    t->truth_indptr = head->truth_indptr == NULL ? NULL : head->truth_indptr + first;
    AMS_TRY(ams_alloc(&t->item_group, n, sizeof *t->item_group, "groups", err));
    AMS_TRY(ams_load_names(&w->file->h5, "/items/id", head->n_items, first, n, &t->item_id,
                           NULL, err));
    AMS_TRY(ams_load_names(&w->file->h5, "/items/group", head->n_items, first, n,
                           &t->group_name, t->item_group, err));
    AMS_TRY(read_rows(w, err));
out:
    return status;
}

/* ---- what each window is read for ---- */

static ams_status check_rows(table_walk *w, ams_error *err)
{
    const ams_table *t = &w->window;
    const uint64_t rows = (uint64_t)t->n_items * t->n_models;
    ams_status status = AMS_OK;
    for (uint64_t r = 0; r < rows && status == AMS_OK; r++) {
        uint64_t at = t->indptr[r];
        status = ams_check_row(t, w->label_task, r, t->label + at, t->conf + at,
                               t->indptr[r + 1] - at,
                               t->run_time_ms == NULL ? NULL : t->run_time_ms + r, err);
    }
    for (uint64_t k = 0; status == AMS_OK && k < t->indptr[rows]; k++) {
        w->used[t->label[k]] = true;
    }
    return prefixed(w, status, err);
}

/* Ascending ids are distinct; otherwise all of them are needed to know. */
static ams_status check_ids(table_walk *w, ams_error *err)
{
    const ams_names *ids = &w->window.item_id;
    ams_status status = AMS_OK;
    if (!w->sorted) {
        return AMS_OK;
    }
    const char *last = w->last_id;
    for (uint32_t i = 0; i < ids->count && w->sorted; i++) {
        const char *id = ams_names_get(ids, i);
        w->sorted = last == NULL || strcmp(last, id) < 0;
        last = id;
    }
    if (!w->sorted) {
        uint32_t n = w->file->head.n_items;
        ams_names all = {0};
        status = ams_load_names(&w->file->h5, "/items/id", n, 0, n, &all, NULL, err);
        ams_names_fini(&all);
        return status;
    }
    char *copy = NULL;
    status = ams_copy_text(&copy, last, err);
    free(w->last_id);
    w->last_id = copy;
    return status;
}

static ams_status hash_window(table_walk *w, ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < w->window.n_items && status == AMS_OK; i++) {
        status = ams_hasher_table_item(w->hasher, &w->window, i, err);
    }
    return status;
}

static ams_status check_all(table_walk *w, ams_table_visit_fn *visit, void *context,
                            ams_error *err)
{
    const ams_table *head = &w->file->head;
    uint32_t size = window_size(w->file);
    ams_status status = AMS_OK;
    for (uint32_t at = 0; at < head->n_items; at += size) {
        uint32_t left = head->n_items - at;
        AMS_TRY(read_window(w, at, left < size ? left : size, err));
        AMS_TRY(check_ids(w, err));
        AMS_TRY(check_rows(w, err));
        if (!w->sorted) {
            ams_hasher_destroy(w->hasher);
            w->hasher = NULL;
        }
        if (w->hasher != NULL) {
            AMS_TRY(hash_window(w, err));
        }
        if (visit != NULL) {
            AMS_TRY(visit(context, &w->window, at, err));
        }
    }
out:
    return status;
}

/* ---- the hash, where the first reading did not give it ---- */

static ams_status hash_in_order(table_walk *w, ams_error *err)
{
    const ams_table *head = &w->file->head;
    uint32_t size = window_size(w->file);
    ams_status status = AMS_OK;
    for (uint32_t at = 0; at < head->n_items; at += size) {
        uint32_t left = head->n_items - at;
        AMS_TRY(read_window(w, at, left < size ? left : size, err));
        AMS_TRY(hash_window(w, err));
    }
out:
    return status;
}

static int by_number(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* item (n): the next ones by id; comes back by place in the file. */
static ams_status hash_part(table_walk *w, uint32_t *item, uint32_t n, ams_error *err)
{
    ams_table part = {0};
    uint32_t *order = NULL;
    ams_status status = AMS_OK;
    qsort(item, n, sizeof *item, by_number);
    AMS_TRY(ams_table_file_read(w->file, item, n, &part, err));
    AMS_TRY(ams_names_sort(&part.item_id, &order, err));
    for (uint32_t i = 0; i < n; i++) {
        AMS_TRY(ams_hasher_table_item(w->hasher, &part, order[i], err));
    }
out:
    free(order);
    ams_table_fini(&part);
    return status;
}

static ams_status hash_by_id(table_walk *w, uint64_t memory_mb, ams_error *err)
{
    uint32_t n = w->file->head.n_items;
    ams_names ids = {0};
    uint32_t *order = NULL;
    uint32_t size = n;
    ams_status status = AMS_OK;
    while (size > 64 && ams_table_part_bytes(w->file, size) > memory_mb << 20) {
        size = size / 2 + size % 2;
    }
    AMS_TRY(ams_load_names(&w->file->h5, "/items/id", n, 0, n, &ids, NULL, err));
    AMS_TRY(ams_names_sort(&ids, &order, err));
    ams_names_fini(&ids);
    for (uint32_t at = 0; at < n; at += size) {
        AMS_TRY(hash_part(w, order + at, n - at < size ? n - at : size, err));
    }
out:
    ams_names_fini(&ids);
    free(order);
    return status;
}

static ams_status hash_again(table_walk *w, uint64_t memory_mb, ams_error *err)
{
    ams_status status = AMS_OK;
    ams_hasher_destroy(w->hasher);
    AMS_TRY(ams_hasher_create(&w->hasher, &w->file->head, w->file->run_times, w->used, err));
    AMS_TRY(w->sorted ? hash_in_order(w, err) : hash_by_id(w, memory_mb, err));
out:
    return status;
}

ams_status ams_table_file_check(ams_table_file *file, uint64_t memory_mb,
                                ams_table_visit_fn *visit, void *context,
                                char hash[AMS_HASH_TEXT], ams_error *err)
{
    const ams_table *head = &file->head;
    table_walk w = {.file = file, .window = *head, .sorted = true};
    ams_status status = AMS_OK;
    AMS_TRY(check_outputs(&w, err));
    AMS_TRY(prefixed(&w, ams_check_models(head, err), err));
    AMS_TRY(ams_label_tasks(head, &w.label_task, err));
    AMS_TRY(ams_alloc(&w.used, head->n_labels, sizeof *w.used, "the labels in use", err));
    ams_mark_truth(head, w.used);
    if (hash == NULL) {
        status = check_all(&w, visit, context, err);
        goto out;
    }
    AMS_TRY(ams_hasher_create(&w.hasher, head, file->run_times, NULL, err));
    AMS_TRY(check_all(&w, visit, context, err));
    if (w.hasher == NULL || memchr(w.used, false, head->n_labels * sizeof *w.used) != NULL) {
        AMS_TRY(hash_again(&w, memory_mb, err));
    }
    ams_hasher_finish(w.hasher, hash);
    w.hasher = NULL;
out:
    ams_hasher_destroy(w.hasher);
    let_go(&w);
    ams_names_fini(&w.window.group_name);
    free(w.label_task);
    free(w.used);
    free(w.last_id);
    return status;
}

ams_status ams_table_hash_file(const char *path, uint64_t memory_mb, char hash[AMS_HASH_TEXT],
                               ams_error *err)
{
    ams_table_file *file = NULL;
    ams_status status = ams_table_file_open(&file, path, err);
    if (status == AMS_OK) {
        status = ams_table_file_check(file, memory_mb, NULL, NULL, hash, err);
    }
    ams_table_file_close(file);
    return status;
}

ams_status ams_table_file_find(ams_table_file *file, const char *id, uint32_t *item,
                               ams_error *err)
{
    const uint32_t n = file->head.n_items;
    const size_t length = strlen(id);
    ams_status status = AMS_OK;
    *item = AMS_NO_NAME;
    for (uint32_t at = 0; at < n && *item == AMS_NO_NAME && status == AMS_OK;
         at += AMS_ITEMS_AT_ONCE) {
        ams_names ids = {0};
        uint32_t count = n - at < AMS_ITEMS_AT_ONCE ? n - at : AMS_ITEMS_AT_ONCE;
        status = ams_load_names(&file->h5, "/items/id", n, at, count, &ids, NULL, err);
        uint32_t found = status == AMS_OK ? ams_names_find(&ids, id, length) : AMS_NO_NAME;
        *item = found == AMS_NO_NAME ? AMS_NO_NAME : at + found;
        ams_names_fini(&ids);
    }
    return status;
}
