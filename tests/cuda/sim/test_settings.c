/* All settings on the simulated device: the bits of the same block programs worked off lane by
 * lane, for two runs beside each other; and what failed there before.
 *   sim_settings [FROM TO [UPDATES] | TEST]     some settings alone, or one of the other tests
 */
#include "ams/cuda.h"
#include "cuda/layout.h"
#include "tests/base/suite.h"
#include "tests/cuda/host_device.h"
#include "tests/cuda/host_run.h"
#include "tests/cuda/settings.h"

#include <stdlib.h>
#include <string.h>

void sim_begin_case(int number); /* of the simulator */

static uint64_t updates = 2;

/* Setting i, then those of the wide path, then all once more in tf32. */
static const cuda_setting *choose(int i, ams_train_options *o)
{
    const int all = cuda_n_settings + cuda_n_wide_settings;
    const cuda_setting *s = i < cuda_n_settings ? &cuda_settings[i]
                            : i < all           ? &cuda_wide_settings[i - cuda_n_settings]
                                                : &cuda_settings[i - all];
    cuda_choose(s, o);
    if (i >= all) {
        o->device = AMS_DEVICE_CUDA;
        o->precision = AMS_PRECISION_TF32;
    }
    /* What takes too long here: one setting has a batch for cuBLAS, and one whose rows a warp
     * lists twice. */
    if (o->batch > 600 || (i >= all && o->batch > AMS_HELD)) {
        o->batch = o->targets == AMS_TARGETS_ALL || i >= all ? 97 : AMS_HELD + 5;
    }
    return s;
}

static void must(ams_status status, const ams_error *err)
{
    ck_assert_msg(status == AMS_OK, "%s", err->text);
}

static void assert_same(const ams_trainer *a, const ams_trainer *b, const char *name)
{
    const size_t bytes = a->online.n_params * sizeof(float);
    cuda_assert_same_episodes(a, b);
    ck_assert_msg(memcmp(a->online.params, b->online.params, bytes) == 0, "%s: weights", name);
    ck_assert_msg(memcmp(a->target.params, b->target.params, bytes) == 0, "%s: target", name);
    ck_assert_msg(memcmp(a->moment2, b->moment2, bytes) == 0, "%s: moments", name);
    for (uint64_t e = 0; e < a->priority.n; e++) {
        ck_assert_double_eq(a->priority.level[0][e], b->priority.level[0][e]);
    }
}

/* Validation's orders of both. */
static void assert_same_orders(ams_trainer *a, ams_trainer *b, const char *name)
{
    const ams_env *env = a->env;
    const size_t m = env->n_models;
    ams_error err = {{0}};
    uint8_t *x = malloc(env->n_items * m);
    uint8_t *y = malloc(env->n_items * m);
    ck_assert(x != NULL && y != NULL);
    must(ams_trainer_orders(a, AMS_VALIDATION, x, &err), &err);
    must(ams_trainer_orders(b, AMS_VALIDATION, y, &err), &err);
    for (uint32_t k = 0; k < env->n_items; k++) {
        ck_assert_msg(env->split[k] != AMS_VALIDATION || memcmp(x + k * m, y + k * m, m) == 0,
                      "%s: order of item %u", name, k);
    }
    free(x);
    free(y);
}

/* Now and then one more, whose first launch begins while the last of another ends. */
static uint64_t updates_of(int i)
{
    return updates + (i % cuda_n_settings == 2 ? 1 : 0);
}

static void on_the_simulated_device(int i)
{
    ams_train_options o;
    ams_table table;
    ams_env *env;
    ams_error err = {{0}};
    bool joined = false;
    const char *name = choose(i, &o)->name;
    cuda_open_table(&table, &env, &o);
    ams_trainer *a = cuda_fresh(env, &o);
    ams_trainer *host = cuda_fresh(env, &o);
    ams_trainer *beside = cuda_fresh(env, &o);
    must(ams_trainer_accelerate(a, &ams_cuda, &err), &err);
    must(ams_trainer_accelerate(host, &host_accelerator, &err), &err);
    must(ams_trainer_join(beside, &a->own, &joined, &err), &err);
    ck_assert(joined);
    ams_trainer *both[] = {a, beside};
    must(ams_trainers_advance(both, 2, updates_of(i), &err), &err);
    must(ams_trainer_advance(host, updates_of(i), &err), &err);
    ams_trainer *all[] = {a, beside, host};
    for (int k = 0; k < 3; k++) {
        must(ams_trainer_sync(all[k], &err), &err);
    }
    assert_same(a, host, name);
    assert_same(beside, host, name);
    assert_same_orders(a, host, name);
    for (int k = 0; k < 3; k++) {
        ams_trainer_destroy(all[k == 2 ? 2 : 1 - k]); /* the device is a's own */
    }
    ams_env_destroy(env);
    ams_table_fini(&table);
}

START_TEST(all_settings)
{
    sim_begin_case(_i);
    on_the_simulated_device(_i);
}
END_TEST

/* Their states are of other sizes: the limit of shared memory is the process's. */
START_TEST(two_wide_runs)
{
    static const int features[] = {3, 0}; /* conf-mask, labels: the larger comes first */
    ams_error err = {{0}};
    ams_train_options o;
    ams_table table;
    ams_env *env[2];
    ams_trainer *t[2];
    ams_device device = {0};
    must(ams_device_open(&device, &ams_cuda, &err), &err);
    for (int i = 0; i < 2; i++) {
        bool joined = false;
        cuda_choose(&cuda_settings[0], &o);
        o.features = features[i];
        o.device = AMS_DEVICE_CUDA;
        o.precision = AMS_PRECISION_TF32;
        if (i == 0) {
            cuda_open_table(&table, &env[i], &o);
        } else {
            env[i] = cuda_open_env(&table, &o);
        }
        t[i] = cuda_fresh(env[i], &o);
        must(ams_trainer_join(t[i], &device, &joined, &err), &err);
        ck_assert(joined);
    }
    must(ams_trainers_advance(t, 2, 1, &err), &err);
    for (int i = 0; i < 2; i++) {
        ams_trainer_destroy(t[i]);
    }
    ams_device_close(&device);
    ams_env_destroy(env[0]);
    ams_env_destroy(env[1]);
    ams_table_fini(&table);
}
END_TEST

/* Graphs of 64 updates of them would have 51,456 nodes; the simulated device has room for 8,192
 * in one. */
START_TEST(many_wide_runs)
{
    enum { RUNS = 40 };
    ams_error err = {{0}};
    ams_train_options o;
    ams_table table;
    ams_env *env;
    ams_trainer *t[RUNS];
    ams_device device = {0};
    cuda_choose(&cuda_settings[2], &o); /* two hidden layers */
    ck_assert_int_eq(ams_train_set(&o, "hidden", "3x2", NULL), AMS_OK);
    o.device = AMS_DEVICE_CUDA;
    o.precision = AMS_PRECISION_TF32;
    o.batch = 2;
    o.warmup = o.envs + 2;
    cuda_open_table(&table, &env, &o);
    must(ams_device_open(&device, &ams_cuda, &err), &err);
    for (int r = 0; r < RUNS; r++) {
        bool joined = false;
        t[r] = cuda_fresh(env, &o);
        must(ams_trainer_join(t[r], &device, &joined, &err), &err);
        ck_assert(joined);
    }
    must(ams_trainers_advance(t, RUNS, 1, &err), &err);
    for (int r = 0; r < RUNS; r++) {
        ams_trainer_destroy(t[r]);
    }
    ams_device_close(&device);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

/* Each launch of an update has a time, in blocks of any size, and the updates count. */
START_TEST(launches_are_timed)
{
    static const char *const works[] = {"act", "draw", "branch", "learn", "step"};
    ams_cuda_launch launch[AMS_CUDA_MOST_LAUNCHES];
    ams_error err = {{0}};
    ams_train_options o;
    ams_table table;
    ams_env *env;
    uint32_t n = 0;
    cuda_choose(&cuda_settings[7], &o); /* all next states are asked for */
    cuda_open_table(&table, &env, &o);
    ams_trainer *timed = cuda_fresh(env, &o);
    ams_trainer *plain = cuda_fresh(env, &o);
    must(ams_trainer_accelerate(timed, &ams_cuda, &err), &err);
    must(ams_trainer_accelerate(plain, &ams_cuda, &err), &err);
    must(ams_trainer_advance(timed, 1, &err), &err);
    must(ams_cuda_time_launches(timed, 32, 3, launch, &n, &err), &err);
    must(ams_trainer_advance(timed, 1, &err), &err);
    must(ams_trainer_advance(plain, 5, &err), &err);
    ck_assert_uint_eq(n, 5);
    for (uint32_t i = 0; i < n; i++) {
        ck_assert_str_eq(launch[i].work, works[i]);
        ck_assert_double_gt(launch[i].us, 0);
    }
    must(ams_trainer_sync(timed, &err), &err);
    must(ams_trainer_sync(plain, &err), &err);
    assert_same(timed, plain, "timed");
    ams_trainer_destroy(timed);
    ams_trainer_destroy(plain);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

static int from;
static int to;
static const char *only; /* NULL, or a test's name */
static bool found;

static void add_other(TCase *tests, const char *name, const TTest *test)
{
    if (only == NULL || strcmp(only, name) == 0) {
        tcase_add_test(tests, test);
        found = true;
    }
}

static void add(TCase *tests)
{
    const int all = 2 * cuda_n_settings + cuda_n_wide_settings;
    tcase_set_timeout(tests, 900);
    if (only == NULL) {
        tcase_add_loop_test(tests, all_settings, from, to < all ? to : all);
    }
    if (only != NULL || (from == 0 && to >= all)) {
        add_other(tests, "two_wide_runs", two_wide_runs);
        add_other(tests, "many_wide_runs", many_wide_runs);
        add_other(tests, "launches_are_timed", launches_are_timed);
    }
}

int main(int argc, char **argv)
{
    only = argc == 2 ? argv[1] : NULL;
    from = argc > 2 ? atoi(argv[1]) : 0;
    to = argc > 2 ? atoi(argv[2]) : 1000;
    updates = argc > 3 ? strtoul(argv[3], NULL, 10) : updates;
    /* One process, since a device has one. */
    if (setenv("CK_FORK", "no", 1) != 0) {
        perror("CK_FORK");
        return 1;
    }
    const int failed = run_suite("cuda_sim", add);
    if (only != NULL && !found) {
        fprintf(stderr, "cuda_sim: no test %s\n", only);
        return 1;
    }
    return failed;
}
