#include "base/json.h"

#include "tests/base/suite.h"

#include <string.h>

START_TEST(what_is_found)
{
    static const struct {
        const char *json, *text;
    } cases[] = {
        {"null", "null"},
        {"true", "true"},
        {"false", "false"},
        {"-3.5", "the number -3.5"},
        {"12345678901", "the number 1.23456789e+10"},
        {"\"abc\"", "the text \"abc\""},
        {"\"a\\nb\\\"\"", "the text \"a\\nb\\\"\""},
        {"\"\xC3\xA4\"", "the text \"\\u00E4\""},
        {"[1,2]", "an array of 2"},
        {"{}", "an object with 0 fields"},
        {"{\"a\":1}", "an object with 1 field"},
    };
    char text[AMS_JSON_FOUND];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *value = json_loads(cases[i].json, JSON_DECODE_ANY, NULL);
        ck_assert_str_eq(ams_json_found(value, text), cases[i].text);
        json_decref(value);
    }
    ck_assert_str_eq(ams_json_found(NULL, text), "nothing");
}
END_TEST

/* A text of any length fits: it is cut, and says so. */
START_TEST(long_texts_are_cut)
{
    char text[AMS_JSON_FOUND];
    json_t *value = json_stringn("\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01", 10);
    ams_json_found(value, text);
    ck_assert_uint_lt(strlen(text), AMS_JSON_FOUND - 1);
    ck_assert_str_eq(text + strlen(text) - 3, "...");
    json_decref(value);
}
END_TEST

START_TEST(what_is_no_json)
{
    char text[AMS_JSON_FOUND];
    json_error_t reason;
    ck_assert_ptr_null(json_loads("{\n\"a\"}", 0, &reason));
    ck_assert_str_eq(ams_json_broken(&reason, text),
                     "':' expected near '}' (line 2, column 4)");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, what_is_found);
    tcase_add_test(tests, long_texts_are_cut);
    tcase_add_test(tests, what_is_no_json);
}

int main(void)
{
    return run_suite("json", add);
}
