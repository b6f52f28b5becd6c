#include "ams/links.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { TILE = 32 };

ams_status ams_link_gram_init(ams_link_gram *gram, const ams_link_space *space, ams_error *err)
{
    const uint32_t n_columns = space->n_columns;
    const size_t cells = (size_t)n_columns * n_columns;
    ams_status status = AMS_OK;
    *gram = (ams_link_gram){.n_columns = n_columns,
                            .one = space->options.features == space->options.targets};
    AMS_TRY(ams_alloc(&gram->xx, cells, sizeof *gram->xx, "a Gram matrix", err));
    AMS_TRY(ams_alloc(&gram->x, n_columns, sizeof *gram->x, "a Gram matrix", err));
    gram->xy = gram->xx;
    gram->y = gram->x;
    if (!gram->one) {
        gram->xy = NULL;
        gram->y = NULL;
        AMS_TRY(ams_alloc(&gram->xy, cells, sizeof *gram->xy, "a Gram matrix", err));
        AMS_TRY(ams_alloc(&gram->y, n_columns, sizeof *gram->y, "a Gram matrix", err));
    }
out:
    if (status != AMS_OK) {
        ams_link_gram_fini(gram);
    }
    return status;
}

void ams_link_gram_fini(ams_link_gram *gram)
{
    if (!gram->one) {
        free(gram->xy);
        free(gram->y);
    }
    free(gram->xx);
    free(gram->x);
    *gram = (ams_link_gram){0};
}

/* X'Y where it is another matrix than X'X. */
static void add_targets(ams_link_gram *gram, const ams_link_entry *entry, uint64_t n,
                        double weight)
{
    for (uint64_t a = 0; a < n; a++) {
        double *xy = gram->xy + entry[a].column * (size_t)gram->n_columns;
        const double value = weight * (double)entry[a].source;
        gram->y[entry[a].column] += weight * (double)entry[a].target;
        for (uint64_t b = 0; b < n; b++) {
            xy[entry[b].column] += value * (double)entry[b].target;
        }
    }
}

/* An item has some tens of entries among hundreds of columns, so its outer product is sparse.
 * Columns ascend within a model and from model to model: a <= b is the upper triangle. */
static void add_item(ams_link_gram *gram, const ams_link_entry *entry, uint64_t n,
                     double weight)
{
    for (uint64_t a = 0; a < n; a++) {
        double *xx = gram->xx + entry[a].column * (size_t)gram->n_columns;
        const double value = weight * (double)entry[a].source;
        gram->x[entry[a].column] += value;
        for (uint64_t b = a; b < n; b++) {
            xx[entry[b].column] += value * (double)entry[b].source;
        }
    }
    if (!gram->one) {
        add_targets(gram, entry, n, weight);
    }
    gram->n += weight;
}

static void add_whole(ams_link_gram *gram, const ams_link_items *items, uint32_t item,
                      double weight)
{
    const uint64_t from = items->start[(size_t)item * items->n_models];
    const uint64_t to = items->start[(size_t)(item + 1) * items->n_models];
    add_item(gram, items->entry + from, to - from, weight);
}

/* The lower triangle, by tiles that fit into a cache. */
static void mirror(ams_link_gram *gram)
{
    const size_t n = gram->n_columns;
    for (size_t row = 0; row < n; row += TILE) {
        for (size_t column = row; column < n; column += TILE) {
            for (size_t a = row; a < n && a < row + TILE; a++) {
                for (size_t b = column > a ? column : a + 1; b < n && b < column + TILE; b++) {
                    gram->xx[b * n + a] = gram->xx[a * n + b];
                }
            }
        }
    }
}

void ams_link_gram_add(ams_link_gram *gram, const ams_link_items *items, uint32_t first,
                       uint32_t last)
{
    for (uint32_t i = first; i < last; i++) {
        add_whole(gram, items, i, 1);
    }
    mirror(gram);
}

void ams_link_gram_add_weighted(ams_link_gram *gram, const ams_link_items *items,
                                const uint32_t *item, const double *weight, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        add_whole(gram, items, item[k], weight[k]);
    }
    mirror(gram);
}

static void add(double *to, const double *from, size_t n)
{
    for (size_t at = 0; at < n; at++) {
        to[at] += from[at];
    }
}

void ams_link_gram_add_sums(ams_link_gram *gram, const ams_link_gram *other)
{
    const size_t cells = (size_t)gram->n_columns * gram->n_columns;
    add(gram->xx, other->xx, cells);
    add(gram->x, other->x, gram->n_columns);
    if (!gram->one) {
        add(gram->xy, other->xy, cells);
        add(gram->y, other->y, gram->n_columns);
    }
    gram->n += other->n;
}

static void scale(double *value, size_t n, double factor)
{
    if (factor <= 0) {
        memset(value, 0, n * sizeof *value);
        return;
    }
    for (size_t at = 0; at < n; at++) {
        value[at] *= factor;
    }
}

void ams_link_gram_forget(ams_link_gram *gram, double factor)
{
    const size_t cells = (size_t)gram->n_columns * gram->n_columns;
    scale(gram->xx, cells, factor);
    scale(gram->x, gram->n_columns, factor);
    if (!gram->one) {
        scale(gram->xy, cells, factor);
        scale(gram->y, gram->n_columns, factor);
    }
    gram->n *= factor;
}
