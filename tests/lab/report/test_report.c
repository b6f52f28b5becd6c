/* The written files, of a folder whose numbers are made up. */
#include "lab/report/report.h"

#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/lab/report/folder.h"

#include <string.h>
#include <sys/stat.h>

static ams_error err;

static void check_has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no '%s'", part);
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (; (text = strstr(text, part)) != NULL; text++) {
        n++;
    }
    return n;
}

/* Every start tag of a container is ended, in order; every id is there once and every link to
 * one leads somewhere. */
static void check_page(const char *page)
{
    static const char *const tags[] = {"html", "body", "main", "section", "table",  "tbody",
                                       "tr",   "td",   "ul",   "li",      "figure", "svg",
                                       "dl",   "nav",  "p",    "div",     "details"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        char start[2][32];
        char end[32];
        snprintf(start[0], sizeof start[0], "<%s>", tags[i]);
        snprintf(start[1], sizeof start[1], "<%s ", tags[i]);
        snprintf(end, sizeof end, "</%s>", tags[i]);
        ck_assert_msg(count(page, start[0]) + count(page, start[1]) == count(page, end), "%s",
                      tags[i]);
    }
    for (const char *at = page; (at = strstr(at, " id=\"")) != NULL; at++) {
        char id[128];
        snprintf(id, sizeof id, "%.*s", (int)(strcspn(at + 5, "\"") + 6), at);
        ck_assert_msg(count(page, id) == 1, "%s stands twice", id);
    }
    for (const char *at = page; (at = strstr(at, "href=\"#")) != NULL; at++) {
        char id[128];
        snprintf(id, sizeof id, " id=\"%.*s\"", (int)strcspn(at + 7, "\""), at + 7);
        ck_assert_msg(count(page, id) == 1, "a link leads to no%s", id);
    }
}

START_TEST(test_page)
{
    write_folder();
    ck_assert_msg(ams_report_write("run", NULL, &err) == AMS_OK, "%s", err.text);
    char *page = read_text("run/report.html");
    check_page(page);
    check_has(page, "<a href=\"#e2-cost\">Cost &lt;b&gt; &amp; |</a>");
    check_has(page, "<b>45.1</b> <span class=\"ci\">[43.1, 47.9]</span> "
                    "<span class=\"verdict agrees\">agrees</span>");
    check_has(page, "data-label=\"Papers\">40 to 50</td>");
    check_has(page, "data-label=\"Papers\">at least 3</td>");
    check_has(page, "<i>photos:</i> why a");
    check_has(page, "Commit abc. Its commands took 1 min 4 s; some are shared with other "
                    "experiments.");
    check_has(page, "<dt>time-photos</dt><dd>finds a dog</dd>");
    check_has(page, "id=\"f1-dot\"");
    check_has(page, "id=\"f2-dot\"");
    check_has(page, "<use href=\"#f2-dot\" x=\"1\">");
    check_has(page, "prefers-color-scheme: dark");
    /* Nothing comes from elsewhere and nothing runs. */
    ck_assert_uint_eq(count(page, "http:") + count(page, "https:") + count(page, "<script") +
                          count(page, "src=") + count(page, "@import"),
                      0);
    /* Neither are there sections without content. */
    ck_assert_uint_eq(count(page, "What moved") + count(page, "What to use"), 0);
    free(page);
    char *markdown = read_text("run/report.md");
    check_has(markdown, "| Time | saved (%) | 40 to 50 | 45.1 [43.1, 47.9] | agrees | "
                        "30.5 [29, 31] | same direction |\n");
    check_has(markdown, "## Cost &lt;b\\> &amp; \\|\n");
    check_has(markdown, "- saved; synthetic: why b\n");
    check_has(markdown, "![a](a.svg)");
    check_has(markdown, "```sh\nams a\nams b\nams c\n```\n");
    check_has(markdown, "| both | 1 | 1 | 1 | 0 |\n");
    free(markdown);
}
END_TEST

START_TEST(test_one_set)
{
    write_folder();
    write_text("run/rows.tsv",
               ROWS_HEADER "time\tsaved\tsynthetic\t%\t40\t50\t30.5\t-\t-\tdiffers\t-\t-\t-\n");
    remove("run/b.svg");
    ck_assert_msg(ams_report_write("run", NULL, &err) == AMS_OK, "%s", err.text);
    char *page = read_text("run/report.html");
    check_page(page);
    ck_assert_uint_eq(count(page, "Photos"), 0);
    check_has(page, "This reproduction has no number of this experiment.");
    check_has(page, "This figure is missing.");
    free(page);
    char *markdown = read_text("run/report.md");
    check_has(markdown,
              "|---|---|---|---|---|\n| Time | saved (%) | 40 to 50 | 30.5 | differs |\n");
    check_has(markdown, "The figure `b.svg` is missing.");
    free(markdown);
}
END_TEST

/* "saved, coco" is "saved" on coco where there is such data; equal sentences are said once. */
START_TEST(test_data_in_one_line)
{
    write_folder();
    write_text("run/rows.tsv", ROWS_HEADER
               "time\tsaved, at 1.0, coco\tsynthetic\t%\t40\t50\t45\t-\t-\tagrees\tone\t-\t-\n"
               "time\tsaved, at 1.0, voc\tsynthetic\t%\t40\t50\t30\t-\t-\tdiffers\ttwo\t-\t-\n"
               "time\tsaved, at 1.0, other\tsynthetic\t%\t40\t50\t7\t-\t-\tdiffers\t-\t-\t-\n"
               "time\tsaved, at 1.0\tphotos\t%\t40\t50\t46\t-\t-\tagrees\tone\t-\t-\n"
               "time\tsaved, at 1.0, voc\tphotos\t%\t40\t50\t47\t-\t-\tagrees\tone\t-\t-\n"
               "time\tsaved, at 1.0\tsynthetic\t%\t40\t51\t48\t-\t-\tagrees\tone\t-\t-\n");
    write_text("run/notes.tsv", "key\tvalue\nscale\tsmall\ndata_coco\tx\ndata_voc\ty\n");
    ck_assert_msg(ams_report_write("run", NULL, &err) == AMS_OK, "%s", err.text);
    char *markdown = read_text("run/report.md");
    check_has(markdown,
              "| Time | saved, at 1.0 (%) | 40 to 50 | 46 | agrees | coco 45<br>voc 30 | "
              "agrees<br>differs |\n");
    check_has(markdown, "| Time | saved, at 1.0, other (%) | 40 to 50 | - | | 7 | differs |\n");
    check_has(markdown, "| Time | saved, at 1.0 (%) | 40 to 50 | voc 47 | agrees | - | |\n");
    check_has(markdown, "| Time | saved, at 1.0 (%) | 40 to 51 | - | | 48 | agrees |\n");
    check_has(markdown, "- saved, at 1.0; photos, coco: one\n- saved, at 1.0; voc: two\n");
    free(markdown);
    char *page = read_text("run/report.html");
    check_page(page);
    check_has(page, "<div><span class=\"data\">coco</span> <b>45</b>");
    check_has(page, "<i>photos, coco:</i> one");
    free(page);
}
END_TEST

START_TEST(test_results)
{
    write_folder();
    write_text("run/choices.tsv",
               CHOICES_HEADER "scheme\tone\tphotos\ttime to recall 1.0\tms\tlower\t30\t28\t32\t"
                              "agent=one\n"
                              "scheme\ttwo\tphotos\ttime to recall 1.0\tms\tlower\t10\t8\t12\t"
                              "agent=two\n");
    ck_assert_msg(ams_report_results("run", "RESULTS.md", &err) == AMS_OK, "%s", err.text);
    char *results = read_text("RESULTS.md");
    check_has(results,
              "- On photos: **two**: 10 [8, 12] ms, time to recall 1.0; next is one with "
              "30 \\[28, 32\\]; the intervals do not overlap. To get it: `agent=two`\n");
    check_has(results, "| Time | saved (%) | 40 to 50 | 45.1 [43.1, 47.9] | agrees |");
    free(results);
    ck_assert_int_eq(ams_report_write("run", NULL, &err), AMS_OK);
    char *page = read_text("run/report.html");
    check_page(page);
    check_has(page, "<p>On photos: <b>two</b>: 10 [8, 12] ms, time to recall 1.0");
    free(page);
    remove("run/choices.tsv");
}
END_TEST

/* What is there before a failure stays. */
START_TEST(test_failure)
{
    write_folder();
    write_text("run/report.html", "before");
    write_text("run/report.md", "before");
    write_text("run/b.svg", "<svg viewBox='0 0 1 1'><script/></svg>");
    ck_assert_int_eq(ams_report_write("run", NULL, &err), AMS_BAD_DATA);
    check_has(err.text, "run/b.svg:1: expected a drawing alone, found the element 'script'");
    char *page = read_text("run/report.html");
    char *markdown = read_text("run/report.md");
    ck_assert_str_eq(page, "before");
    ck_assert_str_eq(markdown, "before");
    free(page);
    free(markdown);
    ck_assert_int_eq(ams_report_write("nowhere", NULL, &err), AMS_IO);
    ck_assert_int_eq(ams_report_results("run", "nowhere/RESULTS.md", &err), AMS_IO);
}
END_TEST

static char *drift(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    ck_assert_msg(ams_report_drift("run", "kept", out, &err) == AMS_OK, "%s", err.text);
    fclose(out);
    return text;
}

START_TEST(test_drift)
{
    write_folder();
    mkdir("kept", 0777);
    write_text("kept/papers.tsv", "other\tcolumns\n"); /* of no scale: not read */
    char *text = drift();
    check_has(text, "no numbers of this scale are kept");
    free(text);
    write_text("kept/small.tsv", ROWS);
    text = drift();
    check_has(text, "3 numbers compared: 0 moved. 0 kept ones are missing here, 0 are new.");
    free(text);
    /* At the interval's end; outside; another verdict; without an interval; absent; new. */
    write_text("kept/small.tsv", ROWS_HEADER
               "time\tsaved\tphotos\t%\t40\t50\t44\t42\t45.123\tagrees\t-\t-\t-\n"
               "time\tsaved\tsynthetic\t%\t40\t50\t31.5\t31\t32\tagrees\t-\t-\t-\n"
               "time\tother\tsynthetic\t%\t40\t50\t31.5\t31\t32\tagrees\t-\t-\t-\n");
    write_text("kept/small-cost.tsv",
               ROWS_HEADER "cost\tms\tphotos\tms\t3\t-\t2.500001\t-\t-\tdiffers\t-\t-\t-\n");
    text = drift();
    check_has(text, "3 numbers compared: 1 moved. 1 kept ones are missing here, 0 are new.");
    check_has(text, "  time: saved (%), synthetic: 30.5 [29, 31], was 31.5 [31, 32]; same "
                    "direction, was agrees (kept/small.tsv:3)\n");
    free(text);
    ck_assert_int_eq(ams_report_write("run", "kept", &err), AMS_OK);
    char *page = read_text("run/report.html");
    check_page(page);
    check_has(page, "<h2 id=\"drift\">What moved</h2>");
    check_has(page, "of time, synthetic: 30.5 [29, 31], was 31.5 [31, 32]");
    free(page);
    write_text("kept/small-cost.tsv",
               ROWS_HEADER "cost\tms\tphotos\tms\t3\t-\t2.5001\t-\t-\tdiffers\t-\t-\t-\n");
    text = drift();
    check_has(text, "3 numbers compared: 2 moved.");
    free(text);
    remove("kept/small-cost.tsv");
    text = drift();
    check_has(text, "2 numbers compared: 1 moved. 1 kept ones are missing here, 1 are new.");
    free(text);
    ck_assert_int_eq(ams_report_drift("run", "nowhere", stderr, &err), AMS_IO);
    write_text("run/notes.tsv", "key\tvalue\n");
    ck_assert_int_eq(ams_report_drift("run", "kept", stderr, &err), AMS_BAD_DATA);
    check_has(err.text, "key 'scale'");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_page);
    tcase_add_test(tests, test_one_set);
    tcase_add_test(tests, test_data_in_one_line);
    tcase_add_test(tests, test_results);
    tcase_add_test(tests, test_failure);
    tcase_add_test(tests, test_drift);
}

int main(void)
{
    return run_suite("report", add);
}
