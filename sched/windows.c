#include "sched/windows.h"

#include "base/memory.h"

#include <stdlib.h>

ams_status ams_windows_list(const ams_table *head, uint8_t split, uint32_t one, uint32_t **item,
                            uint32_t *n, ams_error *err)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < head->n_items; i++) {
        count += head->split[i] == split || i == one;
    }
    ams_status status = ams_alloc(item, count, sizeof **item, "items", err);
    *n = 0;
    for (uint32_t i = 0; status == AMS_OK && i < head->n_items; i++) {
        if (head->split[i] == split || i == one) {
            (*item)[(*n)++] = i;
        }
    }
    return status;
}

ams_status ams_windows_fit_table(ams_table_file *file, const ams_windows_fit *fit,
                                 ams_table *table, ams_error *err)
{
    const uint32_t first = 0;
    uint32_t *training = NULL;
    uint32_t n = 0;
    ams_status status = AMS_OK;
    if (fit->fitted) {
        AMS_TRY(ams_windows_list(ams_table_file_head(file), AMS_TRAIN, AMS_NO_NAME, &training,
                                 &n, err));
    }
    const uint64_t need = ams_table_part_bytes(file, n);
    if (n > 0 && need > ams_windows_bytes(fit->memory_mb)) {
        status = ams_fail(
            err, AMS_USAGE,
            "%s: a policy is fitted to its %u training items, which need about %llu MB of %s; "
            "raise it, leave that policy out, or leave items out with `ams data select "
            "--items`",
            fit->path, n, (unsigned long long)(2 * (need >> 20) + 2), fit->option);
        goto out;
    }
    status = ams_table_file_read(file, n > 0 ? training : &first, n > 0 ? n : 1, table, err);
out:
    free(training);
    return status;
}

ams_status ams_windows_hash(ams_table_file *file, const char *path, uint64_t memory_mb,
                            char hash[AMS_HASH_TEXT], ams_error *err)
{
    ams_status status = ams_table_stored_hash(path, hash, err);
    if (status == AMS_OK && hash[0] == '\0') {
        status = ams_table_file_check(file, memory_mb, NULL, NULL, hash, err);
    }
    return status;
}

/* A window's table with its environment, and one more for each kind of features that policies
 * were trained with. */
uint32_t ams_windows_size(const ams_windows *w)
{
    uint64_t environments = 1;
    uint64_t size = AMS_WINDOW_ITEMS;
    for (uint32_t k = 0; k < w->n_policies; k++) {
        environments += ams_policy_owns_env(w->policy[k]);
    }
    while (size > 64 &&
           environments * ams_table_part_bytes(w->file, size) + size * w->bytes_per_item >
               w->bytes) {
        size /= 2;
    }
    return (uint32_t)size;
}

/* A policy that shares an environment moves after the owner. */
static ams_status move_policies(const ams_windows *w, const ams_window *window, ams_error *err)
{
    ams_status status = AMS_OK;
    for (int shares = 0; shares < 2; shares++) {
        for (uint32_t k = 0; k < w->n_policies && status == AMS_OK; k++) {
            if (ams_policy_shares_env(w->policy[k]) == (shares == 1)) {
                status = ams_policy_move(w->policy[k], window->table, window->env, window->item,
                                         err);
            }
        }
    }
    return status;
}

/* Items first .. first + n - 1 of the table, by its own arrays. */
static ams_table view_of(const ams_table *table, uint32_t first, uint32_t n)
{
    const size_t row = (size_t)first * table->n_models;
    ams_table view = *table;
    view.n_items = n;
    view.item_id = (ams_names){0};
    view.item_group += first;
    view.split += first;
    view.indptr += row;
    view.truth_indptr += view.truth_indptr != NULL ? first : 0;
    view.run_time_ms += view.run_time_ms != NULL ? row : 0;
    return view;
}

/* `at`: of the walk's items. */
static ams_status visit_items(const ams_windows *w, const ams_table *table, uint32_t at,
                              ams_window_fn *visit, void *context, ams_error *err)
{
    ams_env *env = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_env_create(&env, table, &w->env->options, err));
    const ams_window window = {
        .table = table, .env = env, .item = w->item + at, .first = at, .n = table->n_items};
    AMS_TRY(move_policies(w, &window, err));
    status = visit(context, &window, err);
out:
    for (uint32_t k = 0; k < w->n_policies; k++) {
        ams_policy_return(w->policy[k], w->env);
    }
    ams_env_destroy(env);
    return status;
}

static ams_status visit_window(const ams_windows *w, uint32_t first, uint32_t n,
                               ams_window_fn *visit, void *context, ams_error *err)
{
    ams_table table = {0};
    const uint32_t piece = w->piece > 0 && w->piece < n ? w->piece : n;
    ams_status status = ams_table_file_read(w->file, w->item + first, n, &table, err);
    for (uint32_t at = 0; at < n && status == AMS_OK; at += piece) {
        const ams_table view = view_of(&table, at, n - at < piece ? n - at : piece);
        status = visit_items(w, piece < n ? &view : &table, first + at, visit, context, err);
    }
    ams_table_fini(&table);
    return status;
}

uint32_t ams_windows_count(const ams_windows *w)
{
    const uint32_t size = ams_windows_size(w);
    return w->n_items / size + (w->n_items % size != 0);
}

ams_status ams_windows_visit(const ams_windows *w, uint32_t number, ams_window_fn *visit,
                             void *context, ams_error *err)
{
    const uint32_t size = ams_windows_size(w);
    const uint32_t n = ams_windows_count(w);
    if (number >= n) {
        return ams_fail(err, AMS_USAGE, "window %u of %u", number, n);
    }
    const uint32_t at = number * size;
    const uint32_t rest = w->n_items - at;
    return visit_window(w, at, rest < size ? rest : size, visit, context, err);
}

ams_status ams_windows_walk(const ams_windows *w, ams_window_fn *visit, void *context,
                            ams_error *err)
{
    const uint32_t n = ams_windows_count(w);
    ams_status status = AMS_OK;
    for (uint32_t k = 0; k < n && status == AMS_OK; k++) {
        status = ams_windows_visit(w, k, visit, context, err);
    }
    return status;
}
