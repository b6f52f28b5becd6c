/* A table in which one value is broken: the check says so in these words, and takes it again
 * once the value is back. */
#ifndef AMS_TESTS_ENV_BROKEN_H
#define AMS_TESTS_ENV_BROKEN_H

#include "ams/table.h"
#include "tests/base/suite.h"

#include <string.h>

static ams_table table;
static ams_error err;

static inline void expect_broken(uint64_t nnz, const char *words)
{
    err.text[0] = '\0';
    ck_assert_int_eq(ams_table_check(&table, nnz, &err), AMS_BAD_DATA);
    ck_assert_msg(strstr(err.text, words) != NULL, "'%s' not in: %s", words, err.text);
}

/* The value stands in the place for the check only; `nnz` is the caller's. */
#define BREAK(place, value, words)                                                             \
    do {                                                                                       \
        __typeof__(place) kept = (place);                                                      \
        (place) = (value);                                                                     \
        expect_broken(nnz, words);                                                             \
        (place) = kept;                                                                        \
        ck_assert_int_eq(ams_table_check(&table, nnz, &err), AMS_OK);                          \
    } while (0)

#endif
