/* What tables say of a study's series. */
#include "ams/limit_study.h"

#include "base/memory.h"

#include <stdlib.h>

static const double *values_of(const ams_limit_scores *scores, ams_limit_quantity what)
{
    switch (what) {
    case AMS_LIMIT_DONE_MS:
        return scores->done_ms;
    case AMS_LIMIT_MODELS:
        return scores->models;
    case AMS_LIMIT_CUT:
        break;
    }
    return scores->cut;
}

double ams_limit_mean(const ams_limit_study *study, uint32_t series, uint32_t point,
                      ams_limit_quantity what)
{
    const ams_limit_series *at = &study->list.series[series];
    double sum = 0;
    for (uint32_t r = 0; r < at->n_runs; r++) {
        const double *value = values_of(&at->scores[r], what);
        for (uint32_t i = 0; i < at->scores[r].n; i++) {
            sum += value[(size_t)i * study->setup->n_points + point];
        }
    }
    return sum / at->n_runs / at->scores[0].n;
}

bool ams_limit_is_known(const ams_limit_study *study, uint32_t series, uint32_t point)
{
    return series != study->list.exact ||
           ams_limit_mean(study, series, point, AMS_LIMIT_CUT) <= 0;
}

double ams_limit_solved_recall(const ams_limit_study *study, uint32_t series, uint32_t point,
                               uint32_t *solved)
{
    const ams_limit_series *at = &study->list.series[series];
    const double *cut = study->list.series[study->list.exact].scores[0].cut;
    double sum = 0;
    *solved = 0;
    for (uint32_t i = 0; i < at->scores[0].n; i++) {
        size_t cell = (size_t)i * study->setup->n_points + point;
        if (cut[cell] <= 0) {
            ++*solved;
            for (uint32_t r = 0; r < at->n_runs; r++) {
                sum += at->recall[r][cell] / at->n_runs;
            }
        }
    }
    return *solved > 0 ? sum / *solved : 0;
}

typedef struct ranked_series {
    double recall;
    uint32_t series;
} ranked_series;

static int compare_series(const void *a, const void *b)
{
    const ranked_series *x = a;
    const ranked_series *y = b;
    if (x->recall < y->recall || x->recall > y->recall) {
        return x->recall > y->recall ? -1 : 1;
    }
    return (x->series > y->series) - (x->series < y->series);
}

ams_status ams_limit_rank(const ams_limit_study *study, uint32_t first, uint32_t n,
                          uint32_t *order, ams_error *err)
{
    const uint32_t count = study->list.n;
    ranked_series *ranked = NULL;
    ams_status status = ams_alloc(&ranked, count, sizeof *ranked, "series", err);
    if (status != AMS_OK) {
        return status;
    }
    for (uint32_t k = 0; k < count; k++) {
        ranked[k].series = k;
        for (uint32_t p = first; p < first + n; p++) {
            ranked[k].recall += study->paired.mean[(size_t)k * study->setup->n_points + p];
        }
    }
    qsort(ranked, count, sizeof *ranked, compare_series);
    for (uint32_t k = 0; k < count; k++) {
        order[k] = ranked[k].series;
    }
    free(ranked);
    return AMS_OK;
}
