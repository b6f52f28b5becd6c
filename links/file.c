#include "ams/link_file.h"

#include "base/file.h"
#include "base/memory.h"
#include "links/map.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char MAGIC[] = "AMSLNK01", MAGIC_2[] = "AMSLNK02";
enum { LARGEST_FILE = 1 << 30, MOST_COLUMNS = 1 << 20, MOST_MAPS = 2 * AMS_MAX_MODELS };

/* Section "meta", fixed size, no padding. */
typedef struct file_meta {
    char data_hash[40];
    double lambda, any_lambda;
    uint32_t n_models, n_columns, n_labels, n_maps;
    uint32_t min_count, features, targets;
    float threshold; /* of all models; of version 2, section "valuable" has it per model */
    uint32_t chosen; /* 1 + the map of a chosen set; 0: none was chosen */
    uint32_t unused;
} file_meta;
_Static_assert(sizeof(file_meta) == 40 + 2 * 8 + 10 * 4, "no padding");

/* Section "mK" of map K. Its weights are in "wK", its biases in "bK". */
typedef struct file_map {
    uint64_t mask;
    uint32_t form, n_rows;
    double tau[AMS_MAX_MODELS], quality[AMS_MAX_MODELS];
} file_map;
_Static_assert(sizeof(file_map) == 16 + 2 * 8 * AMS_MAX_MODELS, "no padding");

static void tag_of(char tag[AMS_TAG + 1], char kind, uint32_t index)
{
    snprintf(tag, AMS_TAG + 1, "%c%u", kind, index % 1000);
}

void ams_link_file_fini(ams_link_file *file)
{
    for (uint32_t k = 0; file->map != NULL && k < file->n_maps; k++) {
        ams_link_map_fini(&file->map[k]);
    }
    free(file->map);
    free(file->time_ms);
    free(file->mem_mb);
    ams_names_fini(&file->model_name);
    ams_names_fini(&file->label_name);
    ams_link_space_fini(&file->space);
    *file = (ams_link_file){.n_maps = 0};
}

/* -- writing -- */

/* The networks of all targets, one after the other. */
static ams_status add_networks(ams_blob *blob, const char *tag, const ams_link_map *map,
                               ams_error *err)
{
    float *params = NULL;
    size_t n = 0;
    ams_status status = AMS_OK;
    for (uint32_t j = 0; j < map->n_models; j++) {
        n += map->net[j].n_params;
    }
    AMS_TRY(ams_alloc(&params, n, sizeof *params, "networks", err));
    n = 0;
    for (uint32_t j = 0; j < map->n_models; j++) {
        if (map->net[j].n_params > 0) {
            memcpy(params + n, map->net[j].params, map->net[j].n_params * sizeof *params);
            n += map->net[j].n_params;
        }
    }
    status = ams_blob_add(blob, tag, params, n * sizeof *params, err);
out:
    free(params);
    return status;
}

static ams_status add_map(ams_blob *blob, const ams_link_map *map, uint32_t index,
                          ams_error *err)
{
    file_map m = {.mask = map->mask, .form = (uint32_t)map->form, .n_rows = map->n_rows};
    char tag[AMS_TAG + 1];
    ams_status status = AMS_OK;
    memcpy(m.tau, map->tau, sizeof m.tau);
    memcpy(m.quality, map->quality, sizeof m.quality);
    tag_of(tag, 'm', index);
    AMS_TRY(ams_blob_add(blob, tag, &m, sizeof m, err));
    tag_of(tag, 'w', index);
    if (map->form == AMS_LINK_NETWORKS) {
        return add_networks(blob, tag, map, err);
    }
    AMS_TRY(ams_blob_add(blob, tag, map->weight,
                         (size_t)map->n_rows * map->n_columns * sizeof *map->weight, err));
    tag_of(tag, 'b', index);
    status = ams_blob_add(blob, tag, map->bias, map->n_columns * sizeof *map->bias, err);
out:
    return status;
}

/* Names of the labels that have a column, and columns as indices of these names. */
static ams_status list_labels(const ams_table *table, const ams_link_space *space,
                              ams_names *names, uint32_t *column, ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t c = 0; status == AMS_OK && c < space->n_columns; c++) {
        column[c] = space->label[c];
        if (column[c] != AMS_LINK_OTHER && column[c] != AMS_LINK_NONE) {
            const char *name = ams_names_get(&table->label_name, space->label[c]);
            status = ams_names_add(names, name, strlen(name), &column[c], err);
        }
    }
    return status;
}

static bool one_threshold(const ams_link_space *space)
{
    for (uint32_t m = 1; m < space->n_models; m++) {
        if (space->threshold[m] < space->threshold[0] ||
            space->threshold[m] > space->threshold[0]) {
            return false;
        }
    }
    return true;
}

static ams_status add_head(ams_blob *blob, const ams_table *table, const char *data_hash,
                           const ams_link_space *space, uint32_t n_maps, uint32_t chosen,
                           ams_error *err)
{
    ams_names labels = {0};
    uint32_t *column = NULL;
    file_meta m = {.lambda = space->options.lambda,
                   .any_lambda = space->options.any_lambda,
                   .n_models = space->n_models,
                   .n_columns = space->n_columns,
                   .n_maps = n_maps,
                   .min_count = space->options.min_count,
                   .features = (uint32_t)space->options.features,
                   .targets = (uint32_t)space->options.targets,
                   .threshold = space->threshold[0],
                   .chosen = chosen == AMS_LINK_NOT_CHOSEN ? 0 : chosen + 1};
    ams_status status = AMS_OK;
    memcpy(m.data_hash, data_hash, strnlen(data_hash, AMS_HASH_TEXT - 1));
    AMS_TRY(ams_alloc(&column, space->n_columns, sizeof *column, "columns", err));
    AMS_TRY(list_labels(table, space, &labels, column, err));
    m.n_labels = labels.count;
    AMS_TRY(ams_blob_add(blob, "meta", &m, sizeof m, err));
    AMS_TRY(
        ams_blob_add(blob, "models", table->model_name.text, table->model_name.text_used, err));
    AMS_TRY(ams_blob_add(blob, "time_ms", table->time_ms, m.n_models * sizeof(float), err));
    AMS_TRY(ams_blob_add(blob, "mem_mb", table->mem_mb, m.n_models * sizeof(float), err));
    AMS_TRY(ams_blob_add(blob, "labels", labels.text, labels.text_used, err));
    AMS_TRY(ams_blob_add(blob, "columns", column, m.n_columns * sizeof *column, err));
    AMS_TRY(ams_blob_add(blob, "first", space->first,
                         (m.n_models + (size_t)1) * sizeof *space->first, err));
    AMS_TRY(ams_blob_add(blob, "kinds", space->kind, m.n_models, err));
    if (!one_threshold(space)) {
        status =
            ams_blob_add(blob, "valuable", space->threshold, m.n_models * sizeof(float), err);
    }
out:
    ams_names_fini(&labels);
    free(column);
    return status;
}

ams_status ams_link_file_write(const char *path, const ams_table *table,
                               const char data_hash[AMS_HASH_TEXT], const ams_link_space *space,
                               const ams_link_map *const *map, uint32_t n_maps, uint32_t chosen,
                               ams_error *err)
{
    ams_blob blob = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_blob_begin(&blob, one_threshold(space) ? MAGIC : MAGIC_2, err));
    AMS_TRY(add_head(&blob, table, data_hash, space, n_maps, chosen, err));
    for (uint32_t k = 0; k < n_maps; k++) {
        AMS_TRY(add_map(&blob, map[k], k, err));
    }
    status = ams_blob_write(&blob, path, err);
out:
    ams_blob_fini(&blob);
    return status;
}

/* -- reading -- */

static ams_status bad(const char *path, const char *what, ams_error *err)
{
    return ams_fail(err, AMS_BAD_DATA,
                    "%s: %s; the file is damaged or was not written by `ams links`", path,
                    what);
}

static ams_status check_meta(const file_meta *m, const char *path, ams_error *err)
{
    if (memchr(m->data_hash, 0, AMS_HASH_TEXT) == NULL) {
        return bad(path, "a text in section 'meta' does not end", err);
    }
    if (m->n_models == 0 || m->n_models > AMS_MAX_MODELS || m->n_columns < m->n_models ||
        m->n_columns > MOST_COLUMNS || m->n_labels > m->n_columns || m->n_maps > MOST_MAPS ||
        m->chosen > m->n_maps) {
        return bad(path, "a count in section 'meta' is out of range", err);
    }
    if (m->features > AMS_LINK_BITS || m->targets > AMS_LINK_BITS ||
        !(m->threshold >= 0 && m->threshold < 1) || !(m->lambda > 0) || !(m->any_lambda > 0) ||
        !isfinite(m->lambda) || !isfinite(m->any_lambda)) {
        return bad(path, "an option in section 'meta' is out of range", err);
    }
    return AMS_OK;
}

/* In version 1 all models have the one of meta. */
static ams_status read_thresholds(ams_link_space *space, const ams_sections *sections,
                                  const file_meta *m, ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < m->n_models; i++) {
        space->threshold[i] = m->threshold;
    }
    if (memcmp(sections->bytes, MAGIC_2, AMS_TAG) == 0) {
        AMS_TRY(ams_sections_copy(sections, "valuable", space->threshold,
                                  m->n_models * sizeof *space->threshold, err));
    }
    for (uint32_t i = 0; i < m->n_models; i++) {
        if (!(space->threshold[i] >= 0 && space->threshold[i] < 1)) {
            return bad(sections->path, "a threshold is not between 0 and 1", err);
        }
    }
out:
    return status;
}

static ams_status read_space(ams_link_file *file, const ams_sections *sections,
                             const file_meta *m, ams_error *err)
{
    ams_link_space *space = &file->space;
    const uint8_t *data = NULL;
    size_t size = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_sections_get(sections, "columns", &data, &size, err));
    if (size != m->n_columns * sizeof *space->label) {
        status = bad(sections->path, "section 'columns' has another size", err);
        goto out;
    }
    AMS_TRY(ams_alloc(&space->label, m->n_columns, sizeof *space->label, "columns", err));
    memcpy(space->label, data, size);
    AMS_TRY(ams_sections_copy(sections, "first", space->first,
                              (m->n_models + (size_t)1) * sizeof *space->first, err));
    AMS_TRY(ams_sections_copy(sections, "kinds", space->kind, m->n_models, err));
    AMS_TRY(read_thresholds(space, sections, m, err));
    space->n_models = m->n_models;
    space->n_columns = m->n_columns;
    space->options = (ams_link_options){.min_count = m->min_count,
                                        .features = (ams_link_values)m->features,
                                        .targets = (ams_link_values)m->targets,
                                        .lambda = m->lambda,
                                        .any_lambda = m->any_lambda};
    bool good = space->first[0] == 0 && space->first[m->n_models] == m->n_columns;
    for (uint32_t i = 0; i < m->n_models; i++) {
        good = good && space->first[i] < space->first[i + 1] && space->kind[i] <= AMS_LINK_REAL;
    }
    for (uint32_t c = 0; c < m->n_columns; c++) {
        good = good && (space->label[c] < m->n_labels || space->label[c] == AMS_LINK_OTHER ||
                        space->label[c] == AMS_LINK_NONE);
    }
    status = good ? AMS_OK : bad(sections->path, "a column is out of range", err);
out:
    return status;
}

/* Parameters of a target's network, as ams_net_init_widths lays them out. */
static uint64_t params_of(const ams_link_space *space, const ams_link_map *map, uint32_t target)
{
    const uint64_t o = ams_link_width(space, target);
    const uint64_t first = (uint64_t)map->n_rows * 2 * o + 2 * o;
    const uint64_t second = (first + 15) / 16 * 16 + 2 * o * o + o;
    return (second + 15) / 16 * 16;
}

static ams_status read_networks(ams_link_file *file, const ams_sections *sections,
                                const char *tag, ams_link_map *map, ams_error *err)
{
    const ams_link_space *space = &file->space;
    float *params = NULL;
    uint64_t n = 0;
    ams_status status = AMS_OK;
    for (uint32_t j = 0; j < space->n_models; j++) {
        n += map->mask >> j & 1 ? 0 : params_of(space, map, j);
        if (!(map->mask >> j & 1) && 2 * ams_link_width(space, j) > AMS_MAX_UNITS) {
            return bad(sections->path, "a network is too wide", err);
        }
    }
    AMS_TRY(
        ams_sections_floats(sections, tag, n, -(double)INFINITY, "ams links", &params, err));
    AMS_TRY(ams_alloc(&map->net, space->n_models, sizeof *map->net, "networks", err));
    n = 0;
    for (uint32_t j = 0; j < space->n_models; j++) {
        const uint32_t o = ams_link_width(space, j);
        const uint32_t width[3] = {map->n_rows, 2 * o, o};
        if (!(map->mask >> j & 1)) {
            AMS_TRY(ams_net_init_widths(&map->net[j], width, 2, err));
            memcpy(map->net[j].params, params + n, map->net[j].n_params * sizeof *params);
            n += map->net[j].n_params;
        }
    }
out:
    free(params);
    return status;
}

static ams_status read_map(ams_link_file *file, const ams_sections *sections, uint32_t index,
                           ams_error *err)
{
    const ams_link_space *space = &file->space;
    ams_link_map *map = &file->map[index];
    file_map m;
    char tag[AMS_TAG + 1];
    ams_status status = AMS_OK;
    tag_of(tag, 'm', index);
    AMS_TRY(ams_sections_copy(sections, tag, &m, sizeof m, err));
    bool good = m.form <= AMS_LINK_NETWORKS &&
                (space->n_models == 64 || m.mask >> space->n_models == 0);
    for (uint32_t i = 0; i < AMS_MAX_MODELS; i++) {
        good = good && isfinite(m.tau[i]) && isfinite(m.quality[i]);
    }
    map->form = (ams_link_form)m.form;
    map->mask = m.mask;
    memcpy(map->tau, m.tau, sizeof m.tau);
    memcpy(map->quality, m.quality, sizeof m.quality);
    if (!good || ams_link_map_place(map, space) != m.n_rows) {
        status = bad(sections->path, "a link is out of range", err);
        goto out;
    }
    tag_of(tag, 'w', index);
    if (map->form == AMS_LINK_NETWORKS) {
        return read_networks(file, sections, tag, map, err);
    }
    AMS_TRY(ams_sections_floats(sections, tag, (size_t)m.n_rows * space->n_columns,
                                -(double)INFINITY, "ams links", &map->weight, err));
    tag_of(tag, 'b', index);
    status = ams_sections_floats(sections, tag, space->n_columns, -(double)INFINITY,
                                 "ams links", &map->bias, err);
out:
    return status;
}

ams_status ams_link_file_parse(ams_link_file *file, const void *bytes, size_t size,
                               const char *path, ams_error *err)
{
    ams_sections sections;
    file_meta m;
    ams_status status = AMS_OK;
    *file = (ams_link_file){.n_maps = 0};
    const bool second = size >= AMS_TAG && memcmp(bytes, MAGIC_2, AMS_TAG) == 0;
    AMS_TRY(ams_sections_open(&sections, bytes, size, second ? MAGIC_2 : MAGIC, path, err));
    AMS_TRY(ams_sections_copy(&sections, "meta", &m, sizeof m, err));
    AMS_TRY(check_meta(&m, path, err));
    memcpy(file->data_hash, m.data_hash, AMS_HASH_TEXT);
    AMS_TRY(ams_sections_names(&sections, "models", m.n_models, "ams links", &file->model_name,
                               err));
    AMS_TRY(ams_sections_names(&sections, "labels", m.n_labels, "ams links", &file->label_name,
                               err));
    AMS_TRY(ams_sections_floats(&sections, "time_ms", m.n_models, -(double)INFINITY,
                                "ams links", &file->time_ms, err));
    AMS_TRY(ams_sections_floats(&sections, "mem_mb", m.n_models, -(double)INFINITY, "ams links",
                                &file->mem_mb, err));
    AMS_TRY(read_space(file, &sections, &m, err));
    AMS_TRY(ams_alloc(&file->map, m.n_maps, sizeof *file->map, "links", err));
    file->n_maps = m.n_maps;
    file->chosen = m.chosen == 0 ? AMS_LINK_NOT_CHOSEN : m.chosen - 1;
    for (uint32_t k = 0; k < m.n_maps; k++) {
        AMS_TRY(read_map(file, &sections, k, err));
    }
out:
    if (status != AMS_OK) {
        ams_link_file_fini(file);
    }
    return status;
}

ams_status ams_link_file_read(ams_link_file *file, const char *path, ams_error *err)
{
    char *bytes = NULL;
    size_t size = 0;
    *file = (ams_link_file){.n_maps = 0};
    ams_status status = ams_read_file(path, LARGEST_FILE, &bytes, &size, err);
    if (status == AMS_OK) {
        status = ams_link_file_parse(file, bytes, size, path, err);
    }
    free(bytes);
    return status;
}

/* -- on a table -- */

ams_status ams_link_file_fit_table(ams_link_file *file, const ams_table *table, ams_error *err)
{
    for (uint32_t m = 0; m < table->n_models || m < file->model_name.count; m++) {
        const char *theirs =
            m < table->n_models ? ams_names_get(&table->model_name, m) : "none";
        const char *ours =
            m < file->model_name.count ? ams_names_get(&file->model_name, m) : "none";
        if (strcmp(theirs, ours) != 0) {
            return ams_fail(err, AMS_BAD_DATA,
                            "the links are of other models than the data set: expected %s as "
                            "model %u, found %s; fit links to this data set",
                            ours, m + 1, theirs);
        }
    }
    for (uint32_t c = 0; c < file->space.n_columns; c++) {
        uint32_t *label = &file->space.label[c];
        if (*label != AMS_LINK_OTHER && *label != AMS_LINK_NONE) {
            const char *name = ams_names_get(&file->label_name, *label);
            const uint32_t found = ams_names_find(&table->label_name, name, strlen(name));
            /* One past the last label: no output has it. */
            *label = found == AMS_NO_NAME ? table->n_labels : found;
        }
    }
    return AMS_OK;
}

const ams_link_map *ams_link_file_any(const ams_link_file *file)
{
    for (uint32_t k = 0; k < file->n_maps; k++) {
        if (file->map[k].form == AMS_LINK_ANY) {
            return &file->map[k];
        }
    }
    return NULL;
}
