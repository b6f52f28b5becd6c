#include "ams/env.h"

#include "base/memory.h"
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
    uint64_t *entry;
    double *full;
    /* Grown item by item. */
    uint32_t *label;
    uint64_t *makers, *seen, *conf_at;
    double *profit;
    float *conf;
    size_t entries, confs;
    size_t label_room, makers_room, seen_room, conf_at_room, profit_room, conf_room;
} env_storage;

/* One output of an item: sorted by label, then model, they fall into entries. */
typedef struct env_output {
    uint64_t key; /* label << 8 | model */
    float conf;
} env_output;

/* What puts an item's outputs in order: how many there are of each label, and which labels
 * occur, as bits and as bits of words that are not 0, so that few words are looked at. All zero
 * between two items. */
typedef struct env_label_sorter {
    env_output *unsorted;
    uint32_t *count;  /* (L), then the places of the labels' outputs */
    uint64_t *occurs; /* (L / 64 + 1) */
    uint64_t *words;  /* (L / 4096 + 1) */
    size_t n_words;
} env_label_sorter;

static ams_status sorter_init(env_label_sorter *s, size_t most, uint32_t n_labels,
                              ams_error *err)
{
    static const char *const what = "an item's outputs";
    ams_status status = AMS_OK;
    s->n_words = n_labels / 4096 + 1;
    AMS_TRY(ams_alloc(&s->unsorted, most, sizeof *s->unsorted, what, err));
    AMS_TRY(ams_alloc(&s->count, n_labels, sizeof *s->count, what, err));
    AMS_TRY(ams_alloc(&s->occurs, n_labels / 64 + 1, sizeof *s->occurs, what, err));
    AMS_TRY(ams_alloc(&s->words, s->n_words, sizeof *s->words, what, err));
out:
    return status;
}

static void sorter_fini(env_label_sorter *s)
{
    free(s->unsorted);
    free(s->count);
    free(s->occurs);
    free(s->words);
}

/* From how many outputs a label has to where the first of them goes. */
static void find_places(env_label_sorter *s)
{
    uint32_t place = 0;
    for (size_t k = 0; k < s->n_words; k++) {
        for (; s->words[k] != 0; s->words[k] &= s->words[k] - 1) {
            size_t word = k * 64 + ams_lowest(s->words[k]);
            for (; s->occurs[word] != 0; s->occurs[word] &= s->occurs[word] - 1) {
                uint32_t *count = &s->count[word * 64 + ams_lowest(s->occurs[word])];
                uint32_t n = *count;
                *count = place;
                place += n;
            }
        }
    }
}

/* By label; those of one label stay in their order, which is that of the models. */
static void sort_outputs(env_label_sorter *s, size_t n, env_output *sorted)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t label = s->unsorted[i].key >> 8;
        s->count[label]++;
        s->occurs[label / 64] |= UINT64_C(1) << label % 64;
        s->words[label / 4096] |= UINT64_C(1) << label / 64 % 64;
    }
    find_places(s);
    for (size_t i = 0; i < n; i++) {
        sorted[s->count[s->unsorted[i].key >> 8]++] = s->unsorted[i];
    }
    for (size_t i = 0; i < n; i++) {
        s->count[sorted[i].key >> 8] = 0;
    }
}

/* The item's outputs that the state can show: above their model's threshold, or any that is not
 * 0 where confidences are features. */
static size_t collect(const ams_env *env, const ams_table *table, uint32_t item,
                      env_label_sorter *sorter, env_output *outputs)
{
    const bool binary = ams_env_binary(env);
    size_t n = 0;
    for (uint32_t m = 0; m < env->n_models; m++) {
        const float least = binary ? env->threshold[m] : 0.0F;
        uint64_t row = (uint64_t)item * env->n_models + m;
        for (uint64_t at = table->indptr[row]; at < table->indptr[row + 1]; at++) {
            if (table->conf[at] > least) {
                sorter->unsorted[n++] = (env_output){.key = (uint64_t)table->label[at] << 8 | m,
                                                     .conf = table->conf[at]};
            }
        }
    }
    sort_outputs(sorter, n, outputs);
    return n;
}

static ams_status reserve(env_storage *s, size_t more, ams_error *err)
{
    static const char *const what = "the environment's entries";
    size_t n = s->entries + more + 1;
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&s->label, &s->label_room, n, sizeof *s->label, what, err));
    AMS_TRY(ams_grow(&s->makers, &s->makers_room, n, sizeof *s->makers, what, err));
    AMS_TRY(ams_grow(&s->seen, &s->seen_room, n, sizeof *s->seen, what, err));
    AMS_TRY(ams_grow(&s->conf_at, &s->conf_at_room, n, sizeof *s->conf_at, what, err));
    AMS_TRY(ams_grow(&s->profit, &s->profit_room, n, sizeof *s->profit, what, err));
    AMS_TRY(ams_grow(&s->conf, &s->conf_room, s->confs + more + 1, sizeof *s->conf, what, err));
out:
    return status;
}

/* Appends the entry of the n outputs that share a label. */
static void append_entry(env_storage *s, const env_output *outputs, size_t n)
{
    const ams_env_options *options = &s->env.options;
    uint64_t makers = 0;
    uint64_t seen = 0;
    double best = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t model = outputs[i].key & 0xFF;
        const uint64_t bit = UINT64_C(1) << model;
        seen |= bit;
        s->conf[s->confs++] = outputs[i].conf;
        if (outputs[i].conf > s->threshold[model]) {
            makers |= bit;
            best = fmax(best, (double)outputs[i].conf);
        }
    }
    size_t e = s->entries++;
    s->label[e] = (uint32_t)(outputs[0].key >> 8);
    s->makers[e] = makers;
    s->seen[e] = seen;
    s->conf_at[e + 1] = s->confs;
    s->profit[e] = options->value == AMS_VALUE_COUNT && makers != 0 ? 1.0 : best;
}

static void append_item(env_storage *s, const env_output *outputs, size_t n)
{
    for (size_t i = 0, end = 0; i < n; i = end) {
        while (end < n && outputs[end].key >> 8 == outputs[i].key >> 8) {
            end++;
        }
        append_entry(s, outputs + i, end - i);
    }
}

static uint64_t most_outputs(const ams_table *table)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < table->n_items; i++) {
        uint64_t row = (uint64_t)i * table->n_models;
        uint64_t n = table->indptr[row + table->n_models] - table->indptr[row];
        most = n > most ? n : most;
    }
    return most;
}

static ams_status build_entries(env_storage *s, const ams_table *table, ams_error *err)
{
    env_output *outputs = NULL;
    env_label_sorter sorter = {0};
    uint32_t most = 0;
    ams_status status = AMS_OK;
    AMS_TRY(
        ams_alloc(&outputs, most_outputs(table), sizeof *outputs, "an item's outputs", err));
    AMS_TRY(sorter_init(&sorter, most_outputs(table), table->n_labels, err));
    AMS_TRY(reserve(s, 0, err));
    s->conf_at[0] = 0;
    for (uint32_t i = 0; i < table->n_items; i++) {
        size_t n = collect(&s->env, table, i, &sorter, outputs);
        AMS_TRY(reserve(s, n, err));
        append_item(s, outputs, n);
        s->entry[i + 1] = s->entries;
        uint32_t count = (uint32_t)(s->entries - s->entry[i]);
        most = count > most ? count : most;
    }
    s->env.max_features = s->env.options.observer.observe != NULL
                              ? s->env.options.observer.most
                              : most + (s->env.n_features - s->env.n_labels);
out:
    free(outputs);
    sorter_fini(&sorter);
    return status;
}

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

static void show_arrays(env_storage *s)
{
    ams_env *env = &s->env;
    env->time_ms = s->time_ms;
    env->log_time = s->log_time;
    env->theta = s->theta;
    env->split = s->split;
    env->entry = s->entry;
    env->label = s->label;
    env->makers = s->makers;
    env->seen = s->seen;
    env->profit = s->profit;
    env->conf_at = s->conf_at;
    env->conf = s->conf;
    env->full = s->full;
    for (uint32_t i = 0; i < env->n_items; i++) {
        s->full[i] = ams_env_value(env, i, env->all_models);
    }
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

ams_status ams_env_create(ams_env **env, const ams_table *table, const ams_env_options *options,
                          ams_error *err)
{
    *env = NULL;
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
    env_storage *s = NULL;
    ams_status status = AMS_OK;
    size_t n = table->n_items;
    AMS_TRY(ams_check_worth(options, table->n_models, err));
    AMS_TRY(ams_alloc(&s, 1, sizeof *s, "an environment", err));
    AMS_TRY(ams_alloc(&s->time_ms, table->n_models, sizeof *s->time_ms, "model times", err));
    AMS_TRY(ams_alloc(&s->log_time, table->n_models, sizeof *s->log_time, "model times", err));
    AMS_TRY(ams_alloc(&s->theta, table->n_models, sizeof *s->theta, "model priorities", err));
    AMS_TRY(ams_alloc(&s->threshold, table->n_models, sizeof *s->threshold, "thresholds", err));
    AMS_TRY(ams_alloc(&s->split, n, sizeof *s->split, "splits", err));
    AMS_TRY(ams_alloc(&s->entry, n + 1, sizeof *s->entry, "item entries", err));
    AMS_TRY(ams_alloc(&s->full, n, sizeof *s->full, "item values", err));
    fill_constants(s, table, options);
    if (options->theta != NULL) {
        AMS_TRY(ams_theta_parse(s->theta, table, options->theta, err));
    }
    AMS_TRY(build_entries(s, table, err));
    show_arrays(s);
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
    free(s->entry);
    free(s->full);
    free(s->label);
    free(s->makers);
    free(s->seen);
    free(s->conf_at);
    free(s->profit);
    free(s->conf);
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
