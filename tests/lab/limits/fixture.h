/* A table whose schedules can be worked out by hand, as a file.
 *
 * Three models: m0 takes 100 ms and 100 MB, m1 200 ms and 200 MB, m2 400 ms and 300 MB. Model m
 * outputs label m only, so values add up:
 *
 *     item    split  m0   m1   m2   all
 *     i00000  train  0.9  0.6  0.6  2.1
 *     i00001  test   0.6  0.9  1.0  2.5
 *     i00002  test    -    -   0.8  0.8
 *
 * `fixed` runs m0, m1, m2: 0.9 / 100, 0.6 / 200 and 0.6 / 400 new value per ms on i00000. */
#ifndef AMS_TESTS_LAB_LIMITS_FIXTURE_H
#define AMS_TESTS_LAB_LIMITS_FIXTURE_H

#include "ams/limit_setup.h"

/* Writes it; stops the test on failure. */
void limits_write(const char *path);
/* Options of a setup on it: test items, one thread, two draws. */
ams_limit_setup_options limits_options(const char *path);

#endif
