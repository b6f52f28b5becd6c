/* Every command that processes can do together writes the files that one process writes, to the
 * byte, for any number of processes: also for more than there are errands. */
#include "ams/data.h"
#include "ams/limit_study.h"
#include "ams/link_selection.h"
#include "ams/score.h"
#include "ams/stream_study.h"
#include "ams/synth.h"
#include "ams/table_file.h"
#include "base/file.h"
#include "tests/base/process_team.h"
#include "tests/base/suite.h"

#include <string.h>

static void expect_ok(ams_status status, const ams_error *err)
{
    ck_assert_msg(status == AMS_OK, "%d: %s", (int)status, err->text);
}

/* Where a team's files go, and what differs between the cases. */
typedef struct files_job {
    const char *to; /* a folder or a file */
    uint64_t memory_mb;
    bool whole, recorded, bad;
    uint32_t threads;
} files_job;

static ams_status write_synth(ams_team *team, void *context, ams_error *err)
{
    const files_job *j = context;
    ams_synth_options options = ams_synth_defaults();
    ams_synth *synth = NULL;
    options.preset = "coco";
    options.n_items = 1100;
    options.seed = 3;
    options.run_times = j->recorded;
    options.split = (ams_split_options){.share = {0.3, 0.2, 0.5}};
    options.team = team;
    ams_status status = ams_synth_create(&synth, &options, err);
    if (status == AMS_OK) {
        status = ams_synth_write(synth, j->to, NULL, NULL, err);
    }
    ams_synth_destroy(synth);
    return status;
}

static void expect_same(const char *one, const char *other)
{
    char *a = NULL;
    char *b = NULL;
    size_t n = 0;
    size_t m = 0;
    ams_error err = {""};
    expect_ok(ams_read_file(one, (size_t)1 << 30, &a, &n, &err), &err);
    expect_ok(ams_read_file(other, (size_t)1 << 30, &b, &m, &err), &err);
    ck_assert_msg(n == m && memcmp(a, b, n) == 0, "%s and %s differ (%zu and %zu bytes)", one,
                  other, n, m);
    free(a);
    free(b);
}

static void expect_same_in(const char *folder, const char *other, const char *const *name)
{
    for (; *name != NULL; name++) {
        char *one = NULL;
        char *two = NULL;
        ams_error err = {""};
        expect_ok(ams_join_path(&one, folder, *name, &err), &err);
        expect_ok(ams_join_path(&two, other, *name, &err), &err);
        expect_same(one, two);
        free(one);
        free(two);
    }
}

static void make_data(void)
{
    files_job j = {.to = "data.h5", .recorded = true};
    ams_error err = {""};
    setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
    expect_ok(write_synth(NULL, &j, &err), &err);
}

/* What the numbers of processes are; with 5 some have nothing to do. */
static const uint32_t sizes[] = {2, 5};
enum { SIZES = sizeof sizes / sizeof *sizes };

START_TEST(synth)
{
    files_job j = {.to = "serial.h5", .recorded = _i == 1};
    ams_error err = {""};
    setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
    expect_ok(write_synth(NULL, &j, &err), &err);
    j.to = "team.h5";
    for (int k = 0; k < SIZES; k++) {
        expect_ok(process_team_run(sizes[k], write_synth, &j, &err), &err);
        expect_same("serial.h5", "team.h5");
    }
}
END_TEST

/* -- import -- */

static ams_status write_import(ams_team *team, void *context, ams_error *err)
{
    const files_job *j = context;
    const char *rows[] = {j->bad ? "bad.jsonl" : "rows.jsonl"};
    ams_import_options options = ams_import_defaults();
    ams_import_counts counts;
    options.models_path = "rows-models.tsv";
    options.output = j->to;
    options.name = "mine";
    options.team = team;
    return ams_data_import(rows, 1, &options, &counts, err);
}

static void make_rows(void)
{
    ams_table_file *file = NULL;
    char *bytes = NULL;
    size_t n = 0;
    ams_error err = {""};
    make_data();
    expect_ok(ams_table_file_open(&file, "data.h5", &err), &err);
    expect_ok(ams_data_export_file(file, "rows.jsonl", "rows-models.tsv", &err), &err);
    ams_table_file_close(file);
    expect_ok(ams_read_file("rows.jsonl", (size_t)1 << 30, &bytes, &n, &err), &err);
    FILE *bad = fopen("bad.jsonl", "w");
    fwrite(bytes, 1, n / 2, bad);
    fclose(bad);
    free(bytes);
}

START_TEST(import)
{
    files_job j = {.to = "serial.h5"};
    ams_error err = {""};
    make_rows();
    expect_ok(write_import(NULL, &j, &err), &err);
    j.to = "team.h5";
    expect_ok(process_team_run(4, write_import, &j, &err), &err);
    expect_same("serial.h5", "team.h5");
    j.bad = true;
    j.to = "none.h5";
    ck_assert_int_eq(process_team_run(3, write_import, &j, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "bad.jsonl:"));
    ck_assert(!ams_exists("none.h5"));
}
END_TEST

/* -- evaluation -- */

static ams_status write_scores(ams_team *team, void *context, ams_error *err)
{
    static const char *const policy[] = {"fixed", "knn", "oracle"};
    const files_job *j = context;
    ams_score_options options = ams_score_defaults();
    ams_score_session s = {0};
    ams_status status = AMS_OK;
    options.data_path = j->bad && ams_team_rank(team) == 2 ? "none.h5" : "data.h5";
    options.policy = policy + (j->memory_mb < 4096 ? 2 : 0); /* none is fitted in windows */
    options.n_policies = j->memory_mb < 4096 ? 1 : 3;
    options.memory_mb = j->memory_mb;
    options.recorded_times = j->recorded;
    options.threads = j->threads;
    options.draws = 4;
    options.bootstrap_draws = 20;
    options.command = "ams eval";
    options.team = team;
    AMS_TRY(ams_score_open(&s, &options, err));
    AMS_TRY(ams_score_load(&s, err));
    AMS_TRY(ams_score_run(&s, err));
    ck_assert(s.in_windows == (j->memory_mb < 4096));
    AMS_TRY(ams_score_write(&s, j->to, err));
    if (!s.in_windows) {
        status = ams_score_write_items(&s, j->to, err);
    }
out:
    ams_score_close(&s);
    return status;
}

static const char *const score_files[] = {
    "summary.tsv",   "intervals.tsv",    "curves.tsv",    "eval.json",
    "positions.tsv", "distribution.tsv", "items.tsv.zst", NULL};
static const char *const window_files[] = {"summary.tsv", "intervals.tsv", "curves.tsv",
                                           "eval.json", NULL};

START_TEST(evaluation)
{
    files_job j = {
        .to = "serial", .memory_mb = 4096, .threads = _i == 1 ? 3 : 1, .recorded = _i == 1};
    ams_error err = {""};
    make_data();
    expect_ok(write_scores(NULL, &j, &err), &err);
    j.to = "team";
    for (int k = 0; k < SIZES; k++) {
        expect_ok(process_team_run(sizes[k], write_scores, &j, &err), &err);
        expect_same_in("serial", "team", score_files);
    }
}
END_TEST

START_TEST(evaluation_in_windows)
{
    files_job j = {.to = "serial", .memory_mb = 2, .threads = 1};
    ams_error err = {""};
    make_data();
    expect_ok(write_scores(NULL, &j, &err), &err);
    j.to = "team";
    for (int k = 0; k < SIZES; k++) {
        expect_ok(process_team_run(sizes[k], write_scores, &j, &err), &err);
        expect_same_in("serial", "team", window_files);
    }
}
END_TEST

START_TEST(a_file_that_one_process_cannot_read)
{
    files_job j = {.to = "team", .memory_mb = 4096, .threads = 1, .bad = true};
    ams_error err = {""};
    make_data();
    ck_assert_int_eq(process_team_run(4, write_scores, &j, &err), AMS_IO);
    ck_assert_msg(strncmp(err.text, "process 2 of 4: ", 16) == 0 &&
                      strstr(err.text, "none.h5") != NULL,
                  "%s", err.text);
}
END_TEST

/* -- schedules -- */

static ams_status write_schedules(ams_team *team, void *context, ams_error *err)
{
    static const double deadline[] = {200, 800};
    const files_job *j = context;
    const ams_limit_manifest manifest = {.command = "ams schedule", .version = "1.0"};
    const ams_limit_study_options how = {.bootstrap_draws = 20, .check = true};
    ams_limit_setup_options options = ams_limit_setup_defaults();
    ams_limit_setup setup = {.n_policies = 0};
    ams_limit_study study = {.setup = NULL};
    ams_status status = AMS_OK;
    options.data_path = "data.h5";
    options.memory_mb = j->memory_mb;
    options.draws = 5;
    options.team = team;
    AMS_TRY(ams_limit_open(&setup, &options, err));
    ck_assert((setup.file != NULL) == (j->memory_mb < 4096));
    AMS_TRY(ams_limit_add_baselines(&setup, err));
    AMS_TRY(ams_limit_set_points(&setup, deadline, 2, NULL, 0, err));
    AMS_TRY(ams_limit_study_run(&study, &setup, &how, err));
    status = ams_limit_study_write(&study, j->to, &manifest, err);
out:
    ams_limit_study_fini(&study);
    ams_limit_setup_fini(&setup);
    return status;
}

static const char *const schedule_files[] = {"schedule.tsv", "schedule.json", NULL};

START_TEST(schedules)
{
    files_job j = {.to = "serial", .memory_mb = _i == 1 ? 5 : 4096};
    ams_error err = {""};
    make_data();
    expect_ok(write_schedules(NULL, &j, &err), &err);
    j.to = "team";
    for (int k = 0; k < SIZES; k++) {
        expect_ok(process_team_run(sizes[k], write_schedules, &j, &err), &err);
        expect_same_in("serial", "team", schedule_files);
    }
}
END_TEST

/* -- streams -- */

static ams_status write_streams(ams_team *team, void *context, ams_error *err)
{
    static const char *const series[] = {"edf-full", "static:2", "threshold", "hedged"};
    static const uint64_t seed[] = {1, 2, 3};
    const files_job *j = context;
    const ams_stream_point point[] = {
        {.clients = 2, .delta = 0.05, .deadline_low_ms = 200, .deadline_high_ms = 600},
        {.clients = 4, .delta = 0.05, .deadline_low_ms = 200, .deadline_high_ms = 600}};
    const ams_stream_data_options from = {.path = "exits.h5", .split = AMS_TEST};
    ams_stream_study_options o = {.point = point,
                                  .n_points = 2,
                                  .series = series,
                                  .n_series = 4,
                                  .seed = seed,
                                  .n_seeds = 3,
                                  .check = true,
                                  .timeline = true,
                                  .team = team};
    ams_stream_data data = {.n_classes = 0};
    ams_stream_study study = {.n_series = 0};
    ams_status status = AMS_OK;
    o.base.dispatch = ams_dispatch_defaults();
    o.base.source = ams_source_defaults();
    o.base.source.jobs = 100;
    o.base.warmup = 20;
    AMS_TRY(ams_pool_create(&o.pool, j->threads, err));
    AMS_TRY(ams_stream_data_open(&data, &from, err));
    AMS_TRY(ams_stream_study_run(&study, &data, &o, err));
    status = ams_stream_study_write(&study, j->to, "ams stream", "1.0", err);
out:
    ams_stream_study_fini(&study);
    ams_stream_data_fini(&data);
    ams_pool_destroy(o.pool);
    return status;
}

static const char *const stream_files[] = {"stream.tsv", "stream.json", "timeline.tsv", NULL};

static void make_exits(void)
{
    ams_synth_options options = ams_synth_defaults();
    ams_synth *synth = NULL;
    ams_error err = {""};
    options.preset = "exits";
    options.n_items = 500;
    options.split = (ams_split_options){.share = {0.4, 0.2, 0.4}};
    expect_ok(ams_synth_create(&synth, &options, &err), &err);
    expect_ok(ams_synth_write(synth, "exits.h5", NULL, NULL, &err), &err);
    ams_synth_destroy(synth);
}

START_TEST(streams)
{
    files_job j = {.to = "serial", .threads = _i == 1 ? 2 : 1};
    ams_error err = {""};
    make_exits();
    expect_ok(write_streams(NULL, &j, &err), &err);
    j.to = "team";
    for (int k = 0; k < SIZES; k++) {
        expect_ok(process_team_run(sizes[k], write_streams, &j, &err), &err);
        expect_same_in("serial", "team", stream_files);
    }
}
END_TEST

/* -- links -- */

static ams_status write_links(ams_team *team, void *context, ams_error *err)
{
    const files_job *j = context;
    ams_link_session_options options = ams_link_session_defaults();
    ams_link_session s = {.data_hash = ""};
    ams_status status = AMS_OK;
    options.data_path = "data.h5";
    options.split = AMS_VALIDATION;
    options.items = 150;
    options.team = team;
    AMS_TRY(ams_link_session_open(&s, &options, err));
    status = ams_link_session_write(&s, j->to, err);
out:
    ams_link_session_close(&s);
    return status;
}

START_TEST(links)
{
    files_job j = {.to = "serial.ams"};
    ams_error err = {""};
    make_data();
    expect_ok(write_links(NULL, &j, &err), &err);
    j.to = "team.ams";
    expect_ok(process_team_run(3, write_links, &j, &err), &err);
    expect_same("serial.ams", "team.ams");
}
END_TEST

/* -- a failure that comes late -- */

typedef struct late_job {
    process_team_fn *fn;
    files_job files;
} late_job;

/* Member 1 does all its errands, and fails then. */
static ams_status fail_late(ams_team *team, void *context, ams_error *err)
{
    late_job *j = context;
    const ams_status status = j->fn(team, &j->files, err);
    return ams_team_rank(team) == 1 && status == AMS_HELPED
               ? ams_fail(err, AMS_BAD_DATA, "the disk is gone")
               : status;
}

/* No file has got its name then, whatever the command. */
START_TEST(no_file_where_a_member_fails_after_its_last_errand)
{
    static const struct {
        process_team_fn *fn;
        uint64_t memory_mb;
    } command[] = {{write_synth, 4096},   {write_import, 4096},    {write_scores, 4096},
                   {write_scores, 2},     {write_schedules, 4096}, {write_schedules, 5},
                   {write_streams, 4096}, {write_links, 4096}};
    make_rows();
    make_exits();
    for (size_t k = 0; k < sizeof command / sizeof *command; k++) {
        late_job j = {.fn = command[k].fn,
                      .files = {.to = "none", .threads = 1, .memory_mb = command[k].memory_mb}};
        ams_error err = {""};
        ck_assert_msg(process_team_run(3, fail_late, &j, &err) == AMS_BAD_DATA,
                      "command %zu: %s", k, err.text);
        ck_assert_str_eq(err.text, "process 1 of 3: the disk is gone");
        ck_assert_msg(!ams_exists("none"), "command %zu left files", k);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, synth, 0, 2);
    tcase_add_test(tests, import);
    tcase_add_loop_test(tests, evaluation, 0, 2);
    tcase_add_test(tests, evaluation_in_windows);
    tcase_add_test(tests, a_file_that_one_process_cannot_read);
    tcase_add_loop_test(tests, schedules, 0, 2);
    tcase_add_loop_test(tests, streams, 0, 2);
    tcase_add_test(tests, links);
    tcase_add_test(tests, no_file_where_a_member_fails_after_its_last_errand);
}

int main(void)
{
    return run_suite("team_files", add);
}
