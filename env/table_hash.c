/* The content hash; docs/format.md defines the bytes that go into it. */
#include "base/memory.h"
#include "env/hash_items.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_STATIC_LINKING_ONLY /* the state's size, to allocate it aligned */
#include <xxhash.h>

/* An output as it is hashed: little-endian words. */
typedef struct hash_output {
    uint32_t rank, conf;
} hash_output;

struct ams_hasher {
    XXH3_state_t state; /* first: wants 64-byte alignment, which ams_alloc gives */
    const ams_table *head;
    bool with_times, with_truth;
    uint32_t *rank;   /* (L) place of each label among those used, by name */
    hash_output *row; /* of ams_hasher_table_item */
    size_t row_capacity;
};

static void put_u32(ams_hasher *hasher, uint32_t value)
{
    uint32_t bytes = htole32(value);
    XXH3_128bits_update(&hasher->state, &bytes, sizeof bytes);
}

static uint32_t float_bits(float value)
{
    value += 0.0F; /* -0 becomes 0: equal values hash equally */
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void put_float(ams_hasher *hasher, float value)
{
    put_u32(hasher, float_bits(value));
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

/* Parts that version 1 does not have, each after its name. A file without them has the hash
 * that it always had. */
static void put_meaning(ams_hasher *hasher)
{
    static const char threshold[] = "threshold";
    static const char cost_unit[] = "cost_unit";
    static const char kind[] = "kind";
    static const char exits[] = "exits";
    static const char truth[] = "truth";
    const ams_table *head = hasher->head;
    if (!ams_table_one_threshold(head) ||
        ams_table_threshold(head, 0) != AMS_DEFAULT_THRESHOLD) {
        XXH3_128bits_update(&hasher->state, threshold, sizeof threshold);
        for (uint32_t m = 0; m < head->n_models; m++) {
            put_float(hasher, ams_table_threshold(head, m));
        }
    }
    if (!ams_table_costs_ms(head)) {
        XXH3_128bits_update(&hasher->state, cost_unit, sizeof cost_unit);
        XXH3_128bits_update(&hasher->state, head->cost_unit, strlen(head->cost_unit) + 1);
    }
    if (ams_table_has_kinds(head)) {
        XXH3_128bits_update(&hasher->state, kind, sizeof kind);
        XXH3_128bits_update(&hasher->state, head->kind, head->n_models);
    }
    if (ams_table_has_exits(head)) {
        XXH3_128bits_update(&hasher->state, exits, sizeof exits);
        for (uint32_t m = 0; m < head->n_models; m++) {
            const char *network = ams_table_stage_of(head, m);
            XXH3_128bits_update(&hasher->state, network, strlen(network) + 1);
            put_u32(hasher, ams_table_stage(head, m));
        }
    }
    if (hasher->with_truth) {
        XXH3_128bits_update(&hasher->state, truth, sizeof truth);
    }
}

/* The labels' places, ascending. They are few, so each is looked for among all. */
static void put_truth(ams_hasher *hasher, const ams_table *table, uint32_t item)
{
    const uint32_t *label = NULL;
    const uint32_t count = ams_table_truth(table, item, &label);
    uint64_t least = 0;
    put_u32(hasher, count);
    for (uint32_t n = 0; n < count; n++) {
        uint64_t next = UINT64_MAX;
        for (uint32_t k = 0; k < count; k++) {
            const uint64_t rank = hasher->rank[label[k]];
            next = rank >= least && rank < next ? rank : next;
        }
        put_u32(hasher, (uint32_t)next);
        least = next + 1;
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
    h->with_truth = ams_table_has_truth(head);
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
    put_meaning(h);
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

static void put_item(ams_hasher *hasher, const ams_table *table, uint32_t item)
{
    put_name(hasher, &table->item_id, item);
    put_name(hasher, &table->group_name, table->item_group[item]);
    put_u32(hasher, table->split[item]);
    if (hasher->with_truth) {
        put_truth(hasher, table, item);
    }
}

void ams_hasher_item(ams_hasher *hasher, uint32_t item)
{
    put_item(hasher, hasher->head, item);
}

/* Words go to the hash many at a time: half of its time went to words one by one. */
void ams_hasher_row(ams_hasher *hasher, const uint32_t *label, const float *conf,
                    uint32_t count, float run_time_ms)
{
    enum { WORDS = 64 };
    uint32_t word[WORDS] = {htole32(count)};
    size_t n = 1;
    for (uint32_t k = 0; k < count; k++) {
        if (n + 2 > WORDS) {
            XXH3_128bits_update(&hasher->state, word, n * sizeof *word);
            n = 0;
        }
        word[n++] = htole32(hasher->rank[label[k]]);
        word[n++] = htole32(float_bits(conf[k]));
    }
    XXH3_128bits_update(&hasher->state, word, n * sizeof *word);
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
        free(hasher->row);
        free(hasher);
    }
}

/* ---- tables ---- */

static int compare_outputs(const void *a, const void *b)
{
    uint32_t left = le32toh(((const hash_output *)a)->rank);
    uint32_t right = le32toh(((const hash_output *)b)->rank);
    return (left > right) - (left < right);
}

/* A row's outputs go to the hash at once: half of its time went to words one by one. */
static ams_status put_row(ams_hasher *hasher, const ams_table *t, uint64_t r, ams_error *err)
{
    const uint32_t *label = t->label + t->indptr[r];
    const float *conf = t->conf + t->indptr[r];
    uint32_t count = (uint32_t)(t->indptr[r + 1] - t->indptr[r]);
    uint32_t last = 0;
    bool sorted = true;
    ams_status status = ams_grow(&hasher->row, &hasher->row_capacity, (size_t)count + 1,
                                 sizeof *hasher->row, "a row", err);
    if (status != AMS_OK) {
        return status;
    }
    for (uint32_t k = 0; k < count; k++) {
        uint32_t rank = hasher->rank[label[k]];
        hasher->row[k] = (hash_output){htole32(rank), htole32(float_bits(conf[k]))};
        sorted = sorted && (k == 0 || last < rank);
        last = rank;
    }
    if (!sorted) {
        qsort(hasher->row, count, sizeof *hasher->row, compare_outputs);
    }
    put_u32(hasher, count);
    XXH3_128bits_update(&hasher->state, hasher->row, count * sizeof *hasher->row);
    if (hasher->with_times) {
        put_float(hasher, t->run_time_ms == NULL ? 0 : t->run_time_ms[r]);
    }
    return AMS_OK;
}

ams_status ams_hasher_table_item(ams_hasher *hasher, const ams_table *table, uint32_t item,
                                 ams_error *err)
{
    ams_status status = AMS_OK;
    put_item(hasher, table, item);
    for (uint32_t m = 0; m < table->n_models && status == AMS_OK; m++) {
        status = put_row(hasher, table, (uint64_t)item * table->n_models + m, err);
    }
    return status;
}

void ams_mark_truth(const ams_table *table, bool *used)
{
    const uint64_t count = ams_table_has_truth(table) ? table->truth_indptr[table->n_items] : 0;
    for (uint64_t k = 0; k < count; k++) {
        used[table->truth[k]] = true;
    }
}

ams_status ams_table_hash(const ams_table *table, char text[AMS_HASH_TEXT], ams_error *err)
{
    uint32_t *order = NULL;
    bool *used = NULL;
    ams_hasher *hasher = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_names_sort(&table->item_id, &order, err));
    AMS_TRY(ams_alloc(&used, table->n_labels, sizeof *used, "the labels in use", err));
    for (uint64_t k = 0; k < ams_table_outputs(table); k++) {
        used[table->label[k]] = true;
    }
    ams_mark_truth(table, used);
    AMS_TRY(ams_hasher_create(&hasher, table, table->run_time_ms != NULL, used, err));
    for (uint32_t i = 0; i < table->n_items; i++) {
        AMS_TRY(ams_hasher_table_item(hasher, table, order[i], err));
    }
    ams_hasher_finish(hasher, text);
    hasher = NULL;
out:
    ams_hasher_destroy(hasher);
    free(used);
    free(order);
    return status;
}
