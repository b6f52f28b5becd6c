/* A run's folder: finished runs are not done again, killed ones continue bit for bit, damaged
 * checkpoints are passed over, two processes do not share a folder. */
#define SUITE_FORKS /* static settings of one test would reach the next */
#include "base/file.h"
#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/rl/run_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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
    /* Before the first checkpoint, right at one, between two, where refinement begins; one
     * after the other on one folder. */
    static const uint64_t kills[] = {7, 25, 113, 200, 299};
    size_t n = kind == PATIENT ? 2 : 5; /* it ends early */
    for (size_t i = 0; i < n; i++) {
        int status = run_in_child(folder, kills[i]);
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    ck_assert_int_eq(run_in_child(folder, 0), 0);
    assert_same_runs_and_remove(expected, folder);
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
    fixture_fini(&f);
    assert_same_runs_and_remove(expected, folder);
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

/* A damaged `last` never takes the place of the good `previous`, whatever fails after it. */
START_TEST(damaged_then_unwritable)
{
    char path[600];
    char *expected = whole_run();
    char *folder = fresh_folder();
    (void)run_in_child(folder, 130);
    damage(folder, "last", 1000);
    snprintf(path, sizeof path, "%s/checkpoints/next", folder);
    ck_assert_int_eq(mkdir(path, 0777), 0); /* no checkpoint can be written */
    fixture f;
    fixture_init(&f, folder);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(train(&f), AMS_IO);
        ck_assert_ptr_nonnull(strstr(f.err.text, "the last checkpoint is kept"));
    }
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(train(&f), AMS_OK);
    ck_assert_uint_eq(f.result.resumed_at, 100);
    fixture_fini(&f);
    assert_same_runs_and_remove(expected, folder);
}
END_TEST

/* What was never trained holds no run; what is refused leaves no folder. */
START_TEST(failed_start)
{
    char config[600];
    char *folder = fresh_folder();
    fixture f;
    fixture_init(&f, folder);
    ck_assert_int_eq(rmdir(folder), 0);
    f.train.items = 1000000;
    ck_assert_int_ne(train(&f), AMS_OK);
    ck_assert(!ams_exists(folder));
    f.train.items = 0;
    ck_assert_int_eq(mkdir(folder, 0777), 0);
    snprintf(config, sizeof config, "%s/config.ini", folder);
    FILE *file = fopen(config, "w");
    ck_assert_ptr_nonnull(file);
    fputs("[train]\nagent = sarsa\n", file);
    fclose(file);
    ck_assert_int_eq(train(&f), AMS_OK);
    f.train.batch++;
    ck_assert_int_eq(train(&f), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(f.err.text, "holds another run"));
    fixture_fini(&f);
    remove_folder(folder);
}
END_TEST

/* A folder from before there was a key is that of a run with the key's default. */
START_TEST(older_than_a_key)
{
    char path[600];
    char *folder = whole_run();
    size_t size = 0;
    char *text = contents(folder, "config.ini", &size);
    snprintf(path, sizeof path, "%s/config.ini", folder);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    size_t left_out = 0;
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        if (strncmp(line, "refine", strlen("refine")) == 0) {
            left_out++;
        } else {
            fprintf(file, "%.*s\n", (int)strcspn(line, "\n"), line);
        }
    }
    fclose(file);
    free(text);
    ck_assert_uint_eq(left_out, 6);
    fixture f;
    fixture_init(&f, folder);
    f.train.refine_items = 5;
    ck_assert_int_eq(train(&f), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(f.err.text, "instead of 'refine_items = 5'"));
    fixture_fini(&f);
    fixture_init(&f, folder);
    ck_assert_msg(train(&f) == AMS_OK, "%s", f.err.text);
    ck_assert_int_eq(f.result.outcome, AMS_RUN_ALREADY);
    fixture_fini(&f);
    remove_folder(folder);
}
END_TEST

START_TEST(manifest_is_mended)
{
    static const char running[] = "{\"command\": \"the first\", \"status\": \"running\", "
                                  "\"updates\": 0}";
    char path[600];
    char *folder = whole_run();
    snprintf(path, sizeof path, "%s/manifest.json", folder);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(running, file);
    fclose(file);
    fixture f;
    fixture_init(&f, folder);
    ck_assert_int_eq(train(&f), AMS_OK);
    ck_assert_int_eq(f.result.outcome, AMS_RUN_ALREADY);
    size_t size = 0;
    char *text = contents(folder, "manifest.json", &size);
    ck_assert_ptr_nonnull(strstr(text, "\"command\": \"the first\""));
    ck_assert_ptr_nonnull(strstr(text, "\"status\": \"finished\""));
    ck_assert_ptr_nonnull(strstr(text, "\"updates\": 300"));
    ck_assert_ptr_nonnull(strstr(text, "\"end\""));
    free(text);
    fixture_fini(&f);
    remove_folder(folder);
}
END_TEST

/* Where a run trains and on how many threads changes no bit, so it may change. */
START_TEST(other_threads)
{
    char *expected = whole_run();
    char *folder = fresh_folder();
    (void)run_in_child(folder, 130);
    threads = 2;
    ck_assert_int_eq(run_in_child(folder, 0), 0);
    assert_same_runs_and_remove(expected, folder);
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

static void add(TCase *tests)
{
    if (SUITE_OF_THREADS) {
        tcase_add_test(tests, other_threads);
        return;
    }
    tcase_add_test(tests, finished_once);
    tcase_add_loop_test(tests, killed_and_continued, 0, KINDS);
    tcase_add_loop_test(tests, killed_at_random, 0, KINDS);
    tcase_add_test(tests, stopped_and_continued);
    tcase_add_test(tests, damaged_checkpoints);
    tcase_add_test(tests, damaged_then_unwritable);
    tcase_add_test(tests, failed_start);
    tcase_add_test(tests, older_than_a_key);
    tcase_add_test(tests, manifest_is_mended);
    tcase_add_test(tests, other_threads);
    tcase_add_test(tests, one_process_a_folder);
}

int main(void)
{
    return run_suite("rl/run", add);
}
