/* One client on a pair of descriptors: files, and pipes with a signal. */
#include "base/clock.h"
#include "serve/loop.h"
#include "tests/serve/fixture.h"

#include "tests/base/suite.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* One stream: a file in, a file out, and nothing lost. */
START_TEST(a_stream_of_files)
{
    const ams_loop_options loop = {.message_bytes = 4096,
                                   .reply_bytes = 65536,
                                   .idle_ns = 60000000000,
                                   .drain_ns = 60000000000};
    const ams_service_options limits = {
        .items = 100, .client_items = 100, .idle_ns = 60000000000};
    ams_live_policy policy;
    ams_service *service = NULL;
    ams_error err = {{0}};
    FILE *in = tmpfile();
    FILE *out = tmpfile();
    for (int i = 0; i < 3000; i++) {
        fprintf(in, "{\"op\":\"begin\",\"item\":\"%d\",\"next\":true}\n", i % 50);
        fprintf(in, "{\"op\":\"result\",\"item\":\"%d\"}\n", i % 50);
    }
    fprintf(in, "%0*d\n{\"op\":\"sta", 5000, 1);
    rewind(in);
    ck_assert_int_eq(ams_live_open(&policy, AMS_POLICY, &err), AMS_OK);
    ck_assert_int_eq(ams_service_create(&service, &policy, &limits, ams_nanoseconds(), &err),
                     AMS_OK);
    ck_assert_msg(ams_serve_stream(service, fileno(in), fileno(out), &loop, &err) == AMS_OK,
                  "%s", err.text);
    static char line[8192];
    int lines = 0;
    int oversized = 0;
    int cut = 0;
    rewind(out);
    while (fgets(line, sizeof line, out) != NULL) {
        lines++;
        oversized += strstr(line, "oversized") != NULL;
        cut += strstr(line, "\"cut\"") != NULL && strstr(line, "newline") != NULL;
        ck_assert_msg(lines > 6000 || strncmp(line, "{\"ok\":true", 10) == 0, "%s", line);
    }
    ck_assert_int_eq(lines, 6002);
    ck_assert_int_eq(oversized, 1);
    ck_assert_int_eq(cut, 1);
    ams_service_destroy(service);
    ams_live_close(&policy);
    fclose(in);
    fclose(out);
}
END_TEST

/* SIGTERM: what is in flight may end, then the server does though its input is open. */
START_TEST(sigterm_drains)
{
    static const ams_loop_options loop = {.message_bytes = 4096,
                                          .reply_bytes = 65536,
                                          .idle_ns = 60000000000,
                                          .drain_ns = 60000000000};
    const ams_service_options limits = {
        .items = 100, .client_items = 100, .idle_ns = 60000000000};
    int to[2];
    int from[2];
    ck_assert_int_eq(pipe(to), 0);
    ck_assert_int_eq(pipe(from), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        ams_live_policy policy;
        ams_service *service = NULL;
        int code =
            ams_live_open(&policy, AMS_POLICY, NULL) != AMS_OK ||
            ams_service_create(&service, &policy, &limits, ams_nanoseconds(), NULL) != AMS_OK ||
            ams_serve_stream(service, to[0], from[1], &loop, NULL) != AMS_OK;
        ams_service_destroy(service);
        ams_live_close(&policy);
        _exit(code);
    }
    close(to[0]);
    close(from[1]);
    FILE *in = fdopen(to[1], "w");
    FILE *out = fdopen(from[0], "r");
    char line[4096];
    fputs("{\"op\":\"begin\",\"item\":\"a\"}\n", in);
    fflush(in);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, out));
    ck_assert_int_eq(kill(pid, SIGTERM), 0);
    do { /* until the signal has been heard */
        fputs("{\"op\":\"begin\",\"item\":\"b\"}\n{\"op\":\"result\",\"item\":\"b\"}\n", in);
        fflush(in);
        ck_assert_ptr_nonnull(fgets(line, sizeof line, out));
        if (strstr(line, "draining") == NULL) {
            ck_assert_ptr_nonnull(fgets(line, sizeof line, out));
        }
    } while (strstr(line, "draining") == NULL);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, out)); /* of the result: no such item */
    fputs("{\"op\":\"result\",\"item\":\"a\"}\n", in);
    fflush(in);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, out));
    ck_assert_ptr_nonnull(strstr(line, "\"ok\":true"));
    ck_assert_ptr_null(fgets(line, sizeof line, out));
    int state = 0;
    ck_assert_int_eq(waitpid(pid, &state, 0), pid);
    ck_assert(WIFEXITED(state));
    ck_assert_int_eq(WEXITSTATUS(state), 0);
    fclose(in);
    fclose(out);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_stream_of_files);
    tcase_add_test(tests, sigterm_drains);
}

int main(void)
{
    return run_suite("serve/stream", add);
}
