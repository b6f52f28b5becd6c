/* Asserts that two tables hold the same, field by field, in the same order; that two ways to
 * read a file say the same of it. */
#ifndef AMS_TESTS_ENV_SAME_TABLE_H
#define AMS_TESTS_ENV_SAME_TABLE_H

#include "ams/table_file.h"

#include <check.h>
#include <string.h>

static inline void assert_same_names(const ams_names *a, const ams_names *b)
{
    ck_assert_uint_eq(a->count, b->count);
    for (uint32_t i = 0; i < a->count; i++) {
        ck_assert_str_eq(ams_names_get(a, i), ams_names_get(b, i));
    }
}

/* Indices may differ where names are numbered by first use; what they name may not. */
static inline void assert_same_index(const ams_names *a, const uint32_t *a_index,
                                     const ams_names *b, const uint32_t *b_index, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        ck_assert_str_eq(ams_names_get(a, a_index[i]), ams_names_get(b, b_index[i]));
    }
}

static inline void assert_same_table(const ams_table *a, const ams_table *b)
{
    const size_t m = a->n_models;
    const size_t runs = a->n_items * m;
    const size_t nnz = ams_table_outputs(a);
    ck_assert_uint_eq(a->n_items, b->n_items);
    ck_assert_uint_eq(m, b->n_models);
    ck_assert_uint_eq(a->n_labels, b->n_labels);
    ck_assert_str_eq(a->name, b->name);
    ck_assert_str_eq(a->created, b->created);
    ck_assert_str_eq(a->generator, b->generator);
    ck_assert_str_eq(a->source, b->source);
    ck_assert_str_eq(a->license, b->license);
    ck_assert_str_eq(ams_table_cost_unit(a), ams_table_cost_unit(b));
    for (uint32_t k = 0; k < m; k++) {
        ck_assert_float_eq(ams_table_threshold(a, k), ams_table_threshold(b, k));
        ck_assert_int_eq(ams_table_kind(a, k), ams_table_kind(b, k));
        ck_assert_uint_eq(ams_table_stage(a, k), ams_table_stage(b, k));
        ck_assert_str_eq(ams_table_stage_of(a, k), ams_table_stage_of(b, k));
    }
    assert_same_names(&a->model_name, &b->model_name);
    assert_same_names(&a->label_name, &b->label_name);
    assert_same_names(&a->item_id, &b->item_id);
    assert_same_index(&a->task_name, a->model_task, &b->task_name, b->model_task, a->n_models);
    assert_same_index(&a->group_name, a->item_group, &b->group_name, b->item_group, a->n_items);
    ck_assert_mem_eq(a->theta, b->theta, m * sizeof *a->theta);
    ck_assert_mem_eq(a->time_ms, b->time_ms, m * sizeof *a->time_ms);
    ck_assert_mem_eq(a->mem_mb, b->mem_mb, m * sizeof *a->mem_mb);
    ck_assert_mem_eq(a->split, b->split, a->n_items);
    ck_assert_mem_eq(a->indptr, b->indptr, (runs + 1) * sizeof *a->indptr);
    ck_assert_mem_eq(a->label, b->label, nnz * sizeof *a->label);
    ck_assert_mem_eq(a->conf, b->conf, nnz * sizeof *a->conf);
    ck_assert(((a->run_time_ms == NULL) == (b->run_time_ms == NULL)));
    ck_assert_int_eq(ams_table_has_truth(a), ams_table_has_truth(b));
    for (uint32_t i = 0; i < a->n_items; i++) {
        const uint32_t *left = NULL;
        const uint32_t *right = NULL;
        const uint32_t n = ams_table_truth(a, i, &left);
        ck_assert_uint_eq(n, ams_table_truth(b, i, &right));
        ck_assert(n == 0 || memcmp(left, right, n * sizeof *left) == 0);
    }
    if (a->run_time_ms != NULL) {
        ck_assert_mem_eq(a->run_time_ms, b->run_time_ms, runs * sizeof *a->run_time_ms);
    }
}

/* ams_table_read returned that of the file, and this message if it failed: windows do, too. */
static inline void assert_same_in_windows(const char *path, ams_status status,
                                          const ams_error *read)
{
    char hash[AMS_HASH_TEXT];
    ams_error err = {.text = ""};
    ck_assert_int_eq(ams_table_hash_file(path, 1, hash, &err), status);
    ck_assert_str_eq(err.text, status == AMS_OK ? "" : read->text);
}

#endif
