/* Exits by their formula: how often each is right, what its confidence says, how they nest. */
#include "ams/synth.h"

#include "tests/base/suite.h"

#include <math.h>

enum { N = 20000, STAGES = 3, CLASSES = 10 };

static void make(ams_table *table, uint64_t seed, uint32_t n)
{
    ams_error err;
    ams_synth *synth = NULL;
    ams_synth_options options = ams_synth_defaults();
    options.preset = "exits";
    options.n_items = N;
    options.seed = seed;
    ck_assert_msg(ams_synth_create(&synth, &options, &err) == AMS_OK, "%s", err.text);
    ck_assert_msg(ams_synth_table(synth, n, table, &err) == AMS_OK, "%s", err.text);
    ams_synth_destroy(synth);
}

/* Whether the exit's one label is right, and its confidence. */
static bool is_right(const ams_table *t, uint32_t item, uint32_t stage, double *conf)
{
    const uint64_t at = t->indptr[(uint64_t)item * STAGES + stage];
    const uint32_t *right = NULL;
    ck_assert_uint_eq(t->indptr[(uint64_t)item * STAGES + stage + 1], at + 1);
    ck_assert_uint_eq(ams_table_truth(t, item, &right), 1);
    *conf = (double)t->conf[at];
    return t->label[at] == right[0];
}

/* Of h from Beta(2, 4) the mean of h^g is G(2 + g) G(6) / (G(6 + g) G(2)), G the gamma
 * function; right is 1 - 0.9 h^g. */
START_TEST(exits_are_right_as_often_as_the_formula_says)
{
    const double g[STAGES] = {0.6, 1.2, 2.4};
    ams_table t;
    make(&t, 3, N);
    for (uint32_t l = 0; l < STAGES; l++) {
        const double power = exp(lgamma(2 + g[l]) + lgamma(6) - lgamma(6 + g[l]) - lgamma(2));
        double right = 0;
        double sure = 0;
        for (uint32_t i = 0; i < N; i++) {
            double conf = 0;
            right += is_right(&t, i, l, &conf);
            sure += conf;
        }
        ck_assert_double_eq_tol(right / N, 1 - 0.9 * power, 0.011); /* 3 standard errors */
        ck_assert_double_eq_tol(sure / N, 1 - 0.9 * power, 0.01);
    }
    ams_table_fini(&t);
}
END_TEST

START_TEST(confidences_are_calibrated_and_exits_nest)
{
    ams_table t;
    uint32_t lost = 0;
    make(&t, 4, N);
    for (int tenth = 3; tenth < 9; tenth++) {
        double right = 0;
        double sure = 0;
        double n = 0;
        for (uint32_t i = 0; i < N; i++) {
            double conf = 0;
            const bool is = is_right(&t, i, 1, &conf);
            if (conf >= 0.1 * tenth && conf < 0.1 * (tenth + 1)) {
                right += is;
                sure += conf;
                n++;
            }
        }
        ck_assert_double_eq_tol(right / n, sure / n, 0.02 + 1.5 / sqrt(n));
    }
    for (uint32_t i = 0; i < N; i++) {
        double conf = 0;
        lost += is_right(&t, i, 0, &conf) && !is_right(&t, i, 2, &conf);
    }
    ck_assert_uint_gt(lost, 0); /* by redraws alone: at most one in ten, of those few wrong */
    ck_assert_uint_lt(lost, N / 40);
    ams_table_fini(&t);
}
END_TEST

/* So that streams take them as stages without being told. */
START_TEST(models_are_named_as_exits)
{
    uint32_t model[AMS_MAX_MODELS];
    ams_table t;
    make(&t, 6, 10);
    ck_assert_uint_eq(ams_table_exits_of(&t, "net", model), STAGES);
    for (uint32_t l = 0; l < STAGES; l++) {
        ck_assert_uint_eq(model[l], l);
    }
    ams_table_fini(&t);
}
END_TEST

START_TEST(an_item_is_the_same_whatever_stands_beside_it)
{
    ams_table all;
    ams_table few;
    make(&all, 5, 100);
    make(&few, 5, 10);
    for (uint32_t k = 0; k < 10 * STAGES; k++) {
        ck_assert(all.label[k] == few.label[k] && all.conf[k] == few.conf[k]);
    }
    ck_assert_mem_eq(all.truth, few.truth, 10 * sizeof *all.truth);
    ams_table_fini(&all);
    ams_table_fini(&few);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, exits_are_right_as_often_as_the_formula_says);
    tcase_add_test(tests, confidences_are_calibrated_and_exits_nest);
    tcase_add_test(tests, models_are_named_as_exits);
    tcase_add_test(tests, an_item_is_the_same_whatever_stands_beside_it);
}

int main(void)
{
    return run_suite("synth_exits", add);
}
