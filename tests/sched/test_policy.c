/* Baselines against brute force and cases worked out by hand; specs of policies. */
#include "ams/policy.h"

#include "base/file.h"
#include "base/rng.h"
#include "sched/policy_private.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct fixture {
    ams_table table;
    ams_env *env;
} fixture;

static void make_env(fixture *f)
{
    ams_env_options options = ams_env_defaults();
    ams_error err = {0};
    ck_assert_msg(ams_env_create(&f->env, &f->table, &options, &err) == AMS_OK, "%s", err.text);
}

static void random_fixture(fixture *f, uint64_t seed, uint32_t n_models)
{
    random_table_options shape = random_table_defaults(seed);
    shape.n_models = n_models;
    random_table(&f->table, &shape);
    make_env(f);
}

static void drop(fixture *f)
{
    ams_env_destroy(f->env);
    ams_table_fini(&f->table);
}

static ams_policy *make_policy(const fixture *f, const char *spec)
{
    ams_policy *policy = NULL;
    ams_error err = {0};
    ck_assert_msg(ams_policy_create(&policy, spec, &f->table, f->env, &err) == AMS_OK, "%s",
                  err.text);
    return policy;
}

static uint32_t order_of(const ams_policy *policy, uint32_t item, uint32_t draw, uint8_t *order)
{
    uint32_t n = policy->kind->order(policy, NULL, item, draw, order);
    uint64_t mask = 0;
    for (uint32_t k = 0; k < n; k++) {
        ck_assert_uint_lt(order[k], policy->env->n_models);
        ck_assert_uint_eq(mask >> order[k] & 1, 0);
        mask |= UINT64_C(1) << order[k];
    }
    return n;
}

static void expect_order(const fixture *f, const char *spec, uint32_t item,
                         const char *expected)
{
    ams_policy *policy = make_policy(f, spec);
    uint8_t order[AMS_MAX_MODELS];
    uint32_t n = order_of(policy, item, 0, order);
    char text[AMS_MAX_MODELS + 1] = "";
    for (uint32_t k = 0; k < n; k++) {
        text[k] = (char)('0' + order[k]);
    }
    ck_assert_msg(strcmp(text, expected) == 0, "%s: expected %s, found %s", spec, expected,
                  text);
    ams_policy_destroy(policy);
}

/* m0: a 0.6 (worth 0.8), 100 ms. m1: a 0.8, b 0.6, 200 ms. m2: nothing, 10 ms. m3: c 0.8, 400
 * ms. m4: b 0.5 only, not an output. Item 1: nothing at all. Item 2: m1 and m3 tie in value. */
static void hand_fixture(fixture *f)
{
    static const given_output outputs[] = {{0, 0, 0, 0.6F}, {0, 1, 0, 0.8F}, {0, 1, 1, 0.6F},
                                           {0, 3, 2, 0.8F}, {0, 4, 1, 0.5F}, {2, 1, 0, 0.7F},
                                           {2, 3, 2, 0.7F}};
    static const float times[] = {100, 200, 10, 400, 100};
    given_table(&f->table, 3, 5, 3, times, outputs, 7, AMS_TRAIN);
    make_env(f);
}

START_TEST(test_hand_computed)
{
    fixture f;
    hand_fixture(&f);
    expect_order(&f, "all", 0, "01234");
    expect_order(&f, "valuable", 0, "013");
    expect_order(&f, "valuable", 1, "");
    /* Values 0.8, 1.4, 0, 0.8, 0: the tie of 0 and 3 goes to 0, of 2 and 4 to 2. */
    expect_order(&f, "optimal", 0, "10324");
    expect_order(&f, "optimal", 1, "01234");
    expect_order(&f, "optimal", 2, "13024");
    /* Rates 8, 7, 0, 2; then b 0.6 / 200 = 3 against 2. */
    expect_order(&f, "oracle", 0, "01324");
    expect_order(&f, "oracle", 2, "13024");
    /* Mean gains over items 0 and 2 (f 2.2 and 1.4), times 1000 / time: m0 0.3636/2/100 = 1.82,
     * m1 (0.6364 + 0.5)/2/200 = 2.84, m3 (0.3636 + 0.5)/2/400 = 1.08: m1, then m0 gains
     * nothing. */
    expect_order(&f, "fixed", 0, "13024");
    expect_order(&f, "fixed", 1, "13024");
    drop(&f);
}
END_TEST

static double value_of(const fixture *f, uint32_t item, uint64_t mask)
{
    return ams_env_value(f->env, item, mask);
}

/* The first model that is best within rounding must be the one chosen. */
static void check_step(uint32_t chosen, const double *score, uint64_t mask, uint32_t n)
{
    for (uint32_t m = 0; m < n; m++) {
        if (!(mask >> m & 1)) {
            double slack = 1e-12 * (1 + fabs(score[chosen]));
            ck_assert_double_le(score[m], score[chosen] + slack);
            ck_assert_msg(m >= chosen || score[m] < score[chosen], "a tie went to %u, not %u",
                          chosen, m);
        }
    }
}

START_TEST(test_greedy_baselines)
{
    fixture f;
    random_fixture(&f, (uint64_t)_i, _i == 0 ? 64 : 6);
    uint32_t n = f.table.n_models;
    ams_policy *oracle = make_policy(&f, "oracle");
    ams_policy *optimal = make_policy(&f, "optimal");
    ams_policy *valuable = make_policy(&f, "valuable");
    uint8_t order[AMS_MAX_MODELS];
    double score[AMS_MAX_MODELS];
    for (uint32_t i = 0; i < f.table.n_items; i++) {
        ck_assert_uint_eq(order_of(oracle, i, 0, order), n);
        uint64_t mask = 0;
        for (uint32_t k = 0; k < n; k++) {
            for (uint32_t m = 0; m < n; m++) {
                score[m] = ams_env_gain(f.env, i, mask, m) / (double)f.table.time_ms[m];
            }
            check_step(order[k], score, mask, n);
            mask |= UINT64_C(1) << order[k];
        }
        ck_assert_uint_eq(order_of(optimal, i, 0, order), n);
        for (uint32_t k = 1; k < n; k++) {
            double before = value_of(&f, i, UINT64_C(1) << order[k - 1]);
            double now = value_of(&f, i, UINT64_C(1) << order[k]);
            ck_assert(before > now || (before == now && order[k - 1] < order[k]));
        }
        uint64_t found = 0;
        uint32_t count = order_of(valuable, i, 0, order);
        for (uint32_t k = 0; k < count; k++) {
            found |= UINT64_C(1) << order[k];
        }
        for (uint32_t m = 0; m < n; m++) {
            ck_assert_uint_eq(found >> m & 1, value_of(&f, i, UINT64_C(1) << m) > 0);
        }
    }
    ams_policy_destroy(oracle);
    ams_policy_destroy(optimal);
    ams_policy_destroy(valuable);
    drop(&f);
}
END_TEST

START_TEST(test_fixed_is_greedy_on_training_items)
{
    fixture f;
    random_fixture(&f, (uint64_t)_i, 7);
    ams_policy *fixed = make_policy(&f, "fixed");
    uint8_t order[AMS_MAX_MODELS];
    double score[AMS_MAX_MODELS];
    ck_assert_uint_eq(order_of(fixed, 0, 0, order), 7);
    uint64_t mask = 0;
    for (uint32_t k = 0; k < 7; k++) {
        for (uint32_t m = 0; m < 7; m++) {
            score[m] = 0;
            for (uint32_t i = 0; i < f.table.n_items; i++) {
                double full = value_of(&f, i, UINT64_MAX);
                if (f.table.split[i] == AMS_TRAIN && full > 0) {
                    double after = value_of(&f, i, mask | UINT64_C(1) << m);
                    score[m] +=
                        (after - value_of(&f, i, mask)) / full / (double)f.table.time_ms[m];
                }
            }
        }
        /* Sums differ in rounding, so only the value is compared, not which of a tie. */
        for (uint32_t m = 0; m < 7; m++) {
            if (!(mask >> m & 1)) {
                ck_assert_double_le(score[m], score[order[k]] + 1e-12);
            }
        }
        mask |= UINT64_C(1) << order[k];
    }
    ams_policy_destroy(fixed);
    drop(&f);
}
END_TEST

START_TEST(test_fixed_needs_a_training_split)
{
    fixture f;
    random_fixture(&f, 1, 5);
    ams_env_destroy(f.env);
    memset(f.table.split, AMS_TEST, f.table.n_items);
    make_env(&f);
    ams_policy *policy = NULL;
    ams_error err = {0};
    ck_assert_int_eq(ams_policy_create(&policy, "fixed", &f.table, f.env, &err), AMS_BAD_DATA);
    ck_assert_ptr_null(policy);
    ck_assert_ptr_nonnull(strstr(err.text, "training split"));
    drop(&f);
}
END_TEST

START_TEST(test_random_is_uniform_and_keyed)
{
    fixture f;
    random_fixture(&f, 3, 4);
    ams_policy *policy = make_policy(&f, "random");
    uint8_t order[AMS_MAX_MODELS];
    uint8_t again[AMS_MAX_MODELS];
    uint32_t counts[4][4] = {{0}};
    ck_assert_uint_ge(policy->draws, 100);
    for (uint32_t item = 0; item < 20; item++) {
        for (uint32_t draw = 0; draw < 1000; draw++) {
            ck_assert_uint_eq(order_of(policy, item, draw, order), 4);
            for (uint32_t k = 0; k < 4; k++) {
                counts[k][order[k]]++;
            }
        }
    }
    for (uint32_t k = 0; k < 4; k++) {
        for (uint32_t m = 0; m < 4; m++) {
            ck_assert_double_eq_tol(counts[k][m], 5000, 5 * sqrt(5000 * 0.75));
        }
    }
    /* The same whatever was drawn before; another seed, item or draw is another order. */
    order_of(policy, 7, 5, order);
    order_of(policy, 3, 9, again);
    order_of(policy, 7, 5, again);
    ck_assert_mem_eq(order, again, 4);
    ams_policy_destroy(policy);
    drop(&f);

    random_fixture(&f, 3, 64);
    policy = make_policy(&f, "random");
    order_of(policy, 7, 5, order);
    order_of(policy, 7, 6, again);
    ck_assert_mem_ne(order, again, 64);
    order_of(policy, 8, 5, again);
    ck_assert_mem_ne(order, again, 64);
    policy->draw_seed = 1;
    order_of(policy, 7, 5, again);
    ck_assert_mem_ne(order, again, 64);
    ams_policy_destroy(policy);
    drop(&f);
}
END_TEST

static void refuse(const fixture *f, const char *spec, ams_status code, const char *message)
{
    ams_policy *policy = NULL;
    ams_error err = {0};
    ck_assert_int_eq(ams_policy_create(&policy, spec, &f->table, f->env, &err), code);
    ck_assert_ptr_null(policy);
    ck_assert_msg(strstr(err.text, message) != NULL, "'%s' is not in '%s'", message, err.text);
}

START_TEST(test_specs)
{
    fixture f;
    random_fixture(&f, 1, 5);
    refuse(&f, "randm", AMS_USAGE, "did you mean 'random'?");
    refuse(&f, "/no/such/folder", AMS_USAGE, "/no/such/folder");
    refuse(&f, "x=/no/such/folder", AMS_USAGE, "'/no/such/folder'");
    refuse(&f, "=random", AMS_USAGE, "label");
    refuse(&f, "cost-q:random", AMS_USAGE, "decision rule");
    refuse(&f, ".", AMS_USAGE, "policy.ams");
    ams_policy *policy = make_policy(&f, "mine=random");
    ck_assert_str_eq(policy->label, "mine");
    ck_assert_str_eq(policy->kind->name, "random");
    ams_policy_destroy(policy);
    for (uint32_t i = 0; i < ams_n_policy_kinds; i++) {
        if (ams_policy_kinds[i]->takes_path) {
            continue;
        }
        policy = make_policy(&f, ams_policy_kinds[i]->name);
        ck_assert_str_eq(policy->label, ams_policy_kinds[i]->name);
        ams_policy_destroy(policy);
    }
    ams_policy_destroy(NULL);
    drop(&f);
}
END_TEST

START_TEST(test_fitted_specs)
{
    static const char *const fitted[] = {"fixed", "x=cooccur", "knn", "rules:a.tsv",
                                         "mine=rules:b=c.tsv"};
    static const char *const others[] = {"random", "oracle",         "rules", "runs/fixed",
                                         "",       "q-greedy:fixed", "=fixed"};
    for (size_t i = 0; i < sizeof fitted / sizeof *fitted; i++) {
        ck_assert_msg(ams_policy_spec_is_fitted(fitted[i]), "%s", fitted[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ck_assert_msg(!ams_policy_spec_is_fitted(others[i]), "%s", others[i]);
    }
}
END_TEST

static void same_orders(const ams_policy *one, const ams_policy *other)
{
    const ams_policy_kind *kind = ams_policy_kind_of(one);
    void *worker[2] = {NULL, NULL};
    if (kind->worker_create != NULL) {
        ck_assert_int_eq(kind->worker_create(one, &worker[0], NULL), AMS_OK);
        ck_assert_int_eq(kind->worker_create(other, &worker[1], NULL), AMS_OK);
    }
    for (uint32_t i = 0; i < ams_policy_env(one)->n_items; i++) {
        uint8_t order[2][AMS_MAX_MODELS];
        uint32_t n = kind->order(one, worker[0], i, 0, order[0]);
        ck_assert_uint_eq(kind->order(other, worker[1], i, 0, order[1]), n);
        ck_assert_mem_eq(order[0], order[1], n);
    }
    for (int w = 0; w < 2 && kind->worker_destroy != NULL; w++) {
        kind->worker_destroy(worker[w]);
    }
}

/* A sample of the training items, against a table in which the others are in no split. */
START_TEST(test_fit_to_a_sample)
{
    static const char *const names[] = {"fixed", "cooccur", "knn", "linear"};
    fixture f;
    random_fixture(&f, 9, 6);
    uint8_t *split = malloc(f.table.n_items);
    ck_assert_ptr_nonnull(split);
    memcpy(split, f.table.split, f.table.n_items);
    for (uint32_t i = 0; i < f.table.n_items; i += 6) { /* every other one */
        ck_assert_int_eq(split[i], AMS_TRAIN);
        split[i] = AMS_IN_NO_SPLIT;
    }
    const ams_policy_kind *kind = ams_policy_kind_named(names[_i]);
    ams_policy *policy = NULL;
    ck_assert_int_eq(ams_policy_fit(&policy, kind, NULL, &f.table, f.env, split, NULL), AMS_OK);
    ams_policy_set_name(policy, "sample", 4);
    ck_assert_str_eq(ams_policy_label(policy), "sample");
    ck_assert_uint_eq(ams_policy_seed(policy), 4);
    ck_assert_ptr_eq(ams_policy_env(policy), f.env);
    fixture other;
    random_fixture(&other, 9, 6);
    ams_env_destroy(other.env);
    memcpy(other.table.split, split, f.table.n_items);
    ams_env_options options = ams_env_defaults();
    ck_assert_int_eq(ams_env_create(&other.env, &other.table, &options, NULL), AMS_OK);
    ams_policy *expected = make_policy(&other, names[_i]);
    same_orders(policy, expected);
    ams_policy_destroy(expected);
    ams_policy_destroy(policy);
    memset(split, AMS_IN_NO_SPLIT, f.table.n_items); /* nothing to fit to */
    ck_assert_int_ne(ams_policy_fit(&policy, kind, NULL, &f.table, f.env, split, NULL), AMS_OK);
    ck_assert_ptr_null(policy);
    free(split);
    drop(&f);
    drop(&other);
}
END_TEST

/* A kind of a program's own, through ams/policy.h alone: `fit` reads the table and the path and
 * keeps an order, here that of the models' memory. */
static uint32_t states_kept;

static ams_status fit_by_memory(ams_policy *policy, ams_error *err)
{
    const ams_table *table = ams_policy_table(policy);
    uint8_t *order = malloc(AMS_MAX_MODELS);
    ck_assert_ptr_nonnull(order);
    ck_assert_str_eq(ams_policy_path(policy), "largest");
    (void)err;
    for (uint32_t m = 0; m < table->n_models; m++) {
        uint32_t at = m;
        for (; at > 0 && table->mem_mb[order[at - 1]] < table->mem_mb[m]; at--) {
            order[at] = order[at - 1];
        }
        order[at] = (uint8_t)m;
    }
    ams_policy_set_state(policy, order);
    states_kept++;
    return AMS_OK;
}

static void drop_order(ams_policy *policy)
{
    free(ams_policy_state(policy));
    states_kept--;
}

static uint32_t order_by_memory(const ams_policy *policy, void *worker, uint32_t item,
                                uint32_t draw, uint8_t order[AMS_MAX_MODELS])
{
    const uint32_t n = ams_policy_env(policy)->n_models;
    (void)worker, (void)item, (void)draw;
    memcpy(order, ams_policy_state(policy), n);
    return n;
}

START_TEST(test_kind_of_ones_own)
{
    static const ams_policy_kind kind = {.name = "by-memory",
                                         .draws = 1,
                                         .takes_path = true,
                                         .fit = fit_by_memory,
                                         .fini = drop_order,
                                         .order = order_by_memory};
    fixture f;
    uint8_t order[AMS_MAX_MODELS];
    random_fixture(&f, 11, 3);
    memcpy(f.table.mem_mb, (float[]){20, 30, 10}, 3 * sizeof(float));
    ams_policy *policy = NULL;
    ck_assert_int_eq(ams_policy_fit(&policy, &kind, "largest", &f.table, f.env, NULL, NULL),
                     AMS_OK);
    ck_assert_str_eq(ams_policy_label(policy), "by-memory");
    ck_assert_ptr_null(ams_policy_table(policy)); /* during `fit` only */
    ck_assert_ptr_null(ams_policy_path(policy));
    ck_assert_uint_eq(order_of(policy, 0, 0, order), 3);
    ck_assert_mem_eq(order, ((uint8_t[]){1, 0, 2}), 3);
    ck_assert_uint_eq(states_kept, 1);
    ams_policy_destroy(policy);
    ck_assert_uint_eq(states_kept, 0);
    drop(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_hand_computed);
    tcase_add_loop_test(tests, test_greedy_baselines, 0, 4);
    tcase_add_loop_test(tests, test_fixed_is_greedy_on_training_items, 0, 6);
    tcase_add_test(tests, test_fixed_needs_a_training_split);
    tcase_add_test(tests, test_random_is_uniform_and_keyed);
    tcase_add_test(tests, test_specs);
    tcase_add_test(tests, test_fitted_specs);
    tcase_add_loop_test(tests, test_fit_to_a_sample, 0, 4);
    tcase_add_test(tests, test_kind_of_ones_own);
}

int main(void)
{
    return run_suite("policy", add);
}
