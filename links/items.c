#include "ams/links.h"

#include "base/memory.h"

#include <stdlib.h>

void ams_link_items_fini(ams_link_items *items)
{
    free(items->start);
    free(items->entry);
    free(items->truth);
    *items = (ams_link_items){0};
}

/* Columns by label, for look-ups: ascending within each model. Labels of a space that was
 * mapped to another table stand in any order. */
typedef struct items_column {
    uint32_t label, column;
} items_column;

/* One execution while its entries are made. */
typedef struct items_row {
    const items_column *sorted; /* (D), each model's labels in their range */
    const ams_link_space *space;
    const ams_table *table;
    uint64_t at, end; /* its outputs in the table */
    uint32_t model;
    ams_link_entry *entry;
    uint64_t n; /* entries so far */
} items_row;

static void add_entry(items_row *r, uint32_t column, float conf, float scale, bool valuable)
{
    const ams_link_options *o = &r->space->options;
    const float bit = conf > r->space->threshold[r->model] ? 1.0F : 0.0F;
    const bool real = r->space->kind[r->model] == AMS_LINK_REAL;
    const float soft = conf * scale;
    ams_link_entry e = {.column = column, .conf = conf, .valuable = valuable};
    e.source = o->features == AMS_LINK_BITS && !real ? bit : soft;
    e.target = o->targets == AMS_LINK_BITS && !real ? bit : soft;
    if (e.source > 0 || e.target > 0 || valuable) {
        r->entry[r->n++] = e;
    }
}

/* AMS_LINK_NONE: the label has none. */
static uint32_t find_column(const items_row *r, uint32_t label)
{
    uint32_t low = r->space->first[r->model];
    uint32_t high = r->space->first[r->model + 1];
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (r->sorted[middle].label == label) {
            return r->sorted[middle].column;
        }
        if (r->sorted[middle].label < label) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return AMS_LINK_NONE;
}

static int by_label(const void *a, const void *b)
{
    const items_column *x = a;
    const items_column *y = b;
    return x->label < y->label ? -1 : x->label > y->label;
}

static void sort_columns(const ams_link_space *space, items_column *sorted)
{
    for (uint32_t c = 0; c < space->n_columns; c++) {
        sorted[c] = (items_column){space->label[c], c};
    }
    for (uint32_t m = 0; m < space->n_models; m++) {
        qsort(sorted + space->first[m], ams_link_width(space, m), sizeof *sorted, by_label);
    }
}

/* Entries and truth of one execution. */
static void read_row(items_row *r, ams_link_truth *truth)
{
    const ams_link_space *space = r->space;
    const ams_table *t = r->table;
    const uint32_t last = space->first[r->model + 1];
    const bool single = space->kind[r->model] == AMS_LINK_SINGLE;
    const bool real = space->kind[r->model] == AMS_LINK_REAL;
    float other = 0;
    float top = -1;
    double sum = 0;
    *truth = (ams_link_truth){.top = AMS_LINK_NONE};
    for (uint64_t at = r->at; at < r->end; at++) {
        sum += (double)t->conf[at];
    }
    const float scale = single && sum > 1 ? (float)(1 / sum) : 1.0F;
    for (uint64_t at = r->at; at < r->end; at++) {
        const bool valuable = !real && t->conf[at] > space->threshold[r->model];
        const uint32_t column = find_column(r, t->label[at]);
        const bool known = column != AMS_LINK_NONE;
        if (known) {
            add_entry(r, column, t->conf[at], scale, valuable);
        } else if (t->conf[at] > other) {
            other = t->conf[at];
        }
        if (real && known) {
            truth->number = t->conf[at];
        } else if (valuable) {
            truth->n++;
            truth->conf += t->conf[at];
        }
        if (valuable && t->conf[at] > top) {
            top = t->conf[at];
            truth->top = known ? column : AMS_LINK_OTHER;
        }
    }
    for (uint32_t column = space->first[r->model]; column < last; column++) {
        if (space->label[column] == AMS_LINK_OTHER) {
            add_entry(r, column, other, scale, false);
        } else if (space->label[column] == AMS_LINK_NONE && sum < 1) {
            /* It has no confidence of its own: bits say that nothing is above the threshold. */
            add_entry(r, column, (float)(1 - sum), 1.0F, false);
        }
    }
}

ams_status ams_link_items_init(ams_link_items *items, const ams_link_space *space,
                               const ams_table *table, const uint32_t *item, uint32_t n,
                               ams_error *err)
{
    const uint32_t n_models = space->n_models;
    const size_t rows = (size_t)n * n_models;
    uint64_t outputs = 0;
    items_column *sorted = NULL;
    ams_status status = AMS_OK;
    *items = (ams_link_items){.n = n, .n_models = n_models};
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t first = (uint64_t)item[i] * n_models;
        outputs += table->indptr[first + n_models] - table->indptr[first];
    }
    AMS_TRY(ams_alloc(&items->start, rows + 1, sizeof *items->start, "items", err));
    AMS_TRY(ams_alloc(&items->truth, rows, sizeof *items->truth, "items", err));
    AMS_TRY(ams_alloc(&items->entry, outputs + 2 * rows, sizeof *items->entry, "items", err));
    AMS_TRY(ams_alloc(&sorted, space->n_columns, sizeof *sorted, "items", err));
    sort_columns(space, sorted);
    items_row row = {.space = space, .sorted = sorted, .table = table, .entry = items->entry};
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t m = 0; m < n_models; m++) {
            const uint64_t at = (uint64_t)item[i] * n_models + m;
            row.model = m;
            row.at = table->indptr[at];
            row.end = table->indptr[at + 1];
            read_row(&row, &items->truth[(size_t)i * n_models + m]);
            items->start[(size_t)i * n_models + m + 1] = row.n;
        }
    }
out:
    free(sorted);
    if (status != AMS_OK) {
        ams_link_items_fini(items);
    }
    return status;
}
