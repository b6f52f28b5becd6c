#include "ams/env.h"

#include "base/memory.h"
#include "env/beside.h"
#include "env/entries.h"
#include "env/lookup.h"
#include "env/worth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const ams_value_modes[] = {"conf", "count", "best", NULL};
const char *const ams_reward_modes[] = {"paper",     "gain", "gain-rate",
                                        "remaining", "time", NULL};
const ams_alias ams_reward_aliases[] = {{"left", "remaining"}, {NULL, NULL}};
const char *const ams_feature_modes[] = {"labels", "labels+mask", "conf", "conf+mask", NULL};

ams_env_options ams_env_defaults(void)
{
    return (ams_env_options){.value = AMS_VALUE_CONF,
                             .reward = AMS_REWARD_PAPER,
                             .features = AMS_FEATURES_LABELS,
                             .end = true,
                             .n_goals = 3,
                             .goal = {0.8, 0.9, 1}};
}

bool ams_env_options_same(const ams_env_options *a, const ams_env_options *b)
{
    return a->value == b->value && a->reward == b->reward && a->features == b->features &&
           a->end == b->end && a->until_goals == b->until_goals &&
           a->goal_input == b->goal_input && a->goal_heads == b->goal_heads &&
           a->n_goals == b->n_goals &&
           memcmp(a->goal, b->goal, a->n_goals * sizeof *a->goal) == 0 &&
           strcmp(a->theta == NULL ? "" : a->theta, b->theta == NULL ? "" : b->theta) == 0;
}

/* An ams_env with the writable pointers to its arrays, which are const to everyone else. */
typedef struct env_storage {
    ams_env env; /* first, so that a pointer to it is a pointer to the storage */
    float *time_ms, *log_time, *theta, *threshold;
    uint8_t *split;
    ams_entries entries; /* all zero: they are another's */
} env_storage;

static void fill_constants(env_storage *s, const ams_table *table,
                           const ams_env_options *options)
{
    ams_env *env = &s->env;
    bool mask_bits = options->features == AMS_FEATURES_LABELS_MASK ||
                     options->features == AMS_FEATURES_CONF_MASK;
    env->options = *options;
    env->options.theta = NULL;
    env->options.threshold = NULL;
    env->n_items = table->n_items;
    env->n_models = table->n_models;
    env->n_labels = table->n_labels;
    env->n_actions = table->n_models + 1;
    env->n_goals = options->goal_input ? options->n_goals : 0;
    env->n_goal_inputs = ams_env_goal_inputs(options);
    env->goal_at = env->n_goals;
    env->n_features = table->n_labels + (mask_bits ? table->n_models : 0) + env->n_goal_inputs;
    env->n_features = options->observer.observe != NULL ? options->observer.n : env->n_features;
    env->all_models = UINT64_MAX >> (64 - table->n_models);
    memcpy(s->time_ms, table->time_ms, table->n_models * sizeof *s->time_ms);
    memcpy(s->theta, table->theta, table->n_models * sizeof *s->theta);
    memcpy(s->split, table->split, table->n_items * sizeof *s->split);
    for (uint32_t m = 0; m < table->n_models; m++) {
        env->total_time_ms += (double)table->time_ms[m];
        s->log_time[m] = logf(table->time_ms[m]);
        s->threshold[m] =
            options->threshold != NULL ? options->threshold[m] : ams_table_threshold(table, m);
    }
    env->mean_time_ms = env->total_time_ms / table->n_models;
    snprintf(env->cost_unit, sizeof env->cost_unit, "%s", ams_table_cost_unit(table));
    env->threshold = s->threshold; /* read while entries are made */
}

/* entries: the most that an item has. */
static uint32_t most_features(const ams_env *env, uint32_t entries)
{
    return env->options.observer.observe != NULL ? env->options.observer.most
                                                 : entries + (env->n_features - env->n_labels);
}

static void show_arrays(env_storage *s)
{
    ams_env *env = &s->env;
    env->time_ms = s->time_ms;
    env->log_time = s->log_time;
    env->theta = s->theta;
    env->split = s->split;
}

static void show_entries(env_storage *s)
{
    const ams_entries *e = &s->entries;
    ams_env *env = &s->env;
    env->entry = e->entry;
    env->label = e->label;
    env->makers = e->makers;
    env->seen = e->seen;
    env->profit = e->profit;
    env->conf_at = e->conf_at;
    env->conf = e->conf;
    env->full = e->full;
    env->max_features = most_features(env, e->most);
}

static bool same_entries(const ams_env *a, const ams_env *b)
{
    return a->n_items == b->n_items && a->n_models == b->n_models &&
           a->options.value == b->options.value && ams_env_binary(a) == ams_env_binary(b) &&
           a->options.observer.observe == NULL && b->options.observer.observe == NULL &&
           memcmp(a->threshold, b->threshold, a->n_models * sizeof *a->threshold) == 0;
}

static void borrow_entries(env_storage *s, const ams_env *other)
{
    ams_env *env = &s->env;
    env->entry = other->entry;
    env->label = other->label;
    env->makers = other->makers;
    env->seen = other->seen;
    env->profit = other->profit;
    env->conf_at = other->conf_at;
    env->conf = other->conf;
    env->full = other->full;
    env->max_features =
        most_features(env, other->max_features - (other->n_features - other->n_labels));
}

static bool goals_ascend(const ams_env_options *o)
{
    double least = 0;
    for (uint32_t k = 0; k < o->n_goals && k < AMS_MAX_GOALS; k++) {
        if (!(o->goal[k] > least && o->goal[k] <= 1)) {
            return false;
        }
        least = o->goal[k];
    }
    return o->n_goals > 0 && o->n_goals <= AMS_MAX_GOALS;
}

static ams_status check_options(const ams_table *table, const ams_env_options *options,
                                ams_error *err)
{
    if (table->n_models == 0 || table->n_models > AMS_MAX_MODELS) {
        return ams_fail(err, AMS_BAD_DATA, "expected 1 to %d models, found %u", AMS_MAX_MODELS,
                        table->n_models);
    }
    if (!goals_ascend(options)) {
        return ams_fail(err, AMS_USAGE,
                        "goals: expected 1 to %d required recalls above 0, ascending up to 1",
                        AMS_MAX_GOALS);
    }
    for (uint32_t m = 0; options->threshold != NULL && m < table->n_models; m++) {
        if (!(options->threshold[m] >= 0 && options->threshold[m] <= 1)) {
            return ams_fail(err, AMS_USAGE,
                            "threshold: expected a number from 0 to 1, found %g",
                            (double)options->threshold[m]);
        }
    }
    return ams_check_worth(options, table->n_models, err);
}

ams_status ams_env_create(ams_env **env, const ams_table *table, const ams_env_options *options,
                          ams_error *err)
{
    return ams_env_create_beside(env, table, options, NULL, err);
}

ams_status ams_env_create_beside(ams_env **env, const ams_table *table,
                                 const ams_env_options *options, const ams_env *other,
                                 ams_error *err)
{
    env_storage *s = NULL;
    ams_status status = AMS_OK;
    *env = NULL;
    AMS_TRY(check_options(table, options, err));
    AMS_TRY(ams_alloc(&s, 1, sizeof *s, "an environment", err));
    AMS_TRY(ams_alloc(&s->time_ms, table->n_models, sizeof *s->time_ms, "model times", err));
    AMS_TRY(ams_alloc(&s->log_time, table->n_models, sizeof *s->log_time, "model times", err));
    AMS_TRY(ams_alloc(&s->theta, table->n_models, sizeof *s->theta, "model priorities", err));
    AMS_TRY(ams_alloc(&s->threshold, table->n_models, sizeof *s->threshold, "thresholds", err));
    AMS_TRY(ams_alloc(&s->split, table->n_items, sizeof *s->split, "splits", err));
    fill_constants(s, table, options);
    if (options->theta != NULL) {
        AMS_TRY(ams_theta_parse(s->theta, table, options->theta, err));
    }
    show_arrays(s);
    if (other != NULL && same_entries(&s->env, other)) {
        borrow_entries(s, other);
    } else {
        AMS_TRY(ams_entries_make(&s->entries, &s->env, table, err));
        show_entries(s);
    }
    *env = &s->env;
out:
    if (status != AMS_OK && s != NULL) {
        ams_env_destroy(&s->env);
    }
    return status;
}

void ams_env_destroy(ams_env *env)
{
    if (env == NULL) {
        return;
    }
    env_storage *s = (env_storage *)env;
    free(s->time_ms);
    free(s->log_time);
    free(s->theta);
    free(s->threshold);
    free(s->split);
    ams_entries_fini(&s->entries);
    free(s);
}

double ams_env_value(const ams_env *env, uint32_t item, uint64_t mask)
{
    return ams_lookup_value(env, item, mask);
}

double ams_env_gain(const ams_env *env, uint32_t item, uint64_t mask, uint32_t model)
{
    return ams_lookup_gain(env, item, mask, model);
}

float ams_env_reward(const ams_env *env, uint32_t item, uint64_t mask, uint32_t action)
{
    return env->options.worth != NULL ? ams_net_reward(env, item, mask, action)
                                      : ams_lookup_reward(env, item, mask, action);
}

bool ams_env_finished(const ams_env *env, uint32_t item, uint64_t mask)
{
    return ams_lookup_finished(env, item, mask) != 0;
}
