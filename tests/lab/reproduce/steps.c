#include "tests/lab/reproduce/steps.h"

#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/lab/reproduce/tables.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ams_error err;
char noticed[256];

static void on_notice(void *context, const char *text)
{
    (void)context;
    snprintf(noticed, sizeof noticed, "%s", text);
}

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
    if (strcmp(word[0], "stay") == 0) {
        signal(SIGTERM, SIG_IGN);
        while (!ams_exists("go")) {
            usleep(10000);
        }
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
void write_steps(const char *sea)
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

ams_reproduction_options defaults(const char *out)
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

void begin(ams_reproduction *r, const ams_reproduction_options *o)
{
    ck_assert_msg(ams_reproduction_init(r, o, &err) == AMS_OK, "%s", err.text);
    ck_assert_msg(ams_reproduction_open(r, &err) == AMS_OK, "%s", err.text);
}

void carry_out(ams_reproduction *r)
{
    int stopped = 0;
    ck_assert_msg(ams_reproduction_run(r, &stopped, &err) == AMS_OK, "%s", err.text);
    ck_assert(!stopped);
}

/* "make-sea=D use-sea=S ...", in the order of the recipe. */
void check_states(const ams_reproduction *r, const char *expected)
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

char *read_text(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    ck_assert_msg(ams_read_file(path, 1 << 20, &text, &size, &err) == AMS_OK, "%s", err.text);
    return text;
}

void check_file(const char *path, const char *part)
{
    char *text = read_text(path);
    ck_assert_msg(strstr(text, part) != NULL, "%s: no '%s' in '%s'", path, part, text);
    free(text);
}

/* 0 where there is no such file. */
size_t words_of(const char *path, const char *word)
{
    char text[4096] = "";
    FILE *file = fopen(path, "r");
    size_t n = 0;
    if (file == NULL) {
        return 0;
    }
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word)) {
        n++;
    }
    return n;
}
