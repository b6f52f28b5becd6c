/* The seam of include/ams/accelerator.h, with the device's steps on the host as the device:
 * checkpoints that move between CPU and device, and whole runs. And the rule of `auto`. */
#include "ams/evaluate.h"
#include "ams/run.h"
#include "ams/sections.h"
#include "base/file.h"
#include "cuda/choose.h"
#include "tests/base/suite.h"
#include "tests/cuda/host_device.h"
#include "tests/cuda/settings.h"

#include <stdlib.h>
#include <string.h>

static ams_table table;
static ams_env *env;

static void close_table(void)
{
    ams_env_destroy(env);
    ams_table_fini(&table);
}

static ams_trainer *start(const ams_train_options *o, const ams_accelerator *device)
{
    ams_trainer *t = cuda_fresh(env, o);
    if (device != NULL) {
        ck_assert_int_eq(ams_trainer_accelerate(t, device, NULL), AMS_OK);
    }
    return t;
}

static void advance(ams_trainer *t, uint64_t n)
{
    ck_assert_int_eq(ams_trainer_advance(t, n, NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_sync(t, NULL), AMS_OK);
}

/* The state by way of a file, as checkpoints take it. */
static void hand_over(ams_trainer *from, ams_trainer *to)
{
    ams_blob blob = {0};
    ams_sections sections;
    char *bytes = NULL;
    size_t size = 0;
    ams_error err = {{0}};
    ck_assert_int_eq(ams_blob_begin(&blob, "AMSTEST1", NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_save(from, &blob, NULL), AMS_OK);
    ck_assert_int_eq(ams_blob_write(&blob, "state", NULL), AMS_OK);
    ck_assert_int_eq(ams_read_file("state", INT32_MAX, &bytes, &size, NULL), AMS_OK);
    ck_assert_int_eq(ams_sections_open(&sections, bytes, size, "AMSTEST1", "state", NULL),
                     AMS_OK);
    ams_status status = ams_trainer_restore(to, &sections, &err);
    ck_assert_msg(status == AMS_OK, "%s", err.text);
    ams_blob_fini(&blob);
    free(bytes);
}

/* From -> to and on: as the CPU alone, but for rounding. kind: 0 CPU to device, 1 device to
 * CPU, 2 device to device, which gives the bits of a device alone. */
START_TEST(checkpoints_move)
{
    const int kind = _i % 3;
    const ams_accelerator *device =
        _i / 3 % 2 == 0 ? &host_accelerator : &host_wide_accelerator;
    ams_train_options o;
    cuda_choose(&cuda_settings[_i / 6], &o);
    cuda_open_table(&table, &env, &o);
    ams_trainer *alone = start(&o, kind == 2 ? device : NULL);
    ams_trainer *first = start(&o, kind != 0 ? device : NULL);
    ams_trainer *second = start(&o, kind != 1 ? device : NULL);
    advance(alone, 20);
    advance(first, 11);
    hand_over(first, second);
    advance(second, 9);
    cuda_assert_same_episodes(second, alone);
    const ams_net *a = ams_trainer_net(second);
    const ams_net *b = ams_trainer_net(alone);
    double off = cuda_farthest(a->params, b->params, b->n_params);
    ck_assert_msg(off <= (kind == 2 ? 0 : 2e-3), "%s: weights differ by %g",
                  cuda_settings[_i / 6].name, off);
    ams_trainer_destroy(alone);
    ams_trainer_destroy(first);
    ams_trainer_destroy(second);
    close_table();
}
END_TEST

/* As the CPU schedules with the same weights; and so whole validations agree. */
START_TEST(orders_as_the_scorer)
{
    ams_train_options o;
    cuda_choose(&cuda_settings[_i], &o);
    cuda_open_table(&table, &env, &o);
    ams_trainer *t = start(&o, &host_accelerator);
    uint8_t *order = malloc((size_t)env->n_items * env->n_models);
    ams_policy *known = NULL;
    ams_policy *net = NULL;
    ams_scores a = {0};
    ams_scores b = {0};
    ams_eval_options eval = {.split = AMS_VALIDATION};
    ck_assert_ptr_nonnull(order);
    advance(t, 10);
    ck_assert_int_eq(ams_trainer_orders(t, AMS_VALIDATION, order, NULL), AMS_OK);
    ck_assert_int_eq(ams_policy_create_from_orders(&known, env, order, NULL), AMS_OK);
    ck_assert_int_eq(
        ams_policy_create_from_net(&net, env, ams_trainer_net(t), (ams_decide)o.decide, NULL),
        AMS_OK);
    ck_assert_int_eq(ams_evaluate(&a, known, &table, &eval, NULL), AMS_OK);
    ck_assert_int_eq(ams_evaluate(&b, net, &table, &eval, NULL), AMS_OK);
    ck_assert_uint_eq(a.n, 20);
    ck_assert_uint_eq(b.n, 20);
    ck_assert_mem_eq(a.order, b.order, (size_t)a.n * env->n_models);
    ck_assert_mem_eq(a.time_ms, b.time_ms, (size_t)a.n * AMS_RECALLS * sizeof(double));
    ams_scores_fini(&a);
    ams_scores_fini(&b);
    ams_policy_destroy(known);
    ams_policy_destroy(net);
    free(order);
    ams_trainer_destroy(t);
    close_table();
}
END_TEST

/* Scored by the device where it trains, by the caller elsewhere. */
static ams_status validate(void *context, const ams_net *net, const uint8_t *order,
                           ams_validation *result, ams_error *err)
{
    uint32_t *seen = context;
    (void)err;
    for (uint32_t i = 0; order != NULL && i < env->n_items; i++) {
        if (env->split[i] == AMS_VALIDATION) {
            uint64_t mask = 0;
            for (uint32_t k = 0; k < env->n_models; k++) {
                mask |= UINT64_C(1) << order[(size_t)i * env->n_models + k];
            }
            ck_assert_uint_eq(mask, env->all_models);
            (*seen)++;
        }
    }
    result->area = (double)net->params[0];
    result->time_ms = (double)net->params[1];
    return AMS_OK;
}

START_TEST(a_device_scores)
{
    uint32_t seen = 0;
    ams_run_result result;
    ams_train_options o;
    cuda_choose(&cuda_settings[1], &o);
    o.steps = 40;
    o.log_every = o.validate_every = 10;
    o.device = AMS_DEVICE_CUDA;
    cuda_open_table(&table, &env, &o);
    ams_run_options run = {.directory = "scored",
                           .data_path = "d",
                           .command = "t",
                           .version = "t",
                           .train = &o,
                           .accelerator = &host_accelerator,
                           .validate = validate,
                           .validate_context = &seen};
    ck_assert_int_eq(ams_run_train(&run, &table, env, &result, NULL), AMS_OK);
    ck_assert_uint_eq(seen, 4 * 20);
    seen = 0;
    o.device = AMS_DEVICE_CPU;
    run.directory = "unscored";
    run.accelerator = NULL;
    ck_assert_int_eq(ams_run_train(&run, &table, env, &result, NULL), AMS_OK);
    ck_assert_uint_eq(seen, 0);
    close_table();
}
END_TEST

static ams_run_result run_in(const char *folder, const ams_train_options *o,
                             const ams_accelerator *accelerator, uint64_t until)
{
    ams_run_result result;
    ams_error err = {{0}};
    ams_run_options run = {.directory = folder,
                           .data_path = "data",
                           .command = "test",
                           .version = "test",
                           .train = o,
                           .accelerator = accelerator,
                           .until = until};
    ams_status status = ams_run_train(&run, &table, env, &result, &err);
    ck_assert_msg(status == AMS_OK, "%s", err.text);
    return result;
}

static void assert_same_file(const char *a, const char *b)
{
    char *x = NULL;
    char *y = NULL;
    size_t n = 0;
    size_t m = 0;
    ck_assert_int_eq(ams_read_file(a, INT32_MAX, &x, &n, NULL), AMS_OK);
    ck_assert_int_eq(ams_read_file(b, INT32_MAX, &y, &m, NULL), AMS_OK);
    ck_assert_uint_eq(n, m);
    ck_assert_mem_eq(x, y, n);
    free(x);
    free(y);
}

/* A run that pauses, at an odd update or one that is logged, and goes on equals one that does
 * not; metrics and all. */
START_TEST(runs_pause)
{
    static const uint64_t until[] = {23, 21, 14};
    static const char *const folder[] = {"paused-23", "paused-21", "paused-14"};
    static const char *const other[] = {"through-0", "through-1", "through-2"};
    ams_train_options o;
    cuda_choose(&cuda_settings[1], &o);
    o.decide = 0;
    o.steps = 60;
    o.log_every = 7;
    o.validate_every = 14;
    o.checkpoint_every = 25;
    o.device = AMS_DEVICE_CUDA;
    cuda_open_table(&table, &env, &o);
    ams_run_result through = run_in(other[_i], &o, &host_accelerator, 0);
    ck_assert_int_eq(through.outcome, AMS_RUN_FINISHED);
    ck_assert_uint_eq(through.updates, 60);
    ck_assert_int_eq(run_in(folder[_i], &o, &host_accelerator, until[_i]).outcome,
                     AMS_RUN_PAUSED);
    ams_run_result rest = run_in(folder[_i], &o, &host_accelerator, 0);
    ck_assert_int_eq(rest.outcome, AMS_RUN_FINISHED);
    ck_assert_uint_eq(rest.resumed_at, until[_i]);
    for (int k = 0; k < 2; k++) {
        static const char *const name[] = {"policy.ams", "metrics.tsv"};
        char a[64];
        char b[64];
        snprintf(a, sizeof a, "%s/%s", other[_i], name[k]);
        snprintf(b, sizeof b, "%s/%s", folder[_i], name[k]);
        assert_same_file(a, b);
    }
    close_table();
}
END_TEST

/* Means that are logged begin anew whether or not the state is saved at that update. */
START_TEST(checkpoints_change_nothing)
{
    ams_train_options o;
    cuda_choose(&cuda_settings[1], &o);
    o.decide = 0;
    o.steps = 40;
    o.log_every = o.checkpoint_every = 5;
    o.validate_every = 20;
    o.device = AMS_DEVICE_CUDA;
    cuda_open_table(&table, &env, &o);
    run_in("often", &o, &host_accelerator, 0);
    o.checkpoint_every = 1000;
    run_in("never", &o, &host_accelerator, 0);
    assert_same_file("often/policy.ams", "never/policy.ams");
    assert_same_file("often/metrics.tsv", "never/metrics.tsv");
    close_table();
}
END_TEST

/* A run may go on elsewhere, and its configuration then says where; nothing else may change. */
START_TEST(runs_move)
{
    ams_train_options o;
    cuda_choose(&cuda_settings[1], &o);
    o.decide = 0;
    o.steps = 40;
    o.log_every = o.validate_every = 10;
    o.device = AMS_DEVICE_CUDA;
    cuda_open_table(&table, &env, &o);
    ck_assert_int_eq(run_in("run", &o, &host_accelerator, 20).outcome, AMS_RUN_PAUSED);
    o.device = AMS_DEVICE_CPU;
    ck_assert_int_eq(run_in("run", &o, NULL, 30).outcome, AMS_RUN_PAUSED);
    char *config = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_read_file("run/config.ini", 1 << 20, &config, &size, NULL), AMS_OK);
    ck_assert_ptr_nonnull(strstr(config, "\ndevice = cpu\n"));
    free(config);
    o.lr = 0.5;
    ams_run_result result;
    ams_error err = {{0}};
    ams_run_options other = {
        .directory = "run", .data_path = "d", .command = "t", .version = "t", .train = &o};
    ck_assert_int_eq(ams_run_train(&other, &table, env, &result, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "holds another run"));
    ck_assert_ptr_nonnull(strstr(err.text, "lr = "));
    close_table();
}
END_TEST

static void drop_line(const char *path, const char *line)
{
    char *text = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_read_file(path, 1 << 20, &text, &size, NULL), AMS_OK);
    char *at = strstr(text, line);
    ck_assert_ptr_nonnull(at);
    memmove(at, at + strlen(line), strlen(at + strlen(line)) + 1);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    free(text);
}

/* Runs of before the key `precision` are in fp32, and go on; in tf32 it is another run. */
START_TEST(runs_without_the_key)
{
    ams_train_options o;
    cuda_choose(&cuda_settings[1], &o);
    o.decide = 0;
    o.steps = 40;
    o.log_every = o.validate_every = 10;
    o.device = AMS_DEVICE_CUDA;
    cuda_open_table(&table, &env, &o);
    ck_assert_int_eq(run_in("old", &o, &host_accelerator, 20).outcome, AMS_RUN_PAUSED);
    drop_line("old/config.ini", "precision = fp32\n");
    ams_run_result rest = run_in("old", &o, &host_accelerator, 30);
    ck_assert_int_eq(rest.outcome, AMS_RUN_PAUSED);
    ck_assert_uint_eq(rest.resumed_at, 20);
    o.precision = AMS_PRECISION_TF32;
    ams_error err = {{0}};
    ams_run_options other = {.directory = "old",
                             .data_path = "d",
                             .command = "t",
                             .version = "t",
                             .train = &o,
                             .accelerator = &host_accelerator};
    ck_assert_int_eq(ams_run_train(&other, &table, env, &rest, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "holds another run"));
    ck_assert_ptr_nonnull(strstr(err.text, "precision = tf32"));
    close_table();
}
END_TEST

START_TEST(dense_backend_is_refused)
{
    ams_train_options o;
    ams_error err = {{0}};
    cuda_choose(&cuda_settings[0], &o);
    o.backend = 1;
    cuda_open_table(&table, &env, &o);
    ams_trainer *t = cuda_fresh(env, &o);
    ck_assert_int_eq(ams_trainer_accelerate(t, &host_accelerator, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "backend=dense"));
    ams_trainer_destroy(t);
    close_table();
}
END_TEST

/* _i: as inputs, as output heads. */
START_TEST(goals_are_refused)
{
    ams_train_options o;
    ams_error err = {{0}};
    cuda_choose(&cuda_settings[0], &o);
    o.reward = AMS_REWARD_TIME;
    o.goal_input = _i == 0 ? AMS_ON : AMS_GOAL_HEADS;
    cuda_open_table(&table, &env, &o);
    ams_trainer *t = cuda_fresh(env, &o);
    ck_assert_int_eq(ams_trainer_accelerate(t, &host_accelerator, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, _i == 0 ? "goal_input=on" : "goal_input=heads"));
    ams_trainer_destroy(t);
    close_table();
}
END_TEST

/* By hand: batch (3 + next states of each) (32 H + H A), 6 models and END. */
START_TEST(size_of_an_update)
{
    ams_train_options o;
    double work = 0;
    cuda_choose(&cuda_settings[0], &o);
    cuda_open_table(&table, &env, &o);
    ck_assert_uint_eq(env->n_models, 6);
    ck_assert_int_eq(ams_cuda_work(&o, env, &work, NULL), AMS_OK);
    ck_assert_double_eq(work, 33.0 * 4 * (32 * 48 + 48 * 7));
    o.targets = 1;
    ck_assert_int_eq(ams_cuda_work(&o, env, &work, NULL), AMS_OK);
    ck_assert_double_eq(work, 33.0 * 9 * (32 * 48 + 48 * 7));
    o.gamma = 0;
    ck_assert_int_eq(ams_train_set(&o, "hidden", "8x4", NULL), AMS_OK);
    ck_assert_int_eq(ams_cuda_work(&o, env, &work, NULL), AMS_OK);
    ck_assert_double_eq(work, 33.0 * 3 * (32 * 8 + 8 * 4 + 4 * 7));
    close_table();
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, checkpoints_move, 0, 6 * cuda_n_settings);
    tcase_add_loop_test(tests, orders_as_the_scorer, 0, cuda_n_settings);
    tcase_add_test(tests, a_device_scores);
    tcase_add_loop_test(tests, runs_pause, 0, 3);
    tcase_add_test(tests, checkpoints_change_nothing);
    tcase_add_test(tests, runs_move);
    tcase_add_test(tests, runs_without_the_key);
    tcase_add_test(tests, dense_backend_is_refused);
    tcase_add_loop_test(tests, goals_are_refused, 0, 2);
    tcase_add_test(tests, size_of_an_update);
}

int main(void)
{
    return run_suite("cuda_seam", add);
}
