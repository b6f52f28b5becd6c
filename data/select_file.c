/* A selection from a file that is too large to be read whole: its items are chosen in a first
 * pass over its windows, and only those are read. */
#include "ams/data.h"

#include "base/memory.h"
#include "data/parts.h"
#include "data/rows.h"

#include <stdlib.h>
#include <string.h>

static ams_status read_id(ams_names *ids, const char *line, size_t length, bool as_rows,
                          ams_error *err)
{
    uint32_t index = 0;
    ams_status status = as_rows ? ams_row_check_name("item", line, err) : AMS_OK;
    return status != AMS_OK ? status : ams_names_add(ids, line, length, &index, err);
}

ams_status ams_read_ids(ams_names *ids, ams_line_reader *lines, const char *path, bool as_rows,
                        ams_error *err)
{
    ams_status status = AMS_OK;
    while (status == AMS_OK) {
        const char *line = NULL;
        size_t length = 0;
        AMS_TRY(ams_lines_next(lines, &line, &length, err));
        if (line == NULL) {
            break;
        }
        status = length == 0 ? AMS_OK : read_id(ids, line, length, as_rows, err);
        if (status != AMS_OK) {
            ams_error_prefix(err, "%s:%llu", path, (unsigned long long)ams_lines_number(lines));
        }
    }
    if (status == AMS_OK && ids->count == 0) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: expected item ids, one per line, found none",
                          path);
    }
out:
    return status;
}

ams_status ams_data_read_ids(ams_names *ids, const char *path, ams_error *err)
{
    ams_line_reader *lines = NULL;
    ams_status status = ams_lines_open(&lines, path, err);
    if (status == AMS_OK) {
        status = ams_read_ids(ids, lines, path, false, err);
    }
    ams_lines_close(lines);
    return status;
}

/* Items that are in the groups and in the list; an empty one of these contains all. */
typedef struct select_choice {
    const ams_selection *selection;
    ams_names ids; /* of the list */
    uint32_t *item;
    size_t n, capacity;
    uint32_t n_listed; /* items of the file that are in the list */
} select_choice;

static bool in_groups(const ams_selection *selection, const char *group)
{
    bool chosen = selection->n_groups == 0;
    for (size_t g = 0; g < selection->n_groups && !chosen; g++) {
        chosen = strcmp(selection->groups[g], group) == 0;
    }
    return chosen;
}

static ams_status choose_window(void *context, const ams_table *window, uint32_t first,
                                ams_error *err)
{
    select_choice *c = context;
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < window->n_items; i++) {
        const char *id = ams_names_get(&window->item_id, i);
        const char *group = ams_names_get(&window->group_name, window->item_group[i]);
        bool listed = c->selection->n_items == 0 ||
                      ams_names_find(&c->ids, id, strlen(id)) != AMS_NO_NAME;
        c->n_listed += listed;
        if (listed && in_groups(c->selection, group)) {
            AMS_TRY(ams_grow(&c->item, &c->capacity, c->n + 1, sizeof *c->item, "items", err));
            c->item[c->n++] = first + i;
        }
    }
out:
    return status;
}

static ams_status list_ids(select_choice *c, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t i = 0; i < c->selection->n_items && status == AMS_OK; i++) {
        const char *id = c->selection->items[i];
        uint32_t index = 0;
        status = ams_names_add(&c->ids, id, strlen(id), &index, err);
    }
    return status;
}

static ams_status read_chosen(ams_table *table, ams_table_file *file,
                              const ams_selection *selection, ams_error *err)
{
    select_choice c = {.selection = selection};
    ams_status status = AMS_OK;
    AMS_TRY(list_ids(&c, err));
    AMS_TRY(ams_table_file_check(file, 0, choose_window, &c, NULL, err));
    if (c.ids.count > 0 && c.n_listed < c.ids.count) {
        status = ams_fail(err, AMS_USAGE, "select: %u of the %u items in the list are unknown",
                          c.ids.count - c.n_listed, c.ids.count);
        goto out;
    }
    if (c.n == 0) {
        status = ams_fail(err, AMS_USAGE,
                          "select: expected at least one item, found none that is in the "
                          "groups and in the list of items");
        goto out;
    }
    AMS_TRY(ams_table_file_read(file, c.item, (uint32_t)c.n, table, err));
out:
    free(c.item);
    ams_names_fini(&c.ids);
    return status;
}

ams_status ams_data_select_file(ams_table *selected, const char *path,
                                const ams_selection *selection, uint64_t memory_mb,
                                ams_error *err)
{
    *selected = (ams_table){0};
    ams_table_file *file = NULL;
    ams_table table = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_file_open(&file, path, err));
    uint32_t n = ams_table_file_head(file)->n_items;
    bool some = selection->n_groups > 0 || selection->n_items > 0;
    if (some && ams_table_part_bytes(file, n) > memory_mb << 20) {
        AMS_TRY(read_chosen(&table, file, selection, err));
    } else {
        AMS_TRY(ams_table_read(&table, path, err));
    }
    status = ams_data_select(selected, &table, selection, err);
out:
    ams_table_file_close(file);
    ams_table_fini(&table);
    return status;
}
