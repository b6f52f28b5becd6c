/* Whole runs that are trained together: each as it would be alone, to the last bit, whatever
 * the others are and whatever becomes of them. */
#include "ams/run.h"
#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/cuda/host_device.h"
#include "tests/cuda/settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
            s->env[r] = cuda_open_env(&s->table, &s->train[r]);
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
        ck_assert_msg(status == (r == LOST ? AMS_DIVERGED : AMS_OK), "%d: %s", r, err.text);
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
        ck_assert_msg(s->task[r].status == (r == LOST ? AMS_DIVERGED : AMS_OK), "%d: %s", r,
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
        ck_assert_int_eq(s.task[r].status, r == LOST ? AMS_DIVERGED : AMS_BACKEND);
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
