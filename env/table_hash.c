/* The content hash; docs/format.md defines the bytes that go into it. */
#include "base/memory.h"
#include "env/writer.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_STATIC_LINKING_ONLY /* the state's size, to allocate it aligned */
#include <xxhash.h>

struct ams_hasher {
    XXH3_state_t state; /* first: wants 64-byte alignment, which ams_alloc gives */
    const ams_table *head;
    bool with_times;
    uint32_t *rank; /* (L) place of each label among those used, by name */
};

static void put_u32(ams_hasher *hasher, uint32_t value)
{
    uint32_t bytes = htole32(value);
    XXH3_128bits_update(&hasher->state, &bytes, sizeof bytes);
}

static void put_float(ams_hasher *hasher, float value)
{
    value += 0.0F; /* -0 becomes 0: equal values hash equally */
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_u32(hasher, bits);
}

static void put_name(ams_hasher *hasher, const ams_names *names, uint32_t index)
{
    const char *name = ams_names_get(names, index);
    XXH3_128bits_update(&hasher->state, name, strlen(name) + 1);
}

static void put_models(ams_hasher *hasher)
{
    const ams_table *head = hasher->head;
    for (uint32_t m = 0; m < head->n_models; m++) {
        put_name(hasher, &head->model_name, m);
        put_name(hasher, &head->task_name, head->model_task[m]);
        put_float(hasher, head->theta[m]);
        put_float(hasher, head->time_ms[m]);
        put_float(hasher, head->mem_mb[m]);
    }
}

static void put_labels(ams_hasher *hasher, const uint32_t *order, const bool *used)
{
    const ams_table *head = hasher->head;
    uint32_t rank = 0;
    for (uint32_t i = 0; i < head->n_labels; i++) {
        uint32_t l = order[i];
        if (used == NULL || used[l]) {
            hasher->rank[l] = rank++;
            put_name(hasher, &head->label_name, l);
        }
    }
}

static uint32_t count_used(const ams_table *head, const bool *used)
{
    uint32_t count = 0;
    for (uint32_t l = 0; l < head->n_labels; l++) {
        count += used == NULL || used[l];
    }
    return count;
}

ams_status ams_hasher_create(ams_hasher **hasher, const ams_table *head, bool with_times,
                             const bool *label_used, ams_error *err)
{
    uint32_t *order = NULL;
    ams_hasher *h = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&h, 1, sizeof *h, "a hash", err));
    h->head = head;
    h->with_times = with_times;
    AMS_TRY(ams_alloc(&h->rank, head->n_labels, sizeof *h->rank, "a hash", err));
    AMS_TRY(ams_names_sort(&head->label_name, &order, err));
    XXH3_128bits_reset(&h->state);
    static const char format[] = "ams-outputs 1";
    XXH3_128bits_update(&h->state, format, sizeof format);
    put_u32(h, head->n_items);
    put_u32(h, head->n_models);
    put_u32(h, count_used(head, label_used));
    put_u32(h, with_times);
    put_models(h);
    put_labels(h, order, label_used);
out:
    free(order);
    if (status != AMS_OK) {
        ams_hasher_destroy(h);
        h = NULL;
    }
    *hasher = h;
    return status;
}

void ams_hasher_item(ams_hasher *hasher, uint32_t item)
{
    const ams_table *head = hasher->head;
    put_name(hasher, &head->item_id, item);
    put_name(hasher, &head->group_name, head->item_group[item]);
    put_u32(hasher, head->split[item]);
}

void ams_hasher_row(ams_hasher *hasher, const uint32_t *label, const float *conf,
                    uint32_t count, float run_time_ms)
{
    put_u32(hasher, count);
    for (uint32_t k = 0; k < count; k++) {
        put_u32(hasher, hasher->rank[label[k]]);
        put_float(hasher, conf[k]);
    }
    if (hasher->with_times) {
        put_float(hasher, run_time_ms);
    }
}

void ams_hasher_finish(ams_hasher *hasher, char text[AMS_HASH_TEXT])
{
    XXH128_hash_t hash = XXH3_128bits_digest(&hasher->state);
    snprintf(text, AMS_HASH_TEXT, "%016llx%016llx", (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
    ams_hasher_destroy(hasher);
}

void ams_hasher_destroy(ams_hasher *hasher)
{
    if (hasher != NULL) {
        free(hasher->rank);
        free(hasher);
    }
}

/* ---- a whole table ---- */

typedef struct output {
    uint32_t rank, label;
    float conf;
} output;

static int compare_outputs(const void *a, const void *b)
{
    uint32_t left = ((const output *)a)->rank;
    uint32_t right = ((const output *)b)->rank;
    return (left > right) - (left < right);
}

/* A row in the order of its labels' names. */
typedef struct sorted_row {
    output *outputs; /* each of these (longest row) */
    uint32_t *label;
    float *conf;
} sorted_row;

static ams_status new_row(sorted_row *row, const ams_table *t, ams_error *err)
{
    uint64_t longest = 0;
    uint64_t rows = (uint64_t)t->n_items * t->n_models;
    for (uint64_t r = 0; r < rows; r++) {
        uint64_t length = t->indptr[r + 1] - t->indptr[r];
        longest = length > longest ? length : longest;
    }
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&row->outputs, longest, sizeof *row->outputs, "a row", err));
    AMS_TRY(ams_alloc(&row->label, longest, sizeof *row->label, "a row", err));
    AMS_TRY(ams_alloc(&row->conf, longest, sizeof *row->conf, "a row", err));
out:
    return status;
}

static void hash_row(ams_hasher *hasher, const ams_table *t, uint64_t r, sorted_row *row)
{
    const uint32_t *label = t->label + t->indptr[r];
    const float *conf = t->conf + t->indptr[r];
    float time_ms = t->run_time_ms == NULL ? 0 : t->run_time_ms[r];
    uint32_t count = (uint32_t)(t->indptr[r + 1] - t->indptr[r]);
    bool sorted = true;
    for (uint32_t k = 0; k < count; k++) {
        row->outputs[k] = (output){hasher->rank[label[k]], label[k], conf[k]};
        sorted = sorted && (k == 0 || row->outputs[k - 1].rank < row->outputs[k].rank);
    }
    if (!sorted) {
        qsort(row->outputs, count, sizeof *row->outputs, compare_outputs);
        for (uint32_t k = 0; k < count; k++) {
            row->label[k] = row->outputs[k].label;
            row->conf[k] = row->outputs[k].conf;
        }
        label = row->label;
        conf = row->conf;
    }
    ams_hasher_row(hasher, label, conf, count, time_ms);
}

ams_status ams_table_hash(const ams_table *table, char text[AMS_HASH_TEXT], ams_error *err)
{
    uint32_t *order = NULL;
    bool *used = NULL;
    ams_hasher *hasher = NULL;
    sorted_row row = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_names_sort(&table->item_id, &order, err));
    AMS_TRY(ams_alloc(&used, table->n_labels, sizeof *used, "the labels in use", err));
    for (uint64_t k = 0; k < ams_table_outputs(table); k++) {
        used[table->label[k]] = true;
    }
    AMS_TRY(new_row(&row, table, err));
    AMS_TRY(ams_hasher_create(&hasher, table, table->run_time_ms != NULL, used, err));
    for (uint32_t i = 0; i < table->n_items; i++) {
        ams_hasher_item(hasher, order[i]);
        for (uint32_t m = 0; m < table->n_models; m++) {
            hash_row(hasher, table, (uint64_t)order[i] * table->n_models + m, &row);
        }
    }
    ams_hasher_finish(hasher, text);
out:
    free(row.outputs);
    free(row.label);
    free(row.conf);
    free(used);
    free(order);
    return status;
}
