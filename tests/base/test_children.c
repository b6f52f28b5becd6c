#include "ams/children.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/lock.h"
#include "tests/base/suite.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { MOST = 8 };

/* Shell commands as children. */
typedef struct fleet {
    const char *command[MOST]; /* up to the first NULL */
    const char *program;       /* NULL: /bin/sh */
    char *argv[4];
    char text[128];
    size_t next;
    size_t running, most;    /* at the same time */
    ams_child_end end[MOST]; /* by key */
    bool has_ended[MOST];
    int ticks;
    int refuse; /* the child whose end is answered with AMS_BAD_DATA, from 1; 0: none */
} fleet;

static ams_status next(void *context, ams_child *child, bool *found, ams_error *err)
{
    static char shell[] = "sh";
    static char option[] = "-c";
    static char logs[MOST][8];
    fleet *f = context;
    (void)err;
    if (f->next == MOST || f->command[f->next] == NULL) {
        return AMS_OK;
    }
    snprintf(logs[f->next], sizeof logs[0], "%zu.log", f->next);
    f->argv[0] = shell;
    f->argv[1] = option;
    snprintf(f->text, sizeof f->text, "%s", f->command[f->next]);
    f->argv[2] = f->text;
    f->argv[3] = NULL;
    *child = (ams_child){.key = f->next,
                         .name = f->command[f->next],
                         .program = f->program == NULL ? "/bin/sh" : f->program,
                         .argv = f->argv,
                         .log = logs[f->next]};
    *found = true;
    f->next++;
    f->running++;
    f->most = f->running > f->most ? f->running : f->most;
    return AMS_OK;
}

static ams_status ended(void *context, const ams_child_end *end, ams_error *err)
{
    fleet *f = context;
    ck_assert_uint_lt(end->key, f->next);
    ck_assert(!f->has_ended[end->key]);
    f->has_ended[end->key] = true;
    f->end[end->key] = *end;
    f->running--;
    return (int)end->key + 1 == f->refuse ? ams_fail(err, AMS_BAD_DATA, "refused") : AMS_OK;
}

static ams_status tick(void *context, ams_error *err)
{
    fleet *f = context;
    (void)err;
    f->ticks++;
    return AMS_OK;
}

static ams_status run(fleet *f, uint64_t side_by_side, int *stopped, ams_error *err)
{
    const ams_children children = {.context = f, .next = next, .ended = ended, .tick = tick};
    sigset_t mask;
    ams_children_hold_signals(&mask);
    ams_status status = ams_children_run(&children, side_by_side, &mask, stopped, err);
    ams_children_release_signals(&mask);
    return status;
}

static void check_none_left(void)
{
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}

START_TEST(test_codes_signals_and_use)
{
    fleet f = {.command = {"exit 0", "exit 7", "kill -KILL $$", "kill -TERM $$",
                           "i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done; exit 3"}};
    int stopped = 0;
    ck_assert_int_eq(run(&f, 2, &stopped, NULL), AMS_OK);
    ck_assert(!stopped);
    static const int code[] = {0, 7, 128 + SIGKILL, 128 + SIGTERM, 3};
    static const int signals[] = {0, 0, SIGKILL, SIGTERM, 0};
    for (size_t i = 0; i < 5; i++) {
        ck_assert(f.has_ended[i] && !f.end[i].stopping);
        ck_assert_int_eq(f.end[i].code, code[i]);
        ck_assert_int_eq(f.end[i].signal, signals[i]);
        ck_assert(f.end[i].seconds > 0 && f.end[i].seconds < 60);
        ck_assert(f.end[i].peak_mb > 0.1 && f.end[i].peak_mb < 4096);
    }
    ck_assert(f.end[4].cpu_seconds > 0.001 && f.end[4].cpu_seconds < 60);
    ck_assert_uint_eq(f.most, 2);
    check_none_left();
}
END_TEST

/* Two that wait for each other, which a third one side by side with them does not. */
START_TEST(test_side_by_side)
{
    fleet f = {.command = {"until [ -e b ]; do sleep 0.01; done; touch a",
                           "touch b; until [ -e a ]; do sleep 0.01; done", "sleep 0.7"}};
    int stopped = 0;
    ck_assert_int_eq(run(&f, 3, &stopped, NULL), AMS_OK);
    ck_assert_uint_eq(f.most, 3);
    ck_assert_int_eq(f.end[0].code + f.end[1].code + f.end[2].code, 0);
    ck_assert_int_ge(f.ticks, 2);
    check_none_left();
}
END_TEST

START_TEST(test_log_and_input)
{
    fleet f = {.command = {"echo first; echo 'the\treason' >&2; echo; exit 1", "cat; exit 2"}};
    char line[64];
    char cut[8];
    int stopped = 0;
    ck_assert_int_eq(run(&f, 1, &stopped, NULL), AMS_OK);
    ck_assert(ams_child_last_line("0.log", line, sizeof line));
    ck_assert_str_eq(line, "the reason");
    ck_assert(ams_child_last_line("0.log", cut, sizeof cut));
    ck_assert_str_eq(cut, "the rea");
    ck_assert_int_eq(f.end[1].code, 2); /* cat has read nothing */
    ck_assert(!ams_child_last_line("1.log", line, sizeof line));
    ck_assert_str_eq(line, "");
    ck_assert(!ams_child_last_line("none.log", line, sizeof line));
    ams_child_signal_text(SIGKILL, line, sizeof line);
    ck_assert_str_eq(line, "ended by signal 9 (Killed)");
}
END_TEST

/* Programs begin with the signal mask from before, not with the held signals. */
START_TEST(test_mask_and_group)
{
    fleet f = {.command = {"grep SigBlk /proc/self/status", "cut -d' ' -f1,5 /proc/self/stat"}};
    char line[64];
    int stopped = 0;
    ck_assert_int_eq(run(&f, 1, &stopped, NULL), AMS_OK);
    ck_assert(ams_child_last_line("0.log", line, sizeof line));
    const unsigned long blocked = strtoul(strchr(line, ' '), NULL, 16);
    ck_assert_uint_eq(blocked & 1UL << (SIGINT - 1), 0);
    ck_assert_uint_eq(blocked & 1UL << (SIGTERM - 1), 0);
    ck_assert_uint_eq(blocked & 1UL << (SIGCHLD - 1), 0);
    ck_assert(ams_child_last_line("1.log", line, sizeof line));
    ck_assert_int_ne(strtol(strchr(line, ' '), NULL, 10), getpgrp());
}
END_TEST

START_TEST(test_cannot_be_executed)
{
    fleet f = {.command = {"sleep 100", "exit 0"}, .program = "./nowhere"};
    ams_error err = {0};
    int stopped = 0;
    ck_assert_int_eq(run(&f, 2, &stopped, &err), AMS_BACKEND);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot execute ./nowhere for sleep 100: No such"));
    ck_assert(!f.has_ended[0]);
    check_none_left();
    f = (fleet){.command = {"exit 0"}};
    ck_assert_int_eq(remove("0.log"), 0);
    ck_assert_int_eq(mkdir("0.log", 0777), 0);
    ck_assert_int_eq(run(&f, 2, &stopped, &err), AMS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot write 0.log: "));
    ck_assert_int_eq(remove("0.log"), 0);
    check_none_left();
}
END_TEST

START_TEST(test_stopped_by_a_signal)
{
    fleet f = {.command = {"trap 'exit 5' TERM; while :; do sleep 0.05; done",
                           "kill -TERM $PPID; exec sleep 100", "exit 0"}};
    int stopped = 0;
    ck_assert_int_eq(run(&f, 2, &stopped, NULL), AMS_OK);
    ck_assert(stopped);
    ck_assert(f.has_ended[0] && f.has_ended[1] && !f.has_ended[2]);
    ck_assert(f.end[0].stopping && f.end[1].stopping);
    ck_assert_int_eq(f.end[0].code, 5);
    ck_assert_int_eq(f.end[1].signal, SIGTERM);
    ck_assert_uint_eq(f.next, 2); /* the third was never asked for */
    check_none_left();
    ck_assert_int_eq(run(&f, 2, &stopped, NULL), AMS_OK); /* stopped already */
    ck_assert_uint_eq(f.next, 2);
}
END_TEST

/* An error of the caller's stops the others and waits for them. */
START_TEST(test_error_of_a_callback)
{
    fleet f = {.command = {"trap 'touch over; exit 0' TERM; while :; do sleep 0.05; done",
                           "sleep 0.3; exit 1", "exit 0"},
               .refuse = 2};
    ams_error err = {0};
    int stopped = 0;
    ck_assert_int_eq(run(&f, 2, &stopped, &err), AMS_BAD_DATA);
    ck_assert_str_eq(err.text, "refused");
    ck_assert(!stopped && !f.has_ended[0]);
    ck_assert(ams_exists("over"));
    check_none_left();
}
END_TEST

static int add_up(void *context)
{
    return *(int *)context + 1;
}

static ams_status one_copy(void *context, ams_child *child, bool *found, ams_error *err)
{
    static int number = 41;
    fleet *f = context;
    (void)err;
    *found = f->next == 0;
    *child = (ams_child){.name = "a copy", .body = add_up, .context = &number};
    f->next = 1;
    return AMS_OK;
}

START_TEST(test_a_copy_of_this_process)
{
    fleet f = {0};
    const ams_children children = {.context = &f, .next = one_copy, .ended = ended};
    sigset_t mask;
    int stopped = 0;
    ams_children_hold_signals(&mask);
    ck_assert_int_eq(ams_children_run(&children, 1, &mask, &stopped, NULL), AMS_OK);
    ams_children_release_signals(&mask);
    ck_assert(f.has_ended[0]);
    ck_assert_int_eq(f.end[0].code, 42);
    check_none_left();
}
END_TEST

/* A caller that is killed takes its children along. */
START_TEST(test_parent_killed)
{
    char text[32];
    int how = 0;
    (void)remove("0.log");                                 /* of another test */
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* orphans become ours */
    pid_t caller = fork();
    if (caller == 0) {
        fleet f = {.command = {"echo $$; exec sleep 100"}};
        int stopped = 0;
        run(&f, 1, &stopped, NULL);
        _exit(0);
    }
    double most = ams_seconds() + 60;
    while (!ams_child_last_line("0.log", text, sizeof text) && ams_seconds() < most) {
        usleep(10000);
    }
    pid_t orphan = (pid_t)strtol(text, NULL, 10);
    ck_assert_int_gt(orphan, 0);
    kill(caller, SIGKILL);
    ck_assert_int_eq(waitpid(caller, &how, 0), caller);
    ck_assert_int_eq(waitpid(orphan, &how, 0), orphan);
    ck_assert(WIFSIGNALED(how) && WTERMSIG(how) == SIGTERM);
}
END_TEST

/* -- a file that is handed over -- */

/* Shell commands with the lock "handed" for the first; what ends is told in the log. */
static ams_status next_with_lock(void *context, ams_child *child, bool *found, ams_error *err)
{
    static int fd = -1;
    fleet *f = context;
    ams_status status = next(f, child, found, err);
    if (status == AMS_OK && *found && child->key == 0) {
        ams_lock lock;
        status = ams_lock_open(&fd, "handed", false, &lock, err);
        ck_assert_int_eq(lock.state, AMS_LOCK_TAKEN);
        child->handed = &fd;
    } else {
        ck_assert_int_eq(fd, -1); /* the first child has it alone */
    }
    return status;
}

static ams_status run_with_lock(fleet *f, ams_error *err)
{
    const ams_children children = {.context = f, .next = next_with_lock, .ended = ended};
    sigset_t mask;
    int stopped = 0;
    ams_children_hold_signals(&mask);
    ams_status status = ams_children_run(&children, 2, &mask, &stopped, err);
    ams_children_release_signals(&mask);
    return status;
}

/* It is the child's for as long as that lives: neither a sibling nor this process has it. */
START_TEST(test_handed_over)
{
    fleet f = {.command = {"until [ -e refused ]; do sleep 0.01; done",
                           "until flock -n handed true; do touch refused; sleep 0.05; done"}};
    ams_error err = {0};
    ck_assert_msg(run_with_lock(&f, &err) == AMS_OK, "%s", err.text);
    ck_assert_int_eq(f.end[0].code + f.end[1].code, 0);
    ck_assert(ams_exists("refused")); /* the second was, at first */
    ck_assert(!ams_lock_in_use("handed"));
    f = (fleet){.command = {"exit 0"}, .program = "./nowhere"};
    ck_assert_int_eq(run_with_lock(&f, &err), AMS_BACKEND);
    ck_assert(!ams_lock_in_use("handed")); /* also where it could not be started */
}
END_TEST

/* A caller that is killed while its child writes the last things. */
START_TEST(test_handed_over_and_killed)
{
    int how = 0;
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    const pid_t caller = fork();
    if (caller == 0) {
        fleet f = {
            .command = {"trap '' TERM; touch begun; until [ -e end ]; do sleep 0.01; done"}};
        (void)run_with_lock(&f, NULL);
        _exit(0);
    }
    for (int i = 0; i < 6000 && !ams_exists("begun"); i++) {
        usleep(10000);
    }
    kill(caller, SIGKILL);
    ck_assert_int_eq(waitpid(caller, &how, 0), caller);
    usleep(100000);
    ck_assert(ams_lock_in_use("handed"));
    fclose(fopen("end", "w"));
    ck_assert_int_gt(wait(&how), 0);
    ck_assert(!ams_lock_in_use("handed"));
}
END_TEST

START_TEST(test_signals_are_held)
{
    sigset_t mask;
    sigset_t after;
    ams_children_hold_signals(&mask);
    ck_assert(!ams_children_interrupted(0.01));
    raise(SIGINT);
    ck_assert(ams_children_interrupted(10));
    raise(SIGTERM);
    ams_children_release_signals(&mask); /* drops it: else this process ends here */
    sigprocmask(SIG_SETMASK, NULL, &after);
    ck_assert(!sigismember(&after, SIGTERM) && !sigismember(&after, SIGINT));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_codes_signals_and_use);
    tcase_add_test(tests, test_side_by_side);
    tcase_add_test(tests, test_log_and_input);
    tcase_add_test(tests, test_mask_and_group);
    tcase_add_test(tests, test_cannot_be_executed);
    tcase_add_test(tests, test_stopped_by_a_signal);
    tcase_add_test(tests, test_error_of_a_callback);
    tcase_add_test(tests, test_a_copy_of_this_process);
    tcase_add_test(tests, test_parent_killed);
    tcase_add_test(tests, test_handed_over);
    tcase_add_test(tests, test_handed_over_and_killed);
    tcase_add_test(tests, test_signals_are_held);
}

int main(void)
{
    return run_suite("children", add);
}
