/* The right answers of items, where they are known: how they are built, checked and read. */
#include "env/truth.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

bool ams_table_has_truth(const ams_table *table)
{
    return table->truth_indptr != NULL &&
           table->truth_indptr[table->n_items] > table->truth_indptr[0];
}

static int compare_answers(const void *a, const void *b)
{
    const ams_answer *left = a;
    const ams_answer *right = b;
    if (left->item != right->item) {
        return left->item < right->item ? -1 : 1;
    }
    return left->label < right->label ? -1 : left->label > right->label;
}

ams_status ams_table_set_truth(ams_table *table, ams_answer *answers, size_t n, ams_error *err)
{
    uint64_t *indptr = NULL;
    uint32_t *label = NULL;
    ams_status status = AMS_OK;
    if (n > 1) {
        qsort(answers, n, sizeof *answers, compare_answers);
    }
    if (n > 0) {
        AMS_TRY(ams_alloc(&indptr, (size_t)table->n_items + 1, sizeof *indptr, "truth", err));
        AMS_TRY(ams_alloc(&label, n, sizeof *label, "truth", err));
    }
    uint64_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || compare_answers(&answers[i - 1], &answers[i]) != 0) {
            label[kept++] = answers[i].label;
            indptr[answers[i].item + 1]++;
        }
    }
    for (uint32_t i = 0; n > 0 && i < table->n_items; i++) {
        indptr[i + 1] += indptr[i];
    }
    free(table->truth_indptr);
    free(table->truth);
    table->truth_indptr = indptr;
    table->truth = label;
    indptr = NULL;
    label = NULL;
out:
    free(indptr);
    free(label);
    return status;
}

ams_status ams_truth_pick(ams_table *part, const ams_table *from, const uint32_t *item,
                          ams_error *err)
{
    ams_answer *answers = NULL;
    size_t n = 0;
    size_t capacity = 0;
    ams_status status = AMS_OK;
    for (uint32_t i = 0; ams_table_has_truth(from) && i < part->n_items; i++) {
        const uint32_t *label = NULL;
        const uint32_t count = ams_table_truth(from, item[i], &label);
        AMS_TRY(ams_grow(&answers, &capacity, n + count, sizeof *answers, "truth", err));
        for (uint32_t k = 0; k < count; k++) {
            answers[n++] = (ams_answer){.item = i, .label = label[k]};
        }
    }
    status = ams_table_set_truth(part, answers, n, err);
out:
    free(answers);
    return status;
}

/* One label per item: what a program writes that knows no bounds. */
static ams_status one_per_item(ams_table *t, ams_error *err)
{
    ams_status status = ams_alloc(&t->truth_indptr, (size_t)t->n_items + 1,
                                  sizeof *t->truth_indptr, "truth", err);
    for (uint32_t i = 0; i < t->n_items && status == AMS_OK; i++) {
        t->truth_indptr[i + 1] = (uint64_t)i + 1;
    }
    return status;
}

ams_status ams_load_truth(ams_table *t, const ams_h5 *file, ams_error *err)
{
    const uint64_t bounds = (uint64_t)t->n_items + 1;
    uint64_t count = t->n_items;
    ams_status status = AMS_OK;
    if (!ams_h5_has(file, "/items/truth")) {
        return AMS_OK;
    }
    if (ams_h5_has(file, "/items/truth_indptr")) {
        AMS_TRY(ams_h5_read(file, "/items/truth_indptr", AMS_H5_U64, 1, &bounds,
                            &t->truth_indptr, err));
        count = t->truth_indptr[t->n_items];
    } else {
        AMS_TRY(one_per_item(t, err));
    }
    AMS_TRY(ams_h5_read(file, "/items/truth", AMS_H5_U32, 1, &count, &t->truth, err));
out:
    return status;
}
