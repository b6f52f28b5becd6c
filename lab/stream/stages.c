#include "lab/stream/stages.h"

#include "ams/policy.h"
#include "ams/table_file.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS = 3 };
static const char by_task[] = "task:";
static const char by_policy[] = "policy:";

/* -- which models -- */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static uint32_t all_models(const ams_table *table, uint32_t *model)
{
    for (uint32_t m = 0; m < table->n_models; m++) {
        model[m] = m;
    }
    return table->n_models;
}

/* The task's models, the cheapest first; 0: there is no such task. */
static uint32_t models_of_task(const ams_table *table, const char *task, uint32_t *model)
{
    uint32_t n = 0;
    for (uint32_t m = 0; m < table->n_models; m++) {
        if (strcmp(ams_names_get(&table->task_name, table->model_task[m]), task) != 0) {
            continue;
        }
        uint32_t at = n++;
        for (; at > 0 && table->time_ms[model[at - 1]] > table->time_ms[m]; at--) {
            model[at] = model[at - 1];
        }
        model[at] = m;
    }
    return n;
}

/* The exits of the file's only network, or all models. */
static ams_status choose_unnamed(const ams_table *table, uint32_t *model, uint32_t *n,
                                 ams_error *err)
{
    const ams_names *networks = &table->exits.network;
    char known[256] = "";
    if (networks->count == 0) {
        *n = all_models(table, model);
        return AMS_OK;
    }
    if (networks->count == 1) {
        *n = ams_table_exits_of(table, ams_names_get(networks, 0), model);
        return AMS_OK;
    }
    for (uint32_t k = 0; k < networks->count; k++) {
        const size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", k == 0 ? "" : ", ",
                 ams_names_get(networks, k));
    }
    return ams_fail(
        err, AMS_USAGE,
        "the data have exits of %u networks: expected --stages with one of them, or "
        "with models, found neither; the networks: %s",
        networks->count, known);
}

static ams_status find_model(const ams_table *table, const char *name, uint32_t *model,
                             ams_error *err)
{
    *model = ams_names_find(&table->model_name, name, strlen(name));
    if (*model != AMS_NO_NAME) {
        return AMS_OK;
    }
    return ams_fail(err, AMS_USAGE, "the data have no model '%s'%s", name,
                    ams_list_hint_names(name, &table->model_name).text);
}

/* One name, which may stand for several models. A model's own name comes first. */
static ams_status choose_group(ams_stream_data *d, const char *name, bool sets, uint32_t *n,
                               ams_error *err)
{
    const ams_table *t = &d->table;
    *n = 0;
    if (ams_names_find(&t->model_name, name, strlen(name)) != AMS_NO_NAME) {
        return AMS_OK;
    }
    if (strcmp(name, "all") == 0) {
        *n = all_models(t, d->model);
        return AMS_OK;
    }
    if (begins(name, by_task)) {
        const char *task = name + strlen(by_task);
        *n = models_of_task(t, task, d->model);
        return *n > 0 ? AMS_OK
                      : ams_fail(err, AMS_USAGE, "the data have no models of the task '%s'%s",
                                 task, ams_list_hint_names(task, &t->task_name).text);
    }
    if (begins(name, by_policy)) {
        *n = all_models(t, d->model);
        return sets ? ams_fail(err, AMS_USAGE,
                               "sets have no order: expected models, found '%s'", name)
                    : ams_copy_text(&d->policy, name + strlen(by_policy), err);
    }
    *n = ams_table_exits_of(t, name, d->model);
    return AMS_OK;
}

static ams_status choose(ams_stream_data *d, const ams_stream_data_options *o, uint32_t *n,
                         ams_error *err)
{
    uint64_t chosen = 0;
    ams_status status = AMS_OK;
    if (o->n_models == 0 && !o->sets) {
        return choose_unnamed(&d->table, d->model, n, err);
    }
    if (o->n_models == 0) {
        *n = all_models(&d->table, d->model);
        return AMS_OK;
    }
    if (o->n_models == 1) {
        AMS_TRY(choose_group(d, o->model[0], o->sets, n, err));
        if (*n > 0) {
            return AMS_OK;
        }
    }
    *n = (uint32_t)o->n_models;
    for (uint32_t k = 0; k < *n && k < AMS_STREAM_STAGES; k++) {
        AMS_TRY(find_model(&d->table, o->model[k], &d->model[k], err));
        if ((chosen >> d->model[k] & 1) != 0) {
            return ams_fail(err, AMS_USAGE, "model '%s' is named twice",
                            ams_names_get(&d->table.model_name, d->model[k]));
        }
        chosen |= UINT64_C(1) << d->model[k];
    }
out:
    return status;
}

static ams_status choose_some(ams_stream_data *d, const ams_stream_data_options *o, uint32_t *n,
                              ams_error *err)
{
    const uint32_t most = o->sets ? AMS_STREAM_SETS : AMS_STREAM_STAGES;
    ams_status status = choose(d, o, n, err);
    if (status == AMS_OK && *n > most) {
        status =
            ams_fail(err, AMS_USAGE, "%u models: expected at most %u of them as %s; name some",
                     *n, most, o->sets ? "sets" : "stages");
    }
    return status;
}

ams_status ams_stream_name_models(ams_names *names, const ams_stream_data_options *o,
                                  ams_error *err)
{
    ams_table_file *file = NULL;
    ams_stream_data d = {.env = NULL};
    uint32_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_file_open(&file, o->path, err));
    d.table = *ams_table_file_head(file); /* the file's */
    AMS_TRY(choose_some(&d, o, &n, err));
    if (d.policy != NULL) {
        status = ams_fail(err, AMS_USAGE,
                          "expected stages that are the same models for every item, found "
                          "policy:%s",
                          d.policy);
        goto out;
    }
    for (uint32_t k = 0; k < n; k++) {
        const char *name = ams_names_get(&d.table.model_name, d.model[k]);
        uint32_t index = 0;
        AMS_TRY(ams_names_add(names, name, strlen(name), &index, err));
    }
out:
    free(d.policy);
    ams_table_file_close(file);
    return status;
}

ams_status ams_stream_choose_models(ams_stream_data *d, const ams_stream_data_options *o,
                                    uint32_t *n, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(choose_some(d, o, n, err));
    AMS_TRY(ams_alloc(&d->time_ms, *n, sizeof(float), "models", err));
    AMS_TRY(ams_alloc(&d->mem_mb, *n, sizeof(float), "models", err));
    for (uint32_t k = 0; k < *n; k++) {
        d->time_ms[k] = d->table.time_ms[d->model[k]];
        d->mem_mb[k] = d->table.mem_mb[d->model[k]];
    }
out:
    return status;
}

/* -- in which order -- */

/* Models that the policy does not run come last, as the table has them. */
static void order_item(const ams_stream_data *d, const ams_policy *policy, void *worker,
                       uint32_t item, uint8_t *order)
{
    uint8_t first[AMS_MAX_MODELS];
    uint64_t seen = 0;
    const uint32_t ran = ams_policy_kind_of(policy)->order(policy, worker, item, 0, first);
    uint32_t n = 0;
    for (; n < ran; n++) {
        order[n] = first[n];
        seen |= UINT64_C(1) << first[n];
    }
    for (uint32_t m = 0; m < d->table.n_models; m++) {
        if ((seen >> m & 1) == 0) {
            order[n++] = (uint8_t)m;
        }
    }
}

static ams_status ask_policy(ams_stream_data *d, ams_error *err)
{
    const uint32_t m = d->table.n_models;
    ams_policy *policy = NULL;
    void *worker = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_policy_create(&policy, d->policy, &d->table, d->env, err));
    if (ams_policy_kind_of(policy)->worker_create != NULL) {
        AMS_TRY(ams_policy_kind_of(policy)->worker_create(policy, &worker, err));
    }
    for (uint32_t part = 0; part < PARTS; part++) {
        AMS_TRY(
            ams_alloc(&d->order[part], (size_t)d->work[part].n_items * m, 1, "orders", err));
        for (uint32_t i = 0; i < d->work[part].n_items; i++) {
            order_item(d, policy, worker, d->item[part][i], d->order[part] + (size_t)i * m);
        }
    }
out:
    if (worker != NULL) {
        ams_policy_kind_of(policy)->worker_destroy(worker);
    }
    ams_policy_destroy(policy);
    return status;
}

/* Whether all items have the order of the first job. */
static bool is_one_order(const ams_stream_data *d)
{
    const uint32_t m = d->table.n_models;
    for (uint32_t part = 0; part < PARTS; part++) {
        for (uint32_t i = 0; i < d->work[part].n_items; i++) {
            if (memcmp(d->order[part] + (size_t)i * m, d->order[PARTS - 1], m) != 0) {
                return false;
            }
        }
    }
    return d->work[PARTS - 1].n_items > 0;
}

static void take_one_order(ams_stream_data *d)
{
    for (uint32_t k = 0; k < d->table.n_models; k++) {
        d->model[k] = d->order[PARTS - 1][k];
        d->time_ms[k] = d->table.time_ms[d->model[k]];
        d->mem_mb[k] = d->table.mem_mb[d->model[k]];
    }
    for (uint32_t part = 0; part < PARTS; part++) {
        free(d->order[part]);
        d->order[part] = NULL;
    }
}

/* What each item's stages take, and what is to expect of those that are not known yet: the mean
 * over training items, or over the jobs' where there are none. */
static ams_status fill_times(ams_stream_data *d, ams_error *err)
{
    const uint32_t m = d->table.n_models;
    const uint32_t learned = d->work[AMS_TRAIN].n_items > 0 ? AMS_TRAIN : PARTS - 1;
    const uint32_t n = d->work[learned].n_items;
    ams_status status = AMS_OK;
    for (uint32_t part = 0; part < PARTS; part++) {
        const size_t stages = (size_t)d->work[part].n_items * m;
        AMS_TRY(ams_alloc(&d->expected[part], stages, sizeof(float), "times", err));
        for (size_t k = 0; k < stages; k++) {
            d->expected[part][k] = d->table.time_ms[d->order[part][k]];
        }
    }
    for (uint32_t l = 0; l < m && n > 0; l++) {
        double sum = 0;
        for (uint32_t i = 0; i < n; i++) {
            sum += (double)d->expected[learned][(size_t)i * m + l];
        }
        d->time_ms[l] = (float)(sum / n);
    }
    for (uint32_t l = 0; l < m; l++) {
        for (uint32_t k = 0; k < m; k++) {
            d->mem_mb[l] = fmaxf(d->mem_mb[l], d->table.mem_mb[k]);
        }
    }
out:
    return status;
}

ams_status ams_stream_order_items(ams_stream_data *d, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ask_policy(d, err));
    if (is_one_order(d)) {
        take_one_order(d);
    } else {
        status = fill_times(d, err);
    }
out:
    return status;
}
