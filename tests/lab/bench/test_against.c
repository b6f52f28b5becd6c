/* Figures against a record that is written here; the figures as JSON; spreads of seeds. */
#include "lab/bench/against.h"
#include "lab/bench/precision.h"
#include "tests/base/suite.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static ams_error err;

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

/* decide at half the record's speed, update of batch 64 at twice it; of another batch, another
 * number of threads and another variant there is nothing to compare with. */
static ams_bench_row rows[] = {
    {"decide", "-", "decisions/s", 1, 1, 50, 40, 60, 100, "cache"},
    {"update", "sparse", "updates/s", 64, 2, 200, 190, 210, 400, "cache"},
    {"update", "sparse", "updates/s", 256, 2, 80, 70, 90, 160, "memory"},
    {"update", "sparse", "updates/s", 64, 1, 80, 70, 90, 160, "memory"},
    {"update", "dense", "updates/s", 64, 2, 80, 70, 90, 160, "memory"}};
static const ams_bench bench = {.row = rows, .n_rows = 5};

/* Columns in another order, and one more. */
static const char record_text[] = "commit\tfigure\tvariant\tbatch\tthreads\tmedian\tunit\n"
                                  "abc\tupdate\tsparse\t64\t2\t100\tupdates/s\n"
                                  "abc\tmachine\tcache\t1\t1\t5e9\tbytes/s\n"
                                  "def\tdecide\t-\t1\t1\t100\tdecisions/s\n"
                                  "ghi\tdecide\t-\t1\t1\t60\tdecisions/s\n";

START_TEST(by_hand)
{
    ams_bench_record record = {.column = {0}};
    ams_bench_ratio *ratio = NULL;
    size_t n = 0;
    write_text("record.tsv", record_text);
    ck_assert_int_eq(ams_bench_record_read(&record, "record.tsv", &err), AMS_OK);
    ck_assert_int_eq(ams_bench_compare(&bench, &record, 0.3, &ratio, &n, &err), AMS_OK);
    ck_assert_uint_eq(n, 3);
    ck_assert_ptr_eq(ratio[0].row, &rows[0]);
    ck_assert_double_eq_tol(ratio[0].ratio, 0.5, 1e-12);
    ck_assert_str_eq(ratio[0].commit, "def");
    ck_assert(ratio[0].slower);
    ck_assert_double_eq_tol(ratio[1].ratio, 50.0 / 60, 1e-12);
    ck_assert(!ratio[1].slower); /* a sixth slower, which the tolerance allows */
    ck_assert_ptr_eq(ratio[2].row, &rows[1]);
    ck_assert_double_eq_tol(ratio[2].ratio, 2, 1e-12);
    ck_assert_str_eq(ratio[2].commit, "abc");
    ck_assert(!ratio[2].slower);
    free(ratio);
    const ams_bench other = {.row = rows + 2, .n_rows = 3};
    ck_assert_int_eq(ams_bench_compare(&other, &record, 0.3, &ratio, &n, &err), AMS_OK);
    ck_assert_uint_eq(n, 0);
    free(ratio);
    ams_bench_record_fini(&record);
}
END_TEST

static const struct {
    const char *text, *message;
} bad[] = {
    {"figure\tvariant\tbatch\tthreads\tcommit\nwhole\t-\t1\t1\tabc\n", "median"},
    {"figure\tvariant\tbatch\tthreads\tmedian\tcommit\nwhole\t-\t1\t1\t0\tabc\n",
     "bad.tsv:2: expected a median above 0, found 0"},
    {"figure\tvariant\tbatch\tthreads\tmedian\tcommit\nwhole\t-\t1\t1\t1\tabc\nwhole\t-\t1\t1\t"
     "-2\tabc\n",
     "bad.tsv:3: expected a median above 0, found -2"},
    {"figure\tvariant\tbatch\tthreads\tmedian\tcommit\nwhole\t-\t1\t1\tfast\tabc\n", "fast"},
};

START_TEST(bad_records)
{
    ams_bench_record record = {.column = {0}};
    write_text("bad.tsv", bad[_i].text);
    ck_assert_int_eq(ams_bench_record_read(&record, "bad.tsv", &err), AMS_BAD_DATA);
    ck_assert_msg(strstr(err.text, bad[_i].message) != NULL, "%s", err.text);
    ams_bench_record_fini(&record);
    ck_assert_int_eq(ams_bench_record_read(&record, "none.tsv", &err), AMS_IO);
    ams_bench_record_fini(&record);
}
END_TEST

/* What was written reads back as a record of the same speed. */
START_TEST(written_figures)
{
    const ams_bench_origin origin = {"1.0", "abc", "a CPU", "Zen"};
    ams_result result = {.n = 0};
    ams_bench_record record = {.column = {0}};
    ams_bench_ratio *ratio = NULL;
    size_t n = 0;
    FILE *file = fopen("now.tsv", "w");
    ck_assert_ptr_nonnull(file);
    ams_bench_write(&bench, &origin, file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(ams_bench_record_read(&record, "now.tsv", &err), AMS_OK);
    ck_assert_int_eq(ams_bench_compare(&bench, &record, 0, &ratio, &n, &err), AMS_OK);
    ck_assert_uint_eq(n, 5);
    for (size_t i = 0; i < n; i++) {
        ck_assert_double_eq_tol(ratio[i].ratio, 1, 1e-12);
        ck_assert(!ratio[i].slower);
    }
    free(ratio);
    ams_bench_record_fini(&record);
    file = fopen("now.json", "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(ams_bench_result(&bench, &origin, &result, &err), AMS_OK);
    ck_assert_int_eq(ams_result_print_json(&result, file, &err), AMS_OK);
    ams_result_fini(&result);
    ck_assert_int_eq(fclose(file), 0);
    json_t *json = json_load_file("now.json", 0, NULL);
    ck_assert_ptr_nonnull(json);
    ck_assert_str_eq(json_string_value(json_object_get(json, "blas_kernel")), "Zen");
    json_t *row = json_array_get(json_object_get(json, "rows"), 1);
    ck_assert_double_eq(json_number_value(json_object_get(row, "median")), 200);
    ck_assert_str_eq(json_string_value(json_object_get(row, "bound_by")), "cache");
    json_decref(json);
}
END_TEST

START_TEST(spreads)
{
    const double value[] = {2, 4, 4, 6};
    const ams_spread s = ams_spread_of(value, 4);
    ck_assert_double_eq_tol(s.mean, 4, 1e-12);
    ck_assert_double_eq_tol(s.sd, sqrt(8.0 / 3), 1e-12); /* (4 + 0 + 0 + 4) / 3 */
    ck_assert(s.low == 2 && s.high == 6);
    const ams_spread one = ams_spread_of(value, 1);
    ck_assert(one.mean == 2 && one.sd == 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, by_hand);
    tcase_add_loop_test(tests, bad_records, 0, (int)(sizeof bad / sizeof *bad));
    tcase_add_test(tests, written_figures);
    tcase_add_test(tests, spreads);
}

int main(void)
{
    return run_suite("lab/bench/against", add);
}
