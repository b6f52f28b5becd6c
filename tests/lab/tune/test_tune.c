/* Searches worked out by hand: plans, and rungs whose training is a function of this test. */
#include "ams/tune.h"

#include "base/file.h"
#include "lab/tune/trials.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <math.h>
#include <string.h>

static ams_error err;
static const uint64_t seeds[] = {1, 2};
static const char *const common[] = {"steps=400", "validate_every=100"};

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static ams_tune_options options_of(const char *space)
{
    ams_tune_options options = ams_tune_defaults();
    ck_assert_int_eq(system("rm -rf exp"), 0); /* of the test before */
    write_text("space.ini", space);
    options.data_path = "d.h5";
    options.directory = "exp";
    options.space_path = "space.ini";
    options.setting = common;
    options.n_settings = 2;
    options.training_seed = seeds;
    options.n_seeds = 2;
    options.trials = 4;
    options.eta = 2;
    options.finalists = 1;
    options.min_fraction = 0.25;
    options.side_by_side = 2;
    options.command = "ams tune";
    return options;
}

/* -- plans -- */

START_TEST(test_plan)
{
    ams_tune tune;
    ams_tune more;
    ams_tune_options options = options_of("lr = log: 1e-4 1e-2\ntargets = all\n");
    char *text = NULL;
    char expected[512];
    options.agent = "dueling";
    options.memory_mb = 100;
    ck_assert_int_eq(ams_tune_plan(&tune, &options, &err), AMS_OK);
    ck_assert_uint_eq(tune.n_trials, 4);
    ck_assert_uint_eq(tune.n_rungs, 3);
    for (uint32_t r = 0; r < 3; r++) {
        ck_assert_uint_eq(tune.rung[r].updates, 100U << r);
        ck_assert_uint_eq(tune.rung[r].trials, 4U >> r);
    }
    const ams_trial *third = &tune.trial[2];
    ck_assert_str_eq(third->name, "t003");
    ck_assert_str_eq(third->job[1].name, "t003-2");
    ck_assert_str_eq(third->value[1], "all");
    ck_assert_uint_eq(third->job[1].request.train.seed, 2);
    ck_assert_int_eq(ams_training_request_command(&third->job[1].request, &text, &err), AMS_OK);
    snprintf(expected, sizeof expected,
             "ams train --data d.h5 -o exp/runs/t003-2 --memory=50 agent=dueling steps=400 "
             "validate_every=100 lr=%s targets=all seed=2 label=t003",
             third->value[0]);
    ck_assert_str_eq(text, expected);
    free(text);

    /* More trials, or one at a time: the first are the same. Another seed draws others. */
    options.trials = 9;
    options.side_by_side = 1;
    ck_assert_int_eq(ams_tune_plan(&more, &options, &err), AMS_OK);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_str_eq(more.trial[i].value[0], tune.trial[i].value[0]);
    }
    ams_tune_fini(&more);
    options.draw_seed = 1;
    ck_assert_int_eq(ams_tune_plan(&more, &options, &err), AMS_OK);
    ck_assert_str_ne(more.trial[0].value[0], tune.trial[0].value[0]);
    ams_tune_fini(&more);
    ams_tune_fini(&tune);
}
END_TEST

START_TEST(test_refused_space)
{
    static const struct {
        const char *space, *agent, *setting, *message;
        ams_status status;
    } bad[] = {
        {"lr = log: 1e-4 1e-2\n", NULL, "lr=0.1",
         "'lr' is an argument, and stands at space.ini:1, too", AMS_USAGE},
        {"agent = choice: dqn sarsa\n", "dqn", "batch=8", "'agent' is an argument", AMS_USAGE},
        {"steps = int: 10 20\n", NULL, "batch=8",
         "space.ini:1: 'steps' has to be the same in all trials", AMS_USAGE},
        {"lr = log: 1e-4 1e-2\nbest_by = choice: time area\n", NULL, "batch=8",
         "space.ini:2: 'best_by' has to be the same", AMS_USAGE},
        {"seed = int: 1 5\n", NULL, "batch=8", "'seed' belongs to the search", AMS_USAGE},
        {"lr = log: 1e-4 1e-2\nlabel = x\n", NULL, "batch=8", "'label' belongs to the search",
         AMS_USAGE},
        {"lr = log: 1e-4 1e-2\n", NULL, "seed=3", "given as --seeds", AMS_USAGE},
        {"lr = log: 1e-4 1e-2\n", NULL, "label=a", "given as --seeds", AMS_USAGE},
        {"lr = log: 1e-4 1e-2\n", NULL, "hiden=8", "did you mean 'hidden'?", AMS_USAGE},
        {"lr = log: 1e-4 1e-2\n", "nosuch", "batch=8", "option --agent", AMS_USAGE},
        {"dropuot = uniform: 0 0.3\n", NULL, "batch=8", "did you mean 'dropout'?", AMS_USAGE},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ams_tune tune;
        ams_tune_options options = options_of(bad[i].space);
        options.agent = bad[i].agent;
        options.setting = &bad[i].setting;
        options.n_settings = 1;
        ck_assert_msg(ams_tune_plan(&tune, &options, &err) == bad[i].status, "case %zu", i);
        ck_assert_msg(strstr(err.text, bad[i].message) != NULL, "case %zu: %s", i, err.text);
        ams_tune_fini(&tune);
    }
    ams_tune tune;
    ams_tune_options options = options_of("lr = log: 1e-4 1e-2\n");
    options.space_path = "none.ini";
    ck_assert_int_eq(ams_tune_plan(&tune, &options, &err), AMS_IO);
    ams_tune_fini(&tune);
}
END_TEST

START_TEST(test_refused_numbers)
{
    static const struct {
        uint64_t trials, eta, finalists;
        double min_fraction;
        const char *message;
    } bad[] = {{0, 3, 3, 0.1, "--trials: expected 1 to 1000, found 0"},
               {1001, 3, 3, 0.1, "--trials: expected 1 to 1000, found 1001"},
               {UINT64_C(1) << 32, 3, 3, 0.1, "--trials"},
               {4, 1, 3, 0.1, "--eta: expected 2 to 1000, found 1"},
               {4, 1001, 3, 0.1, "--eta"},
               {4, 3, 0, 0.1, "--finalists: expected 1 to 1000, found 0"},
               {4, 3, 3, 0, "--min-fraction"},
               {4, 3, 3, 1.5, "--min-fraction"},
               {4, 3, 3, NAN, "--min-fraction"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ams_tune tune;
        ams_tune_options options = options_of("lr = log: 1e-4 1e-2\n");
        options.trials = bad[i].trials;
        options.eta = bad[i].eta;
        options.finalists = bad[i].finalists;
        options.min_fraction = bad[i].min_fraction;
        ck_assert_int_eq(ams_tune_plan(&tune, &options, &err), AMS_USAGE);
        ck_assert_msg(strstr(err.text, bad[i].message) != NULL, "case %zu: %s", i, err.text);
        ams_tune_fini(&tune);
    }
    ams_tune tune;
    ams_tune_options options = options_of("lr = log: 1e-4 1e-2\n");
    uint64_t many[11] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    options.training_seed = many;
    options.n_seeds = 11;
    options.trials = 1000;
    ck_assert_int_eq(ams_tune_plan(&tune, &options, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "more than 10000 trials times seeds"));
    ams_tune_fini(&tune);
    options.n_seeds = 0;
    ck_assert_int_eq(ams_tune_plan(&tune, &options, &err), AMS_USAGE);
    ams_tune_fini(&tune);
}
END_TEST

/* -- rungs -- */

/* Validations of a run at 100, 200, 300 and 400 updates: mean times in ms. */
typedef struct curve {
    const char *name;
    double ms[4];
} curve;

/* At 100: t002 10, t003 20, t001 30; t004 fails. At 200: t003's best is 5, t002's still 10. At
 * 400: t003 has 4 and 6, mean 5. */
static const curve curves[] = {{"t001-1", {30, 1, 1, 1}},
                               {"t002-1", {10, 12, 1, 1}},
                               {"t003-1", {20, 5, 7, 4}},
                               {"t003-2", {50, 6, 40, 9}}};

static int train(void *context)
{
    const ams_job *job = context;
    char path[256];
    if (ams_exists("asked-to-go") && strcmp(job->name, "t002-1") == 0) {
        return AMS_STOPPED_TERM; /* as at SIGTERM, which this process got alone */
    }
    const uint64_t until = job->request.until == 0 ? 400 : job->request.until;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        if (strcmp(job->name, curves[i].name) != 0) {
            continue;
        }
        (void)ams_make_directories(job->request.directory, NULL);
        snprintf(path, sizeof path, "%s/metrics.tsv", job->request.directory);
        FILE *file = fopen(path, "w");
        if (file == NULL) {
            return AMS_IO;
        }
        fputs("update\tvalidation_area\tvalidation_time_ms\n50\t-\t-\n", file);
        for (uint64_t k = 0; k < 4 && 100 * (k + 1) <= until; k++) {
            const double ms = curves[i].ms[k];
            fprintf(file, "%u\t%.3f\t%.1f\n", (unsigned)(100 * (k + 1)), ms / 100, ms);
        }
        fclose(file);
        snprintf(path, sizeof path, "%s/policy.ams", job->request.directory);
        file = until == 400 ? fopen(path, "w") : NULL;
        return file != NULL && fclose(file) != 0;
    }
    printf("ams train: cannot be trained\n");
    return AMS_USAGE;
}

/* How many processes were started, and what the last one was asked for. */
typedef struct starts {
    ams_tune *tune;
    size_t n;
    char log[1024];
} starts;

static ams_status spawn(void *context, const ams_job *job, char *const *words, ams_child *child,
                        ams_error *unused)
{
    starts *s = context;
    (void)words;
    (void)unused;
    s->n++;
    char *end = s->log + strlen(s->log);
    snprintf(end, (size_t)(s->log + sizeof s->log - end), "%s@%llu ", job->name,
             (unsigned long long)job->request.until);
    child->body = train;
    for (size_t i = 0; i < s->tune->n_trials; i++) {
        for (size_t k = 0; k < s->tune->options->n_seeds; k++) {
            ams_job *one = &s->tune->trial[i].job[k];
            child->context = one == job ? one : child->context;
        }
    }
    return AMS_OK;
}

static void make_data(bool validation)
{
    ams_table table;
    random_table_options options = random_table_defaults(1);
    random_table(&table, &options);
    for (uint32_t i = 0; !validation && i < table.n_items; i++) {
        table.split[i] = table.split[i] == AMS_VALIDATION ? AMS_TEST : table.split[i];
    }
    ck_assert_int_eq(ams_table_write(&table, "d.h5", &err), AMS_OK);
    ams_table_fini(&table);
}

static ams_status search(ams_tune *tune, starts *s, const ams_tune_options *options)
{
    sigset_t mask;
    int stopped = 0;
    const ams_jobs_spawner spawner = {.context = s, .mask = &mask, .alone = spawn};
    *s = (starts){.tune = tune};
    ck_assert_int_eq(ams_tune_plan(tune, options, &err), AMS_OK);
    ck_assert_int_eq(ams_tune_open(tune, &err), AMS_OK);
    ams_children_hold_signals(&mask);
    ams_status status = ams_tune_run(tune, &spawner, NULL, &stopped, &err);
    ams_children_release_signals(&mask);
    ck_assert(!stopped);
    return status;
}

static void expect_file(const char *path, const char *expected)
{
    char *found = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_read_file(path, 1 << 20, &found, &size, &err), AMS_OK);
    ck_assert_str_eq(found, expected);
    free(found);
}

static void expect_in_file(const char *path, const char *text)
{
    char *found = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_read_file(path, 1 << 20, &found, &size, &err), AMS_OK);
    ck_assert_msg(strstr(found, text) != NULL, "no %s in %s", text, found);
    free(found);
}

START_TEST(test_rungs)
{
    ams_tune tune;
    starts s;
    ams_tune_options options = options_of("batch = choice: 8\n");
    options.side_by_side = 1;
    make_data(true);
    ck_assert_int_eq(search(&tune, &s, &options), AMS_OK);
    ck_assert_str_eq(s.log, "t001-1@100 t002-1@100 t003-1@100 t004-1@100 t002-1@200 t003-1@200 "
                            "t003-1@0 t003-2@0 ");
    static const struct {
        uint32_t rank, compared;
        ams_trial_state state;
    } expected[] = {{3, 1, AMS_TRIAL_DROPPED},
                    {2, 2, AMS_TRIAL_DROPPED},
                    {1, 3, AMS_TRIAL_BEST},
                    {0, 0, AMS_TRIAL_FAILED}};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(tune.trial[i].rank, expected[i].rank);
        ck_assert_uint_eq(tune.trial[i].compared, expected[i].compared);
        ck_assert_int_eq(tune.trial[i].state, expected[i].state);
    }
    ck_assert_double_eq(tune.trial[2].metric[2], 5);
    ck_assert_double_eq_tol(tune.trial[2].deviation, sqrt(2), 1e-12);
    ck_assert_ptr_eq(ams_tune_best(&tune), &tune.trial[2]);
    ck_assert_ptr_eq(ams_tune_ranked(&tune, 2), &tune.trial[1]);
    ck_assert_ptr_null(ams_tune_ranked(&tune, 4));
    ck_assert_ptr_null(ams_tune_ranked(&tune, 0));
    expect_file("exp/tune.tsv",
                "rank\ttrial\tstatus\tupdates\ttime_ms_at_100\ttime_ms_at_200\ttime_ms_at_400\t"
                "seeds\tsd\tbatch\tmessage\n"
                "3\tt001\tdropped\t100\t30.00\t-\t-\t1\t-\t8\t-\n"
                "2\tt002\tdropped\t200\t10.00\t10.00\t-\t1\t-\t8\t-\n"
                "1\tt003\tbest\t400\t20.00\t5.00\t5.00\t2\t1.41\t8\t-\n"
                "-\tt004\tfailed\t0\t-\t-\t-\t0\t-\t8\tcannot be trained\n");
    expect_file("exp/failed.tsv", "run\tlabel\tseed\tcode\tmessage\n"
                                  "t004-1\tt004\t1\t1\tcannot be trained\n");
    expect_in_file("exp/best.ini", "; Trial t003, the best of 4 ");
    expect_in_file("exp/best.ini", "5.00 ms to the required recalls, mean of 2 seeds, "
                                   "standard deviation 1.41.");
    expect_in_file("exp/best.ini", "\nbatch = 8\n");
    expect_in_file("exp/tune.json", "\"status\": \"finished\"");
    expect_in_file("exp/tune.json", "\"best\": \"t003\"");
    ams_tune_fini(&tune);

    /* Again: only what failed is tried again. */
    ck_assert_int_eq(search(&tune, &s, &options), AMS_OK);
    ck_assert_str_eq(s.log, "t004-1@100 ");
    ck_assert_ptr_eq(ams_tune_best(&tune), &tune.trial[2]);
    ams_tune_fini(&tune);

    /* Another search does not go on in its folder. */
    options.draw_seed = 5;
    ck_assert_int_eq(search(&tune, &s, &options), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "exp holds another search ('; --seed 0' instead of "
                                           "'; --seed 5')"));
    ck_assert_uint_eq(s.n, 0);
    ams_tune_fini(&tune);
}
END_TEST

/* By the area, of which more is better: at 100 t001 0.3, t003 0.2, t002 0.1. */
START_TEST(test_area)
{
    static const char *const setting[] = {"steps=400", "validate_every=100", "best_by=area"};
    ams_tune tune;
    starts s;
    ams_tune_options options = options_of("batch = choice: 8\n");
    options.setting = setting;
    options.n_settings = 3;
    options.n_seeds = 1;
    options.eta = 4;
    make_data(true);
    ck_assert_int_eq(search(&tune, &s, &options), AMS_OK);
    ck_assert(ams_tune_by_area(&tune));
    ck_assert_uint_eq(tune.n_rungs, 2);
    ck_assert_int_eq(tune.trial[0].state, AMS_TRIAL_BEST);
    ck_assert_uint_eq(tune.trial[2].rank, 2);
    ck_assert_uint_eq(tune.trial[1].rank, 3);
    expect_in_file("exp/tune.tsv", "1\tt001\tbest\t400\t0.30000\t0.30000\t1\t-\t8\t-\n");
    ams_tune_fini(&tune);
}
END_TEST

START_TEST(test_none)
{
    ams_tune tune;
    starts s;
    ams_tune_options options = options_of("batch = choice: 8\n");
    make_data(false);
    ck_assert_int_eq(ams_tune_plan(&tune, &options, &err), AMS_OK);
    ck_assert_int_eq(ams_tune_open(&tune, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "validation split"));
    ck_assert(!ams_exists("exp"));
    ams_tune_fini(&tune);

    /* A single trial, and no curve belongs to its seed. */
    make_data(true);
    options.trials = 1;
    options.training_seed = (const uint64_t[]){9};
    options.n_seeds = 1;
    ck_assert_int_eq(search(&tune, &s, &options), AMS_OK);
    ck_assert_ptr_null(ams_tune_best(&tune));
    ck_assert_int_eq(tune.trial[0].state, AMS_TRIAL_FAILED);
    ck_assert(!ams_exists("exp/best.ini"));
    expect_in_file("exp/tune.json", "\"status\": \"failed\"");
    expect_in_file("exp/tune.json", "\"best\": null");
    ams_tune_fini(&tune);
}
END_TEST

/* What a run's metrics say of a rung, and what they do not. */
START_TEST(test_reading)
{
    static const struct {
        const char *metrics;
        uint32_t rung;
        bool finished, reached;
        double metric; /* < 0: none */
    } expected[] = {
        {"update\tvalidation_time_ms\n", 0, false, false, -1},
        {"update\tvalidation_time_ms\n100\t-\n", 0, false, true, -1},
        {"update\tvalidation_time_ms\n90\t7\n", 0, false, false, 7},
        {"update\tvalidation_time_ms\n90\t7\n110\t3\n", 0, false, true, 7},
        {"update\tvalidation_time_ms\n90\t7\n100\t3\n200\t9\n", 1, false, true, 3},
        /* The last rung takes a finished run, and a finished run has reached any. */
        {"update\tvalidation_time_ms\n400\t3\n", 2, false, false, 3},
        {"update\tvalidation_time_ms\n400\t3\n", 2, true, true, 3},
        {"update\tvalidation_time_ms\n90\t7\n", 1, true, true, 7},
    };
    ams_tune tune;
    ams_tune_reading found;
    const ams_tune_options options = options_of("batch = choice: 8\n");
    ck_assert_int_eq(ams_tune_plan(&tune, &options, &err), AMS_OK);
    const ams_job *job = &tune.trial[0].job[0];
    ck_assert_int_eq(ams_tune_read(&tune, job, 0, &found, &err), AMS_IO);
    ck_assert_int_eq(ams_make_directories("exp/runs/t001-1", &err), AMS_OK);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        write_text("exp/runs/t001-1/metrics.tsv", expected[i].metrics);
        (void)remove("exp/runs/t001-1/policy.ams");
        if (expected[i].finished) {
            write_text("exp/runs/t001-1/policy.ams", "");
        }
        ck_assert_int_eq(ams_tune_read(&tune, job, expected[i].rung, &found, &err), AMS_OK);
        ck_assert_msg(found.reached == expected[i].reached, "case %zu", i);
        ck_assert_msg(expected[i].metric < 0 ? isinf(found.metric)
                                             : found.metric == expected[i].metric,
                      "case %zu: %g", i, found.metric);
    }
    static const char *const bad[] = {"update\tother\n100\t3\n",
                                      "update\tvalidation_time_ms\nx\t3\n",
                                      "update\tvalidation_time_ms\n100\ty\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text("exp/runs/t001-1/metrics.tsv", bad[i]);
        ck_assert_int_ne(ams_tune_read(&tune, job, 0, &found, &err), AMS_OK);
        ck_assert_ptr_nonnull(strstr(err.text, "metrics.tsv"));
    }
    ams_tune_fini(&tune);
}
END_TEST

/* A run that somebody asked to go has not failed, and the rung is not over. */
START_TEST(a_run_is_asked_to_go)
{
    ams_tune tune;
    starts s;
    ams_tune_options options = options_of("batch = choice: 8\n");
    options.side_by_side = 1;
    make_data(true);
    write_text("asked-to-go", "");
    ck_assert_int_eq(search(&tune, &s, &options), AMS_OK);
    ck_assert(tune.left);
    ck_assert_str_eq(s.log, "t001-1@100 t002-1@100 t003-1@100 t004-1@100 ");
    ck_assert_int_eq(tune.trial[1].job[0].state, AMS_JOB_STOPPED);
    ck_assert_ptr_null(ams_tune_best(&tune));
    expect_in_file("exp/tune.json", "\"status\": \"stopped\"");
    expect_file("exp/failed.tsv", "run\tlabel\tseed\tcode\tmessage\n"
                                  "t004-1\tt004\t1\t1\tcannot be trained\n");
    ams_tune_fini(&tune);
    ck_assert_int_eq(remove("asked-to-go"), 0);
    ck_assert_int_eq(search(&tune, &s, &options), AMS_OK);
    ck_assert(!tune.left);
    ck_assert_ptr_eq(ams_tune_best(&tune), &tune.trial[2]);
    ams_tune_fini(&tune);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_run_is_asked_to_go);
    tcase_add_test(tests, test_plan);
    tcase_add_test(tests, test_refused_space);
    tcase_add_test(tests, test_refused_numbers);
    tcase_add_test(tests, test_rungs);
    tcase_add_test(tests, test_area);
    tcase_add_test(tests, test_none);
    tcase_add_test(tests, test_reading);
}

int main(void)
{
    return run_suite("tune", add);
}
