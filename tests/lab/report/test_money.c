/* The report of a folder of `ams budget`: cells of its two tables, in both forms. */
#include "base/file.h"
#include "lab/report/money.h"
#include "lab/report/report.h"
#include "tests/base/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ams_error err;

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static const char area[] =
    "policy\tseed\tarea\tcost_of_single\tsingle\tsingle_cost\tsingle_score\n"
    "exact\t1\t0.8\t3.25\tsingle:a|b\t10\t0.75\n"
    "cascade\t1\t0.7\t-\tsingle:a|b\t10\t0.75\n";

static void write_folder(const char *cost)
{
    char curve[512];
    snprintf(curve, sizeof curve,
             "policy\tseed\tbudget\tcost\tscore\n"
             "single:a|b\t1\t-\t10\t0.75\n"
             "exact\t1\t2\t%s\t0.81254\n"
             "exact\t1\t5\t4.98765\t0.9\n"
             "exact-prices\t1\t-\t3\t0.8\n"
             "cascade\t1\t5\t5.01\t0.7\n",
             cost);
    ck_assert_int_eq(ams_make_directories("study/plots", &err), AMS_OK);
    put("study/curve.tsv", curve);
    put("study/area.tsv", area);
}

static void expect(const char *path, const char *words, bool there)
{
    char *text = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_read_file(path, 1 << 20, &text, &size, &err), AMS_OK);
    ck_assert_msg((strstr(text, words) != NULL) == there, "%s: %s\n%s", path, words, text);
    free(text);
}

START_TEST(test_page)
{
    write_folder("1.99");
    ck_assert(ams_report_is_money("study"));
    ck_assert_msg(ams_report_write("study", NULL, &err) == AMS_OK, "%s", err.text);
    expect("study/report.md",
           "| budget | exact | cascade |\n|---|---|---|\n"
           "| 2 | 0.8125 for 1.99 | - |\n"
           "| 5 | 0.9000 for 4.988 | 0.7000 for 5.01 |\n",
           true);
    expect("study/report.md", "| exact | 0.8000 | 3.25 |\n| cascade | 0.7000 | no cost |\n",
           true);
    expect("study/report.md", "| a\\|b | 0.7500 | 10 |\n", true);
    expect("study/report.md", "`ams plot DIR`", true);
    expect("study/report.html", "<td>0.8125 for 1.99</td><td>-</td>", true);
    expect("study/report.html", "<svg", false);
    put("study/plots/score-cost.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 "
                                      "9 9\"><path d=\"M0 0\"/></svg>");
    ck_assert_msg(ams_report_write("study", NULL, &err) == AMS_OK, "%s", err.text);
    expect("study/report.html", "<path d=\"M0 0\"></path>", true);
    expect("study/report.md", "](plots/score-cost.svg)", true);
}
END_TEST

/* What cannot be read or drawn leaves the pages of before. */
START_TEST(test_refused)
{
    write_folder("1.99");
    ck_assert_int_eq(ams_report_write("study", NULL, &err), AMS_OK);
    write_folder("dear");
    ck_assert_int_eq(ams_report_write("study", NULL, &err), AMS_BAD_DATA);
    ck_assert_msg(strstr(err.text, "study/curve.tsv: row 2, column 'cost'") != NULL, "%s",
                  err.text);
    write_folder("1.5");
    put("study/plots/score-cost.svg", "<svg viewBox=\"0 0 9 9\"><script/></svg>");
    ck_assert_int_eq(ams_report_write("study", NULL, &err), AMS_BAD_DATA);
    expect("study/report.md", "0.8125 for 1.99", true);
    put("study/area.tsv", "policy\tarea\n");
    ck_assert_int_eq(ams_report_write("study", NULL, &err), AMS_BAD_DATA);
    ck_assert_msg(strstr(err.text, "cost_of_single") != NULL, "%s", err.text);
    ck_assert_int_eq(remove("study/area.tsv"), 0);
    ck_assert(!ams_report_is_money("study"));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_page);
    tcase_add_test(tests, test_refused);
}

int main(void)
{
    return run_suite("report_money", add);
}
