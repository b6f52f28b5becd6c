#include "lab/bench/table.h"

#include "base/memory.h"
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MODELS = 30, TASKS = 10, LABELS = 1104, MOST_A_RUN = 32 };

/* labels: TKDD 2022, section 6 (the tasks' outputs); the other numbers are our choice. */
static const struct {
    const char *name;
    uint32_t labels, at_once; /* at_once: in an item where the task is present */
    double present;
} tasks[TASKS] = {
    {"object detection", 80, 7, 0.95},
    {"place classification", 365, 4, 0.95},
    {"face detection", 1, 1, 0.5},
    {"face landmarks", 70, 20, 0.5},
    {"pose", 17, 12, 0.5},
    {"emotion", 7, 1, 0.5},
    {"gender", 2, 1, 0.5},
    {"action", 400, 4, 0.6},
    {"hand landmarks", 42, 16, 0.3},
    {"dog breeds", 120, 1, 0.2},
};
static const double FOUND = 0.8;

static ams_status add(ams_names *names, const char *text, uint32_t *index, ams_error *err)
{
    return ams_names_add(names, text, strlen(text), index, err);
}

static ams_status alloc_table(ams_table *t, ams_error *err)
{
    static const char *const what = "the benchmark's table";
    size_t runs = (size_t)t->n_items * t->n_models;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&t->model_task, t->n_models, sizeof *t->model_task, what, err));
    AMS_TRY(ams_alloc(&t->theta, t->n_models, sizeof *t->theta, what, err));
    AMS_TRY(ams_alloc(&t->time_ms, t->n_models, sizeof *t->time_ms, what, err));
    AMS_TRY(ams_alloc(&t->mem_mb, t->n_models, sizeof *t->mem_mb, what, err));
    AMS_TRY(ams_alloc(&t->item_group, t->n_items, sizeof *t->item_group, what, err));
    AMS_TRY(ams_alloc(&t->split, t->n_items, sizeof *t->split, what, err));
    AMS_TRY(ams_alloc(&t->indptr, runs + 1, sizeof *t->indptr, what, err));
out:
    return status;
}

static ams_status name_all(ams_table *t, ams_error *err)
{
    char text[64];
    uint32_t index = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_copy_text(&t->name, "bench", err));
    AMS_TRY(ams_copy_text(&t->created, "", err));
    AMS_TRY(ams_copy_text(&t->generator, "ams bench", err));
    AMS_TRY(ams_copy_text(&t->source, "made up (lab/bench/table.h)", err));
    AMS_TRY(ams_copy_text(&t->license, "CC0-1.0", err));
    AMS_TRY(add(&t->group_name, "made-up", &index, err));
    for (uint32_t k = 0; k < TASKS; k++) {
        AMS_TRY(add(&t->task_name, tasks[k].name, &index, err));
        for (uint32_t l = 0; l < tasks[k].labels; l++) {
            snprintf(text, sizeof text, "%s/l%03u", tasks[k].name, l);
            AMS_TRY(add(&t->label_name, text, &index, err));
        }
    }
    for (uint32_t m = 0; m < t->n_models; m++) {
        snprintf(text, sizeof text, "model-%02u", m);
        AMS_TRY(add(&t->model_name, text, &index, err));
        t->model_task[m] = m % TASKS;
        t->theta[m] = 1;
        t->time_ms[m] = 50.0F + (float)(m * 350U) / (MODELS - 1); /* the papers' 50 to 400 */
        t->mem_mb[m] = 500;
    }
    for (uint32_t i = 0; i < t->n_items; i++) {
        snprintf(text, sizeof text, "item-%08u", i);
        AMS_TRY(add(&t->item_id, text, &index, err));
        t->split[i] = i % 10 < 8 ? AMS_TRAIN : (i % 10 == 8 ? AMS_VALIDATION : AMS_TEST);
    }
out:
    return status;
}

/* Rank r of n with weight 1 / (r + 1), by inversion of the weights' sum; integers and basic
 * operations, so the same everywhere. */
static uint32_t draw_rank(ams_rng *rng, uint32_t n)
{
    double total = 0;
    for (uint32_t r = 0; r < n; r++) {
        total += 1.0 / (r + 1);
    }
    double left = ams_rng_unit(rng) * total;
    uint32_t r = 0;
    for (; r + 1 < n && left >= 1.0 / (r + 1); r++) {
        left -= 1.0 / (r + 1);
    }
    return r;
}

/* Distinct labels of task k that the item has, ascending, as a bit each. */
static void draw_labels(ams_rng *rng, uint32_t k, bool *on)
{
    memset(on, 0, tasks[k].labels * sizeof *on);
    if (ams_rng_unit(rng) >= tasks[k].present) {
        return;
    }
    for (uint32_t left = tasks[k].at_once; left > 0;) {
        uint32_t r = draw_rank(rng, tasks[k].labels);
        left -= !on[r];
        on[r] = true;
    }
}

/* Appends the outputs of a model of task k on an item that has the labels `on`. */
static uint64_t put_run(ams_table *t, ams_rng *rng, uint32_t k, const bool *on, uint64_t at)
{
    uint32_t first = 0;
    for (uint32_t before = 0; before < k; before++) {
        first += tasks[before].labels;
    }
    for (uint32_t l = 0; l < tasks[k].labels; l++) {
        if (on[l]) {
            bool found = ams_rng_unit(rng) < FOUND;
            double conf = ams_rng_unit(rng) / 2 + (found ? 0.5 : 0);
            t->label[at] = first + l;
            t->conf[at++] = (float)conf;
        }
    }
    return at;
}

static ams_status put_outputs(ams_table *t, uint64_t seed, ams_error *err)
{
    bool on[TASKS][512];
    size_t labels = 0;
    size_t confs = 0;
    uint64_t at = 0;
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_TEST);
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < t->n_items; i++) {
        AMS_TRY(ams_grow(&t->label, &labels, at + (size_t)MODELS * MOST_A_RUN, sizeof *t->label,
                         "the benchmark's outputs", err));
        AMS_TRY(ams_grow(&t->conf, &confs, at + (size_t)MODELS * MOST_A_RUN, sizeof *t->conf,
                         "the benchmark's outputs", err));
        for (uint32_t k = 0; k < TASKS; k++) {
            draw_labels(&rng, k, on[k]);
        }
        for (uint32_t m = 0; m < MODELS; m++) {
            at = put_run(t, &rng, m % TASKS, on[m % TASKS], at);
            t->indptr[(size_t)i * MODELS + m + 1] = at;
        }
    }
out:
    return status;
}

ams_status ams_bench_table(ams_table *table, uint32_t n_items, uint64_t seed, ams_error *err)
{
    *table = (ams_table){.n_items = n_items, .n_models = MODELS, .n_labels = LABELS};
    ams_status status = AMS_OK;
    AMS_TRY(alloc_table(table, err));
    AMS_TRY(name_all(table, err));
    AMS_TRY(put_outputs(table, seed, err));
out:
    if (status != AMS_OK) {
        ams_table_fini(table);
    }
    return status;
}
