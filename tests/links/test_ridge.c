/* Ridge links against normal equations of the whole design with a column of ones, made from the
 * table by hand and solved by Gaussian elimination. */
#include "tests/base/elimination.h"
#include "tests/base/suite.h"
#include "tests/links/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 128 };

static const random_table_options small = {
    .seed = 5, .n_items = 60, .n_models = 4, .n_labels = 12, .n_tasks = 4, .empty = 0.2};

/* A design under construction: normal equations of rows x (n) with weights. */
typedef struct equations {
    uint32_t n;
    double a[MOST * MOST], b[MOST];
} equations;

static void add_equation(equations *e, const double *x, double y, double weight)
{
    for (uint32_t i = 0; i < e->n; i++) {
        for (uint32_t j = 0; j < e->n; j++) {
            e->a[i * e->n + j] += weight * x[i] * x[j];
        }
        e->b[i] += weight * x[i] * y;
    }
}

/* Coefficients of column `target` from the columns of the models in mask, then the bias. */
static void reference_subset(const links_fixture *f, uint64_t mask, uint32_t target,
                             equations *e)
{
    double source[MOST];
    double goal[MOST];
    double x[MOST];
    memset(e, 0, sizeof *e);
    for (uint32_t m = 0; m < f->space.n_models; m++) {
        e->n += mask >> m & 1 ? ams_link_width(&f->space, m) : 0;
    }
    e->n++;
    for (uint32_t i = 0; i < f->items.n; i++) {
        uint32_t n = 0;
        links_fixture_row(f, i, false, source);
        links_fixture_row(f, i, true, goal);
        for (uint32_t m = 0; m < f->space.n_models; m++) {
            for (uint32_t c = f->space.first[m]; c < f->space.first[m + 1]; c++) {
                if (mask >> m & 1) {
                    x[n++] = source[c];
                }
            }
        }
        x[n] = 1;
        add_equation(e, x, goal[target], 1);
    }
    for (uint32_t k = 0; k + 1 < e->n; k++) {
        e->a[k * e->n + k] += f->space.options.lambda;
    }
    solve_densely(e->n, e->a, e->b);
}

static void check_subset(const links_fixture *f, uint64_t mask)
{
    ams_error err;
    ams_link_map map;
    equations *e = malloc(sizeof *e);
    ck_assert_int_eq(ams_link_fit(&map, &f->space, &f->gram, mask, &err), AMS_OK);
    for (uint32_t j = 0; j < f->space.n_models; j++) {
        for (uint32_t c = f->space.first[j]; c < f->space.first[j + 1]; c++) {
            if (mask >> j & 1) {
                ck_assert_float_eq(map.bias[c], 0);
                continue;
            }
            reference_subset(f, mask, c, e);
            ck_assert_uint_eq(e->n, map.n_rows + 1);
            for (uint32_t r = 0; r < map.n_rows; r++) {
                ck_assert_double_eq_tol(map.weight[r * map.n_columns + c], e->b[r], 2e-6);
            }
            ck_assert_double_eq_tol(map.bias[c], e->b[map.n_rows], 2e-6);
        }
    }
    ams_link_map_fini(&map);
    free(e);
}

START_TEST(every_subset_solves_its_normal_equations)
{
    const uint64_t masks[] = {0, 1, 2, 4, 8, 3, 5, 11, 14};
    links_fixture f;
    ams_link_options o = ams_link_defaults();
    o.targets = _i & 1 ? AMS_LINK_BITS : AMS_LINK_CONF;
    o.features = _i & 2 ? AMS_LINK_BITS : AMS_LINK_CONF;
    links_fixture_init(&f, &small, &o);
    for (size_t k = 0; k < sizeof masks / sizeof *masks; k++) {
        check_subset(&f, masks[k]);
    }
    links_fixture_fini(&f);
}
END_TEST

static double factorial(uint32_t n)
{
    return n < 2 ? 1 : n * factorial(n - 1);
}

/* ANY: every subset of the other models of every item as a row, weighted by its probability
 * when each model is kept with probability s and s is uniform: k! (n - k)! / (n + 1)!. */
static void reference_any(const links_fixture *f, uint32_t target_model, uint32_t target,
                          equations *e)
{
    const uint32_t d = f->space.n_columns;
    const uint32_t n_models = f->space.n_models;
    const uint32_t others = n_models - 1;
    double source[MOST];
    double goal[MOST];
    double x[MOST];
    memset(e, 0, sizeof *e);
    e->n = d + n_models + 1;
    for (uint32_t i = 0; i < f->items.n; i++) {
        links_fixture_row(f, i, false, source);
        links_fixture_row(f, i, true, goal);
        for (uint64_t set = 0; set < UINT64_C(1) << n_models; set++) {
            const uint32_t k = (uint32_t)__builtin_popcountll(set);
            if (set >> target_model & 1) {
                continue;
            }
            memset(x, 0, sizeof x);
            for (uint32_t m = 0; m < n_models; m++) {
                for (uint32_t c = f->space.first[m]; c < f->space.first[m + 1]; c++) {
                    x[c] = set >> m & 1 ? source[c] : 0;
                }
                x[d + m] = (double)(set >> m & 1);
            }
            x[d + n_models] = 1;
            add_equation(e, x, goal[target],
                         factorial(k) * factorial(others - k) / factorial(others + 1));
        }
    }
    for (uint32_t k = 0; k + 1 < e->n; k++) {
        e->a[k * e->n + k] += f->space.options.any_lambda;
    }
    solve_densely(e->n, e->a, e->b);
}

START_TEST(any_is_the_mean_over_all_subsets)
{
    links_fixture f;
    ams_error err;
    ams_link_map map;
    ams_link_options o = ams_link_defaults();
    equations *e = malloc(sizeof *e);
    o.any_lambda = 2;
    o.targets = _i ? AMS_LINK_BITS : AMS_LINK_CONF;
    links_fixture_init(&f, &small, &o);
    ck_assert_int_eq(ams_link_fit_any(&map, &f.space, &f.gram, &err), AMS_OK);
    for (uint32_t j = 0; j < f.space.n_models; j++) {
        const uint32_t c = f.space.first[j];
        reference_any(&f, j, c, e);
        for (uint32_t r = 0; r < map.n_rows; r++) {
            ck_assert_double_eq_tol(map.weight[r * map.n_columns + c], e->b[r], 2e-6);
        }
        ck_assert_double_eq_tol(map.bias[c], e->b[map.n_rows], 2e-6);
    }
    ams_link_map_fini(&map);
    links_fixture_fini(&f);
    free(e);
}
END_TEST

/* Predictions are the sums that the weights say, of packed rows too. */
START_TEST(predictions_are_sums_of_weights)
{
    links_fixture f;
    ams_error err;
    ams_link_map map;
    double x[MOST];
    float out[MOST];
    float part[MOST];
    const ams_link_options o = ams_link_defaults();
    links_fixture_init(&f, &small, &o);
    ck_assert_int_eq(ams_link_fit(&map, &f.space, &f.gram, 5, &err), AMS_OK);
    for (uint32_t i = 0; i < f.items.n; i++) {
        links_fixture_row(&f, i, false, x);
        ams_link_predict(&map, &f.items, i, 0, out);
        ams_link_predict_range(&map, &f.items, i, 3, 7, part);
        for (uint32_t c = 0; c < f.space.n_columns; c++) {
            double sum = map.bias[c];
            uint32_t row = 0;
            for (uint32_t m = 0; m < 4; m++) {
                for (uint32_t s = f.space.first[m]; s < f.space.first[m + 1]; s++) {
                    sum += 5 >> m & 1 ? x[s] * map.weight[row++ * map.n_columns + c] : 0;
                }
            }
            ck_assert_double_eq_tol(out[c], sum, 1e-5);
            if (c >= 3 && c < 7) {
                ck_assert_float_eq(part[c], out[c]);
            }
        }
    }
    ams_link_map_fini(&map);
    links_fixture_fini(&f);
}
END_TEST

/* Forgetting: what came first counts half, as if its items had weight 1/2. */
START_TEST(forgotten_items_count_less)
{
    links_fixture f;
    ams_error err;
    ams_link_gram half;
    const ams_link_options o = ams_link_defaults();
    links_fixture_init(&f, &small, &o);
    ck_assert_int_eq(ams_link_gram_init(&half, &f.space, &err), AMS_OK);
    ams_link_gram_add(&half, &f.items, 0, 20);
    ams_link_gram_forget(&half, 0.5);
    ams_link_gram_add(&half, &f.items, 20, f.items.n);
    ck_assert_double_eq_tol(half.n, 10 + 40, 1e-12);
    for (uint32_t a = 0; a < f.space.n_columns; a++) {
        for (uint32_t b = 0; b < f.space.n_columns; b++) {
            double sum = 0;
            for (uint32_t i = 0; i < f.items.n; i++) {
                double x[MOST];
                links_fixture_row(&f, i, false, x);
                sum += (i < 20 ? 0.5 : 1) * x[a] * x[b];
            }
            ck_assert_double_eq_tol(half.xx[a * f.space.n_columns + b], sum, 1e-9);
        }
    }
    ams_link_gram_fini(&half);
    links_fixture_fini(&f);
}
END_TEST

START_TEST(no_training_items_are_refused)
{
    ams_table table;
    ams_link_space space;
    ams_error err;
    const ams_link_options o = ams_link_defaults();
    random_table(&table, &small);
    ck_assert_int_eq(ams_link_space_init(&space, &table, NULL, 0, &o, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "training split"));
    ams_table_fini(&table);
}
END_TEST

/* Each target of a sparse map is that of a map fitted to its best sources alone. */
START_TEST(each_target_reads_its_best_sources)
{
    enum { M = 5, MOST = 128, SET = 15 };
    static const random_table_options small = {
        .seed = 8, .n_items = 60, .n_models = M, .n_labels = 12, .n_tasks = 4, .empty = 0.2};
    /* Target 4 from 0 to 3: the best are 2, then 0. */
    static const double p[M * M] = {[4] = 0.8, [M + 4] = 0.1, [2 * M + 4] = 0.9};
    const ams_link_options o = ams_link_defaults();
    links_fixture f;
    ams_link_map sparse;
    ams_link_map own;
    ams_link_map full;
    ams_error err;
    float a[MOST];
    float b[MOST];
    links_fixture_init(&f, &small, &o);
    ck_assert_int_eq(ams_link_fit_sparse(&sparse, &f.space, &f.gram, SET, p, 2, &err), AMS_OK);
    ck_assert_int_eq(ams_link_fit(&own, &f.space, &f.gram, 5, &err), AMS_OK);
    ck_assert_int_eq(ams_link_fit(&full, &f.space, &f.gram, SET, &err), AMS_OK);
    for (uint32_t i = 0; i < f.items.n; i++) {
        ams_link_predict(&sparse, &f.items, i, SET, a);
        ams_link_predict(&own, &f.items, i, SET, b);
        for (uint32_t c = f.space.first[4]; c < f.space.n_columns; c++) {
            ck_assert_float_eq_tol(a[c], b[c], 1e-6);
        }
    }
    ck_assert_uint_lt(ams_link_weights(&sparse), ams_link_weights(&full));
    ams_link_map_fini(&sparse);
    ck_assert_int_eq(ams_link_fit_sparse(&sparse, &f.space, &f.gram, SET, p, 4, &err), AMS_OK);
    ck_assert_mem_eq(sparse.weight, full.weight,
                     (size_t)full.n_rows * full.n_columns * sizeof(float));
    ams_link_map_fini(&sparse);
    ams_link_map_fini(&own);
    ams_link_map_fini(&full);
    links_fixture_fini(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, each_target_reads_its_best_sources);
    tcase_add_loop_test(tests, every_subset_solves_its_normal_equations, 0, 4);
    tcase_add_loop_test(tests, any_is_the_mean_over_all_subsets, 0, 2);
    tcase_add_test(tests, predictions_are_sums_of_weights);
    tcase_add_test(tests, forgotten_items_count_less);
    tcase_add_test(tests, no_training_items_are_refused);
}

int main(void)
{
    return run_suite("ridge", add);
}
