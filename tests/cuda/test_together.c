/* Runs that are trained together: each as it would be alone, to the last bit, whatever the
 * others are and whatever becomes of them. */
#include "base/file.h"
#include "rl/run.h"
#include "tests/base/suite.h"
#include "tests/cuda/host_device.h"
#include "tests/cuda/host_run.h"
#include "tests/cuda/settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- the device's steps -- */

enum { UPDATES = 20, LATER = 8, MOST = 20 };

static ams_env *open_env(const ams_table *table, const ams_train_options *o)
{
    ams_env *env = NULL;
    ams_env_options options = ams_train_env_options(o, 0.5F);
    ck_assert_int_eq(ams_env_create(&env, table, &options, NULL), AMS_OK);
    return env;
}

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
        env[r] = r == 0 ? env[0] : open_env(&table, &o[r]);
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
    ams_env *env = open_env(table, o);
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

/* -- whole runs -- */

enum { RUNS = 6, EARLY = 4, LOST = 5 };

typedef struct set {
    ams_table table;
    ams_env *env[RUNS];
    ams_train_options train[RUNS];
    ams_run_options run[RUNS];
    ams_run_task task[RUNS];
    char folder[RUNS][32];
    int validations[RUNS];
    uint64_t stop_at; /* steps of progress until the set is stopped; 0: never */
    uint64_t ended, crowded;
    volatile sig_atomic_t stop;
} set;

/* Worse every time: patience is over at the third of two. */
static ams_status worse(void *context, const ams_net *net, const uint8_t *order,
                        ams_validation *result, ams_error *err)
{
    int *n = context;
    (void)net;
    (void)order;
    (void)err;
    result->time_ms = ++*n;
    return AMS_OK;
}

static ams_status by_weights(void *context, const ams_net *net, const uint8_t *order,
                             ams_validation *result, ams_error *err)
{
    (void)context;
    (void)order;
    (void)err;
    for (uint64_t i = 0; i < net->n_params; i += 7) {
        result->time_ms += (double)(net->params[i] * net->params[i]);
    }
    return AMS_OK;
}

static void progress(void *context, const ams_train_stats *stats, uint64_t steps,
                     const ams_validation *validation, uint64_t since_best)
{
    set *s = context;
    (void)stats;
    (void)steps;
    (void)validation;
    (void)since_best;
    s->stop = s->stop_at > 0 && --s->stop_at == 0 ? 1 : s->stop;
}

/* Agents, networks, features, seeds and rhythms differ; one ends early, one is lost. */
static void choose(ams_train_options *o, int r)
{
    static const int setting[RUNS] = {0, 1, 2, 3, 5, 0};
    cuda_choose(&cuda_settings[setting[r]], o);
    o->decide = 0;
    o->seed = (uint64_t)r;
    o->steps = 50 + 10 * (uint64_t)(r % 3);
    o->log_every = 7 + (uint64_t)r % 2;
    o->validate_every = 2 * o->log_every;
    o->checkpoint_every = 25;
    o->patience = r == EARLY ? 2 : 0;
    o->lr = r == LOST ? 1e30 : o->lr;
}

static void set_open(set *s, const char *prefix, const ams_accelerator *accelerator)
{
    *s = (set){.stop = 0};
    host_fault = (host_faults){0};
    for (int r = 0; r < RUNS; r++) {
        choose(&s->train[r], r);
        s->train[r].device = accelerator == NULL ? AMS_DEVICE_CPU : AMS_DEVICE_CUDA;
        if (r == 0) {
            cuda_open_table(&s->table, &s->env[0], &s->train[0]);
        } else {
            s->env[r] = open_env(&s->table, &s->train[r]);
        }
        snprintf(s->folder[r], sizeof s->folder[r], "%s-%d", prefix, r);
        s->run[r] = (ams_run_options){.directory = s->folder[r],
                                      .data_path = "data",
                                      .command = "test",
                                      .version = "test",
                                      .train = &s->train[r],
                                      .accelerator = accelerator,
                                      .validate = r == EARLY ? worse : by_weights,
                                      .validate_context = &s->validations[r],
                                      .progress = progress,
                                      .progress_context = s,
                                      .stop = &s->stop};
        s->task[r] =
            (ams_run_task){.options = &s->run[r], .table = &s->table, .env = s->env[r]};
    }
}

static void set_close(set *s)
{
    for (int r = 0; r < RUNS; r++) {
        ams_env_destroy(s->env[r]);
    }
    ams_table_fini(&s->table);
}

static void ended(void *context, const ams_run_task *task)
{
    set *s = context;
    ck_assert(task >= s->task && task < s->task + RUNS);
    s->ended++;
}

static void crowded(void *context, size_t running, const char *reason)
{
    set *s = context;
    ck_assert_uint_eq(running, host_fault.room);
    ck_assert_ptr_nonnull(strstr(reason, "room"));
    s->crowded++;
}

static void train_together(set *s, size_t together)
{
    ams_runs_options options = {
        .together = together, .ended = ended, .crowded = crowded, .context = s};
    s->ended = 0;
    ams_runs_train(s->task, RUNS, &options);
    ck_assert_uint_eq(s->ended, RUNS);
}

/* Those alone, in folders alone-0 and so on of a folder that is the test's own. */
static void train_alone(const ams_accelerator *accelerator)
{
    char own[] = "test-XXXXXX";
    set s;
    ck_assert_ptr_nonnull(mkdtemp(own));
    ck_assert_int_eq(chdir(own), 0);
    set_open(&s, "alone", accelerator);
    for (int r = 0; r < RUNS; r++) {
        ams_run_result result;
        ams_error err = {{0}};
        ams_status status = ams_run_train(&s.run[r], &s.table, s.env[r], &result, &err);
        ck_assert_msg(status == (r == LOST ? AMS_BACKEND : AMS_OK), "%d: %s", r, err.text);
        ck_assert(r == LOST || result.early == (r == EARLY));
    }
    set_close(&s);
}

static void assert_same_file(const char *folder, const char *other, const char *name)
{
    char *path[2] = {NULL, NULL};
    char *text[2] = {NULL, NULL};
    size_t size[2];
    const char *in[2] = {folder, other};
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(ams_join_path(&path[i], in[i], name, NULL), AMS_OK);
        ck_assert_int_eq(ams_read_file(path[i], INT32_MAX, &text[i], &size[i], NULL), AMS_OK);
    }
    ck_assert_msg(size[0] == size[1] && memcmp(text[0], text[1], size[0]) == 0, "%s differs",
                  path[0]);
    for (int i = 0; i < 2; i++) {
        free(path[i]);
        free(text[i]);
    }
}

/* Each as alone: what it keeps, what it logged, its last state. */
static void assert_as_alone(const set *s)
{
    char alone[32];
    for (int r = 0; r < RUNS; r++) {
        snprintf(alone, sizeof alone, "alone-%d", r);
        ck_assert_msg(s->task[r].status == (r == LOST ? AMS_BACKEND : AMS_OK), "%d: %s", r,
                      s->task[r].err.text);
        assert_same_file(s->folder[r], alone, "metrics.tsv");
        if (r == LOST) {
            ck_assert_ptr_nonnull(strstr(s->task[r].err.text, "not finite"));
        } else {
            ck_assert(s->task[r].result.outcome == AMS_RUN_FINISHED ||
                      s->task[r].result.outcome == AMS_RUN_ALREADY);
            assert_same_file(s->folder[r], alone, "policy.ams");
            assert_same_file(s->folder[r], alone, "checkpoints/last");
        }
    }
}

/* All at once, three at a time, as many as there is room for. */
START_TEST(runs_as_alone)
{
    set s;
    train_alone(&host_accelerator);
    set_open(&s, "set", &host_accelerator);
    host_fault.room = _i == 2 ? 2 : 0;
    train_together(&s, _i == 1 ? 3 : 100);
    assert_as_alone(&s);
    ck_assert_uint_eq(host_fault.most, _i == 0 ? RUNS : _i == 1 ? 3 : 2);
    ck_assert((s.crowded > 0) == (_i == 2));
    ck_assert(s.task[EARLY].result.early);
    ck_assert_uint_lt(s.task[EARLY].result.updates, s.train[EARLY].steps);
    set_close(&s);
}
END_TEST

/* Some paused at updates of their own, one finished before. */
START_TEST(resumed_runs_join)
{
    set s;
    train_alone(&host_accelerator);
    set_open(&s, "set", &host_accelerator);
    static const uint64_t until[RUNS] = {23, 0, 31, 1000, 0, 0};
    for (int r = 0; r < RUNS; r++) {
        s.run[r].until = until[r];
        if (until[r] > 0) {
            ck_assert_int_eq(
                ams_run_train(&s.run[r], &s.table, s.env[r], &s.task[r].result, NULL), AMS_OK);
        }
        s.run[r].until = 0;
    }
    train_together(&s, 100);
    assert_as_alone(&s);
    ck_assert_uint_eq(s.task[0].result.resumed_at, 23);
    ck_assert_uint_eq(s.task[2].result.resumed_at, 31);
    ck_assert_int_eq(s.task[3].result.outcome, AMS_RUN_ALREADY);
    ck_assert_int_eq(s.task[1].result.outcome, AMS_RUN_FINISHED);
    set_close(&s);
}
END_TEST

/* Together, each up to an update of its own. */
START_TEST(runs_pause_together)
{
    set s;
    train_alone(&host_accelerator);
    set_open(&s, "set", &host_accelerator);
    for (int r = 0; r < EARLY; r++) {
        s.run[r].until = 17 + 5 * (uint64_t)r;
    }
    train_together(&s, 100);
    for (int r = 0; r < EARLY; r++) {
        ck_assert_int_eq(s.task[r].result.outcome, AMS_RUN_PAUSED);
        ck_assert_uint_eq(s.task[r].result.updates, s.run[r].until);
        s.run[r].until = 0;
    }
    train_together(&s, 100);
    assert_as_alone(&s);
    set_close(&s);
}
END_TEST

/* Stopped while four train and two wait: those that train save, the others leave nothing. */
START_TEST(stopped_runs_go_on)
{
    set s;
    train_alone(&host_accelerator);
    set_open(&s, "set", &host_accelerator);
    s.train[EARLY].patience = 0; /* it would count validations twice */
    s.run[EARLY].validate = by_weights;
    s.stop_at = 10;
    train_together(&s, 4);
    for (int r = 0; r < RUNS; r++) {
        ck_assert_int_eq(s.task[r].status, AMS_OK);
        ck_assert_int_eq(s.task[r].result.outcome, AMS_RUN_STOPPED);
        ck_assert_int_eq(ams_exists(s.folder[r]), r < 4);
    }
    set_close(&s);
    set_open(&s, "set", &host_accelerator);
    train_together(&s, 4);
    ck_assert_uint_gt(s.task[0].result.resumed_at, 0);
    assert_as_alone(&s);
    set_close(&s);
}
END_TEST

/* A device that fails ends what it trains and what would follow; all go on from their
 * checkpoints. */
START_TEST(a_device_fails)
{
    set s;
    train_alone(&host_accelerator);
    set_open(&s, "set", &host_accelerator);
    s.run[EARLY].validate = by_weights;
    s.train[EARLY].patience = 0;
    host_fault.updates = 12;
    train_together(&s, 100);
    for (int r = 0; r < RUNS; r++) {
        ck_assert_int_eq(s.task[r].status, AMS_BACKEND);
        ck_assert_ptr_nonnull(
            strstr(s.task[r].err.text, r == LOST ? "not finite" : "fell off the bus"));
    }
    set_close(&s);
    set_open(&s, "set", &host_accelerator);
    snprintf(s.folder[EARLY], sizeof s.folder[EARLY], "anew"); /* it has other settings now */
    train_together(&s, 100);
    ck_assert_uint_eq(s.task[0].result.resumed_at, 25);
    assert_as_alone(&s);
    set_close(&s);
}
END_TEST

/* What one run cannot do is no matter of the others. */
START_TEST(a_run_is_refused)
{
    set s;
    train_alone(&host_accelerator);
    set_open(&s, "set", &host_accelerator);
    s.train[1].warmup = s.train[1].replay + 1;
    s.train[2].backend = 1;
    train_together(&s, 100);
    ck_assert_int_eq(s.task[1].status, AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(s.task[1].err.text, "warmup"));
    ck_assert_int_eq(s.task[2].status, AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(s.task[2].err.text, "backend=dense"));
    assert_same_file("set-0", "alone-0", "policy.ams");
    assert_same_file("set-3", "alone-3", "policy.ams");
    set_close(&s);
}
END_TEST

/* On the CPU they take turns. */
START_TEST(the_cpu_in_turns)
{
    set s;
    train_alone(NULL);
    set_open(&s, "set", NULL);
    train_together(&s, 4);
    assert_as_alone(&s);
    set_close(&s);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, as_alone, 0, cuda_n_settings);
    tcase_add_test(tests, equal_shapes);
    tcase_add_test(tests, large_shapes);
    tcase_add_test(tests, bytes_of_a_run);
    tcase_add_loop_test(tests, runs_as_alone, 0, 3);
    tcase_add_test(tests, resumed_runs_join);
    tcase_add_test(tests, runs_pause_together);
    tcase_add_test(tests, stopped_runs_go_on);
    tcase_add_test(tests, a_device_fails);
    tcase_add_test(tests, a_run_is_refused);
    tcase_add_test(tests, the_cpu_in_turns);
}

int main(void)
{
    return run_suite("cuda_together", add);
}
