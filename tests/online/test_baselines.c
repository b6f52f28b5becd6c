/* Baselines written as a policy.ams: the embedded scheduler takes the orders that `ams eval`
 * scores, whatever the items' outputs are. */
#include "tests/online/fixture.h"

#include "sched/policy_private.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The baseline in f->policy, and its policy.ams opened in f->online. */
static void make(online_fixture *f, const char *spec, uint64_t seed)
{
    random_table_options shape = random_table_defaults(seed);
    const ams_env_options options = ams_env_defaults();
    ams_policy_file file;
    ams_blob blob;
    ams_error err = {""};
    size_t size = 0;
    memset(f, 0, sizeof *f);
    shape.n_items = 60;
    shape.n_models = 9;
    random_table(&f->table, &shape);
    if (seed % 2 == 0) { /* what is found depends on the model then */
        ck_assert_int_eq(ams_table_set_threshold(&f->table, "m0=0.2,m1=0.7,m4=0.9", &err),
                         AMS_OK);
    }
    ck_assert_msg(ams_env_create(&f->env, &f->table, &options, &err) == AMS_OK, "%s", err.text);
    ck_assert_msg(ams_policy_create(&f->policy, spec, &f->table, f->env, &err) == AMS_OK, "%s",
                  err.text);
    ck_assert_msg(ams_policy_to_file(&file, f->policy, &f->table, &err) == AMS_OK, "%s",
                  err.text);
    ck_assert_str_eq(file.agent, f->policy->kind->name);
    ck_assert_int_eq(ams_policy_file_bytes(&file, &blob, &err), AMS_OK);
    ck_assert_int_eq(ams_online_size(blob.data, blob.size, &size), AMS_ONLINE_OK);
    f->memory = malloc(size);
    ck_assert_int_eq(ams_online_open(&f->online, blob.data, blob.size, f->memory, size),
                     AMS_ONLINE_OK);
    f->room_size = ams_item_size(f->online);
    f->room = malloc(f->room_size);
    ams_blob_fini(&blob);
    ams_policy_file_fini(&file);
}

static void drop(online_fixture *f)
{
    ams_policy_destroy(f->policy);
    ams_env_destroy(f->env);
    ams_table_fini(&f->table);
    free(f->memory);
    free(f->room);
}

/* @return models of the item's order. */
static uint32_t check_item(const online_fixture *f, void *worker, uint32_t item)
{
    uint8_t order[AMS_MAX_MODELS];
    const uint32_t n = f->policy->kind->order(f->policy, worker, item, 0, order);
    ams_item *online = NULL;
    double now = 0;
    ck_assert_int_eq(ams_item_begin(&online, f->online, NULL, f->room, f->room_size),
                     AMS_ONLINE_OK);
    for (uint32_t k = 0; k < n; k++) {
        ams_item_step step;
        online_need(ams_item_next(online, now, &step) == AMS_ONLINE_OK && step.n == 1);
        ck_assert_msg(step.model[0] == order[k], "item %u, place %u: model %u in place of %u",
                      item, k, step.model[0], order[k]);
        const online_output out = online_output_of(f, item, order[k]);
        online_need(ams_item_started(online, order[k], now) == AMS_ONLINE_OK);
        now += (double)f->table.time_ms[order[k]];
        online_need(ams_item_finished(online, order[k], now, out.label, out.conf, out.n) ==
                    AMS_ONLINE_OK);
    }
    return n;
}

static void check_all(const char *spec, uint64_t seed)
{
    online_fixture f;
    void *worker = NULL;
    make(&f, spec, seed);
    const ams_policy_kind *kind = f.policy->kind;
    if (kind->worker_create != NULL) {
        ck_assert_int_eq(kind->worker_create(f.policy, &worker, NULL), AMS_OK);
    }
    for (uint32_t i = 0; i < f.table.n_items; i++) {
        ck_assert_uint_eq(check_item(&f, worker, i), f.table.n_models);
    }
    if (kind->worker_destroy != NULL) {
        kind->worker_destroy(worker);
    }
    drop(&f);
}

START_TEST(orders_are_those_of_eval)
{
    /* Rows of one label and of several, twice the same, on one model, and one that forbids. */
    FILE *file = fopen("rules.tsv", "w");
    ck_assert_ptr_nonnull(file);
    fputs("task\tlabel\tfactor\ttarget\n"
          "t0\tl0\t4\tt1\nt0\tl0\t0.25\tt2\nt1\tl*\t5\tt0\nt1\tl*\t5\tt0\nt2\tl*\t0.001\tm3\n"
          "t2\tl5\t7\tm3\n",
          file);
    ck_assert_int_eq(fclose(file), 0);
    check_all("fixed", (uint64_t)_i + 1);
    check_all("linear", (uint64_t)_i + 1);
    check_all("rules:rules.tsv", (uint64_t)_i + 1);
}
END_TEST

/* Under a deadline `fixed` is scheduled by what its models add: the first of its order that
 * end in time. */
START_TEST(limits_apply)
{
    online_fixture f;
    ams_item *item = NULL;
    ams_item_step step;
    uint8_t order[AMS_MAX_MODELS];
    ams_item_limits limits = ams_item_limits_none();
    make(&f, "fixed", 3);
    const uint32_t n = f.policy->kind->order(f.policy, NULL, 0, 0, order);
    limits.deadline_ms = 1e9;
    ck_assert_int_eq(ams_item_begin(&item, f.online, &limits, f.room, f.room_size),
                     AMS_ONLINE_OK);
    ck_assert_int_eq(ams_item_next(item, 0, &step), AMS_ONLINE_OK);
    ck_assert_uint_eq(step.model[0], order[0]);
    limits.deadline_ms = (double)f.table.time_ms[order[0]] * 0.999;
    ck_assert_int_eq(ams_item_begin(&item, f.online, &limits, f.room, f.room_size),
                     AMS_ONLINE_OK);
    ck_assert_int_eq(ams_item_next(item, 0, &step), AMS_ONLINE_OK);
    uint32_t k = 1;
    while (k < n && (double)f.table.time_ms[order[k]] > limits.deadline_ms) {
        k++;
    }
    ck_assert_uint_eq(step.n, k < n);
    ck_assert(k == n || step.model[0] == order[k]);
    drop(&f);
}
END_TEST

START_TEST(others_have_no_such_form)
{
    static const char *const others[] = {"all",     "random", "knn",
                                         "cooccur", "oracle", "optimal"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        online_fixture f;
        ams_policy *other = NULL;
        ams_policy_file file;
        ams_error err = {""};
        make(&f, "fixed", 1);
        ck_assert_int_eq(ams_policy_create(&other, others[i], &f.table, f.env, &err), AMS_OK);
        ck_assert_int_eq(ams_policy_to_file(&file, other, &f.table, &err), AMS_USAGE);
        ck_assert_ptr_nonnull(strstr(err.text, others[i]));
        ams_policy_destroy(other);
        drop(&f);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, orders_are_those_of_eval, 0, 12);
    tcase_add_test(tests, limits_apply);
    tcase_add_test(tests, others_have_no_such_form);
}

int main(void)
{
    return run_suite("online_baselines", add);
}
