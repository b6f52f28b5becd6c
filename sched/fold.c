#include "sched/fold.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

uint32_t ams_fold_rows(uint32_t n_items)
{
    if (n_items <= AMS_FOLD_ITEMS) {
        return n_items;
    }
    uint32_t best = AMS_FOLD_BLOCKS;
    for (uint32_t rows = AMS_FOLD_BLOCKS; rows <= 2 * AMS_FOLD_BLOCKS; rows++) {
        best = n_items % rows < n_items % best ? rows : best;
    }
    return best;
}

uint64_t ams_fold_bytes(uint32_t n_items, uint32_t n_models)
{
    const uint64_t floats = AMS_CURVE + n_models + 1;
    const uint64_t doubles = 2 * AMS_RECALLS + 1 + floats;
    return ams_fold_rows(n_items) *
           (sizeof(uint32_t) + floats * sizeof(float) + doubles * sizeof(double));
}

ams_status ams_fold_init(ams_fold *fold, uint32_t n_items, uint32_t n_models, ams_error *err)
{
    static const char *const what = "scores";
    size_t n = ams_fold_rows(n_items);
    size_t after = n_models + 1;
    ams_scores *s = &fold->scores;
    ams_status status = AMS_OK;
    *fold = (ams_fold){.n_items = n_items};
    s->n = (uint32_t)n;
    s->n_models = n_models;
    AMS_TRY(ams_alloc(&s->item, n, sizeof *s->item, what, err));
    AMS_TRY(ams_alloc(&s->time_ms, n * AMS_RECALLS, sizeof *s->time_ms, what, err));
    AMS_TRY(ams_alloc(&s->models, n * AMS_RECALLS, sizeof *s->models, what, err));
    AMS_TRY(ams_alloc(&s->area, n, sizeof *s->area, what, err));
    AMS_TRY(ams_alloc(&s->recall_time, n * AMS_CURVE, sizeof *s->recall_time, what, err));
    AMS_TRY(ams_alloc(&s->recall_models, n * after, sizeof *s->recall_models, what, err));
    AMS_TRY(ams_alloc(&fold->recall_time, n * AMS_CURVE, sizeof *fold->recall_time, what, err));
    AMS_TRY(ams_alloc(&fold->recall_models, n * after, sizeof *fold->recall_models, what, err));
    for (uint32_t row = 0; row < n; row++) {
        s->item[row] = row;
    }
out:
    if (status != AMS_OK) {
        ams_fold_fini(fold);
    }
    return status;
}

static void add_doubles(double *to, const double *from, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        to[k] += from[k];
    }
}

static void add_floats(double *to, const float *from, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        to[k] += (double)from[k];
    }
}

ams_status ams_fold_add(ams_fold *fold, const ams_scores *part, ams_error *err)
{
    ams_scores *s = &fold->scores;
    const size_t after = s->n_models + 1;
    if (part->n > fold->n_items - fold->seen || part->n_models != s->n_models) {
        return ams_fail(err, AMS_USAGE, "scores of %u items and %u models expected, more found",
                        fold->n_items, s->n_models);
    }
    for (size_t i = 0; i < part->n; i++) {
        size_t row = fold->seen++ % s->n;
        add_doubles(s->time_ms + row * AMS_RECALLS, part->time_ms + i * AMS_RECALLS,
                    AMS_RECALLS);
        add_doubles(s->models + row * AMS_RECALLS, part->models + i * AMS_RECALLS, AMS_RECALLS);
        s->area[row] += part->area[i];
        add_floats(fold->recall_time + row * AMS_CURVE, part->recall_time + i * AMS_CURVE,
                   AMS_CURVE);
        add_floats(fold->recall_models + row * after, part->recall_models + i * after, after);
    }
    memcpy(s->label, part->label, sizeof s->label);
    s->seed = part->seed;
    s->n_empty += part->n_empty;
    double spread = part->stderr_ms * part->n;
    fold->variance += spread * spread;
    return AMS_OK;
}

ams_status ams_fold_finish(ams_fold *fold, ams_scores *scores, ams_error *err)
{
    ams_scores *s = &fold->scores;
    if (fold->seen != fold->n_items) {
        return ams_fail(err, AMS_USAGE, "scores of %u items expected, %u came", fold->n_items,
                        fold->seen);
    }
    /* 1 exactly where a row is an item. */
    const double share = (double)s->n / fold->n_items;
    const size_t n = s->n;
    for (size_t k = 0; k < n * AMS_RECALLS; k++) {
        s->time_ms[k] *= share;
        s->models[k] *= share;
    }
    for (size_t k = 0; k < n; k++) {
        s->area[k] *= share;
    }
    for (size_t k = 0; k < n * AMS_CURVE; k++) {
        s->recall_time[k] = (float)(fold->recall_time[k] * share);
    }
    for (size_t k = 0; k < n * (s->n_models + 1); k++) {
        s->recall_models[k] = (float)(fold->recall_models[k] * share);
    }
    s->stderr_ms = sqrt(fold->variance) / fold->n_items;
    *scores = *s;
    *s = (ams_scores){0};
    ams_fold_fini(fold);
    return AMS_OK;
}

void ams_fold_fini(ams_fold *fold)
{
    ams_scores_fini(&fold->scores);
    free(fold->recall_time);
    free(fold->recall_models);
    *fold = (ams_fold){0};
}
