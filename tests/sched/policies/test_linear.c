/* `linear` against dense normal equations solved by elimination, on the same drawn states. */
#include "ams/policy.h"

#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/sched/policies/orders.h"

#include <string.h>

/* 20 labels, at most 7 models, 1; followed by the right side. */
enum { MOST = 28, DRAWS = 8 };
static const double RIDGE = 100;

typedef struct model {
    double a[MOST][MOST + 1];
    double weight[MOST];
} model;

static uint32_t features(const ams_env *env, uint32_t item, uint64_t mask, double *x)
{
    uint32_t n = env->n_labels + env->n_models + 1;
    memset(x, 0, MOST * sizeof *x);
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        x[env->label[e]] = (env->makers[e] & mask) != 0;
    }
    for (uint32_t m = 0; m < env->n_models; m++) {
        x[env->n_labels + m] = (double)(mask >> m & 1);
    }
    x[n - 1] = 1;
    return n;
}

static void add_state(model *fit, const ams_env *env, uint32_t item, uint64_t mask, uint32_t m)
{
    double x[MOST];
    uint32_t n = features(env, item, mask, x);
    if (mask >> m & 1) {
        return;
    }
    double gain =
        ams_env_value(env, item, mask | UINT64_C(1) << m) - ams_env_value(env, item, mask);
    for (uint32_t r = 0; r < n; r++) {
        for (uint32_t c = 0; c < n; c++) {
            fit->a[r][c] += x[r] * x[c];
        }
        fit->a[r][n] += x[r] * gain / env->full[item];
    }
}

static void eliminate(model *fit, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        for (uint32_t r = 0; r < n; r++) {
            double times = r == k ? 0 : fit->a[r][k] / fit->a[k][k];
            for (uint32_t c = k; c <= n; c++) {
                fit->a[r][c] -= times * fit->a[k][c];
            }
        }
    }
    for (uint32_t k = 0; k < n; k++) {
        fit->weight[k] = fit->a[k][n] / fit->a[k][k];
    }
}

static void fit_model(model *fit, const ams_env *env, uint32_t m)
{
    ams_rng rng = ams_rng_init(0, AMS_STREAM_STATES);
    uint32_t n = env->n_labels + env->n_models + 1;
    memset(fit, 0, sizeof *fit);
    for (uint32_t k = 0; k < n; k++) {
        fit->a[k][k] = RIDGE;
    }
    for (uint32_t i = 0; i < env->n_items; i++) {
        for (int draw = 0; env->split[i] == AMS_TRAIN && env->full[i] > 0 && draw < DRAWS;
             draw++) {
            uint32_t order[AMS_MAX_MODELS];
            uint64_t mask = 0;
            for (uint32_t k = 0; k < env->n_models; k++) {
                order[k] = k;
            }
            ams_rng_shuffle(&rng, order, env->n_models);
            uint32_t length = ams_rng_below(&rng, env->n_models);
            for (uint32_t k = 0; k < length; k++) {
                mask |= UINT64_C(1) << order[k];
            }
            add_state(fit, env, i, mask, m);
        }
    }
    eliminate(fit, n);
}

static void naive(const ams_env *env, uint32_t item, uint64_t mask, double *score)
{
    double x[MOST];
    uint32_t n = features(env, item, mask, x);
    for (uint32_t m = 0; m < env->n_models; m++) {
        model fit;
        double q = 0;
        fit_model(&fit, env, m);
        for (uint32_t k = 0; k < n; k++) {
            q += fit.weight[k] * x[k];
        }
        score[m] = q >= 0 ? q / (double)env->time_ms[m] : q * (double)env->time_ms[m];
    }
}

START_TEST(test_normal_equations)
{
    orders_fixture f;
    orders_random(&f, (uint64_t)_i, 24, _i == 0 ? 7 : 4);
    orders_check_greedy(&f, "linear", naive);
    orders_drop(&f);
}
END_TEST

START_TEST(test_needs_a_training_split)
{
    orders_check_needs_training("linear");
}
END_TEST

START_TEST(test_follows_the_label)
{
    orders_fixture f;
    orders_halves(&f, 1200);
    orders_expect(&f, "linear", 0, "012");
    orders_expect(&f, "linear", 1, "021");
    orders_drop(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_normal_equations, 0, 4);
    tcase_add_test(tests, test_needs_a_training_split);
    tcase_add_test(tests, test_follows_the_label);
}

int main(void)
{
    return run_suite("linear", add);
}
