/* Reproductions in a folder. Steps are functions of the forked test, not programs:
 *
 *   make PATH ...   writes a table to PATH, k=a with mean 0.06, 0.05 to 0.07
 *   fail CODE       prints "no luck" and ends with the code
 *   stop            sends SIGTERM to the reproduction and waits to be stopped */
#include "lab/reproduce/reproduce.h"

#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/lab/reproduce/tables.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static ams_error err;
static char noticed[256];

static void on_notice(void *context, const char *text)
{
    (void)context;
    snprintf(noticed, sizeof noticed, "%s", text);
}

/* -- steps -- */

/* What the next process is to do. */
typedef struct acting {
    char *const *word;
} acting;

static int act(void *context)
{
    char *const *word = ((const acting *)context)->word;
    FILE *order = fopen("order.txt", "a");
    if (order == NULL) {
        return 9;
    }
    fprintf(order, "%s ", word[1]);
    fclose(order);
    if (strcmp(word[0], "fail") == 0) {
        fprintf(stderr, "first line\nno luck\n");
        return atoi(word[2]);
    }
    if (strcmp(word[0], "stop") == 0) {
        sigset_t term;
        int number = 0;
        sigemptyset(&term);
        sigaddset(&term, SIGTERM);
        kill(getppid(), SIGTERM);
        return sigwait(&term, &number); /* it ends well, and still counts as stopped */
    }
    FILE *file = fopen(word[1], "w");
    if (file == NULL) {
        return 9;
    }
    fputs("k\tmean\tlow\thigh\nb\t1\t1\t1\na\t0.06\t0.05\t0.07\n", file);
    return fclose(file);
}

static ams_status spawn(void *context, const ams_recipe_step *step, ams_child *child,
                        ams_error *error)
{
    static acting next;
    (void)error;
    ck_assert_str_eq((const char *)context, "mine");
    ck_assert_str_eq(child->argv[0], "ams");
    ck_assert_str_eq(child->argv[1], step->word[0]);
    ck_assert_ptr_null(child->argv[step->n_words + 1]);
    child->body = act;
    next.word = child->argv + 1;
    child->context = &next;
    return AMS_OK;
}

/* Data of sea and lake, numbers of both, and a look at the photos that nothing else needs. */
static void write_steps(const char *sea)
{
    char text[1024];
    write_recipe();
    snprintf(text, sizeof text,
             STEPS_HEAD "make-sea\tsea\t-\t-\t%s\n"
                        "make-lake\tlake\t-\t-\tmake {out}/work/lake {name}\n"
                        "use-{name}\tsea lake\tmake-{name}\t-\tmake {out}/{name}.tsv it's\n"
                        "see-photos\tphotos\t-\t-\tmake {out}/photos.tsv\n",
             sea);
    write_table("steps", text);
    write_table("rows", ROWS_HEAD
                "x\tsea lake\tuse-{name}\t{out}/{name}.tsv\tk=a\t-\tmean,low,high\t1\tx100\n"
                "y_photos\tphotos\tsee-photos\t{out}/photos.tsv\tk=b\t-\tmean\t1\tx10\n");
    write_table("figures", "experiment\tfor\tstep\tfile\ntwo\tphotos\tsee-photos\ta.svg\n"
                           "one\tsea\tuse-sea\tb.svg\n");
    write_table("seconds",
                "step\tseconds\nmake-lake\t1\nuse-lake\t10\nmake-sea\t2\nuse-sea\t3\n");
    remove("order.txt");
}

#define SEA "make {out}/work/sea {name}"

static ams_reproduction_options defaults(const char *out)
{
    static char mine[] = "mine";
    ams_reproduction_options o = {.recipe = small_recipe(),
                                  .side_by_side = 1,
                                  .command = "ams reproduce",
                                  .version = "1.2",
                                  .commit = "abc",
                                  .spawn = spawn,
                                  .context = mine,
                                  .progress = {.notice = on_notice}};
    o.recipe.out = out;
    return o;
}

static void begin(ams_reproduction *r, const ams_reproduction_options *o)
{
    ck_assert_msg(ams_reproduction_init(r, o, &err) == AMS_OK, "%s", err.text);
    ck_assert_msg(ams_reproduction_open(r, &err) == AMS_OK, "%s", err.text);
}

static void carry_out(ams_reproduction *r)
{
    int stopped = 0;
    ck_assert_msg(ams_reproduction_run(r, &stopped, &err) == AMS_OK, "%s", err.text);
    ck_assert(!stopped);
}

/* "make-sea=D use-sea=S ...", in the order of the recipe. */
static void check_states(const ams_reproduction *r, const char *expected)
{
    static const char letters[] = {'U', 'W', 'R', 'X', 'D', 'B', 'F', 'S'};
    char found[512] = "";
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        size_t used = strlen(found);
        snprintf(found + used, sizeof found - used, "%s=%c ", r->recipe.step[s].name,
                 letters[r->step[s].state]);
    }
    ck_assert_str_eq(found, expected);
}

static char *read_file(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    ck_assert_msg(ams_read_file(path, 1 << 20, &text, &size, &err) == AMS_OK, "%s", err.text);
    return text;
}

static void check_file(const char *path, const char *part)
{
    char *text = read_file(path);
    ck_assert_msg(strstr(text, part) != NULL, "%s: no '%s' in '%s'", path, part, text);
    free(text);
}

/* -- tests -- */

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
    bool done = false;
    begin(&r, o);
    carry_out(&r);
    for (size_t s = 0; s < r.recipe.n_steps; s++) {
        ck_assert(ams_reproduction_has(&r, s)); /* here or elsewhere */
    }
    ck_assert_int_eq(ams_reproduction_finish(&r, write_tables, &r, &stopped, &done, &err),
                     AMS_OK);
    ams_reproduction_fini(&r);
    return 0;
}

static size_t words_of(const char *path, const char *word)
{
    char text[4096] = "";
    FILE *file = fopen(path, "r");
    size_t n = 0;
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word)) {
        n++;
    }
    return n;
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
    ck_assert(ams_exists("shared/rows.tsv"));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, processes_share_the_steps);
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
