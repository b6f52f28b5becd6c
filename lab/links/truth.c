/* Ground truth as one more model: links predict it, and it can never run. */
#include "lab/links/truth.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static ams_status check(const ams_table *t, ams_error *err)
{
    if (t->truth_indptr == NULL) {
        return ams_fail(
            err, AMS_BAD_DATA,
            "the data set has no right answers; `ams data import --truth` adds them");
    }
    for (uint32_t i = 0; i < t->n_items; i++) {
        if (t->truth_indptr[i] == t->truth_indptr[i + 1]) {
            return ams_fail(err, AMS_BAD_DATA,
                            "item %s has no right answer; as a target of links truth has to be "
                            "known of every item",
                            ams_names_get(&t->item_id, i));
        }
    }
    if (t->n_models == AMS_MAX_MODELS) {
        return ams_fail(err, AMS_BAD_DATA, "truth is one more model, but there are %d already",
                        AMS_MAX_MODELS);
    }
    return AMS_OK;
}

/* Outputs of the models, item by item, and of truth after them. */
static ams_status add_outputs(ams_table *t, ams_error *err)
{
    const uint32_t m = t->n_models;
    const uint64_t most = ams_table_outputs(t) + t->truth_indptr[t->n_items];
    uint64_t *start = NULL;
    uint32_t *label = NULL;
    float *conf = NULL;
    uint64_t at = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&start, (size_t)t->n_items * (m + 1) + 1, sizeof *start, "truth", err));
    AMS_TRY(ams_alloc(&label, most, sizeof *label, "truth", err));
    AMS_TRY(ams_alloc(&conf, most, sizeof *conf, "truth", err));
    for (uint32_t i = 0; i < t->n_items; i++) {
        const uint32_t *answer = NULL;
        const uint32_t answers = ams_table_truth(t, i, &answer);
        for (uint32_t k = 0; k < m; k++) {
            const uint64_t row = (uint64_t)i * m + k;
            const uint64_t n = t->indptr[row + 1] - t->indptr[row];
            memcpy(label + at, t->label + t->indptr[row], n * sizeof *label);
            memcpy(conf + at, t->conf + t->indptr[row], n * sizeof *conf);
            at += n;
            start[(uint64_t)i * (m + 1) + k + 1] = at;
        }
        for (uint32_t k = 0; k < answers; k++) {
            label[at] = answer[k];
            conf[at++] = 1;
        }
        start[(uint64_t)(i + 1) * (m + 1)] = at;
    }
    free(t->indptr);
    free(t->label);
    free(t->conf);
    t->indptr = start;
    t->label = label;
    t->conf = conf;
    return AMS_OK;
out:
    free(start);
    free(label);
    free(conf);
    return status;
}

/* A longer array in place of *values, whose last cell is `last`. */
static ams_status extend(float **values, uint32_t n, float last, ams_error *err)
{
    float *longer = NULL;
    ams_status status = ams_alloc(&longer, (size_t)n + 1, sizeof *longer, "truth", err);
    if (status == AMS_OK && *values != NULL) {
        memcpy(longer, *values, n * sizeof *longer);
        longer[n] = last;
        free(*values);
        *values = longer;
    } else {
        free(longer);
    }
    return status;
}

ams_status ams_link_add_truth(ams_table *t, ams_error *err)
{
    const uint32_t m = t->n_models;
    uint32_t index = 0;
    uint32_t *task = NULL;
    uint8_t *kind = NULL;
    float time_ms = 0;
    float mem_mb = 0;
    ams_status status = AMS_OK;
    AMS_TRY(check(t, err));
    for (uint32_t k = 0; k < m; k++) {
        time_ms += t->time_ms[k] / (float)m;
        mem_mb += t->mem_mb[k] / (float)m;
    }
    AMS_TRY(ams_names_add(&t->model_name, "truth", 5, &index, err));
    if (index != m) {
        status = ams_fail(err, AMS_BAD_DATA, "a model is named truth already");
        goto out;
    }
    AMS_TRY(ams_alloc(&task, (size_t)m + 1, sizeof *task, "truth", err));
    AMS_TRY(ams_alloc(&kind, (size_t)m + 1, sizeof *kind, "truth", err));
    memcpy(task, t->model_task, m * sizeof *task);
    for (uint32_t k = 0; k < m; k++) {
        kind[k] = (uint8_t)ams_table_kind(t, k);
    }
    AMS_TRY(extend(&t->theta, m, 1, err));
    AMS_TRY(extend(&t->time_ms, m, time_ms, err));
    AMS_TRY(extend(&t->mem_mb, m, mem_mb, err));
    AMS_TRY(extend(&t->threshold, m, AMS_DEFAULT_THRESHOLD, err));
    AMS_TRY(add_outputs(t, err));
    free(t->model_task);
    free(t->kind);
    ams_exits_fini(&t->exits); /* its arrays are of the models before; links ask for none */
    free(t->run_time_ms);
    t->model_task = task;
    t->kind = kind;
    t->run_time_ms = NULL;
    t->n_models++;
    return AMS_OK;
out:
    free(task);
    free(kind);
    return status;
}
