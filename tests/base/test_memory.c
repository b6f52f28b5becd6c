#include "base/memory.h"

#include "tests/base/suite.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* Whether the mapping that holds the address is one for huge pages. */
static bool is_huge(const void *address)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512];
    bool inside = false;
    bool huge = false;
    ck_assert_ptr_nonnull(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long begin = 0;
        unsigned long end = 0;
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2) {
            inside = (uintptr_t)address >= begin && (uintptr_t)address < end;
        } else if (inside && strncmp(line, "VmFlags:", 8) == 0) {
            huge = strstr(line, " hg") != NULL;
        }
    }
    fclose(maps);
    return huge;
}

/* Arrays in the heap as it grows, the first larger than what was free before, and one with a
 * mapping of its own. */
START_TEST(test_huge_pages)
{
    static const size_t sizes[] = {300 << 10, 20 << 20, 30 << 20, 30 << 20, 50 << 20};
    enum { SIZES = sizeof sizes / sizeof *sizes };
    unsigned char *block[SIZES];
    if (SUITE_SANITIZED || access("/sys/kernel/mm/transparent_hugepage", F_OK) != 0) {
        return;
    }
    ams_memory_keep();
    const char *end = sbrk(0);
    ams_memory_keep(); /* once is enough */
    ck_assert_ptr_eq(sbrk(0), end);
    for (int k = 0; k < SIZES; k++) {
        ck_assert_int_eq(ams_alloc_unset(&block[k], sizes[k], 1, "a test", NULL), AMS_OK);
        ck_assert_msg(is_huge(block[k] + sizes[k] / 2), "block %d", k);
    }
    for (int k = 0; k < SIZES; k++) {
        free(block[k]);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_alloc);
    tcase_add_test(tests, test_overflow);
    tcase_add_test(tests, test_grow_is_linear);
    tcase_add_test(tests, test_copy_text);
    tcase_add_test(tests, test_huge_pages);
}

int main(void)
{
    return run_suite("memory", add);
}
