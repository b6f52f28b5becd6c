/* `ams schedule` and `ams trace` on a file that is too large to be in memory: its training
 * items are read, which baselines and planners are fitted to, and of the others a window at a
 * time, or the one that is traced. */
#include "cli/eval.h"
#include "cli/schedule.h"

#include "base/memory.h"
#include "env/table_part.h"
#include "sched/fold.h"
#include "sched/limits/fold_limits.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW = 16384 };

/* Half of what is told, in bytes; the rest is for policies, scores and the library. */
static uint64_t for_windows(const schedule_setup *s)
{
    return s->table_mb * (UINT64_C(1) << 20) / 2;
}

/* What there is to read, ascending: the items of `split`, and `one` unless it is AMS_NO_NAME.
 */
static ams_status list_items(const ams_table *head, uint8_t split, uint32_t one,
                             uint32_t **item, uint32_t *n, ams_error *err)
{
    *n = 0;
    for (uint32_t i = 0; i < head->n_items; i++) {
        *n += head->split[i] == split || i == one;
    }
    ams_status status = ams_alloc(item, *n, sizeof **item, "items", err);
    for (uint32_t i = 0, k = 0; status == AMS_OK && i < head->n_items; i++) {
        if (head->split[i] == split || i == one) {
            (*item)[k++] = i;
        }
    }
    return status;
}

/* ---- one item ---- */

static bool needs_training(const schedule_setup *s, const cli_args *args)
{
    const char *scheduler = cli_get(args, "--scheduler", "");
    bool needed = strcmp(s->expect, "mean") != 0 || strncmp(scheduler, "plan", 4) == 0;
    for (int i = 0; cli_get_nth(args, "--policy", i) != NULL; i++) {
        needed = needed || eval_spec_is_fitted(cli_get_nth(args, "--policy", i));
    }
    return needed;
}

static ams_status no_item(const schedule_setup *s, ams_table_file *file, ams_error *err)
{
    const uint32_t first = 0;
    ams_table one;
    ams_status status = ams_table_file_read(file, &first, 1, &one, err);
    if (status == AMS_OK) {
        status =
            ams_fail(err, AMS_USAGE, "option --item: %s has no item '%s'; its first is '%s'",
                     s->data_path, s->item_id, ams_names_get(&one.item_id, 0));
        ams_table_fini(&one);
    }
    return status;
}

ams_status schedule_open_item(schedule_setup *s, const cli_args *args, ams_error *err)
{
    enum { IN_NO_SPLIT = 3 };
    ams_table_file *file = NULL;
    uint32_t place = 0;
    uint32_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_file_open(&file, s->data_path, err));
    AMS_TRY(ams_table_file_find(file, s->item_id, &place, err));
    if (place == AMS_NO_NAME) {
        status = no_item(s, file, err);
        goto out;
    }
    AMS_TRY(list_items(ams_table_file_head(file),
                       needs_training(s, args) ? AMS_TRAIN : IN_NO_SPLIT, place, &s->part_item,
                       &n, err));
    AMS_TRY(ams_table_file_read(file, s->part_item, n, &s->table, err));
    s->item = ams_names_find(&s->table.item_id, s->item_id, strlen(s->item_id));
out:
    ams_table_file_close(file);
    return status;
}

/* ---- windows ---- */

static ams_status open_parts(schedule_setup *s, ams_error *err)
{
    uint32_t *training = NULL;
    uint32_t n = 0;
    const uint32_t first = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_stored_hash(s->data_path, s->data_hash, err));
    if (s->data_hash[0] == '\0') {
        AMS_TRY(ams_table_file_check(s->parts, s->table_mb, NULL, NULL, s->data_hash, err));
    }
    AMS_TRY(
        list_items(ams_table_file_head(s->parts), AMS_TRAIN, AMS_NO_NAME, &training, &n, err));
    if (ams_table_part_bytes(s->parts, n) > for_windows(s)) {
        status = ams_fail(
            err, AMS_USAGE,
            "%s: its %u training items, which `fixed` and planners are fitted to, need about "
            "%llu MB of --table-memory; raise it, or leave some of them out with `ams data "
            "select --items`",
            s->data_path, n,
            (unsigned long long)(2 * (ams_table_part_bytes(s->parts, n) >> 20) + 2));
        goto out;
    }
    AMS_TRY(ams_table_file_read(s->parts, n > 0 ? training : &first, n > 0 ? n : 1, &s->table,
                                err));
out:
    free(training);
    return status;
}

ams_status schedule_open_file(schedule_setup *s, ams_error *err)
{
    ams_table_file *file = NULL;
    ams_split split = AMS_TEST;
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_file_open(&file, s->data_path, err));
    const ams_table *head = ams_table_file_head(file);
    if (ams_split_parse(s->split_name, &split)) { /* else it is told later */
        AMS_TRY(list_items(head, (uint8_t)split, AMS_NO_NAME, &s->part_item, &s->n_items, err));
    }
    if (s->n_items > 0 && ams_table_part_bytes(file, head->n_items) > s->table_mb << 20) {
        s->parts = file;
        return open_parts(s, err);
    }
    AMS_TRY(ams_table_read(&s->table, s->data_path, err));
    AMS_TRY(ams_table_hash(&s->table, s->data_hash, err));
out:
    ams_table_file_close(file);
    return status;
}

/* Items of a window that fits: its table and environment, and one for each kind of features. */
static uint32_t window_size(const schedule_setup *s)
{
    uint64_t environments = 1;
    uint64_t size = WINDOW;
    for (uint32_t k = 0; k < s->n_policies; k++) {
        environments += s->policy[k]->own_env != NULL && s->policy[k]->sharing == NULL;
    }
    while (size > 64 && environments * ams_table_part_bytes(s->parts, size) > for_windows(s)) {
        size /= 2;
    }
    return (uint32_t)size;
}

/* Owners of shared environments first. */
static ams_status move_policies(const schedule_setup *s, const ams_table *table,
                                const ams_env *env, const uint32_t *item, ams_error *err)
{
    ams_status status = AMS_OK;
    for (int sharing = 0; sharing < 2; sharing++) {
        for (uint32_t k = 0; k < s->n_policies && status == AMS_OK; k++) {
            if ((s->policy[k]->sharing != NULL) == (sharing == 1)) {
                status = ams_policy_move(s->policy[k], table, env, item, err);
            }
        }
    }
    return status;
}

static ams_status score_window(schedule_session *s, ams_limit_evaluation *evaluation,
                               ams_limit_fold *fold, const uint32_t *item, uint32_t n,
                               ams_error *err)
{
    const schedule_setup *setup = &s->setup;
    ams_table table = {0};
    ams_env *env = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_file_read(setup->parts, item, n, &table, err));
    AMS_TRY(ams_env_create(&env, &table, &setup->env->options, err));
    AMS_TRY(move_policies(setup, &table, env, item, err));
    evaluation->env = env;
    evaluation->table = &table;
    for (uint32_t k = 0, at = 0; k < s->n_series; k++) {
        for (uint32_t r = 0; r < s->series[k].n_runs; r++, at++) {
            ams_limit_scores part = {.n = 0};
            AMS_TRY(schedule_score_run(s, &s->series[k], r, evaluation, &part, err));
            status = ams_limit_fold_add(&fold[at], &part, err);
            ams_limit_scores_fini(&part);
            if (status != AMS_OK) {
                goto out;
            }
        }
    }
out:
    for (uint32_t k = 0; k < setup->n_policies; k++) { /* nothing may look at what goes away */
        setup->policy[k]->env = setup->env;
        setup->policy[k]->item_index = NULL;
    }
    ams_env_destroy(env);
    ams_table_fini(&table);
    return status;
}

ams_status schedule_score_parts(schedule_session *s, ams_limit_evaluation *evaluation,
                                ams_error *err)
{
    const schedule_setup *setup = &s->setup;
    ams_limit_fold *fold = NULL;
    cli_progress bar;
    uint32_t runs = 0;
    ams_status status = AMS_OK;
    cli_progress_begin(&bar, "ams schedule");
    for (uint32_t k = 0; k < s->n_series; k++) {
        runs += s->series[k].n_runs;
    }
    AMS_TRY(ams_alloc(&fold, runs, sizeof *fold, "series", err));
    for (uint32_t k = 0; k < runs; k++) {
        AMS_TRY(ams_limit_fold_init(&fold[k], setup->n_items, setup->n_points, err));
    }
    uint32_t size = window_size(setup);
    for (uint32_t at = 0; at < setup->n_items; at += size) {
        uint32_t left = setup->n_items - at;
        cli_progress_update(&bar, at, setup->n_items, "");
        AMS_TRY(score_window(s, evaluation, fold, setup->part_item + at,
                             left < size ? left : size, err));
    }
    for (uint32_t k = 0, at = 0; k < s->n_series; k++) {
        for (uint32_t r = 0; r < s->series[k].n_runs; r++, at++) {
            AMS_TRY(ams_limit_fold_finish(&fold[at], &s->series[k].scores[r], err));
        }
    }
out:
    cli_progress_end(&bar);
    for (uint32_t k = 0; fold != NULL && k < runs; k++) {
        ams_limit_fold_fini(&fold[k]);
    }
    free(fold);
    return status;
}
