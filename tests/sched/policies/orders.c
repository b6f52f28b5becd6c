#include "tests/sched/policies/orders.h"

#include "ams/policy.h"
#include "sched/policy_private.h"
#include "tests/env/random_table.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void orders_make_env(orders_fixture *f)
{
    ams_env_options options = ams_env_defaults();
    ams_error err = {0};
    ck_assert_msg(ams_env_create(&f->env, &f->table, &options, &err) == AMS_OK, "%s", err.text);
}

void orders_random(orders_fixture *f, uint64_t seed, uint32_t n_items, uint32_t n_models)
{
    random_table_options shape = random_table_defaults(seed);
    shape.n_items = n_items;
    shape.n_models = n_models;
    random_table(&f->table, &shape);
    orders_make_env(f);
}

void orders_halves(orders_fixture *f, uint32_t n)
{
    static const float times[] = {1, 100, 100};
    given_output *given = calloc(2 * (size_t)n, sizeof *given);
    uint32_t outputs = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i % 2 == 0) {
            given[outputs++] = (given_output){i, 0, 0, 0.9F};
        }
        given[outputs++] = (given_output){i, 1 + i % 2, 1 + i % 2, 0.6F};
    }
    given_table(&f->table, n, 3, 3, times, given, outputs, AMS_TRAIN);
    free(given);
    orders_make_env(f);
}

void orders_drop(orders_fixture *f)
{
    ams_env_destroy(f->env);
    ams_table_fini(&f->table);
}

static ams_policy *make(const orders_fixture *f, const char *spec, void **worker)
{
    ams_policy *policy = NULL;
    ams_error err = {0};
    ck_assert_msg(ams_policy_create(&policy, spec, &f->table, f->env, &err) == AMS_OK, "%s",
                  err.text);
    if (policy->kind->worker_create != NULL) {
        ck_assert_msg(policy->kind->worker_create(policy, worker, &err) == AMS_OK, "%s",
                      err.text);
    }
    return policy;
}

static void drop_policy(ams_policy *policy, void *worker)
{
    if (policy->kind->worker_destroy != NULL) {
        policy->kind->worker_destroy(worker);
    }
    ams_policy_destroy(policy);
}

void orders_expect(const orders_fixture *f, const char *spec, uint32_t item,
                   const char *expected)
{
    void *worker = NULL;
    ams_policy *policy = make(f, spec, &worker);
    uint8_t order[AMS_MAX_MODELS];
    char text[AMS_MAX_MODELS + 1] = "";
    uint32_t n = policy->kind->order(policy, worker, item, 0, order);
    for (uint32_t k = 0; k < n; k++) {
        text[k] = (char)('0' + order[k]);
    }
    ck_assert_msg(strcmp(text, expected) == 0, "%s, item %u: expected %s, found %s", spec, item,
                  expected, text);
    drop_policy(policy, worker);
}

void orders_check_greedy(const orders_fixture *f, const char *spec, orders_score *naive)
{
    void *worker = NULL;
    ams_policy *policy = make(f, spec, &worker);
    uint32_t n = f->env->n_models;
    double score[AMS_MAX_MODELS];
    for (uint32_t i = 0; i < f->env->n_items; i++) {
        uint8_t order[AMS_MAX_MODELS];
        uint8_t again[AMS_MAX_MODELS];
        uint64_t mask = 0;
        ck_assert_uint_eq(policy->kind->order(policy, worker, i, 0, order), n);
        for (uint32_t k = 0; k < n; k++) {
            naive(f->env, i, mask, score);
            ck_assert_uint_lt(order[k], n);
            ck_assert_uint_eq(mask >> order[k] & 1, 0);
            double chosen = score[order[k]];
            for (uint64_t bits = ams_env_remaining(f->env, mask); bits != 0; bits &= bits - 1) {
                double other = score[__builtin_ctzll(bits)];
                ck_assert_msg(other <= chosen + 1e-5 * fabs(chosen) + 1e-9,
                              "%s, item %u, step %u: %u scores %g, %d scores %g", spec, i, k,
                              order[k], chosen, __builtin_ctzll(bits), other);
            }
            mask |= UINT64_C(1) << order[k];
        }
        policy->kind->order(policy, worker, (i + 7) % f->env->n_items, 0, again);
        policy->kind->order(policy, worker, i, 0, again);
        ck_assert_mem_eq(order, again, n);
    }
    drop_policy(policy, worker);
}

void orders_check_needs_training(const char *spec)
{
    orders_fixture f;
    orders_random(&f, 1, 9, 5);
    ams_env_destroy(f.env);
    memset(f.table.split, AMS_TEST, f.table.n_items);
    orders_make_env(&f);
    ams_policy *policy = NULL;
    ams_error err = {0};
    ck_assert_int_eq(ams_policy_create(&policy, spec, &f.table, f.env, &err), AMS_BAD_DATA);
    ck_assert_ptr_null(policy);
    ck_assert_ptr_nonnull(strstr(err.text, "training split"));
    orders_drop(&f);
}
