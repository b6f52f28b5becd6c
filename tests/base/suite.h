/* The main function of a test program with one test case.
 *
 * The tests run in an empty folder of this process alone, which is removed at the end: a test
 * writes "rules.tsv" and shares it with no other program, build or run of the same program. */
#ifndef AMS_TESTS_BASE_SUITE_H
#define AMS_TESTS_BASE_SUITE_H

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline int suite_remove(const char *path, const struct stat *info, int type,
                               struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

static inline int run_suite(const char *name, void (*add)(TCase *tests))
{
    char folder[] = AMS_TEST_DIR "/test-XXXXXX";
    if (mkdtemp(folder) == NULL || chdir(folder) != 0) {
        perror(folder);
        return 1;
    }
    Suite *suite = suite_create(name);
    TCase *tests = tcase_create(name);
    tcase_set_timeout(tests, 120);
    add(tests);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    /* A folder that cannot be removed does not fail the test; it is named on stderr. */
    if (chdir("/") != 0 || nftw(folder, suite_remove, 8, FTW_DEPTH | FTW_PHYS) != 0) {
        perror(folder);
    }
    return failed != 0;
}

#endif
