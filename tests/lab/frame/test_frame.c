/* Tables of results: each writer against text written by hand, JSON and TSV also against
 * readers that this project did not write them with. */
#include "ams/frame.h"
#include "base/tsv.h"
#include "tests/base/suite.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static ams_error err;

static const ams_column columns[] = {
    {.name = "policy", .meaning = "what was scored", .head = "policy"},
    {.name = "time_ms",
     .meaning = "mean time per item, ms",
     .digits = AMS_DECIMALS(3),
     .head = "time",
     .width = 8,
     .shown = AMS_DECIMALS(1)},
    {.name = "ci_low",
     .digits = AMS_SIGNIFICANT(3),
     .head = "95 %",
     .width = -8,
     .shown = AMS_SIGNED_DECIMALS(2),
     .before = "[",
     .after = ","},
    {.name = "ci_high",
     .json = "range.high",
     .head = "",
     .width = -6,
     .shown = AMS_DECIMALS(2),
     .after = "]",
     .absent = "?]"},
    {.name = "share",
     .json = "range.share",
     .head = "share",
     .width = 7,
     .scale = 100,
     .shown = AMS_DECIMALS(1),
     .after = " %"},
    {.name = "runs", .json = "", .head = "", .width = 6, .yes = "runs", .no = "linked"},
    {.json = "n", .meaning = "not in TSV"},
    {.head = "note", .width = -6, .absent = "", .json = ""},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static ams_frame *fill(ams_result *r)
{
    ams_frame *f = NULL;
    ck_assert_int_eq(ams_result_add_frame(r, "rows", columns, COLUMNS, &f, &err), AMS_OK);
    char name[] = "fixed"; /* overwritten below: the frame has a copy */
    ck_assert_int_eq(AMS_FRAME_ADD(f, &err, ams_cell_text(name), ams_cell_real(1.0 / 3),
                                   ams_cell_real(-0.125), ams_cell_real(12),
                                   ams_cell_real(0.255), ams_cell_flag(true), ams_cell_count(7),
                                   ams_cell_none()),
                     AMS_OK);
    memset(name, 'x', sizeof name - 1);
    ck_assert_int_eq(
        AMS_FRAME_ADD(f, &err, ams_cell_text("größte|x"), ams_cell_real((double)INFINITY),
                      ams_cell_real((double)NAN), ams_cell_real((double)NAN), ams_cell_none(),
                      ams_cell_flag(false), ams_cell_count(UINT32_MAX), ams_cell_text("best")),
        AMS_OK);
    return f;
}

/* What `print` writes into a stream; free() it. */
typedef void print_fn(const ams_frame *frame, FILE *stream);
static char *printed(print_fn *print, const ams_frame *frame)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    print(frame, stream);
    fclose(stream);
    return text;
}

/* A fraction of a cent, an ordinary time, and what fits into no column. */
START_TEST(costs_have_digits_for_their_size)
{
    static const ams_column costs[] = {{.name = "time_ms",
                                        .digits = AMS_COST(3),
                                        .head = "time_ms",
                                        .width = 9,
                                        .shown = AMS_COST(1)}};
    const struct {
        double cost[2];
        const char *shown, *tsv;
    } of[] = {{{0.25, 12.345}, "  time_ms\n      0.2\n     12.3\n", "0.250\n12.345\n"},
              {{3e-5, 0}, "  time_ms\n    3e-05\n        0\n", "0.00003000\n0.00000000\n"},
              {{2.5e12, 1}, "  time_ms\n  2.5e+12\n        1\n", "2500000000000.000\n1.000\n"}};
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        ams_result r = {.n = 0};
        ams_frame *f = NULL;
        char tsv[64] = "";
        ck_assert_int_eq(ams_result_add_frame(&r, "rows", costs, 1, &f, &err), AMS_OK);
        ck_assert_int_eq(AMS_FRAME_ADD(f, &err, ams_cell_real(of[k].cost[0])), AMS_OK);
        ck_assert_int_eq(AMS_FRAME_ADD(f, &err, ams_cell_real(of[k].cost[1])), AMS_OK);
        char *text = printed(ams_frame_print, f);
        ck_assert_str_eq(text, of[k].shown);
        free(text);
        ck_assert_int_eq(ams_frame_write_tsv(f, NULL, "c.tsv", &err), AMS_OK);
        FILE *stream = fopen("c.tsv", "r");
        ck_assert(stream != NULL && fgets(tsv, sizeof tsv, stream) != NULL);
        ck_assert_uint_gt(fread(tsv, 1, sizeof tsv - 1, stream), 0);
        ck_assert_str_eq(tsv, of[k].tsv);
        fclose(stream);
        ck_assert_int_eq(ams_frame_set_unit(f, "ms", &err), AMS_OK);
        ck_assert_str_eq(f->column[0].head, "time_ms");
        ck_assert_int_eq(ams_frame_set_unit(f, "usd", &err), AMS_OK);
        ck_assert_str_eq(f->column[0].head, "cost_usd");
        ams_result_fini(&r);
    }
}
END_TEST

START_TEST(terminal)
{
    ams_result r = {.n = 0};
    const ams_frame *f = fill(&r);
    char *text = printed(ams_frame_print, f);
    ck_assert_str_eq(text, "policy       time 95 %              share        note\n"
                           "fixed         0.3 [-0.12,  12.00]  25.5 %   runs\n"
                           "größte|x        - -        ?]           - linked best\n");
    free(text);
    ams_result_fini(&r);
}
END_TEST

static void second_first(const ams_frame *frame, FILE *stream)
{
    static const uint32_t order[] = {1, 0, 1};
    ams_frame_print_order(frame, order, 3, stream);
}

static void last(const ams_frame *frame, FILE *stream)
{
    ams_frame_print_rows(frame, 1, 1, stream);
}

/* Lines of the whole table, in another order and in part. */
START_TEST(terminal_order)
{
    ams_result r = {.n = 0};
    const ams_frame *f = fill(&r);
    char *whole = printed(ams_frame_print, f);
    char *order = printed(second_first, f);
    char *part = printed(last, f);
    char *line[3];
    char expected[512];
    line[0] = strtok(whole, "\n");
    line[1] = strtok(NULL, "\n");
    line[2] = strtok(NULL, "\n");
    snprintf(expected, sizeof expected, "%s\n%s\n%s\n%s\n", line[0], line[2], line[1], line[2]);
    ck_assert_str_eq(order, expected);
    snprintf(expected, sizeof expected, "%s\n%s\n", line[0], line[2]);
    ck_assert_str_eq(part, expected);
    free(whole);
    free(order);
    free(part);
    ams_result_fini(&r);
}
END_TEST

START_TEST(markdown)
{
    ams_result r = {.n = 0};
    char *text = printed(ams_frame_print_markdown, fill(&r));
    ck_assert_str_eq(text, "| policy | time | 95 % |  | share |  | note |\n"
                           "|---|---:|---|---|---:|---:|---|\n"
                           "| fixed | 0.3 | [-0.12, | 12.00] | 25.5 % | runs |  |\n"
                           "| größte\\|x | - | - | ?] | - | linked | best |\n");
    free(text);
    ams_result_fini(&r);
}
END_TEST

START_TEST(tsv)
{
    static const char *const expected[3][6] = {
        {"policy", "time_ms", "ci_low", "ci_high", "share", "runs"},
        {"fixed", "0.333", "-0.125", "12", "0.255", "yes"},
        {"größte|x", "-", "-", "-", "-", "no"}};
    ams_result r = {.n = 0};
    ams_tsv table = {0};
    ck_assert_int_eq(ams_frame_write_tsv(fill(&r), NULL, "a.tsv", &err), AMS_OK);
    ck_assert_int_eq(ams_tsv_read(&table, "a.tsv", &err), AMS_OK);
    ck_assert_uint_eq(table.n_columns, 6);
    ck_assert_uint_eq(table.n_rows, 2);
    for (size_t c = 0; c < 6; c++) {
        ck_assert_uint_eq(ams_tsv_column(&table, expected[0][c]), c);
        ck_assert_str_eq(ams_tsv_cell(&table, 0, c), expected[1][c]);
        ck_assert_str_eq(ams_tsv_cell(&table, 1, c), expected[2][c]);
    }
    ck_assert_int_eq(ams_frame_write_tsv(ams_result_frame(&r, "rows"), "none", "a.tsv", &err),
                     AMS_IO);
    ams_tsv_fini(&table);
    ams_result_fini(&r);
}
END_TEST

START_TEST(json)
{
    ams_result r = {.n = 0};
    char *text = NULL;
    size_t size = 0;
    ck_assert_int_eq(AMS_RESULT_FACTS(&r, &err, {"split", ams_cell_text("test")},
                                      {"of.items", ams_cell_count(5)},
                                      {"of.models", ams_cell_none()}),
                     AMS_OK);
    (void)fill(&r);
    ck_assert_int_eq(AMS_RESULT_FACTS(&r, &err, {"last", ams_cell_flag(true)}), AMS_OK);
    FILE *stream = open_memstream(&text, &size);
    ck_assert_int_eq(ams_result_print_json(&r, stream, &err), AMS_OK);
    fclose(stream);
    ck_assert_int_eq(text[size - 1], '\n');
    json_t *expected =
        json_pack("{s:s, s:{s:i, s:n}, s:[{s:s, s:f, s:f, s:{s:f, s:f}, s:i},"
                  "{s:s, s:n, s:n, s:{s:n, s:n}, s:I}], s:b}",
                  "split", "test", "of", "items", 5, "models", "rows", "policy", "fixed",
                  "time_ms", 1.0 / 3, "ci_low", -0.125, "range", "high", 12.0, "share", 0.255,
                  "n", 7, "policy", "größte|x", "time_ms", "ci_low", "range", "high", "share",
                  "n", (json_int_t)UINT32_MAX, "last", 1);
    json_t *found = json_loads(text, 0, NULL);
    ck_assert_int_eq(json_equal(found, expected), 1);
    /* In the order in which they were added. */
    ck_assert(strstr(text, "\"split\"") < strstr(text, "\"rows\""));
    ck_assert(strstr(text, "\"rows\"") < strstr(text, "\"last\""));
    json_decref(found);
    json_decref(expected);
    free(text);
    ams_result_fini(&r);
}
END_TEST

START_TEST(look_up)
{
    ams_result r = {.n = 0};
    ams_frame *f = fill(&r);
    ck_assert_int_eq(AMS_RESULT_FACTS(&r, &err, {"split", ams_cell_text("test")}), AMS_OK);
    ck_assert_ptr_eq(ams_result_frame(&r, "rows"), f);
    ck_assert_ptr_null(ams_result_frame(&r, "split"));
    ck_assert_ptr_null(ams_result_fact(&r, "rows"));
    ck_assert_str_eq(ams_result_fact(&r, "split")->as.text, "test");
    ck_assert_double_eq(ams_frame_cell(f, 0, "share")->as.real, 0.255);
    ck_assert_ptr_null(ams_frame_cell(f, 2, "share"));
    ck_assert_ptr_null(ams_frame_cell(f, 0, "shares"));
    ams_result_fini(&r);
}
END_TEST

/* A head that is known only now belongs to this frame alone. */
START_TEST(other_head)
{
    ams_result r = {.n = 0};
    ams_frame *f = fill(&r);
    char head[] = "seconds";
    ck_assert_int_eq(ams_frame_set_head(f, 1, "minutes", &err), AMS_OK);
    ck_assert_int_eq(ams_frame_set_head(f, 1, head, &err), AMS_OK);
    head[0] = 'x';
    char *text = printed(ams_frame_print, f);
    ck_assert_str_eq(strtok(text, "\n"),
                     "policy    seconds 95 %              share        note");
    ck_assert_str_eq(columns[1].head, "time");
    free(text);
    ams_result_fini(&r);
}
END_TEST

/* A row that is too short is no row. */
START_TEST(wrong_length)
{
    ams_result r = {.n = 0};
    ams_frame *f = fill(&r);
    ck_assert_int_eq(AMS_FRAME_ADD(f, &err, ams_cell_text("short")), AMS_BACKEND);
    ck_assert_str_eq(err.text, "a row of 1 cells in a table of 8 columns");
    ck_assert_uint_eq(f->n_rows, 2);
    ams_result_fini(&r);
}
END_TEST

/* Text that is not UTF-8 makes no JSON, and the message says so. */
START_TEST(json_not_utf8)
{
    static const ams_column one[] = {{.name = "name"}};
    ams_result r = {.n = 0};
    ams_frame *f = NULL;
    char *text = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_result_add_frame(&r, "rows", one, 1, &f, &err), AMS_OK);
    ck_assert_int_eq(AMS_FRAME_ADD(f, &err, ams_cell_text("\xff")), AMS_OK);
    FILE *stream = open_memstream(&text, &size);
    ck_assert_int_eq(ams_result_print_json(&r, stream, &err), AMS_BACKEND);
    fclose(stream);
    ck_assert_uint_eq(size, 0);
    free(text);
    ams_result_fini(&r);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, costs_have_digits_for_their_size);
    tcase_add_test(tests, terminal);
    tcase_add_test(tests, terminal_order);
    tcase_add_test(tests, markdown);
    tcase_add_test(tests, tsv);
    tcase_add_test(tests, json);
    tcase_add_test(tests, look_up);
    tcase_add_test(tests, other_head);
    tcase_add_test(tests, wrong_length);
    tcase_add_test(tests, json_not_utf8);
}

int main(void)
{
    return run_suite("frame", add);
}
