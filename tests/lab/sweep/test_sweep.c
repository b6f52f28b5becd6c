/* Plans of sweeps worked out by hand, and a sweep whose training is a function of this test. */
#include "ams/sweep.h"

#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <string.h>

static ams_error err;
static const uint64_t one_seed[] = {1};
static const uint64_t two_seeds[] = {7, 3};

static ams_sweep_options options_of(const char *const *setting, size_t n_settings)
{
    return (ams_sweep_options){.data_path = "d.h5",
                               .directory = "exp",
                               .setting = setting,
                               .n_settings = n_settings,
                               .seed = one_seed,
                               .n_seeds = 1,
                               .side_by_side = 2,
                               .together = 2,
                               .command = "ams sweep"};
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static void hear(void *context, const char *text)
{
    snprintf(context, 512, "%s", text);
}

/* Seed by seed; the agent is the first axis, and the last axis varies fastest. */
START_TEST(test_order)
{
    static const char *const setting[] = {"lr=0.1,0.2", "batch=8", "steps=10,20"};
    static const struct {
        const char *name;
        uint64_t steps;
    } expected[] = {{"dqn,lr=0.1,steps=10-7", 10},     {"dqn,lr=0.1,steps=20-7", 20},
                    {"dqn,lr=0.2,steps=10-7", 10},     {"dqn,lr=0.2,steps=20-7", 20},
                    {"dueling,lr=0.1,steps=10-7", 10}, {"dueling,lr=0.1,steps=20-7", 20},
                    {"dueling,lr=0.2,steps=10-7", 10}, {"dueling,lr=0.2,steps=20-7", 20}};
    ams_sweep sweep;
    ams_sweep_options options = options_of(setting, 3);
    char name[64];
    char *text = NULL;
    options.agents = "dqn,dueling";
    options.seed = two_seeds;
    options.n_seeds = 2;
    options.memory_mb = 101;
    ck_assert_int_eq(ams_sweep_plan(&sweep, &options, NULL, &err), AMS_OK);
    ck_assert_uint_eq(sweep.n_axes, 4);
    ck_assert_uint_eq(sweep.n_jobs, 16);
    for (size_t i = 0; i < 16; i++) {
        const ams_job *job = &sweep.job[i];
        snprintf(name, sizeof name, "%s", expected[i % 8].name);
        name[strlen(name) - 1] = i < 8 ? '7' : '3';
        ck_assert_str_eq(job->name, name);
        ck_assert_uint_eq(job->seed, i < 8 ? 7 : 3);
        ck_assert_uint_eq(job->to, expected[i % 8].steps);
        ck_assert_uint_eq(job->request.train.steps, expected[i % 8].steps);
        ck_assert_uint_eq(job->request.train.batch, 8);
        ck_assert_uint_eq(job->request.train.seed, job->seed);
        ck_assert_str_eq(job->request.train.label, job->label);
        ck_assert_ptr_eq(sweep.list[i], job);
    }
    ck_assert_int_eq(ams_training_request_command(&sweep.job[14].request, &text, &err), AMS_OK);
    ck_assert_str_eq(text,
                     "ams train --data d.h5 -o exp/runs/dueling,lr=0.2,steps=10-3 --memory=50 "
                     "agent=dueling lr=0.2 batch=8 steps=10 seed=3 "
                     "label=dueling,lr=0.2,steps=10");
    ck_assert_str_eq(sweep.job[14].log, "exp/logs/dueling,lr=0.2,steps=10-3.log");
    free(text);
    ams_sweep_fini(&sweep);
    ck_assert_uint_eq(sweep.n_jobs, 0);
}
END_TEST

/* A configuration gives the agent, the steps and the front of the label. */
START_TEST(test_configuration)
{
    static const char *const setting[] = {"lr=0.1"};
    ams_sweep sweep;
    ams_sweep_options options = options_of(setting, 1);
    char *text = NULL;
    write_text("short.ini", "label = short\nsteps = 60\nagent = double\n");
    options.config_path = "short.ini";
    ck_assert_int_eq(ams_sweep_plan(&sweep, &options, NULL, &err), AMS_OK);
    ck_assert_uint_eq(sweep.n_jobs, 1);
    ck_assert_str_eq(sweep.job[0].label, "short-double");
    ck_assert_uint_eq(sweep.job[0].to, 60);
    ck_assert_int_eq(ams_training_request_command(&sweep.job[0].request, &text, &err), AMS_OK);
    ck_assert_str_eq(text,
                     "ams train --data d.h5 -o exp/runs/short-double-1 --config short.ini "
                     "agent=double lr=0.1 seed=1 label=short-double");
    free(text);
    ams_sweep_fini(&sweep);
    options.config_path = "none.ini";
    ck_assert_int_eq(ams_sweep_plan(&sweep, &options, NULL, &err), AMS_IO);
    ams_sweep_fini(&sweep);
}
END_TEST

START_TEST(test_refused)
{
    static const struct {
        const char *setting, *agents, *message;
    } bad[] = {
        {"lr", NULL, "expected key=value or key=v1,v2, found 'lr'"},
        {"lr=0.1,,0.2", NULL, "lr: expected values between commas"},
        {"lr=", NULL, "between commas"},
        {"lr=0.1,0.2,", NULL, "between commas"},
        {"lr=0.1,0.1", NULL, "run dqn,lr=0.1-1 is asked for twice"},
        {"seed=1,2", NULL, "seeds as --seeds"},
        {"label=x", NULL, "a label is made of what varies"},
        {"agent=dqn", NULL, "agents are given as --agents"},
        {"btach=3,4", NULL, "did you mean 'batch'?"},
        {"batch=3,x", NULL, "batch"},
        {"lr=0.1", "dqn,nosuch", "expected one of"},
        {"lr=0.1", "dqn,dqn", "run dqn-1 is asked for twice"},
        {"lr=0.1", "", "between commas"},
        {"theta=8,a/b", NULL, "cannot hold a '/'"},
        {"lr=0.1000000000000000000000000000000000000000000000000000000000001,0.1", NULL,
         "longer than 63 characters"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ams_sweep sweep;
        ams_sweep_options options = options_of(&bad[i].setting, 1);
        options.agents = bad[i].agents;
        ck_assert_msg(ams_sweep_plan(&sweep, &options, NULL, &err) == AMS_USAGE, "%s",
                      bad[i].setting);
        ck_assert_msg(strstr(err.text, bad[i].message) != NULL, "%s: %s", bad[i].setting,
                      err.text);
        ams_sweep_fini(&sweep);
    }
    ams_sweep sweep;
    ams_sweep_options options = options_of(NULL, 0);
    options.n_seeds = 0;
    ck_assert_int_eq(ams_sweep_plan(&sweep, &options, NULL, &err), AMS_USAGE);
    ams_sweep_fini(&sweep);
}
END_TEST

/* 10000 runs are planned, 10001 are not; products that would wrap are not, either. */
START_TEST(test_limit)
{
    char text[8 * 1024] = "items=0";
    const char *setting[12] = {text, text};
    uint64_t seed[AMS_SWEEP_MOST_RUNS];
    ams_sweep sweep;
    ams_sweep_options options = options_of(setting, 0);
    for (uint64_t k = 0; k < AMS_SWEEP_MOST_RUNS; k++) {
        seed[k] = k;
    }
    options.seed = seed;
    options.n_seeds = 100;
    for (uint64_t k = 1; k < 100; k++) {
        char value[16];
        snprintf(value, sizeof value, ",%llu", (unsigned long long)k);
        strcat(text, value);
    }
    options.n_settings = 1;
    ck_assert_int_eq(ams_sweep_plan(&sweep, &options, NULL, &err), AMS_OK);
    ck_assert_uint_eq(sweep.n_jobs, AMS_SWEEP_MOST_RUNS);
    ck_assert_str_eq(sweep.job[9999].name, "dqn,items=99-99");
    ams_sweep_fini(&sweep);
    options.n_seeds = 101;
    ck_assert_int_eq(ams_sweep_plan(&sweep, &options, NULL, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "more than 10000 runs"));
    ams_sweep_fini(&sweep);
    for (size_t i = 0; i < 12; i++) {
        setting[i] = text; /* 100^12 */
    }
    options.n_seeds = 1;
    options.n_settings = 12;
    ck_assert_int_eq(ams_sweep_plan(&sweep, &options, NULL, &err), AMS_USAGE);
    ams_sweep_fini(&sweep);
}
END_TEST

/* Agents that learn the same without a discount are named, if there are two of a kind. */
START_TEST(test_equal_agents)
{
    static const struct {
        const char *agents, *setting;
        bool noticed;
    } expected[] = {{"dqn,double", "lr=0.1", true},
                    {"dqn,dueling", "lr=0.1", false},
                    {"dqn,sarsa", "gamma=0,0.9", false},
                    {"dqn,sarsa", "gamma=0", true},
                    {"dueling,double-dueling", "lr=1", true}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        char notice[512] = "";
        const ams_progress progress = {.context = notice, .notice = hear};
        ams_sweep sweep;
        ams_sweep_options options = options_of(&expected[i].setting, 1);
        options.agents = expected[i].agents;
        ck_assert_int_eq(ams_sweep_plan(&sweep, &options, &progress, &err), AMS_OK);
        ck_assert_msg((strstr(notice, "gamma=0 learns") != NULL) == expected[i].noticed, "%zu",
                      i);
        ams_sweep_fini(&sweep);
    }
}
END_TEST

/* -- execution -- */

static int train(void *context)
{
    const ams_job *job = context;
    char path[256];
    if (job->request.train.batch == 9) {
        printf("ams train: nine is too many\n");
        return AMS_USAGE;
    }
    (void)ams_make_directories(job->request.directory, NULL);
    snprintf(path, sizeof path, "%s/policy.ams", job->request.directory);
    FILE *file = fopen(path, "w");
    return file == NULL || fclose(file) != 0;
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

static void expect_in_file(const char *path, const char *const *text, size_t n)
{
    char *found = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_read_file(path, 1 << 20, &found, &size, &err), AMS_OK);
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(strstr(found, text[i]) != NULL, "no %s in %s", text[i], found);
    }
    free(found);
}

static void make_data(void)
{
    ams_table table;
    random_table_options of_table = random_table_defaults(1);
    random_table(&table, &of_table);
    ck_assert_int_eq(ams_table_write(&table, "d.h5", &err), AMS_OK);
    ams_table_fini(&table);
}

START_TEST(test_run)
{
    static const char *const setting[] = {"batch=8,9"};
    sigset_t mask;
    int stopped = 0;
    ams_sweep sweep = {.lock = -1};
    ams_sweep second = {.lock = -1};
    const ams_sweep_options options = options_of(setting, 1);
    make_data();
    for (int time = 0; time < 2; time++) {
        const ams_jobs_spawner spawner = {.context = &sweep, .mask = &mask, .alone = spawn};
        ck_assert_int_eq(ams_sweep_plan(&sweep, &options, NULL, &err), AMS_OK);
        ck_assert_int_eq(ams_sweep_open(&sweep, &err), AMS_OK);
        ck_assert_int_eq(ams_sweep_plan(&second, &options, NULL, &err), AMS_OK);
        ck_assert_int_eq(ams_sweep_open(&second, &err), AMS_USAGE);
        ams_sweep_fini(&second);
        ams_children_hold_signals(&mask);
        ck_assert_int_eq(ams_sweep_run(&sweep, &spawner, NULL, &stopped, &err), AMS_OK);
        ams_children_release_signals(&mask);
        ck_assert(!stopped);
        ck_assert_uint_eq(ams_sweep_count(&sweep, AMS_JOB_FAILED), 1);
        ck_assert_uint_eq(ams_sweep_count(&sweep, AMS_JOB_FINISHED), time == 0 ? 1 : 0);
        ck_assert_uint_eq(ams_sweep_count(&sweep, AMS_JOB_BEFORE), time == 0 ? 0 : 1);
        static const char *const json[] = {"\"status\": \"failed\"",
                                           "\"command\": \"ams sweep\"",
                                           "\"data_hash\": \"",
                                           "\"config\": null",
                                           "\"run\": \"dqn,batch=8-1\"",
                                           "\"status\": \"finished\"",
                                           "\"message\": \"nine is too many\"",
                                           "\"end\": \""};
        expect_in_file("exp/sweep.json", json, sizeof json / sizeof *json);
        static const char *const tsv[] = {
            "run\tlabel\tseed\tcode\tmessage\ndqn,batch=9-1\tdqn,batch=9\t1\t1\tnine is too "
            "many\n"};
        expect_in_file("exp/failed.tsv", tsv, 1);
        ams_sweep_fini(&sweep);
    }
}
END_TEST

/* One call: *stopped says whether a signal came before its first run. */
static void call(const ams_sweep_options *options, int stopped, size_t listed)
{
    sigset_t mask;
    ams_sweep sweep = {.lock = -1};
    const ams_jobs_spawner spawner = {.context = &sweep, .mask = &mask, .alone = spawn};
    ck_assert_int_eq(ams_sweep_plan(&sweep, options, NULL, &err), AMS_OK);
    ck_assert_msg(ams_sweep_open(&sweep, &err) == AMS_OK, "%s", err.text);
    ck_assert_uint_eq(sweep.n_listed, listed);
    ck_assert(options->join.on == (sweep.job[0].key != NULL)); /* a key where it is shared */
    ams_children_hold_signals(&mask);
    ck_assert_int_eq(ams_sweep_run(&sweep, &spawner, NULL, &stopped, &err), AMS_OK);
    ams_children_release_signals(&mask);
    ams_sweep_fini(&sweep);
}

#define HEAD "run\tlabel\tseed\tcode\tmessage\n"
#define NINE(seed) "dqn,batch=9-" seed "\tdqn,batch=9\t" seed "\t1\t"
#define NOT_YET "failed before, not done again yet: nine is too many\n"
#define AGAIN "nine is too many\n"

/* What failed stays in failed.tsv until it is done again, whatever calls come between. */
START_TEST(failed_before)
{
    static const char *const setting[] = {"batch=8,9"};
    static const uint64_t seeds[] = {1, 2};
    ams_sweep_options options = options_of(setting, 1);
    char *found = NULL;
    size_t size = 0;
    make_data();
    options.directory = "before";
    options.seed = seeds;
    options.n_seeds = 2;
    call(&options, 0, 4);
    static const struct {
        bool failed;
        int stopped;
        size_t n_seeds, listed;
        const char *expected;
    } calls[] = {{false, SIGTERM, 2, 4, HEAD NINE("1") NOT_YET NINE("2") NOT_YET},
                 {true, SIGTERM, 2, 2, HEAD NINE("1") NOT_YET NINE("2") NOT_YET},
                 {false, 0, 1, 2, HEAD NINE("1") AGAIN NINE("2") NOT_YET}, /* of other seeds */
                 {true, 0, 2, 2, HEAD NINE("1") AGAIN NINE("2") AGAIN}};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        options.join.failed = calls[i].failed;
        options.n_seeds = calls[i].n_seeds;
        call(&options, calls[i].stopped, calls[i].listed);
        ck_assert_int_eq(ams_read_file("before/failed.tsv", 1 << 20, &found, &size, &err),
                         AMS_OK);
        ck_assert_msg(strcmp(found, calls[i].expected) == 0, "call %zu: %s", i, found);
        free(found);
    }
    /* Trained by other means since. */
    ck_assert_int_eq(ams_make_directories("before/runs/dqn,batch=9-2", &err), AMS_OK);
    write_text("before/runs/dqn,batch=9-2/policy.ams", "");
    options.join.failed = false;
    options.n_seeds = 1;
    call(&options, 0, 2);
    ck_assert_int_eq(ams_read_file("before/failed.tsv", 1 << 20, &found, &size, &err), AMS_OK);
    ck_assert_str_eq(found, HEAD NINE("1") AGAIN);
    free(found);
    options.join.on = true; /* the same once more, shared: the rest is of this process */
    options.n_seeds = 2;
    call(&options, 0, 4);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, failed_before);
    tcase_add_test(tests, test_order);
    tcase_add_test(tests, test_configuration);
    tcase_add_test(tests, test_refused);
    tcase_add_test(tests, test_limit);
    tcase_add_test(tests, test_equal_agents);
    tcase_add_test(tests, test_run);
}

int main(void)
{
    return run_suite("sweep", add);
}
