#include "tests/cuda/settings.h"

#include "ams/policy.h"
#include "ams/policy_file.h"

#include <check.h>
#include <math.h>
#include <string.h>

/* Sizes are odd on purpose: no multiple of a warp, a part or a word of 32 samples. */
const cuda_setting cuda_settings[] = {
    {"dqn", "dqn", "48", .gamma = 0.9, .end = 1},
    {"fused on the CPU", "dqn", "64", .features = 1, .gamma = 0.9, .batch = 70},
    {"double, deep", "double", "37x20", .features = 2, .gamma = 0.9, .end = 1, .nstep = 3},
    {"sarsa", "sarsa", "21", .features = 3, .gamma = 0.8, .end = 1, .nstep = 2, .reward = 1},
    {"sarsa, priorities", "sarsa", "21", .gamma = 0.8, .priority = 0.6, .reward = 2},
    {"dueling", "dueling", "33", .features = 1, .gamma = 0.9, .value = 2, .reward = 1},
    {"double-dueling, regular", "double-dueling", "48x20", .features = 3, .gamma = 0.9,
     .end = 1, .nstep = 3, .regular = 1, .schedule = 2},
    {"all", "dqn", "29", .targets = 1, .gamma = 0.9, .end = 1, .reward = 3, .until = 1},
    {"all, double-dueling", "double-dueling", "29x13x7", .targets = 1, .gamma = 0.7,
     .priority = 0.7, .regular = 1, .features = 2, .reward = 4},
    {"logistic", "dqn", "31", .targets = 1, .loss = 2, .reward = 3, .decide = 2, .features = 1},
    {"squared, priorities", "dqn", "31", .loss = 1, .gamma = 0.9, .priority = 0.5, .batch = 97,
     .schedule = 1},
    {"ring laps often", "double", "31", .gamma = 0.9, .replay = 53, .envs = 50, .nstep = 2,
     .priority = 0.4},
    {"ring laps, sarsa", "sarsa", "31", .gamma = 0.9, .replay = 103, .envs = 50,
     .priority = 0.4},
    {"a batch of one", "dqn", "17x9x5", .features = 3, .gamma = 0.9, .batch = 1, .end = 1},
    {"all, clipped, no bootstrap", "dqn", "23x12", .targets = 1, .loss = 2, .reward = 3,
     .decide = 2, .features = 3, .regular = 1, .batch = 41},
    {"cuBLAS sizes", "dqn", "19x11", .gamma = 0.9, .batch = 515, .regular = 1},
};
const int cuda_n_settings = (int)(sizeof cuda_settings / sizeof *cuda_settings);

const cuda_setting cuda_wide_settings[] = {
    {"large", "double", "64x40", .features = 3, .gamma = 0.9, .batch = 4096, .nstep = 3,
     .end = 1},
    {"large, all", "double-dueling", "41x33", .targets = 1, .gamma = 0.9, .priority = 0.5,
     .regular = 1, .batch = 770},
};
const int cuda_n_wide_settings = (int)(sizeof cuda_wide_settings / sizeof *cuda_wide_settings);

void cuda_choose(const cuda_setting *s, ams_train_options *o)
{
    ck_assert_int_eq(ams_train_defaults(o, NULL), AMS_OK);
    o->goal_input = AMS_OFF;
    o->dropout = 0;
    o->weight_decay = 0;
    ck_assert_int_eq(
        ams_config_set(o, ams_train_keys, ams_n_train_keys, "agent", s->agent, "test", NULL),
        AMS_OK);
    ck_assert_int_eq(ams_train_set(o, "hidden", s->hidden, NULL), AMS_OK);
    o->features = s->features;
    o->reward = s->reward;
    o->value = s->value;
    o->targets = s->targets;
    o->loss = s->loss;
    o->end = s->end;
    o->episode = s->until;
    o->lr_schedule = s->schedule;
    o->decide = s->decide;
    o->gamma = s->gamma;
    o->priority_alpha = s->priority;
    o->nstep = s->nstep > 0 ? s->nstep : 1;
    o->replay = s->replay > 0 ? s->replay : 301;
    o->envs = s->envs > 0 ? s->envs : 5;
    o->batch = s->batch > 0 ? s->batch : 33;
    o->warmup = o->envs + 51 < o->replay ? o->envs + 51 : o->replay;
    o->target_every = 7;
    o->epsilon_steps = 30;
    o->steps = 100;
    o->lr = 0.01;
    if (s->regular) {
        o->dropout = 0.2;
        o->grad_clip = 0.05;
        o->weight_decay = 0.1;
        o->tau = 0.02;
    }
}

void cuda_open_table(ams_table *table, ams_env **env, const ams_train_options *o)
{
    random_table_options options = random_table_defaults(4);
    options.n_items = 60;
    options.distinct = true;
    random_table(table, &options);
    *env = cuda_open_env(table, o);
}

ams_env *cuda_open_env(const ams_table *table, const ams_train_options *o)
{
    ams_env *env = NULL;
    ams_env_options options = ams_train_env_options(o);
    ck_assert_int_eq(ams_env_create(&env, table, &options, NULL), AMS_OK);
    return env;
}

ams_trainer *cuda_fresh(const ams_env *env, const ams_train_options *o)
{
    ams_trainer *t = NULL;
    ams_error err = {{0}};
    ams_choose_fn *choose =
        o->decide == AMS_DECIDE_Q_GREEDY ? NULL : ams_decide_rules[o->decide];
    ams_status status = ams_trainer_create(&t, env, o, choose, &err);
    ck_assert_msg(status == AMS_OK, "%s", err.text);
    return t;
}

double cuda_farthest(const float *a, const float *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double scale = fmax(1, fabs((double)b[i]));
        double off = fabs((double)a[i] - (double)b[i]) / scale;
        most = off <= most ? most : off; /* NaN is farthest */
    }
    return most;
}

double cuda_distance(const float *a, const float *b, size_t n)
{
    double off = 0;
    double all = 0;
    for (size_t i = 0; i < n; i++) {
        off += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
        all += (double)b[i] * (double)b[i];
    }
    return sqrt(off / all);
}

double cuda_precision_limit(int precision)
{
    return 4 * ldexp(1, precision == AMS_PRECISION_TF32 ? -11 : -8);
}

void cuda_assert_same_episodes(const ams_trainer *a, const ams_trainer *b)
{
    ck_assert_uint_eq(a->count.updates, b->count.updates);
    ck_assert_uint_eq(a->count.acts, b->count.acts);
    ck_assert_uint_eq(a->count.begun, b->count.begun);
    ck_assert_uint_eq(a->count.episodes, b->count.episodes);
    ck_assert_uint_eq(a->replay.size, b->replay.size);
    ck_assert_uint_eq(a->replay.head, b->replay.head);
    ck_assert_mem_eq(a->replay.slots, b->replay.slots,
                     b->replay.size * sizeof *b->replay.slots);
    ck_assert_mem_eq(a->episodes.item, b->episodes.item, b->episodes.n * sizeof(uint32_t));
    ck_assert_mem_eq(a->episodes.mask, b->episodes.mask, b->episodes.n * sizeof(uint64_t));
    ck_assert_mem_eq(a->last_slot, b->last_slot, b->episodes.n * sizeof(uint64_t));
}
