/* Training on a file that is too large to be in memory: its training items, or those that
 * items=N asks for, and as many of the validation items as fit. */
#include "lab/training/sample.h"

#include "ams/table_file.h"
#include "base/memory.h"
#include "env/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the memory a part may take, the share that validation items get at least. */
static const double VALIDATION_SHARE = 0.25;

static uint32_t count_split(const ams_table *head, ams_split split)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < head->n_items; i++) {
        n += head->split[i] == split;
    }
    return n;
}

/* Most items whose part takes at most that many bytes. */
static uint32_t most_items(const ams_table_file *file, uint64_t bytes, uint32_t most)
{
    uint32_t low = 0;
    uint32_t high = most;
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        if (ams_table_part_bytes(file, middle) <= bytes) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

static int by_number(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* The sample of the validation split: ams_sample_training of a split where it is the training
 * one. item has room for all items. */
static ams_status sample_validation(const ams_table *head, uint32_t most, uint64_t seed,
                                    uint32_t *item, uint32_t *n, ams_error *err)
{
    uint8_t *split = NULL;
    ams_status status = ams_alloc(&split, head->n_items, 1, "a split", err);
    *n = 0;
    if (status == AMS_OK && most > 0) {
        for (uint32_t i = 0; i < head->n_items; i++) {
            split[i] = head->split[i] == AMS_VALIDATION ? AMS_TRAIN : AMS_TEST;
        }
        status = ams_sample_training(split, head->n_items, most, seed, item, n, err);
    }
    free(split);
    return status;
}

static ams_status too_large(const ams_table_file *file, const ams_training_sample_options *o,
                            uint32_t fits, ams_error *err)
{
    char sample[96] = "no training item fits, raise it";
    const uint64_t bytes = ams_table_part_bytes(file, ams_table_file_head(file)->n_items);
    if (fits > 0) { /* items=0 would mean all of them */
        snprintf(sample, sizeof sample,
                 "train on a sample that fits, items=%u or fewer, or raise it", fits);
    }
    return ams_fail(err, AMS_USAGE, "%s needs about %llu MB, --memory is %llu: %s", o->path,
                    (unsigned long long)(bytes >> 20), (unsigned long long)o->memory_mb,
                    sample);
}

/* item (N) becomes the numbers of n training items and of the validation items that `bytes`
 * leave room for, ascending; *loaded says how many of each. */
static ams_status choose_items(const ams_table_file *file, const ams_training_sample_options *o,
                               uint32_t *item, ams_training_sample *loaded, ams_error *err)
{
    const ams_table *head = ams_table_file_head(file);
    const uint32_t training = count_split(head, AMS_TRAIN);
    const uint32_t validation = count_split(head, AMS_VALIDATION);
    const uint64_t bytes = o->memory_mb << 20;
    const double share = validation > 0 ? 1 - VALIDATION_SHARE : 1;
    const uint32_t fits = most_items(file, (uint64_t)((double)bytes * share), training);
    const uint64_t wanted = o->items == 0 ? training : o->items;
    uint32_t *more = NULL;
    uint32_t n = 0;
    uint32_t n_more = 0;
    ams_status status = AMS_OK;
    if (wanted > fits || (fits == 0 && training > 0)) {
        return too_large(file, o, fits, err);
    }
    AMS_TRY(ams_alloc(&more, head->n_items, sizeof *more, "items", err));
    AMS_TRY(ams_sample_training(head->split, head->n_items, o->items, o->seed, item, &n, err));
    const uint32_t room = most_items(file, bytes, n + validation) - n;
    AMS_TRY(sample_validation(head, room < validation ? room : validation, o->seed, more,
                              &n_more, err));
    memcpy(item + n, more, n_more * sizeof *item);
    qsort(item, (size_t)n + n_more, sizeof *item, by_number);
    *loaded = (ams_training_sample){.partial = true,
                                    .training = n,
                                    .validation = n_more,
                                    .of_training = training,
                                    .of_validation = validation};
out:
    free(more);
    return status;
}

static ams_status load_sample(ams_table_file *file, const ams_training_sample_options *o,
                              ams_table *table, ams_training_sample *loaded, ams_error *err)
{
    uint32_t *item = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&item, ams_table_file_head(file)->n_items, sizeof *item, "items", err));
    AMS_TRY(choose_items(file, o, item, loaded, err));
    status = ams_table_file_read(file, item, loaded->training + loaded->validation, table, err);
out:
    free(item);
    return status;
}

ams_status ams_training_sample_read(const ams_training_sample_options *options,
                                    ams_table *table, ams_training_sample *loaded,
                                    ams_error *err)
{
    ams_table_file *file = NULL;
    *loaded = (ams_training_sample){.partial = false};
    *table = (ams_table){0};
    if (options->memory_mb == 0 || options->memory_mb > AMS_TRAINING_MOST_MEMORY_MB) {
        return ams_fail(err, AMS_USAGE, "memory for data: expected 1 to %llu MB, found %llu",
                        (unsigned long long)AMS_TRAINING_MOST_MEMORY_MB,
                        (unsigned long long)options->memory_mb);
    }
    ams_status status = ams_table_file_open(&file, options->path, err);
    if (status != AMS_OK) {
        return status;
    }
    const ams_table *head = ams_table_file_head(file);
    bool whole = ams_table_part_bytes(file, head->n_items) <= options->memory_mb << 20;
    if (!whole) {
        status = load_sample(file, options, table, loaded, err);
    }
    ams_table_file_close(file);
    return whole ? ams_table_read(table, options->path, err) : status;
}
