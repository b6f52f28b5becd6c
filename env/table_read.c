#include "base/memory.h"
#include "env/h5.h"
#include "env/table_load.h"
#include "env/truth.h"

#include <stdlib.h>
#include <string.h>

static ams_status check_format(const ams_h5 *file, ams_error *err)
{
    char *format = NULL;
    uint64_t version = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_h5_get_text(file, "format", &format, err));
    if (strcmp(format, "ams-outputs") != 0) {
        status =
            ams_fail(err, AMS_BAD_DATA,
                     "%s: attribute format: 'ams-outputs' expected, '%s' found; this is an "
                     "HDF5 file of another kind",
                     file->path, format);
        goto out;
    }
    AMS_TRY(ams_h5_get_u64(file, "version", &version, err));
    if (version > 2) {
        status =
            ams_fail(err, AMS_BAD_DATA,
                     "%s: format version 1 or 2 expected, %llu found: a newer program wrote "
                     "this file, update to read it",
                     file->path, (unsigned long long)version);
    } else if (version == 0) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: format version 1 or 2 expected, 0 found",
                          file->path);
    }
out:
    free(format);
    return status;
}

/* Where strings go as they are read. */
typedef struct table_text_target {
    ams_names *names;
    const ams_h5 *file;
    const char *set;
    uint32_t *index; /* NULL: the names must be distinct, and new */
    uint64_t first;  /* string that index[0] is of */
} table_text_target;

static ams_status take_text(void *context, uint64_t i, const char *text, size_t length,
                            ams_error *err)
{
    const table_text_target *target = context;
    uint32_t before = target->names->count;
    uint32_t index = 0;
    ams_status status = ams_names_add(target->names, text, length, &index, err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "%s: %s", target->file->path, target->set);
    } else if (target->index != NULL) {
        target->index[i - target->first] = index;
    } else if (index != before) {
        status =
            ams_fail(err, AMS_BAD_DATA, "%s: %s: distinct names expected, '%.*s' found twice",
                     target->file->path, target->set, (int)length, text);
    }
    return status;
}

static ams_status read_names(const ams_h5 *file, const char *set, uint64_t n, ams_names *names,
                             ams_error *err)
{
    table_text_target target = {.names = names, .file = file, .set = set};
    return ams_h5_read_texts(file, set, n, take_text, &target, err);
}

/* Texts that repeat: the distinct ones, and an index (n) of them that is allocated once n is
 * known to be the number of names read before. */
static ams_status read_indexed(const ams_h5 *file, const char *set, uint64_t n,
                               ams_names *names, uint32_t **index, ams_error *err)
{
    ams_status status = ams_alloc(index, n, sizeof **index, set, err);
    if (status != AMS_OK) {
        return status;
    }
    table_text_target target = {.names = names, .file = file, .set = set, .index = *index};
    return ams_h5_read_texts(file, set, n, take_text, &target, err);
}

ams_status
ams_load_names(const ams_h5 *file, const char *set, uint64_t n, uint64_t first,
               /* NOLINTNEXTLINE(readability-non-const-parameter): take_text writes */
               uint64_t rows, ams_names *names, uint32_t *index, ams_error *err)
{
    table_text_target target = {
        .names = names, .file = file, .set = set, .index = index, .first = first};
    return ams_h5_read_texts_part(file, set, n, first, rows, take_text, &target, err);
}

static ams_status count_rows(const ams_h5 *file, const char *set, uint64_t most,
                             uint32_t *count, ams_error *err)
{
    uint64_t extent = 0;
    ams_status status = ams_h5_extents(file, set, 1, &extent, err);
    if (status == AMS_OK && extent > most) {
        status =
            ams_fail(err, AMS_BAD_DATA, "%s: %s: at most %llu expected, %llu found", file->path,
                     set, (unsigned long long)most, (unsigned long long)extent);
    }
    *count = (uint32_t)extent;
    return status;
}

/* Which models are exits: networks by name, "" for none, and stages. */
static ams_status read_exits(ams_table *t, const ams_h5 *file, ams_error *err)
{
    const uint64_t m = t->n_models;
    ams_names names = {0};
    uint32_t *of = NULL;
    uint8_t *stage = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(read_indexed(file, "/models/stage_of", m, &names, &of, err));
    AMS_TRY(ams_h5_read(file, "/models/stage", AMS_H5_U8, 1, &m, &stage, err));
    for (uint32_t i = 0; i < m; i++) {
        const char *network = ams_names_get(&names, of[i]);
        if ((network[0] == '\0') != (stage[i] == 0)) {
            status =
                ams_fail(err, AMS_BAD_DATA,
                         "%s: model %u: a name in /models/stage_of and a number above 0 in "
                         "/models/stage expected, or neither; '%s' and %u found",
                         file->path, i, network, stage[i]);
            goto out;
        }
        AMS_TRY(ams_exits_set(&t->exits, m, i, network, stage[i], err));
    }
out:
    ams_names_fini(&names);
    free(of);
    free(stage);
    return status;
}

static ams_status read_models(ams_table *t, const ams_h5 *file, ams_error *err)
{
    const uint64_t m = t->n_models;
    ams_status status = AMS_OK;
    AMS_TRY(read_names(file, "/models/name", m, &t->model_name, err));
    AMS_TRY(read_indexed(file, "/models/task", m, &t->task_name, &t->model_task, err));
    AMS_TRY(ams_h5_read(file, "/models/time_ms", AMS_H5_F32, 1, &m, &t->time_ms, err));
    AMS_TRY(ams_h5_read(file, "/models/mem_mb", AMS_H5_F32, 1, &m, &t->mem_mb, err));
    if (ams_h5_has(file, "/models/threshold")) {
        AMS_TRY(ams_h5_read(file, "/models/threshold", AMS_H5_F32, 1, &m, &t->threshold, err));
    }
    if (ams_h5_has(file, "/models/kind")) {
        AMS_TRY(ams_h5_read(file, "/models/kind", AMS_H5_U8, 1, &m, &t->kind, err));
    }
    if (ams_h5_has(file, "/models/stage_of")) {
        AMS_TRY(read_exits(t, file, err));
    }
    if (ams_h5_has(file, "/models/theta")) {
        AMS_TRY(ams_h5_read(file, "/models/theta", AMS_H5_F32, 1, &m, &t->theta, err));
    } else {
        AMS_TRY(ams_alloc(&t->theta, m, sizeof *t->theta, "/models/theta", err));
        for (uint64_t i = 0; i < m; i++) {
            t->theta[i] = 1;
        }
    }
out:
    return status;
}

static ams_status read_items(ams_table *t, const ams_h5 *file, ams_error *err)
{
    const uint64_t n = t->n_items;
    ams_status status = AMS_OK;
    AMS_TRY(read_names(file, "/items/id", n, &t->item_id, err));
    AMS_TRY(read_indexed(file, "/items/group", n, &t->group_name, &t->item_group, err));
    AMS_TRY(ams_h5_read(file, "/items/split", AMS_H5_U8, 1, &n, &t->split, err));
    AMS_TRY(ams_load_truth(t, file, err));
out:
    return status;
}

static ams_status read_outputs(ams_table *t, const ams_h5 *file, uint64_t *nnz, ams_error *err)
{
    const uint64_t rows = (uint64_t)t->n_items * t->n_models;
    const uint64_t bounds = rows + 1;
    const uint64_t runs[2] = {t->n_items, t->n_models};
    ams_status status = AMS_OK;
    AMS_TRY(ams_h5_read(file, "/outputs/indptr", AMS_H5_U64, 1, &bounds, &t->indptr, err));
    *nnz = t->indptr[rows];
    AMS_TRY(ams_h5_read(file, "/outputs/label", AMS_H5_U32, 1, nnz, &t->label, err));
    AMS_TRY(ams_h5_read(file, "/outputs/conf", AMS_H5_F32, 1, nnz, &t->conf, err));
    if (ams_h5_has(file, "/outputs/time_ms")) {
        AMS_TRY(
            ams_h5_read(file, "/outputs/time_ms", AMS_H5_F32, 2, runs, &t->run_time_ms, err));
    }
out:
    return status;
}

static ams_status read_attributes(ams_table *t, const ams_h5 *file, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_h5_get_text(file, "name", &t->name, err));
    status = ams_check_control("the name of the data", t->name, strlen(t->name), err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "%s", file->path);
        goto out;
    }
    AMS_TRY(ams_h5_get_text(file, "created", &t->created, err));
    AMS_TRY(ams_h5_get_text(file, "generator", &t->generator, err));
    AMS_TRY(ams_h5_get_text(file, "source", &t->source, err));
    AMS_TRY(ams_h5_get_text(file, "license", &t->license, err));
    AMS_TRY(ams_h5_get_text(file, "cost_unit", &t->cost_unit, err));
out:
    return status;
}

ams_status ams_load_head(ams_table *table, const ams_h5 *file, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(check_format(file, err));
    AMS_TRY(count_rows(file, "/models/name", AMS_MAX_MODELS, &table->n_models, err));
    AMS_TRY(count_rows(file, "/labels/name", INT32_MAX, &table->n_labels, err));
    AMS_TRY(count_rows(file, "/items/id", INT32_MAX, &table->n_items, err));
    AMS_TRY(read_attributes(table, file, err));
    AMS_TRY(read_models(table, file, err));
    AMS_TRY(read_names(file, "/labels/name", table->n_labels, &table->label_name, err));
out:
    return status;
}

ams_status ams_table_read(ams_table *table, const char *path, ams_error *err)
{
    *table = (ams_table){0};
    ams_h5 file;
    uint64_t nnz = 0;
    ams_status status = ams_h5_open(&file, path, err);
    if (status != AMS_OK) {
        return status;
    }
    AMS_TRY(ams_load_head(table, &file, err));
    AMS_TRY(read_items(table, &file, err));
    AMS_TRY(read_outputs(table, &file, &nnz, err));
    status = ams_table_check(table, nnz, err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "%s", path);
    }
out:
    (void)ams_h5_close(&file, NULL);
    if (status != AMS_OK) {
        ams_table_fini(table);
    }
    return status;
}

ams_status ams_table_stored_hash(const char *path, char text[AMS_HASH_TEXT], ams_error *err)
{
    ams_h5 file;
    char *found = NULL;
    text[0] = '\0';
    ams_status status = ams_h5_open(&file, path, err);
    if (status != AMS_OK) {
        return status;
    }
    AMS_TRY(check_format(&file, err));
    AMS_TRY(ams_h5_get_text(&file, "content_hash", &found, err));
    if (found[0] != '\0' && strlen(found) != AMS_HASH_TEXT - 1) {
        status =
            ams_fail(err, AMS_BAD_DATA,
                     "%s: attribute content_hash: %d hexadecimal digits expected, '%s' found",
                     path, AMS_HASH_TEXT - 1, found);
        goto out;
    }
    memcpy(text, found, strlen(found) + 1);
out:
    free(found);
    (void)ams_h5_close(&file, NULL);
    return status;
}
