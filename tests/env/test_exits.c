/* Exits of networks: their order, and every rule broken once. */
#include "tests/base/suite.h"
#include "tests/env/broken.h"
#include "tests/env/random_table.h"

#include <string.h>

START_TEST(test_exits)
{
    const random_table_options shape = random_table_defaults(1);
    static const uint32_t stages[] = {2, 0, 0, 1, 0, 0}; /* m0 and m3 are of task t0 */
    uint32_t model[AMS_MAX_MODELS];
    random_table(&table, &shape);
    const uint64_t nnz = ams_table_outputs(&table);
    for (uint32_t m = 0; m < 6; m++) {
        ck_assert_int_eq(ams_exits_set(&table.exits, 6, m, "net", stages[m], NULL), AMS_OK);
    }
    ck_assert_uint_eq(ams_table_exits_of(&table, "net", model), 2);
    ck_assert_uint_eq(model[0], 3);
    ck_assert_uint_eq(model[1], 0);
    ck_assert_uint_eq(ams_table_exits_of(&table, "other", model), 0);
    BREAK(table.exits.stage[0], 1,
          "models 'm0' and 'm3': expected different stages of network 'net', found 1 of both");
    BREAK(table.exits.stage[0], 65, "found stage 65 of net");
    BREAK(table.exits.stage[0], 0, "found stage 0 of net");
    BREAK(table.exits.of[0], AMS_NO_NAME, "model 0 (m0): expected a stage from 1 to 64 with");
    BREAK(table.exits.stage[1], 4, "found stage 4 of none");
    ck_assert_int_eq(ams_exits_set(&table.exits, 6, 1, "net", 3, NULL), AMS_OK);
    expect_broken(nnz, "models 'm0' and 'm1': expected one task of the exits of network 'net', "
                       "found 't0' and 't1'");
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_exits);
}

int main(void)
{
    return run_suite("exits", add);
}
