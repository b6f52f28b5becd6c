/* Many environments with dense observations, for agents of other programs. */
#include "ams/vector_env.h"

#include "base/memory.h"
#include "base/rng.h"
#include "env/lookup.h"

#include <stdlib.h>
#include <string.h>

/* With writable pointers to what the caller reads. */
typedef struct vector_storage {
    ams_vector_env shown; /* first, so that a pointer to it is a pointer to the storage */
    ams_env env;          /* as the episodes' goal sees it; borrows its arrays */
    ams_vector_env_options options;
    uint32_t *candidate; /* (n_candidates) items of the split */
    uint32_t n_candidates;
    uint64_t drawn; /* items so far, by this seed */
    bool begun;     /* there was a reset */
    float *observation, *final_observation, *reward;
    int8_t *action_mask;
    uint8_t *terminated;
    uint32_t *item, *episode_length;
    double *time_ms, *episode_return;
    uint64_t *mask; /* (n) executed models */
    uint8_t *over;  /* (n) waits for a reset */
    uint8_t *fresh; /* (n) no step since the last reset */
} vector_storage;

static float *row_of(const vector_storage *v, float *matrix, uint32_t i)
{
    return matrix + (size_t)i * v->env.n_features;
}

static int8_t *mask_of(const vector_storage *v, uint32_t i)
{
    return v->action_mask + (size_t)i * v->env.n_actions;
}

/* -- episodes -- */

/* Every feature that the episode's state can have becomes 0. */
static void clear(const vector_storage *v, uint32_t i)
{
    const ams_env *env = &v->env;
    float *row = row_of(v, v->observation, i);
    for (uint64_t e = env->entry[v->item[i]]; e < env->entry[v->item[i] + 1]; e++) {
        row[env->label[e]] = 0;
    }
    memset(row + env->n_labels, 0, (env->n_features - env->n_labels) * sizeof *row);
}

static void show_goal(const ams_env *env, float *row)
{
    if (env->goal_at < env->n_goal_inputs) {
        row[env->n_features - env->n_goal_inputs + env->goal_at] = 1;
    }
}

static void begin(vector_storage *v, uint32_t i, uint32_t item)
{
    const ams_env *env = &v->env;
    clear(v, i);
    v->item[i] = item;
    v->mask[i] = 0;
    v->over[i] = 0;
    v->fresh[i] = 1;
    v->time_ms[i] = 0;
    show_goal(env, row_of(v, v->observation, i));
    memset(mask_of(v, i), 1, env->n_models);
    mask_of(v, i)[env->n_models] = env->options.end;
}

static uint32_t draw(vector_storage *v)
{
    uint32_t words[4];
    ams_philox(v->options.seed, AMS_STREAM_VECTOR_ENV, v->drawn++, words);
    return v->candidate[ams_below(words[0], v->n_candidates)];
}

/* The state gains the model and what it finds. */
static void execute(vector_storage *v, uint32_t i, uint32_t model)
{
    const ams_env *env = &v->env;
    const uint64_t bit = UINT64_C(1) << model;
    const bool binary = ams_env_binary(env);
    float *row = row_of(v, v->observation, i);
    v->mask[i] |= bit;
    for (uint64_t e = env->entry[v->item[i]]; e < env->entry[v->item[i] + 1]; e++) {
        if ((env->seen[e] & bit) != 0) {
            row[env->label[e]] =
                binary ? 1 : ams_lookup_conf(env, e, env->seen[e] & v->mask[i]);
        }
    }
    if (env->n_features > env->n_labels + env->n_goal_inputs) {
        row[env->n_labels + model] = 1;
    }
    mask_of(v, i)[model] = 0;
    v->time_ms[i] += (double)env->time_ms[model];
}

static void end(vector_storage *v, uint32_t i)
{
    v->terminated[i] = 1;
    if (v->options.autoreset == AMS_AUTORESET_SAME_STEP) {
        memcpy(row_of(v, v->final_observation, i), row_of(v, v->observation, i),
               v->env.n_features * sizeof *v->observation);
        begin(v, i, draw(v));
        return;
    }
    v->over[i] = 1;
    memset(mask_of(v, i), 1, v->env.n_actions);
}

static void step(vector_storage *v, uint32_t i, uint32_t action)
{
    const ams_env *env = &v->env;
    v->reward[i] = 0;
    v->terminated[i] = 0;
    if (v->over[i]) {
        if (v->options.autoreset == AMS_AUTORESET_NEXT_STEP) {
            begin(v, i, draw(v));
        }
        return;
    }
    if (v->fresh[i]) {
        v->episode_return[i] = 0;
        v->episode_length[i] = 0;
        v->fresh[i] = 0;
    }
    v->reward[i] = ams_env_reward(env, v->item[i], v->mask[i], action);
    v->episode_return[i] += (double)v->reward[i];
    v->episode_length[i]++;
    if (action < env->n_models) {
        execute(v, i, action);
    }
    if (action == env->n_models || ams_env_finished(env, v->item[i], v->mask[i])) {
        end(v, i);
    }
}

ams_status ams_vector_env_step(ams_vector_env *vector, const int64_t *action, ams_error *err)
{
    vector_storage *v = (vector_storage *)vector;
    const uint32_t n_actions = v->env.n_actions;
    if (!v->begun) {
        return ams_fail(err, AMS_USAGE, "environments: expected a reset before the first step");
    }
    for (uint32_t i = 0; i < vector->n; i++) {
        if (v->over[i]) {
            continue;
        }
        if (action[i] < 0 || action[i] >= n_actions) {
            return ams_fail(err, AMS_USAGE,
                            "environment %u: expected an action from 0 to %u, found %lld", i,
                            n_actions - 1, (long long)action[i]);
        }
        if (!mask_of(v, i)[action[i]]) {
            return ams_fail(err, AMS_USAGE,
                            "environment %u: action %lld, %s; the action mask says what may be "
                            "taken",
                            i, (long long)action[i],
                            action[i] == n_actions - 1 ? "END, may not be taken with end=off"
                                                       : "a model that was executed already");
        }
    }
    for (uint32_t i = 0; i < vector->n; i++) {
        step(v, i, (uint32_t)action[i]);
    }
    return AMS_OK;
}

void ams_vector_env_observe(const ams_vector_env *vector, float *observation)
{
    const vector_storage *v = (const vector_storage *)vector;
    const ams_env *env = &v->env;
    const bool binary = ams_env_binary(env);
    const bool masks = env->n_features > env->n_labels + env->n_goal_inputs;
    for (uint32_t i = 0; i < vector->n; i++) {
        float *row = row_of(v, observation, i);
        memset(row, 0, env->n_features * sizeof *row);
        for (uint64_t e = env->entry[v->item[i]]; e < env->entry[v->item[i] + 1]; e++) {
            const uint64_t seen = env->seen[e] & v->mask[i];
            if (seen != 0) {
                row[env->label[e]] = binary ? 1 : ams_lookup_conf(env, e, seen);
            }
        }
        for (uint64_t rest = masks ? v->mask[i] : 0; rest != 0; rest &= rest - 1) {
            row[env->n_labels + (uint32_t)__builtin_ctzll(rest)] = 1;
        }
        show_goal(env, row);
    }
}

ams_status ams_vector_env_reset(ams_vector_env *vector, const uint64_t *seed,
                                const uint32_t *item, ams_error *err)
{
    vector_storage *v = (vector_storage *)vector;
    for (uint32_t i = 0; item != NULL && i < vector->n; i++) {
        if (item[i] >= v->env.n_items) {
            return ams_fail(err, AMS_USAGE,
                            "environment %u: expected an item from 0 to %u, found %u", i,
                            v->env.n_items - 1, item[i]);
        }
    }
    if (seed != NULL) {
        v->options.seed = *seed;
        v->drawn = 0;
    }
    v->begun = true;
    for (uint32_t i = 0; i < vector->n; i++) {
        begin(v, i, item != NULL ? item[i] : draw(v));
        v->reward[i] = 0;
        v->terminated[i] = 0;
        v->episode_return[i] = 0;
        v->episode_length[i] = 0;
    }
    return AMS_OK;
}

/* -- life -- */

static ams_status find_candidates(vector_storage *v, ams_error *err)
{
    const ams_env *env = &v->env;
    ams_status status =
        ams_alloc(&v->candidate, env->n_items, sizeof *v->candidate, "a split's items", err);
    for (uint32_t i = 0; status == AMS_OK && i < env->n_items; i++) {
        if (env->split[i] == v->options.split) {
            v->candidate[v->n_candidates++] = i;
        }
    }
    if (status == AMS_OK && v->n_candidates == 0) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "the split '%s' has no items; `ams data split` deals items to splits",
                          ams_split_name(v->options.split));
    }
    return status;
}

static ams_status allocate(vector_storage *v, uint32_t n, ams_error *err)
{
    static const char *const what = "environments";
    const size_t features = (size_t)n * v->env.n_features;
    const bool same = v->options.autoreset == AMS_AUTORESET_SAME_STEP;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&v->observation, features, sizeof *v->observation, what, err));
    if (same) {
        AMS_TRY(ams_alloc(&v->final_observation, features, sizeof *v->final_observation, what,
                          err));
    }
    AMS_TRY(ams_alloc(&v->action_mask, (size_t)n * v->env.n_actions, sizeof *v->action_mask,
                      what, err));
    AMS_TRY(ams_alloc(&v->reward, n, sizeof *v->reward, what, err));
    AMS_TRY(ams_alloc(&v->terminated, n, sizeof *v->terminated, what, err));
    AMS_TRY(ams_alloc(&v->item, n, sizeof *v->item, what, err));
    AMS_TRY(ams_alloc(&v->time_ms, n, sizeof *v->time_ms, what, err));
    AMS_TRY(ams_alloc(&v->episode_return, n, sizeof *v->episode_return, what, err));
    AMS_TRY(ams_alloc(&v->episode_length, n, sizeof *v->episode_length, what, err));
    AMS_TRY(ams_alloc(&v->mask, n, sizeof *v->mask, what, err));
    AMS_TRY(ams_alloc(&v->over, n, sizeof *v->over, what, err));
    AMS_TRY(ams_alloc(&v->fresh, n, sizeof *v->fresh, what, err));
    v->shown = (ams_vector_env){.n = n,
                                .n_features = v->env.n_features,
                                .n_actions = v->env.n_actions,
                                .observation = v->observation,
                                .final_observation = v->final_observation,
                                .action_mask = v->action_mask,
                                .reward = v->reward,
                                .terminated = v->terminated,
                                .item = v->item,
                                .time_ms = v->time_ms,
                                .episode_return = v->episode_return,
                                .episode_length = v->episode_length};
out:
    return status;
}

ams_status ams_vector_env_create(ams_vector_env **vector, const ams_env *env, uint32_t n,
                                 const ams_vector_env_options *options, ams_error *err)
{
    vector_storage *v = NULL;
    ams_status status = AMS_OK;
    *vector = NULL;
    if (n == 0) {
        return ams_fail(err, AMS_USAGE, "environments: expected at least 1, found 0");
    }
    if (env->options.observer.observe != NULL) {
        return ams_fail(err, AMS_USAGE, "environments: expected one without an observer");
    }
    if (env->n_goals > 0 && options->goal >= env->n_goals) {
        return ams_fail(err, AMS_USAGE, "environments: expected a goal from 0 to %u, found %u",
                        env->n_goals - 1, options->goal);
    }
    AMS_TRY(ams_alloc(&v, 1, sizeof *v, "environments", err));
    v->options = *options;
    v->env = env->n_goals > 0 ? ams_env_for_goal(env, options->goal) : *env;
    AMS_TRY(find_candidates(v, err));
    AMS_TRY(allocate(v, n, err));
    *vector = &v->shown;
out:
    if (status != AMS_OK && v != NULL) {
        ams_vector_env_destroy(&v->shown);
    }
    return status;
}

void ams_vector_env_destroy(ams_vector_env *vector)
{
    vector_storage *v = (vector_storage *)vector;
    if (v == NULL) {
        return;
    }
    free(v->candidate);
    free(v->observation);
    free(v->final_observation);
    free(v->action_mask);
    free(v->reward);
    free(v->terminated);
    free(v->item);
    free(v->time_ms);
    free(v->episode_return);
    free(v->episode_length);
    free(v->mask);
    free(v->over);
    free(v->fresh);
    free(v);
}
