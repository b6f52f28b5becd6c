/* Calls of CUDA and of cuBLAS that fail on the simulated device, one at a time: a training, a
 * wide one, two at once, roll-outs and timed launches end with AMS_BACKEND and a message, or
 * with the right result; nothing is left of theirs, nothing hangs, and a run's folder goes on
 * to the bits that it would have had.
 *   sim_faults [EVERY [LOST [CODE [CASE]]]]     every EVERY-th call of each case; LOST: all
 * calls after it fail, too; CODE: what they fail with; CASE: only that one, 0 to 4, so that
 * several processes share the hours of all calls */
#include "ams/cuda.h"
#include "ams/run.h"
#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/cuda/settings.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { RUNS = 2, SECONDS = 300, NO_LIMIT = 1 << 20 };

/* Of the simulator. */
unsigned long sim_calls(void);
unsigned long sim_left(void);

static unsigned long every = 1;
static const char *lost = "0";
static const char *fails_with = "999"; /* cudaErrorUnknown */
static int only = -1;                  /* case; -1: all */

/* -- what is done in the child -- */

/* On the device the orders of the split are there. */
static ams_status validate(void *context, const ams_net *net, const uint8_t *order,
                           ams_validation *v, ams_error *err)
{
    const ams_env *env = context;
    (void)net;
    (void)err;
    v->time_ms = 1;
    for (uint32_t k = 0; order != NULL && k < env->n_items * env->n_models; k++) {
        v->time_ms += env->split[k / env->n_models] == AMS_VALIDATION ? order[k] * (k % 7) : 0;
    }
    v->area = 1 / v->time_ms;
    return AMS_OK;
}

static void choose_small(ams_train_options *o, const char *hidden)
{
    ck_assert_int_eq(ams_train_set(o, "hidden", hidden, NULL), AMS_OK);
    o->device = AMS_DEVICE_CUDA;
    o->batch = 3;
    o->envs = 2;
    o->replay = 40;
    o->warmup = 6;
    o->steps = 11; /* a graph of eight, three of one */
    o->log_every = 5;
    o->validate_every = 10;
    o->checkpoint_every = 10;
    o->epsilon_steps = 5;
}

static void open_small(ams_table *table, ams_env **env, const ams_train_options *o)
{
    random_table_options options = random_table_defaults(4);
    options.n_items = 9;
    options.n_models = 3;
    options.n_labels = 7;
    options.distinct = true;
    random_table(table, &options);
    *env = cuda_open_env(table, o);
}

static ams_status say(ams_status status, const ams_error *err)
{
    if (status != AMS_OK) {
        fprintf(stderr, "said: %s\n", err->text);
    }
    return status;
}

/* n runs side by side in the folders run-0, run-1. */
static ams_status train(const ams_train_options *o, int n)
{
    static const char *const folder[RUNS] = {"run-0", "run-1"};
    ams_table table;
    ams_env *env;
    ams_train_options options[RUNS] = {*o, *o};
    ams_run_options run[RUNS];
    ams_run_task task[RUNS];
    ams_status status = AMS_OK;
    open_small(&table, &env, o);
    for (int r = 0; r < n; r++) {
        options[r].seed = 1 + (uint64_t)r;
        run[r] = (ams_run_options){.directory = folder[r],
                                   .data_path = "some.h5",
                                   .command = "test",
                                   .version = "test",
                                   .train = &options[r],
                                   .device = "simulated",
                                   .accelerator = &ams_cuda,
                                   .validate = validate,
                                   .validate_context = env};
        task[r] = (ams_run_task){.options = &run[r], .table = &table, .env = env};
    }
    ams_runs_train(task, (size_t)n, &(ams_runs_options){.together = RUNS});
    for (int r = 0; r < n; r++) {
        status = say(task[r].status, &task[r].err) != AMS_OK ? task[r].status : status;
    }
    ams_env_destroy(env);
    ams_table_fini(&table);
    return status;
}

static ams_status narrow(void)
{
    ams_train_options o;
    cuda_choose(&cuda_settings[4], &o); /* priorities */
    choose_small(&o, "5");
    o.grad_clip = 0.5;
    return train(&o, 1);
}

static ams_status wide(void)
{
    ams_train_options o;
    cuda_choose(&cuda_settings[7], &o); /* all next states are asked for */
    choose_small(&o, "4x3");
    o.precision = AMS_PRECISION_TF32;
    return train(&o, 1);
}

static ams_status together(void)
{
    ams_train_options o;
    cuda_choose(&cuda_settings[0], &o);
    choose_small(&o, "4");
    return train(&o, RUNS);
}

static ams_status write_result(const void *bytes, size_t size)
{
    FILE *file = fopen("result", "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
    return AMS_OK;
}

static ams_status roll(void)
{
    ams_train_options o;
    ams_table table;
    ams_env *env;
    ams_cuda_roller *roller = NULL;
    ams_error err = {{0}};
    cuda_choose(&cuda_settings[3], &o); /* confidences and mask */
    choose_small(&o, "5x4");
    open_small(&table, &env, &o);
    ams_trainer *t = cuda_fresh(env, &o);
    const ams_net *net = ams_trainer_net(t);
    const ams_cuda_policy policy[] = {{net, AMS_DECIDE_Q_GREEDY}, {net, AMS_DECIDE_COST_Q}};
    const ams_env *both[] = {env, env};
    const size_t rows = (size_t)env->n_items * env->n_models;
    uint8_t *order = calloc(2, rows);
    ck_assert_ptr_nonnull(order);
    ams_status status = ams_cuda_roller_create(&roller, 0, policy, 2, &err);
    if (status == AMS_OK) {
        status = ams_cuda_roll(roller, both, AMS_TEST, order, &err);
    }
    ams_cuda_roller_destroy(roller);
    if (say(status, &err) == AMS_OK) {
        write_result(order, 2 * rows);
    }
    free(order);
    ams_trainer_destroy(t);
    ams_env_destroy(env);
    ams_table_fini(&table);
    return status;
}

static ams_status time_launches(void)
{
    static ams_cuda_launch launch[AMS_CUDA_MOST_LAUNCHES];
    ams_train_options o;
    ams_table table;
    ams_env *env;
    ams_error err = {{0}};
    uint32_t n = 0;
    cuda_choose(&cuda_settings[0], &o);
    choose_small(&o, "4");
    open_small(&table, &env, &o);
    ams_trainer *t = cuda_fresh(env, &o);
    ams_status status = AMS_OK;
    AMS_TRY(ams_trainer_accelerate(t, &ams_cuda, &err));
    AMS_TRY(ams_trainer_advance(t, 1, &err));
    AMS_TRY(ams_cuda_time_launches(t, 32, 2, launch, &n, &err));
    AMS_TRY(ams_trainer_sync(t, &err));
    write_result(ams_trainer_net(t)->params, ams_trainer_net(t)->n_params * sizeof(float));
out:
    (void)say(status, &err);
    ams_trainer_destroy(t);
    ams_env_destroy(env);
    ams_table_fini(&table);
    return status;
}

typedef struct fault_case {
    const char *name;
    ams_status (*run)(void);
    const char *results[7]; /* files */
} fault_case;

static const fault_case cases[] = {
    {"training", narrow, {"run-0/policy.ams", "run-0/metrics.tsv", "run-0/checkpoints/last"}},
    {"wide training",
     wide,
     {"run-0/policy.ams", "run-0/metrics.tsv", "run-0/checkpoints/last"}},
    {"two trainings",
     together,
     {"run-0/policy.ams", "run-0/metrics.tsv", "run-0/checkpoints/last", "run-1/policy.ams",
      "run-1/metrics.tsv", "run-1/checkpoints/last"}},
    {"roll-outs", roll, {"result"}},
    {"timed launches", time_launches, {"result"}},
};
enum { CASES = sizeof cases / sizeof *cases };

/* -- the children, in a folder of their own: copies of a process that has touched neither the
 * device nor Check. To start this program anew would cost more than a case takes. -- */

enum { LEFT_OVER = 99, NO_CHILD = 98 };

static const fault_case *given; /* in the child */
static ams_status ended = AMS_OK;

START_TEST(one_case)
{
    ended = given->run();
}
END_TEST

static void count_calls(void)
{
    FILE *file = fopen("calls", "w");
    if (file != NULL) {
        fprintf(file, "%lu", sim_calls());
        (void)fclose(file);
    }
}

/* Check's asserts have to be in a test. */
static int live(const fault_case *c)
{
    TCase *tests = tcase_create(c->name);
    Suite *suite = suite_create(c->name);
    SRunner *runner = srunner_create(suite);
    given = c;
    tcase_add_test(tests, one_case);
    suite_add_tcase(suite, tests);
    alarm(SECONDS); /* what hangs is ended */
    srunner_run_all(runner, CK_SILENT);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (sim_left() != 0) {
        fprintf(stderr, "%lu things of the device are left\n", sim_left());
        return LEFT_OVER;
    }
    count_calls();
    return failed != 0 ? NO_CHILD : (int)ended;
}

typedef struct order {
    int number;            /* of the case */
    unsigned long at;      /* the call that fails; 0: none */
    char folder[PATH_MAX]; /* absolute */
} order;

static pid_t starter;
static int to_starter;
static int from_starter;

static void become_child(const order *o)
{
    char number[32];
    snprintf(number, sizeof number, "%lu", o->at);
    if (chdir(o->folder) == 0 && setenv("SIM_FAIL_AT", number, 1) == 0 &&
        setenv("SIM_LOST", lost, 1) == 0 && setenv("SIM_FAIL_CODE", fails_with, 1) == 0 &&
        setenv("SIM_VERBOSE", "1", 1) == 0 && freopen("said", "w", stderr) != NULL) {
        exit(live(&cases[o->number])); /* where what was not freed is looked for */
    }
    _exit(NO_CHILD);
}

/* Works off orders, and answers each with the child's status, until there are no more. */
static void start_children(int orders, int answers)
{
    order o;
    while (read(orders, &o, sizeof o) == sizeof o) {
        int status = 0;
        const pid_t child = fork();
        if (child == 0) {
            (void)close(orders);
            (void)close(answers);
            become_child(&o);
        }
        if (child < 0 || waitpid(child, &status, 0) != child ||
            write(answers, &status, sizeof status) != sizeof status) {
            break;
        }
    }
    _exit(0);
}

static bool make_starter(void)
{
    int orders[2];
    int answers[2];
    if (pipe(orders) != 0 || pipe(answers) != 0) {
        return false;
    }
    starter = fork();
    if (starter == 0) {
        (void)close(orders[1]);
        (void)close(answers[0]);
        start_children(orders[0], answers[1]);
    }
    (void)close(orders[0]);
    (void)close(answers[1]);
    to_starter = orders[1];
    from_starter = answers[0];
    return starter > 0;
}

/* Case c in `folder`, with call `at` failing, or none (0): its exit code. The address sanitizer
 * has one of its own for what was not freed. */
static int child_of(int c, const char *folder, unsigned long at)
{
    int status = 0;
    order o = {.number = c, .at = at};
    ck_assert_ptr_nonnull(realpath(folder, o.folder));
    ck_assert_int_eq(write(to_starter, &o, sizeof o), sizeof o);
    ck_assert_int_eq(read(from_starter, &status, sizeof status), sizeof status);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static char *text_of(const char *folder, const char *name, size_t *size)
{
    char path[512];
    char *text = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert_msg(ams_read_file(path, NO_LIMIT, &text, size, NULL) == AMS_OK, "no %s", path);
    return text;
}

/* NULL, or the file that differs. */
static const char *differs(const fault_case *c, const char *a, const char *b)
{
    for (int i = 0; c->results[i] != NULL; i++) {
        size_t n = 0;
        size_t m = 0;
        char *x = text_of(a, c->results[i], &n);
        char *y = text_of(b, c->results[i], &m);
        const bool same = n == m && memcmp(x, y, n) == 0;
        free(x);
        free(y);
        if (!same) {
            return c->results[i];
        }
    }
    return NULL;
}

/* Says what failed, and what to do. */
static bool is_clear(const char *said)
{
    const char *message = strstr(said, "said: ");
    return message != NULL && (strstr(message, "--device cpu") != NULL ||
                               strstr(message, "see whether nvidia-smi") != NULL);
}

static void with_a_fault(int number, const char *whole, unsigned long at)
{
    const fault_case *c = &cases[number];
    char folder[64];
    size_t size = 0;
    snprintf(folder, sizeof folder, "fault-%d-%lu", number, at);
    ck_assert_int_eq(mkdir(folder, 0777), 0);
    const int code = child_of(number, folder, at);
    char *said = text_of(folder, "said", &size);
    if (code != AMS_OK) {
        ck_assert_msg(code == AMS_BACKEND, "%s, call %lu: exit code %d: %s", c->name, at, code,
                      said);
        ck_assert_msg(is_clear(said), "%s, call %lu: says: %s", c->name, at, said);
        const int again = child_of(number, folder, 0);
        ck_assert_msg(again == AMS_OK, "%s, call %lu: once more: exit code %d after: %s",
                      c->name, at, again, said);
    }
    const char *file = differs(c, whole, folder);
    ck_assert_msg(file == NULL, "%s, call %lu: %s differs, after: %s", c->name, at, file, said);
    free(said);
    ck_assert_int_eq(nftw(folder, suite_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

START_TEST(calls_that_fail)
{
    const fault_case *c = &cases[_i];
    char whole[32];
    size_t size = 0;
    snprintf(whole, sizeof whole, "whole-%d", _i);
    ck_assert_int_eq(mkdir(whole, 0777), 0);
    const int code = child_of(_i, whole, 0);
    char *said = text_of(whole, "said", &size);
    ck_assert_msg(code == AMS_OK, "%s: exit code %d: %s", c->name, code, said);
    free(said);
    char *text = text_of(whole, "calls", &size);
    const unsigned long calls = strtoul(text, NULL, 10);
    free(text);
    ck_assert_uint_gt(calls, 20);
    unsigned long tried = 0;
    for (unsigned long at = 1 + (unsigned long)_i % every; at <= calls; at += every) {
        with_a_fault(_i, whole, at);
        tried++;
    }
    printf("%s: %lu of %lu calls failed\n", c->name, tried, calls);
}
END_TEST

static void add(TCase *tests)
{
    tcase_set_timeout(tests, 3600);
    tcase_add_loop_test(tests, calls_that_fail, only < 0 ? 0 : only,
                        only < 0 ? CASES : only + 1);
}

int main(int argc, char **argv)
{
    every = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    lost = argc > 2 ? argv[2] : lost;
    fails_with = argc > 3 ? argv[3] : fails_with;
    only = argc > 4 ? (int)strtol(argv[4], NULL, 10) : only;
    if (every == 0 || only >= CASES || setenv("CK_FORK", "no", 1) != 0 || !make_starter()) {
        perror("sim_faults");
        return 1;
    }
    const int failed = run_suite("cuda_sim_faults", add);
    (void)close(to_starter);
    (void)waitpid(starter, NULL, 0);
    return failed;
}
