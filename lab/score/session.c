#include "ams/score.h"

#include "ams/cuda.h"
#include "ams/data.h"
#include "ams/options.h"
#include "ams/table_file.h"
#include "base/memory.h"
#include "lab/score/groups.h"
#include "lab/score/parts.h"

#include <stdlib.h>
#include <string.h>

ams_score_options ams_score_defaults(void)
{
    return (ams_score_options){.split = AMS_TEST,
                               .memory_mb = 4096,
                               .threads = 1,
                               .device = AMS_DEVICE_CPU,
                               .draws = ams_policy_kind_named("random")->draws,
                               .bootstrap_draws = 2000};
}

/* -- the file -- */

static ams_status check_range(const char *what, uint64_t value, uint64_t most, ams_error *err)
{
    if (value > 0 && value <= most) {
        return AMS_OK;
    }
    return ams_fail(err, AMS_USAGE, "%s: expected 1 to %llu, found %llu", what,
                    (unsigned long long)most, (unsigned long long)value);
}

static ams_status check_options(const ams_score_options *options, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(check_range("memory in MB", options->memory_mb, UINT64_C(1) << 30, err));
    AMS_TRY(check_range("threads", options->threads, 256, err));
    AMS_TRY(check_range("orders per item", options->draws, 1000000, err));
    AMS_TRY(check_range("bootstrap draws", options->bootstrap_draws, 1000000, err));
out:
    return status;
}

static ams_status read_whole(ams_score_session *s, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_read(&s->table, s->options.data_path, err));
    AMS_TRY(ams_table_hash(&s->table, s->data_hash, err));
    if (s->options.fit_path != NULL) {
        AMS_TRY(ams_data_join_file(&s->table, &s->place, s->options.split, AMS_FIT,
                                   s->options.fit_path, s->options.memory_mb, err));
    }
out:
    return status;
}

ams_status ams_score_open(ams_score_session *s, const ams_score_options *options,
                          ams_error *err)
{
    const ams_env_options env = ams_env_defaults();
    ams_status status = AMS_OK;
    *s = (ams_score_session){.options = *options};
    if (!ams_team_leads(options->team)) {
        s->options.progress = NULL;
    }
    AMS_TRY(check_options(options, err));
    AMS_TRY(ams_score_find_device(options->device, err));
    AMS_TRY(ams_score_choose_windows(s, err));
    if (s->in_windows && options->fit_path != NULL) {
        return ams_data_refuse_join(options->fit_path, err);
    }
    AMS_TRY(s->in_windows ? ams_score_open_windows(s, err) : read_whole(s, err));
    AMS_TRY(ams_env_create(&s->env, &s->table, &env, err));
    if (options->threads > 1) {
        AMS_TRY(ams_pool_create(&s->pool, options->threads, err));
    }
out:
    return status;
}

uint32_t ams_score_count_items(const ams_score_session *s, ams_split split)
{
    const ams_table *table = s->in_windows ? ams_table_file_head(s->file) : &s->table;
    uint32_t n = 0;
    for (uint32_t i = 0; i < table->n_items; i++) {
        n += table->split[i] == split;
    }
    return n;
}

/* -- the policies -- */

bool ams_score_has_kind(const ams_score_session *s, const char *kind)
{
    for (uint32_t p = 0; p < s->n_policies; p++) {
        if (strcmp(ams_policy_kind_of(s->policy[p])->name, kind) == 0) {
            return true;
        }
    }
    return false;
}

static ams_status refuse_twin(const ams_score_session *s, const ams_policy *policy,
                              ams_error *err)
{
    const char *label = ams_policy_label(policy);
    const uint64_t seed = ams_policy_seed(policy);
    for (uint32_t p = 0; p < s->n_policies; p++) {
        if (strcmp(ams_policy_label(s->policy[p]), label) == 0 &&
            ams_policy_seed(s->policy[p]) == seed) {
            return ams_fail(err, AMS_USAGE,
                            "there is a '%s' of seed %llu already; give one of them another "
                            "name, as in NAME=POLICY",
                            label, (unsigned long long)seed);
        }
    }
    return AMS_OK;
}

ams_status ams_score_add(ams_score_session *s, ams_policy *policy, ams_error *err)
{
    const size_t needed = (size_t)s->n_policies + 1;
    ams_status status = AMS_OK;
    AMS_TRY(refuse_twin(s, policy, err));
    AMS_TRY(ams_grow(&s->policy, &s->policy_capacity, needed, sizeof(ams_policy *), "policies",
                     err));
    AMS_TRY(
        ams_grow(&s->scored, &s->scored_capacity, needed, sizeof *s->scored, "policies", err));
    for (uint32_t p = 0; p < s->n_policies; p++) {
        ams_policy_share(policy, s->policy[p]);
    }
    ams_policy_set_draws(policy, s->options.draws, s->options.seed);
    if (s->place != NULL) { /* draws are those of the file alone */
        ams_policy_set_items(policy, s->place);
    }
    s->scored[s->n_policies] = (ams_scored){.scores = {.n = 0}};
    s->policy[s->n_policies++] = policy;
out:
    if (status != AMS_OK) {
        ams_policy_destroy(policy);
    }
    return status;
}

static ams_status add_spec(ams_score_session *s, const char *spec, ams_error *err)
{
    ams_policy *policy = NULL;
    ams_status status = ams_policy_create(&policy, spec, &s->table, s->env, err);
    if (status != AMS_OK) {
        return status;
    }
    ams_policy_notice_labels(policy, s->options.progress);
    if (s->options.goal > 0 && ams_policy_has_goals(policy)) {
        status = ams_policy_set_goal(policy, s->options.goal, err);
        if (status != AMS_OK) {
            ams_policy_destroy(policy);
            return status;
        }
    }
    status = ams_score_add(s, policy, err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "policy %s", spec);
    }
    return status;
}

/* A goal that no policy takes would change nothing, without a word. */
static ams_status check_goal(const ams_score_session *s, ams_error *err)
{
    bool taken = s->options.goal <= 0;
    for (uint32_t p = 0; p < s->n_policies; p++) {
        taken = taken || ams_policy_has_goals(s->policy[p]);
    }
    return taken
               ? AMS_OK
               : ams_fail(
                     err, AMS_USAGE,
                     "goal %g: expected a policy that was trained with goal_input=on or heads, "
                     "found none",
                     s->options.goal);
}

ams_status ams_score_load(ams_score_session *s, ams_error *err)
{
    static const char *const always[] = {"all", "random"};
    ams_status status = AMS_OK;
    for (size_t k = 0; k < s->options.n_policies; k++) {
        AMS_TRY(add_spec(s, s->options.policy[k], err));
    }
    AMS_TRY(check_goal(s, err));
    AMS_TRY(ams_score_name_apart(s, err));
    for (size_t k = 0; k < sizeof always / sizeof *always; k++) {
        if (!ams_score_has_kind(s, always[k])) {
            AMS_TRY(add_spec(s, always[k], err));
        }
    }
out:
    return status;
}

/* -- groups and ranks -- */

static ams_status group_policies(ams_score_session *s, ams_error *err)
{
    const uint32_t n = s->n_policies;
    const char **label = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&label, n, sizeof(char *), "policies", err));
    AMS_TRY(ams_alloc(&s->group, n, sizeof *s->group, "policies", err));
    AMS_TRY(ams_alloc(&s->member, n, sizeof *s->member, "policies", err));
    AMS_TRY(ams_alloc(&s->first, (size_t)n + 1, sizeof *s->first, "policies", err));
    AMS_TRY(ams_alloc(&s->scores, n, sizeof(ams_scores *), "policies", err));
    for (uint32_t p = 0; p < n; p++) {
        label[p] = ams_policy_label(s->policy[p]);
    }
    s->n_groups = ams_score_group(label, n, s->member, s->first);
    for (uint32_t g = 0; g < s->n_groups; g++) {
        s->group[g] = (ams_group){.label = label[s->member[s->first[g]]],
                                  .run = s->scores + s->first[g],
                                  .n_runs = s->first[g + 1] - s->first[g]};
        for (uint32_t k = s->first[g]; k < s->first[g + 1]; k++) {
            const char *kind = ams_policy_kind_of(s->policy[s->member[k]])->name;
            s->scores[k] = &s->scored[s->member[k]].scores;
            s->all = strcmp(kind, "all") == 0 ? g : s->all;
            s->random = strcmp(kind, "random") == 0 ? g : s->random;
        }
    }
out:
    free(label);
    return status;
}

static ams_status rank_groups(ams_score_session *s, ams_error *err)
{
    double *final_ms = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&final_ms, s->n_groups, sizeof *final_ms, "policies", err));
    AMS_TRY(ams_alloc(&s->rank, s->n_groups, sizeof *s->rank, "policies", err));
    for (uint32_t g = 0; g < s->n_groups; g++) {
        final_ms[g] =
            s->bootstrap
                .mean[(size_t)g * s->bootstrap.n_columns + AMS_COLUMN_TIME_MS + AMS_AT_100];
    }
    ams_score_rank(final_ms, s->n_groups, s->rank);
out:
    free(final_ms);
    return status;
}

/* -- scores, as the bootstrap asks for them -- */

static ams_status make_scores(void *context, uint32_t member, ams_error *err)
{
    ams_score_session *s = context;
    const uint32_t p = s->member[member];
    ams_progress_update(s->options.progress, member, s->n_policies,
                        ams_policy_label(s->policy[p]));
    if (member < s->n_done) {
        return AMS_OK;
    }
    return s->in_windows ? ams_score_next_members(s, err) : ams_score_next_rows(s, err);
}

static void let_go(void *pointer_to_pointer)
{
    void **array = pointer_to_pointer;
    free(*array);
    *array = NULL;
}

/* With hundreds of policies these rows would take most of the memory. */
static void keep_means(void *context, uint32_t member)
{
    ams_score_session *s = context;
    ams_scored *scored = &s->scored[s->member[member]];
    ams_scores *scores = &scored->scores;
    for (uint32_t q = 0; q < AMS_RECALLS; q++) {
        for (uint32_t i = 0; i < scores->n; i++) {
            scored->time_ms[q] += scores->time_ms[(size_t)i * AMS_RECALLS + q] / scores->n;
            scored->models[q] += scores->models[(size_t)i * AMS_RECALLS + q] / scores->n;
        }
    }
    let_go(&scores->time_ms);
    let_go(&scores->models);
    let_go(&scores->area);
    let_go(&scores->recall_time);
    let_go(&scores->recall_models);
}

ams_status ams_score_run(ams_score_session *s, ams_error *err)
{
    const ams_bootstrap_options bootstrap = {.seed = s->options.seed,
                                             .draws = s->options.bootstrap_draws,
                                             .pool = s->pool,
                                             .make = make_scores,
                                             .done = keep_means,
                                             .context = s};
    ams_status status = AMS_OK;
    AMS_TRY(ams_score_choose_device(s, err));
    if (!s->in_windows) {
        AMS_TRY(ams_score_roll(s, s->env->n_items, NULL, 0, err));
    }
    AMS_TRY(group_policies(s, err));
    if (!ams_team_leads(s->options.team)) {
        AMS_TRY(ams_team_serve(s->options.team, ams_score_work, s, err));
    }
    AMS_TRY(ams_bootstrap_run(&s->bootstrap, s->group, s->n_groups, &bootstrap, err));
    AMS_TRY(ams_team_dismiss(s->options.team, err));
    AMS_TRY(rank_groups(s, err));
out:
    ams_score_forget_orders(s);
    return status;
}

void ams_score_close(ams_score_session *s)
{
    ams_score_forget_orders(s);
    ams_score_end_rows(s);
    ams_cuda_roller_destroy(s->roller);
    for (uint32_t p = 0; p < s->n_policies; p++) {
        ams_scores_fini(&s->scored[p].scores);
        ams_policy_destroy(s->policy[p]);
    }
    free(s->policy);
    free(s->scored);
    free(s->group);
    free(s->member);
    free(s->first);
    free(s->scores);
    free(s->rank);
    free(s->item);
    free(s->place);
    ams_bootstrap_fini(&s->bootstrap);
    ams_pool_destroy(s->pool);
    ams_env_destroy(s->env);
    ams_table_fini(&s->table);
    ams_table_file_close(s->file);
    *s = (ams_score_session){0};
}
