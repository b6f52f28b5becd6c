/* When the file of a socket appears, and how long its path may be. Old files and second servers
 * are test_loop.c's. */
#include "serve/socket.h"

#include "tests/base/suite.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOCKET "ams.sock"

/* A process that listens until it is killed. It writes one byte to made once listening is
 * through: the file is there a little before. */
static pid_t server(int *made)
{
    int ends[2];
    fflush(NULL);
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        ams_socket s;
        ams_error err = {{0}};
        if (ams_socket_listen(&s, SOCKET, &err) != AMS_OK) {
            fprintf(stderr, "%s\n", err.text);
            _exit(1);
        }
        close(ends[0]);
        if (write(ends[1], "", 1) != 1) {
            _exit(1);
        }
        for (;;) {
            pause();
        }
    }
    close(ends[1]);
    *made = ends[0];
    return pid;
}

static int try_connect(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    const int failed = connect(fd, (const struct sockaddr *)&address, sizeof address);
    close(fd);
    return failed;
}

/* Who waits for the file may connect. */
START_TEST(the_file_is_there_when_somebody_listens)
{
    for (int i = 0; i < (SUITE_SANITIZED ? 50 : 200); i++) {
        int made;
        const pid_t pid = server(&made);
        int state = 0;
        char byte;
        while (access(SOCKET, F_OK) != 0) { /* without a pause, to be there first */
            ck_assert_int_eq(waitpid(pid, &state, WNOHANG), 0);
        }
        ck_assert_msg(try_connect() == 0, "start %d: nobody listened yet", i);
        ck_assert_int_eq(read(made, &byte, 1), 1);
        close(made);
        ck_assert_int_ne(access(SOCKET ".new", F_OK), 0);
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        ck_assert_int_eq(waitpid(pid, &state, 0), pid);
        ck_assert_int_eq(unlink(SOCKET), 0);
    }
}
END_TEST

/* What a server that died in between left is replaced, as is a dead socket; no other file is.
 */
START_TEST(what_was_being_made)
{
    ams_socket s;
    ams_error err = {{0}};
    ck_assert_int_eq(ams_socket_listen(&s, SOCKET ".new", &err), AMS_OK);
    close(s.fd);
    ck_assert_int_eq(access(SOCKET ".new", F_OK), 0);
    ck_assert_int_eq(ams_socket_listen(&s, SOCKET, &err), AMS_OK);
    ck_assert_int_ne(access(SOCKET ".new", F_OK), 0);
    ck_assert_int_eq(try_connect(), 0);
    ams_socket_remove(&s);
    close(s.fd);
    ck_assert_int_ne(access(SOCKET, F_OK), 0);

    FILE *file = fopen(SOCKET ".new", "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    ck_assert_int_eq(ams_socket_listen(&s, SOCKET, &err), AMS_IO);
    ck_assert_ptr_nonnull(
        strstr(err.text, SOCKET ".new: there is something that is no socket"));
    ck_assert_int_eq(access(SOCKET ".new", F_OK), 0);
    ck_assert_int_ne(access(SOCKET, F_OK), 0);
}
END_TEST

START_TEST(long_paths)
{
    char path[105];
    ams_socket s;
    ams_error err = {{0}};
    memset(path, 'a', 104);
    path[104] = '\0';
    ck_assert_int_eq(ams_socket_listen(&s, path, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "a path of 1 to 103 bytes, found 104"));
    ck_assert_int_eq(ams_socket_listen(&s, "", &err), AMS_USAGE);
    path[103] = '\0';
    ck_assert_int_eq(ams_socket_listen(&s, path, &err), AMS_OK);
    ck_assert_int_eq(access(path, F_OK), 0);
    ams_socket_remove(&s);
    close(s.fd);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, the_file_is_there_when_somebody_listens);
    tcase_add_test(tests, what_was_being_made);
    tcase_add_test(tests, long_paths);
}

int main(void)
{
    return run_suite("serve/socket", add);
}
