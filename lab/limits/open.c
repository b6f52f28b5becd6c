#include "lab/limits/open.h"

#include "ams/data.h"
#include "ams/table_file.h"
#include "sched/windows.h"

#include <stdlib.h>
#include <string.h>

static ams_status no_item(const ams_limit_setup *s, ams_table_file *file, ams_error *err)
{
    const uint32_t first = 0;
    ams_table one;
    ams_status status = ams_table_file_read(file, &first, 1, &one, err);
    if (status == AMS_OK) {
        status =
            ams_fail(err, AMS_USAGE, "%s has no item '%s'; its first is '%s'",
                     s->options.data_path, s->options.item_id, ams_names_get(&one.item_id, 0));
        ams_table_fini(&one);
    }
    return status;
}

/* The item beside the training items of another file; `place` is its own in a file of n_items.
 * It is scored whatever its split, and has the place and so the draws that it had. */
static ams_status join_item(ams_limit_setup *s, uint32_t place, uint32_t n_items,
                            ams_error *err)
{
    ams_status status = AMS_OK;
    free(s->file_item);
    s->file_item = NULL;
    s->table.split[0] = AMS_TEST;
    AMS_TRY(ams_data_join_file(&s->table, &s->file_item, AMS_TEST, AMS_FIT, s->options.fit_path,
                               s->options.memory_mb, err));
    s->file_item[0] = place;
    for (uint32_t i = 1; i < s->table.n_items; i++) {
        s->file_item[i] += n_items - 1;
    }
out:
    return status;
}

ams_status ams_limit_open_item(ams_limit_setup *s, ams_error *err)
{
    const char *id = s->options.item_id;
    const char *fit = s->options.fit_path;
    const uint8_t split = s->options.training && fit == NULL ? AMS_TRAIN : AMS_IN_NO_SPLIT;
    ams_table_file *file = NULL;
    uint32_t place = 0;
    uint32_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_file_open(&file, s->options.data_path, err));
    AMS_TRY(ams_table_file_find(file, id, &place, err));
    if (place == AMS_NO_NAME) {
        status = no_item(s, file, err);
        goto out;
    }
    AMS_TRY(ams_windows_list(ams_table_file_head(file), split, place, &s->file_item, &n, err));
    AMS_TRY(ams_table_file_read(file, s->file_item, n, &s->table, err));
    if (fit != NULL) {
        AMS_TRY(join_item(s, place, ams_table_file_head(file)->n_items, err));
    }
    s->item = ams_names_find(&s->table.item_id, id, strlen(id));
out:
    ams_table_file_close(file);
    return status;
}

static ams_status open_windows(ams_limit_setup *s, ams_error *err)
{
    const char *option = s->options.memory_option;
    const ams_windows_fit fit = {.path = s->options.data_path,
                                 .option = option == NULL ? "memory_mb" : option,
                                 .memory_mb = s->options.memory_mb,
                                 .fitted = true};
    ams_status status = AMS_OK;
    AMS_TRY(ams_windows_hash(s->file, s->options.data_path, s->options.memory_mb, s->data_hash,
                             err));
    status = ams_windows_fit_table(s->file, &fit, &s->table, err);
out:
    return status;
}

ams_status ams_limit_open_file(ams_limit_setup *s, ams_error *err)
{
    const char *path = s->options.data_path;
    ams_table_file *file = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_file_open(&file, path, err));
    const ams_table *head = ams_table_file_head(file);
    AMS_TRY(ams_windows_list(head, (uint8_t)s->options.split, AMS_NO_NAME, &s->file_item,
                             &s->n_items, err));
    const char *fit = s->options.fit_path;
    if (s->n_items > 0 && ams_table_part_bytes(file, head->n_items) > s->options.memory_mb
                                                                          << 20) {
        s->file = file;
        return fit == NULL ? open_windows(s, err) : ams_data_refuse_join(fit, err);
    }
    free(s->file_item);
    s->file_item = NULL;
    AMS_TRY(ams_table_read(&s->table, path, err));
    AMS_TRY(ams_table_hash(&s->table, s->data_hash, err));
    if (fit != NULL) {
        AMS_TRY(ams_data_join_file(&s->table, &s->file_item, s->options.split, AMS_FIT, fit,
                                   s->options.memory_mb, err));
    }
out:
    ams_table_file_close(file);
    return status;
}
