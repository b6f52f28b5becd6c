/* The maximum by vectors against the scalar one, to the bit. */
#include "rl/net/masked.h"

#include "base/rng.h"
#include "tests/base/suite.h"

enum { MOST = 64, ROOM = MOST + AMS_MASKED_LANES };

/* Rows of any sign with ties and infinities; what is past the models and END is larger than
 * all of them, and must not be seen. */
static void draw_row(uint64_t seed, uint32_t n_models, float *q)
{
    uint32_t words[4];
    for (uint32_t a = 0; a < ROOM; a++) {
        ams_philox(seed, AMS_STREAM_TEST, a, words);
        q[a] = (float)((int)(words[0] % 41) - 20) / 4;
        q[a] = words[1] % 16 == 0 ? -INFINITY : q[a];
        q[a] = a > n_models ? 1e30F : q[a];
    }
}

START_TEST(wide_is_scalar)
{
    float q[ROOM];
    const uint32_t n = (uint32_t)_i;
    const uint64_t all = n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
    for (uint64_t seed = 0; seed < 60; seed++) {
        uint32_t words[4];
        draw_row(seed * 100 + n, n, q);
        ams_philox(seed, AMS_STREAM_TEST, UINT64_C(1) << 40 | n, words);
        uint64_t remaining = ((uint64_t)words[0] << 32 | words[1]) & all;
        remaining &= words[2] % 2 == 0 ? all : (uint64_t)words[3] << 16; /* few ones, too */
        remaining = seed == 0 ? 0 : seed == 1 ? all : remaining;
        for (int end = 0; end < 2; end++) {
            const float expected = ams_masked_max(q, remaining, n, end);
            ck_assert(ams_masked_max_wide(q, ROOM, remaining, n, end == 1) == expected);
            for (uint32_t columns = n + 1; columns <= ROOM; columns++) {
                ck_assert(ams_row_max(q, columns, remaining, n, end == 1) == expected);
            }
        }
    }
}
END_TEST

/* A row without room for whole vectors is read up to END and no further. */
START_TEST(narrow_rows)
{
    const float q[] = {-3, 7, 2, 9}; /* three models and END */
    ck_assert_float_eq(ams_row_max(q, 4, 0x7, 3, true), 9);
    ck_assert_float_eq(ams_row_max(q, 4, 0x5, 3, false), 2);
    ck_assert_float_eq(ams_row_max(q, 4, 0x1, 3, false), -3);
    ck_assert_float_eq(ams_row_max(q, 4, 0, 3, false), 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, wide_is_scalar, 1, MOST + 1);
    tcase_add_test(tests, narrow_rows);
}

int main(void)
{
    return run_suite("rl_masked", add);
}
