/* Generated items into a file, or into memory. */
#include "ams/writer.h"
#include "base/memory.h"
#include "base/team.h"
#include "data/synth/parts.h"
#include "env/pack.h"
#include "env/writer_team.h"

#include <stdlib.h>
#include <string.h>

/* Items between two calls of the progress, and of an errand of a team. */
enum { STEP = 4096, ITEMS = 512, SYNTH_ITEMS = 1 };

static void make_item(ams_synth *s, uint32_t item, float *time_ms)
{
    s->kind->item(s->state, s->options.seed, item, s->rows, time_ms);
}

/* The content hash counts the labels that are output. All are among the first items as a rule,
 * so this ends early; a label that no item has costs one more pass. */
static ams_status find_used_labels(ams_synth *s, bool **used, ams_error *err)
{
    uint32_t left = s->head.n_labels;
    ams_status status = ams_alloc(used, left, sizeof **used, "labels", err);
    if (status == AMS_OK) {
        for (uint32_t i = 0; i < s->head.n_items; i++) {
            const uint32_t *right = NULL;
            const uint32_t n = ams_table_truth(&s->head, i, &right);
            for (uint32_t k = 0; k < n; k++) {
                left -= !(*used)[right[k]];
                (*used)[right[k]] = true;
            }
        }
    }
    for (uint32_t i = 0; i < s->head.n_items && left > 0 && status == AMS_OK; i++) {
        make_item(s, i, NULL);
        for (uint32_t m = 0; m < s->head.n_models; m++) {
            for (uint32_t k = 0; k < s->rows[m].count; k++) {
                bool *is_used = &(*used)[s->rows[m].label[k]];
                left -= !*is_used;
                *is_used = true;
            }
        }
    }
    return status;
}

/* -- items made by the processes of a team -- */

static ams_status put_row(const ams_synth_row *row, float time_ms, ams_bytes *result,
                          ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_bytes_put(result, &row->count, sizeof row->count, err));
    AMS_TRY(ams_bytes_put(result, &time_ms, sizeof time_ms, err));
    AMS_TRY(ams_bytes_put(result, row->label, row->count * sizeof *row->label, err));
    AMS_TRY(ams_bytes_put(result, row->conf, row->count * sizeof *row->conf, err));
out:
    return status;
}

static ams_status get_row(ams_synth_row *row, float *time_ms, ams_bytes *result, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_bytes_get(result, &row->count, sizeof row->count, err));
    if (row->count > AMS_SYNTH_MAX_OUTPUTS) {
        return ams_fail(err, AMS_BACKEND, "an execution with %u outputs", row->count);
    }
    AMS_TRY(ams_bytes_get(result, time_ms, sizeof *time_ms, err));
    AMS_TRY(ams_bytes_get(result, row->label, row->count * sizeof *row->label, err));
    AMS_TRY(ams_bytes_get(result, row->conf, row->count * sizeof *row->conf, err));
out:
    return status;
}

/* Items a .. a + b - 1, or a chunk of the file. */
static ams_status work(void *context, const ams_team_errand *errand, ams_bytes *result,
                       ams_error *err)
{
    ams_synth *s = context;
    const uint64_t n = s->head.n_items;
    ams_status status = AMS_OK;
    if (errand->kind != SYNTH_ITEMS) {
        return ams_pack_work(NULL, errand, result, err);
    }
    if (errand->a > n || errand->b > n - errand->a) {
        return ams_team_unknown(errand, err);
    }
    for (uint64_t i = errand->a; i < errand->a + errand->b; i++) {
        float time_ms[AMS_MAX_MODELS] = {0};
        make_item(s, (uint32_t)i, s->options.run_times ? time_ms : NULL);
        for (uint32_t m = 0; m < s->head.n_models; m++) {
            AMS_TRY(put_row(&s->rows[m], time_ms[m], result, err));
        }
    }
out:
    return status;
}

/* What the items go into. */
typedef struct synth_output {
    ams_synth *synth;
    ams_writer *writer;
    ams_hasher *hasher;
    ams_synth_progress *progress; /* or NULL */
    void *context;
} synth_output;

static void tell(const synth_output *out, uint64_t item)
{
    if (out->progress != NULL && item % STEP == 0) {
        out->progress(out->context, item, out->synth->head.n_items);
    }
}

static ams_status write_rows(const synth_output *out, uint32_t item, const float *time_ms,
                             ams_error *err)
{
    const ams_synth *s = out->synth;
    ams_status status = AMS_OK;
    ams_hasher_item(out->hasher, item);
    for (uint32_t m = 0; m < s->head.n_models; m++) {
        const ams_synth_row *row = &s->rows[m];
        ams_hasher_row(out->hasher, row->label, row->conf, row->count, time_ms[m]);
        AMS_TRY(
            ams_writer_row(out->writer, row->label, row->conf, row->count, time_ms[m], err));
    }
out:
    return status;
}

static ams_status fold(void *context, const ams_team_errand *errand, ams_bytes *result,
                       ams_error *err)
{
    const synth_output *out = context;
    ams_synth *s = out->synth;
    ams_status status = AMS_OK;
    for (uint64_t i = errand->a; i < errand->a + errand->b; i++) {
        float time_ms[AMS_MAX_MODELS];
        tell(out, i);
        for (uint32_t m = 0; m < s->head.n_models; m++) {
            AMS_TRY(get_row(&s->rows[m], &time_ms[m], result, err));
        }
        AMS_TRY(write_rows(out, (uint32_t)i, time_ms, err));
    }
out:
    return status;
}

static ams_status write_in_team(synth_output *out, ams_error *err)
{
    ams_synth *s = out->synth;
    const uint32_t n = s->head.n_items / ITEMS + (s->head.n_items % ITEMS != 0);
    ams_team_errand *errand = NULL;
    ams_status status = ams_alloc(&errand, n, sizeof *errand, "errands", err);
    for (uint32_t k = 0; k < n && status == AMS_OK; k++) {
        const uint32_t first = k * ITEMS;
        const uint32_t left = s->head.n_items - first;
        errand[k] = (ams_team_errand){
            .kind = SYNTH_ITEMS, .a = first, .b = left < ITEMS ? left : ITEMS};
    }
    if (status == AMS_OK) {
        ams_writer_set_team(out->writer, s->options.team);
        status = ams_team_run(s->options.team, errand, n, work, s, fold, out, err);
    }
    free(errand);
    return status;
}

static ams_status write_here(const synth_output *out, ams_error *err)
{
    ams_synth *s = out->synth;
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < s->head.n_items && status == AMS_OK; i++) {
        float time_ms[AMS_MAX_MODELS] = {0};
        tell(out, i);
        make_item(s, i, s->options.run_times ? time_ms : NULL);
        status = write_rows(out, i, time_ms, err);
    }
    return status;
}

ams_status ams_synth_write(ams_synth *synth, const char *path, ams_synth_progress *progress,
                           void *context, ams_error *err)
{
    ams_synth *s = synth;
    synth_output to = {.synth = s, .progress = progress, .context = context};
    bool *used = NULL;
    char hash[AMS_HASH_TEXT];
    ams_status status = AMS_OK;
    if (!ams_team_leads(s->options.team)) {
        return ams_team_serve(s->options.team, work, s, err);
    }
    AMS_TRY(ams_synth_fill_items(s, err));
    AMS_TRY(ams_writer_create(&to.writer, path, &s->head, s->options.run_times, err));
    AMS_TRY(find_used_labels(s, &used, err));
    AMS_TRY(ams_hasher_create(&to.hasher, &s->head, s->options.run_times, used, err));
    AMS_TRY(ams_team_size(s->options.team) > 1 ? write_in_team(&to, err)
                                               : write_here(&to, err));
    ams_hasher_finish(to.hasher, hash);
    to.hasher = NULL;
    status = ams_writer_finish(to.writer, hash, err);
    to.writer = NULL;
out:
    ams_hasher_destroy(to.hasher);
    ams_writer_destroy(to.writer);
    free(used);
    return status;
}

/* -- into memory -- */

static ams_status copy_names(ams_names *to, const ams_names *from, uint32_t n, ams_error *err)
{
    ams_status status = AMS_OK;
    uint32_t index = 0;
    for (uint32_t i = 0; i < n && status == AMS_OK; i++) {
        const char *name = ams_names_get(from, i);
        status = ams_names_add(to, name, strlen(name), &index, err);
    }
    return status;
}

static ams_status copy_array(void *pointer_to_pointer, const void *from, size_t n, size_t size,
                             ams_error *err)
{
    void **to = pointer_to_pointer;
    ams_status status = ams_alloc(to, n, size, "a table", err);
    if (status == AMS_OK) {
        memcpy(*to, from, n * size);
    }
    return status;
}

static ams_status copy_head(ams_table *t, const ams_table *head, uint32_t n, ams_error *err)
{
    const uint32_t m = head->n_models;
    ams_status status = AMS_OK;
    t->n_items = n;
    t->n_models = m;
    t->n_labels = head->n_labels;
    AMS_TRY(ams_copy_text(&t->name, head->name, err));
    AMS_TRY(ams_copy_text(&t->created, head->created, err));
    AMS_TRY(ams_copy_text(&t->generator, head->generator, err));
    AMS_TRY(ams_copy_text(&t->source, head->source, err));
    AMS_TRY(ams_copy_text(&t->license, head->license, err));
    AMS_TRY(copy_names(&t->model_name, &head->model_name, m, err));
    AMS_TRY(copy_names(&t->task_name, &head->task_name, head->task_name.count, err));
    AMS_TRY(copy_names(&t->label_name, &head->label_name, head->n_labels, err));
    AMS_TRY(copy_names(&t->group_name, &head->group_name, head->group_name.count, err));
    AMS_TRY(copy_names(&t->item_id, &head->item_id, n, err));
    AMS_TRY(copy_array(&t->model_task, head->model_task, m, sizeof *head->model_task, err));
    AMS_TRY(copy_array(&t->theta, head->theta, m, sizeof *head->theta, err));
    AMS_TRY(copy_array(&t->time_ms, head->time_ms, m, sizeof *head->time_ms, err));
    AMS_TRY(copy_array(&t->mem_mb, head->mem_mb, m, sizeof *head->mem_mb, err));
    AMS_TRY(ams_exits_copy(&t->exits, &head->exits, NULL, m, err));
    AMS_TRY(copy_array(&t->item_group, head->item_group, n, sizeof *head->item_group, err));
    AMS_TRY(copy_array(&t->split, head->split, n, 1, err));
    if (head->truth_indptr != NULL) {
        AMS_TRY(copy_array(&t->truth_indptr, head->truth_indptr, (size_t)n + 1,
                           sizeof *head->truth_indptr, err));
        AMS_TRY(copy_array(&t->truth, head->truth, head->truth_indptr[n], sizeof *head->truth,
                           err));
    }
out:
    return status;
}

static ams_status append_rows(ams_synth *s, ams_table *t, uint32_t item, size_t room[2],
                              ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t m = 0; m < t->n_models; m++) {
        const ams_synth_row *row = &s->rows[m];
        uint64_t *end = &t->indptr[(uint64_t)item * t->n_models + m + 1];
        size_t used = (size_t)end[-1];
        AMS_TRY(ams_grow(&t->label, &room[0], used + row->count + 1, sizeof *t->label,
                         "outputs", err));
        AMS_TRY(ams_grow(&t->conf, &room[1], used + row->count + 1, sizeof *t->conf, "outputs",
                         err));
        memcpy(t->label + used, row->label, row->count * sizeof *t->label);
        memcpy(t->conf + used, row->conf, row->count * sizeof *t->conf);
        *end = used + row->count;
    }
out:
    return status;
}

ams_status ams_synth_table(ams_synth *synth, uint32_t n, ams_table *table, ams_error *err)
{
    ams_synth *s = synth;
    size_t room[2] = {0, 0};
    ams_status status = AMS_OK;
    *table = (ams_table){0};
    n = n < s->head.n_items ? n : s->head.n_items;
    size_t runs = (size_t)n * s->head.n_models;
    AMS_TRY(ams_synth_fill_items(s, err));
    AMS_TRY(copy_head(table, &s->head, n, err));
    AMS_TRY(ams_alloc(&table->indptr, runs + 1, sizeof *table->indptr, "executions", err));
    if (s->options.run_times) {
        AMS_TRY(ams_alloc(&table->run_time_ms, runs, sizeof *table->run_time_ms, "executions",
                          err));
    }
    for (uint32_t i = 0; i < n; i++) {
        make_item(s, i,
                  s->options.run_times ? table->run_time_ms + (size_t)i * s->head.n_models
                                       : NULL);
        AMS_TRY(append_rows(s, table, i, room, err));
    }
    status = ams_table_check(table, table->indptr[runs], err);
out:
    if (status != AMS_OK) {
        ams_table_fini(table);
    }
    return status;
}
