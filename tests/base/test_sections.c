#include "ams/sections.h"

#include "tests/base/suite.h"

#include <stdbool.h>
#include <string.h>

static const char numbers[] = "0123456789";

/* A section with bytes, one without, one that is given as no pointer at all. */
static ams_blob sample(void)
{
    ams_blob blob = {0};
    ck_assert_int_eq(ams_blob_begin(&blob, "TEST01", NULL), AMS_OK);
    ck_assert_int_eq(ams_blob_add(&blob, "numbers", numbers, sizeof numbers, NULL), AMS_OK);
    ck_assert_int_eq(ams_blob_add(&blob, "empty", numbers, 0, NULL), AMS_OK);
    ck_assert_int_eq(ams_blob_add(&blob, "nothing8", NULL, 0, NULL), AMS_OK);
    return blob;
}

START_TEST(test_reads_back)
{
    ams_blob blob = sample();
    ams_sections s;
    ams_error err = {0};
    char held[sizeof numbers];
    const uint8_t *data = NULL;
    size_t size = 1;
    ck_assert_msg(ams_sections_open(&s, blob.data, blob.size, "TEST01", "f", &err) == AMS_OK,
                  "%s", err.text);
    ck_assert_int_eq(ams_sections_copy(&s, "numbers", held, sizeof held, NULL), AMS_OK);
    ck_assert_str_eq(held, numbers);
    ck_assert_int_eq(ams_sections_get(&s, "empty", &data, &size, NULL), AMS_OK);
    ck_assert_uint_eq(size, 0);
    ck_assert_int_eq(ams_sections_copy(&s, "nothing8", NULL, 0, NULL), AMS_OK);
    ck_assert_int_eq(ams_sections_copy(&s, "numbers", held, 3, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "f: section 'numbers': expected 3 bytes, found 11"));
    ck_assert_int_eq(ams_sections_get(&s, "number", &data, &size, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "expected a section 'number', found none"));
    ams_blob_fini(&blob);
}
END_TEST

/* Every cut but between two sections, and every bit that is not as written. */
START_TEST(test_damage_is_noticed)
{
    enum { MAGIC = 8, HEADER = 24 };
    ams_blob blob = sample();
    ams_sections s;
    for (size_t size = 0; size < blob.size; size++) {
        bool between = size == MAGIC || size == MAGIC + HEADER + sizeof numbers ||
                       size == blob.size - HEADER;
        ck_assert_int_eq(ams_sections_open(&s, blob.data, size, "TEST01", "f", NULL),
                         between ? AMS_OK : AMS_BAD_DATA);
    }
    for (size_t bit = 0; bit < 8 * blob.size; bit++) {
        blob.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        ck_assert_msg(ams_sections_open(&s, blob.data, blob.size, "TEST01", "f", NULL) ==
                          AMS_BAD_DATA,
                      "bit %zu of byte %zu", bit % 8, bit / 8);
        blob.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    ams_blob_fini(&blob);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_reads_back);
    tcase_add_test(tests, test_damage_is_noticed);
}

int main(void)
{
    return run_suite("sections", add);
}
