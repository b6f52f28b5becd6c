/* training_items.tsv: time by how many items were learned from. */
#include "base/memory.h"

#include "base/text.h"
#include "lab/compare/parts.h"
#include "lab/figures/columns.h"

#include <stdlib.h>
#include <string.h>

/* "dqn,items=300,lr=0.001" -> "dqn,lr=0.001": what a curve by items is called. */
static void name_of_curve(char name[64], const char *label)
{
    snprintf(name, 64, "%s", label);
    char *at = strstr(name, ",items=");
    if (at != NULL) {
        const char *rest = at + 1 + strcspn(at + 1, ",");
        memmove(at, rest, strlen(rest) + 1);
    }
}

static uint64_t items_of(const ams_compare *c, uint32_t group, uint64_t all)
{
    const uint64_t own = c->items[c->score.member[c->score.first[group]]];
    return own == 0 ? all : own;
}

/* Required recall 0.8, 0.9 and 1.0. */
static void print_point(const ams_compare *c, FILE *stream, const char *name, uint32_t group,
                        uint64_t items)
{
    const int n = ams_amount_decimals(c->score.env->total_time_ms, 6);
    for (uint32_t q = AMS_AT_80; q <= AMS_AT_100; q++) {
        ams_interval i = ams_score_interval(&c->score, group, AMS_SCORE_TIME_MS, q);
        fprintf(stream, "%s\t%llu\t%.1f\t%u\t%.*f\t%.*f\t%.*f\n", name,
                (unsigned long long)items, ams_required_recall(q), c->score.group[group].n_runs,
                n, i.mean, n, i.low, n, i.high);
    }
}

/* The group of the curve with the fewest items that is not done, or AMS_COMPARE_NONE. */
static uint32_t next_group(const ams_compare *c, const char *name, uint64_t all,
                           const bool *done)
{
    uint32_t next = AMS_COMPARE_NONE;
    for (uint32_t g = 0; g < c->score.n_groups; g++) {
        char other[64];
        name_of_curve(other, c->score.group[g].label);
        if (!done[g] && strcmp(other, name) == 0 &&
            (next == AMS_COMPARE_NONE || items_of(c, g, all) < items_of(c, next, all))) {
            next = g;
        }
    }
    return next;
}

/* The groups of one curve, fewest items first; `done` marks them. A baseline that was not
 * fitted to samples is a level line from the fewest items to all. */
static void print_line(const ams_compare *c, FILE *stream, uint32_t first, uint64_t fewest,
                       uint64_t all, bool *done)
{
    char name[64];
    name_of_curve(name, c->score.group[first].label);
    if (!ams_compare_is_agent(c, first) && !ams_compare_has_samples(c, name)) {
        print_point(c, stream, name, first, fewest);
    }
    for (uint32_t g = next_group(c, name, all, done); g != AMS_COMPARE_NONE;
         g = next_group(c, name, all, done)) {
        print_point(c, stream, name, g, items_of(c, g, all));
        done[g] = true;
    }
}

ams_status ams_compare_print_items(FILE *stream, const void *compare, ams_error *err)
{
    const ams_compare *c = compare;
    const uint64_t all = ams_score_count_items(&c->score, AMS_TRAIN);
    uint64_t fewest = all;
    bool *done = NULL;
    ams_status status = ams_alloc(&done, c->score.n_groups, sizeof *done, "curves", err);
    for (uint32_t g = 0; g < c->score.n_groups; g++) {
        fewest = items_of(c, g, all) < fewest ? items_of(c, g, all) : fewest;
    }
    fputs(AMS_TRAINING_ITEMS_HEADER, stream);
    for (uint32_t k = 0; status == AMS_OK && k < c->score.n_groups; k++) {
        if (!done[c->score.rank[k]]) {
            print_line(c, stream, c->score.rank[k], fewest, all, done);
        }
    }
    free(done);
    return status;
}

bool ams_compare_varies_items(const ams_compare *c)
{
    bool varies = false;
    for (size_t r = 0; r < c->n_runs; r++) {
        varies = varies || c->items[r] != c->items[0];
        if (strcmp(c->run[r].data_hash, c->score.data_hash) != 0) {
            return false;
        }
    }
    return varies;
}
