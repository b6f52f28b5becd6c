#include "ams/links.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

const char *const ams_link_kinds[] = {"multi", "single", "real", NULL};
const char *const ams_link_values_modes[] = {"conf", "bits", NULL};
const char *const ams_link_metrics[] = {"f1",    "exact",  "recall", "top1",
                                        "count", "number", NULL};

ams_link_options ams_link_defaults(void)
{
    return (ams_link_options){.min_count = 8, .lambda = 3, .any_lambda = 100};
}

/* What is known of the labels of one model: on how many items each is valuable. */
typedef struct space_count {
    const ams_table *table;
    const uint32_t *item; /* (n) */
    uint32_t n;
    uint32_t *valuable; /* (L) */
    uint32_t *seen;     /* (L) items with the label at any confidence */
    bool one_at_most;   /* looks like one distribution */
} space_count;

static void count_labels(space_count *c, uint32_t model, float threshold)
{
    const ams_table *t = c->table;
    memset(c->valuable, 0, t->n_labels * sizeof *c->valuable);
    memset(c->seen, 0, t->n_labels * sizeof *c->seen);
    c->one_at_most = true;
    for (uint32_t i = 0; i < c->n; i++) {
        const uint64_t row = (uint64_t)c->item[i] * t->n_models + model;
        uint32_t above = 0;
        double sum = 0;
        for (uint64_t at = t->indptr[row]; at < t->indptr[row + 1]; at++) {
            c->seen[t->label[at]]++;
            sum += (double)t->conf[at];
            if (t->conf[at] > threshold) {
                c->valuable[t->label[at]]++;
                above++;
            }
        }
        c->one_at_most = c->one_at_most && above <= 1 && sum <= 1.001;
    }
}

static ams_status add_real(ams_link_space *space, const space_count *c, uint32_t model,
                           ams_error *err)
{
    uint32_t labels = 0;
    for (uint32_t l = 0; l < c->table->n_labels; l++) {
        if (c->seen[l] > 0) {
            space->label[space->n_columns] = l;
            labels++;
        }
    }
    if (labels != 1) {
        return ams_fail(err, AMS_BAD_DATA,
                        "model %s: a number is the confidence of one label; found %u labels",
                        ams_names_get(&c->table->model_name, model), labels);
    }
    space->n_columns++;
    return AMS_OK;
}

ams_status ams_link_space_init(ams_link_space *space, const ams_table *table,
                               const uint32_t *item, uint32_t n,
                               const ams_link_options *options, ams_error *err)
{
    space_count c = {.table = table, .item = item, .n = n};
    /* A label that several models output has a column of each. */
    const size_t most = (size_t)table->n_models * ((size_t)table->n_labels + 2);
    ams_status status = AMS_OK;
    *space = (ams_link_space){.options = *options, .n_models = table->n_models};
    if (n == 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "links are fitted on the training split, which has no item; `ams data "
                        "split` deals items to splits");
    }
    AMS_TRY(ams_alloc(&c.valuable, table->n_labels, sizeof *c.valuable, "counts", err));
    AMS_TRY(ams_alloc(&c.seen, table->n_labels, sizeof *c.seen, "counts", err));
    AMS_TRY(ams_alloc(&space->label, most, sizeof *space->label, "columns", err));
    for (uint32_t m = 0; m < table->n_models; m++) {
        space->threshold[m] = ams_table_threshold(table, m);
        count_labels(&c, m, space->threshold[m]);
        space->first[m] = space->n_columns;
        const ams_output_kind kind = ams_table_kind(table, m);
        if ((options->real >> m & 1) || kind == AMS_OUTPUT_REAL) {
            space->kind[m] = AMS_LINK_REAL;
            AMS_TRY(add_real(space, &c, m, err));
            continue;
        }
        for (uint32_t l = 0; l < table->n_labels; l++) {
            if (c.valuable[l] > 0 && c.valuable[l] >= options->min_count) {
                space->label[space->n_columns++] = l;
            }
        }
        space->label[space->n_columns++] = AMS_LINK_OTHER;
        if (kind == AMS_OUTPUT_SINGLE || (options->find_single && c.one_at_most)) {
            space->kind[m] = AMS_LINK_SINGLE;
            space->label[space->n_columns++] = AMS_LINK_NONE;
        }
    }
    space->first[table->n_models] = space->n_columns;
out:
    free(c.valuable);
    free(c.seen);
    if (status != AMS_OK) {
        ams_link_space_fini(space);
    }
    return status;
}

void ams_link_space_fini(ams_link_space *space)
{
    free(space->label);
    *space = (ams_link_space){0};
}
