#include "ams/pool.h"

#include "base/rng.h"
#include "tests/base/suite.h"

#include <string.h>

enum { SHARDS = 37, WORK = 500 };

typedef struct job {
    double sum[SHARDS];
    uint32_t runs[SHARDS];
    uint64_t seed;
} job;

static void add_up(void *context, uint32_t shard)
{
    job *j = context;
    ams_rng rng = ams_rng_init(j->seed, shard);
    j->runs[shard]++;
    j->sum[shard] = 0;
    for (int i = 0; i < WORK; i++) {
        j->sum[shard] += ams_rng_unit(&rng) - 0.5;
    }
}

START_TEST(test_bits_do_not_depend_on_threads)
{
    static const uint32_t threads[] = {1, 2, 3, 8};
    job alone = {.seed = 5};
    ams_pool_run(NULL, SHARDS, add_up, &alone);
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        ams_pool *pool = NULL;
        ck_assert_int_eq(ams_pool_create(&pool, threads[t], NULL), AMS_OK);
        ck_assert_uint_eq(ams_pool_threads(pool), threads[t]);
        job shared = {.seed = 5};
        ams_pool_run(pool, SHARDS, add_up, &shared);
        ck_assert_mem_eq(&alone, &shared, sizeof alone);
        ams_pool_destroy(pool);
    }
    ck_assert_uint_eq(ams_pool_threads(NULL), 1);
    ams_pool_destroy(NULL);
}
END_TEST

START_TEST(test_jobs_back_to_back)
{
    ams_pool *pool = NULL;
    ck_assert_int_eq(ams_pool_create(&pool, 4, NULL), AMS_OK);
    job j = {.seed = 1};
    for (uint32_t round = 1; round <= 300; round++) {
        uint32_t shards = round % 3 == 0 ? 1 : SHARDS;
        memset(j.runs, 0, sizeof j.runs);
        ams_pool_run(pool, shards, add_up, &j);
        for (uint32_t s = 0; s < SHARDS; s++) {
            ck_assert_uint_eq(j.runs[s], s < shards);
        }
    }
    ams_pool_run(pool, 0, add_up, &j);
    ams_pool_destroy(pool);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_bits_do_not_depend_on_threads);
    tcase_add_test(tests, test_jobs_back_to_back);
}

int main(void)
{
    return run_suite("pool", add);
}
