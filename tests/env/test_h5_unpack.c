/* Rows of sets that the HDF5 library wrote in many forms, against the values that it was given;
 * and damaged chunks. */
#include "env/h5.h"

#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/env/h5_files.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 1000, COLUMNS = 3 };

typedef struct form_case {
    stored_words form;
    uint64_t columns; /* 0: one dimension */
    bool checked;     /* a damaged chunk is noticed whatever it holds */
} form_case;

static const form_case cases[] = {
    {{"sdf", {64, 1}, false}, 0, true},   {{"sdf", {1, 1}, false}, 0, true},
    {{"sdf", {999, 1}, false}, 0, true},  {{"sdf", {1000, 1}, false}, 0, true},
    {{"sdf", {4096, 1}, false}, 0, true}, {{"sd", {100, 1}, false}, 0, true},
    {{"d", {100, 1}, false}, 0, true},    {{"df", {37, 1}, false}, 0, true},
    {{"sdf", {50, 3}, false}, 3, true},   {{"sdf", {50, 2}, false}, 3, true},
    {{"sdf", {64, 1}, true}, 0, true},    {{"fsd", {64, 1}, false}, 0, true},
    {{"sf", {64, 1}, false}, 0, true},    {{"", {64, 1}, false}, 0, false},
    {{"s", {64, 1}, false}, 0, false},
};
enum { CASES = sizeof cases / sizeof *cases };

static const ams_h5_rows parts[] = {{0, ROWS}, {0, 1},    {ROWS - 1, 1}, {63, 2},
                                    {64, 64},  {99, 801}, {500, 0},      {1, ROWS - 1}};

static void fill(uint32_t *values, size_t n)
{
    ams_rng rng = ams_rng_init(5, 1);
    for (size_t i = 0; i < n; i++) {
        values[i] = ams_rng_below(&rng, i % 7 == 0 ? UINT32_MAX : 9);
    }
}

static ams_status read_part(const form_case *c, ams_h5_rows rows, uint32_t **values,
                            ams_error *err)
{
    const uint64_t extents[2] = {ROWS, c->columns};
    ams_h5 file;
    ams_status status = ams_h5_open(&file, "words.h5", err);
    ck_assert_msg(status == AMS_OK, "%s", err->text);
    status = ams_h5_read_part(&file, "/words", AMS_H5_U32, c->columns == 0 ? 1 : 2, extents,
                              rows, (void *)values, err);
    (void)ams_h5_close(&file, NULL);
    return status;
}

START_TEST(rows_are_those_that_the_library_stored)
{
    const form_case *c = &cases[_i];
    const uint64_t columns = c->columns == 0 ? 1 : c->columns;
    const uint64_t extents[2] = {ROWS, c->columns};
    uint32_t values[ROWS * COLUMNS];
    ams_error err = {""};
    fill(values, ROWS * columns);
    store_words("words.h5", "/words", &c->form, c->columns == 0 ? 1 : 2, extents, values);
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        uint32_t *found = NULL;
        ck_assert_msg(read_part(c, parts[k], &found, &err) == AMS_OK, "%s", err.text);
        ck_assert_msg(memcmp(found, values + parts[k].first * columns,
                             parts[k].count * columns * sizeof *values) == 0,
                      "filters '%s': rows from %d on differ", c->form.filters,
                      (int)parts[k].first);
        free(found);
    }
}
END_TEST

START_TEST(damaged_chunks_are_refused)
{
    const form_case *c = &cases[_i];
    const uint64_t columns = c->columns == 0 ? 1 : c->columns;
    const uint64_t extents[2] = {ROWS, c->columns};
    uint32_t values[ROWS * COLUMNS];
    uint32_t *found = NULL;
    ams_error err = {""};
    const uint64_t row = ROWS / 2 / c->form.chunk[0] * c->form.chunk[0];
    fill(values, ROWS * columns);
    store_words("words.h5", "/words", &c->form, c->columns == 0 ? 1 : 2, extents, values);
    damage_chunk("words.h5", "/words", row);
    if (c->checked) {
        ck_assert_int_eq(read_part(c, parts[0], &found, &err), AMS_BAD_DATA);
        ck_assert_ptr_null(found);
        ck_assert_msg(strstr(err.text, "words.h5: ") != NULL &&
                          strstr(err.text, "/words") != NULL,
                      "%s", err.text);
    }
    if (row > 0) { /* the others are read as before */
        ck_assert_msg(read_part(c, (ams_h5_rows){0, row}, &found, &err) == AMS_OK, "%s",
                      err.text);
        ck_assert_mem_eq(found, values, row * columns * sizeof *values);
        free(found);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, rows_are_those_that_the_library_stored, 0, CASES);
    tcase_add_loop_test(tests, damaged_chunks_are_refused, 0, CASES);
}

int main(void)
{
    return run_suite("h5_unpack", add);
}
