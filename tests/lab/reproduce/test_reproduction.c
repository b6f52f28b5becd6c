/* Reproductions in a folder. */
#include "lab/reproduce/reproduce.h"

#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/lab/reproduce/steps.h"
#include "tests/lab/reproduce/tables.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_from_data_to_rows)
{
    ams_reproduction r;
    ams_reproduction_options o = defaults("out");
    write_steps(SEA);
    begin(&r, &o);
    check_states(&r, "make-sea=W make-lake=W use-sea=W use-lake=W see-photos=W ");
    carry_out(&r);
    check_states(&r, "make-sea=D make-lake=D use-sea=D use-lake=D see-photos=D ");
    /* Chains of 1 + 10, 2 + 3 and 1 (assumed) seconds: the longest first, needs before all. */
    check_file("order.txt", "out/work/lake out/lake.tsv out/work/sea out/sea.tsv "
                            "out/photos.tsv ");
    ck_assert_msg(ams_reproduction_write(&r, &err) == AMS_OK, "%s", err.text);
    ck_assert(r.number[0].known && r.number[0].interval);
    ck_assert_double_eq_tol(r.number[0].value.mean, 6, 1e-9);
    ck_assert_int_eq(r.number[0].verdict, AMS_VERDICT_AGREES);  /* within 5..7 */
    ck_assert_int_eq(r.number[2].verdict, AMS_VERDICT_DIFFERS); /* 10, at most 3 */
    check_file("out/rows.tsv", "\none\thow x, sea\tsynthetic\t%\t5\t7\t6\t5\t7\tagrees\t"
                               "Ours meets theirs within the tolerance.\t"
                               "ams make out/work/sea sea; ams make out/sea.tsv 'it's'\t");
    check_file("out/rows.tsv", "\ntwo\thow y\tphotos\t%\t-\t3\t10\t-\t-\tdiffers\t"
                               "Ours is 7 % above theirs.\tams make out/photos.tsv\t");
    check_file("out/experiments.tsv", "one\tOne\tWhat?\tb.svg\ntwo\tTwo\tWhy?\ta.svg\n");
    check_file("out/notes.tsv", "key\tvalue\ncommit\tabc\nversion\t1.2\nscale\tsmall\n"
                                "command\tams reproduce\ncommit_of_steps\tabc (5 steps)\n");
    check_file("out/notes.tsv", "\nsteps\t5\nsteps_failed\t0\nsteps_not_run\t0\n");
    FILE *out = fopen("summary.txt", "w");
    ck_assert_ptr_nonnull(out);
    ams_reproduction_summary(out, &r);
    fclose(out);
    check_file("summary.txt", "\nOne (one)\n  synthetic  how x, sea");
    check_file("summary.txt", "2 numbers of the papers agree, 0 have the same direction, 1 ");
    ams_reproduction_fini(&r);
}
END_TEST

START_TEST(test_resumed)
{
    ams_reproduction r;
    ams_reproduction_options o = defaults("again");
    double seconds = 0;
    size_t unknown = 0;
    write_steps(SEA);
    begin(&r, &o);
    carry_out(&r);
    ams_reproduction_fini(&r);
    /* All is there. */
    begin(&r, &o);
    check_states(&r, "make-sea=B make-lake=B use-sea=B use-lake=B see-photos=B ");
    ck_assert_str_eq(r.step[0].commit, "abc");
    ams_reproduction_fini(&r);
    /* A record that is lost, one that is damaged: those and what needs them. */
    remove("again/steps/make-sea.tsv");
    write_plain("again/steps/see-photos.tsv", "command\tseconds\nams make");
    begin(&r, &o);
    check_states(&r, "make-sea=W make-lake=B use-sea=W use-lake=B see-photos=W ");
    ck_assert_int_eq(ams_reproduction_seconds(&r, &seconds, &unknown, &err), AMS_OK);
    ck_assert_double_eq_tol(seconds, 2 + 3, 1e-9);
    ck_assert_uint_eq(unknown, 1);
    o.commit = "def";
    ams_reproduction_fini(&r);
    begin(&r, &o);
    carry_out(&r);
    check_states(&r, "make-sea=D make-lake=B use-sea=D use-lake=B see-photos=D ");
    ck_assert_int_eq(ams_reproduction_write(&r, &err), AMS_OK);
    check_file("again/notes.tsv", "commit_of_steps\tdef (3 steps), abc (2 steps)\n");
    ams_reproduction_fini(&r);
    /* Another command. */
    write_steps("make {out}/work/sea other");
    begin(&r, &o);
    check_states(&r, "make-sea=W make-lake=B use-sea=W use-lake=B see-photos=B ");
    ams_reproduction_fini(&r);
    /* Another scale. */
    o.recipe.scale = "paper";
    ck_assert_int_eq(ams_reproduction_init(&r, &o, &err), AMS_OK);
    ck_assert_int_eq(ams_reproduction_open(&r, &err), AMS_USAGE);
    ck_assert_msg(strstr(err.text, "begun with --scale small") != NULL, "%s", err.text);
    ams_reproduction_fini(&r);
}
END_TEST

/* A start that failed before its first step leaves the folder to another scale. */
START_TEST(test_scale_of_nothing)
{
    ams_reproduction r;
    ams_reproduction_options o = defaults("nothing");
    write_steps(SEA);
    begin(&r, &o);
    ams_reproduction_fini(&r);
    o.recipe.scale = "paper";
    ck_assert_int_eq(ams_reproduction_init(&r, &o, &err), AMS_OK);
    ck_assert_msg(ams_reproduction_open(&r, &err) == AMS_OK, "%s", err.text);
    ams_reproduction_fini(&r);
    check_file("nothing/scale", "paper\n");
}
END_TEST

START_TEST(test_a_step_fails)
{
    ams_reproduction r;
    ams_reproduction_options o = defaults("failing");
    write_steps("fail sea 3");
    begin(&r, &o);
    carry_out(&r);
    check_states(&r, "make-sea=F make-lake=D use-sea=S use-lake=D see-photos=D ");
    ck_assert_int_eq(r.step[0].code, 3);
    ck_assert_str_eq(r.step[0].message, "no luck");
    ck_assert_str_eq(r.step[2].message, "it needs make-sea");
    ck_assert_str_eq(noticed, "step make-sea failed: no luck");
    ck_assert_msg(ams_reproduction_write(&r, &err) == AMS_OK, "%s", err.text);
    ck_assert(!r.number[0].known && r.number[1].known && r.number[2].known);
    check_file("failing/experiments.tsv", "one\tOne\tWhat?\t-\n");
    check_file("failing/notes.tsv", "\nsteps_failed\t1\nsteps_not_run\t1\n");
    ams_reproduction_fini(&r);
    begin(&r, &o); /* the same again tries again */
    check_states(&r, "make-sea=W make-lake=B use-sea=W use-lake=B see-photos=B ");
    ams_reproduction_fini(&r);
}
END_TEST

START_TEST(test_stopped)
{
    ams_reproduction r;
    ams_reproduction_options o = defaults("stopping");
    int stopped = SIGTERM;
    write_steps("stop sea");
    begin(&r, &o);
    ck_assert_int_eq(ams_reproduction_run(&r, &stopped, &err), AMS_OK);
    check_states(&r, "make-sea=W make-lake=W use-sea=W use-lake=W see-photos=W ");
    ams_reproduction_fini(&r);
    stopped = false;
    begin(&r, &o);
    ck_assert_int_eq(ams_reproduction_run(&r, &stopped, &err), AMS_OK);
    ck_assert(stopped);
    check_states(&r, "make-sea=X make-lake=D use-sea=W use-lake=D see-photos=W ");
    ck_assert(!ams_exists("stopping/steps/make-sea.tsv"));
    ck_assert_int_eq(ams_reproduction_write(&r, &err), AMS_OK);
    check_file("stopping/notes.tsv", "\nsteps_failed\t0\nsteps_not_run\t3\n");
    ams_reproduction_fini(&r);
}
END_TEST

/* A number that its step's table lacks is named. */
START_TEST(test_no_number)
{
    static const char *const bad[][2] = {
        {"k=c", "x, how x, sea: out/sea.tsv: expected 1 rows with k=c, found 0"},
        {"l=a", "x, how x, sea: out/sea.tsv:1: expected a column 'l'"},
    };
    for (size_t i = 0; i < 2; i++) {
        char text[512];
        ams_reproduction r;
        ams_reproduction_options o = defaults("out");
        write_steps(SEA);
        snprintf(text, sizeof text,
                 ROWS_HEAD "x\tsea\tuse-sea\t{out}/{name}.tsv\t%s\t-\tmean\t1\t-\n", bad[i][0]);
        write_table("rows", text);
        begin(&r, &o);
        carry_out(&r);
        ck_assert_int_eq(ams_reproduction_write(&r, &err), AMS_BAD_DATA);
        ck_assert_msg(strstr(err.text, bad[i][1]) != NULL, "%s", err.text);
        ams_reproduction_fini(&r);
    }
}
END_TEST

START_TEST(test_trace_words)
{
    char *words = NULL;
    write_plain("trace.json",
                "{\"item\": \"i1\", \"scheduler\": \"s\", \"policy\": \"p\", \"recall\": 0.5,"
                "\"done_ms\": 30, \"runs\": ["
                "{\"model\": \"m1\", \"start_ms\": 0, \"end_ms\": 10.4, \"found\": []},"
                "{\"model\": \"m2\", \"start_ms\": 10, \"end_ms\": 30, \"found\": "
                "[[\"a\", 1], [\"b\", 0.25], [\"c\", 2], [\"d\", 3]]}]}");
    ck_assert_msg(ams_trace_words("trace.json", &words, &err) == AMS_OK, "%s", err.text);
    ck_assert_str_eq(words,
                     "Item i1, by s with p: m1 (10 ms) finds nothing new; m2 (20 ms) finds "
                     "a (1.00), b (0.25), c (2.00) and 1 more. Recall 0.500 of the item's "
                     "value after 30 ms.");
    free(words);
    write_plain("trace.json", "{\"item\": \"i1\"}");
    ck_assert_int_eq(ams_trace_words("trace.json", &words, &err), AMS_BAD_DATA);
    write_plain("trace.json", "{\"runs\": [");
    ck_assert_int_eq(ams_trace_words("trace.json", &words, &err), AMS_BAD_DATA);
    ck_assert_int_eq(ams_trace_words("absent.json", &words, &err), AMS_BAD_DATA);
    ck_assert_msg(strstr(err.text, "absent.json") != NULL, "%s", err.text);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_from_data_to_rows);
    tcase_add_test(tests, test_resumed);
    tcase_add_test(tests, test_scale_of_nothing);
    tcase_add_test(tests, test_a_step_fails);
    tcase_add_test(tests, test_stopped);
    tcase_add_test(tests, test_no_number);
    tcase_add_test(tests, test_trace_words);
}

int main(void)
{
    return run_suite("reproduction", add);
}
