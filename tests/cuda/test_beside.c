/* The device's steps of runs beside each other: each as it would be alone, to the last bit; and
 * which runs have the shape for that. */
#include "tests/base/suite.h"
#include "tests/cuda/host_run.h"
#include "tests/cuda/settings.h"

#include <string.h>

enum { UPDATES = 20, LATER = 8, MOST = 20 };

static void assert_same_state(const host_run *a, const host_run *b, const char *name)
{
    for (uint32_t k = 0; k < a->layout.n; k++) {
        const ams_array *array = &a->layout.array[k];
        if (array->to != NULL) {
            ck_assert_msg(memcmp(a->data[k], b->data[k], array->bytes) == 0,
                          "%s: array %u differs", name, k);
        }
    }
    ck_assert_mem_eq(&a->trainer->count, &b->trainer->count, sizeof a->trainer->count);
}

/* Every setting beside all that have the same launches, each with two seeds; half of them begin
 * later, and leave earlier than the others. */
START_TEST(as_alone)
{
    ams_train_options o[MOST];
    ams_env *env[MOST];
    ams_table table;
    const char *name[MOST];
    host_run run[MOST];
    host_run *beside[MOST];
    size_t n = 0;
    ams_train_options wanted;
    cuda_choose(&cuda_settings[_i], &wanted);
    for (int k = 0; k < _i; k++) {
        cuda_choose(&cuda_settings[k], &o[0]);
        if (ams_layout_same_shape(&o[0], &wanted)) {
            return; /* was among those of setting k */
        }
    }
    for (int k = 0; k < 2 * cuda_n_settings && n < MOST; k++) {
        cuda_choose(&cuda_settings[k / 2], &o[n]);
        o[n].seed = (uint64_t)k % 2;
        name[n] = cuda_settings[k / 2].name;
        n += ams_layout_same_shape(&o[n], &wanted);
    }
    ck_assert_uint_ge(n, 2);
    cuda_open_table(&table, &env[0], &o[0]);
    for (size_t r = 0; r < n; r++) {
        env[r] = r == 0 ? env[0] : cuda_open_env(&table, &o[r]);
        host_run_open(&run[r], cuda_fresh(env[r], &o[r]), 3);
    }
    size_t half = n / 2;
    for (size_t r = 0; r < n; r++) {
        beside[r] = &run[r];
    }
    host_runs_update(beside + half, n - half, LATER);
    host_runs_update(beside, n, UPDATES - LATER);
    host_runs_update(beside, half, LATER);
    for (size_t r = 0; r < n; r++) {
        ams_trainer *alone = cuda_fresh(env[r], &o[r]);
        host_run by_itself;
        host_run_open(&by_itself, alone, 3);
        host_run_update(&by_itself, UPDATES);
        assert_same_state(&run[r], &by_itself, name[r]);
        host_run_close(&by_itself);
        host_run_close(&run[r]);
        ams_trainer_destroy(alone);
        ams_trainer_destroy(run[r].trainer);
    }
    for (size_t r = 0; r < n; r++) {
        ams_env_destroy(env[r]);
    }
    ams_table_fini(&table);
}
END_TEST

static void describe(const ams_table *table, const ams_train_options *o, ams_view *view)
{
    ams_layout layout;
    ams_env *env = cuda_open_env(table, o);
    ams_trainer *t = cuda_fresh(env, o);
    ams_layout_describe(t, view, &layout);
    ams_trainer_destroy(t);
    ams_env_destroy(env);
}

/* Shapes told from options are those of the launches. */
START_TEST(equal_shapes)
{
    ams_view view[2];
    ams_train_options o[2];
    ams_table table;
    ams_env *env = NULL;
    cuda_choose(&cuda_settings[0], &o[0]);
    cuda_open_table(&table, &env, &o[0]);
    int alike = 0;
    for (int k = 0; k < cuda_n_settings * cuda_n_settings; k++) {
        const int pair[2] = {k / cuda_n_settings, k % cuda_n_settings};
        for (int j = 0; j < 2; j++) {
            cuda_choose(&cuda_settings[pair[j]], &o[j]);
            describe(&table, &o[j], &view[j]);
        }
        bool same = ams_layout_same_shape(&o[0], &o[1]);
        bool small = o[0].batch < 512 && o[1].batch < 512;
        bool launches = ams_layout_alike(&view[0], &view[1]);
        ck_assert_msg(small ? same == launches : !same || launches, "%s and %s",
                      cuda_settings[pair[0]].name, cuda_settings[pair[1]].name);
        alike += same;
    }
    ck_assert_int_gt(alike, cuda_n_settings);
    ck_assert_int_lt(alike, cuda_n_settings * cuda_n_settings);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

/* Large updates are cut into passes, of which an agent that asks both networks has more. */
START_TEST(large_shapes)
{
    static const char *const agent[] = {"dqn", "dueling", "double", "double-dueling"};
    enum { AGENTS = sizeof agent / sizeof *agent };
    ams_view view[AGENTS];
    ams_train_options o[AGENTS];
    ams_table table;
    ams_env *env = NULL;
    for (int k = 0; k < AGENTS; k++) {
        cuda_setting setting = cuda_wide_settings[0];
        setting.agent = agent[k];
        cuda_choose(&setting, &o[k]);
    }
    cuda_open_table(&table, &env, &o[0]);
    for (int k = 0; k < AGENTS; k++) {
        describe(&table, &o[k], &view[k]);
        ck_assert(view[k].wide);
    }
    for (int k = 0; k < AGENTS * AGENTS; k++) {
        const int a = k / AGENTS;
        const int b = k % AGENTS;
        ck_assert_int_eq(ams_layout_same_shape(&o[a], &o[b]), a / 2 == b / 2);
        ck_assert_int_eq(ams_layout_alike(&view[a], &view[b]), a / 2 == b / 2);
    }
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

/* By hand: whole lines of 256 bytes; environments apart from what is a run's own. */
START_TEST(bytes_of_a_run)
{
    const ams_layout layout = {
        .array = {{.bytes = 1}, {.bytes = 256}, {.bytes = 257}}, .n = 3, .first_own = 1};
    const size_t mib = 1 << 20;
    ck_assert_uint_eq(ams_layout_bytes(&layout, 0, 3), 1024);
    ck_assert_uint_eq(ams_layout_bytes(&layout, 0, 1), 256);
    ck_assert_uint_eq(ams_layout_bytes(&layout, 1, 3), 768);
    ck_assert_uint_eq(ams_layout_bytes(&layout, 1, 1), 0);
    ck_assert(ams_layout_fits(100 * mib, 356 * mib));
    ck_assert(!ams_layout_fits(100 * mib + 1, 356 * mib));
    ck_assert(!ams_layout_fits(357 * mib, 356 * mib));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, as_alone, 0, cuda_n_settings);
    tcase_add_test(tests, equal_shapes);
    tcase_add_test(tests, large_shapes);
    tcase_add_test(tests, bytes_of_a_run);
}

int main(void)
{
    return run_suite("cuda_beside", add);
}
