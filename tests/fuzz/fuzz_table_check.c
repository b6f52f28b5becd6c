/* ams_table_check: arrays of any content are refused or taken without harm, and what is taken
 * serves as an environment and can be hashed.
 *
 * Layout of an input; where it ends, zeros follow:
 *   counts   6 bytes: models, labels, items, tasks, groups, outputs (with ANY_BOUNDS only)
 *   choices  flags, environment options, threshold / 200
 *   names    with ANY_NAMES: length, bytes; else only a byte, the task, for each label
 *   models   task, theta, time, memory for each
 *   items    group, split for each
 *   outputs  lengths of the runs, or with ANY_BOUNDS 8 bytes for each bound; labels;
 *            confidences; with TIMES the runs' times
 * A number is one byte / 16 (a confidence / 200), or with ANY_FLOATS the 4 bytes of a float. */
#include "ams/env.h"
#include "base/memory.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TIMES = 1, ANY_BOUNDS = 2, ANY_FLOATS = 4, ANY_NAMES = 8 };
enum { MOST_MODELS = 70, MOST_LABELS = 20, MOST_ITEMS = 12, MOST_NAMES = 5, MOST_RUN = 4 };

typedef struct input {
    const uint8_t *at;
    size_t left;
    unsigned flags;
} input;

static void take(input *in, void *target, size_t size)
{
    size_t held = size < in->left ? size : in->left;
    memset(target, 0, size);
    memcpy(target, in->at, held);
    in->at += held;
    in->left -= held;
}

static uint32_t byte(input *in)
{
    uint8_t value = 0;
    take(in, &value, 1);
    return value;
}

static float number(input *in, float unit)
{
    float value = 0;
    if ((in->flags & ANY_FLOATS) == 0) {
        return (float)byte(in) / unit;
    }
    take(in, &value, sizeof value);
    return value;
}

static void new_array(void *pointer_to_pointer, size_t count, size_t size)
{
    need(ams_alloc(pointer_to_pointer, count, size, "an array", NULL) == AMS_OK);
}

/* Names that are not distinct are fewer than `count`, which the check has to notice. */
static void take_names(input *in, ams_names *names, uint32_t count, const char *kind,
                       uint32_t n_tasks)
{
    for (uint32_t i = 0; i < count; i++) {
        char text[32];
        size_t length = 0;
        uint32_t index = 0;
        if ((in->flags & ANY_NAMES) != 0) {
            length = byte(in) % sizeof text;
            take(in, text, length);
        } else if (n_tasks > 0) {
            length = (size_t)snprintf(text, sizeof text, "t%u/l%u", byte(in) % n_tasks, i);
        } else {
            length = (size_t)snprintf(text, sizeof text, "%s%u", kind, i);
        }
        (void)ams_names_add(names, text, length, &index, NULL);
    }
}

static void take_bounds(input *in, ams_table *t, uint64_t *nnz)
{
    uint64_t rows = (uint64_t)t->n_items * t->n_models;
    new_array(&t->indptr, rows + 1, sizeof *t->indptr);
    if ((in->flags & ANY_BOUNDS) != 0) {
        for (uint64_t r = 0; r <= rows; r++) {
            take(in, &t->indptr[r], sizeof *t->indptr);
        }
        return;
    }
    for (uint64_t r = 0; r < rows; r++) {
        t->indptr[r + 1] = t->indptr[r] + byte(in) % MOST_RUN;
    }
    *nnz = t->indptr[rows];
}

static void take_outputs(input *in, ams_table *t, uint64_t *nnz)
{
    uint64_t rows = (uint64_t)t->n_items * t->n_models;
    take_bounds(in, t, nnz);
    new_array(&t->label, *nnz, sizeof *t->label);
    new_array(&t->conf, *nnz, sizeof *t->conf);
    for (uint64_t k = 0; k < *nnz; k++) {
        t->label[k] = byte(in) % (MOST_LABELS + 2);
    }
    for (uint64_t k = 0; k < *nnz; k++) {
        t->conf[k] = number(in, 200);
    }
    if ((in->flags & TIMES) != 0) {
        new_array(&t->run_time_ms, rows, sizeof *t->run_time_ms);
        for (uint64_t r = 0; r < rows; r++) {
            t->run_time_ms[r] = number(in, 16);
        }
    }
}

static uint64_t take_table(input *in, ams_table *t, ams_env_options *options)
{
    t->n_models = byte(in) % MOST_MODELS;
    t->n_labels = byte(in) % MOST_LABELS;
    t->n_items = byte(in) % MOST_ITEMS;
    uint32_t n_tasks = byte(in) % MOST_NAMES;
    uint32_t n_groups = byte(in) % MOST_NAMES;
    uint64_t nnz = byte(in);
    in->flags = byte(in);
    uint32_t choice = byte(in);
    *options = ams_env_defaults();
    options->value = (ams_value_mode)(choice % 3);
    options->reward = (ams_reward_mode)(choice / 3 % 3);
    options->features = (ams_feature_mode)(choice / 9 % 4);
    options->end = choice / 36 % 2 == 0;
    const float threshold = (float)byte(in) / 200.0F; /* too large where the byte is */
    if (choice >= 128) {
        options->reward = choice % 2 == 0 ? AMS_REWARD_REMAINING : AMS_REWARD_TIME;
        options->until_goals = choice / 2 % 2 == 0;
    }
    take_names(in, &t->model_name, t->n_models, "m", 0);
    take_names(in, &t->task_name, n_tasks, "t", 0);
    take_names(in, &t->label_name, t->n_labels, "l", n_tasks);
    take_names(in, &t->item_id, t->n_items, "i", 0);
    take_names(in, &t->group_name, n_groups, "g", 0);
    new_array(&t->model_task, t->n_models, sizeof *t->model_task);
    new_array(&t->theta, t->n_models, sizeof *t->theta);
    new_array(&t->time_ms, t->n_models, sizeof *t->time_ms);
    new_array(&t->mem_mb, t->n_models, sizeof *t->mem_mb);
    new_array(&t->threshold, t->n_models, sizeof *t->threshold);
    for (uint32_t m = 0; m < t->n_models; m++) {
        t->model_task[m] = byte(in);
        t->theta[m] = number(in, 16);
        t->time_ms[m] = number(in, 16);
        t->mem_mb[m] = number(in, 16);
        t->threshold[m] = m % 3 == 1 ? threshold / 2 : threshold;
    }
    new_array(&t->item_group, t->n_items, sizeof *t->item_group);
    new_array(&t->split, t->n_items, sizeof *t->split);
    for (uint32_t i = 0; i < t->n_items; i++) {
        t->item_group[i] = byte(in);
        t->split[i] = (uint8_t)byte(in);
    }
    take_outputs(in, t, &nnz);
    return nnz;
}

/* Every model of an item, one after the other: f never falls and ends at `full`. */
static void walk(const ams_env *env, uint32_t item, uint32_t *index, float *value)
{
    uint64_t mask = 0;
    need(ams_env_value(env, item, 0) <= 0);
    for (uint32_t m = 0; m < env->n_models; m++) {
        double before = ams_env_value(env, item, mask);
        double gain = ams_env_gain(env, item, mask, m);
        need(!isnan(ams_env_reward(env, item, mask, m)));
        mask |= UINT64_C(1) << m;
        double after = ams_env_value(env, item, mask);
        need(after >= before && fabs(after - before - gain) < 1e-9);
        uint32_t n = ams_env_features(env, item, mask, index, value);
        need(n <= env->max_features);
        for (uint32_t k = 0; k < n; k++) {
            need(index[k] < env->n_features && (k == 0 || index[k] > index[k - 1]));
            need(value[k] >= 0 && value[k] <= 1);
        }
    }
    need(fabs(ams_env_value(env, item, env->all_models) - env->full[item]) <= 0);
}

static void check_environment(const ams_table *table, const ams_env_options *options)
{
    ams_env *env = NULL;
    ams_error err;
    char hash[AMS_HASH_TEXT];
    need(ams_table_hash(table, hash, &err) == AMS_OK);
    need(ams_env_create(&env, table, options, &err) == AMS_OK);
    uint32_t *index = NULL;
    float *value = NULL;
    new_array(&index, env->max_features, sizeof *index);
    new_array(&value, env->max_features, sizeof *value);
    for (uint32_t i = 0; i < env->n_items; i++) {
        walk(env, i, index, value);
    }
    free(index);
    free(value);
    ams_env_destroy(env);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {.at = data, .left = size};
    ams_table table = {0};
    ams_env_options options;
    ams_error err;
    uint64_t nnz = take_table(&in, &table, &options);
    if (ams_table_check(&table, nnz, &err) == AMS_OK) {
        check_environment(&table, &options);
    }
    ams_table_fini(&table);
    return 0;
}
