/* 16 processes share 200 runs of 10 ms, and some of them are killed at moments drawn at random:
 * each run is done once, and the files are those of a sweep by one process.
 *
 * AMS_TEST_SEED: of the first round (default: drawn); AMS_TEST_ROUNDS (default 2). */
#include "ams/sweep.h"

#include "base/file.h"
#include "base/lock.h"
#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { JOINERS = 16, SEEDS = 50, BATCHES = 4, RUNS = SEEDS * BATCHES, KILLED = 6 };

static ams_error err;

/* -- a run -- */

static void note(const char *path, const char *name)
{
    char line[128];
    const int n = snprintf(line, sizeof line, "%s\n", name);
    const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    ck_assert(fd >= 0 && write(fd, line, (size_t)n) == n);
    close(fd);
}

/* As ams train does: it has the lock of its folder, is finished with policy.ams, and knows what
 * is finished. Of odd seeds it lives on for its last 10 ms when its sweep is killed, as one
 * that writes a checkpoint does; of even ones it ends at once. */
static int train(void *context)
{
    const ams_job *job = context;
    char path[256];
    char text[64];
    int fd = -1;
    ams_lock lock;
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    if (job->seed % 2 == 0) {
        signal(SIGTERM, SIG_DFL);
        sigprocmask(SIG_UNBLOCK, &term, NULL);
    }
    if (job->request.train.batch == 9 && job->seed % 10 == 0) {
        usleep(10000);
        printf("ams train: nine is too many\n");
        return AMS_USAGE;
    }
    (void)ams_make_directories(job->request.directory, NULL);
    snprintf(path, sizeof path, "%s/lock", job->request.directory);
    if (ams_lock_open(&fd, path, false, &lock, NULL) != AMS_OK ||
        lock.state == AMS_LOCK_IN_USE) {
        printf("ams train: %s is in use\n", job->name);
        return AMS_USAGE;
    }
    snprintf(path, sizeof path, "%s/policy.ams", job->request.directory);
    if (ams_exists(path)) {
        return 0;
    }
    usleep(10000);
    sigprocmask(SIG_BLOCK, &term, NULL); /* what follows is one step */
    snprintf(text, sizeof text, "%s %llu\n", job->name, (unsigned long long)job->seed * 7919);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return AMS_IO;
    }
    fputs(text, file);
    fclose(file);
    snprintf(path, sizeof path, "%s/../../done.txt", job->request.directory);
    note(path, job->name);
    return 0;
}

static ams_status spawn(void *context, const ams_job *job, char *const *words, ams_child *child,
                        ams_error *unused)
{
    ams_sweep *sweep = context;
    (void)words;
    (void)unused;
    child->body = train;
    child->context = &sweep->job[job - sweep->job];
    return AMS_OK;
}

/* -- a sweep -- */

/* Returns what is left, 0: nothing. */
static int sweep_in(const char *folder, bool join)
{
    static const char *const setting[] = {"batch=8,9,10,11"};
    uint64_t seed[SEEDS];
    sigset_t mask;
    int stopped = 0;
    ams_sweep sweep = {.lock = -1};
    const ams_jobs_spawner spawner = {.context = &sweep, .mask = &mask, .alone = spawn};
    for (uint64_t k = 0; k < SEEDS; k++) {
        seed[k] = k + 1;
    }
    const ams_sweep_options options = {.data_path = "d.h5",
                                       .directory = folder,
                                       .setting = setting,
                                       .n_settings = 1,
                                       .seed = seed,
                                       .n_seeds = SEEDS,
                                       .side_by_side = 1,
                                       .together = 1,
                                       .command = "ams sweep",
                                       .join = {.on = join}};
    ck_assert_msg(ams_sweep_plan(&sweep, &options, NULL, &err) == AMS_OK, "%s", err.text);
    ck_assert_msg(ams_sweep_open(&sweep, &err) == AMS_OK, "%s", err.text);
    ck_assert_uint_eq(sweep.n_jobs, RUNS);
    ams_children_hold_signals(&mask);
    ck_assert_msg(ams_sweep_run(&sweep, &spawner, NULL, &stopped, &err) == AMS_OK, "%s",
                  err.text);
    ams_children_release_signals(&mask);
    const size_t ended = ams_sweep_count(&sweep, AMS_JOB_FINISHED) +
                         ams_sweep_count(&sweep, AMS_JOB_BEFORE) +
                         ams_sweep_count(&sweep, AMS_JOB_FAILED);
    ams_sweep_fini(&sweep);
    return (int)(RUNS - ended);
}

/* -- what comes of it -- */

static char *text_of(const char *folder, const char *name)
{
    char path[256];
    char *text = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert_msg(ams_read_file(path, 1 << 20, &text, &size, &err) == AMS_OK, "%s", err.text);
    return text;
}

static void check_same(const char *folder, const char *name)
{
    char *a = text_of("serial", name);
    char *b = text_of(folder, name);
    ck_assert_msg(strcmp(a, b) == 0, "%s/%s: expected '%s', found '%s'", folder, name, a, b);
    free(a);
    free(b);
}

static void check_runs(const char *folder)
{
    char *done = text_of(folder, "done.txt");
    size_t finished = 0;
    for (int b = 8; b < 8 + BATCHES; b++) {
        for (int seed = 1; seed <= SEEDS; seed++) {
            char name[128];
            char line[64];
            size_t times = 0;
            snprintf(line, sizeof line, "dqn,batch=%d-%d\n", b, seed);
            for (const char *at = done; (at = strstr(at, line)) != NULL; at++) {
                times++;
            }
            const bool fails = b == 9 && seed % 10 == 0;
            ck_assert_msg(times == (fails ? 0 : 1), "%zu times %s", times, line);
            finished += times;
            snprintf(name, sizeof name, "runs/dqn,batch=%d-%d/policy.ams", b, seed);
            if (!fails) {
                check_same(folder, name);
            }
        }
    }
    ck_assert_uint_eq(finished, RUNS - SEEDS / 10);
    check_same(folder, "failed.tsv");
    char *json = text_of(folder, "sweep.json");
    ck_assert_ptr_nonnull(strstr(json, "\"status\": \"failed\""));
    ck_assert_ptr_null(strstr(json, "\"status\": \"waiting\""));
    free(json);
    free(done);
}

static void round_of(uint64_t seed)
{
    char folder[64];
    pid_t joiner[JOINERS];
    bool killed[JOINERS] = {false};
    ams_rng rng = ams_rng_init(seed, 0);
    snprintf(folder, sizeof folder, "round-%llu", (unsigned long long)seed);
    for (int j = 0; j < JOINERS; j++) {
        joiner[j] = fork();
        if (joiner[j] == 0) {
            _exit(sweep_in(folder, true));
        }
    }
    for (int k = 0; k < KILLED; k++) {
        usleep((useconds_t)(ams_rng_unit(&rng) * 200000));
        const int j = (int)(ams_rng_unit(&rng) * JOINERS) % JOINERS;
        if (!killed[j]) {
            kill(joiner[j], SIGKILL);
            killed[j] = true;
        }
    }
    for (int j = 0; j < JOINERS; j++) {
        int how = 0;
        ck_assert_int_eq(waitpid(joiner[j], &how, 0), joiner[j]);
        ck_assert_msg(how == 0 || (killed[j] && WIFSIGNALED(how)), "seed %llu: joiner %d: %d",
                      (unsigned long long)seed, j, how);
    }
    check_runs(folder);
    ck_assert_int_eq(sweep_in(folder, true), 0); /* nothing is done again */
    check_runs(folder);
}

static uint64_t number_of(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

START_TEST(some_are_killed)
{
    ams_table table;
    random_table_options of_table = random_table_defaults(1);
    const uint64_t first = number_of("AMS_TEST_SEED", (uint64_t)time(NULL) % 1000000);
    const uint64_t rounds = number_of("AMS_TEST_ROUNDS", 2);
    random_table(&table, &of_table);
    ck_assert_int_eq(ams_table_write(&table, "d.h5", &err), AMS_OK);
    ams_table_fini(&table);
    ck_assert_int_eq(sweep_in("serial", false), 0);
    for (uint64_t r = 0; r < rounds; r++) {
        printf("AMS_TEST_SEED=%llu\n", (unsigned long long)(first + r));
        fflush(stdout);
        round_of(first + r);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, some_are_killed);
}

int main(void)
{
    return run_suite("sweep_killed", add);
}
