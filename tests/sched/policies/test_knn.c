/* `knn` against its formula in docs/definitions.md, worked out anew for every state. */
#include "ams/policy.h"

#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/sched/policies/orders.h"

#include <stdlib.h>

enum { K = 50 };

static bool fitted_on(const ams_env *env, uint32_t item)
{
    return env->split[item] == AMS_TRAIN && env->full[item] > 0;
}

static uint64_t output(const ams_env *env, uint32_t item, uint32_t m)
{
    uint64_t labels = 0;
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        labels |= (env->makers[e] >> m & 1) << env->label[e];
    }
    return labels;
}

/* In units of 2^-20, cut off a model, as the policy does: sums are then exact. */
static uint64_t agreement(const ams_env *env, uint32_t i, uint32_t j, uint64_t mask)
{
    uint64_t sum = 0;
    for (uint32_t m = 0; m < env->n_models; m++) {
        uint64_t a = output(env, i, m);
        uint64_t b = output(env, j, m);
        uint64_t both = (uint64_t)__builtin_popcountll(a & b);
        uint64_t any = (uint64_t)__builtin_popcountll(a | b);
        if (mask >> m & 1) {
            sum += any == 0 ? 1 << 20 : (both << 20) / any;
        }
    }
    return sum;
}

static int descending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

/* remaining: of what is missing for recall 1 the share that the model adds, as odds per time.
 */
static void score_by(const ams_env *env, uint32_t item, uint64_t mask, bool remaining,
                     double *score)
{
    uint64_t sorted[1024];
    uint32_t n = 0;
    for (uint32_t j = 0; j < env->n_items; j++) {
        if (fitted_on(env, j)) {
            sorted[n++] = agreement(env, item, j, mask);
        }
    }
    qsort(sorted, n, sizeof *sorted, descending);
    uint64_t least = n <= K ? 0 : sorted[K - 1];
    for (uint32_t m = 0; m < env->n_models; m++) {
        uint64_t bit = UINT64_C(1) << m;
        double gain = 0;
        double lone = 0;
        double near = 0;
        for (uint32_t j = 0; j < env->n_items; j++) {
            if (!fitted_on(env, j)) {
                continue;
            }
            double full = ams_env_value(env, j, UINT64_MAX);
            lone += (full - ams_env_value(env, j, ~bit)) / full / n;
            if (agreement(env, item, j, mask) >= least) {
                const double value = ams_env_value(env, j, mask);
                const double adds = ams_env_value(env, j, mask | bit) - value;
                near++;
                gain += !remaining                   ? adds / full
                        : value > full - 1e-6        ? 0
                        : value + adds > full - 1e-6 ? 1
                                                     : adds / (full - value);
            }
        }
        const double expected = (gain + lone) / (near + 1);
        score[m] = (remaining ? expected / (1 - expected) : expected) / (double)env->time_ms[m];
    }
}

static void naive(const ams_env *env, uint32_t item, uint64_t mask, double *score)
{
    score_by(env, item, mask, false, score);
}

static void naive_remaining(const ams_env *env, uint32_t item, uint64_t mask, double *score)
{
    score_by(env, item, mask, true, score);
}

/* 24 items have fewer than 50 neighbours, 300 items some 87. */
START_TEST(test_formula)
{
    orders_fixture f;
    orders_random(&f, (uint64_t)_i, _i % 2 == 0 ? 24 : 300, 5);
    orders_check_greedy(&f, "knn", naive);
    orders_check_greedy(&f, "knn:remaining", naive_remaining);
    orders_check_greedy(&f, "knn:left", naive_remaining);
    orders_drop(&f);
}
END_TEST

START_TEST(test_needs_a_training_split)
{
    orders_check_needs_training("knn");
    orders_check_needs_training("knn:remaining");
    orders_fixture f;
    ams_policy *policy = NULL;
    ams_error err = {{0}};
    orders_random(&f, 1, 9, 5);
    ck_assert_int_eq(ams_policy_create(&policy, "knn:other", &f.table, f.env, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "'remaining'"));
    orders_drop(&f);
}
END_TEST

START_TEST(test_follows_the_neighbours)
{
    orders_fixture f;
    orders_halves(&f, 120);
    orders_expect(&f, "knn", 0, "012");
    orders_expect(&f, "knn", 1, "021");
    orders_drop(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_formula, 0, 4);
    tcase_add_test(tests, test_needs_a_training_split);
    tcase_add_test(tests, test_follows_the_neighbours);
}

int main(void)
{
    return run_suite("knn", add);
}
