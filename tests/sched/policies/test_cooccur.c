/* `cooccur` against its formula in docs/definitions.md, counted anew for every state. */
#include "ams/policy.h"

#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/sched/policies/orders.h"

#include <math.h>

static bool outputs(const ams_env *env, uint32_t item, uint32_t m, uint32_t label)
{
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        if (env->label[e] == label) {
            return env->makers[e] >> m & 1;
        }
    }
    return false;
}

static bool speaks(const ams_env *env, uint32_t item, uint32_t m)
{
    return env->full[item] > 0 && ams_env_value(env, item, UINT64_C(1) << m) > 0;
}

static bool fitted_on(const ams_env *env, uint32_t item)
{
    return env->split[item] == AMS_TRAIN && env->full[item] > 0;
}

/* Vote for A_m of: k outputs the label, or (label == L) k finds nothing. */
static double event_vote(const ams_env *env, uint32_t k, uint32_t label, uint32_t m,
                         bool *known)
{
    double a = 0;
    double event = 0;
    double both = 0;
    double n = 0;
    for (uint32_t i = 0; i < env->n_items; i++) {
        if (fitted_on(env, i)) {
            bool e = label == env->n_labels ? !speaks(env, i, k) : outputs(env, i, k, label);
            n++;
            a += speaks(env, i, m);
            event += e;
            both += e && speaks(env, i, m);
        }
    }
    *known = event > 0;
    double yes = (both + event / n) / (a + 1);
    double no = (event - both + event / n) / (n - a + 1);
    return *known ? log(yes / no) : 0;
}

static double log_odds(const ams_env *env, uint32_t item, uint64_t mask, uint32_t m)
{
    double a = 0;
    double n = 0;
    for (uint32_t i = 0; i < env->n_items; i++) {
        n += fitted_on(env, i);
        a += fitted_on(env, i) && speaks(env, i, m);
    }
    double odds = log((a + 0.5) / (n - a + 0.5));
    for (uint32_t k = 0; k < env->n_models; k++) {
        bool known;
        double sum = 0;
        double labels = 0;
        if (!(mask >> k & 1)) {
            continue;
        }
        for (uint32_t l = 0; l < env->n_labels; l++) {
            if (outputs(env, item, k, l)) {
                sum += event_vote(env, k, l, m, &known);
                labels += known;
            }
        }
        odds += speaks(env, item, k) ? (labels > 0 ? sum / labels : 0)
                                     : event_vote(env, k, env->n_labels, m, &known);
    }
    return odds;
}

/* What is left of the worth of (m, l) when `mask` ran and did not find l. */
static double left(const ams_env *env, uint64_t mask, uint32_t m, uint32_t l)
{
    double worth = 0;
    double a = 0;
    double n = 0;
    double shared[AMS_MAX_MODELS] = {0};
    for (uint32_t i = 0; i < env->n_items; i++) {
        a += fitted_on(env, i) && speaks(env, i, m);
        if (!fitted_on(env, i) || !outputs(env, i, m, l)) {
            continue;
        }
        n++;
        for (uint32_t k = 0; k < env->n_models; k++) {
            shared[k] += outputs(env, i, k, l);
        }
        for (uint64_t e = env->entry[i]; e < env->entry[i + 1]; e++) {
            worth += env->label[e] == l ? env->profit[e] / env->full[i] : 0;
        }
    }
    for (uint32_t k = 0; k < env->n_models; k++) {
        worth *= mask >> k & 1 ? (n - shared[k] + 0.5) / (n + 0.5) : 1;
    }
    return a > 0 ? worth / a : 0;
}

static void naive(const ams_env *env, uint32_t item, uint64_t mask, double *score)
{
    for (uint32_t m = 0; m < env->n_models; m++) {
        double sum = 0;
        for (uint32_t l = 0; l < env->n_labels; l++) {
            bool found = false;
            for (uint32_t k = 0; k < env->n_models; k++) {
                found = found || ((mask >> k & 1) && outputs(env, item, k, l));
            }
            sum += found ? 0 : left(env, mask, m, l);
        }
        score[m] = sum / (1 + exp(-log_odds(env, item, mask, m))) / (double)env->time_ms[m];
    }
}

START_TEST(test_formula)
{
    orders_fixture f;
    orders_random(&f, (uint64_t)_i, 24, _i == 0 ? 9 : 5);
    orders_check_greedy(&f, "cooccur", naive);
    orders_drop(&f);
}
END_TEST

START_TEST(test_needs_a_training_split)
{
    orders_check_needs_training("cooccur");
}
END_TEST

/* m0 finds a or nothing; m1 speaks where a is, m2 where it is not, at equal times and values.
 */
START_TEST(test_follows_the_label)
{
    static const given_output given[] = {{0, 0, 0, 0.9F}, {0, 1, 1, 0.6F}, {1, 0, 0, 0.9F},
                                         {1, 1, 1, 0.6F}, {2, 2, 2, 0.6F}, {3, 2, 2, 0.6F},
                                         {4, 0, 0, 0.9F}, {4, 1, 1, 0.6F}, {5, 2, 2, 0.6F}};
    static const float times[] = {1, 100, 100};
    orders_fixture f;
    given_table(&f.table, 6, 3, 3, times, given, 9, AMS_TRAIN);
    orders_make_env(&f);
    orders_expect(&f, "cooccur", 0, "012");
    orders_expect(&f, "cooccur", 5, "021");
    orders_drop(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_formula, 0, 4);
    tcase_add_test(tests, test_needs_a_training_split);
    tcase_add_test(tests, test_follows_the_label);
}

int main(void)
{
    return run_suite("cooccur", add);
}
