/* A file that is too large to be in memory, or that has more items than rows are kept of: its
 * items are read, scored and folded one window at a time. */
#include "sched/windows.h"
#include "base/memory.h"
#include "lab/score/parts.h"
#include "sched/fold.h"

#include <stdlib.h>

/* Rows of one policy's scores and of the bootstrap take about so many bytes per item. */
enum { ROW_BYTES = 2048 };

ams_status ams_score_choose_windows(ams_score_session *s, ams_error *err)
{
    ams_table_file *file = NULL;
    uint32_t *item = NULL;
    uint32_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_file_open(&file, s->options.data_path, err));
    const ams_table *head = ams_table_file_head(file);
    AMS_TRY(ams_windows_list(head, (uint8_t)s->options.split, AMS_NO_NAME, &item, &n, err));
    if (n == 0) {
        status =
            ams_fail(err, AMS_BAD_DATA,
                     "the data set has no %s items; `ams data split` deals items to splits",
                     ams_split_name(s->options.split));
        goto out;
    }
    const uint64_t need = ams_table_part_bytes(file, head->n_items) + (uint64_t)n * ROW_BYTES;
    s->n_items = n;
    s->in_windows =
        !s->options.whole && (n > AMS_FOLD_ITEMS || need > s->options.memory_mb << 20);
    if (s->in_windows) {
        s->file = file;
        s->item = item;
        return AMS_OK;
    }
out:
    ams_table_file_close(file);
    free(item);
    return status;
}

ams_status ams_score_open_windows(ams_score_session *s, ams_error *err)
{
    const ams_score_options *options = &s->options;
    ams_windows_fit fit = {
        .path = options->data_path, .option = "--memory", .memory_mb = options->memory_mb};
    ams_status status = AMS_OK;
    for (size_t k = 0; k < options->n_policies; k++) {
        fit.fitted = fit.fitted || ams_policy_spec_is_fitted(options->policy[k]);
    }
    AMS_TRY(
        ams_windows_hash(s->file, options->data_path, options->memory_mb, s->data_hash, err));
    AMS_TRY(ams_windows_fit_table(s->file, &fit, &s->table, err));
out:
    return status;
}

/* Members first .. first + n - 1 of the session, and where their scores go. */
typedef struct score_part {
    ams_score_session *session;
    ams_fold *fold; /* (n) */
    uint32_t first, n;
} score_part;

static ams_status score_window(void *context, const ams_window *window, ams_error *err)
{
    const score_part *part = context;
    ams_score_session *s = part->session;
    const ams_eval_options options = {.split = s->options.split,
                                      .recorded_times = s->options.recorded_times,
                                      .pool = s->pool};
    ams_status status = AMS_OK;
    ams_progress_update(s->options.progress,
                        part->first + (double)part->n * window->first / s->n_items,
                        s->n_policies, NULL);
    AMS_TRY(ams_score_roll(s, window->env->n_items, s->member + part->first, part->n, err));
    for (uint32_t k = 0; k < part->n; k++) {
        const ams_policy *policy = s->policy[s->member[part->first + k]];
        ams_scores scores = {0};
        AMS_TRY(ams_evaluate(&scores, policy, window->table, &options, err));
        status = ams_fold_add(&part->fold[k], &scores, err);
        ams_scores_fini(&scores);
        if (status != AMS_OK) {
            goto out;
        }
    }
out:
    ams_score_forget_orders(s);
    return status;
}

/* Members that are scored while the file is read once: their rows get half of the memory that
 * windows do not. */
static uint32_t members_at_once(const ams_score_session *s)
{
    const uint64_t fit = ams_windows_bytes(s->options.memory_mb) / 2 /
                         ams_fold_bytes(s->n_items, s->env->n_models);
    const uint32_t rest = s->n_policies - s->n_done;
    return fit == 0 ? 1 : (fit < rest ? (uint32_t)fit : rest);
}

ams_status ams_score_next_members(ams_score_session *s, ams_error *err)
{
    const uint64_t rolled =
        s->roller == NULL ? 0 : (uint64_t)ams_score_trained(s) * s->env->n_models;
    const ams_windows windows = {.file = s->file,
                                 .item = s->item,
                                 .n_items = s->n_items,
                                 .env = s->env,
                                 .policy = s->policy,
                                 .n_policies = s->n_policies,
                                 .bytes = ams_windows_bytes(s->options.memory_mb),
                                 .bytes_per_item = ROW_BYTES + rolled};
    score_part part = {.session = s, .first = s->n_done, .n = members_at_once(s)};
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&part.fold, part.n, sizeof *part.fold, "policies", err));
    for (uint32_t k = 0; k < part.n; k++) {
        AMS_TRY(ams_fold_init(&part.fold[k], s->n_items, s->env->n_models, err));
    }
    AMS_TRY(ams_windows_walk(&windows, score_window, &part, err));
    for (uint32_t k = 0; k < part.n; k++) {
        ams_scored *scored = &s->scored[s->member[part.first + k]];
        AMS_TRY(ams_fold_finish(&part.fold[k], &scored->scores, err));
    }
    s->n_done += part.n;
out:
    for (uint32_t k = 0; part.fold != NULL && k < part.n; k++) {
        ams_fold_fini(&part.fold[k]);
    }
    free(part.fold);
    return status;
}
