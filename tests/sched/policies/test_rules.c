/* `rules:FILE` against its formula, and what it says of damaged files. */
#include "ams/policy.h"

#include "sched/policy_private.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/sched/policies/orders.h"

#include <stdio.h>
#include <string.h>

#define PATH "rules.tsv"
#define HEADER "# tasks t0..t2, labels tN/lK with K % 3 = N\ntask\tlabel\tfactor\ttarget\n"

static void write_rules(const char *text)
{
    FILE *file = fopen(PATH, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

/* The rules of test_formula: label, target task (models m with m % 3 of it), factor. */
static const struct {
    uint32_t label, target;
    double factor;
} known[] = {{0, 1, 4}, {0, 2, 0.25}, {4, 0, 0.1}, {8, 1, 3}, {8, 1, 3}};

static void naive(const ams_env *env, uint32_t item, uint64_t mask, double *score)
{
    for (uint32_t m = 0; m < env->n_models; m++) {
        double speaks = 0;
        double n = 0;
        for (uint32_t i = 0; i < env->n_items; i++) {
            n += env->split[i] == AMS_TRAIN && env->full[i] > 0;
            speaks += env->split[i] == AMS_TRAIN && ams_env_value(env, i, UINT64_C(1) << m) > 0;
        }
        score[m] = speaks / n / (double)env->time_ms[m];
        for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
            for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
                if (env->label[e] == known[k].label && (env->makers[e] & mask) &&
                    m % 3 == known[k].target) {
                    score[m] *= known[k].factor;
                }
            }
        }
    }
}

START_TEST(test_formula)
{
    orders_fixture f;
    write_rules(HEADER "t0\tl0\t4\tt1\r\n\nt0\tl0\t0.25\tt2\n# more\nt1\tl4\t0.1\tt0\n"
                       "t2\tl8\t3\tt1\nt2\tl8\t3\tt1");
    orders_random(&f, (uint64_t)_i, 24, 7);
    orders_check_greedy(&f, "rules:" PATH, naive);
    orders_drop(&f);
}
END_TEST

/* A model as target; "*" is any of the task's labels, and its row counts once. */
static void naive_groups(const ams_env *env, uint32_t item, uint64_t mask, double *score)
{
    bool any = false;
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        any = any || (env->label[e] % 3 == 1 && (env->makers[e] & mask));
    }
    for (uint32_t m = 0; m < env->n_models; m++) {
        double speaks = 0;
        double n = 0;
        for (uint32_t i = 0; i < env->n_items; i++) {
            n += env->split[i] == AMS_TRAIN && env->full[i] > 0;
            speaks += env->split[i] == AMS_TRAIN && ams_env_value(env, i, UINT64_C(1) << m) > 0;
        }
        score[m] = speaks / n / (double)env->time_ms[m] * (any && m == 5 ? 50 : 1);
    }
}

START_TEST(test_groups_of_labels)
{
    orders_fixture f;
    orders_random(&f, (uint64_t)_i, 24, 7);
    char text[256];
    snprintf(text, sizeof text, "%st1\t*\t50\t%s\n", HEADER,
             ams_names_get(&f.table.model_name, 5));
    write_rules(text);
    orders_check_greedy(&f, "rules:" PATH, naive_groups);
    orders_drop(&f);
}
END_TEST

/* Drawn with their probability: the first model is any, all alike; once the rule has fired, its
 * models come next nearly always. The standard error of a share of 4,000 draws is below 0.8 %.
 */
START_TEST(test_drawn)
{
    enum { DRAWS = 4000, MODELS = 6 };
    orders_fixture f;
    ams_policy *policy = NULL;
    ams_error err = {0};
    double first[MODELS] = {0};
    orders_random(&f, 3, 24, MODELS);
    write_rules(HEADER "t0\t*\t1e9\tt2\n");
    ck_assert_msg(ams_policy_create(&policy, "rules-random:" PATH, &f.table, f.env, &err) ==
                      AMS_OK,
                  "%s", err.text);
    uint32_t fired = 0;
    for (uint32_t d = 0; d < DRAWS; d++) {
        uint8_t order[AMS_MAX_MODELS];
        uint8_t again[AMS_MAX_MODELS];
        uint64_t seen = 0;
        bool on = false;
        const uint32_t item = d % f.env->n_items;
        ck_assert_uint_eq(policy->kind->order(policy, NULL, item, d, order), MODELS);
        ck_assert_uint_eq(policy->kind->order(policy, NULL, item, d, again), MODELS);
        ck_assert_mem_eq(order, again, MODELS);
        first[order[0]]++;
        for (uint32_t k = 0; k < MODELS; k++) {
            bool left = ((UINT64_C(1) << 2 | UINT64_C(1) << 5) & ~seen) != 0;
            ck_assert_msg(!on || !left || order[k] % 3 == 2, "draw %u, place %u", d, k);
            seen |= UINT64_C(1) << order[k];
            for (uint64_t e = f.env->entry[item]; e < f.env->entry[item + 1]; e++) {
                on = on || (f.env->label[e] % 3 == 0 && (f.env->makers[e] & seen));
            }
        }
        fired += on;
        ck_assert_uint_eq(seen, (UINT64_C(1) << MODELS) - 1);
    }
    ck_assert_uint_gt(fired, DRAWS / 10);
    for (uint32_t m = 0; m < MODELS; m++) {
        ck_assert_double_eq_tol(first[m] / DRAWS, 1.0 / MODELS, 0.03);
    }
    ams_policy_destroy(policy);
    orders_drop(&f);
}
END_TEST

static void refuse(const char *spec, ams_status code, const char *message)
{
    orders_fixture f;
    ams_policy *policy = NULL;
    ams_error err = {0};
    orders_random(&f, 1, 24, 6);
    ck_assert_int_eq(ams_policy_create(&policy, spec, &f.table, f.env, &err), code);
    ck_assert_ptr_null(policy);
    ck_assert_msg(strstr(err.text, message) != NULL, "'%s' is not in '%s'", message, err.text);
    orders_drop(&f);
}

static void refuse_text(const char *text, const char *message)
{
    write_rules(text);
    refuse("rules:" PATH, AMS_BAD_DATA, message);
}

START_TEST(test_refusals)
{
    refuse("rules", AMS_USAGE, "rules:FILE");
    refuse("rules:", AMS_USAGE, "no such baseline");
    refuse("rules:/no/such/file", AMS_IO, "/no/such/file");
    refuse_text("", "at least one rule");
    refuse_text(HEADER, "at least one rule");
    refuse_text("task\tlabel\ttarget\tfactor\n", "rules.tsv:1: expected the column 'factor'");
    refuse_text(HEADER "t0\tl0\t2\n", "rules.tsv:3: expected 4 cells");
    refuse_text(HEADER "t0\tl0\t2\tt1\tx\n", "found 5");
    refuse_text(HEADER "t9\tl0\t2\tt1\n", "rules.tsv:3: the data set has no task 't9'");
    refuse_text(HEADER "t0\tl0\t2\tt9\n", "rules.tsv:3: the data set has no task 't9'");
    refuse_text(HEADER "\nt0\tl1\t2\tt1\n", "rules.tsv:4: the data set has no label 't0/l1'");
    refuse_text(HEADER "t0\tl0\t0\tt1\n", "rules.tsv:3: expected a factor over 0, found '0'");
    refuse_text(HEADER "t0\tl0\ttwo\tt1\n", "found 'two'");
}
END_TEST

START_TEST(test_needs_a_training_split)
{
    write_rules(HEADER "t0\tl0\t2\tt1\n");
    orders_check_needs_training("rules:" PATH);
}
END_TEST

START_TEST(test_rules_of_the_photos)
{
    ams_table table;
    ams_env *env = NULL;
    ams_policy *policy = NULL;
    ams_env_options options = ams_env_defaults();
    ams_error err = {0};
    ck_assert_msg(ams_table_read(&table, AMS_SOURCE_DIR "/data/photos.h5", &err) == AMS_OK,
                  "%s", err.text);
    ck_assert_int_eq(ams_env_create(&env, &table, &options, &err), AMS_OK);
    ck_assert_msg(ams_policy_create(&policy,
                                    "rules:" AMS_SOURCE_DIR "/experiments/photos/rules.tsv",
                                    &table, env, &err) == AMS_OK,
                  "%s", err.text);
    ck_assert_str_eq(policy->label, "rules");
    ams_policy_destroy(policy);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_formula, 0, 4);
    tcase_add_loop_test(tests, test_groups_of_labels, 0, 4);
    tcase_add_test(tests, test_drawn);
    tcase_add_test(tests, test_refusals);
    tcase_add_test(tests, test_needs_a_training_split);
    tcase_add_test(tests, test_rules_of_the_photos);
}

int main(void)
{
    return run_suite("rules", add);
}
