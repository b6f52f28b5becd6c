/* Locks of file systems that have none: flock is replaced here by one that says what NFS and
 * Lustre say. */
#include "base/lock.h"

#include "tests/base/suite.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>

static int refusal = 0; /* what flock fails with; 0: as the system has it, of one process */
static bool locked = false;
static int asked = 0; /* so many more calls meet somebody who asks (ams_lock_in_use) */

/* What the program under test calls in place of the system's. */
int flock(int fd, int operation)
{
    (void)fd;
    (void)operation;
    errno = refusal != 0 ? refusal : EWOULDBLOCK;
    if (refusal == 0 && !locked && asked == 0) {
        locked = true;
        return 0;
    }
    asked -= asked > 0;
    return -1;
}

static void write_held(const char *text)
{
    FILE *file = fopen("lock.held", "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static ams_lock try_lock(int *fd)
{
    ams_lock lock;
    ams_error err = {""};
    ck_assert_msg(ams_lock_open(fd, "lock", false, &lock, &err) == AMS_OK, "%s", err.text);
    ck_assert((*fd >= 0) == (lock.state != AMS_LOCK_IN_USE));
    return lock;
}

START_TEST(locks_of_the_system)
{
    int fd = -1;
    int second = -1;
    refusal = 0;
    locked = false;
    ck_assert_int_eq(try_lock(&fd).state, AMS_LOCK_TAKEN);
    ams_lock lock = try_lock(&second);
    ck_assert_int_eq(lock.state, AMS_LOCK_IN_USE);
    ck_assert_str_eq(lock.by, "another process");
    ck_assert_int_ne(access("lock.held", F_OK), 0);
    ams_lock_close(fd, "lock");
    ams_lock_close(-1, "lock");
}
END_TEST

/* Who only asks has the lock for an instant: the next attempt gets it. */
START_TEST(who_asks_is_not_in_the_way)
{
    int fd = -1;
    refusal = 0;
    locked = false;
    asked = 3;
    ck_assert_int_eq(try_lock(&fd).state, AMS_LOCK_TAKEN);
    ck_assert_int_eq(asked, 0);
    ams_lock_close(fd, "lock");
}
END_TEST

START_TEST(a_file_stands_for_a_lock)
{
    static const int refusals[] = {ENOLCK, ENOSYS, EOPNOTSUPP};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        char expected[64];
        int fd = -1;
        int second = -1;
        refusal = refusals[i];
        ck_assert_int_eq(try_lock(&fd).state, AMS_LOCK_HELD_FILE);
        ams_lock lock = try_lock(&second);
        ck_assert_int_eq(lock.state, AMS_LOCK_IN_USE);
        snprintf(expected, sizeof expected, "process %ld on ", (long)getpid());
        ck_assert_ptr_nonnull(strstr(lock.by, expected));
        ck_assert_ptr_nonnull(strstr(lock.by, "lock.held says"));
        ck_assert_ptr_null(strstr(lock.by, "remove")); /* it is seen to live */
        ck_assert(ams_lock_in_use("lock"));
        ams_lock_close(fd, "lock");
        ck_assert_int_ne(access("lock.held", F_OK), 0);
        ck_assert_int_eq(try_lock(&fd).state, AMS_LOCK_HELD_FILE);
        ams_lock_close(fd, "lock");
    }
}
END_TEST

/* A child takes the lock and is killed. */
static void kill_holder(void)
{
    int how = 0;
    pid_t child = fork();
    if (child == 0) {
        int fd = -1;
        ams_lock lock;
        (void)ams_lock_open(&fd, "lock", false, &lock, NULL);
        (void)raise(SIGKILL);
    }
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert(WIFSIGNALED(how));
    ck_assert_int_eq(access("lock.held", F_OK), 0);
}

START_TEST(what_a_killed_process_left)
{
    int fd = -1;
    refusal = ENOLCK;
    kill_holder();
    ck_assert(!ams_lock_in_use("lock"));
    ck_assert_int_eq(try_lock(&fd).state, AMS_LOCK_HELD_FILE);
    ams_lock_close(fd, "lock");
    ck_assert_int_ne(access("lock.held.taking", F_OK), 0);
}
END_TEST

enum { RIVALS = 6 };

/* Begins once `go` is closed, says in `tried` that it has tried, and ends once `end` is closed.
 * @return in the child: whether it has the lock. */
static pid_t rival(int go[2], int tried[2], int end[2])
{
    pid_t pid = fork();
    if (pid == 0) {
        char byte = 0;
        int fd = -1;
        ams_lock lock = {.state = AMS_LOCK_IN_USE};
        close(go[1]);
        close(end[1]);
        (void)!read(go[0], &byte, 1);
        (void)ams_lock_open(&fd, "lock", false, &lock, NULL);
        (void)!write(tried[1], &byte, 1);
        (void)!read(end[0], &byte, 1);
        ams_lock_close(fd, "lock");
        _exit(lock.state == AMS_LOCK_HELD_FILE);
    }
    return pid;
}

/* Of many that find what a killed process left exactly one takes it over. */
START_TEST(one_takes_over)
{
    int go[2];
    int tried[2];
    int end[2];
    int winners = 0;
    char byte[RIVALS];
    pid_t pid[RIVALS];
    refusal = ENOSYS;
    kill_holder();
    ck_assert(pipe(go) == 0 && pipe(tried) == 0 && pipe(end) == 0);
    for (int i = 0; i < RIVALS; i++) {
        pid[i] = rival(go, tried, end);
    }
    close(go[0]);
    close(go[1]);
    for (int i = 0; i < RIVALS; i++) {
        ck_assert_int_eq(read(tried[0], &byte[i], 1), 1);
    }
    close(end[0]);
    close(end[1]);
    for (int i = 0; i < RIVALS; i++) {
        int how = 0;
        ck_assert_int_eq(waitpid(pid[i], &how, 0), pid[i]);
        winners += WEXITSTATUS(how);
    }
    close(tried[0]);
    close(tried[1]);
    ck_assert_int_eq(winners, 1);
    ck_assert_int_ne(access("lock.held", F_OK), 0);
}
END_TEST

/* What nobody can see from here is not taken over, and the message says what to do. */
START_TEST(of_elsewhere)
{
    static const char *const texts[] = {
        "process 1 began 7 host other-machine boot b space pid:[1]\n", "", "nonsense\n"};
    refusal = ENOLCK;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int fd = -1;
        write_held(texts[i]);
        ams_lock lock = try_lock(&fd);
        ck_assert_int_eq(lock.state, AMS_LOCK_IN_USE);
        ck_assert_msg(strstr(lock.by, "remove") != NULL, "%s", lock.by);
        ck_assert_int_eq(access("lock.held", F_OK), 0);
        ck_assert_int_ne(access("lock.held.taking", F_OK), 0);
    }
    ck_assert_int_eq(remove("lock.held"), 0);
}
END_TEST

/* A process that was forked while its parent has the lock does not give it back. */
START_TEST(children_leave_it)
{
    int fd = -1;
    refusal = ENOLCK;
    ck_assert_int_eq(try_lock(&fd).state, AMS_LOCK_HELD_FILE);
    pid_t child = fork();
    if (child == 0) {
        ams_lock_close(fd, "lock");
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(access("lock.held", F_OK), 0);
    ams_lock_close(fd, "lock");
    ck_assert_int_ne(access("lock.held", F_OK), 0);
}
END_TEST

/* Whoever forgets a lock knows that a process of another machine is gone; of this one's it is
 * seen. */
START_TEST(what_is_forgotten)
{
    int fd = -1;
    refusal = ENOLCK;
    ck_assert_int_eq(try_lock(&fd).state, AMS_LOCK_HELD_FILE);
    ams_lock_forget("lock");
    ck_assert_int_eq(access("lock.held", F_OK), 0); /* this process lives */
    ams_lock_close(fd, "lock");
    ams_lock_forget("lock"); /* there is none */
    ck_assert_int_ne(access("lock.held.taking", F_OK), 0);
    kill_holder();
    ams_lock_forget("lock");
    ck_assert_int_ne(access("lock.held", F_OK), 0);
    write_held("process 1 began 7 host other-machine boot b space pid:[1]\n");
    ams_lock_forget("lock");
    ck_assert_int_ne(access("lock.held", F_OK), 0);
    ck_assert_int_ne(access("lock.held.taking", F_OK), 0);
}
END_TEST

/* A child that the lock was handed to has it for as long as it lives. */
START_TEST(a_child_adopts_it)
{
    int fd = -1;
    int second = -1;
    int end[2];
    char byte = 0;
    char expected[64];
    refusal = ENOLCK;
    ck_assert_int_eq(pipe(end), 0);
    ck_assert_int_eq(try_lock(&fd).state, AMS_LOCK_HELD_FILE);
    pid_t child = fork();
    if (child == 0) {
        close(end[1]);
        ams_lock_adopt(fd);
        (void)!read(end[0], &byte, 1);
        _exit(0);
    }
    snprintf(expected, sizeof expected, "process %ld on ", (long)child);
    ams_lock lock = {.by = ""};
    for (int i = 0; i < 500 && strstr(lock.by, expected) == NULL; i++) {
        lock = try_lock(&second);
        usleep(10000);
    }
    ck_assert_msg(strstr(lock.by, expected) != NULL, "%s", lock.by);
    ams_lock_close(fd, "lock"); /* no longer this process's */
    ams_lock_forget("lock");
    ck_assert(ams_lock_in_use("lock"));
    close(end[0]);
    close(end[1]);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert(!ams_lock_in_use("lock"));
    ams_lock_forget("lock");
    ck_assert_int_ne(access("lock.held", F_OK), 0);
}
END_TEST

START_TEST(other_failures)
{
    int fd = -1;
    ams_lock lock;
    ams_error err = {""};
    refusal = EIO;
    ck_assert_int_eq(ams_lock_open(&fd, "lock", false, &lock, &err), AMS_IO);
    ck_assert_str_eq(err.text, "cannot lock lock: Input/output error");
    ck_assert_int_eq(ams_lock_open(&fd, "none/lock", false, &lock, &err), AMS_IO);
    ck_assert_int_eq(fd, -1);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, locks_of_the_system);
    tcase_add_test(tests, who_asks_is_not_in_the_way);
    tcase_add_test(tests, a_file_stands_for_a_lock);
    tcase_add_test(tests, what_a_killed_process_left);
    tcase_add_loop_test(tests, one_takes_over, 0, 20);
    tcase_add_test(tests, of_elsewhere);
    tcase_add_test(tests, children_leave_it);
    tcase_add_test(tests, what_is_forgotten);
    tcase_add_test(tests, a_child_adopts_it);
    tcase_add_test(tests, other_failures);
}

int main(void)
{
    return run_suite("lock", add);
}
