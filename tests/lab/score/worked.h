/* An example small enough to be worked out by hand, as files in the current folder.
 *
 * Models m0, m1, m2 take 100, 50 and 200 ms; labels a and b are worth 0.8 each.
 *
 *   items         split        m0 finds   m1 finds   m2 finds
 *   i0, i1        train        b (i0)     a          -
 *   i2            validation   a          -          -
 *   i3 ("A")      test         a          -          b
 *   i4 ("B")      test         -          a          -
 *
 * Test times in ms until a required recall is reached, items A and B:
 *
 *   order          to 0.5      to 1.0      models to 1.0   area of 350 ms
 *   m0 m1 m2       100, 150    350, 150    3, 2            125/350, 200/350
 *   m2 m1 m0       200, 250    350, 250    3, 2             75/350, 100/350
 *   m1 m0 m2       150,  50    350,  50    3, 1            100/350, 300/350
 *   oracle         100,  50    300,  50    2, 1
 *   all            350, 350    350, 350    3, 3
 *
 * `fixed` learns m1 m0 m2: m1 finds the most per ms in training, m2 nothing. */
#ifndef AMS_TESTS_LAB_SCORE_WORKED_H
#define AMS_TESTS_LAB_SCORE_WORKED_H

#include "ams/env.h"
#include "ams/policy_file.h"

enum { WORKED_MODELS = 3, WORKED_LABELS = 2, WORKED_TEST_ITEMS = 2 };

void worked_table(ams_table *table);
/* Writes the table; its hash goes to `hash` unless that is NULL. */
void worked_data(const char *path, char hash[AMS_HASH_TEXT]);
/* A trained policy that runs the models in this order on every item ("210"): an all-zero
 * network but for the biases of its outputs. ams_policy_file_fini frees it. */
void worked_policy(ams_policy_file *policy, const char *label, uint64_t seed,
                   const char *order);
void worked_policy_write(const char *path, const char *label, uint64_t seed, const char *order);

#endif
