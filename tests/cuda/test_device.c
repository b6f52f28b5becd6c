/* On a GPU: the same episodes as on the CPU, weights that differ by rounding alone, the same
 * bits every time, after a restore and beside other runs, and what happens when memory runs
 * out. Exit code 77 where there is no device. */
#include "ams/cuda.h"
#include "ams/policy.h"
#include "ams/sections.h"
#include "base/file.h"
#include "cuda/layout.h"
#include "rl/policy/scorer.h"
#include "tests/base/suite.h"
#include "tests/cuda/gradient.h"
#include "tests/cuda/host_device.h"
#include "tests/cuda/host_run.h"
#include "tests/cuda/settings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More than two graphs, and pieces that are no multiple of one. */
#ifndef TEST_UPDATES
#define TEST_UPDATES 150
#endif
enum { UPDATES = TEST_UPDATES, PIECE = UPDATES * 45 / 100 };

static ams_table table;
static ams_env *env;

static void close_table(void)
{
    ams_env_destroy(env);
    ams_table_fini(&table);
}

static ams_trainer *on_device(const ams_train_options *o)
{
    ams_error err = {{0}};
    ams_trainer *t = cuda_fresh(env, o);
    ams_status status = ams_trainer_accelerate(t, &ams_cuda, &err);
    ck_assert_msg(status == AMS_OK, "%s", err.text);
    return t;
}

static void advance(ams_trainer *t, uint64_t n)
{
    ams_error err = {{0}};
    ams_status status = ams_trainer_advance(t, n, &err);
    ck_assert_msg(status == AMS_OK, "%s", err.text);
    status = ams_trainer_sync(t, &err);
    ck_assert_msg(status == AMS_OK, "%s", err.text);
}

/* Setting _i, and those after them that are large enough for the wide path. */
static const cuda_setting *setting_of(int i)
{
    return i < cuda_n_settings ? &cuda_settings[i] : &cuda_wide_settings[i - cuda_n_settings];
}

/* The settings once more in tf32 and bf16, which have the wide path at their odd sizes. */
static void choose_rounded(int i, ams_train_options *o)
{
    cuda_choose(&cuda_settings[i % cuda_n_settings], o);
    o->device = AMS_DEVICE_CUDA;
    o->precision = i < cuda_n_settings ? AMS_PRECISION_TF32 : AMS_PRECISION_BF16;
}

/* As tests/cuda/test_steps.c, over fewer updates than it takes for rounding to turn a choice.
 */
START_TEST(trains_as_the_cpu)
{
    const cuda_setting *s = setting_of(_i);
    const uint64_t updates = _i < cuda_n_settings ? 40 : 5;
    ams_train_options o;
    cuda_choose(s, &o);
    cuda_open_table(&table, &env, &o);
    ams_trainer *cpu = cuda_fresh(env, &o);
    ams_trainer *gpu = on_device(&o);
    advance(cpu, updates);
    advance(gpu, updates);
    cuda_assert_same_episodes(gpu, cpu);
    const ams_net *net = ams_trainer_net(cpu);
    double off = cuda_farthest(ams_trainer_net(gpu)->params, net->params, net->n_params);
    ck_assert_msg(off <= 2e-3, "%s: weights differ by %g", s->name, off);
    off = cuda_farthest(gpu->target.params, cpu->target.params, net->n_params);
    ck_assert_msg(off <= 2e-3, "%s: target weights differ by %g", s->name, off);
    ams_trainer_destroy(cpu);
    ams_trainer_destroy(gpu);
    close_table();
}
END_TEST

/* Every operation at once, against double precision. */
START_TEST(first_gradient)
{
    const cuda_setting *s = setting_of(_i);
    ams_train_options o;
    cuda_choose(s, &o);
    cuda_open_table(&table, &env, &o);
    ams_trainer *cpu = cuda_fresh(env, &o);
    ams_trainer *gpu = on_device(&o);
    ams_trainer *fresh = cuda_fresh(env, &o);
    advance(cpu, 1);
    advance(gpu, 1);
    double off = cuda_gradient_off(cpu, fresh->online.params, gpu->moment1);
    ck_assert_msg(off <= cuda_gradient_limit, "%s: the gradient is %g away", s->name, off);
    ams_trainer_destroy(cpu);
    ams_trainer_destroy(gpu);
    ams_trainer_destroy(fresh);
    close_table();
}
END_TEST

/* The gradient of the first update, which Adam's first moments are a multiple of, beside that
 * of the wide path in host memory in fp32. cuBLAS need not round, so it may be no other. */
START_TEST(rounds_as_asked)
{
    ams_train_options o;
    choose_rounded(_i, &o);
    cuda_open_table(&table, &env, &o);
    ams_trainer *gpu = on_device(&o);
    const double limit = cuda_precision_limit(o.precision);
    o.precision = AMS_PRECISION_FP32;
    ams_trainer *host = cuda_fresh(env, &o);
    ck_assert_int_eq(ams_trainer_accelerate(host, &host_wide_accelerator, NULL), AMS_OK);
    advance(host, 1);
    advance(gpu, 1);
    double off = cuda_distance(gpu->moment1, host->moment1, host->online.n_params);
    ck_assert_msg(off <= limit, "%s: the gradient is %g away, expected up to %g",
                  cuda_settings[_i % cuda_n_settings].name, off, limit);
    ams_trainer_destroy(gpu);
    ams_trainer_destroy(host);
    close_table();
}
END_TEST

/* In one piece, in pieces that are no multiple of a graph, and by way of a checkpoint. */
START_TEST(same_bits_always)
{
    const int fp32 = cuda_n_settings + cuda_n_wide_settings;
    ams_train_options o;
    if (_i < fp32) {
        cuda_choose(setting_of(_i), &o);
    } else {
        choose_rounded(_i - fp32, &o);
    }
    cuda_open_table(&table, &env, &o);
    ams_trainer *a = on_device(&o);
    ams_trainer *b = on_device(&o);
    ams_trainer *c = on_device(&o);
    advance(a, UPDATES);
    advance(b, PIECE);
    ams_blob blob = {0};
    ams_sections sections;
    char *bytes = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_blob_begin(&blob, "AMSTEST1", NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_save(b, &blob, NULL), AMS_OK);
    ck_assert_int_eq(ams_blob_write(&blob, "state", NULL), AMS_OK);
    ck_assert_int_eq(ams_read_file("state", INT32_MAX, &bytes, &size, NULL), AMS_OK);
    ck_assert_int_eq(ams_sections_open(&sections, bytes, size, "AMSTEST1", "state", NULL),
                     AMS_OK);
    ck_assert_int_eq(ams_trainer_restore(c, &sections, NULL), AMS_OK);
    advance(b, UPDATES - PIECE);
    advance(c, UPDATES - PIECE);
    cuda_assert_same_episodes(b, a);
    cuda_assert_same_episodes(c, a);
    size_t block = a->online.n_params * sizeof(float);
    ck_assert_mem_eq(b->online.params, a->online.params, block);
    ck_assert_mem_eq(c->online.params, a->online.params, block);
    ams_blob_fini(&blob);
    free(bytes);
    ams_trainer_destroy(a);
    ams_trainer_destroy(b);
    ams_trainer_destroy(c);
    close_table();
}
END_TEST

/* As the CPU schedules with the same weights, on every item of the split. */
START_TEST(orders_as_the_scorer)
{
    ams_train_options o;
    cuda_choose(&cuda_settings[_i], &o);
    cuda_open_table(&table, &env, &o);
    ams_trainer *t = on_device(&o);
    const uint32_t m = env->n_models;
    uint8_t *order = malloc((size_t)env->n_items * m);
    ams_scorer *scorer = NULL;
    ck_assert_ptr_nonnull(order);
    advance(t, 10);
    ck_assert_int_eq(ams_trainer_orders(t, AMS_VALIDATION, order, NULL), AMS_OK);
    ck_assert_int_eq(ams_scorer_create(&scorer, env, ams_trainer_net(t), NULL), AMS_OK);
    for (uint32_t i = 0; i < env->n_items; i++) {
        ams_scorer_begin(scorer, i);
        for (uint32_t k = 0; env->split[i] == AMS_VALIDATION && k < m; k++) {
            uint64_t left = ams_env_remaining(env, ams_scorer_mask(scorer));
            uint32_t next = ams_decide_rules[o.decide](ams_scorer_q(scorer), env, left);
            ck_assert_uint_eq(order[(size_t)i * m + k], next);
            ams_scorer_run(scorer, next);
        }
    }
    ams_scorer_destroy(scorer);
    free(order);
    ams_trainer_destroy(t);
    close_table();
}
END_TEST

static void advance_all(ams_trainer *const *t, size_t n, uint64_t updates)
{
    ams_error err = {{0}};
    ams_status status = ams_trainers_advance(t, n, updates, &err);
    ck_assert_msg(status == AMS_OK, "%s", err.text);
}

static void assert_same_bits(ams_trainer *a, ams_trainer *b, const char *name)
{
    ck_assert_int_eq(ams_trainer_sync(a, NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_sync(b, NULL), AMS_OK);
    cuda_assert_same_episodes(a, b);
    ck_assert_msg(
        memcmp(a->online.params, b->online.params, a->online.n_params * sizeof(float)) == 0,
        "%s: weights differ", name);
    ck_assert_msg(memcmp(a->moment2, b->moment2, a->online.n_params * sizeof(float)) == 0,
                  "%s: moments differ", name);
}

/* Whether no setting before setting i has the same launches. */
static bool is_first_of_shape(int i, const ams_train_options *wanted)
{
    ams_train_options o;
    bool first = true;
    for (int k = 0; k < i; k++) {
        cuda_choose(&cuda_settings[k], &o);
        first = first && !ams_layout_same_shape(&o, wanted);
    }
    return first;
}

/* Every setting with all that have the same launches, three seeds of each on one environment:
 * the bits of each run alone. The first leaves early, as one that runs out of patience. */
START_TEST(together_as_alone)
{
    enum { SEEDS = 3, MOST = 60, LEAVES = PIECE + 1 };
    ams_train_options o[MOST];
    ams_trainer *t[MOST];
    ams_trainer *alone[MOST];
    ams_env *envs[MOST];
    const char *name[MOST];
    ams_device device = {0};
    ams_train_options wanted;
    size_t n = 0;
    cuda_choose(&cuda_settings[_i], &wanted);
    if (!is_first_of_shape(_i, &wanted)) {
        return; /* it was among those of another */
    }
    cuda_open_table(&table, &env, &wanted);
    ck_assert_int_eq(ams_device_open(&device, &ams_cuda, NULL), AMS_OK);
    for (int k = 0; k < SEEDS * cuda_n_settings; k++) {
        bool joined = false;
        cuda_choose(&cuda_settings[k / SEEDS], &o[n]);
        if (!ams_layout_same_shape(&o[n], &wanted)) {
            continue;
        }
        ams_env_options options = ams_train_env_options(&o[n]);
        o[n].seed = (uint64_t)(k % SEEDS);
        envs[n] = n > 0 && k % SEEDS > 0 ? envs[n - 1] : NULL;
        ck_assert(envs[n] != NULL ||
                  ams_env_create(&envs[n], &table, &options, NULL) == AMS_OK);
        t[n] = cuda_fresh(envs[n], &o[n]);
        alone[n] = cuda_fresh(envs[n], &o[n]);
        name[n] = cuda_settings[k / SEEDS].name;
        ck_assert_int_eq(ams_trainer_join(t[n], &device, &joined, NULL), AMS_OK);
        ck_assert(joined);
        ck_assert_int_eq(ams_trainer_accelerate(alone[n], &ams_cuda, NULL), AMS_OK);
        n++;
    }
    ck_assert_uint_gt(n, 0);
    advance_all(t, n, LEAVES);
    advance(alone[0], LEAVES);
    assert_same_bits(t[0], alone[0], name[0]);
    ams_trainer_destroy(t[0]);
    advance_all(t + 1, n - 1, UPDATES - LEAVES);
    for (size_t r = 1; r < n; r++) {
        advance(alone[r], UPDATES);
        assert_same_bits(t[r], alone[r], name[r]);
        ams_trainer_destroy(t[r]);
    }
    ams_device_close(&device);
    for (size_t r = 0; r < n; r++) {
        ams_trainer_destroy(alone[r]);
        if (r + 1 == n || envs[r + 1] != envs[r]) {
            ams_env_destroy(envs[r]);
        }
    }
    close_table();
}
END_TEST

/* 65536 samples of three layers of 4096 units take some GiB; a device that has them passes. */
START_TEST(too_little_memory_is_said)
{
    ams_train_options o;
    ams_cuda_device device;
    ams_error err = {{0}};
    cuda_choose(&cuda_settings[0], &o);
    o.batch = 65536;
    o.replay = 1 << 17;
    ck_assert_int_eq(ams_train_set(&o, "hidden", "4096x4096x4096", NULL), AMS_OK);
    cuda_open_table(&table, &env, &o);
    ck_assert_int_eq(ams_cuda_find(0, &device, &err), AMS_OK);
    ams_trainer *t = cuda_fresh(env, &o);
    ams_status status = ams_trainer_accelerate(t, &ams_cuda, &err);
    ck_assert_msg(status == AMS_OK || strstr(err.text, "smaller") != NULL, "%s", err.text);
    ams_trainer_destroy(t);
    close_table();
}
END_TEST

static void add(TCase *tests)
{
    const int all = cuda_n_settings + cuda_n_wide_settings;
    tcase_add_loop_test(tests, trains_as_the_cpu, 0, all);
    tcase_add_loop_test(tests, first_gradient, 0, all);
    tcase_add_loop_test(tests, rounds_as_asked, 0, 2 * cuda_n_settings);
    tcase_add_loop_test(tests, same_bits_always, 0, all + 2 * cuda_n_settings);
    tcase_add_loop_test(tests, orders_as_the_scorer, 0, cuda_n_settings);
    tcase_add_loop_test(tests, together_as_alone, 0, cuda_n_settings);
    tcase_add_test(tests, too_little_memory_is_said);
}

int main(void)
{
    ams_cuda_device device;
    ams_error err = {{0}};
    if (ams_cuda_find(0, &device, &err) != AMS_OK) {
        fprintf(stderr, "skipped: %s\n", err.text);
        return 77;
    }
    /* A CUDA context does not outlive a fork: every test runs in this process. */
    if (setenv("CK_FORK", "no", 1) != 0) {
        perror("CK_FORK");
        return 1;
    }
    return run_suite("cuda_device", add);
}
