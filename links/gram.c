#include "ams/links.h"

#include "base/memory.h"

#include <stdlib.h>

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
static void add_targets(ams_link_gram *gram, const ams_link_entry *entry, uint64_t n)
{
    for (uint64_t a = 0; a < n; a++) {
        double *xy = gram->xy + entry[a].column * (size_t)gram->n_columns;
        const double value = (double)entry[a].source;
        gram->y[entry[a].column] += (double)entry[a].target;
        for (uint64_t b = 0; b < n; b++) {
            xy[entry[b].column] += value * (double)entry[b].target;
        }
    }
}

/* An item has some tens of entries among hundreds of columns, so its outer product is sparse.
 * Columns ascend within a model and from model to model: a <= b is the upper triangle. */
static void add_item(ams_link_gram *gram, const ams_link_entry *entry, uint64_t n)
{
    for (uint64_t a = 0; a < n; a++) {
        double *xx = gram->xx + entry[a].column * (size_t)gram->n_columns;
        const double value = (double)entry[a].source;
        gram->x[entry[a].column] += value;
        for (uint64_t b = a; b < n; b++) {
            xx[entry[b].column] += value * (double)entry[b].source;
        }
    }
    if (!gram->one) {
        add_targets(gram, entry, n);
    }
    gram->n += 1;
}

void ams_link_gram_add(ams_link_gram *gram, const ams_link_items *items, uint32_t first,
                       uint32_t last)
{
    const size_t n = gram->n_columns;
    for (uint32_t i = first; i < last; i++) {
        const uint64_t from = items->start[(size_t)i * items->n_models];
        const uint64_t to = items->start[(size_t)(i + 1) * items->n_models];
        add_item(gram, items->entry + from, to - from);
    }
    for (size_t a = 0; a < n; a++) {
        for (size_t b = a + 1; b < n; b++) {
            gram->xx[b * n + a] = gram->xx[a * n + b];
        }
    }
}

static void scale(double *value, size_t n, double factor)
{
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
