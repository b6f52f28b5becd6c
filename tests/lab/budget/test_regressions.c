/* Both regressions against plain ones: the softmax by finite differences of its loss, the ridge
 * by Gaussian elimination on dense rows with a fold left out. */
#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/lab/budget/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ams_error err;

enum { ROWS = 60, FEATURES = 4, CLASSES = 3, STRIDE = 8 };

typedef struct softmax_case {
    float x[ROWS][FEATURES];
    uint32_t index[ROWS * FEATURES];
    float value[ROWS * FEATURES];
    uint64_t start[ROWS + 1];
    uint32_t label[ROWS];
    uint8_t keep[ROWS];
    budget_rows rows;
} softmax_case;

static void make(softmax_case *c, uint64_t seed)
{
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_TEST);
    uint64_t at = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        c->label[i] = ams_rng_below(&rng, CLASSES);
        c->keep[i] = ams_rng_below(&rng, 4) > 0;
        for (uint32_t k = 0; k < FEATURES; k++) {
            c->x[i][k] = k == 0                        ? 1
                         : ams_rng_below(&rng, 2) == 0 ? 0
                                                       : (float)ams_rng_unit(&rng);
            if (c->x[i][k] > 0) {
                c->index[at] = k;
                c->value[at++] = c->x[i][k];
            }
        }
        c->start[i + 1] = at;
    }
    c->start[0] = 0;
    c->rows = (budget_rows){ROWS, c->start, c->index, c->value, NULL};
}

/* In double precision, from the dense rows. */
static double loss_of(const softmax_case *c, const double *w, double ridge)
{
    double loss = 0;
    double square = 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        double z[CLASSES] = {0};
        double sum = 0;
        for (uint32_t y = 0; y < CLASSES; y++) {
            for (uint32_t k = 0; k < FEATURES; k++) {
                z[y] += w[k * CLASSES + y] * (double)c->x[i][k];
            }
            sum += exp(z[y]);
        }
        loss += c->keep[i] ? log(sum) - z[c->label[i]] : 0;
        n += c->keep[i];
    }
    for (uint32_t k = 0; k < FEATURES * CLASSES; k++) {
        square += w[k] * w[k];
    }
    return (loss + ridge / 2 * square) / n;
}

/* Where it stops, no weight can be moved so that the loss falls. */
START_TEST(test_softmax)
{
    static softmax_case c;
    float weight[FEATURES * STRIDE] = {0};
    double w[FEATURES * CLASSES];
    budget_softmax model = {FEATURES, CLASSES, STRIDE, weight};
    make(&c, (uint64_t)_i);
    ck_assert_int_eq(ams_budget_softmax_fit(&model, &c.rows, c.label, c.keep, 0.5, 500, &err),
                     AMS_OK);
    for (uint32_t k = 0; k < FEATURES; k++) {
        for (uint32_t y = 0; y < CLASSES; y++) {
            w[k * CLASSES + y] = (double)weight[k * STRIDE + y];
        }
    }
    for (uint32_t k = 0; k < FEATURES * CLASSES; k++) {
        const double kept = w[k];
        w[k] = kept + 1e-4;
        const double up = loss_of(&c, w, 0.5);
        w[k] = kept - 1e-4;
        const double slope = (up - loss_of(&c, w, 0.5)) / 2e-4;
        w[k] = kept;
        ck_assert_double_lt(fabs(slope), 2e-3);
    }
}
END_TEST

/* Solves (n, n + 1) in place. */
static void eliminate(double *a, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        for (uint32_t i = 0; i < n; i++) {
            const double factor = i == k ? 0 : a[i * (n + 1) + k] / a[k * (n + 1) + k];
            for (uint32_t j = k; j <= n && i != k; j++) {
                a[i * (n + 1) + j] -= factor * a[k * (n + 1) + j];
            }
        }
    }
}

/* What the regression without fold f (5: with all) says of an item. */
static double plain(const budget_data *data, const budget_answers *answers, uint32_t set,
                    const float *target, uint32_t f, uint32_t item)
{
    const uint32_t n =
        ams_answers_value_features((uint32_t)__builtin_popcount(set), data->n_classes);
    double *a = calloc((size_t)n * (n + 1), sizeof *a);
    double *x = calloc(n, sizeof *x);
    ams_row row;
    ck_assert_int_eq(ams_budget_row_init(&row, data, &err), AMS_OK);
    for (uint32_t i = 0; i < data->n_train; i++) {
        if (data->fold[i] == f) {
            continue;
        }
        ams_budget_value_row(data, answers, set, i, &row);
        memset(x, 0, n * sizeof *x);
        for (uint32_t k = 0; k < row.n; k++) {
            x[row.index[k]] += (double)row.value[k];
        }
        for (uint32_t r = 0; r < n; r++) {
            for (uint32_t c = 0; c < n; c++) {
                a[r * (n + 1) + c] += x[r] * x[c];
            }
            a[r * (n + 1) + n] += x[r] * (double)target[i];
        }
    }
    for (uint32_t r = 0; r < n; r++) {
        a[r * (n + 1) + r] += r == 0 ? 1e-6 : 1;
    }
    eliminate(a, n);
    double value = 0;
    ams_budget_value_row(data, answers, set, item, &row);
    for (uint32_t k = 0; k < row.n; k++) {
        const uint32_t r = row.index[k];
        value += (double)row.value[k] * a[r * (n + 1) + n] / a[r * (n + 1) + r];
    }
    ams_budget_row_fini(&row);
    free(a);
    free(x);
    return value;
}

START_TEST(test_ridge)
{
    budget_data data;
    budget_answers answers;
    budget_ridge ridge;
    const uint32_t set = (uint32_t)_i;
    budget_case(&data, &answers, AMS_ANSWER_POSTERIOR, 60, 3, 3, 5);
    float *target = calloc(data.n_items, sizeof *target);
    float *value = calloc(data.n_items, sizeof *value);
    for (uint32_t i = 0; i < data.n_train; i++) {
        target[i] = (float)(i % 7) / 7;
    }
    ck_assert_int_eq(ams_budget_ridge_make(&ridge, &data, &answers, set, 1, &err), AMS_OK);
    ck_assert_int_eq(
        ams_budget_ridge_predict(&ridge, &data, &answers, target, value, NULL, &err), AMS_OK);
    for (uint32_t i = 0; i < data.n_items; i += 11) {
        const uint32_t f = i < data.n_train ? data.fold[i] : AMS_BUDGET_FOLDS;
        ck_assert_double_lt(fabs((double)value[i] - plain(&data, &answers, set, target, f, i)),
                            1e-4);
    }
    ams_budget_ridge_fini(&ridge);
    ams_budget_answers_fini(&answers);
    ams_budget_data_fini(&data);
    free(target);
    free(value);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_softmax, 0, 4);
    tcase_add_loop_test(tests, test_ridge, 0, 8);
}

int main(void)
{
    return run_suite("budget_regressions", add);
}
