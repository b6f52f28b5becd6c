/* A run's folder: finished runs are not done again, killed ones continue bit for bit, damaged
 * checkpoints are passed over, two processes do not share a folder. */
#include "base/file.h"
#include "base/memory.h"
#include "base/rng.h"
#include "rl/run.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/rl/reference.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct fixture {
    ams_table table;
    ams_env *env;
    ams_train_options train;
    ams_run_options run;
    ams_run_result result;
    ams_error err;
    uint64_t kill_at; /* 0: never */
    volatile sig_atomic_t stop;
} fixture;

/* A validation that depends on the weights alone. */
static ams_status validate(void *context, const ams_net *net, ams_validation *v, ams_error *err)
{
    (void)context;
    (void)err;
    for (uint64_t i = 0; i < net->n_params; i += 7) {
        v->time_ms += (double)(net->params[i] * net->params[i]);
    }
    v->area = 1 / (1 + v->time_ms);
    return AMS_OK;
}

static void progress(void *context, const ams_train_stats *stats, uint64_t steps,
                     const ams_validation *v, uint64_t since_best)
{
    fixture *f = context;
    (void)steps;
    (void)v;
    (void)since_best;
    if (f->kill_at != 0 && stats->updates == f->kill_at) {
        raise(SIGKILL);
    }
}

/* Settings that a run has to survive with; set by each test, which is a process. */
enum { PLAIN, WAITING, ALL, PATIENT, KINDS };
static int kind;
static uint64_t threads = 1;

static void set_kind(ams_train_options *o)
{
    if (kind == WAITING) { /* prioritised, while the newest steps must not be drawn */
        o->agent = agent_named("sarsa");
        o->gamma = 0.9;
        o->nstep = 3;
        o->priority_alpha = 0.6;
    } else if (kind == ALL) {
        o->agent = agent_named("double-dueling");
        o->gamma = 0.5;
        o->targets = 1;
        o->dropout = 0.1;
        o->priority_alpha = 1;
    } else if (kind == PATIENT) {
        o->patience = 4;
        o->best_by = AMS_BEST_AREA;
        o->validate_every = 10;
        o->lr = 0.01;
        o->weight_decay = 1;
    }
}

static void fixture_init(fixture *f, const char *folder)
{
    *f = (fixture){0};
    random_table_options options = random_table_defaults(8);
    random_table(&f->table, &options);
    ck_assert_int_eq(ams_train_defaults(&f->train, NULL), AMS_OK);
    f->train.steps = 300;
    f->train.batch = 16;
    f->train.replay = 300;
    f->train.warmup = 50;
    f->train.envs = 3;
    f->train.target_every = 20;
    f->train.log_every = 10;
    f->train.validate_every = 30;
    f->train.checkpoint_every = 25;
    strcpy(f->train.hidden, "24");
    f->train.threads = threads;
    set_kind(&f->train);
    ams_env_options env = ams_train_env_options(&f->train, 0.5F);
    ck_assert_int_eq(ams_env_create(&f->env, &f->table, &env, NULL), AMS_OK);
    f->run = (ams_run_options){.directory = folder,
                               .data_path = "some.h5",
                               .command = "test",
                               .version = "test",
                               .train = &f->train,
                               .validate = validate,
                               .progress = progress,
                               .progress_context = f,
                               .stop = &f->stop};
}

static void fixture_fini(fixture *f)
{
    ams_env_destroy(f->env);
    ams_table_fini(&f->table);
}

static ams_status train(fixture *f)
{
    return ams_run_train(&f->run, &f->table, f->env, &f->result, &f->err);
}

static char *fresh_folder(void)
{
    char *folder = strdup("run-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    return folder;
}

static void remove_folder(char *folder)
{
    char command[600];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
    free(folder);
}

static char *contents(const char *folder, const char *name, size_t *size)
{
    char *path = NULL;
    char *bytes = NULL;
    ck_assert_int_eq(ams_join_path(&path, folder, name, NULL), AMS_OK);
    ck_assert_int_eq(ams_read_file(path, 1 << 26, &bytes, size, NULL), AMS_OK);
    free(path);
    return bytes;
}

static bool same_file(const char *a, const char *b, const char *name)
{
    size_t n[2];
    char *x = contents(a, name, &n[0]);
    char *y = contents(b, name, &n[1]);
    bool same = n[0] == n[1] && memcmp(x, y, n[0]) == 0;
    free(x);
    free(y);
    return same;
}

static void assert_same_file(const char *a, const char *b, const char *name)
{
    ck_assert_msg(same_file(a, b, name), "%s differs", name);
}

static char *whole_run(void)
{
    char *folder = fresh_folder();
    fixture f;
    fixture_init(&f, folder);
    ck_assert_msg(train(&f) == AMS_OK, "%s", f.err.text);
    ck_assert_int_eq(f.result.outcome, AMS_RUN_FINISHED);
    ck_assert_uint_eq(f.result.resumed_at, 0);
    fixture_fini(&f);
    return folder;
}

/* In a child, so that a kill -9 takes only it. */
static int run_in_child(const char *folder, uint64_t kill_at)
{
    pid_t child = fork();
    if (child == 0) {
        fixture f;
        fixture_init(&f, folder);
        f.kill_at = kill_at;
        _exit(train(&f) == AMS_OK ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

START_TEST(finished_once)
{
    char *folder = whole_run();
    fixture f;
    fixture_init(&f, folder);
    ck_assert_int_eq(train(&f), AMS_OK);
    ck_assert_int_eq(f.result.outcome, AMS_RUN_ALREADY);
    f.train.lr = 0.01;
    ck_assert_int_eq(train(&f), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(f.err.text, "lr = 0.0005"));
    f.train.lr = 0.0005;
    f.table.conf[0] *= 0.99F;
    ck_assert_int_eq(train(&f), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(f.err.text, "other data"));
    fixture_fini(&f);
    size_t size = 0;
    char *metrics = contents(folder, "metrics.tsv", &size);
    int lines = 0;
    for (size_t i = 0; i < size; i++) {
        lines += metrics[i] == '\n';
    }
    ck_assert_int_eq(lines, 31);
    free(metrics);
    remove_folder(folder);
}
END_TEST

START_TEST(killed_and_continued)
{
    kind = _i;
    char *expected = whole_run();
    char *folder = fresh_folder();
    /* Before the first checkpoint, right at one, between two; one after the other on one
     * folder. */
    static const uint64_t kills[] = {7, 25, 113, 299};
    size_t n = kind == PATIENT ? 2 : 4; /* it ends early */
    for (size_t i = 0; i < n; i++) {
        int status = run_in_child(folder, kills[i]);
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    ck_assert_int_eq(run_in_child(folder, 0), 0);
    assert_same_file(expected, folder, "policy.ams");
    assert_same_file(expected, folder, "metrics.tsv");
    remove_folder(expected);
    remove_folder(folder);
}
END_TEST

START_TEST(stopped_and_continued)
{
    char *expected = whole_run();
    char *folder = fresh_folder();
    fixture f;
    fixture_init(&f, folder);
    f.stop = 1;
    for (int i = 0; i < 3; i++) { /* one update each */
        ck_assert_int_eq(train(&f), AMS_OK);
        ck_assert_int_eq(f.result.outcome, AMS_RUN_STOPPED);
    }
    f.stop = 0;
    ck_assert_int_eq(train(&f), AMS_OK);
    ck_assert_uint_eq(f.result.resumed_at, 3);
    assert_same_file(expected, folder, "policy.ams");
    assert_same_file(expected, folder, "metrics.tsv");
    fixture_fini(&f);
    remove_folder(expected);
    remove_folder(folder);
}
END_TEST

/* AMS_TEST_SEED, or by the clock. A failure names it. */
static uint64_t test_seed(void)
{
    const char *given = getenv("AMS_TEST_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return given != NULL ? strtoull(given, NULL, 10)
                         : (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* kill -9 wherever the process happens to be, five times, then to the end; the whole run with
 * one thread, a killed one with two. */
START_TEST(killed_at_random)
{
    enum { KILLS = 5 };
    kind = _i;
    uint64_t seed = test_seed();
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_TEST);
    char text[256] = "";
    double start = seconds();
    char *expected = whole_run();
    double whole = seconds() - start;
    char *folder = fresh_folder();
    threads = kind == WAITING ? 2 : 1; /* where threads and priorities meet */
    size_t used = (size_t)snprintf(
        text, sizeof text, "AMS_TEST_SEED=%llu, kills after ms:", (unsigned long long)seed);
    for (int i = 0; i < KILLS; i++) {
        double moment = ams_rng_unit(&rng) * whole * 0.7;
        used += (size_t)snprintf(text + used, sizeof text - used, " %.1f", moment * 1e3);
        pid_t child = fork();
        if (child == 0) {
            fixture f;
            fixture_init(&f, folder);
            _exit(train(&f) == AMS_OK ? 0 : 1);
        }
        usleep((useconds_t)(moment * 1e6));
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        ck_assert_msg(WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "%s", text);
    }
    int status = run_in_child(folder, 0);
    ck_assert_msg(status == 0, "status %d: %s", status, text);
    ck_assert_msg(same_file(expected, folder, "policy.ams"), "policy.ams: %s", text);
    ck_assert_msg(same_file(expected, folder, "metrics.tsv"), "metrics.tsv: %s", text);
    remove_folder(expected);
    remove_folder(folder);
}
END_TEST

/* The update after which `patience` validations in a row were no better, as the metrics of a
 * run without patience tell; column: 5 area, 6 time. *best: update of the best one. */
static uint64_t early_end(const char *folder, int column, bool higher, uint64_t patience,
                          uint64_t *best)
{
    size_t size = 0;
    char *metrics = contents(folder, "metrics.tsv", &size);
    double top = 0;
    uint64_t stale = 0;
    uint64_t end = 0;
    *best = 0;
    for (char *row = strchr(metrics, '\n') + 1; *row != '\0' && end == 0;
         row = strchr(row, '\n') + 1) {
        char *cell = row;
        for (int i = 0; i < column; i++) {
            cell = strchr(cell, '\t') + 1;
        }
        if (*cell == '-') {
            continue;
        }
        double value = strtod(cell, NULL) * (higher ? 1 : -1);
        bool better = *best == 0 || value > top;
        stale = better ? 0 : stale + 1;
        if (better) {
            top = value;
            *best = strtoull(row, NULL, 10);
        }
        end = stale == patience ? strtoull(row, NULL, 10) : 0;
    }
    free(metrics);
    return end;
}

/* Patience cuts the run that would have gone on; what is left of it equals the whole one's. */
START_TEST(patience_ends_it)
{
    kind = PATIENT;
    char *whole = fresh_folder();
    char *folder = fresh_folder();
    fixture f;
    fixture_init(&f, whole);
    f.train.best_by = _i == 0 ? AMS_BEST_AREA : AMS_BEST_TIME;
    f.train.patience = 0;
    ck_assert_msg(train(&f) == AMS_OK, "%s", f.err.text);
    ck_assert(!f.result.early);
    ck_assert_uint_eq(f.result.updates, 300);
    uint64_t best = 0;
    uint64_t end = early_end(whole, _i == 0 ? 5 : 6, _i == 0, 4, &best);
    ck_assert_uint_gt(end, 0);
    ck_assert_uint_lt(end, 300);
    f.run.directory = folder;
    f.train.patience = 4;
    ck_assert_msg(train(&f) == AMS_OK, "%s", f.err.text);
    ck_assert_int_eq(f.result.outcome, AMS_RUN_FINISHED);
    ck_assert(f.result.early);
    ck_assert_uint_eq(f.result.updates, end);
    ck_assert_uint_eq(f.result.best_updates, best);
    size_t n[2];
    char *all = contents(whole, "metrics.tsv", &n[0]);
    char *part = contents(folder, "metrics.tsv", &n[1]);
    ck_assert_uint_lt(n[1], n[0]);
    ck_assert_mem_eq(all, part, n[1]);
    ck_assert_str_eq(part + n[1] - 3, "\t4\n");
    free(all);
    free(part);
    char *manifest = contents(folder, "manifest.json", &n[0]);
    ck_assert_ptr_nonnull(strstr(manifest, "\"stopped_early\": true"));
    ck_assert_ptr_nonnull(strstr(manifest, "\"status\": \"finished\""));
    free(manifest);
    /* Again: done. Killed before policy.ams was there: written, and nothing trained. */
    ck_assert_int_eq(train(&f), AMS_OK);
    ck_assert_int_eq(f.result.outcome, AMS_RUN_ALREADY);
    char *policy = contents(folder, "policy.ams", &n[0]);
    char path[600];
    snprintf(path, sizeof path, "%s/policy.ams", folder);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(train(&f), AMS_OK);
    ck_assert_int_eq(f.result.outcome, AMS_RUN_FINISHED);
    ck_assert_uint_eq(f.result.resumed_at, end);
    ck_assert_uint_eq(f.result.updates, end);
    char *again = contents(folder, "policy.ams", &n[1]);
    ck_assert_uint_eq(n[0], n[1]);
    ck_assert_mem_eq(policy, again, n[0]);
    free(policy);
    free(again);
    fixture_fini(&f);
    remove_folder(whole);
    remove_folder(folder);
}
END_TEST

START_TEST(patience_refused)
{
    kind = PATIENT;
    char *folder = fresh_folder();
    fixture f;
    fixture_init(&f, folder);
    f.run.validate = NULL;
    ck_assert_int_eq(train(&f), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(f.err.text, "patience=4"));
    ck_assert_ptr_nonnull(strstr(f.err.text, "validation split"));
    f.run.validate = validate;
    f.train.best_by = AMS_BEST_LAST;
    ck_assert_int_eq(train(&f), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(f.err.text, "best_by=last"));
    fixture_fini(&f);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing was written */
    free(folder);
}
END_TEST

static void damage(const char *folder, const char *name, off_t length)
{
    char path[600];
    snprintf(path, sizeof path, "%s/checkpoints/%s", folder, name);
    ck_assert_int_eq(truncate(path, length), 0);
}

START_TEST(damaged_checkpoints)
{
    char *expected = whole_run();
    char *folder = fresh_folder();
    (void)run_in_child(folder, 130);
    damage(folder, "last", 1000);
    fixture f;
    fixture_init(&f, folder);
    ck_assert_int_eq(train(&f), AMS_OK);
    ck_assert_uint_eq(f.result.resumed_at, 100); /* `previous` */
    ck_assert_ptr_nonnull(strstr(f.result.damaged, "last"));
    assert_same_file(expected, folder, "policy.ams");
    assert_same_file(expected, folder, "metrics.tsv");
    remove_folder(folder);

    folder = fresh_folder();
    (void)run_in_child(folder, 130);
    damage(folder, "last", 1000);
    damage(folder, "previous", 0);
    f.run.directory = folder;
    ck_assert_int_eq(train(&f), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(f.err.text, "no checkpoint can be used"));
    fixture_fini(&f);
    remove_folder(expected);
    remove_folder(folder);
}
END_TEST

START_TEST(one_process_a_folder)
{
    char *folder = fresh_folder();
    char path[600];
    snprintf(path, sizeof path, "%s/lock", folder);
    int fd = open(path, O_RDWR | O_CREAT, 0666);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    fixture f;
    fixture_init(&f, folder);
    ck_assert_int_eq(train(&f), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(f.err.text, "in use"));
    close(fd);
    ck_assert_int_eq(train(&f), AMS_OK);
    fixture_fini(&f);
    remove_folder(folder);
}
END_TEST

START_TEST(paused_and_continued)
{
    char *expected = whole_run();
    char *folder = fresh_folder();
    fixture f;
    fixture_init(&f, folder);
    /* On a validation and off one; the third is behind the checkpoint and does nothing. */
    static const uint64_t until[] = {60, 137, 60};
    static const uint64_t resumed_at[] = {0, 60, 137};
    for (size_t i = 0; i < 3; i++) {
        f.run.until = until[i];
        ck_assert_msg(train(&f) == AMS_OK, "%s", f.err.text);
        ck_assert_int_eq(f.result.outcome, AMS_RUN_PAUSED);
        ck_assert_uint_eq(f.result.resumed_at, resumed_at[i]);
    }
    f.run.until = f.train.steps;
    ck_assert_int_eq(train(&f), AMS_OK);
    ck_assert_int_eq(f.result.outcome, AMS_RUN_FINISHED);
    ck_assert_uint_eq(f.result.resumed_at, 137);
    assert_same_file(expected, folder, "policy.ams");
    assert_same_file(expected, folder, "metrics.tsv");
    fixture_fini(&f);
    remove_folder(expected);
    remove_folder(folder);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, finished_once);
    tcase_add_loop_test(tests, killed_and_continued, 0, KINDS);
    tcase_add_loop_test(tests, killed_at_random, 0, KINDS);
    tcase_add_loop_test(tests, patience_ends_it, 0, 2);
    tcase_add_test(tests, patience_refused);
    tcase_add_test(tests, stopped_and_continued);
    tcase_add_test(tests, damaged_checkpoints);
    tcase_add_test(tests, one_process_a_folder);
    tcase_add_test(tests, paused_and_continued);
}

int main(void)
{
    return run_suite("rl/run", add);
}
