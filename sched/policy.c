#include "ams/policy.h"

#include "base/file.h"
#include "base/memory.h"
#include "env/beside.h"
#include "sched/policies/kinds.h"
#include "sched/policy_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const ams_policy_kind *const ams_policy_kinds[] = {
    &ams_policy_all,           &ams_policy_random,       &ams_policy_fixed,
    &ams_policy_optimal,       &ams_policy_oracle,       &ams_policy_valuable,
    &ams_policy_cooccur,       &ams_policy_knn,          &ams_policy_linear,
    &ams_policy_rules,         &ams_policy_rules_random, &ams_policy_fixed_goal,
    &ams_policy_knn_remaining, &ams_policy_links};
enum { N_KINDS = sizeof ams_policy_kinds / sizeof ams_policy_kinds[0] };
const uint32_t ams_n_policy_kinds = N_KINDS;

/* "LABEL=SPEC" cut in its parts. A path may contain '=', a label no '/'. */
typedef struct policy_spec {
    char label[64]; /* "" if none is given */
    bool has_rule;
    ams_decide decide;
    const char *target; /* a baseline's name or a path */
} policy_spec;

static ams_status parse_label(policy_spec *p, const char *spec, ams_error *err)
{
    p->target = spec;
    size_t length = strcspn(spec, "=/");
    if (spec[length] != '=') {
        return AMS_OK;
    }
    if (length == 0 || length >= sizeof p->label) {
        return ams_fail(err, AMS_USAGE,
                        "policy '%s': expected a label of 1 to %zu characters before '='", spec,
                        sizeof p->label - 1);
    }
    if (ams_control_at(spec, length) < length) {
        return ams_fail(err, AMS_USAGE,
                        "a policy: expected a label without control characters before '=', "
                        "found one at its position %zu",
                        ams_control_at(spec, length) + 1);
    }
    memcpy(p->label, spec, length);
    p->target = spec + length + 1;
    return AMS_OK;
}

static void parse_rule(policy_spec *p)
{
    for (int i = 0; ams_decide_modes[i] != NULL; i++) {
        size_t length = strlen(ams_decide_modes[i]);
        if (strncmp(p->target, ams_decide_modes[i], length) == 0 && p->target[length] == ':') {
            p->has_rule = true;
            p->decide = (ams_decide)i;
            p->target += length + 1;
            return;
        }
    }
}

const ams_policy_kind *ams_policy_kind_named(const char *name)
{
    for (uint32_t i = 0; i < N_KINDS; i++) {
        if (strcmp(ams_policy_kinds[i]->name, name) == 0) {
            return ams_policy_kinds[i];
        }
    }
    return NULL;
}

static ams_status no_such_policy(const char *target, ams_error *err)
{
    const char *names[N_KINDS];
    for (uint32_t i = 0; i < N_KINDS; i++) {
        names[i] = ams_policy_kinds[i]->name;
    }
    const char *near = ams_nearest(target, names, N_KINDS);
    if (near != NULL) {
        return ams_fail(
            err, AMS_USAGE,
            "policy '%s': no such baseline, run folder or policy file; did you mean "
            "'%s'?",
            target, near);
    }
    return ams_fail(err, AMS_USAGE,
                    "policy '%s': no such baseline, run folder or policy file; `ams list "
                    "policies` prints the baselines",
                    target);
}

static ams_status load_trained(ams_policy *policy, const policy_spec *p, const ams_table *table,
                               ams_error *err)
{
    char *path = NULL;
    ams_status status = AMS_OK;
    if (!ams_exists(p->target)) {
        return no_such_policy(p->target, err);
    }
    AMS_TRY(ams_policy_file_path(&path, p->target, err));
    AMS_TRY(ams_policy_file_read(&policy->file, path, err));
    status = ams_policy_file_map(&policy->file, table, &policy->labels, err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "%s", path);
        goto out;
    }
    if (p->has_rule && (p->decide == AMS_DECIDE_ODDS || p->decide == AMS_DECIDE_COST_Q) &&
        (p->decide == AMS_DECIDE_ODDS) != (policy->file.decide == AMS_DECIDE_ODDS)) {
        status =
            ams_fail(err, AMS_USAGE,
                     "policy '%s:%s': its Q-values are %s; expected the rule q-greedy or %s",
                     ams_decide_modes[p->decide], p->target,
                     p->decide == AMS_DECIDE_ODDS ? "values" : "log-odds",
                     p->decide == AMS_DECIDE_ODDS ? "cost-q" : "odds");
        goto out;
    }
    const ams_env_options own = ams_policy_file_env(&policy->file);
    AMS_TRY(ams_env_create_beside(&policy->own_env, table, &own, policy->env, err));
    policy->kind = &ams_policy_trained;
    policy->net = &policy->file.net;
    policy->seed = policy->file.seed;
    policy->decide = p->has_rule ? p->decide : policy->file.decide;
    snprintf(policy->label, sizeof policy->label, "%.11s%s%.51s",
             p->has_rule ? ams_decide_modes[p->decide] : "", p->has_rule ? ":" : "",
             policy->file.label);
out:
    free(path);
    return status;
}

/* The kind of "NAME:PATH", or NULL. */
static const ams_policy_kind *kind_with_path(const char *target, const char **path)
{
    for (uint32_t i = 0; i < N_KINDS; i++) {
        size_t length = strlen(ams_policy_kinds[i]->name);
        if (ams_policy_kinds[i]->takes_path &&
            strncmp(ams_policy_kinds[i]->name, target, length) == 0 && target[length] == ':' &&
            target[length + 1] != 0) {
            *path = target + length + 1;
            return ams_policy_kinds[i];
        }
    }
    return NULL;
}

/* split: NULL, or what stands for env's while the kind is fitted. */
static ams_status fit(ams_policy *policy, const ams_policy_kind *kind, const ams_table *table,
                      const uint8_t *split, ams_error *err)
{
    const ams_env *env = policy->env;
    ams_env view = *env;
    view.split = split != NULL ? split : env->split;
    policy->kind = kind;
    policy->draws = kind->draws;
    policy->table = table;
    policy->env = &view; /* only fitting looks at the split */
    snprintf(policy->label, sizeof policy->label, "%s%s%.40s", kind->name,
             kind->named_by_path ? ":" : "", kind->named_by_path ? policy->path : "");
    ams_status status = kind->fit == NULL ? AMS_OK : kind->fit(policy, err);
    policy->env = env;
    policy->path = NULL;
    policy->table = NULL;
    return status;
}

static ams_status load(ams_policy *policy, const policy_spec *p, const ams_table *table,
                       ams_error *err)
{
    const ams_policy_kind *kind = kind_with_path(p->target, &policy->path);
    if (kind == NULL) {
        kind = ams_policy_kind_named(p->target);
    }
    if (kind == NULL) {
        return load_trained(policy, p, table, err);
    }
    if (p->has_rule) {
        return ams_fail(err, AMS_USAGE,
                        "policy '%s:%s': a decision rule needs a run folder or policy file",
                        ams_decide_modes[p->decide], kind->name);
    }
    if (kind->takes_path && policy->path == NULL) {
        return ams_fail(err, AMS_USAGE, "policy '%s': give its file: %s:FILE", kind->name,
                        kind->name);
    }
    return fit(policy, kind, table, NULL, err);
}

/* *path: NULL where it names none. */
static const ams_policy_kind *spec_kind(const char *spec, const char **path)
{
    policy_spec p = {.label = ""};
    *path = NULL;
    if (parse_label(&p, spec, NULL) != AMS_OK) {
        return NULL;
    }
    const ams_policy_kind *kind = kind_with_path(p.target, path);
    return kind != NULL ? kind : ams_policy_kind_named(p.target);
}

const ams_policy_kind *ams_policy_spec_kind(const char *spec)
{
    const char *path = NULL;
    return spec_kind(spec, &path);
}

bool ams_policy_spec_is_fitted(const char *spec)
{
    const char *path = NULL;
    const ams_policy_kind *kind = spec_kind(spec, &path);
    return kind != NULL && kind->fit != NULL && kind->takes_path == (path != NULL);
}

ams_status ams_policy_fit(ams_policy **result, const ams_policy_kind *kind, const char *path,
                          const ams_table *table, const ams_env *env, const uint8_t *split,
                          ams_error *err)
{
    ams_policy *policy = NULL;
    ams_status status = AMS_OK;
    *result = NULL;
    AMS_TRY(ams_alloc(&policy, 1, sizeof *policy, "a policy", err));
    policy->env = env;
    policy->path = path;
    AMS_TRY(fit(policy, kind, table, split, err));
    *result = policy;
out:
    if (status != AMS_OK) {
        ams_policy_destroy(policy);
    }
    return status;
}

ams_status ams_policy_create(ams_policy **result, const char *spec, const ams_table *table,
                             const ams_env *env, ams_error *err)
{
    policy_spec p = {.label = ""};
    ams_policy *policy = NULL;
    ams_status status = AMS_OK;
    *result = NULL;
    AMS_TRY(parse_label(&p, spec, err));
    parse_rule(&p);
    AMS_TRY(ams_alloc(&policy, 1, sizeof *policy, "a policy", err));
    policy->env = env;
    AMS_TRY(load(policy, &p, table, err));
    policy->draws = policy->kind->draws; /* of weights, too */
    if (p.label[0] != '\0') {
        memcpy(policy->label, p.label, sizeof p.label);
    }
    *result = policy;
out:
    if (status != AMS_OK) {
        ams_policy_destroy(policy);
    }
    return status;
}

ams_status ams_policy_create_from_net(ams_policy **result, const ams_env *env,
                                      const ams_net *net, ams_decide decide, ams_error *err)
{
    ams_policy *policy = NULL;
    ams_status status = ams_alloc(&policy, 1, sizeof *policy, "a policy", err);
    *result = policy;
    if (status == AMS_OK) {
        policy->kind = &ams_policy_trained;
        policy->env = env;
        policy->net = net;
        policy->decide = decide;
        policy->draws = policy->kind->draws;
        snprintf(policy->label, sizeof policy->label, "%s", ams_decide_modes[decide]);
    }
    return status;
}

ams_status ams_policy_create_from_orders(ams_policy **result, const ams_env *env,
                                         const uint8_t *order, ams_error *err)
{
    ams_policy *policy = NULL;
    ams_status status = ams_alloc(&policy, 1, sizeof *policy, "a policy", err);
    *result = policy;
    if (status == AMS_OK) {
        policy->kind = &ams_policy_orders;
        policy->env = env;
        policy->orders = order;
        policy->draws = policy->kind->draws;
        snprintf(policy->label, sizeof policy->label, "%s", policy->kind->name);
    }
    return status;
}

void ams_policy_share(ams_policy *policy, const ams_policy *other)
{
    if (policy->own_env != NULL && policy->sharing == NULL && other->own_env != NULL &&
        ams_env_options_same(&policy->file.env, &other->file.env) &&
        ams_policy_file_same_thresholds(&policy->file, &other->file)) {
        ams_env_destroy(policy->own_env);
        policy->own_env = other->own_env;
        policy->sharing = other->sharing != NULL ? other->sharing : other;
    }
}

void ams_policy_notice_labels(const ams_policy *policy, const ams_progress *progress)
{
    const ams_label_map *map = &policy->labels;
    if (map->unknown > 0) {
        ams_notice(
            progress,
            "policy %s: %u of the %u labels of the data set %s unknown to it: they count "
            "as value, but it does not see them",
            policy->label, map->unknown, policy->file.label_name.count,
            map->unknown == 1 ? "is" : "are");
    }
    if (map->missing > 0) {
        ams_notice(
            progress,
            "policy %s: %u of the labels that it was trained with %s not in the data set: "
            "its state never has them",
            policy->label, map->missing, map->missing == 1 ? "is" : "are");
    }
}

ams_status ams_policy_move(ams_policy *policy, const ams_table *table, const ams_env *env,
                           const uint32_t *item_index, ams_error *err)
{
    ams_env *own_env = NULL;
    if (policy->kind->keeps_items) {
        return ams_fail(
            err, AMS_USAGE,
            "policy '%s' compares items with the training items, so it needs the "
            "whole file in memory; raise --memory (of `ams schedule` --table-memory)",
            policy->label);
    }
    if (env->n_models != policy->env->n_models || env->n_labels != policy->env->n_labels) {
        return ams_fail(
            err, AMS_BAD_DATA,
            "policy '%s': expected a table of %u models and %u labels, found %u and "
            "%u",
            policy->label, policy->env->n_models, policy->env->n_labels, env->n_models,
            env->n_labels);
    }
    if (policy->sharing != NULL) {
        policy->own_env = policy->sharing->own_env;
    } else if (policy->own_env != NULL) {
        const ams_env_options own = ams_policy_file_env(&policy->file);
        ams_status status = ams_env_create_beside(&own_env, table, &own, env, err);
        if (status != AMS_OK) {
            return status;
        }
        ams_env_destroy(policy->own_env);
        policy->own_env = own_env;
    }
    policy->env = env;
    policy->item_index = item_index;
    return AMS_OK;
}

void ams_policy_destroy(ams_policy *policy)
{
    if (policy == NULL) {
        return;
    }
    if (policy->kind != NULL && policy->kind->fini != NULL) {
        policy->kind->fini(policy);
    }
    ams_policy_file_fini(&policy->file);
    if (policy->sharing == NULL) {
        ams_env_destroy(policy->own_env);
    }
    free(policy);
}
