#include "sched/limits/fold_limits.h"

#include "base/memory.h"
#include "sched/fold.h"

static ams_status alloc_scores(ams_limit_scores *s, ams_error *err)
{
    static const char *const what = "scores";
    const size_t cells = (size_t)s->n * s->n_points;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&s->item, s->n, sizeof *s->item, what, err));
    AMS_TRY(ams_alloc(&s->recall, cells, sizeof(double), what, err));
    AMS_TRY(ams_alloc(&s->done_ms, cells, sizeof(double), what, err));
    AMS_TRY(ams_alloc(&s->models, cells, sizeof(double), what, err));
    AMS_TRY(ams_alloc(&s->cut, cells, sizeof(double), what, err));
out:
    return status;
}

ams_status ams_limit_fold_init(ams_limit_fold *fold, uint32_t n_items, uint32_t n_points,
                               ams_error *err)
{
    ams_limit_scores *s = &fold->scores;
    ams_status status = AMS_OK;
    *fold = (ams_limit_fold){.n_items = n_items};
    *s = (ams_limit_scores){.n = ams_fold_rows(n_items), .n_points = n_points};
    AMS_TRY(alloc_scores(s, err));
    for (uint32_t row = 0; row < s->n; row++) {
        s->item[row] = row;
    }
out:
    if (status != AMS_OK) {
        ams_limit_fold_fini(fold);
    }
    return status;
}

ams_status ams_limit_fold_add(ams_limit_fold *fold, const ams_limit_scores *part,
                              ams_error *err)
{
    ams_limit_scores *s = &fold->scores;
    if (part->n > fold->n_items - fold->seen || part->n_points != s->n_points) {
        return ams_fail(err, AMS_USAGE, "scores of %u items and %u limits expected, more found",
                        fold->n_items, s->n_points);
    }
    for (size_t i = 0; i < part->n; i++) {
        size_t to = fold->seen++ % s->n * (size_t)s->n_points;
        size_t from = i * s->n_points;
        for (uint32_t p = 0; p < s->n_points; p++) {
            s->recall[to + p] += part->recall[from + p];
            s->done_ms[to + p] += part->done_ms[from + p];
            s->models[to + p] += part->models[from + p];
            s->cut[to + p] += part->cut[from + p];
        }
    }
    s->decision_us += part->decision_us * part->n / fold->n_items;
    return AMS_OK;
}

ams_status ams_limit_fold_finish(ams_limit_fold *fold, ams_limit_scores *scores, ams_error *err)
{
    ams_limit_scores *s = &fold->scores;
    if (fold->seen != fold->n_items) {
        return ams_fail(err, AMS_USAGE, "scores of %u items expected, %u came", fold->n_items,
                        fold->seen);
    }
    /* 1 exactly where a row is an item. */
    const double share = (double)s->n / fold->n_items;
    for (size_t k = 0; k < (size_t)s->n * s->n_points; k++) {
        s->recall[k] *= share;
        s->done_ms[k] *= share;
        s->models[k] *= share;
        s->cut[k] *= share;
    }
    *scores = *s;
    *fold = (ams_limit_fold){.n_items = 0};
    return AMS_OK;
}

void ams_limit_fold_fini(ams_limit_fold *fold)
{
    ams_limit_scores_fini(&fold->scores);
}

ams_status ams_limit_scores_put(const ams_limit_scores *s, ams_bytes *bytes, ams_error *err)
{
    const size_t cells = (size_t)s->n * s->n_points;
    const double *const array[] = {s->recall, s->done_ms, s->models, s->cut};
    ams_status status = AMS_OK;
    AMS_TRY(ams_bytes_put(bytes, &s->n, sizeof s->n, err));
    AMS_TRY(ams_bytes_put(bytes, &s->n_points, sizeof s->n_points, err));
    AMS_TRY(ams_bytes_put(bytes, &s->decision_us, sizeof s->decision_us, err));
    AMS_TRY(ams_bytes_put(bytes, s->item, s->n * sizeof *s->item, err));
    for (size_t k = 0; k < sizeof array / sizeof *array; k++) {
        AMS_TRY(ams_bytes_put(bytes, array[k], cells * sizeof(double), err));
    }
out:
    return status;
}

ams_status ams_limit_scores_get(ams_limit_scores *scores, ams_bytes *bytes, ams_error *err)
{
    ams_limit_scores s = {.n = 0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_bytes_get(bytes, &s.n, sizeof s.n, err));
    AMS_TRY(ams_bytes_get(bytes, &s.n_points, sizeof s.n_points, err));
    AMS_TRY(ams_bytes_get(bytes, &s.decision_us, sizeof s.decision_us, err));
    AMS_TRY(alloc_scores(&s, err));
    const size_t cells = (size_t)s.n * s.n_points;
    AMS_TRY(ams_bytes_get(bytes, s.item, s.n * sizeof *s.item, err));
    AMS_TRY(ams_bytes_get(bytes, s.recall, cells * sizeof(double), err));
    AMS_TRY(ams_bytes_get(bytes, s.done_ms, cells * sizeof(double), err));
    AMS_TRY(ams_bytes_get(bytes, s.models, cells * sizeof(double), err));
    AMS_TRY(ams_bytes_get(bytes, s.cut, cells * sizeof(double), err));
out:
    if (status != AMS_OK) {
        ams_limit_scores_fini(&s);
    }
    *scores = s;
    return status;
}
