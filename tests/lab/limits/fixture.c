#include "tests/lab/limits/fixture.h"

#include "tests/env/random_table.h"

#include <check.h>

void limits_write(const char *path)
{
    const float time_ms[] = {100, 200, 400};
    const given_output outputs[] = {{0, 0, 0, 0.9F}, {0, 1, 1, 0.6F}, {0, 2, 2, 0.6F},
                                    {1, 0, 0, 0.6F}, {1, 1, 1, 0.9F}, {1, 2, 2, 1.0F},
                                    {2, 2, 2, 0.8F}};
    ams_table table;
    ams_error err = {{0}};
    given_table(&table, 3, 3, 3, time_ms, outputs, 7, AMS_TEST);
    table.split[0] = AMS_TRAIN;
    for (uint32_t m = 0; m < 3; m++) {
        table.mem_mb[m] = 100 * (float)(m + 1);
    }
    ck_assert_msg(ams_table_write(&table, path, &err) == AMS_OK, "%s", err.text);
    ams_table_fini(&table);
}

ams_limit_setup_options limits_options(const char *path)
{
    ams_limit_setup_options o = ams_limit_setup_defaults();
    o.data_path = path;
    o.draws = 2;
    return o;
}
