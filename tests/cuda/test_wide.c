/* The wide path beside what tests/cuda/test_steps.c asks of both: when it is taken, what it
 * launches, that it takes the next states part by part, and to what `precision` rounds. */
#include "cuda/products.h"
#include "tests/base/suite.h"
#include "tests/cuda/host_run.h"
#include "tests/cuda/settings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ams_table table;
static ams_env *env;

static void close_table(void)
{
    ams_env_destroy(env);
    ams_table_fini(&table);
}

static bool goes_wide(const ams_train_options *o)
{
    ams_view view;
    ams_layout layout;
    ams_trainer *t = cuda_fresh(env, o);
    ams_layout_describe(t, &view, &layout);
    ams_trainer_destroy(t);
    ck_assert_int_eq(view.gemm, view.wide || o->batch >= 512);
    return view.wide;
}

/* By hand: (512 x 512 + 512 x 7) 31 is below 2^23, 32 times it is above; with targets=all and a
 * bootstrap the seven next states of each count in the samples' place. */
START_TEST(from_which_sizes)
{
    ams_train_options o;
    cuda_choose(&cuda_settings[0], &o);
    cuda_open_table(&table, &env, &o);
    ck_assert_uint_eq(env->n_actions, 7);
    ck_assert_int_eq(ams_train_set(&o, "hidden", "512x512", NULL), AMS_OK);
    o.batch = 31;
    ck_assert(!goes_wide(&o));
    o.batch = 32;
    ck_assert(goes_wide(&o));
    o.targets = AMS_TARGETS_ALL;
    o.batch = 4;
    ck_assert(!goes_wide(&o));
    o.batch = 5;
    ck_assert(goes_wide(&o));
    o.gamma = 0;
    ck_assert(!goes_wide(&o));
    o.device = AMS_DEVICE_CUDA;
    o.precision = AMS_PRECISION_TF32;
    ck_assert(goes_wide(&o));
    o.precision = AMS_PRECISION_BF16;
    o.batch = 1;
    ck_assert(goes_wide(&o));
    close_table();
}
END_TEST

/* Three layers, both networks asked, everything else off: work by work. */
START_TEST(launches_of_an_update)
{
    static const ams_work one_pass[] = {AMS_WORK_FIRST, AMS_WORK_FORWARD, AMS_WORK_ACTIVATE,
                                        AMS_WORK_FORWARD};
    static const ams_work rest[] = {AMS_WORK_LOSS,     AMS_WORK_BACKWARD, AMS_WORK_SLOPE,
                                    AMS_WORK_BACKWARD, AMS_WORK_SLOPE,    AMS_WORK_BIAS,
                                    AMS_WORK_GEMM,     AMS_WORK_STEP};
    ams_launch launch[AMS_MOST_LAUNCHES];
    ams_train_options o;
    ams_view view;
    ams_layout layout;
    cuda_choose(&cuda_settings[2], &o);
    cuda_open_table(&table, &env, &o);
    ams_trainer *t = cuda_fresh(env, &o);
    ams_layout_describe_as(t, true, &view, &layout);
    ck_assert_uint_eq(ams_layout_schedule(&view, launch), 1 + 3 * 4 + 8);
    for (uint32_t i = 0; i < 12; i++) {
        ck_assert_int_eq(launch[1 + i].work, one_pass[i % 4]);
        ck_assert_int_eq(launch[1 + i].pass.target, i < 4);
        ck_assert_int_eq(launch[1 + i].pass.states, i < 8 ? AMS_STATES_NEXT : AMS_STATES_DRAWN);
    }
    for (uint32_t i = 0; i < 8; i++) {
        ck_assert_int_eq(launch[13 + i].work, rest[i]);
    }
    ck_assert_uint_eq(launch[1].blocks, 33);
    ck_assert_uint_eq(launch[3].blocks, 1);                        /* 33 x 20 units */
    ck_assert_uint_eq(launch[15].blocks, 1);                       /* the same, backward */
    ck_assert_uint_eq(launch[17].blocks, (33 * 37 + 1023) / 1024); /* and 33 x 37 */
    ck_assert_uint_eq(launch[18].blocks, 32);                      /* 37 + 20 + 7 units */
    ams_trainer_destroy(t);
    close_table();
}
END_TEST

/* The most that the keys allow: 65 actions, both networks, 65536 samples, four layers. */
START_TEST(the_longest_schedule)
{
    static ams_launch launch[AMS_MOST_LAUNCHES];
    ams_view v = {
        .batch = 65536, .envs = 1, .n_layers = 4, .wide = 1, .gemm = 1, .n_levels = 1};
    v.env.n_actions = 65;
    v.bootstrap = AMS_BOOTSTRAP_CHOICE;
    v.options.targets = AMS_TARGETS_ALL;
    v.options.gamma = 1;
    v.options.grad_clip = 1;
    for (uint32_t k = 1; k < 4; k++) {
        v.width[k] = AMS_MAX_UNITS;
    }
    v.width[4] = 66;
    v.next_rows = ams_wide_rows(&v, AMS_NEXT_BYTES);
    ck_assert_uint_eq(v.next_rows, 65536 * 65 / 8); /* not the 16384 of 256 MiB */
    /* Act, draw, 8 parts of 6 + 6 + 1, drawn 6, loss 1, backward 6, bias 1, gemm 1, gradient,
     * clip, step. */
    ck_assert_uint_eq(ams_layout_schedule(&v, launch), 2 + 8 * 13 + 15 + 3);
    v.batch = 4096;
    v.width[1] = v.width[2] = v.width[3] = 256;
    ck_assert_uint_eq(ams_wide_rows(&v, AMS_NEXT_BYTES),
                      262144); /* 256 MiB of 256 units; 266240 are asked */
    v.options.targets = AMS_TARGETS_TAKEN;
    ck_assert_uint_eq(ams_wide_rows(&v, AMS_NEXT_BYTES), 4096);
    v.options.gamma = 0;
    ck_assert_uint_eq(ams_wide_rows(&v, AMS_NEXT_BYTES), 0);
}
END_TEST

/* By hand: act and step are one node each for all runs; a pass of two layers
 * is FIRST and a product, loss, backward and slope, biases, one product of gradients. */
START_TEST(graphs_of_bounded_size)
{
    ams_train_options o;
    ams_view view;
    ams_layout layout;
    cuda_choose(&cuda_settings[0], &o);
    cuda_open_table(&table, &env, &o);
    ams_trainer *t = cuda_fresh(env, &o);
    ams_layout_describe_as(t, false, &view, &layout);
    ck_assert_uint_eq(ams_layout_graph_updates(&view, 1), 64);
    ck_assert_uint_eq(ams_layout_graph_updates(&view, 1000), 64);
    ams_layout_describe_as(t, true, &view, &layout);
    const uint32_t by_run = 2 + 2 + 1 + 2 + 1 + 1;
    const uint32_t by_rows =
        ams_layout_schedule(&view, (ams_launch[AMS_MOST_LAUNCHES]){{0}}) - by_run;
    ck_assert_uint_eq(ams_layout_graph_updates(&view, 1), 64);
    ck_assert_uint_eq(ams_layout_graph_updates(&view, 40), 4096 / (by_rows + 40 * by_run));
    ck_assert_uint_eq(ams_layout_graph_updates(&view, 4000), 1);
    ams_trainer_destroy(t);
    close_table();
}
END_TEST

/* In parts that end amid a sample's actions: the same bits as in one. */
START_TEST(parts_of_the_next_states)
{
    ams_train_options o;
    host_run whole;
    host_run parts;
    cuda_choose(&cuda_settings[8], &o); /* all, double-dueling, three layers */
    cuda_open_table(&table, &env, &o);
    ams_trainer *a = cuda_fresh(env, &o);
    ams_trainer *b = cuda_fresh(env, &o);
    host_run_open_wide(&whole, a, 3);
    host_run_open_wide(&parts, b, 3);
    ck_assert_uint_eq(whole.view.next_rows, 33 * 7);
    parts.view.next_rows = 50;
    host_run_update(&whole, 5);
    host_run_update(&parts, 5);
    ck_assert_mem_eq(whole.view.online, parts.view.online, whole.view.n_params * sizeof(float));
    ck_assert_mem_eq(whole.view.moment2, parts.view.moment2,
                     whole.view.n_params * sizeof(float));
    host_run_close(&whole);
    host_run_close(&parts);
    ams_trainer_destroy(a);
    ams_trainer_destroy(b);
    close_table();
}
END_TEST

/* With targets=taken all next states go through at once, however little memory that leaves: the
 * loss asks for each of them by its sample. */
START_TEST(taken_has_no_parts)
{
    const uint64_t one_row = 48 * sizeof(float);
    ams_train_options o;
    host_run run;
    cuda_choose(&cuda_settings[0], &o);
    cuda_open_table(&table, &env, &o);
    ams_trainer *cpu = cuda_fresh(env, &o);
    ams_trainer *mirror = cuda_fresh(env, &o);
    host_run_open_wide(&run, mirror, 32);
    run.view.next_rows = ams_wide_rows(&run.view, 7 * one_row);
    ck_assert_uint_eq(run.view.next_rows, 33);
    for (int i = 0; i < 3; i++) {
        ams_trainer_update(cpu);
    }
    host_run_update(&run, 3);
    const ams_net *net = ams_trainer_net(cpu);
    ck_assert_double_le(cuda_farthest(run.view.online, net->params, net->n_params), 2e-3);
    host_run_close(&run);
    ams_trainer_destroy(cpu);
    ams_trainer_destroy(mirror);
    close_table();
}
END_TEST

/* Large enough by the rule itself; limits as in tests/cuda/test_steps.c. */
START_TEST(large_updates)
{
    const cuda_setting *s = &cuda_wide_settings[_i];
    ams_train_options o;
    host_run run;
    cuda_choose(s, &o);
    cuda_open_table(&table, &env, &o);
    ams_trainer *cpu = cuda_fresh(env, &o);
    ams_trainer *mirror = cuda_fresh(env, &o);
    host_run_open(&run, mirror, 32);
    ck_assert(run.view.wide);
    for (int i = 0; i < 3; i++) {
        ams_trainer_update(cpu);
    }
    host_run_update(&run, 3);
    host_run_fetch(&run);
    cuda_assert_same_episodes(mirror, cpu);
    const ams_net *net = ams_trainer_net(cpu);
    double off = cuda_farthest(run.view.online, net->params, net->n_params);
    ck_assert_msg(off <= 2e-3, "%s: weights differ by %g", s->name, off);
    host_run_close(&run);
    ams_trainer_destroy(cpu);
    ams_trainer_destroy(mirror);
    close_table();
}
END_TEST

/* Adam's first moments after the first update, (1 - beta1) of the gradient. */
static float *first_moments(const ams_train_options *o, size_t *n)
{
    host_run run;
    ams_trainer *t = cuda_fresh(env, o);
    host_run_open_wide(&run, t, 7);
    host_run_update(&run, 1);
    *n = run.view.n_params;
    float *moments = malloc(*n * sizeof *moments);
    ck_assert_ptr_nonnull(moments);
    memcpy(moments, run.view.moment1, *n * sizeof *moments);
    host_run_close(&run);
    ams_trainer_destroy(t);
    return moments;
}

/* A gradient in tf32 or bf16 is that in fp32 but for cuda_precision_limit; and it is another.
 */
START_TEST(rounds_as_asked)
{
    static const int kinds[] = {AMS_PRECISION_TF32, AMS_PRECISION_BF16};
    const cuda_setting *s = &cuda_settings[_i];
    ams_train_options o;
    size_t n = 0;
    cuda_choose(s, &o);
    cuda_open_table(&table, &env, &o);
    o.device = AMS_DEVICE_CUDA;
    float *exact = first_moments(&o, &n);
    for (int k = 0; k < 2; k++) {
        o.precision = kinds[k];
        float *rounded = first_moments(&o, &n);
        double off = cuda_distance(rounded, exact, n);
        double limit = cuda_precision_limit(o.precision);
        ck_assert_msg(off > limit / 80 && off <= limit,
                      "%s, precision %d: the gradient is %g away, expected up to %g", s->name,
                      o.precision, off, limit);
        free(rounded);
    }
    free(exact);
    close_table();
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, from_which_sizes);
    tcase_add_test(tests, launches_of_an_update);
    tcase_add_test(tests, the_longest_schedule);
    tcase_add_test(tests, graphs_of_bounded_size);
    tcase_add_test(tests, parts_of_the_next_states);
    tcase_add_test(tests, taken_has_no_parts);
    tcase_add_loop_test(tests, large_updates, 0, cuda_n_wide_settings);
    tcase_add_loop_test(tests, rounds_as_asked, 0, cuda_n_settings);
}

int main(void)
{
    return run_suite("cuda_wide", add);
}
