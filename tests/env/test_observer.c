/* States that a network sees through an observer. */
#include "ams/vector_env.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <string.h>

/* Item and mask as two features, and one that is there for the empty set alone. */
static uint32_t see(const void *context, uint32_t item, uint64_t mask, uint32_t *index,
                    float *value)
{
    const float *scale = context;
    index[0] = 0;
    value[0] = *scale * (float)item;
    index[1] = 3;
    value[1] = (float)mask;
    index[2] = 6;
    value[2] = 1;
    return mask == 0 ? 3 : 2;
}

START_TEST(test_observer)
{
    static const float scale = 0.5F;
    ams_error err = {0};
    ams_table table;
    ams_env *env = NULL;
    ams_vector_env *vector = NULL;
    const ams_vector_env_options asked = {.seed = 0};
    const random_table_options shape = random_table_defaults(3);
    random_table(&table, &shape);
    ams_env_options options = ams_env_defaults();
    options.observer = (ams_env_observer){see, &scale, 7, 3};
    ck_assert_msg(ams_env_create(&env, &table, &options, &err) == AMS_OK, "%s", err.text);
    ck_assert_uint_eq(env->n_features, 7);
    ck_assert_uint_eq(env->max_features, 3);
    for (uint32_t i = 0; i < table.n_items; i++) {
        for (uint64_t mask = 0; mask < 4; mask++) {
            uint32_t index[3];
            float value[3];
            ck_assert_uint_eq(ams_env_features(env, i, mask, index, value), mask == 0 ? 3 : 2);
            ck_assert(index[0] == 0 && index[1] == 3);
            ck_assert_float_eq(value[0], scale * (float)i);
            ck_assert_float_eq(value[1], (float)mask);
        }
    }
    /* What would show other features refuses. */
    ck_assert_int_eq(ams_vector_env_create(&vector, env, 2, &asked, &err), AMS_USAGE);
    ck_assert_msg(strstr(err.text, "observer") != NULL, "%s", err.text);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_observer);
}

int main(void)
{
    return run_suite("observer", add);
}
