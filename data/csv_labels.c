#include "data/csv_labels.h"

#include "base/eight.h"
#include "base/memory.h"
#include "data/rows.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { FIRST_SLOTS = 256 };

void ams_csv_labels_fini(ams_csv_labels *labels)
{
    free(labels->label);
    free(labels->names);
    free(labels->slot);
    *labels = (ams_csv_labels){0};
}

enum { HALF = 8, WHOLE = 16 }; /* bytes of a label */

/* All bytes of a label of up to 16 with its length, of a longer one a hash. */
static ams_csv_label key_of(uint32_t task, const char *text, size_t length)
{
    ams_csv_label key = {
        .task = task, .length = (uint32_t)length, .low = ams_eight(text), .index = AMS_NO_NAME};
    if (length > WHOLE) {
        key.low = XXH3_64bits(text, length);
    } else if (length < HALF) {
        key.low &= (UINT64_C(1) << 8 * length) - 1;
    } else {
        key.high = ams_eight(text + length - HALF);
    }
    return key;
}

static uint32_t hash_of(const ams_csv_label *key)
{
    const uint64_t low = (key->low ^ key->length) * UINT64_C(0x9E3779B97F4A7C15);
    const uint64_t high = (key->high ^ key->task ^ low >> 32) * UINT64_C(0xC2B2AE3D27D4EB4F);
    return (uint32_t)((low ^ high) ^ high >> 29);
}

/* The slot that holds the label, or the empty one where it belongs. */
static uint32_t *slot_of(const ams_csv_labels *l, const ams_csv_label *key, const char *text)
{
    uint32_t at = hash_of(key) & (l->slots - 1);
    while (l->slot[at] != 0) {
        const ams_csv_label *label = &l->label[l->slot[at] - 1];
        if (label->low == key->low && label->high == key->high && label->task == key->task &&
            label->length == key->length &&
            (key->length <= WHOLE || memcmp(l->names + label->text, text, key->length) == 0)) {
            break;
        }
        at = (at + 1) & (l->slots - 1);
    }
    return &l->slot[at];
}

static ams_status make_slots(ams_csv_labels *l, ams_error *err)
{
    const uint32_t slots = l->slots == 0 ? FIRST_SLOTS : 2 * l->slots;
    uint32_t *larger = NULL;
    ams_status status = ams_alloc(&larger, slots, sizeof *larger, "labels", err);
    if (status != AMS_OK) {
        return status;
    }
    free(l->slot);
    l->slot = larger;
    l->slots = slots;
    for (uint32_t k = 0; k < l->n; k++) {
        uint32_t at = hash_of(&l->label[k]) & (slots - 1);
        while (l->slot[at] != 0) {
            at = (at + 1) & (slots - 1);
        }
        l->slot[at] = k + 1;
    }
    return AMS_OK;
}

/* A label that was not seen before; *taken is false where it may not be right. */
static ams_status add_label(ams_csv_labels *l, const ams_csv_label *key, const char *text,
                            bool *taken, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&l->names, &l->names_capacity, l->names_used + key->length + 1, 1,
                     "labels", err));
    char *name = l->names + l->names_used;
    memcpy(name, text, key->length);
    name[key->length] = '\0';
    *taken = strlen(name) == key->length && ams_row_check_name("name", name, NULL) == AMS_OK;
    if (!*taken) {
        return AMS_OK;
    }
    AMS_TRY(
        ams_grow(&l->label, &l->capacity, (size_t)l->n + 1, sizeof *l->label, "labels", err));
    l->label[l->n] = *key;
    l->label[l->n++].text = l->names_used;
    l->names_used += key->length + 1;
    *slot_of(l, key, text) = l->n;
out:
    return status;
}

ams_status ams_csv_labels_find(ams_csv_labels *labels, uint32_t task, const char *text,
                               size_t length, uint32_t *label, bool *taken, ams_error *err)
{
    const ams_csv_label key = key_of(task, text, length);
    ams_status status = AMS_OK;
    if (labels->n >= labels->slots / 3 * 2) {
        AMS_TRY(make_slots(labels, err));
    }
    const uint32_t held = *slot_of(labels, &key, text);
    *label = held == 0 ? labels->n : held - 1;
    if (held == 0) {
        AMS_TRY(add_label(labels, &key, text, taken, err));
    }
out:
    return status;
}
