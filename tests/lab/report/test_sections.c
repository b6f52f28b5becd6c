/* Sections that are written once and come out as HTML and as Markdown: both, to the byte. */
#include "lab/report/sections.h"

#include "lab/report/phrases.h"
#include "tests/base/suite.h"
#include "tests/lab/report/folder.h"

#include <stdlib.h>
#include <string.h>

static ams_error err;

/* -- a format of a test: it marks where it is asked -- */

static void within_point(const ams_report_page *p, const ams_report_contest *contest)
{
    ams_markup_plain(&p->markup, "{%zu}", contest->n);
}

static void after_point(const ams_report_page *p, const ams_report_contest *contest)
{
    ams_markup_plain(&p->markup, "{after %s}\n", contest->option->option);
}

static void write_numbers(const ams_report_page *p, const ams_report_experiment *e)
{
    ams_markup_plain(&p->markup, "{%zu numbers}\n", e->n_pairs);
}

static ams_status write_figure(const ams_report_page *p, const ams_report_experiment *e,
                               const char *title, const char *figure, const char *path,
                               ams_error *error)
{
    ck_assert_str_eq(e->name, "time");
    ams_markup_plain(&p->markup, "{%zu: %s %s %s}\n", p->n_figures, title, figure,
                     path == NULL ? "-" : path);
    return strcmp(title, "bad") == 0 ? ams_fail(error, AMS_BAD_DATA, "no drawing") : AMS_OK;
}

static void write_commands(const ams_report_page *p, const ams_report_experiment *e)
{
    ams_markup_plain(&p->markup, "{%u commands}\n", e->commands.count);
}

static bool shows_note(const char *key)
{
    return strcmp(key, "commit") != 0;
}

static void after_note(const ams_report_page *p, const char *key)
{
    ams_markup_plain(&p->markup, "{%s}", key);
}

static void open_experiment(const ams_report_page *p, size_t i)
{
    ams_markup_plain(&p->markup, "{open %zu}\n", i);
}

static void close_experiment(const ams_report_page *p, size_t i)
{
    ams_markup_plain(&p->markup, "{close %zu}\n", i);
}

static const ams_report_form form = {
    .within_point = within_point,
    .after_point = after_point,
    .numbers = write_numbers,
    .figure = write_figure,
    .commands = write_commands,
    .shows_note = shows_note,
    .after_note = after_note,
    .open = open_experiment,
    .close = close_experiment,
};

/* -- what a section writes -- */

typedef struct section {
    void (*write)(ams_report_page *page, const void *context);
    const void *context;
    const ams_report_data *data;
} section;

static void check(const section *s, const ams_markup_form *markup, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ams_report_page page = {
        .markup = {.out = out, .form = markup}, .form = &form, .data = s->data};
    s->write(&page, s->context);
    fclose(out);
    ck_assert_str_eq(text, expected);
    free(text);
}

static void write_choices(ams_report_page *page, const void *context)
{
    (void)context;
    ams_report_choices_section(page);
}

static void write_drift(ams_report_page *page, const void *context)
{
    ams_report_drift_section(page, context);
}

static void write_run(ams_report_page *page, const void *context)
{
    (void)context;
    ams_report_command_section(page);
    ams_report_run_section(page);
}

static void write_experiment(ams_report_page *page, const void *context)
{
    ck_assert_int_eq(ams_report_experiment_section(page, *(const size_t *)context, &err),
                     AMS_OK);
}

static void read_data(ams_report_data *data)
{
    write_folder();
    write_text("run/choices.tsv",
               CHOICES_HEADER "scheme <1>\ta_b\tphotos\ttime\tms\tlower\t30\t28\t32\t-\n"
                              "scheme <1>\tc\tphotos\ttime\tms\tlower\t10\t8\t12\tagent=c\n"
                              "scheme <1>\tc\tcoco\tshare\t-\thigher\t0.5\t-\t-\t-\n"
                              "order\tx\tphotos\ttime\tms\tlower\t3\t-\t-\t-\n");
    ck_assert_msg(ams_report_data_read(data, "run", &err) == AMS_OK, "%s", err.text);
}

START_TEST(test_choices)
{
    ams_report_data data;
    read_data(&data);
    const section s = {write_choices, NULL, &data};
    check(&s, &ams_markup_html,
          "<h2 id=\"what-to-use\">What to use</h2>\n"
          "<h3 class=\"choice\">scheme &lt;1&gt;</h3>\n"
          "<p>On photos: <b>c</b>: 10 [8, 12] ms, time (next is a_b with 30 [28, 32]; the "
          "intervals do not overlap).{2}</p>\n{after c}\n"
          "<p>On coco: <b>c</b>: 0.5, share.{1}</p>\n{after c}\n"
          "<h3 class=\"choice\">order</h3>\n"
          "<p>On photos: <b>x</b>: 3 ms, time.{1}</p>\n{after x}\n");
    check(&s, &ams_markup_markdown,
          "## What to use\n\n### scheme &lt;1\\>\n\n"
          "- On photos: **c**: 10 [8, 12] ms, time; next is a\\_b with 30 \\[28, 32\\]; the "
          "intervals do not overlap.{2}\n{after c}\n"
          "- On coco: **c**: 0.5, share.{1}\n{after c}\n\n"
          "### order\n\n- On photos: **x**: 3 ms, time.{1}\n{after x}\n\n");
    ams_report_data_fini(&data);
    remove("run/choices.tsv");
    ck_assert_int_eq(ams_report_data_read(&data, "run", &err), AMS_OK);
    check(&s, &ams_markup_html, "");
    ams_report_data_fini(&data);
}
END_TEST

START_TEST(test_drift)
{
    ams_report_data data;
    read_data(&data);
    ams_report_row kept = data.rows.row[0];
    kept.verdict = AMS_REPORT_DIFFERS;
    ams_report_change change = {.kept = &kept, .now = &data.rows.row[0], .file = "f"};
    ams_report_changes changes = {
        .n_compared = 3, .n_new = 1, .moved = &change, .n_moved = 1, .n_files = 1};
    const section s = {write_drift, &changes, &data};
    const section none = {write_drift, NULL, &data};
    check(&s, &ams_markup_html,
          "<h2 id=\"drift\">What moved</h2>\n<p>Against the numbers that are kept: 3 numbers "
          "compared: 1 moved. 0 kept ones are missing here, 1 are new.</p>\n"
          "<ul>\n<li><b>saved</b> (%) of time, photos: 45.1 [43.1, 47.9], was 45.1 [43.1, "
          "47.9]; agrees, was differs</li>\n</ul>\n");
    check(
        &s, &ams_markup_markdown,
        "## What moved\n\nAgainst the numbers that are kept: 3 numbers compared: 1 moved. 0 "
        "kept ones are missing here, 1 are new.\n\n"
        "- **saved** (%) of time, photos: 45\\.1 \\[43.1, 47.9\\], was 45.1 \\[43.1, 47.9\\]; "
        "agrees, was differs\n\n");
    changes.n_moved = 0;
    check(&s, &ams_markup_markdown,
          "## What moved\n\nAgainst the numbers that are kept: 3 numbers compared: 0 moved. 0 "
          "kept ones are missing here, 1 are new.\n\n");
    check(&none, &ams_markup_html, "");
    ams_report_data_fini(&data);
}
END_TEST

START_TEST(test_run)
{
    ams_report_data data;
    read_data(&data);
    const section s = {write_run, NULL, &data};
    check(&s, &ams_markup_html,
          "<p><b>How to run it</b>:</p>\n<pre><code>ams reproduce -o DIR</code></pre>\n"
          "<h2 id=\"run\">About this "
          "reproduction</h2>\n<dl>\n<dt>scale</dt><dd>small{scale}</dd>\n"
          "<dt>seconds</dt><dd>83{seconds}</dd>\n</dl>\n");
    check(&s, &ams_markup_markdown,
          "How to run it: `ams reproduce -o DIR`\n\n"
          "## About this reproduction\n\n- scale: small{scale}\n- seconds: 83{seconds}\n\n");
    ams_report_data_fini(&data);
}
END_TEST

START_TEST(test_experiments)
{
    ams_report_data data;
    size_t i = 0;
    read_data(&data);
    remove("run/b.svg");
    const section s = {write_experiment, &i, &data};
    check(&s, &ams_markup_html,
          "{open 0}\n<h2 id=\"e1-time\">Time</h2>\n<p>How long?</p>\n{1 numbers}\n"
          "<dl class=\"wide\">\n<dt>time-photos</dt><dd>finds a dog</dd>\n</dl>\n"
          "{1: a a.svg run/a.svg}\n{2: b b.svg -}\n"
          "<p class=\"quiet\">Commit abc. Its commands took 1 min 4 s; some are shared with "
          "other experiments.</p>\n{3 commands}\n{close 0}\n");
    i = 1;
    check(&s, &ams_markup_markdown,
          "{open 1}\n## Cost &lt;b\\> &amp; \\|\n\nWhat?\n\n{1 numbers}\nCommit abc. \n\n"
          "{1 commands}\n{close 1}\n");
    ams_report_data_fini(&data);
}
END_TEST

/* A figure that cannot be written ends the report. */
START_TEST(test_bad_figure)
{
    ams_report_data data;
    write_folder();
    write_text("run/experiments.tsv", "experiment\ttitle\tquestion\tfigures\n"
                                      "time\tTime\tHow long?\tbad.svg,a.svg\ncost\tC\tW\t-\n");
    ck_assert_int_eq(ams_report_data_read(&data, "run", &err), AMS_OK);
    FILE *out = fopen("page", "w");
    ams_report_page page = {
        .markup = {.out = out, .form = &ams_markup_html}, .form = &form, .data = &data};
    ck_assert_int_eq(ams_report_experiment_section(&page, 0, &err), AMS_BAD_DATA);
    ck_assert_uint_eq(page.n_figures, 1);
    fclose(out);
    ams_report_data_fini(&data);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_choices);
    tcase_add_test(tests, test_drift);
    tcase_add_test(tests, test_run);
    tcase_add_test(tests, test_experiments);
    tcase_add_test(tests, test_bad_figure);
}

int main(void)
{
    return run_suite("report_sections", add);
}
