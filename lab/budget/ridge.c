/* Ridge regression of what an action is worth, on sparse rows, with each fold left out once. */
#include "lab/budget/parts.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void ams_budget_value_row(const budget_data *data, const budget_answers *answers, uint32_t set,
                          uint32_t item, ams_row *row)
{
    const ams_outputs outputs = ams_budget_outputs(data, item);
    ams_answers_value_row(&outputs, set, &answers->belief[(size_t)set * data->n_items + item],
                          row);
}

/* Of a packed lower triangle. */
static inline size_t at(uint32_t i, uint32_t j)
{
    return (size_t)i * (i + 1) / 2 + j;
}

static void add_product(double *gram, const ams_row *row)
{
    for (uint32_t a = 0; a < row->n; a++) {
        for (uint32_t b = 0; b < row->n; b++) {
            if (row->index[b] <= row->index[a]) {
                gram[at(row->index[a], row->index[b])] +=
                    (double)row->value[a] * (double)row->value[b];
            }
        }
    }
}

/* In place; the strength on the diagonal makes it positive definite. */
static void factorise(double *a, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        double *row = a + at(i, 0);
        for (uint32_t j = 0; j <= i; j++) {
            const double *other = a + at(j, 0);
            double sum = row[j];
            for (uint32_t k = 0; k < j; k++) {
                sum -= row[k] * other[k];
            }
            row[j] = i == j ? sqrt(sum > 1e-12 ? sum : 1e-12) : sum / other[j];
        }
    }
}

static void solve(const double *factor, uint32_t n, double *x)
{
    for (uint32_t i = 0; i < n; i++) {
        double sum = x[i];
        for (uint32_t k = 0; k < i; k++) {
            sum -= factor[at(i, k)] * x[k];
        }
        x[i] = sum / factor[at(i, i)];
    }
    for (uint32_t i = n; i-- > 0;) {
        x[i] /= factor[at(i, i)];
        for (uint32_t k = 0; k < i; k++) {
            x[k] -= factor[at(i, k)] * x[i];
        }
    }
}

ams_status ams_budget_ridge_make(budget_ridge *ridge, const budget_data *data,
                                 const budget_answers *answers, uint32_t set, double strength,
                                 ams_error *err)
{
    const uint32_t n =
        ams_answers_value_features((uint32_t)__builtin_popcount(set), data->n_classes);
    const size_t size = at(n, 0);
    ams_row row = {0};
    ams_status status = AMS_OK;
    *ridge = (budget_ridge){.set = set, .n_features = n};
    for (int f = 0; f <= AMS_BUDGET_FOLDS; f++) {
        AMS_TRY(ams_alloc(&ridge->factor[f], size, sizeof(double), "a regression", err));
    }
    AMS_TRY(ams_budget_row_init(&row, data, err));
    for (uint32_t i = 0; i < data->n_train; i++) {
        ams_budget_value_row(data, answers, set, i, &row);
        add_product(ridge->factor[data->fold[i]], &row);
    }
    double *all = ridge->factor[AMS_BUDGET_FOLDS];
    for (int f = 0; f < AMS_BUDGET_FOLDS; f++) {
        for (size_t k = 0; k < size; k++) {
            all[k] += ridge->factor[f][k];
        }
    }
    for (int f = 0; f <= AMS_BUDGET_FOLDS; f++) {
        for (size_t k = 0; k < size && f < AMS_BUDGET_FOLDS; k++) {
            ridge->factor[f][k] = all[k] - ridge->factor[f][k];
        }
        for (uint32_t i = 0; i < n && f < AMS_BUDGET_FOLDS; i++) {
            ridge->factor[f][at(i, i)] += i == 0 ? 1e-6 : strength;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        all[at(i, i)] += i == 0 ? 1e-6 : strength;
    }
    for (int f = 0; f <= AMS_BUDGET_FOLDS; f++) {
        factorise(ridge->factor[f], n);
    }
out:
    ams_budget_row_fini(&row);
    if (status != AMS_OK) {
        ams_budget_ridge_fini(ridge);
    }
    return status;
}

void ams_budget_ridge_fini(budget_ridge *ridge)
{
    for (int f = 0; f <= AMS_BUDGET_FOLDS; f++) {
        free(ridge->factor[f]);
        ridge->factor[f] = NULL;
    }
}

ams_status ams_budget_ridge_predict(const budget_ridge *ridge, const budget_data *data,
                                    const budget_answers *answers, const float *target,
                                    float *value, float *all, ams_error *err)
{
    const uint32_t n = ridge->n_features;
    double *weight = NULL; /* (folds + 1, n): sums, then solutions */
    float *rounded = NULL;
    ams_row row = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&weight, (size_t)(AMS_BUDGET_FOLDS + 1) * n, sizeof *weight,
                      "a regression", err));
    AMS_TRY(ams_alloc(&rounded, (size_t)(AMS_BUDGET_FOLDS + 1) * n, sizeof *rounded,
                      "a regression", err));
    AMS_TRY(ams_budget_row_init(&row, data, err));
    double *total = weight + (size_t)AMS_BUDGET_FOLDS * n;
    for (uint32_t i = 0; i < data->n_train; i++) {
        ams_budget_value_row(data, answers, ridge->set, i, &row);
        double *sum = weight + (size_t)data->fold[i] * n;
        for (uint32_t k = 0; k < row.n; k++) {
            sum[row.index[k]] += (double)(row.value[k] * target[i]);
        }
    }
    for (uint32_t k = 0; k < n; k++) {
        for (int f = 0; f < AMS_BUDGET_FOLDS; f++) {
            total[k] += weight[(size_t)f * n + k];
        }
        for (int f = 0; f < AMS_BUDGET_FOLDS; f++) {
            weight[(size_t)f * n + k] = total[k] - weight[(size_t)f * n + k];
        }
    }
    for (int f = 0; f <= AMS_BUDGET_FOLDS; f++) {
        solve(ridge->factor[f], n, weight + (size_t)f * n);
    }
    for (size_t k = 0; k < (size_t)(AMS_BUDGET_FOLDS + 1) * n; k++) {
        rounded[k] = (float)weight[k]; /* as an exported policy has them */
    }
    const float *full = rounded + (size_t)AMS_BUDGET_FOLDS * n;
    for (uint32_t i = 0; i < data->n_items; i++) {
        ams_budget_value_row(data, answers, ridge->set, i, &row);
        value[i] = (float)ams_answers_value(
            &row, i < data->n_train ? rounded + (size_t)data->fold[i] * n : full);
    }
    if (all != NULL) {
        memcpy(all, full, n * sizeof *all);
    }
out:
    ams_budget_row_fini(&row);
    free(weight);
    free(rounded);
    return status;
}
