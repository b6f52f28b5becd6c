/* A training with a teacher, from its request to its folder: the same bytes when it is paused,
 * what its manifest records, and which teachers are refused. */
#include "ams/training.h"
#include "base/file.h"
#include "base/memory.h"
#include "lab/training/state.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <string.h>
#include <xxhash.h>

static ams_error err;

static void make_file(uint64_t seed, const char *path)
{
    ams_table table;
    random_table_options options = random_table_defaults(seed);
    options.n_items = 60;
    random_table(&table, &options);
    ck_assert_int_eq(ams_table_write(&table, path, &err), AMS_OK);
    ams_table_fini(&table);
}

/* settings: up to NULL. */
static void make_request(ams_training_request *request, const char *directory,
                         const char *const *settings)
{
    static const char *const small[] = {
        "steps=60",      "refine=20",      "batch=4",           "hidden=8",
        "envs=2",        "replay=200",     "warmup=40",         "targets=all",
        "log_every=10",  "refine_items=4", "validate_every=20", "refine_tries=2",
        "goal_input=on", "goals=0.5,1",    "best_by=last"};
    ck_assert_int_eq(ams_training_request_init(request, &err), AMS_OK);
    ck_assert_int_eq(ams_copy_text(&request->data_path, "d.h5", &err), AMS_OK);
    ck_assert_int_eq(ams_copy_text(&request->directory, directory, &err), AMS_OK);
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        ck_assert_int_eq(ams_training_request_set(request, small[i], &err), AMS_OK);
    }
    for (size_t i = 0; settings != NULL && settings[i] != NULL; i++) {
        ck_assert_int_eq(ams_training_request_set(request, settings[i], &err), AMS_OK);
    }
}

static ams_status run(const char *directory, const char *const *settings, uint64_t until)
{
    ams_training_request request;
    ams_training *training = NULL;
    ams_run_result result;
    const ams_training_how how = {.pool = NULL};
    make_request(&request, directory, settings);
    request.until = until;
    ams_status status = ams_training_open(&training, &request, NULL, 0, NULL, &err);
    if (status == AMS_OK) {
        status = ams_training_run(training, &how, &result, &err);
    }
    ams_training_close(training);
    ams_training_request_fini(&request);
    return status;
}

static char *contents(const char *path, size_t *size)
{
    char *bytes = NULL;
    ck_assert_int_eq(ams_read_file(path, 1 << 24, &bytes, size, &err), AMS_OK);
    return bytes;
}

static bool same_files(const char *one, const char *other)
{
    size_t n[2];
    char *a = contents(one, &n[0]);
    char *b = contents(other, &n[1]);
    const bool same = n[0] == n[1] && memcmp(a, b, n[0]) == 0;
    free(a);
    free(b);
    return same;
}

/* What manifest.json has to say of the teacher's file. */
static void expect_recorded(const char *manifest, const char *teacher)
{
    size_t size = 0;
    char line[64];
    char *bytes = contents(teacher, &size);
    const XXH128_hash_t hash = XXH3_128bits(bytes, size);
    snprintf(line, sizeof line, "\"teacher_hash\": \"%016llx%016llx\"",
             (unsigned long long)hash.high64, (unsigned long long)hash.low64);
    free(bytes);
    char *text = contents(manifest, &size);
    ck_assert_msg(strstr(text, line) != NULL, "%s: %s", line, text);
    ck_assert_ptr_nonnull(strstr(text, "\"teacher\": \"first\""));
    free(text);
}

START_TEST(taught)
{
    static const char *const first[] = {"seed=7", NULL};
    static const char *const with[] = {"teacher=first", "teach=2", NULL};
    make_file(5, "d.h5");
    ck_assert_msg(run("first", first, 0) == AMS_OK, "%s", err.text);
    ck_assert_int_eq(run("without", NULL, 0), AMS_OK);
    ck_assert_msg(run("through", with, 0) == AMS_OK, "%s", err.text);
    ck_assert(!same_files("through/policy.ams", "without/policy.ams"));
    expect_recorded("through/manifest.json", "first/policy.ams");
    ck_assert_int_eq(run("paused", with, 30), AMS_OK);
    ck_assert_int_eq(run("paused", with, 47), AMS_OK);
    ck_assert_int_eq(run("paused", with, 0), AMS_OK);
    ck_assert(same_files("through/policy.ams", "paused/policy.ams"));
    ck_assert(same_files("through/metrics.tsv", "paused/metrics.tsv"));
}
END_TEST

/* Another file of that name is another teacher: a run does not go on with it. */
START_TEST(teacher_changed)
{
    static const char *const first[] = {"seed=7", NULL};
    static const char *const other[] = {"seed=8", NULL};
    static const char *const with[] = {"teacher=first", NULL};
    make_file(5, "d.h5");
    ck_assert_int_eq(run("first", first, 0), AMS_OK);
    ck_assert_int_eq(run("other", other, 0), AMS_OK);
    ck_assert_int_eq(run("changed", with, 47), AMS_OK);
    ck_assert_int_eq(rename("first/policy.ams", "first/kept.ams"), 0);
    ck_assert_int_eq(rename("other/policy.ams", "first/policy.ams"), 0);
    ck_assert_int_eq(run("changed", with, 0), AMS_USAGE);
    ck_assert_msg(strstr(err.text, "the run had another teacher") != NULL, "%s", err.text);
    ck_assert_int_eq(rename("first/kept.ams", "first/policy.ams"), 0);
    ck_assert_int_eq(run("changed", with, 0), AMS_OK);
}
END_TEST

START_TEST(refused)
{
    static const char *const first[] = {"seed=7", NULL};
    static const struct {
        const char *settings[3];
        ams_status status;
        const char *says;
    } cases[] = {
        {{"teacher=first", "goals=0.8,1"}, AMS_USAGE, "found other goal inputs"},
        {{"teacher=first", "goal_input=off"}, AMS_USAGE, "found other goal inputs"},
        {{"teacher=first", "features=labels+mask"}, AMS_USAGE, "found other features"},
        {{"teacher=first", "refine=0"}, AMS_USAGE, "expected refine above 0"},
        {{"teacher=none.ams"}, AMS_IO, "teacher=none.ams: cannot open"},
        {{"teacher=d.h5"}, AMS_BAD_DATA, "teacher=d.h5: "},
        {{"teacher=empty"}, AMS_USAGE, "teacher=empty: "},
    };
    make_file(5, "d.h5");
    ck_assert_int_eq(run("first", first, 0), AMS_OK);
    ck_assert_int_eq(ams_make_directories("empty", &err), AMS_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ams_status status = run("bad", cases[i].settings, 0);
        ck_assert_msg(status == cases[i].status && strstr(err.text, cases[i].says) != NULL,
                      "case %zu: %d %s", i, status, err.text);
        ck_assert(!ams_exists("bad"));
    }
    static const char *const rule[] = {"teacher=first", "loss=huber", "decide=q-greedy", NULL};
    ck_assert_int_eq(run("bad", rule, 0), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "found other decision rules"));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, taught);
    tcase_add_test(tests, teacher_changed);
    tcase_add_test(tests, refused);
}

int main(void)
{
    return run_suite("training_teacher", add);
}
