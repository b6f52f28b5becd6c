/* The main function of a test program with one test case.
 *
 * The tests run in an empty folder of this process alone, which is removed at the end: a test
 * writes "rules.tsv" and shares it with no other program, build or run of the same program.
 *
 * Under a sanitizer all tests of a program run in one process: a fork there copies the shadow
 * memory and looks for leaks at its end, ten times what most tests cost. So a test leaves no
 * state behind it, or its file says SUITE_FORKS before it includes this. CK_FORK=yes or no
 * overrules both. */
#ifndef AMS_TESTS_BASE_SUITE_H
#define AMS_TESTS_BASE_SUITE_H

#include <check.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if (defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                          \
     __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)) &&                   \
    !defined(SUITE_FORKS)
#define SUITE_IN_ONE_PROCESS true
#else
#define SUITE_IN_ONE_PROCESS false
#endif

/* Check notes the place of each assertion that holds, in a file, to say where a child crashed.
 * That takes longer than most assertions, and a crash under the address sanitizer tells more.
 */
#undef mark_point /* what tests may call; the assertions call the function */
#define mark_point() ((void)0)
#define _mark_point(file, line) ((void)0)

/* A thread sanitizer's build has nothing to say of a test that runs on one thread, and takes
 * long for it. */
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define SUITE_OF_THREADS true
#else
#define SUITE_OF_THREADS false
#endif

/* Under a sanitizer a test takes many times as long, so tests of thousands of cases try fewer
 * of them there, and all in a build without. */
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define SUITE_SANITIZED true
#else
#define SUITE_SANITIZED false
#endif

static inline int suite_remove(const char *path, const struct stat *info, int type,
                               struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

/* Check's own handler sends what ends a test to all processes of the test, and each process
 * that a test forks inherits it: one that is asked to end would end the test as well. */
static inline void suite_default_signals(void)
{
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
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
    tcase_add_checked_fixture(tests, suite_default_signals, NULL);
    add(tests);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    if (SUITE_IN_ONE_PROCESS && getenv("CK_FORK") == NULL) {
        srunner_set_fork_status(runner, CK_NOFORK);
    }
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
