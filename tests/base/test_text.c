/* Shortened names and numbers with enough digits. */
#include "base/text.h"
#include "tests/base/suite.h"

#include <string.h>

START_TEST(shortened)
{
    char out[AMS_SHORT_BYTES(32)];
    ams_text_shorten(out, "hustvl/yolos-tiny", 32);
    ck_assert_str_eq(out, "hustvl/yolos-tiny");
    ams_text_shorten(out, "facebook/detr-resnet-101-dc5-finetuned-panoptic-2023-v1", 32);
    ck_assert_str_eq(out, "facebook/detr-re\xe2\x80\xa6"
                          "anoptic-2023-v1");
    ck_assert_uint_eq(ams_text_width(out), 32);
    ams_text_shorten(out, "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xc3\xa4", 4);
    ck_assert_str_eq(out, "\xc3\xa4\xc3\xb6\xe2\x80\xa6\xc3\xa4");
    ck_assert_int_eq(ams_text_fill(out, 6), 2);
    ck_assert_int_eq(ams_text_fill(out, 3), 0);
    ams_text_shorten(out, "", 32);
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(amounts)
{
    static const struct {
        double amount, largest;
        const char *text;
    } cases[] = {
        {38.53, 1082.4, "38.5"},         {0, 1082.4, "0.0"}, {0.00123, 0.00123, "0.001230"},
        {0.00003, 0.00123, "3.000e-05"}, {1.5, 3, "1.500"},  {1234.4, 1e30, "1234"},
        {1e30, 1e30, "1.000e+30"},       {0, 3, "0.000"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[AMS_AMOUNT_BYTES];
        ams_amount_print(out, cases[i].amount, cases[i].largest);
        ck_assert_str_eq(out, cases[i].text);
    }
}
END_TEST

START_TEST(lists)
{
    static const struct {
        const char *list, *name[4];
    } cases[] = {{"a,b", {"a", "b"}},
                 {"a\\,b,c", {"a,b", "c"}},
                 {"a\\\\,b", {"a\\", "b"}},
                 {"a\\\\\\,b", {"a\\,b"}},
                 {"a\\b\\", {"a\\b\\"}},
                 {",a,", {"", "a", ""}},
                 {"", {""}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char copy[32];
        char *rest = copy;
        snprintf(copy, sizeof copy, "%s", cases[i].list);
        for (size_t k = 0; cases[i].name[k] != NULL; k++) {
            ck_assert_ptr_nonnull(rest);
            ck_assert_str_eq(ams_list_next(&rest), cases[i].name[k]);
        }
        ck_assert_ptr_null(rest);
    }
}
END_TEST

/* Every name of up to six characters of three is read as it was written, between two others. */
START_TEST(lists_both_ways)
{
    static const char letters[] = "a,\\";
    for (int length = 0, all = 1; length <= 6; length++, all *= 3) {
        for (int number = 0; number < all; number++) {
            char name[8] = "";
            char list[32] = "";
            char *rest = list;
            for (int k = 0, left = number; k < length; k++, left /= 3) {
                name[k] = letters[left % 3];
            }
            FILE *stream = fmemopen(list, sizeof list, "w");
            ams_list_put(stream, "x");
            fputc(',', stream);
            ams_list_put(stream, name);
            fputs(",y", stream);
            ck_assert_int_eq(fclose(stream), 0);
            ck_assert_str_eq(ams_list_next(&rest), "x");
            ck_assert_str_eq(ams_list_next(&rest), name);
            ck_assert_str_eq(ams_list_next(&rest), "y");
            ck_assert_ptr_null(rest);
        }
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, lists);
    tcase_add_test(tests, lists_both_ways);
    tcase_add_test(tests, shortened);
    tcase_add_test(tests, amounts);
}

int main(void)
{
    return run_suite("base_text", add);
}
