#include "tests/env/random_table.h"

#include "base/memory.h"
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need(ams_status status, const ams_error *err)
{
    if (status != AMS_OK) {
        fprintf(stderr, "random_table: %s\n", err->text);
        abort();
    }
}

static void *new_array(size_t count, size_t size)
{
    void *array = NULL;
    ams_error err = {0};
    need(ams_alloc(&array, count, size, "a test's table", &err), &err);
    return array;
}

static char *new_text(const char *text)
{
    char *copy = NULL;
    ams_error err = {0};
    need(ams_copy_text(&copy, text, &err), &err);
    return copy;
}

static uint32_t add_name(ams_names *names, const char *name)
{
    uint32_t index = 0;
    ams_error err = {0};
    need(ams_names_add(names, name, strlen(name), &index, &err), &err);
    return index;
}

/* Everything but times, splits and outputs. */
static void name_all(ams_table *t, uint32_t n_tasks)
{
    char text[64];
    t->name = new_text("random");
    t->created = new_text("");
    t->generator = new_text("test");
    t->source = new_text("");
    t->license = new_text("");
    t->model_task = new_array(t->n_models, sizeof *t->model_task);
    t->theta = new_array(t->n_models, sizeof *t->theta);
    t->time_ms = new_array(t->n_models, sizeof *t->time_ms);
    t->mem_mb = new_array(t->n_models, sizeof *t->mem_mb);
    t->item_group = new_array(t->n_items, sizeof *t->item_group);
    t->split = new_array(t->n_items, sizeof *t->split);
    t->indptr = new_array((size_t)t->n_items * t->n_models + 1, sizeof *t->indptr);
    add_name(&t->group_name, "g");
    for (uint32_t m = 0; m < t->n_models; m++) {
        snprintf(text, sizeof text, "m%u", m);
        add_name(&t->model_name, text);
        snprintf(text, sizeof text, "t%u", m % n_tasks);
        t->model_task[m] = add_name(&t->task_name, text);
        t->theta[m] = 1;
        t->mem_mb[m] = 512;
    }
    for (uint32_t l = 0; l < t->n_labels; l++) {
        snprintf(text, sizeof text, "t%u/l%u", l % n_tasks, l);
        add_name(&t->label_name, text);
    }
    for (uint32_t i = 0; i < t->n_items; i++) {
        snprintf(text, sizeof text, "i%05u", i);
        add_name(&t->item_id, text);
    }
}

random_table_options random_table_defaults(uint64_t seed)
{
    return (random_table_options){.seed = seed,
                                  .n_items = 24,
                                  .n_models = 6,
                                  .n_labels = 20,
                                  .n_tasks = 3,
                                  .empty = 1.0 / 3};
}

static float draw_conf(ams_rng *rng, bool distinct)
{
    return distinct ? (float)ams_rng_unit(rng) : (float)ams_rng_below(rng, 21) / 20.0F;
}

static float draw_time(ams_rng *rng, bool distinct)
{
    return distinct ? 50.0F + 350.0F * (float)ams_rng_unit(rng)
                    : 25.0F * (float)(1 + ams_rng_below(rng, 8));
}

static uint64_t draw_run(ams_table *t, const random_table_options *o, ams_rng *rng, uint32_t m,
                         uint64_t at)
{
    if (ams_rng_unit(rng) < o->empty) {
        return at;
    }
    for (uint32_t l = m % o->n_tasks; l < t->n_labels; l += o->n_tasks) {
        if (ams_rng_below(rng, 3) == 0) {
            t->label[at] = l;
            t->conf[at++] = draw_conf(rng, o->distinct);
        }
    }
    return at;
}

/* Draws nothing, so the rest is as without it; a fourth of the items have no right label. */
static void make_truth(ams_table *t, uint64_t seed)
{
    ams_answer *answers = new_array((size_t)3 * t->n_items, sizeof *answers);
    ams_error err = {0};
    size_t n = 0;
    for (uint32_t i = 0; i < t->n_items; i++) {
        for (uint32_t k = 0; k < (i + seed) % 4; k++) {
            answers[n++] = (ams_answer){i, (uint32_t)((7 * i + 3 * k + seed) % t->n_labels)};
        }
    }
    need(ams_table_set_truth(t, answers, n, &err), &err);
    free(answers);
}

void random_table(ams_table *t, const random_table_options *o)
{
    ams_rng rng = ams_rng_init(o->seed, AMS_STREAM_TEST);
    *t = (ams_table){.n_items = o->n_items, .n_models = o->n_models, .n_labels = o->n_labels};
    name_all(t, o->n_tasks);
    size_t runs = (size_t)t->n_items * t->n_models;
    size_t most = runs * (t->n_labels / o->n_tasks + 1);
    t->label = new_array(most, sizeof *t->label);
    t->conf = new_array(most, sizeof *t->conf);
    for (uint32_t m = 0; m < t->n_models; m++) {
        t->time_ms[m] = draw_time(&rng, o->distinct);
        t->theta[m] = 1.0F + (float)ams_rng_below(&rng, 3);
    }
    uint64_t at = 0;
    for (uint32_t i = 0; i < t->n_items; i++) {
        t->split[i] = (uint8_t)(i % 3);
        bool nothing = ams_rng_below(&rng, 8) == 0;
        for (uint32_t m = 0; m < t->n_models; m++) {
            at = nothing ? at : draw_run(t, o, &rng, m, at);
            t->indptr[(size_t)i * t->n_models + m + 1] = at;
        }
    }
    if (o->meaning) { /* draws nothing: the rest is as without it */
        t->cost_unit = new_text("usd");
        t->threshold = new_array(t->n_models, sizeof *t->threshold);
        for (uint32_t m = 0; m < t->n_models; m++) {
            t->threshold[m] =
                (float)((7 * m + o->seed) % 19) / 20.0F; /* also ties with outputs */
        }
        t->kind = new_array(t->n_models, sizeof *t->kind);
        for (uint32_t m = 0; m < t->n_models; m++) {
            t->kind[m] = (uint8_t)((m + 1) % 3);
        }
        for (uint32_t m = 0; m < t->n_models; m += o->n_tasks) {
            ams_error err = {0};
            need(ams_exits_set(&t->exits, t->n_models, m, m % 2 == 0 ? "even" : "odd",
                               (t->n_models - m) % 64 + 1, &err),
                 &err);
        }
    }
    if (o->truth) {
        make_truth(t, o->seed);
    }
    if (o->recorded) {
        t->run_time_ms = new_array(runs, sizeof *t->run_time_ms);
        for (size_t r = 0; r < runs; r++) {
            t->run_time_ms[r] = draw_time(&rng, o->distinct);
        }
    }
}

void given_table(ams_table *t, uint32_t n_items, uint32_t n_models, uint32_t n_labels,
                 const float *time_ms, const given_output *outputs, uint32_t n_outputs,
                 ams_split split)
{
    *t = (ams_table){.n_items = n_items, .n_models = n_models, .n_labels = n_labels};
    name_all(t, 1);
    t->label = new_array(n_outputs, sizeof *t->label);
    t->conf = new_array(n_outputs, sizeof *t->conf);
    memcpy(t->time_ms, time_ms, n_models * sizeof *time_ms);
    memset(t->split, (int)split, n_items);
    uint32_t at = 0;
    for (uint32_t row = 0; row < n_items * n_models; row++) {
        for (; at < n_outputs && outputs[at].item * n_models + outputs[at].model == row; at++) {
            t->label[at] = outputs[at].label;
            t->conf[at] = outputs[at].conf;
        }
        t->indptr[row + 1] = at;
    }
    if (at != n_outputs) {
        fprintf(stderr, "given_table: outputs are not sorted by item and model\n");
        abort();
    }
}
