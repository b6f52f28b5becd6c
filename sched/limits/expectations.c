/* What schedulers assume besides values, from the training split: quantiles of recorded times,
 * and how much of one model's value another leaves. */
#include "ams/limits.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

ams_status ams_overlap(float **result, const ams_env *env, ams_error *err)
{
    uint32_t n = env->n_models;
    double *left = NULL; /* (M, M) value of b when a has run; the diagonal: alone */
    ams_status status = AMS_OK;
    *result = NULL;
    AMS_TRY(ams_alloc(&left, (size_t)n * n, sizeof *left, "overlaps of models", err));
    AMS_TRY(ams_alloc(result, (size_t)n * n, sizeof(float), "overlaps of models", err));
    for (uint32_t i = 0; i < env->n_items; i++) {
        if (env->split[i] != AMS_TRAIN || env->full[i] <= 0) {
            continue;
        }
        for (uint32_t a = 0; a < n; a++) {
            double gain[AMS_MAX_MODELS];
            ams_env_gains(env, i, UINT64_C(1) << a, gain);
            gain[a] = ams_env_gain(env, i, 0, a);
            for (uint32_t b = 0; b < n; b++) {
                left[(size_t)a * n + b] += gain[b] / env->full[i];
            }
        }
    }
    for (uint32_t a = 0; a < n; a++) {
        for (uint32_t b = 0; b < n; b++) {
            double alone = left[(size_t)b * n + b];
            double share = alone > 0 ? 1 - left[(size_t)a * n + b] / alone : 0;
            (*result)[(size_t)a * n + b] = a == b ? 1 : (float)fmin(fmax(share, 0), 1);
        }
    }
out:
    free(left);
    return status;
}

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;
    return (x > y) - (x < y);
}

ams_status ams_time_quantile(float *expected_ms, const ams_table *table, double q,
                             ams_error *err)
{
    float *times = NULL;
    uint32_t n = 0;
    ams_status status = AMS_OK;
    if (table->run_time_ms == NULL) {
        return ams_fail(err, AMS_BAD_DATA,
                        "the data set has no recorded times to take a quantile of");
    }
    AMS_TRY(ams_alloc(&times, table->n_items, sizeof *times, "recorded times", err));
    for (uint32_t m = 0; m < table->n_models; m++) {
        n = 0;
        for (uint32_t i = 0; i < table->n_items; i++) {
            if (table->split[i] == AMS_TRAIN) {
                times[n++] = table->run_time_ms[(size_t)i * table->n_models + m];
            }
        }
        if (n == 0) {
            status = ams_fail(err, AMS_BAD_DATA,
                              "the training split, whose times a quantile is taken of, is "
                              "empty; `ams data split` deals items to splits");
            goto out;
        }
        qsort(times, n, sizeof *times, compare_floats);
        double rank = ceil(q * n);
        expected_ms[m] = times[rank < 1 ? 0 : (uint32_t)rank - 1];
    }
out:
    free(times);
    return status;
}
