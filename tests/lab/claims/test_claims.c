/* Work shared by processes: 16 of them, 200 pieces, each done once; the dead are noticed. */
#include "ams/claims.h"

#include "ams/children.h"
#include "base/clock.h"
#include "base/file.h"
#include "tests/base/suite.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { PIECES = 200, JOINERS = 16 };

static ams_error err;

static void nap(double seconds)
{
    struct timespec t = {.tv_sec = (time_t)seconds};
    t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
    nanosleep(&t, NULL);
}

static ams_claims *begin(const char *folder, double patience)
{
    ams_claims *claims = NULL;
    ck_assert_msg(ams_claims_open(&claims, folder, patience, &err) == AMS_OK, "%s", err.text);
    return claims;
}

static ams_piece take(ams_claims *claims, const char *key)
{
    ams_piece piece;
    ck_assert_msg(ams_claims_take(claims, key, 0, &piece, &err) == AMS_OK, "%s", err.text);
    return piece;
}

static ams_piece look(ams_claims *claims, const char *key)
{
    ck_assert_msg(ams_claims_look_now(claims, &err) == AMS_OK, "%s", err.text);
    return ams_claims_state(claims, key);
}

static void end(ams_claims *claims, const char *key, ams_claim_state state)
{
    ck_assert_int_eq(ams_claims_end(claims, key, state, 6, "it diverged", &err), AMS_OK);
}

/* -- one after the other -- */

START_TEST(a_piece_has_one_owner_at_a_time)
{
    ams_claims *a = begin(".", 100);
    ams_claims *b = begin(".", 100);
    char text[64];
    int code = 0;
    ck_assert_int_eq(take(a, "x").state, AMS_CLAIM_MINE);
    ck_assert_int_eq(take(a, "x").state, AMS_CLAIM_MINE);
    ck_assert_int_eq(take(b, "x").state, AMS_CLAIM_BUSY);
    ck_assert_int_eq(look(b, "x").state, AMS_CLAIM_BUSY);
    end(b, "x", AMS_CLAIM_DONE); /* it is not b's to end */
    ck_assert_int_eq(look(a, "x").state, AMS_CLAIM_MINE);
    end(a, "x", AMS_CLAIM_FREE);
    ck_assert_int_eq(look(b, "x").state, AMS_CLAIM_FREE);
    ck_assert_int_eq(take(b, "x").attempt, 2);
    end(b, "x", AMS_CLAIM_FAILED);
    ck_assert_int_eq(look(a, "x").state, AMS_CLAIM_FAILED);
    ams_claims_failure(a, "x", &code, text, sizeof text);
    ck_assert_int_eq(code, 6);
    ck_assert_str_eq(text, "it diverged");
    ck_assert_int_eq(take(a, "x").state, AMS_CLAIM_FAILED); /* not repeated by itself */
    ams_piece piece;
    ck_assert_int_eq(ams_claims_take(a, "x", 2, &piece, &err), AMS_OK);
    ck_assert_int_eq(piece.state, AMS_CLAIM_MINE);
    ck_assert_int_eq(piece.attempt, 3);
    ck_assert_int_eq(ams_claims_take(b, "x", 2, &piece, &err), AMS_OK);
    ck_assert_int_eq(piece.state, AMS_CLAIM_BUSY); /* another one repeats it */
    end(a, "x", AMS_CLAIM_DONE);
    ck_assert_int_eq(look(b, "x").state, AMS_CLAIM_DONE);
    ams_claims_close(a);
    ams_claims_close(b);
}
END_TEST

START_TEST(what_is_left_at_the_end_is_free)
{
    ams_claims *a = begin(".", 100);
    ams_claims *b = begin(".", 100);
    take(a, "lr=0.1.1");
    ck_assert_int_eq(look(b, "lr=0.1.1").state, AMS_CLAIM_BUSY);
    ams_claims_close(a);
    ck_assert_int_eq(look(b, "lr=0.1.1").state, AMS_CLAIM_FREE);
    ck_assert(!take(b, "lr=0.1.1").taken_over);
    ams_claims_close(b);
}
END_TEST

START_TEST(keys_are_checked)
{
    ams_claims *a = begin(".", 100);
    char longest[300];
    ams_piece piece;
    memset(longest, 'k', sizeof longest);
    longest[201] = '\0';
    const char *const bad[] = {"", "a/b", "@a", longest};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(ams_claims_take(a, bad[i], 0, &piece, &err), AMS_USAGE);
    }
    longest[200] = '\0';
    ck_assert_int_eq(take(a, longest).state, AMS_CLAIM_MINE);
    ams_claims_close(a);
}
END_TEST

/* Files that are no claims change nothing. */
START_TEST(other_files_are_left_alone)
{
    static const char *const names[] = {
        "claims/x",   "claims/.1", "claims/x.0", "claims/x.1x", "claims/x.12345678901",
        "claims/@x.1"};
    ck_assert_int_eq(ams_make_directories("claims", &err), AMS_OK);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        fclose(fopen(names[i], "w"));
    }
    ams_claims *a = begin(".", 100);
    ck_assert_int_eq(take(a, "x").attempt, 1);
    ams_claims_close(a);
}
END_TEST

/* Another process sees that a piece has failed no sooner than it can read why. */
START_TEST(a_failure_is_never_without_its_message)
{
    enum { FAILURES = 400 };
    const pid_t pid = fork();
    if (pid == 0) {
        ams_claims *mine = begin(".", 100);
        for (int i = 0; i < FAILURES; i++) {
            char key[16];
            snprintf(key, sizeof key, "run-%d", i);
            take(mine, key);
            end(mine, key, AMS_CLAIM_FAILED);
        }
        ams_claims_close(mine);
        _exit(0);
    }
    ams_claims *a = begin(".", 100);
    for (int i = 0; i < FAILURES; i++) {
        char path[48];
        char text[64];
        char *found = NULL;
        size_t size = 0;
        snprintf(path, sizeof path, "claims/run-%d.1.failed", i);
        while (!ams_exists(path)) {
            ck_assert_msg(kill(pid, 0) == 0, "%s: its process died", path);
        }
        ck_assert_int_eq(ams_read_file(path, 64, &found, &size, &err), AMS_OK);
        snprintf(text, sizeof text, "%s", found);
        free(found);
        ck_assert_str_eq(text, "6\tit diverged\n");
    }
    int how = 0;
    ck_assert_int_eq(waitpid(pid, &how, 0), pid);
    ck_assert_int_eq(how, 0);
    ams_claims_close(a);
}
END_TEST

/* -- the dead -- */

/* A process that claims x, and is killed or stopped; its files seem to be another machine's. */
static pid_t claim_and_stand(int number, bool elsewhere)
{
    pid_t pid = fork();
    if (pid == 0) {
        ams_claims *mine = begin(".", 1);
        take(mine, "x");
        if (elsewhere) {
            int fd = open("claims/x.1", O_WRONLY);
            ck_assert(pwrite(fd, "process 1 began 1 host elsewhere boot other space other     ",
                             56, 0) == 56);
            close(fd);
        }
        raise(number);
        _exit(0);
    }
    int how = 0;
    waitpid(pid, &how, WUNTRACED);
    return pid;
}

START_TEST(a_killed_process_of_this_machine_is_seen_at_once)
{
    claim_and_stand(SIGKILL, false);
    ams_claims *a = begin(".", 1000);
    ck_assert_int_eq(ams_claims_state(a, "x").state, AMS_CLAIM_FREE);
    ck_assert(take(a, "x").taken_over);
    ams_claims_close(a);
}
END_TEST

START_TEST(a_silent_process_elsewhere_is_dead_after_a_while)
{
    pid_t pid = claim_and_stand(SIGSTOP, true);
    ams_claims *a = begin(".", 0.6);
    const double begun = ams_seconds();
    while (look(a, "x").state == AMS_CLAIM_BUSY) {
        ck_assert(ams_seconds() - begun < 20);
        nap(0.05);
    }
    ck_assert_msg(ams_seconds() - begun > 0.6, "after %.2f s", ams_seconds() - begun);
    ck_assert(take(a, "x").taken_over);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    ams_claims_close(a);
}
END_TEST

/* An observer that was itself stopped has not seen that the other one was. */
START_TEST(a_gap_in_looking_proves_nothing)
{
    pid_t pid = claim_and_stand(SIGSTOP, true);
    ams_claims *a = begin(".", 0.4);
    nap(0.6);
    ck_assert_int_eq(look(a, "x").state, AMS_CLAIM_BUSY);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    ams_claims_close(a);
}
END_TEST

/* Clocks play no part: times of files in the past and in the future. */
START_TEST(a_live_process_is_not_taken_over_whatever_the_clocks)
{
    ams_claims *a = begin(".", 0.4);
    ams_claims *b = begin(".", 0.4);
    take(a, "x");
    for (int i = 0; i < 20; i++) {
        const struct timespec odd[2] = {{.tv_sec = i % 2 * 4000000000}, {.tv_sec = i * 1000}};
        ck_assert_int_eq(utimensat(AT_FDCWD, "claims/x.1", odd, 0), 0);
        ck_assert_int_eq(ams_claims_look(a, &err), AMS_OK);
        ck_assert_int_eq(look(b, "x").state, AMS_CLAIM_BUSY);
        nap(0.04);
    }
    ams_claims_close(a);
    ams_claims_close(b);
}
END_TEST

START_TEST(who_was_taken_over_is_told)
{
    ams_claims *a = begin(".", 0.3);
    take(a, "x");
    fclose(fopen("claims/x.2", "w"));
    ck_assert_int_eq(ams_claims_look_now(a, &err), AMS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "taken over"));
    ams_claims_close(a);
}
END_TEST

/* -- many at once -- */

static void note_done(int fd, int i)
{
    char line[16];
    const int n = snprintf(line, sizeof line, "%d\n", i);
    if (write(fd, line, (size_t)n) != n) { /* appended whole */
        _exit(2);
    }
}

/* One joiner: pieces of about 10 ms until all are done. */
static void join(int fd)
{
    ams_claims *claims = begin(".", 60);
    for (int left = PIECES; left > 0;) {
        left = 0;
        ck_assert_int_eq(ams_claims_look(claims, &err), AMS_OK);
        for (int i = 0; i < PIECES; i++) {
            char key[16];
            snprintf(key, sizeof key, "run-%d", i);
            const ams_piece piece = take(claims, key);
            if (piece.state == AMS_CLAIM_MINE) {
                nap(0.01);
                note_done(fd, i);
                end(claims, key, AMS_CLAIM_DONE);
            }
            left += piece.state == AMS_CLAIM_BUSY;
        }
        nap(0.005);
    }
    ams_claims_close(claims);
    _exit(0);
}

static void read_done(int count[PIECES])
{
    FILE *file = fopen("done.txt", "r");
    int i = 0;
    memset(count, 0, PIECES * sizeof *count);
    while (fscanf(file, "%d", &i) == 1) {
        count[i]++;
    }
    fclose(file);
}

/* kills: how many of the joiners are killed on the way. A killed one may have noted a piece
 * without saying that it was done: only then it is noted again. */
static void run_joiners(int kills)
{
    pid_t pid[JOINERS];
    int count[PIECES];
    int again = 0;
    const int fd = open("done.txt", O_WRONLY | O_CREAT | O_APPEND, 0666);
    for (int j = 0; j < JOINERS; j++) {
        pid[j] = fork();
        if (pid[j] == 0) {
            join(fd);
        }
    }
    for (int k = 0; k < kills; k++) {
        nap(0.02);
        kill(pid[k], SIGKILL);
    }
    for (int j = 0; j < JOINERS; j++) {
        int how = 0;
        waitpid(pid[j], &how, 0);
        ck_assert_msg(how == 0 || j < kills, "joiner %d: %d", j, how);
    }
    read_done(count);
    for (int i = 0; i < PIECES; i++) {
        ck_assert_int_ge(count[i], 1);
        again += count[i] - 1;
    }
    ck_assert_msg(again <= kills, "%d pieces were done again", again);
    close(fd);
}

START_TEST(sixteen_do_each_piece_once)
{
    run_joiners(0);
}
END_TEST

START_TEST(what_killed_ones_had_is_done_by_others)
{
    run_joiners(6);
}
END_TEST

/* -- once -- */

static ams_status write_once(void *context, ams_error *unused)
{
    (void)unused;
    nap(0.02);
    note_done(*(int *)context, 7);
    return AMS_OK;
}

START_TEST(one_of_many_writes_the_end)
{
    int count[PIECES];
    int fd = open("done.txt", O_WRONLY | O_CREAT | O_APPEND, 0666);
    for (int j = 0; j < 4; j++) {
        if (fork() == 0) {
            int stopped = 0;
            sigset_t mask;
            ams_claims *claims = begin(".", 60);
            ams_children_hold_signals(&mask);
            const ams_status status =
                ams_claims_once(claims, "tables", write_once, &fd, &stopped, &err);
            read_done(count); /* nobody goes on before it is written */
            ams_claims_close(claims);
            _exit(status == AMS_OK && count[7] == 1 ? 0 : 1);
        }
    }
    for (int j = 0; j < 4; j++) {
        int how = 0;
        wait(&how);
        ck_assert_int_eq(how, 0);
    }
    close(fd);
}
END_TEST

/* A folder for each test, which runs in a process of its own. */
static void enter(void)
{
    char folder[] = "one-XXXXXX";
    ck_assert(mkdtemp(folder) != NULL && chdir(folder) == 0);
}

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, enter, NULL);
    tcase_add_test(tests, a_piece_has_one_owner_at_a_time);
    tcase_add_test(tests, what_is_left_at_the_end_is_free);
    tcase_add_test(tests, keys_are_checked);
    tcase_add_test(tests, other_files_are_left_alone);
    tcase_add_test(tests, a_failure_is_never_without_its_message);
    tcase_add_test(tests, a_killed_process_of_this_machine_is_seen_at_once);
    tcase_add_test(tests, a_silent_process_elsewhere_is_dead_after_a_while);
    tcase_add_test(tests, a_gap_in_looking_proves_nothing);
    tcase_add_test(tests, a_live_process_is_not_taken_over_whatever_the_clocks);
    tcase_add_test(tests, who_was_taken_over_is_told);
    tcase_add_test(tests, sixteen_do_each_piece_once);
    tcase_add_test(tests, what_killed_ones_had_is_done_by_others);
    tcase_add_test(tests, one_of_many_writes_the_end);
}

int main(void)
{
    return run_suite("claims", add);
}
