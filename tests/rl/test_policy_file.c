/* policy.ams: what goes in comes out; no damage gets through. */
#include "base/file.h"
#include "rl/policy_file.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/rl/reference.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char PATH[] = "test.policy.ams";

/* Names and times are lent by the table. */
static void make_policy(ams_policy_file *p, const ams_table *table, bool dueling)
{
    *p = (ams_policy_file){.agent = "dqn",
                           .label = "my dqn",
                           .seed = 7,
                           .updates = 1234,
                           .decide = AMS_DECIDE_COST_Q,
                           .env = ams_env_defaults(),
                           .data_hash = "0123456789abcdef0123456789abcdef",
                           .model_name = table->model_name,
                           .label_name = table->label_name,
                           .time_ms = table->time_ms,
                           .mem_mb = table->mem_mb,
                           .theta = table->theta};
    p->env.features = AMS_FEATURES_LABELS_MASK;
    p->env.end = false;
    ck_assert_int_eq(ams_net_init(&p->net, table->n_labels + table->n_models, "5x4",
                                  table->n_models + (dueling ? 2 : 1), NULL),
                     AMS_OK);
    p->net.dueling = dueling;
    ams_net_randomize(&p->net, 3);
}

static void with_policy(void (*test)(ams_policy_file *policy, ams_table *table), bool dueling)
{
    ams_table table;
    random_table_options options = random_table_defaults(2);
    random_table(&table, &options);
    ams_policy_file policy;
    make_policy(&policy, &table, dueling);
    ck_assert_int_eq(ams_policy_file_write(&policy, PATH, NULL), AMS_OK);
    test(&policy, &table);
    ams_net_fini(&policy.net);
    ams_table_fini(&table);
    unlink(PATH);
}

static void check_round_trip(ams_policy_file *policy, ams_table *table)
{
    ams_policy_file read;
    ck_assert_int_eq(ams_policy_file_read(&read, PATH, NULL), AMS_OK);
    ck_assert_str_eq(read.agent, "dqn");
    ck_assert_str_eq(read.label, "my dqn");
    ck_assert_str_eq(read.data_hash, policy->data_hash);
    ck_assert_uint_eq(read.seed, 7);
    ck_assert_uint_eq(read.updates, 1234);
    ck_assert_int_eq(read.decide, AMS_DECIDE_COST_Q);
    ck_assert_int_eq(read.env.features, AMS_FEATURES_LABELS_MASK);
    ck_assert(!read.env.end);
    ck_assert_float_eq(read.env.threshold, 0.5F);
    ck_assert_uint_eq(read.net.n_layers, 3);
    ck_assert_int_eq(read.net.dueling, policy->net.dueling);
    ck_assert_mem_eq(read.net.params, policy->net.params, read.net.n_params * sizeof(float));
    ck_assert_mem_eq(read.time_ms, table->time_ms, table->n_models * sizeof(float));
    ck_assert_int_eq(ams_policy_file_matches(&read, table, NULL), AMS_OK);
    /* Equal content, equal bytes. */
    char *first = NULL;
    char *second = NULL;
    size_t sizes[2];
    ck_assert_int_eq(ams_read_file(PATH, 1 << 20, &first, &sizes[0], NULL), AMS_OK);
    ck_assert_int_eq(ams_policy_file_write(&read, PATH, NULL), AMS_OK);
    ck_assert_int_eq(ams_read_file(PATH, 1 << 20, &second, &sizes[1], NULL), AMS_OK);
    ck_assert_uint_eq(sizes[0], sizes[1]);
    ck_assert_mem_eq(first, second, sizes[0]);
    free(first);
    free(second);
    ams_policy_file_fini(&read);
}

START_TEST(round_trip)
{
    with_policy(check_round_trip, _i == 1);
}
END_TEST

static void check_damage(ams_policy_file *policy, ams_table *table)
{
    (void)policy;
    (void)table;
    char *bytes = NULL;
    size_t size = 0;
    ams_policy_file read;
    ams_error err = {{0}};
    ck_assert_int_eq(ams_read_file(PATH, 1 << 20, &bytes, &size, NULL), AMS_OK);
    for (size_t cut = 0; cut < size; cut++) {
        char *part = malloc(cut + 1); /* its own block, so that reading past the end is seen */
        memcpy(part, bytes, cut);
        ck_assert_int_eq(ams_policy_file_parse(&read, part, cut, "cut", &err), AMS_BAD_DATA);
        ck_assert_ptr_null(read.net.params);
        free(part);
    }
    for (size_t at = 0; at < size; at++) {
        bytes[at] = (char)(bytes[at] ^ (1 << at % 8));
        ck_assert_int_eq(ams_policy_file_parse(&read, bytes, size, "flip", &err), AMS_BAD_DATA);
        bytes[at] = (char)(bytes[at] ^ (1 << at % 8));
    }
    ck_assert_int_eq(ams_policy_file_parse(&read, bytes, size, "whole", &err), AMS_OK);
    ams_policy_file_fini(&read);
    free(bytes);
}

START_TEST(damage)
{
    with_policy(check_damage, _i == 1);
}
END_TEST

static void check_mismatch(ams_policy_file *policy, ams_table *table)
{
    (void)table;
    ams_table other;
    ams_error err = {{0}};
    random_table_options options = random_table_defaults(2);
    options.n_labels++;
    random_table(&other, &options);
    ck_assert_int_eq(ams_policy_file_matches(policy, &other, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "labels"));
    ams_table_fini(&other);
}

START_TEST(mismatch)
{
    with_policy(check_mismatch, _i == 1);
}
END_TEST

START_TEST(no_such_file)
{
    ams_policy_file read;
    ams_error err = {{0}};
    ck_assert_int_eq(ams_policy_file_read(&read, "none.ams", &err), AMS_IO);
    ck_assert_int_eq(ams_policy_file_read(&read, ".", &err), AMS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "directory"));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, round_trip, 0, 2);
    tcase_add_loop_test(tests, damage, 0, 2);
    tcase_add_loop_test(tests, mismatch, 0, 2);
    tcase_add_test(tests, no_such_file);
}

int main(void)
{
    return run_suite("rl/policy_file", add);
}
