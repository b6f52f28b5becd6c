/* Ensembles of links against sums written out, and weights against dense least squares. */
#include "ams/link_blend.h"

#include "tests/base/elimination.h"
#include "tests/base/suite.h"
#include "tests/links/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MODELS = 4, MOST = 128 };

static const random_table_options small = {
    .seed = 3, .n_items = 50, .n_models = MODELS, .n_labels = 12, .n_tasks = 4, .empty = 0.2};

typedef struct blend_case {
    links_fixture f;
    ams_link_map pair[MODELS], constant;
} blend_case;

static void begin(blend_case *b)
{
    ams_error err;
    const ams_link_options o = ams_link_defaults();
    links_fixture_init(&b->f, &small, &o);
    ck_assert_int_eq(ams_link_fit_pairs(b->pair, &b->f.space, &b->f.gram, &err), AMS_OK);
    ck_assert_int_eq(ams_link_fit_constant(&b->constant, &b->f.space, &b->f.gram, &err),
                     AMS_OK);
    ck_assert_int_eq(ams_link_rate_map(&b->constant, &b->f.space, &b->f.items, true, &err),
                     AMS_OK);
    for (uint32_t i = 0; i < MODELS; i++) {
        ck_assert_int_eq(ams_link_rate_map(&b->pair[i], &b->f.space, &b->f.items, true, &err),
                         AMS_OK);
    }
}

static void end(blend_case *b)
{
    for (uint32_t i = 0; i < MODELS; i++) {
        ams_link_map_fini(&b->pair[i]);
    }
    ams_link_map_fini(&b->constant);
    links_fixture_fini(&b->f);
}

static uint32_t owner(const links_fixture *f, uint32_t column)
{
    uint32_t m = 0;
    while (f->space.first[m + 1] <= column) {
        m++;
    }
    return m;
}

/* Least squares of one column on the other models' links, drawn to 1 / (M - 1). */
static void naive_weights(const blend_case *b, uint32_t column, double *w)
{
    const uint32_t own = owner(&b->f, column);
    double a[MODELS * MODELS] = {0};
    float g[MODELS][MOST];
    double y[MOST];
    for (uint32_t i = 0; i < MODELS; i++) {
        a[i * MODELS + i] = 1;
        w[i] = i == own ? 0 : 1.0 / (MODELS - 1);
    }
    for (uint32_t item = 0; item < b->f.items.n; item++) {
        links_fixture_row(&b->f, item, true, y);
        for (uint32_t i = 0; i < MODELS; i++) {
            ams_link_predict(&b->pair[i], &b->f.items, item, 0, g[i]);
        }
        for (uint32_t i = 0; i < MODELS; i++) {
            for (uint32_t k = 0; k < MODELS; k++) {
                a[i * MODELS + k] +=
                    i == own || k == own ? 0 : (double)g[i][column] * g[k][column];
            }
            w[i] += i == own ? 0 : g[i][column] * y[column];
        }
    }
    solve_densely(MODELS, a, w);
}

static double naive_sum(const blend_case *b, ams_link_blend_kind kind, uint32_t item,
                        uint64_t ran, uint32_t column)
{
    double w[MODELS];
    double sum = 0;
    double here = 0;
    double all = 0;
    float g[MOST];
    naive_weights(b, column, w);
    for (uint32_t i = 0; i < MODELS; i++) {
        ams_link_predict(&b->pair[i], &b->f.items, item, 0, g);
        const double weight = kind == AMS_BLEND_MEAN ? 1.0 / __builtin_popcountll(ran) : w[i];
        sum += ran >> i & 1 ? weight * g[column] : 0;
        all += fabs(w[i]);
        here += ran >> i & 1 ? fabs(w[i]) : 0;
    }
    return kind == AMS_BLEND_REWEIGHTED ? sum * all / here : sum;
}

START_TEST(sums_are_those_written_out)
{
    static const ams_link_blend_kind kinds[] = {AMS_BLEND_MEAN, AMS_BLEND_WEIGHTS,
                                                AMS_BLEND_REWEIGHTED};
    blend_case b;
    ams_link_blend blend;
    ams_error err;
    float p[MOST];
    begin(&b);
    ck_assert_int_eq(ams_link_blend_init(&blend, kinds[_i], &b.f.space, b.pair, &b.constant,
                                         &b.f.items, &err),
                     AMS_OK);
    const ams_link_predictor predictor = ams_link_blend_predictor(&blend);
    for (uint64_t ran = 1; ran < 1 << MODELS; ran += 2) {
        predictor.predict(predictor.context, &b.f.items, 7, ran, p);
        for (uint32_t c = 0; c < b.f.space.n_columns; c++) {
            if (!(ran >> owner(&b.f, c) & 1)) {
                ck_assert_double_eq_tol(p[c], naive_sum(&b, kinds[_i], 7, ran, c), 1e-4);
            }
        }
    }
    predictor.predict(predictor.context, &b.f.items, 7, 0, p);
    ck_assert_mem_eq(p, b.constant.bias, b.f.space.n_columns * sizeof *p);
    ams_link_blend_fini(&blend);
    end(&b);
}
END_TEST

/* The links' outputs for the columns of target j, source by source, and a 1. */
static void concatenated(const blend_case *b, uint32_t item, uint64_t ran, uint32_t j,
                         double *x)
{
    const uint32_t w = ams_link_width(&b->f.space, j);
    float g[MOST];
    for (uint32_t i = 0; i < MODELS; i++) {
        ams_link_predict(&b->pair[i], &b->f.items, item, 0, g);
        for (uint32_t a = 0; a < w; a++) {
            x[i * w + a] = i != j && (ran >> i & 1) ? g[b->f.space.first[j] + a] : 0;
        }
    }
    x[MODELS * w] = 1;
}

/* Dense least squares of one column on the concatenation, the 1 without a penalty. */
static void naive_dense(const blend_case *b, uint32_t column, double *weight)
{
    const uint32_t j = owner(&b->f, column);
    const uint32_t n = MODELS * ams_link_width(&b->f.space, j) + 1;
    double *a = calloc((size_t)n * n, sizeof *a);
    double *x = calloc(n, sizeof *x);
    double y[MOST];
    ck_assert(a != NULL && x != NULL);
    memset(weight, 0, n * sizeof *weight);
    for (uint32_t item = 0; item < b->f.items.n; item++) {
        links_fixture_row(&b->f, item, true, y);
        concatenated(b, item, UINT64_MAX, j, x);
        for (uint32_t r = 0; r < n; r++) {
            for (uint32_t c = 0; c < n; c++) {
                a[r * n + c] += x[r] * x[c];
            }
            weight[r] += x[r] * y[column];
        }
    }
    for (uint32_t r = 0; r + 1 < n; r++) {
        a[r * n + r] += b->f.space.options.lambda;
    }
    solve_densely(n, a, weight);
    free(a);
    free(x);
}

START_TEST(a_dense_layer_on_what_is_there)
{
    blend_case b;
    ams_link_blend blend;
    ams_error err;
    float p[MOST];
    double x[MODELS * MOST + 1];
    double weight[MODELS * MOST + 1];
    begin(&b);
    ck_assert_int_eq(ams_link_blend_init(&blend, AMS_BLEND_CONCAT, &b.f.space, b.pair,
                                         &b.constant, &b.f.items, &err),
                     AMS_OK);
    const ams_link_predictor predictor = ams_link_blend_predictor(&blend);
    for (uint32_t c = 0; c < b.f.space.n_columns; c++) {
        const uint32_t j = owner(&b.f, c);
        naive_dense(&b, c, weight);
        for (uint64_t ran = 1; ran < 1 << MODELS; ran += 3) {
            if (ran >> j & 1) {
                continue;
            }
            double sum = 0;
            concatenated(&b, 7, ran, j, x);
            for (uint32_t k = 0; k <= MODELS * ams_link_width(&b.f.space, j); k++) {
                sum += weight[k] * x[k];
            }
            predictor.predict(predictor.context, &b.f.items, 7, ran, p);
            ck_assert_double_eq_tol(p[c], sum, 1e-3);
        }
    }
    predictor.predict(predictor.context, &b.f.items, 7, 0, p);
    ck_assert_mem_eq(p, b.constant.bias, b.f.space.n_columns * sizeof *p);
    ams_link_blend_fini(&blend);
    end(&b);
}
END_TEST

START_TEST(the_best_source_or_the_constant)
{
    blend_case b;
    ams_link_blend blend;
    ams_error err;
    float p[MOST];
    float g[MOST];
    bool constants = false;
    begin(&b);
    b.constant.quality[3] = 1; /* no link of target 3 is better */
    ck_assert_int_eq(ams_link_blend_init(&blend, AMS_BLEND_BEST, &b.f.space, b.pair,
                                         &b.constant, NULL, &err),
                     AMS_OK);
    const ams_link_predictor predictor = ams_link_blend_predictor(&blend);
    for (uint32_t item = 0; item < b.f.items.n; item++) {
        predictor.predict(predictor.context, &b.f.items, item, 3, p);
        for (uint32_t j = 2; j < MODELS; j++) {
            const ams_link_map *best =
                b.pair[1].quality[j] > b.pair[0].quality[j] ? &b.pair[1] : &b.pair[0];
            best = best->quality[j] > b.constant.quality[j] ? best : &b.constant;
            constants = constants || best == &b.constant;
            ams_link_predict(best, &b.f.items, item, 0, g);
            for (uint32_t c = b.f.space.first[j]; c < b.f.space.first[j + 1]; c++) {
                ck_assert_float_eq(p[c], g[c]);
            }
        }
    }
    ck_assert(constants);
    ams_link_blend_fini(&blend);
    end(&b);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, sums_are_those_written_out, 0, 3);
    tcase_add_test(tests, a_dense_layer_on_what_is_there);
    tcase_add_test(tests, the_best_source_or_the_constant);
}

int main(void)
{
    return run_suite("blend", add);
}
