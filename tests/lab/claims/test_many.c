/* More claims than a process looks after: each looks after some, and none is forgotten. */
#include "ams/claims.h"

#include "base/file.h"
#include "tests/base/suite.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static ams_error err;

static ams_claims *begin(const char *folder, double patience)
{
    ams_claims *claims = NULL;
    ck_assert_msg(ams_claims_open(&claims, folder, patience, &err) == AMS_OK, "%s", err.text);
    return claims;
}

static void look(ams_claims *claims)
{
    ck_assert_msg(ams_claims_look_now(claims, &err) == AMS_OK, "%s", err.text);
}

enum { VERY_MANY = 1500 };

static void name_run(char key[16], int i)
{
    snprintf(key, 16, "run-%d", i);
}

static int count_busy(const ams_claims *claims)
{
    int busy = 0;
    for (int i = 0; i < VERY_MANY; i++) {
        char key[16];
        name_run(key, i);
        busy += ams_claims_state(claims, key).state == AMS_CLAIM_BUSY;
    }
    return busy;
}

/* How often this process has called read(2). */
static long reads(void)
{
    char line[64];
    long n = -1;
    FILE *file = fopen("/proc/self/io", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        (void)sscanf(line, "syscr: %ld", &n);
    }
    if (file != NULL) {
        fclose(file);
    }
    return n;
}

/* Process i of so many, elsewhere, whose counter says `count`. */
static void write_counter(int i, const char *count)
{
    char path[48];
    snprintf(path, sizeof path, "claims/@%d", i);
    FILE *file = fopen(path, "w");
    fprintf(file, "%s\n", count);
    fclose(file);
}

static void write_claim(int i)
{
    char path[48];
    snprintf(path, sizeof path, "claims/run-%d.1", i);
    FILE *file = fopen(path, "w");
    fprintf(file, "process 1 began 1 host elsewhere boot other space other\ncounter @%d\n", i);
    fclose(file);
}

/* 1,500 of them would ask a file server all day. */
START_TEST(of_very_many_processes_some_are_looked_after)
{
    ck_assert_int_eq(ams_make_directories("claims", &err), AMS_OK);
    for (int i = 0; i < VERY_MANY; i++) { /* each of another process elsewhere */
        write_counter(i, "1");
        write_claim(i);
    }
    ams_claims *a = begin(".", 1000);
    ck_assert_int_eq(count_busy(a), VERY_MANY);
    const long before = reads();
    look(a);
    const long asked = reads() - before;
    ck_assert_msg(before < 0 || (asked >= 15 && asked <= 128), "%ld reads", asked);
    /* Where those have ended, all are looked after. */
    for (int i = 0; i < VERY_MANY; i++) {
        write_counter(i, "end");
    }
    look(a);
    const int left = count_busy(a);
    ck_assert_msg(left > VERY_MANY * 8 / 10 && left < VERY_MANY, "%d are left", left);
    look(a);
    ck_assert_int_eq(count_busy(a), 0);
    ams_claims_close(a);
}
END_TEST

/* A process that trained many at a time, and was killed. */
START_TEST(very_many_claims_of_one_that_died)
{
    const pid_t pid = fork();
    if (pid == 0) {
        ams_claims *mine = begin(".", 1000);
        for (int i = 0; i < VERY_MANY; i++) {
            char key[16];
            name_run(key, i);
            ams_piece piece;
            ck_assert_int_eq(ams_claims_take(mine, key, 0, &piece, &err), AMS_OK);
        }
        raise(SIGKILL);
    }
    waitpid(pid, NULL, 0);
    ams_claims *a = begin(".", 1000);
    ck_assert_int_lt(count_busy(a), VERY_MANY);
    look(a);
    ck_assert_int_eq(count_busy(a), 0);
    ams_claims_close(a);
}
END_TEST

static void enter(void)
{
    char folder[] = "one-XXXXXX";
    ck_assert(mkdtemp(folder) != NULL && chdir(folder) == 0);
}

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, enter, NULL);
    tcase_add_test(tests, of_very_many_processes_some_are_looked_after);
    tcase_add_test(tests, very_many_claims_of_one_that_died);
}

int main(void)
{
    return run_suite("claims_many", add);
}
