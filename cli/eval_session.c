/* Policies scored on a split, with their bootstrap: what `ams eval` and `ams compare` share. */
#include "cli/eval.h"

#include "base/memory.h"
#include "cli/cli.h"
#include "cuda/cuda.h"
#include "env/table_part.h"

#include <stdlib.h>
#include <string.h>

const char *const eval_metric_names[EVAL_METRICS] = {
    "time_ms", "models_run", "saved_vs_all", "saved_vs_random", "models_saved_vs_random"};

ams_interval eval_interval(const eval_session *s, uint32_t group, eval_metric metric,
                           uint32_t q)
{
    switch (metric) {
    case EVAL_MODELS_RUN:
        return ams_bootstrap_mean(&s->bootstrap, group, AMS_COLUMN_MODELS + q);
    case EVAL_SAVED_VS_ALL:
        return ams_bootstrap_saved(&s->bootstrap, group, s->all, AMS_COLUMN_TIME_MS + q);
    case EVAL_SAVED_VS_RANDOM:
        return ams_bootstrap_saved(&s->bootstrap, group, s->random, AMS_COLUMN_TIME_MS + q);
    case EVAL_MODELS_VS_RANDOM:
        return ams_bootstrap_saved(&s->bootstrap, group, s->random, AMS_COLUMN_MODELS + q);
    case EVAL_TIME_MS:
    case EVAL_METRICS:
        break;
    }
    return ams_bootstrap_mean(&s->bootstrap, group, AMS_COLUMN_TIME_MS + q);
}

ams_status eval_get_count(const cli_args *args, const char *option, uint64_t most,
                          uint64_t *value, ams_error *err)
{
    ams_status status = cli_get_u64(args, option, value, err);
    if (status == AMS_OK && (*value == 0 || *value > most)) {
        status = ams_fail(err, AMS_USAGE, "option %s: expected 1 to %llu, found %llu", option,
                          (unsigned long long)most, (unsigned long long)*value);
    }
    return status;
}

ams_status eval_open_data(eval_session *s, ams_error *err)
{
    ams_env_options env = ams_env_defaults();
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_read(&s->table, s->data_path, err));
    AMS_TRY(ams_table_hash(&s->table, s->data_hash, err));
    AMS_TRY(ams_env_create(&s->env, &s->table, &env, err));
    if (s->threads > 1) {
        AMS_TRY(ams_pool_create(&s->options.pool, (uint32_t)s->threads, err));
    }
out:
    return status;
}

ams_status eval_reserve(eval_session *s, size_t most, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&s->run, most, sizeof *s->run, "policies", err));
    AMS_TRY(ams_alloc(&s->group, most, sizeof *s->group, "policies", err));
    AMS_TRY(ams_alloc(&s->member, most, sizeof(void *), "policies", err));
    AMS_TRY(ams_alloc(&s->member_run, most, sizeof *s->member_run, "policies", err));
    AMS_TRY(ams_alloc(&s->rank, most, sizeof *s->rank, "policies", err));
out:
    return status;
}

ams_status eval_add_policy(eval_session *s, const char *spec, ams_error *err)
{
    ams_policy *policy = NULL;
    ams_status status = ams_policy_create(&policy, spec, &s->table, s->env, err);
    if (status != AMS_OK) {
        return status;
    }
    for (uint32_t r = 0; r < s->n_runs; r++) {
        const ams_policy *other = s->run[r].policy;
        if (strcmp(other->label, policy->label) == 0 && other->seed == policy->seed) {
            status = ams_fail(err, AMS_USAGE,
                              "policy %s: there is a '%s' of seed %llu already; name one of "
                              "them (--policy NAME=%s)",
                              spec, policy->label, (unsigned long long)policy->seed, spec);
            ams_policy_destroy(policy);
            return status;
        }
    }
    for (uint32_t r = 0; r < s->n_runs; r++) {
        ams_policy_share(policy, s->run[r].policy);
    }
    policy->draw_seed = s->seed;
    policy->draws = policy->kind->draws > 1 ? (uint32_t)s->draws : 1;
    s->run[s->n_runs++] = (eval_run){.policy = policy};
    return AMS_OK;
}

bool eval_has_kind(const eval_session *s, const char *name)
{
    for (uint32_t r = 0; r < s->n_runs; r++) {
        if (strcmp(s->run[r].policy->kind->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Runs of one label are seeds of one policy. */
static void group_runs(eval_session *s)
{
    uint32_t used = 0;
    for (uint32_t r = 0; r < s->n_runs; r++) {
        const char *label = s->run[r].policy->label;
        bool known = false;
        for (uint32_t g = 0; g < s->n_groups; g++) {
            known = known || strcmp(s->group[g].label, label) == 0;
        }
        if (known) {
            continue;
        }
        ams_group *group = &s->group[s->n_groups];
        *group = (ams_group){.label = label, .run = s->member + used};
        for (uint32_t k = r; k < s->n_runs; k++) {
            const ams_policy_kind *kind = s->run[k].policy->kind;
            if (strcmp(s->run[k].policy->label, label) == 0) {
                s->member_run[used] = k;
                s->member[used++] = &s->run[k].scores;
                group->n_runs++;
                s->all = strcmp(kind->name, "all") == 0 ? s->n_groups : s->all;
                s->random = strcmp(kind->name, "random") == 0 ? s->n_groups : s->random;
            }
        }
        s->n_groups++;
    }
}

uint32_t eval_count_items(const eval_session *s, ams_split split)
{
    const ams_table *table = s->parts != NULL ? ams_table_file_head(s->parts) : &s->table;
    uint32_t n = 0;
    for (uint32_t i = 0; i < table->n_items; i++) {
        n += table->split[i] == split;
    }
    return n;
}

static double final_time(const eval_session *s, uint32_t group)
{
    return s->bootstrap
        .mean[(size_t)group * s->bootstrap.n_columns + AMS_COLUMN_TIME_MS + AMS_RECALLS - 1];
}

static void rank_groups(eval_session *s)
{
    for (uint32_t g = 0; g < s->n_groups; g++) {
        uint32_t at = g;
        while (at > 0 && final_time(s, s->rank[at - 1]) > final_time(s, g)) {
            s->rank[at] = s->rank[at - 1];
            at--;
        }
        s->rank[at] = g;
    }
}

/* What the bootstrap asks for, and the progress of that. */
typedef struct scoring {
    eval_session *session;
    cli_progress bar;
} scoring;

static ams_status make_scores(void *context, uint32_t member, ams_error *err)
{
    scoring *of = context;
    eval_session *s = of->session;
    eval_run *run = &s->run[s->member_run[member]];
    cli_progress_update(&of->bar, member, s->n_runs, run->policy->label);
    if (member < s->n_scored) {
        return AMS_OK;
    }
    if (s->parts != NULL) {
        return eval_score_parts(s, &of->bar, err);
    }
    s->n_scored++;
    return ams_evaluate(&run->scores, run->policy, &s->table, &s->options, err);
}

static void let_go(void *pointer_to_pointer)
{
    void **array = pointer_to_pointer;
    free(*array);
    *array = NULL;
}

/* Of hundreds of runs these rows would be most of the memory. */
static void keep_means(void *context, uint32_t member)
{
    const scoring *of = context;
    eval_run *run = &of->session->run[of->session->member_run[member]];
    ams_scores *scores = &run->scores;
    for (uint32_t q = 0; q < AMS_RECALLS; q++) {
        for (uint32_t i = 0; i < scores->n; i++) {
            run->time_ms[q] += scores->time_ms[(size_t)i * AMS_RECALLS + q] / scores->n;
            run->models[q] += scores->models[(size_t)i * AMS_RECALLS + q] / scores->n;
        }
    }
    let_go(&scores->time_ms);
    let_go(&scores->models);
    let_go(&scores->area);
    let_go(&scores->recall_time);
    let_go(&scores->recall_models);
}

ams_status eval_score(eval_session *s, const char *what, ams_error *err)
{
    scoring of = {.session = s};
    ams_bootstrap_options bootstrap = {.seed = s->seed,
                                       .draws = (uint32_t)s->bootstrap_draws,
                                       .pool = s->options.pool,
                                       .make = make_scores,
                                       .done = keep_means,
                                       .context = &of};
    ams_status status = eval_settle_device(s, what, err);
    if (status == AMS_OK && s->parts == NULL) {
        status = eval_roll(s, s->env, NULL, 0, err);
    }
    if (status != AMS_OK) {
        return status;
    }
    group_runs(s);
    cli_progress_begin(&of.bar, what);
    status = ams_bootstrap_run(&s->bootstrap, s->group, s->n_groups, &bootstrap, err);
    cli_progress_end(&of.bar);
    eval_forget_orders(s);
    if (status == AMS_OK) {
        rank_groups(s);
    }
    return status;
}

void eval_session_fini(eval_session *s)
{
    eval_forget_orders(s);
    ams_cuda_roller_destroy(s->roller);
    for (uint32_t r = 0; r < s->n_runs; r++) {
        ams_scores_fini(&s->run[r].scores);
        ams_policy_destroy(s->run[r].policy);
    }
    free(s->run);
    free(s->group);
    free(s->member);
    free(s->member_run);
    free(s->rank);
    free(s->command);
    ams_bootstrap_fini(&s->bootstrap);
    ams_pool_destroy(s->options.pool);
    ams_env_destroy(s->env);
    ams_table_fini(&s->table);
    ams_table_file_close(s->parts);
    free(s->part_item);
}
