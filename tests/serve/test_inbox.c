/* Bytes to lines in any pieces, texts as JSON, quantiles against sorted values. */
#include "serve/histogram.h"
#include "serve/inbox.h"
#include "tests/base/suite.h"

#include "base/rng.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

/* All lines of `bytes` sent in pieces, "<" and ">" around each; "!" for an oversized one. */
static void cut(const char *bytes, size_t size, size_t piece, char *found)
{
    ams_inbox inbox = {.most = 8};
    *found = '\0';
    for (size_t at = 0; at < size; at += piece) {
        ck_assert(ams_inbox_push(&inbox, bytes + at, size - at < piece ? size - at : piece));
        const char *line = NULL;
        size_t n = 0;
        ams_inbox_found what = AMS_INBOX_NONE;
        while ((what = ams_inbox_next(&inbox, &line, &n)) != AMS_INBOX_NONE) {
            size_t used = strlen(found);
            snprintf(found + used, 200 - used, what == AMS_INBOX_LINE ? "<%.*s>" : "!", (int)n,
                     what == AMS_INBOX_LINE ? line : "");
        }
    }
    snprintf(found + strlen(found), 20, " %zu", ams_inbox_rest(&inbox));
    ams_inbox_fini(&inbox);
}

START_TEST(lines_in_any_pieces)
{
    static const struct {
        const char *bytes, *found;
    } cases[] = {{"a\nbc\n", "<a><bc> 0"},
                 {"a\r\n\n\r\nb", "<a> 1"},
                 {"12345678\n123456789\nx\n", "<12345678>!<x> 0"},
                 {"123456789abcdefghijklmnop\nx\ny", "!<x> 1"},
                 {"123456789abcdefghijklmnop", "! 0"},
                 {"1234567890\n1234567890\n", "!! 0"},
                 {"\n\n\n", " 0"},
                 {"", " 0"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t piece = 1; piece < 30; piece++) {
            char found[256];
            cut(cases[i].bytes, strlen(cases[i].bytes), piece, found);
            ck_assert_msg(strcmp(found, cases[i].found) == 0, "case %zu in %zu: %s", i, piece,
                          found);
        }
    }
    /* A zero byte is one like others here; the JSON reader refuses it. */
    char found[256];
    cut("a\0b\n", 4, 2, found);
    ck_assert_str_eq(found, "<a> 0");
}
END_TEST

static void expect_json(const char *piece, const char *decoded)
{
    ams_text text = {.data = NULL};
    ams_text_json(&text, piece);
    json_t *root = json_loadb(text.data, text.used, JSON_DECODE_ANY, NULL);
    ck_assert_msg(root != NULL, "%.*s is no JSON", (int)text.used, text.data);
    ck_assert_str_eq(json_string_value(root), decoded);
    json_decref(root);
    ams_text_fini(&text);
}

START_TEST(texts_as_json)
{
    expect_json("", "");
    expect_json("a\"b\\c\n\t\x01\x7F/", "a\"b\\c\n\t\x01\x7F/");
    expect_json("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    /* Cut short, alone, overlong, a surrogate, past the last. */
    expect_json("a\xE2\x82", "a\xEF\xBF\xBD\xEF\xBF\xBD");
    expect_json("\x80z", "\xEF\xBF\xBDz");
    expect_json("\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD");
    expect_json("\xE0\x80\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    expect_json("\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    expect_json("\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}
END_TEST

START_TEST(numbers)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},
                 {1, "1"},
                 {-1.5, "-1.5"},
                 {0.1239, "0.124"},
                 {100, "100"},
                 {-0.0001, "0"},
                 {1234567.891, "1234567.891"},
                 {1e12, "1000000000000"},
                 {INFINITY, "null"},
                 {NAN, "null"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ams_text text = {.data = NULL};
        ams_text_number(&text, cases[i].value);
        ams_text_bytes(&text, "", 1);
        ck_assert_str_eq(text.data, cases[i].text);
        ams_text_fini(&text);
    }
}
END_TEST

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

START_TEST(quantiles)
{
    enum { N = 5000 };
    static uint64_t value[N];
    static const double q[] = {0.001, 0.1, 0.5, 0.9, 0.99, 1};
    ams_histogram h = {.n = 0};
    ams_rng rng = ams_rng_init((uint64_t)_i, AMS_STREAM_TEST);
    ck_assert_uint_eq(ams_histogram_quantile(&h, 0.5), 0);
    for (int i = 0; i < N; i++) {
        value[i] = (uint64_t)exp2(ams_rng_unit(&rng) * (_i + 4));
        ams_histogram_add(&h, value[i]);
    }
    qsort(value, N, sizeof *value, compare);
    for (size_t k = 0; k < sizeof q / sizeof *q; k++) {
        uint64_t exact = value[(int)ceil(q[k] * N) - 1];
        uint64_t found = ams_histogram_quantile(&h, q[k]);
        ck_assert_uint_ge(found, exact);
        ck_assert_uint_le(found, exact + exact / 16);
    }
    for (uint32_t b = 0; b + 1 < AMS_HISTOGRAM_BUCKETS; b++) {
        ck_assert_uint_eq(ams_histogram_bucket(ams_histogram_top(b)), b);
        ck_assert_uint_eq(ams_histogram_bucket(ams_histogram_top(b) + 1), b + 1);
    }
    ck_assert_uint_eq(ams_histogram_bucket(UINT64_MAX), AMS_HISTOGRAM_BUCKETS - 1);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, lines_in_any_pieces);
    tcase_add_test(tests, texts_as_json);
    tcase_add_test(tests, numbers);
    tcase_add_loop_test(tests, quantiles, 0, 30);
}

int main(void)
{
    return run_suite("serve/inbox", add);
}
