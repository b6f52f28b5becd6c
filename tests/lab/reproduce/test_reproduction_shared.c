/* Reproductions that processes share. */
#include "lab/reproduce/reproduce.h"

#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/lab/reproduce/steps.h"
#include "tests/lab/reproduce/tables.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Three processes share the steps: each is done once, and one writes the tables. */
static ams_status write_tables(void *context, ams_error *error)
{
    FILE *wrote = fopen("wrote.txt", "a");
    fputs("tables\n", wrote);
    fclose(wrote);
    return ams_reproduction_write(context, error);
}

static int join_steps(const ams_reproduction_options *o)
{
    ams_reproduction r;
    int stopped = 0;
    ams_finish finish = AMS_FINISH_NOT_YET;
    begin(&r, o);
    carry_out(&r);
    for (size_t s = 0; s < r.recipe.n_steps; s++) {
        ck_assert(ams_reproduction_has(&r, s)); /* here or elsewhere */
    }
    ck_assert_int_eq(ams_reproduction_finish(&r, write_tables, &r, &stopped, &finish, &err),
                     AMS_OK);
    /* Who says that another wrote them has not, and there are none without the other. */
    ck_assert_int_ne(finish, AMS_FINISH_NOT_YET);
    ck_assert(ams_exists("shared/rows.tsv"));
    FILE *told = fopen("told.txt", "a");
    fputs(finish == AMS_FINISH_HERE ? "mine\n" : "theirs\n", told);
    fclose(told);
    ams_reproduction_fini(&r);
    return 0;
}

START_TEST(processes_share_the_steps)
{
    static const char *const made[] = {"work/sea ", "work/lake ", "sea.tsv ", "lake.tsv ",
                                       "photos.tsv "};
    ams_reproduction_options o = defaults("shared");
    o.join.on = true;
    write_steps(SEA);
    for (int p = 0; p < 3; p++) {
        if (fork() == 0) {
            _exit(join_steps(&o));
        }
    }
    for (int p = 0; p < 3; p++) {
        int how = 0;
        wait(&how);
        ck_assert_int_eq(how, 0);
    }
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        ck_assert_msg(words_of("order.txt", made[i]) == 1, "%s", made[i]);
    }
    ck_assert_int_eq(words_of("wrote.txt", "tables"), 1);
    ck_assert_int_eq(words_of("told.txt", "theirs"), 2);
    ck_assert_int_eq(words_of("told.txt", "mine"), 1);
    ck_assert(ams_exists("shared/rows.tsv"));
}
END_TEST

/* What failed in one process has failed in the next, which neither tries again nor waits,
 * unless it is asked to. */
START_TEST(a_shared_step_fails)
{
    ams_reproduction r;
    ams_reproduction_options o = defaults("shared-failing");
    double seconds = 0;
    size_t unknown = 0;
    o.join.on = true;
    write_steps("fail sea 3");
    begin(&r, &o);
    carry_out(&r);
    check_states(&r, "make-sea=F make-lake=D use-sea=S use-lake=D see-photos=D ");
    ams_reproduction_fini(&r);
    begin(&r, &o); /* it is known from the beginning */
    check_states(&r, "make-sea=F make-lake=B use-sea=S use-lake=B see-photos=B ");
    ck_assert_int_eq(r.step[0].code, 3);
    ck_assert_str_eq(r.step[0].message, "no luck");
    ck_assert_int_eq(ams_reproduction_seconds(&r, &seconds, &unknown, &err), AMS_OK);
    ck_assert_double_eq(seconds, 0);
    carry_out(&r);
    ck_assert_uint_eq(ams_reproduction_left(&r), 0);
    ams_reproduction_fini(&r);
    ck_assert_uint_eq(words_of("order.txt", "sea "), 1);
    o.join.failed = true;
    begin(&r, &o);
    check_states(&r, "make-sea=W make-lake=B use-sea=W use-lake=B see-photos=B ");
    carry_out(&r);
    check_states(&r, "make-sea=F make-lake=B use-sea=S use-lake=B see-photos=B ");
    ams_reproduction_fini(&r);
    ck_assert_uint_eq(words_of("order.txt", "sea "), 2);
}
END_TEST

/* Two processes of one program: the second has opened the folder, and then the first does all
 * and ends. Nothing is done again. */
START_TEST(what_is_done_meanwhile)
{
    ams_reproduction first;
    ams_reproduction second;
    ams_reproduction_options o = defaults("meanwhile");
    o.join.on = true;
    write_steps(SEA);
    begin(&second, &o);
    begin(&first, &o);
    carry_out(&first);
    ams_reproduction_fini(&first);
    carry_out(&second);
    check_states(&second, "make-sea=B make-lake=B use-sea=B use-lake=B see-photos=B ");
    ams_reproduction_fini(&second);
    ck_assert_uint_eq(words_of("order.txt", "sea "), 1);
    ck_assert_uint_eq(words_of("order.txt", "sea.tsv "), 1);
}
END_TEST

static void await_file(const char *path)
{
    for (int i = 0; i < 1000 && !ams_exists(path); i++) {
        usleep(5000);
    }
    ck_assert_msg(ams_exists(path), "no %s", path);
}

/* The process of a step lives on for a moment when the one that started it is killed: until
 * then nobody else begins that step. */
START_TEST(the_step_of_a_killed_process)
{
    ams_reproduction r;
    ams_reproduction_options o = defaults("orphan");
    int how = 0;
    o.join.on = true;
    write_steps("stay {out}/work/sea");
    const pid_t killed = fork();
    if (killed == 0) {
        begin(&r, &o);
        carry_out(&r);
        _exit(0);
    }
    for (int i = 0; i < 1000 && words_of("order.txt", "sea ") == 0; i++) {
        usleep(5000);
    }
    kill(killed, SIGKILL);
    ck_assert_int_eq(waitpid(killed, &how, 0), killed);
    const pid_t next = fork();
    if (next == 0) {
        begin(&r, &o);
        carry_out(&r);
        ck_assert(ams_reproduction_has(&r, 0));
        ams_reproduction_fini(&r);
        _exit(0);
    }
    await_file("orphan/photos.tsv"); /* what can be done is */
    await_file("orphan/lake.tsv");
    usleep(300000);
    ck_assert_uint_eq(words_of("order.txt", "sea "), 1);
    fclose(fopen("go", "w"));
    ck_assert_int_eq(waitpid(next, &how, 0), next);
    ck_assert_int_eq(how, 0);
    ck_assert_uint_eq(words_of("order.txt", "work/sea "), 2);
    remove("go");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, processes_share_the_steps);
    tcase_add_test(tests, a_shared_step_fails);
    tcase_add_test(tests, what_is_done_meanwhile);
    tcase_add_test(tests, the_step_of_a_killed_process);
}

int main(void)
{
    return run_suite("reproduction_shared", add);
}
