/* A training from its request to its folder: pauses, notices, and what several of them share.
 */
#include "ams/training.h"

#include "base/file.h"
#include "base/memory.h"
#include "lab/training/state.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <string.h>

static ams_error err;

/* What was reported. */
typedef struct heard {
    char notices[2048];
    double done, total;
    size_t updates;
    char note[256];
} heard;

static void on_update(void *context, double done, double total, const char *note)
{
    heard *h = context;
    h->done = done;
    h->total = total;
    h->updates++;
    snprintf(h->note, sizeof h->note, "%s", note);
}

static void on_notice(void *context, const char *text)
{
    heard *h = context;
    const size_t used = strlen(h->notices);
    snprintf(h->notices + used, sizeof h->notices - used, "%s\n", text);
}

static ams_progress listen(heard *h)
{
    *h = (heard){.done = 0};
    return (ams_progress){.context = h, .update = on_update, .notice = on_notice};
}

static void make_file(bool validation)
{
    ams_table table;
    random_table_options options = random_table_defaults(5);
    options.n_items = 60;
    random_table(&table, &options);
    for (uint32_t i = 0; !validation && i < table.n_items; i++) {
        table.split[i] = table.split[i] == AMS_VALIDATION ? AMS_TEST : table.split[i];
    }
    ck_assert_int_eq(ams_table_write(&table, "d.h5", &err), AMS_OK);
    ams_table_fini(&table);
}

static void make_request(ams_training_request *request, const char *directory,
                         const char *setting)
{
    static const char *const small[] = {
        "steps=60",     "batch=4",           "hidden=8",
        "envs=2",       "replay=200",        "warmup=40",
        "log_every=10", "validate_every=20", "checkpoint_every=15"};
    ck_assert_int_eq(ams_training_request_init(request, &err), AMS_OK);
    ck_assert_int_eq(ams_copy_text(&request->data_path, "d.h5", &err), AMS_OK);
    ck_assert_int_eq(ams_copy_text(&request->directory, directory, &err), AMS_OK);
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        ck_assert_int_eq(ams_training_request_set(request, small[i], &err), AMS_OK);
    }
    if (setting != NULL) {
        ck_assert_int_eq(ams_training_request_set(request, setting, &err), AMS_OK);
    }
}

static void run(const ams_training_request *request, heard *h, ams_run_result *result,
                char line[256])
{
    ams_training *training = NULL;
    const ams_progress progress = listen(h);
    const ams_training_how how = {.progress = &progress};
    ck_assert_int_eq(ams_training_open(&training, request, NULL, 0, &progress, &err), AMS_OK);
    ck_assert_int_eq(ams_training_choose_device(&training, 1, &progress, &err), AMS_OK);
    ck_assert(!ams_training_on_device(training));
    ck_assert_msg(ams_training_run(training, &how, result, &err) == AMS_OK, "%s", err.text);
    FILE *stream = fmemopen(line, 256, "w");
    ck_assert_ptr_nonnull(stream);
    ams_training_print(training, result, stream);
    ck_assert_int_eq(fclose(stream), 0);
    ams_training_close(training);
}

static void expect_same(const char *one, const char *other)
{
    char *a = NULL;
    char *b = NULL;
    size_t n = 0;
    size_t m = 0;
    ck_assert_int_eq(ams_read_file(one, 1 << 24, &a, &n, &err), AMS_OK);
    ck_assert_int_eq(ams_read_file(other, 1 << 24, &b, &m, &err), AMS_OK);
    ck_assert_uint_eq(n, m);
    ck_assert_mem_eq(a, b, n);
    free(a);
    free(b);
}

/* Through, and paused twice: the same bytes. */
START_TEST(test_run)
{
    ams_training_request request;
    ams_run_result result;
    heard h;
    char line[256];
    make_file(true);
    make_request(&request, "through", NULL);
    run(&request, &h, &result, line);
    ck_assert_int_eq(result.outcome, AMS_RUN_FINISHED);
    ck_assert_ptr_nonnull(strstr(line, "through: 60 updates in "));
    ck_assert_ptr_nonnull(strstr(line, " ms to recall 0.8-1.0"));
    ck_assert_str_eq(h.notices, "");
    ck_assert_uint_gt(h.updates, 0);
    ck_assert_double_eq(h.total, 60);
    ck_assert_ptr_nonnull(strstr(h.note, "loss "));
    run(&request, &h, &result, line);
    ck_assert_int_eq(result.outcome, AMS_RUN_ALREADY);
    ck_assert_str_eq(line, "through: already finished\n");
    ams_training_request_fini(&request);

    make_request(&request, "paused", NULL);
    request.until = 25;
    run(&request, &h, &result, line);
    ck_assert_int_eq(result.outcome, AMS_RUN_PAUSED);
    ck_assert_double_eq(h.total, 25);
    ck_assert_str_eq(line, "paused: paused at update 25 of 60, checkpoint written; the same "
                           "command without --until continues it\n");
    request.until = 40;
    run(&request, &h, &result, line);
    ck_assert_str_eq(h.notices, "continued at update 25\n");
    request.until = 0;
    run(&request, &h, &result, line);
    ck_assert_int_eq(result.outcome, AMS_RUN_FINISHED);
    ck_assert_str_eq(h.notices, "continued at update 40\n");
    expect_same("through/policy.ams", "paused/policy.ams");
    expect_same("through/metrics.tsv", "paused/metrics.tsv");
    ams_training_request_fini(&request);
}
END_TEST

START_TEST(test_stop_and_notices)
{
    ams_training_request request;
    ams_training *training = NULL;
    ams_run_result result;
    heard h;
    char line[256];
    const ams_progress progress = listen(&h);
    volatile sig_atomic_t stop = 1;
    const ams_training_how how = {.stop = &stop, .progress = &progress};
    make_file(false);
    make_request(&request, "stopped", "device=auto");
    ck_assert_int_eq(ams_training_open(&training, &request, NULL, 0, NULL, &err), AMS_OK);
    ck_assert_int_eq(ams_training_choose_device(&training, 1, &progress, &err), AMS_OK);
    ck_assert_ptr_nonnull(strstr(h.notices, "device=auto chose cpu: an update has "));
    ck_assert_int_eq(ams_training_run(training, &how, &result, &err), AMS_OK);
    ck_assert_int_eq(result.outcome, AMS_RUN_STOPPED);
    ams_training_close(training);
    run(&request, &h, &result, line);
    ck_assert_int_eq(result.outcome, AMS_RUN_FINISHED);
    ck_assert_ptr_nonnull(
        strstr(h.notices, "the validation split is empty, the last weights are kept"));
    ck_assert_ptr_null(strstr(line, "validation"));
    /* The manifest has the command line made of the request, config.ini the device chosen. */
    char *manifest = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_read_file("stopped/manifest.json", 1 << 16, &manifest, &size, &err),
                     AMS_OK);
    ck_assert_ptr_nonnull(
        strstr(manifest, "\"command\": \"ams train --data d.h5 -o stopped steps=60 batch=4"));
    ck_assert_ptr_nonnull(strstr(manifest, "\"device\": \"cpu\""));
    free(manifest);
    ams_training_request_fini(&request);
}
END_TEST

/* Which of four trainings share a table and an environment. */
START_TEST(test_sharing)
{
    static const char *const setting[] = {"seed=1", "seed=2", "goals=0.8", "seed=3"};
    ams_training_request request[4];
    ams_training *training[4];
    make_file(true);
    for (size_t i = 0; i < 4; i++) {
        make_request(&request[i], "run", setting[i]);
        request[i].memory_mb = i == 3 ? 100 : 0;
        ck_assert_int_eq(ams_training_open(&training[i], &request[i], training, i, NULL, &err),
                         AMS_OK);
    }
    ck_assert(training[0]->owns_table && training[0]->owns_env);
    ck_assert(training[1]->table == training[0]->table && !training[1]->owns_table);
    ck_assert(training[1]->env == training[0]->env && !training[1]->owns_env);
    ck_assert(training[2]->table == training[0]->table && !training[2]->owns_table);
    ck_assert(training[2]->env != training[0]->env && training[2]->owns_env);
    ck_assert(training[3]->table != training[0]->table && training[3]->owns_table);
    for (size_t i = 4; i-- > 0;) {
        ams_training_close(training[i]);
        ams_training_request_fini(&request[i]);
    }
    ams_training_close(NULL);
}
END_TEST

START_TEST(test_refused)
{
    ams_training_request request;
    ams_training *training = NULL;
    make_file(true);
    make_request(&request, "bad", "warmup=5000");
    ck_assert_int_eq(ams_training_open(&training, &request, NULL, 0, NULL, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "warmup=5000"));
    ck_assert_ptr_null(training);
    ams_training_request_fini(&request);

    make_request(&request, "bad", "items=5000");
    ck_assert_int_eq(ams_training_open(&training, &request, NULL, 0, NULL, &err), AMS_OK);
    const ams_training_how how = {.pool = NULL};
    ams_run_result result;
    ck_assert_int_eq(ams_training_run(training, &how, &result, &err), AMS_USAGE);
    ams_training_close(training);
    ams_training_request_fini(&request);

    make_request(&request, "bad", NULL);
    free(request.data_path);
    ck_assert_int_eq(ams_copy_text(&request.data_path, "none.h5", &err), AMS_OK);
    ck_assert_int_eq(ams_training_open(&training, &request, NULL, 0, NULL, &err), AMS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "none.h5"));
    ams_training_request_fini(&request);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_run);
    tcase_add_test(tests, test_stop_and_notices);
    tcase_add_test(tests, test_sharing);
    tcase_add_test(tests, test_refused);
}

int main(void)
{
    return run_suite("training", add);
}
