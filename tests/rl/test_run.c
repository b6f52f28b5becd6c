/* A run's folder: finished runs are not done again, killed ones continue bit for bit, damaged
 * checkpoints are passed over, two processes do not share a folder. */
#include "base/file.h"
#include "base/memory.h"
#include "rl/run.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
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
                     const ams_validation *v)
{
    fixture *f = context;
    (void)steps;
    (void)v;
    if (f->kill_at != 0 && stats->updates == f->kill_at) {
        raise(SIGKILL);
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
    char *folder = strdup(AMS_TEST_DIR "/run-XXXXXX");
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

static void assert_same_file(const char *a, const char *b, const char *name)
{
    size_t n[2];
    char *x = contents(a, name, &n[0]);
    char *y = contents(b, name, &n[1]);
    ck_assert_uint_eq(n[0], n[1]);
    ck_assert_mem_eq(x, y, n[0]);
    free(x);
    free(y);
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
    char *expected = whole_run();
    char *folder = fresh_folder();
    /* Before the first checkpoint, right at one, between two; one after the other on one
     * folder. */
    static const uint64_t kills[] = {7, 25, 113, 299};
    for (size_t i = 0; i < sizeof kills / sizeof *kills; i++) {
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
    tcase_add_test(tests, killed_and_continued);
    tcase_add_test(tests, stopped_and_continued);
    tcase_add_test(tests, damaged_checkpoints);
    tcase_add_test(tests, one_process_a_folder);
    tcase_add_test(tests, paused_and_continued);
}

int main(void)
{
    return run_suite("rl/run", add);
}
