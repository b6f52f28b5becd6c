/* Scores as messages. */
#include "sched/eval_rows.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* The rows of an array, put into bytes or taken out of them. */
typedef struct scores_array {
    void *data;
    size_t row_bytes;
} scores_array;
enum { ARRAYS = 10 };

static void list_arrays(const ams_scores *s, scores_array array[ARRAYS])
{
    const scores_array all[ARRAYS] = {
        {s->item, sizeof *s->item},
        {s->time_ms, AMS_RECALLS * sizeof *s->time_ms},
        {s->models, AMS_RECALLS * sizeof *s->models},
        {s->area, sizeof *s->area},
        {s->recall_time, AMS_CURVE * sizeof *s->recall_time},
        {s->recall_models, (s->n_models + 1) * sizeof *s->recall_models},
        {s->order, s->n_models},
        {s->order_n, 1},
        {s->final_n, 1},
        {s->final_ms, s->kept * sizeof *s->final_ms}};
    memcpy(array, all, sizeof all);
}

/* Counts stand in front. */
typedef struct scores_head {
    uint32_t n, n_models, kept, n_empty, first, rows;
    double stderr_ms;
} scores_head;

ams_status ams_scores_put(const ams_scores *s, uint32_t first, uint32_t rows, ams_bytes *bytes,
                          ams_error *err)
{
    const scores_head head = {s->n,  s->n_models, s->kept,     s->n_empty,
                              first, rows,        s->stderr_ms};
    scores_array array[ARRAYS];
    ams_status status = ams_bytes_put(bytes, &head, sizeof head, err);
    list_arrays(s, array);
    for (int k = 0; k < ARRAYS && status == AMS_OK; k++) {
        status = ams_bytes_put(bytes, (char *)array[k].data + first * array[k].row_bytes,
                               rows * array[k].row_bytes, err);
    }
    return status;
}

ams_status ams_scores_get(ams_scores *s, ams_bytes *bytes, ams_error *err)
{
    scores_head head;
    scores_array array[ARRAYS];
    ams_status status = AMS_OK;
    AMS_TRY(ams_bytes_get(bytes, &head, sizeof head, err));
    if (head.n_models != s->n_models || head.kept != s->kept || (s->n > 0 && s->n != head.n) ||
        head.first > head.n || head.rows > head.n - head.first) {
        return ams_fail(err, AMS_BACKEND,
                        "scores of another process: %u items and %u models expected, %u and %u "
                        "found; are all processes the same program on the same file?",
                        s->n, s->n_models, head.n, head.n_models);
    }
    if (s->n == 0) {
        s->n = head.n;
        AMS_TRY(ams_alloc(&s->item, s->n, sizeof *s->item, "scores", err));
        AMS_TRY(ams_scores_alloc(s, err));
    }
    s->n_empty = head.n_empty;
    s->stderr_ms = head.stderr_ms;
    list_arrays(s, array);
    for (int k = 0; k < ARRAYS; k++) {
        AMS_TRY(ams_bytes_get(bytes, (char *)array[k].data + head.first * array[k].row_bytes,
                              head.rows * array[k].row_bytes, err));
    }
out:
    return status;
}

ams_status ams_eval_put(const ams_eval *e, uint32_t first, uint32_t rows, ams_bytes *bytes,
                        ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_scores_put(&e->scores, first, rows, bytes, err));
    AMS_TRY(ams_bytes_put(bytes, &first, sizeof first, err));
    AMS_TRY(ams_bytes_put(bytes, e->variance + first, rows * sizeof *e->variance, err));
out:
    return status;
}

ams_status ams_eval_get(ams_eval *e, ams_bytes *bytes, ams_error *err)
{
    uint32_t first = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_scores_get(&e->scores, bytes, err));
    AMS_TRY(ams_bytes_get(bytes, &first, sizeof first, err));
    if (first > e->scores.n ||
        (e->scores.n - first) * sizeof *e->variance < bytes->n - bytes->at) {
        return ams_fail(err, AMS_BACKEND, "scores of another process: too many rows");
    }
    AMS_TRY(ams_bytes_get(bytes, e->variance + first, bytes->n - bytes->at, err));
out:
    return status;
}
