#include "lab/report/markup.h"

#include "lab/report/phrases.h"

#include "tests/base/suite.h"

#include <string.h>

static char *written;
static size_t size;

static void check_writer(void (*write)(FILE *, const char *), const char *text,
                         const char *expected)
{
    FILE *out = open_memstream(&written, &size);
    write(out, text);
    fclose(out);
    ck_assert_str_eq(written, expected);
    free(written);
}

START_TEST(test_html)
{
    check_writer(ams_html_text, "<script>alert('x')</script> & \"q\"",
                 "&lt;script&gt;alert('x')&lt;/script&gt; &amp; &quot;q&quot;");
    check_writer(ams_html_text, "Größe ≥ 3", "Größe ≥ 3");
    check_writer(ams_html_id, "a b\"c/ü", "a-b-c---");
}
END_TEST

START_TEST(test_markdown)
{
    check_writer(ams_markdown_text, "a|b *c* _d_ `e` [f](g) <h> & \\ #",
                 "a\\|b \\*c\\* \\_d\\_ "
                 "\\`e\\` \\[f\\](g) "
                 "&lt;h\\> &amp; \\\\ \\#");
    /* Marks of lists count at the beginning alone. */
    check_writer(ams_markdown_text, "1. first", "1\\. first");
    check_writer(ams_markdown_text, "- 2.5", "\\- 2.5");
    check_writer(ams_markdown_text, "5.16 s - 1", "5\\.16 s - 1");
    check_writer(ams_markdown_code, "a|b", "`a|b`");
    check_writer(ams_markdown_code, "a `b` ``c", "``` a `b` ``c ```");
    check_writer(ams_markdown_path, "a b(1)/c.svg", "a%20b%281%29/c.svg");
    ams_names lines = {0};
    uint32_t index;
    FILE *out = open_memstream(&written, &size);
    ams_names_add(&lines, "ams a", 5, &index, NULL);
    ams_names_add(&lines, "ams ```", 7, &index, NULL);
    ams_markdown_block(out, &lines);
    fclose(out);
    ck_assert_str_eq(written, "````sh\nams a\nams ```\n````\n");
    free(written);
    ams_names_fini(&lines);
}
END_TEST

START_TEST(test_is_text)
{
    static const char *const good[] = {
        "", "a", "ß", "≥", "\xf0\x9f\x90\x95", "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {
        "\n",           "\x7f",     "\xc2\x85",         "\x80",
        "\xc3",         "\xc0\xaf", "\xe0\x80\xaf",     "\xed\xa0\x80",
        "\xf8\x88\x80", "\xe2\x89", "\xf4\x90\x80\x80", "\xf0\x80\x80\x80"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(ams_report_is_text(good[i]), "good %zu", i);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(!ams_report_is_text(bad[i]), "bad %zu", i);
    }
}
END_TEST

static ams_report_number number(const char *text)
{
    return (ams_report_number){strcmp(text, "-") != 0, strtod(text, NULL), text};
}

START_TEST(test_phrases)
{
    static const struct of {
        const char *mean, *low, *high, *phrase;
    } all[] = {
        {"395.71234", "387.123", "404.391", "395.7 [387.1, 404.4]"},
        {"395.71234", "295.123", "504.391", "396 [295, 504]"},
        {"0.000312", "0.000298", "0.000341", "0.000312 [0.000298, 0.000341]"},
        {"12", "11.5", "12.25", "12 [11.5, 12.25]"}, /* no digits that the file has not */
        {"-41.37", "-43.1", "-39.73", "-41.4 [-43.1, -39.7]"},
        {"5160.00", "-", "-", "5160.0"},
        {"1e-07", "-", "-", "1e-07"},
        {"0", "0", "0", "0 [0, 0]"},
        {"-", "-", "-", "not measured"},
    };
    char phrase[AMS_REPORT_PHRASE];
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ams_report_measured measured = {number(all[i].mean), number(all[i].low),
                                        number(all[i].high)};
        ams_report_measured_phrase(phrase, &measured);
        ck_assert_str_eq(phrase, all[i].phrase);
    }
    static const char *const papers[][3] = {{"5.16", "5.16", "5.16"},
                                            {"-79.3", "-65.6", "-79.3 to -65.6"},
                                            {"0.63", "-", "at least 0.63"},
                                            {"-", "3", "at most 3"},
                                            {"-", "-", "none"}};
    for (size_t i = 0; i < sizeof papers / sizeof *papers; i++) {
        ams_report_row row = {.paper_low = number(papers[i][0]),
                              .paper_high = number(papers[i][1])};
        ams_report_paper_phrase(phrase, &row);
        ck_assert_str_eq(phrase, papers[i][2]);
    }
}
END_TEST

START_TEST(test_durations)
{
    static const struct of {
        double seconds;
        const char *phrase;
    } all[] = {{0.84, "0.84 s"},     {9.98, "10 s"},       {12.2, "12 s"},
               {59.6, "1 min 0 s"},  {250, "4 min 10 s"},  {3599.7, "1 h 0 min"},
               {4980, "1 h 23 min"}, {7199.9, "2 h 0 min"}};
    char phrase[AMS_REPORT_PHRASE];
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ams_report_duration(phrase, all[i].seconds);
        ck_assert_str_eq(phrase, all[i].phrase);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_html);
    tcase_add_test(tests, test_markdown);
    tcase_add_test(tests, test_is_text);
    tcase_add_test(tests, test_phrases);
    tcase_add_test(tests, test_durations);
}

int main(void)
{
    return run_suite("report_markup", add);
}
