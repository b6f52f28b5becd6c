#include "ams/names.h"

#include "tests/base/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t add_name(ams_names *names, const char *text)
{
    uint32_t index = 0;
    ck_assert_int_eq(ams_names_add(names, text, strlen(text), &index, NULL), AMS_OK);
    return index;
}

START_TEST(test_order_of_appearance)
{
    ams_names names = {0};
    ck_assert_uint_eq(ams_names_find(&names, "a", 1), AMS_NO_NAME);
    ck_assert_uint_eq(add_name(&names, "b"), 0);
    ck_assert_uint_eq(add_name(&names, "a"), 1);
    ck_assert_uint_eq(add_name(&names, ""), 2);
    ck_assert_uint_eq(add_name(&names, "b"), 0);
    ck_assert_uint_eq(names.count, 3);
    /* length counts, not the terminating zero. */
    ck_assert_uint_eq(ams_names_find(&names, "ab", 1), 1);
    ck_assert_uint_eq(ams_names_find(&names, "ab", 2), AMS_NO_NAME);
    ck_assert_str_eq(ams_names_get(&names, 1), "a");
    uint32_t index = 99;
    ck_assert_int_eq(ams_names_add(&names, "x\0y", 3, &index, NULL), AMS_BAD_DATA);
    ams_names_fini(&names);
    ck_assert_uint_eq(names.count, 0);
    ams_names_fini(&names);
}
END_TEST

START_TEST(test_many_and_sorted)
{
    ams_names names = {0};
    char text[32];
    for (uint32_t i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "name %u", (i * 7919) % 20000);
        ck_assert_uint_eq(add_name(&names, text), i);
    }
    for (uint32_t i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "name %u", (i * 7919) % 20000);
        ck_assert_uint_eq(ams_names_find(&names, text, strlen(text)), i);
    }
    uint32_t *order = NULL;
    ck_assert_int_eq(ams_names_sort(&names, &order, NULL), AMS_OK);
    for (uint32_t i = 1; i < 20000; i++) {
        ck_assert_int_lt(
            strcmp(ams_names_get(&names, order[i - 1]), ams_names_get(&names, order[i])), 0);
    }
    free(order);
    ams_names_fini(&names);
}
END_TEST

START_TEST(test_nearest)
{
    static const char *const keys[] = {"gamma", "batch", "updates", "update_period", "lr"};
    ck_assert_str_eq(ams_nearest("gama", keys, 5), "gamma");
    ck_assert_str_eq(ams_nearest("update", keys, 5), "updates");
    ck_assert_str_eq(ams_nearest("batch", keys, 5), "batch");
    ck_assert_str_eq(ams_nearest("update_perod", keys, 5), "update_period");
    ck_assert_ptr_null(ams_nearest("nothing_like_it", keys, 5));
    ck_assert_ptr_null(ams_nearest("gamma", keys, 0));
    ams_error err;
    ck_assert_int_eq(ams_unknown_name("key", "gama", keys, 5, &err), AMS_USAGE);
    ck_assert_str_eq(err.text, "unknown key 'gama'; did you mean gamma?");
    ck_assert_int_eq(ams_unknown_name("key", "nothing_like_it", keys, 5, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "expected one of "));
    ck_assert_ptr_nonnull(strstr(err.text, keys[4]));
    char longer[200];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    ck_assert_ptr_null(ams_nearest(longer, keys, 5));
}
END_TEST

START_TEST(hints)
{
    static const char *const known[] = {"alpha", "gamma"};
    ck_assert_str_eq(ams_hint_of("gama", known, 2, "").text, "; did you mean gamma?");
    ck_assert_str_eq(ams_hint_of("gama", known, 2, "'").text, "; did you mean 'gamma'?");
    ck_assert_str_eq(ams_hint_of("omega", known, 0, "").text, "");
    static const char *const commas[] = {"face, small", "pose"};
    ck_assert_str_eq(ams_list_hint("face", commas, 2).text,
                     "; in a list 'face, small' is written 'face\\, small'");
    ck_assert_str_eq(ams_list_hint("fac", commas, 2).text, "");
    ck_assert_str_eq(ams_list_hint("poze", commas, 2).text, "; did you mean 'pose'?");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, hints);
    tcase_add_test(tests, test_order_of_appearance);
    tcase_add_test(tests, test_many_and_sorted);
    tcase_add_test(tests, test_nearest);
}

int main(void)
{
    return run_suite("names", add);
}
