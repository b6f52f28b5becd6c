/* A file that is too large to be in memory, or that has more items than rows are kept of: its
 * items are read, scored and folded one window at a time. */
#include "sched/windows.h"
#include "base/memory.h"
#include "lab/score/parts.h"
#include "sched/eval_rows.h"
#include "sched/fold.h"

#include <stdlib.h>

/* Rows of one policy's scores and of the bootstrap take about so many bytes per item. So many
 * items are scored at once: their environments and rows stay in the second-level cache. */
enum { ROW_BYTES = 2048, PIECE = 512 };

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

/* Members first .. first + n - 1 of the session in one window, and where their scores go. */
typedef struct score_part {
    ams_score_session *session;
    ams_fold *fold; /* (n) */
    uint32_t first, n;
    ams_bytes *result; /* of a window */
} score_part;

static const ams_policy *member_policy(const score_part *part, uint32_t k)
{
    const ams_score_session *s = part->session;
    return s->policy[s->member[part->first + k]];
}

/* What is done with a policy's scores of a piece of a window. */
typedef ams_status scores_fn(const score_part *part, uint32_t k, const ams_scores *scores,
                             ams_error *err);

static ams_status score_items(const score_part *part, const ams_window *window, scores_fn *done,
                              ams_error *err)
{
    ams_score_session *s = part->session;
    const ams_eval_options options = {.split = s->options.split,
                                      .recorded_times = s->options.recorded_times,
                                      .pool = s->pool,
                                      .without_orders = true};
    ams_status status = AMS_OK;
    AMS_TRY(ams_score_roll(s, window->env->n_items, s->member + part->first, part->n, err));
    for (uint32_t k = 0; k < part->n; k++) {
        ams_scores scores = {0};
        AMS_TRY(ams_evaluate(&scores, member_policy(part, k), window->table, &options, err));
        status = done(part, k, &scores, err);
        ams_scores_fini(&scores);
        if (status != AMS_OK) {
            goto out;
        }
    }
out:
    ams_score_forget_orders(s);
    return status;
}

/* The rows as a message. No fold needs every draw's own time. */
static ams_status put_scores(const score_part *part, uint32_t k, const ams_scores *scores,
                             ams_error *err)
{
    ams_scores few = *scores;
    few.kept = 0;
    (void)k;
    return ams_scores_put(&few, 0, few.n, part->result, err);
}

static ams_status fold_scores(const score_part *part, uint32_t k, const ams_scores *scores,
                              ams_error *err)
{
    return ams_fold_add(&part->fold[k], scores, err);
}

static ams_status score_window(void *context, const ams_window *window, ams_error *err)
{
    return score_items(context, window, put_scores, err);
}

static void show_progress(const score_part *part)
{
    const ams_score_session *s = part->session;
    ams_progress_update(s->options.progress,
                        part->first + (double)part->n * part->fold[0].seen / s->n_items,
                        s->n_policies, NULL);
}

static ams_status score_and_fold(void *context, const ams_window *window, ams_error *err)
{
    ams_status status = score_items(context, window, fold_scores, err);
    show_progress(context);
    return status;
}

static ams_windows windows_of(const ams_score_session *s)
{
    const uint64_t rolled =
        s->roller == NULL ? 0 : (uint64_t)ams_score_trained(s) * s->env->n_models;
    return (ams_windows){.file = s->file,
                         .item = s->item,
                         .n_items = s->n_items,
                         .env = s->env,
                         .policy = s->policy,
                         .n_policies = s->n_policies,
                         .bytes = ams_windows_bytes(s->options.memory_mb),
                         .bytes_per_item = ROW_BYTES + rolled,
                         .piece = s->roller == NULL ? PIECE : 0};
}

ams_status ams_score_window(ams_score_session *s, const ams_team_errand *errand,
                            ams_bytes *result, ams_error *err)
{
    const ams_windows windows = windows_of(s);
    score_part part = {
        .session = s, .first = (uint32_t)errand->a, .n = (uint32_t)errand->b, .result = result};
    return ams_windows_visit(&windows, (uint32_t)errand->c, score_window, &part, err);
}

/* The leader's own, which are all of this kind; others may be asked for rows, too (errands.c).
 */
static ams_status work(void *context, const ams_team_errand *errand, ams_bytes *result,
                       ams_error *err)
{
    return ams_score_window(context, errand, result, err);
}

/* Piece after piece, and of each the members. */
static ams_status fold_window(void *context, const ams_team_errand *errand, ams_bytes *result,
                              ams_error *err)
{
    const score_part *part = context;
    ams_status status = AMS_OK;
    for (uint32_t k = 0; result->at < result->n && status == AMS_OK; k = (k + 1) % part->n) {
        ams_scores scores;
        ams_eval_describe(&scores, member_policy(part, k));
        scores.kept = 0;
        status = ams_scores_get(&scores, result, err);
        if (status == AMS_OK) {
            status = ams_fold_add(&part->fold[k], &scores, err);
        }
        ams_scores_fini(&scores);
    }
    show_progress(part);
    (void)errand;
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

static ams_status score_members(score_part *part, ams_error *err)
{
    ams_score_session *s = part->session;
    const ams_windows windows = windows_of(s);
    const uint32_t n = ams_windows_count(&windows);
    ams_team_errand *errand = NULL;
    if (ams_team_size(s->options.team) == 1) { /* no messages */
        return ams_windows_walk(&windows, score_and_fold, part, err);
    }
    ams_status status = ams_alloc(&errand, n, sizeof *errand, "windows", err);
    for (uint32_t k = 0; k < n && status == AMS_OK; k++) {
        errand[k] =
            (ams_team_errand){.kind = AMS_SCORE_WINDOW, .a = part->first, .b = part->n, .c = k};
    }
    if (status == AMS_OK) {
        status = ams_team_run(s->options.team, errand, n, work, s, fold_window, part, err);
    }
    free(errand);
    return status;
}

ams_status ams_score_next_members(ams_score_session *s, ams_error *err)
{
    score_part part = {.session = s, .first = s->n_done, .n = members_at_once(s)};
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&part.fold, part.n, sizeof *part.fold, "policies", err));
    for (uint32_t k = 0; k < part.n; k++) {
        AMS_TRY(ams_fold_init(&part.fold[k], s->n_items, s->env->n_models, err));
    }
    AMS_TRY(score_members(&part, err));
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
