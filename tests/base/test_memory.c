#include "base/memory.h"

#include "tests/base/suite.h"

#include <stdlib.h>
#include <string.h>

START_TEST(test_alloc)
{
    ams_error err = {0};
    static const size_t counts[] = {0, 1, 63, 64, 65, 1000};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        unsigned char *block = NULL;
        ck_assert_int_eq(ams_alloc(&block, counts[c], 3, "a test", &err), AMS_OK);
        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % 64, 0);
        for (size_t i = 0; i < counts[c] * 3; i++) {
            ck_assert_uint_eq(block[i], 0);
        }
        free(block);
    }
}
END_TEST

START_TEST(test_overflow)
{
    ams_error err = {0};
    void *block = &err;
    ck_assert_int_eq(ams_alloc(&block, SIZE_MAX / 2, 3, "a test", &err), AMS_BACKEND);
    ck_assert_ptr_null(block);
    ck_assert_ptr_nonnull(strstr(err.text, "a test"));
    ck_assert_int_eq(ams_alloc(&block, SIZE_MAX, 1, "a test", &err), AMS_BACKEND);
    ck_assert_ptr_null(block);

    uint64_t *array = NULL;
    size_t capacity = 0;
    ck_assert_int_eq(ams_grow(&array, &capacity, 3, sizeof *array, "a test", &err), AMS_OK);
    array[2] = 42;
    size_t before = capacity;
    ck_assert_int_eq(ams_grow(&array, &capacity, SIZE_MAX / 4, sizeof *array, "a test", &err),
                     AMS_BACKEND);
    ck_assert_uint_eq(capacity, before);
    ck_assert_uint_eq(array[2], 42);
    free(array);
}
END_TEST

START_TEST(test_grow_is_linear)
{
    ams_error err = {0};
    uint32_t *array = NULL;
    size_t capacity = 0;
    int moves = 0;
    for (uint32_t i = 0; i < 100000; i++) {
        size_t before = capacity;
        ck_assert_int_eq(ams_grow(&array, &capacity, i + 1, sizeof *array, "a test", &err),
                         AMS_OK);
        moves += capacity != before;
        array[i] = i;
    }
    ck_assert_int_lt(moves, 40);
    for (uint32_t i = 0; i < 100000; i++) {
        ck_assert_uint_eq(array[i], i);
    }
    free(array);
}
END_TEST

START_TEST(test_copy_text)
{
    char *copy = NULL;
    ck_assert_int_eq(ams_copy_text(&copy, "text", NULL), AMS_OK);
    ck_assert_str_eq(copy, "text");
    free(copy);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_alloc);
    tcase_add_test(tests, test_overflow);
    tcase_add_test(tests, test_grow_is_linear);
    tcase_add_test(tests, test_copy_text);
}

int main(void)
{
    return run_suite("memory", add);
}
