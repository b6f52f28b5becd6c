/* The device's steps, run on the host, against the trainer of the CPU: the same episodes, the
 * same replay, and weights that differ by rounding alone; and the same bits for any number of
 * lanes. */
#include "rl/policy_file.h"
#include "rl/run.h"
#include "sched/policy.h"
#include "tests/base/suite.h"
#include "tests/cuda/host_run.h"
#include "tests/env/random_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UPDATES = 40 };

static ams_table table;
static ams_env *env;

typedef struct setting {
    const char *name, *agent, *hidden;
    int features, reward, value, targets, loss, end, until, regular, schedule, decide;
    uint64_t nstep, replay, envs, batch;
    double gamma, priority;
} setting;

/* Sizes are odd on purpose: no multiple of a warp, a part or a word of 32 samples. */
static const setting settings[] = {
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
    {"cuBLAS sizes", "dqn", "19x11", .gamma = 0.9, .batch = 515, .regular = 1},
};

static void choose_settings(const setting *s, ams_train_options *o)
{
    ck_assert_int_eq(ams_train_defaults(o, NULL), AMS_OK);
    ck_assert_int_eq(
        ams_config_set(o, ams_train_keys, ams_n_train_keys, "agent", s->agent, "test", NULL),
        AMS_OK);
    strcpy(o->hidden, s->hidden);
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

static void open_table(const ams_train_options *o)
{
    random_table_options options = random_table_defaults(4);
    options.n_items = 60;
    options.distinct = true;
    random_table(&table, &options);
    ams_env_options env_options = ams_train_env_options(o, 0.5F);
    ck_assert_int_eq(ams_env_create(&env, &table, &env_options, NULL), AMS_OK);
}

static void close_table(void)
{
    ams_env_destroy(env);
    ams_table_fini(&table);
}

static ams_trainer *fresh(const ams_train_options *o)
{
    ams_trainer *t = NULL;
    ams_error err = {{0}};
    ams_choose_fn *choose = o->decide == AMS_DECIDE_Q_GREEDY ? NULL : ams_decide_rules[o->decide];
    ams_status status = ams_trainer_create(&t, env, o, choose, &err);
    ck_assert_msg(status == AMS_OK, "%s", err.text);
    return t;
}

/* Largest difference, in units of 1 for what is below 1. */
static double farthest(const float *a, const float *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double scale = fmax(1, fabs((double)b[i]));
        double off = fabs((double)a[i] - (double)b[i]) / scale;
        most = off <= most ? most : off; /* NaN is farthest */
    }
    return most;
}

static void assert_same_episodes(const ams_trainer *a, const ams_trainer *b)
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

/* The limit is that of float sums in another order, over UPDATES steps of Adam, whose first
 * ones turn a gradient's sign into a step of lr = 0.01. */
START_TEST(trains_as_the_cpu)
{
    const setting *s = &settings[_i];
    ams_train_options o;
    choose_settings(s, &o);
    open_table(&o);
    ams_trainer *cpu = fresh(&o);
    ams_trainer *mirror = fresh(&o);
    host_run run;
    host_run_open(&run, mirror, 7);
    for (int i = 0; i < UPDATES; i++) {
        ams_trainer_update(cpu);
    }
    host_run_update(&run, UPDATES);
    host_run_fetch(&run);
    assert_same_episodes(mirror, cpu);
    const ams_net *net = ams_trainer_net(cpu);
    double off = farthest(run.view.online, net->params, net->n_params);
    ck_assert_msg(off <= 2e-3, "%s: weights differ by %g", s->name, off);
    off = farthest(run.view.target, cpu->target.params, net->n_params);
    ck_assert_msg(off <= 2e-3, "%s: target weights differ by %g", s->name, off);
    ck_assert_msg(fabs(mirror->count.stat_loss - cpu->count.stat_loss) <=
                      1e-3 * fabs(cpu->count.stat_loss) + 1e-9,
                  "%s: loss %g, expected %g", s->name, mirror->count.stat_loss,
                  cpu->count.stat_loss);
    for (uint64_t i = 0; i < cpu->priority.n; i++) {
        double p = cpu->priority.level[0][i];
        ck_assert_msg(fabs(mirror->priority.level[0][i] - p) <= 1e-2 * p, "%s: priority %llu",
                      s->name, (unsigned long long)i);
    }
    host_run_close(&run);
    ams_trainer_destroy(cpu);
    ams_trainer_destroy(mirror);
    close_table();
}
END_TEST

/* One lane, few, more than there is work for: no bit depends on it. */
START_TEST(any_number_of_lanes)
{
    static const uint32_t lanes[] = {1, 5, 32, 301};
    ams_train_options o;
    choose_settings(&settings[_i], &o);
    open_table(&o);
    ams_trainer *first = fresh(&o);
    host_run a;
    host_run_open(&a, first, lanes[0]);
    host_run_update(&a, 9);
    for (size_t i = 1; i < sizeof lanes / sizeof *lanes; i++) {
        ams_trainer *other = fresh(&o);
        host_run b;
        host_run_open(&b, other, lanes[i]);
        host_run_update(&b, 9);
        for (uint32_t k = 0; k < a.layout.n; k++) {
            if (a.layout.array[k].to != NULL) {
                ck_assert_mem_eq(a.data[k], b.data[k], a.layout.array[k].bytes);
            }
        }
        host_run_close(&b);
        ams_trainer_destroy(other);
    }
    host_run_close(&a);
    ams_trainer_destroy(first);
    close_table();
}
END_TEST

/* A state that is fetched and loaded again goes on with the same bits. */
START_TEST(goes_on_after_a_fetch)
{
    ams_train_options o;
    choose_settings(&settings[_i], &o);
    open_table(&o);
    ams_trainer *through = fresh(&o);
    ams_trainer *paused = fresh(&o);
    host_run a;
    host_run b;
    host_run_open(&a, through, 3);
    host_run_update(&a, 13);
    host_run_fetch(&a);
    host_run_open(&b, paused, 3);
    host_run_update(&b, 6);
    host_run_fetch(&b);
    host_run_close(&b);
    host_run_open(&b, paused, 3);
    host_run_update(&b, 7);
    host_run_fetch(&b);
    assert_same_episodes(paused, through);
    ck_assert_mem_eq(paused->online.params, through->online.params,
                     through->online.n_params * sizeof(float));
    host_run_close(&a);
    host_run_close(&b);
    ams_trainer_destroy(through);
    ams_trainer_destroy(paused);
    close_table();
}
END_TEST

static void add(TCase *tests)
{
    const int n = (int)(sizeof settings / sizeof *settings);
    tcase_add_loop_test(tests, trains_as_the_cpu, 0, n);
    tcase_add_loop_test(tests, any_number_of_lanes, 0, n);
    tcase_add_loop_test(tests, goes_on_after_a_fetch, 0, n);
}

int main(void)
{
    return run_suite("cuda_steps", add);
}
