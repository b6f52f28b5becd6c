/* `ams eval` on a file that is too large to be in memory, or of more items than rows are kept
 * of: its items are read, scored and folded a window at a time. */
#include "cli/eval.h"

#include "base/memory.h"
#include "cli/cli.h"
#include "env/table_part.h"
#include "sched/fold.h"

#include <stdlib.h>
#include <string.h>

/* Items of a window, less where the memory asks for it. A multiple of the evaluation's shards;
 * its tables take some 100 MB at 50 outputs an item. */
enum { WINDOW = 16384 };

/* Of what is told as --memory, in bytes; the rest is for fitted policies and the library. */
static uint64_t for_windows(const eval_session *s)
{
    return s->memory_mb * (UINT64_C(1) << 20) / 2;
}

static bool needs_training(const ams_policy_kind *kind)
{
    return kind != NULL && kind->fit != NULL;
}

/* The items of a split, ascending. */
static ams_status list_items(const ams_table *head, ams_split split, uint32_t **item,
                             uint32_t *n, ams_error *err)
{
    *n = 0;
    for (uint32_t i = 0; i < head->n_items; i++) {
        *n += head->split[i] == split;
    }
    ams_status status = ams_alloc(item, *n, sizeof **item, "items", err);
    for (uint32_t i = 0, k = 0; status == AMS_OK && i < head->n_items; i++) {
        if (head->split[i] == split) {
            (*item)[k++] = i;
        }
    }
    return status;
}

ams_status eval_choose_parts(eval_session *s, ams_error *err)
{
    ams_table_file *file = NULL;
    uint32_t *item = NULL;
    uint32_t n = 0;
    ams_status status = ams_table_file_open(&file, s->data_path, err);
    if (status != AMS_OK) {
        return status;
    }
    const ams_table *head = ams_table_file_head(file);
    AMS_TRY(list_items(head, s->options.split, &item, &n, err));
    if (n == 0) {
        status =
            ams_fail(err, AMS_BAD_DATA,
                     "the data set has no %s items; `ams data split` deals items to splits",
                     ams_split_name(s->options.split));
        goto out;
    }
    /* Rows of a run's scores and of the bootstrap take about 2 KiB an item. */
    uint64_t need = ams_table_part_bytes(file, head->n_items) + (uint64_t)n * 2048;
    if (!s->whole && (n > AMS_FOLD_ITEMS || need > s->memory_mb << 20)) {
        s->parts = file;
        s->part_item = item;
        file = NULL;
        item = NULL;
    }
    s->n_items = n;
out:
    ams_table_file_close(file);
    free(item);
    return status;
}

/* A table to create policies with: the training items where some policy is fitted to them, else
 * one item. */
ams_status eval_open_parts(eval_session *s, bool fitted, ams_error *err)
{
    const ams_table *head = ams_table_file_head(s->parts);
    ams_env_options options = ams_env_defaults();
    uint32_t *item = NULL;
    uint32_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_stored_hash(s->data_path, s->data_hash, err));
    if (s->data_hash[0] == '\0') {
        AMS_TRY(ams_table_file_check(s->parts, s->memory_mb, NULL, NULL, s->data_hash, err));
    }
    if (fitted) {
        AMS_TRY(list_items(head, AMS_TRAIN, &item, &n, err));
        if (ams_table_part_bytes(s->parts, n) > for_windows(s)) {
            status =
                ams_fail(err, AMS_USAGE,
                         "%s: a policy is fitted to its %u training items, which need about "
                         "%llu MB of --memory; leave that policy out or raise it",
                         s->data_path, n,
                         (unsigned long long)(2 * (ams_table_part_bytes(s->parts, n) >> 20)));
            goto out;
        }
    }
    const uint32_t first = 0;
    AMS_TRY(
        ams_table_file_read(s->parts, n > 0 ? item : &first, n > 0 ? n : 1, &s->table, err));
    AMS_TRY(ams_env_create(&s->env, &s->table, &options, err));
    if (s->threads > 1) {
        AMS_TRY(ams_pool_create(&s->options.pool, (uint32_t)s->threads, err));
    }
out:
    free(item);
    return status;
}

/* name: a kind's, up to a colon or comma. */
static bool kind_is_fitted(const char *name)
{
    char kind[64];
    size_t length = strcspn(name, ":,");
    if (length >= sizeof kind) {
        return false;
    }
    memcpy(kind, name, length);
    kind[length] = '\0';
    return needs_training(ams_policy_kind_named(kind));
}

bool eval_spec_is_fitted(const char *spec)
{
    const char *name = strchr(spec, '=');
    return kind_is_fitted(name == NULL ? spec : name + 1);
}

bool eval_names_are_fitted(const char *names)
{
    bool fitted = kind_is_fitted(names);
    for (const char *at = strchr(names, ','); at != NULL && !fitted; at = strchr(at, ',')) {
        at++;
        fitted = kind_is_fitted(at);
    }
    return fitted;
}

/* Items of a window that fits: a table and an environment for the session, and one more for
 * each kind of features that policies were trained with. */
static uint32_t window_size(const eval_session *s)
{
    const uint64_t rolled = s->roller == NULL ? 0 : eval_trained(s) * s->env->n_models;
    uint64_t environments = 1;
    uint64_t size = WINDOW;
    for (uint32_t r = 0; r < s->n_runs; r++) {
        const ams_policy *policy = s->run[r].policy;
        environments += policy->own_env != NULL && policy->sharing == NULL;
    }
    while (size > 64 &&
           environments * ams_table_part_bytes(s->parts, size) + size * (2048 + rolled) >
               for_windows(s)) {
        size /= 2;
    }
    return (uint32_t)size;
}

/* Members first .. first + n - 1, and where their scores go. */
typedef struct part_runs {
    eval_session *session;
    ams_fold *fold; /* (n) */
    uint32_t first, n;
} part_runs;

static eval_run *run_at(const part_runs *p, uint32_t k)
{
    return &p->session->run[p->session->member_run[p->first + k]];
}

/* Policies share environments, whose owners move first: so all of them move. */
static ams_status score_window(const part_runs *p, const uint32_t *item, uint32_t n,
                               ams_error *err)
{
    eval_session *s = p->session;
    ams_table table = {0};
    ams_env *env = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_file_read(s->parts, item, n, &table, err));
    AMS_TRY(ams_env_create(&env, &table, &s->env->options, err));
    for (uint32_t r = 0; r < s->n_runs; r++) {
        AMS_TRY(ams_policy_move(s->run[r].policy, &table, env, item, err));
    }
    AMS_TRY(eval_roll(s, env, s->member_run + p->first, p->n, err));
    for (uint32_t k = 0; k < p->n; k++) {
        ams_scores scores = {0};
        AMS_TRY(ams_evaluate(&scores, run_at(p, k)->policy, &table, &s->options, err));
        status = ams_fold_add(&p->fold[k], &scores, err);
        ams_scores_fini(&scores);
        if (status != AMS_OK) {
            goto out;
        }
    }
out:
    eval_forget_orders(s);
    for (uint32_t r = 0; r < s->n_runs; r++) { /* nothing may look at what goes away here */
        s->run[r].policy->env = s->env;
        s->run[r].policy->item_index = NULL;
    }
    ams_env_destroy(env);
    ams_table_fini(&table);
    return status;
}

/* Runs that are scored while the file is read once: their rows get half of what windows do
 * not. */
static uint32_t runs_at_once(const eval_session *s)
{
    uint64_t bytes = ams_fold_bytes(s->n_items, s->env->n_models);
    uint64_t fit = for_windows(s) / 2 / bytes;
    uint32_t left = s->n_runs - s->n_scored;
    return fit == 0 ? 1 : (fit < left ? (uint32_t)fit : left);
}

ams_status eval_score_parts(eval_session *s, cli_progress *bar, ams_error *err)
{
    part_runs p = {.session = s, .first = s->n_scored, .n = runs_at_once(s)};
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&p.fold, p.n, sizeof *p.fold, "policies", err));
    for (uint32_t k = 0; k < p.n; k++) {
        AMS_TRY(ams_fold_init(&p.fold[k], s->n_items, s->env->n_models, err));
    }
    uint32_t size = window_size(s);
    for (uint32_t at = 0; at < s->n_items; at += size) {
        uint32_t left = s->n_items - at;
        cli_progress_update(bar, p.first + (double)p.n * at / s->n_items, s->n_runs, "");
        AMS_TRY(score_window(&p, s->part_item + at, left < size ? left : size, err));
    }
    for (uint32_t k = 0; k < p.n; k++) {
        AMS_TRY(ams_fold_finish(&p.fold[k], &run_at(&p, k)->scores, err));
    }
    s->n_scored += p.n;
out:
    for (uint32_t k = 0; p.fold != NULL && k < p.n; k++) {
        ams_fold_fini(&p.fold[k]);
    }
    free(p.fold);
    return status;
}
