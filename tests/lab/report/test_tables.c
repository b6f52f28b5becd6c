/* What the report refuses, and how it says so. All numbers are made up. */
#include "lab/report/data.h"

#include "tests/base/suite.h"
#include "tests/lab/report/folder.h"

#include <string.h>

static ams_error err;

/* Row 1 of a rows.tsv with this row alone. */
static ams_status read_one(ams_report_rows *rows, const char *row)
{
    char text[2048];
    snprintf(text, sizeof text, ROWS_HEADER "\n%s\n", row);
    write_text("rows.tsv", text);
    return ams_report_rows_read(rows, "rows.tsv", &err);
}

START_TEST(test_rows)
{
    ams_report_rows rows;
    ck_assert_msg(read_one(&rows, "e\tq\tsynthetic\t-\t-\t5.16\t4.9\t4.8\t5.0\tsame direction"
                                  "\t-\tams x\t1.5") == AMS_OK,
                  "%s", err.text);
    ck_assert_uint_eq(rows.n, 1);
    const ams_report_row *row = &rows.row[0];
    ck_assert_int_eq(row->set, AMS_REPORT_SYNTHETIC);
    ck_assert_int_eq(row->verdict, AMS_REPORT_SAME_DIRECTION);
    ck_assert_str_eq(row->unit, "");
    ck_assert_str_eq(row->why, "");
    ck_assert(!row->paper_low.given && row->paper_high.given);
    ck_assert_double_eq(row->ours.low.value, 4.8);
    ck_assert_double_eq(row->seconds.value, 1.5);
    ck_assert_uint_eq(row->line, 3);
    ams_report_rows_fini(&rows);
    /* Not measured. */
    ck_assert_int_eq(read_one(&rows, "e\tq\tphotos\t-\t-\t-\t-\t-\t-\tno figure\t-\t-\t-"),
                     AMS_OK);
    ams_report_rows_fini(&rows);
}
END_TEST

START_TEST(test_rows_refused)
{
    static const struct bad {
        const char *row, *expected, *found;
    } all[] = {
        {"e\tq\tphoto\t-\t1\t1\t2\t-\t-\tdiffers\t-\t-\t-", "'photos', 'synthetic'", "'photo'"},
        {"e\tq\tphotos\t-\t1\t1\t2\t-\t-\tDiffers\t-\t-\t-", "'agrees'", "'Differs'"},
        {"e\tq\tphotos\t-\t1\t1\t2x\t-\t-\tdiffers\t-\t-\t-", "decimal number", "'2x'"},
        {"e\tq\tphotos\t-\tnan\t1\t2\t-\t-\tdiffers\t-\t-\t-", "decimal number", "'nan'"},
        {"e\tq\tphotos\t-\t1\t1\t2\t1\t-\tdiffers\t-\t-\t-", "other end", "column 'ci_high'"},
        {"e\tq\tphotos\t-\t1\t1\t2\t-\t3\tdiffers\t-\t-\t-", "other end", "column 'ci_low'"},
        {"e\tq\tphotos\t-\t1\t1\t-\t1\t3\tno figure\t-\t-\t-", "the interval is of", "'-'"},
        {"e\tq\tphotos\t-\t1\t1\t2\t3\t1\tdiffers\t-\t-\t-", "not below ci_low", "swap"},
        {"e\tq\tphotos\t-\t2\t1\t2\t-\t-\tdiffers\t-\t-\t-", "not below paper_low", "swap"},
        {"e\tq\tphotos\t-\t1\t1\t-\t-\t-\tdiffers\t-\t-\t-", "verdict compares it", "'-'"},
        {"e\tq\tphotos\t-\t1\t1\t2\t-\t-\tdiffers\t-\t-\t-1", "0 or more", "'-1'"},
        {"-\tq\tphotos\t-\t1\t1\t2\t-\t-\tdiffers\t-\t-\t-", "a name", "column 'experiment'"},
        {"e\t\tphotos\t-\t1\t1\t2\t-\t-\tdiffers\t-\t-\t-", "a name", "column 'quantity'"},
        {"e\tq\xff\tphotos\t-\t1\t1\t2\t-\t-\tdiffers\t-\t-\t-", "UTF-8", "'quantity'"},
        {"e\tq\tphotos\t-\t1\t1\t2\t-\t-\tdiffers\ta\x1b[1m\t-\t-", "control", "'why'"},
        {"e\tq\tphotos\t-\t1\t1\t2\t-\t-\tdiffers\t-\t-", "13 cells", "found 12"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ams_report_rows rows;
        ck_assert_msg(read_one(&rows, all[i].row) == AMS_BAD_DATA, "%s", all[i].row);
        ck_assert_msg(strncmp(err.text, "rows.tsv:3: ", 12) == 0, "%s", err.text);
        ck_assert_msg(strstr(err.text, all[i].expected) != NULL, "%s", err.text);
        ck_assert_msg(strstr(err.text, all[i].found) != NULL, "%s", err.text);
        ck_assert_ptr_null(rows.row);
    }
}
END_TEST

START_TEST(test_columns_and_twins)
{
    ams_report_rows rows;
    write_text("rows.tsv", "experiment\tquantity\n");
    ck_assert_int_eq(ams_report_rows_read(&rows, "rows.tsv", &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "rows.tsv:1: expected a column 'set'"));
    write_text("rows.tsv",
               "extra\t" ROWS_HEADER); /* the header's other columns are all there */
    ck_assert_int_eq(ams_report_rows_read(&rows, "rows.tsv", &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "found another 'extra'"));
    write_text("rows.tsv", ROWS_HEADER "e\tq\tphotos\t-\t1\t1\t2\t-\t-\tdiffers\t-\t-\t-\n"
                                       "e\tq\tsynthetic\t-\t1\t1\t2\t-\t-\tdiffers\t-\t-\t-\n"
                                       "e\tq\tphotos\t-\t1\t1\t3\t-\t-\tdiffers\t-\t-\t-\n");
    ck_assert_int_eq(ams_report_rows_read(&rows, "rows.tsv", &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "rows.tsv:4: expected one row"));
    ck_assert_ptr_nonnull(strstr(err.text, "another on line 2"));
    ck_assert_int_eq(ams_report_rows_read(&rows, "absent.tsv", &err), AMS_IO);
}
END_TEST

START_TEST(test_joined)
{
    ams_report_data data;
    double seconds = 0;
    char figure[256];
    write_folder();
    ck_assert_msg(ams_report_data_read(&data, "run", &err) == AMS_OK, "%s", err.text);
    ck_assert_uint_eq(data.n, 2);
    ck_assert_uint_eq(data.experiment[0].n_pairs, 1);
    ck_assert_double_eq(data.experiment[0].pair[0].of[AMS_REPORT_SYNTHETIC]->ours.mean.value,
                        30.5);
    ck_assert_ptr_null(data.experiment[1].pair[0].of[AMS_REPORT_SYNTHETIC]);
    ck_assert_uint_eq(data.count[AMS_REPORT_PHOTOS][AMS_REPORT_DIFFERS], 1);
    ck_assert_uint_eq(data.count[AMS_REPORT_SYNTHETIC][AMS_REPORT_SAME_DIRECTION], 1);
    /* a, b, c, each once: 1.5 + 60 + 2; nobody measured d. */
    ck_assert_uint_eq(data.experiment[0].commands.count, 3);
    ck_assert(ams_report_seconds(&data, &data.experiment[0], &seconds));
    ck_assert_double_eq(seconds, 63.5);
    ck_assert(!ams_report_seconds(&data, &data.experiment[1], &seconds));
    const char *list = data.experiment[0].figures;
    ck_assert(ams_report_next_figure(&list, figure));
    ck_assert_str_eq(figure, "a.svg");
    ck_assert(ams_report_next_figure(&list, figure));
    ck_assert_str_eq(figure, "b.svg");
    ck_assert(!ams_report_next_figure(&list, figure));
    ck_assert_ptr_null(ams_report_note(&data, "cores"));
    ck_assert_ptr_eq(ams_report_note_experiment(&data, 3), &data.experiment[0]);
    ck_assert_ptr_null(ams_report_note_experiment(&data, 0));
    ams_report_data_fini(&data);
}
END_TEST

START_TEST(test_folder_refused)
{
    static const struct bad {
        const char *file, *text, *expected;
    } all[] = {
        {"experiments.tsv", "experiment\ttitle\tquestion\tfigures\ntime\tT\tQ\t-\n",
         "run/rows.tsv:4: column 'experiment': expected a name of run/experiments.tsv"},
        {"experiments.tsv", "experiment\ttitle\tquestion\tfigures\ntime\tT\tQ\t../a.svg\n",
         "run/experiments.tsv:2: column 'figures': expected paths of .svg files inside"},
        {"experiments.tsv", "experiment\ttitle\tquestion\tfigures\ntime\tT\tQ\ta.svg,/b.svg\n",
         "run/experiments.tsv:2: column 'figures'"},
        {"experiments.tsv", "experiment\ttitle\tquestion\tfigures\ntime\tT\tQ\tx/../../a.svg\n",
         "run/experiments.tsv:2: column 'figures'"},
        {"experiments.tsv", "experiment\ttitle\tquestion\tfigures\ntime\tT\tQ\ta.png\n",
         "run/experiments.tsv:2: column 'figures'"},
        {"experiments.tsv",
         "experiment\ttitle\tquestion\tfigures\ntime\tT\tQ\t-\ntime\tT\tQ\t-\n",
         "run/experiments.tsv:3: column 'experiment': expected a name of its own"},
        {"notes.tsv", "key\tvalue\na\t1\na\t2\n",
         "run/notes.tsv:3: column 'key': expected a key of its own"},
        {"steps.tsv", "seconds\tcommand\nx\tams a\n", "expected a number, found 'x'"},
        {"choices.tsv", CHOICES_HEADER "c\to\tphotos\tm\tms\tsmaller\t1\t-\t-\t-\n",
         "run/choices.tsv:2: column 'better': expected one of 'lower', 'higher'"},
        {"choices.tsv", CHOICES_HEADER "c\to\tphotos\tm\tms\tlower\t-\t-\t-\t-\n",
         "run/choices.tsv:2: column 'ours': expected a number"},
        {"choices.tsv",
         CHOICES_HEADER "c\to\tphotos\tm\tms\tlower\t1\t-\t-\t-\nc\tp\tphotos\tm\ts\tlower\t1"
                        "\t-\t-\t-\n",
         "run/choices.tsv:3: column 'unit'"},
        {"choices.tsv",
         CHOICES_HEADER "c\to\tphotos\tm\tms\tlower\t1\t-\t-\t-\nc\to\tphotos\tm\tms\tlower\t2"
                        "\t-\t-\t-\n",
         "run/choices.tsv:3: column 'option'"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ams_report_data data;
        char path[64];
        write_folder();
        remove("run/choices.tsv");
        snprintf(path, sizeof path, "run/%s", all[i].file);
        write_text(path, all[i].text);
        ck_assert_msg(ams_report_data_read(&data, "run", &err) == AMS_BAD_DATA, "%s",
                      all[i].text);
        ck_assert_msg(strstr(err.text, all[i].expected) != NULL, "%s", err.text);
    }
    ams_report_data data;
    ck_assert_int_eq(ams_report_data_read(&data, "nowhere", &err), AMS_IO);
}
END_TEST

START_TEST(test_choices)
{
    ams_report_choices choices;
    char phrase[AMS_REPORT_PHRASE_LONG];
    ck_assert_int_eq(ams_report_choices_read(&choices, "absent.tsv", &err), AMS_OK);
    ck_assert_uint_eq(choices.n, 0);
    write_text("choices.tsv",
               CHOICES_HEADER "scheme\ta\tphotos\ttime\tms\tlower\t30\t28\t32\t-\n"
                              "order\tx\tphotos\trecall\t%\thigher\t5\t-\t-\t-\n"
                              "scheme\tb\tphotos\ttime\tms\tlower\t10\t8\t12\t-\n"
                              "scheme\tc\tphotos\ttime\tms\tlower\t20\t11\t29\t-\n"
                              "scheme\ta\tcoco\ttime\tms\tlower\t3\t2\t4\t-\n"
                              "order\ty\tphotos\trecall\t%\thigher\t7\t-\t-\t-\n");
    ck_assert_msg(ams_report_choices_read(&choices, "choices.tsv", &err) == AMS_OK, "%s",
                  err.text);
    ck_assert_uint_eq(choices.n, 3);
    ck_assert_uint_eq(ams_report_same_choice(&choices, 0), 2);
    ck_assert_uint_eq(ams_report_same_choice(&choices, 2), 1);
    const ams_report_contest *contest = &choices.contest[0];
    ck_assert_uint_eq(contest->n, 3);
    ck_assert_str_eq(contest->option[0].option, "b");
    ck_assert_str_eq(contest->option[1].option, "c");
    ck_assert_str_eq(contest->option[2].option, "a");
    ams_report_contest_phrase(phrase, contest);
    ck_assert_ptr_nonnull(strstr(phrase, "next is c with 20"));
    ck_assert_ptr_nonnull(strstr(phrase, "the intervals overlap"));
    ams_report_contest_phrase(phrase, &choices.contest[1]);
    ck_assert_str_eq(phrase, "");
    ck_assert_str_eq(choices.contest[2].option[0].option, "y");
    ams_report_contest_phrase(phrase, &choices.contest[2]);
    ck_assert_ptr_nonnull(strstr(phrase, "no interval"));
    ams_report_choices_fini(&choices);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_rows);
    tcase_add_test(tests, test_rows_refused);
    tcase_add_test(tests, test_columns_and_twins);
    tcase_add_test(tests, test_joined);
    tcase_add_test(tests, test_folder_refused);
    tcase_add_test(tests, test_choices);
}

int main(void)
{
    return run_suite("report_tables", add);
}
