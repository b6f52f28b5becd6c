#include "data/parts.h"

#include "base/memory.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Decimal shares like 0.7,0.1,0.2 sum to 1 only to rounding. */
#define SHARE_TOLERANCE 1e-6

static ams_status check_shares(const double share[3], ams_error *err)
{
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        if (!(share[i] >= 0 && share[i] <= 1)) {
            return ams_fail(err, AMS_USAGE, "split: expected shares from 0 to 1, found %g",
                            share[i]);
        }
        sum += share[i];
    }
    if (fabs(sum - 1) > SHARE_TOLERANCE) {
        return ams_fail(err, AMS_USAGE,
                        "split: expected shares that sum to 1, found %g,%g,%g, which sum to %g",
                        share[0], share[1], share[2], sum);
    }
    return AMS_OK;
}

/* Largest remainder: count[i] is share[i] * n down to a whole number, and what is left goes to
 * the largest remainders, ties to the lower index. */
static void cut(const double share[3], uint32_t n, uint32_t count[3])
{
    double remainder[3];
    uint32_t left = n;
    for (int i = 0; i < 3; i++) {
        count[i] = (uint32_t)(share[i] * n);
        count[i] = count[i] < left ? count[i] : left;
        remainder[i] = share[i] * n - count[i];
        left -= count[i];
    }
    for (; left > 0; left--) {
        int largest = 0;
        for (int i = 1; i < 3; i++) {
            largest = remainder[i] > remainder[largest] ? i : largest;
        }
        count[largest]++;
        remainder[largest] -= 1;
    }
}

static void split_group(ams_table *table, const ams_split_options *options, const char *group,
                        uint32_t *item, uint32_t n)
{
    uint64_t stream = AMS_STREAM_SPLIT ^ (uint64_t)XXH3_64bits(group, strlen(group));
    ams_rng rng = ams_rng_init(options->seed, stream);
    ams_rng_shuffle(&rng, item, n);
    uint32_t count[3];
    cut(options->share, n, count);
    uint32_t at = 0;
    for (int part = 0; part < 3; part++) {
        for (uint32_t i = 0; i < count[part]; i++) {
            table->split[item[at++]] = (uint8_t)part;
        }
    }
}

/* item: the open items of one group after the other, each group's sorted by id; end[g] is where
 * group g ends. */
static ams_status sort_by_group(const ams_table *table, const uint8_t *given, uint32_t *item,
                                uint32_t *end, ams_error *err)
{
    uint32_t *order = NULL;
    ams_status status = ams_names_sort(&table->item_id, &order, err);
    if (status != AMS_OK) {
        return status;
    }
    for (uint32_t i = 0; i < table->n_items; i++) {
        end[table->item_group[i] + 1] += given == NULL || given[i] == AMS_NO_SPLIT;
    }
    for (uint32_t g = 0; g < table->group_name.count; g++) {
        end[g + 1] += end[g];
    }
    /* end[g] is where group g starts, and moves to its end. */
    for (uint32_t i = 0; i < table->n_items; i++) {
        if (given == NULL || given[order[i]] == AMS_NO_SPLIT) {
            item[end[table->item_group[order[i]]]++] = order[i];
        }
    }
    free(order);
    return AMS_OK;
}

ams_status ams_split_open_items(ams_table *table, const ams_split_options *options,
                                const uint8_t *given, ams_error *err)
{
    uint32_t *item = NULL;
    uint32_t *end = NULL;
    ams_status status = AMS_OK;
    uint32_t n_groups = table->group_name.count;
    AMS_TRY(check_shares(options->share, err));
    AMS_TRY(ams_alloc(&item, table->n_items, sizeof *item, "a split", err));
    AMS_TRY(ams_alloc(&end, (size_t)n_groups + 1, sizeof *end, "a split", err));
    AMS_TRY(sort_by_group(table, given, item, end, err));
    for (uint32_t i = 0; given != NULL && i < table->n_items; i++) {
        table->split[i] = given[i] == AMS_NO_SPLIT ? table->split[i] : given[i];
    }
    for (uint32_t g = 0; g < n_groups; g++) {
        uint32_t start = g == 0 ? 0 : end[g - 1];
        split_group(table, options, ams_names_get(&table->group_name, g), item + start,
                    end[g] - start);
    }
out:
    free(item);
    free(end);
    return status;
}

ams_status ams_data_split(ams_table *table, const ams_split_options *options, ams_error *err)
{
    char what[128];
    snprintf(what, sizeof what, "split %.9g,%.9g,%.9g seed %llu", options->share[0],
             options->share[1], options->share[2], (unsigned long long)options->seed);
    ams_status status = ams_split_open_items(table, options, NULL, err);
    return status != AMS_OK ? status : ams_note_step(table, table->generator, what, err);
}
