/* The device's steps, run on the host, against the trainer of the CPU: the same episodes, the
 * same replay, and weights that differ by rounding alone; and the same bits for any number of
 * lanes. */
#include "tests/base/suite.h"
#include "tests/cuda/gradient.h"
#include "tests/cuda/host_run.h"
#include "tests/cuda/settings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UPDATES = 40 };

static ams_table table;
static ams_env *env;

static void close_table(void)
{
    ams_env_destroy(env);
    ams_table_fini(&table);
}

/* Test _i of twice the settings: the second time on the wide path. */
static const cuda_setting *setting_of(int i)
{
    return &cuda_settings[i % cuda_n_settings];
}

static void open_run(host_run *run, ams_trainer *trainer, int i, uint32_t lanes)
{
    if (i < cuda_n_settings) {
        host_run_open(run, trainer, lanes);
    } else {
        host_run_open_wide(run, trainer, lanes);
    }
}

/* The limit is that of float sums in another order, over UPDATES steps of Adam, whose first
 * ones turn a gradient's sign into a step of lr = 0.01. */
START_TEST(trains_as_the_cpu)
{
    const cuda_setting *s = setting_of(_i);
    ams_train_options o;
    cuda_choose(s, &o);
    cuda_open_table(&table, &env, &o);
    ams_trainer *cpu = cuda_fresh(env, &o);
    ams_trainer *mirror = cuda_fresh(env, &o);
    host_run run;
    open_run(&run, mirror, _i, 7);
    for (int i = 0; i < UPDATES; i++) {
        ams_trainer_update(cpu);
    }
    host_run_update(&run, UPDATES);
    host_run_fetch(&run);
    cuda_assert_same_episodes(mirror, cpu);
    const ams_net *net = ams_trainer_net(cpu);
    double off = cuda_farthest(run.view.online, net->params, net->n_params);
    ck_assert_msg(off <= 2e-3, "%s: weights differ by %g", s->name, off);
    off = cuda_farthest(run.view.target, cpu->target.params, net->n_params);
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

/* Every operation at once, against double precision. */
START_TEST(first_gradient)
{
    const cuda_setting *s = setting_of(_i);
    ams_train_options o;
    cuda_choose(s, &o);
    cuda_open_table(&table, &env, &o);
    ams_trainer *cpu = cuda_fresh(env, &o);
    ams_trainer *mirror = cuda_fresh(env, &o);
    ams_trainer *fresh = cuda_fresh(env, &o);
    host_run run;
    open_run(&run, mirror, _i, 7);
    ams_trainer_update(cpu);
    host_run_update(&run, 1);
    host_run_fetch(&run);
    double off = cuda_gradient_off(cpu, fresh->online.params, mirror->moment1);
    ck_assert_msg(off <= cuda_gradient_limit, "%s: the gradient is %g away", s->name, off);
    host_run_close(&run);
    ams_trainer_destroy(cpu);
    ams_trainer_destroy(mirror);
    ams_trainer_destroy(fresh);
    close_table();
}
END_TEST

/* One lane, few, more than there is work for: no bit depends on it. */
START_TEST(any_number_of_lanes)
{
    static const uint32_t lanes[] = {1, 5, 32, 301};
    ams_train_options o;
    cuda_choose(setting_of(_i), &o);
    cuda_open_table(&table, &env, &o);
    ams_trainer *first = cuda_fresh(env, &o);
    host_run a;
    open_run(&a, first, _i, lanes[0]);
    host_run_update(&a, 9);
    for (size_t i = 1; i < sizeof lanes / sizeof *lanes; i++) {
        ams_trainer *other = cuda_fresh(env, &o);
        host_run b;
        open_run(&b, other, _i, lanes[i]);
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
    cuda_choose(setting_of(_i), &o);
    cuda_open_table(&table, &env, &o);
    ams_trainer *through = cuda_fresh(env, &o);
    ams_trainer *paused = cuda_fresh(env, &o);
    host_run a;
    host_run b;
    open_run(&a, through, _i, 3);
    host_run_update(&a, 13);
    host_run_fetch(&a);
    open_run(&b, paused, _i, 3);
    host_run_update(&b, 6);
    host_run_fetch(&b);
    host_run_close(&b);
    open_run(&b, paused, _i, 3);
    host_run_update(&b, 7);
    host_run_fetch(&b);
    cuda_assert_same_episodes(paused, through);
    ck_assert_mem_eq(paused->online.params, through->online.params,
                     through->online.n_params * sizeof(float));
    host_run_close(&a);
    host_run_close(&b);
    ams_trainer_destroy(through);
    ams_trainer_destroy(paused);
    close_table();
}
END_TEST

static void describe(const ams_train_options *o, ams_view *view, ams_layout *layout)
{
    ams_trainer *t = cuda_fresh(env, o);
    ams_layout_describe(t, view, layout);
    ams_trainer_destroy(t);
}

/* What a message about memory names is what takes most of it. */
START_TEST(the_largest_array_is_named)
{
    static const char *const options[] = {"replay", "batch", "hidden"};
    ams_train_options o;
    ams_view view;
    ams_layout layout;
    cuda_choose(&cuda_settings[0], &o);
    cuda_open_table(&table, &env, &o);
    o.replay = _i == 0 ? 100000 : o.replay;
    o.batch = _i == 1 ? 40000 : o.batch;
    ck_assert_int_eq(ams_train_set(&o, "hidden", _i == 2 ? "900x800" : "48", NULL), AMS_OK);
    describe(&o, &view, &layout);
    size_t bytes = 0;
    for (uint32_t i = 0; i < layout.n; i++) {
        ck_assert_uint_gt(layout.array[i].bytes, 0);
        bytes += layout.array[i].bytes;
    }
    ck_assert_uint_eq(bytes, layout.bytes);
    const ams_array *largest = ams_layout_largest(&layout);
    ck_assert_ptr_nonnull(strstr(largest->option, options[_i]));
    close_table();
}
END_TEST

/* Three launches where nothing is asked for beyond them, also with targets that are rewards
 * alone; eight where everything is. */
START_TEST(launches_of_an_update)
{
    static const ams_work all[] = {AMS_WORK_ACT,   AMS_WORK_DRAW, AMS_WORK_BRANCH,
                                   AMS_WORK_LEARN, AMS_WORK_GEMM, AMS_WORK_GRADIENT,
                                   AMS_WORK_CLIP,  AMS_WORK_STEP};
    ams_launch launch[AMS_MOST_LAUNCHES];
    ams_train_options o;
    ams_view view;
    ams_layout layout;
    cuda_choose(&cuda_settings[0], &o);
    cuda_open_table(&table, &env, &o);
    describe(&o, &view, &layout);
    ck_assert_uint_eq(ams_layout_schedule(&view, launch), 3);
    ck_assert_uint_eq(launch[0].blocks, o.envs);
    ck_assert_uint_eq(launch[1].blocks, o.batch);
    ck_assert_uint_eq(launch[2].blocks, 1 + (env->n_features + 7) / 8 +
                                            (view.n_params - view.bias[0] + 255) / 256);
    o.gamma = 0;
    o.targets = AMS_TARGETS_ALL;
    describe(&o, &view, &layout);
    ck_assert_uint_eq(ams_layout_schedule(&view, launch), 3);
    o.gamma = 0.9;
    o.targets = AMS_TARGETS_ALL;
    o.grad_clip = 1;
    o.priority_alpha = 0.5;
    o.batch = 512;
    describe(&o, &view, &layout);
    ck_assert_uint_eq(ams_layout_schedule(&view, launch), 8);
    for (uint32_t i = 0; i < 8; i++) {
        ck_assert_int_eq(launch[i].work, all[i]);
    }
    ck_assert_uint_eq(launch[2].blocks, 512 * 7);
    close_table();
}
END_TEST

static void add(TCase *tests)
{
    const int n = 2 * cuda_n_settings;
    tcase_add_loop_test(tests, trains_as_the_cpu, 0, n);
    tcase_add_loop_test(tests, first_gradient, 0, n);
    tcase_add_loop_test(tests, any_number_of_lanes, 0, n);
    tcase_add_loop_test(tests, the_largest_array_is_named, 0, 3);
    tcase_add_test(tests, launches_of_an_update);
    tcase_add_loop_test(tests, goes_on_after_a_fetch, 0, n);
}

int main(void)
{
    return run_suite("cuda_steps", add);
}
