/* policy.ams version 4, of networks with goal inputs, and 5, with an output head per goal:
 * round trip, damage, mapping, mean. */
#include "ams/average.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/rl/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ams_table table;

/* Names and times are lent by the table. */
static void make_policy(ams_policy_file *p, bool heads, ams_stored stored, uint64_t seed)
{
    *p = (ams_policy_file){.agent = "dqn",
                           .label = "goals",
                           .decide = AMS_DECIDE_ODDS,
                           .env = ams_env_defaults(),
                           .data_hash = "0123456789abcdef0123456789abcdef",
                           .model_name = table.model_name,
                           .label_name = table.label_name,
                           .time_ms = table.time_ms,
                           .mem_mb = table.mem_mb,
                           .theta = table.theta,
                           .stored = stored,
                           .serves_ms = {0, 125, 125.5}};
    p->env.features = AMS_FEATURES_CONF_MASK;
    p->env.reward = AMS_REWARD_REMAINING;
    p->env.goal_input = true;
    p->env.goal_heads = heads;
    ck_assert_int_eq(ams_net_init(&p->net, table.n_labels + table.n_models + (heads ? 0 : 3),
                                  "6", (table.n_models + 1) * (heads ? 3 : 1), NULL),
                     AMS_OK);
    p->net.heads = heads ? 3 : 0;
    ams_net_randomize(&p->net, seed);
}

static void open_table(void)
{
    random_table_options options = random_table_defaults(2);
    random_table(&table, &options);
}

static void parse(ams_policy_file *p, const ams_blob *blob, ams_status wanted, const char *text)
{
    ams_error err = {{0}};
    ck_assert_int_eq(ams_policy_file_parse(p, blob->data, blob->size, "p", &err), wanted);
    if (wanted != AMS_OK && strstr(err.text, text) == NULL) {
        ck_abort_msg("expected '%s', found '%s'", text, err.text);
    }
}

START_TEST(round_trip)
{
    ams_policy_file p;
    ams_policy_file read;
    ams_blob blob;
    ams_blob again;
    open_table();
    make_policy(&p, _i >= 3, (ams_stored)(_i % 3), 5);
    ck_assert_int_eq(ams_policy_file_bytes(&p, &blob, NULL), AMS_OK);
    ck_assert_mem_eq(blob.data, _i >= 3 ? "AMSPOL05" : "AMSPOL04", 8);
    parse(&read, &blob, AMS_OK, "");
    ck_assert(read.env.goal_input);
    ck_assert(read.env.goal_heads == (_i >= 3));
    ck_assert_uint_eq(read.net.heads, p.net.heads);
    ck_assert_uint_eq(read.env.n_goals, 3);
    for (uint32_t k = 0; k < 3; k++) {
        ck_assert_double_eq(read.env.goal[k], p.env.goal[k]);
        ck_assert_double_eq(read.serves_ms[k], p.serves_ms[k]);
    }
    ck_assert_int_eq(read.stored, _i % 3);
    ck_assert_int_eq(ams_policy_file_bytes(&read, &again, NULL), AMS_OK);
    ck_assert_uint_eq(again.size, blob.size);
    ck_assert_mem_eq(again.data, blob.data, blob.size);
    ams_blob_fini(&again);
    ams_blob_fini(&blob);
    ams_policy_file_fini(&read);
    ams_net_fini(&p.net);
    ams_table_fini(&table);
}
END_TEST

START_TEST(contradictions)
{
    ams_policy_file p;
    ams_policy_file read;
    ams_blob blob;
    open_table();
    make_policy(&p, _i == 1, AMS_STORED_FP32, 5);
    const ams_policy_file good = p;
    for (int i = 0; i < 6; i++) {
        p = good;
        p.env.n_goals = i == 0 ? 2 : 3;
        p.env.goal[1] = i == 1 ? 0.7 : i == 2 ? (double)NAN : 0.9;
        p.env.goal[2] = i == 3 ? 1.5 : 1;
        p.serves_ms[0] = i == 4 ? 1 : 0;
        p.serves_ms[1] = i == 5 ? 200 : 125;
        ck_assert_int_eq(ams_policy_file_bytes(&p, &blob, NULL), AMS_OK);
        parse(&read, &blob, AMS_BAD_DATA,
              i == 0   ? "inputs or outputs"
              : i <= 3 ? "goals are not ascending"
                       : "deadlines of goals");
        ams_blob_fini(&blob);
    }
    /* Earlier versions have goals in no section; from version 4 on they must have them, and
     * each of those has another shape. */
    p = good;
    ck_assert_int_eq(ams_policy_file_bytes(&p, &blob, NULL), AMS_OK);
    for (char version = '1'; version <= '5'; version += version == '1' ? 3 : 1) {
        if (version != (_i == 1 ? '5' : '4')) {
            blob.data[7] = (uint8_t)version;
            parse(&read, &blob, AMS_BAD_DATA, "inputs or outputs");
        }
    }
    ams_blob_fini(&blob);
    p.env.goal_input = false;
    ck_assert_int_eq(ams_policy_file_bytes(&p, &blob, NULL), AMS_OK);
    blob.data[7] = '4' + (uint8_t)_i;
    parse(&read, &blob, AMS_BAD_DATA, "'goals'");
    ams_blob_fini(&blob);
    ams_net_fini(&p.net);
    ams_table_fini(&table);
}
END_TEST

/* On a table with one label more in front, the goals' rows stay the last ones. */
START_TEST(mapping)
{
    ams_policy_file p;
    ams_policy_file read;
    ams_label_map map;
    ams_blob blob;
    uint32_t index = 0;
    open_table();
    make_policy(&p, false, AMS_STORED_FP32, 5);
    ck_assert_int_eq(ams_policy_file_bytes(&p, &blob, NULL), AMS_OK);
    parse(&read, &blob, AMS_OK, "");
    ams_table other = {.n_models = table.n_models, .n_labels = table.n_labels + 1};
    other.model_name = table.model_name;
    ck_assert_int_eq(ams_names_add(&other.label_name, "t/new", 5, &index, NULL), AMS_OK);
    for (uint32_t l = 0; l < table.n_labels; l++) {
        const char *name = ams_names_get(&table.label_name, l);
        ck_assert_int_eq(ams_names_add(&other.label_name, name, strlen(name), &index, NULL),
                         AMS_OK);
    }
    ck_assert_int_eq(ams_policy_file_map(&read, &other, &map, NULL), AMS_OK);
    ck_assert_uint_eq(map.unknown, 1);
    ck_assert_uint_eq(read.net.width[0], p.net.width[0] + 1);
    const size_t rows = 3 * (size_t)p.net.width[1];
    const uint64_t old_end = p.net.weight[0] + (uint64_t)p.net.width[0] * p.net.width[1];
    const uint64_t new_end = read.net.weight[0] + (uint64_t)read.net.width[0] * p.net.width[1];
    ck_assert_mem_eq(read.net.params + new_end - rows, p.net.params + old_end - rows,
                     rows * sizeof(float));
    ams_blob_fini(&blob);
    ams_names_fini(&other.label_name);
    ams_policy_file_fini(&read);
    ams_net_fini(&p.net);
    ams_table_fini(&table);
}
END_TEST

/* One state with label 1 and model 0 of the table: what the policy's head says. */
static double *asked(const ams_net *net, uint32_t label, uint32_t model, uint8_t head)
{
    uint32_t ptr[] = {0, 2};
    uint32_t index[] = {label, model};
    ams_sparse x = {
        .n = 1, .columns = net->width[0], .ptr = ptr, .index = index, .head = &head};
    return reference_q(net, &x);
}

/* On a table with the models in another order each head's outputs are in that order. */
START_TEST(mapping_of_heads)
{
    ams_policy_file p;
    ams_policy_file read;
    ams_label_map map;
    ams_blob blob;
    uint32_t index = 0;
    open_table();
    make_policy(&p, true, AMS_STORED_FP32, 5);
    ck_assert_int_eq(ams_policy_file_bytes(&p, &blob, NULL), AMS_OK);
    parse(&read, &blob, AMS_OK, "");
    const uint32_t n = table.n_models;
    ams_table other = {.n_models = n, .n_labels = table.n_labels};
    other.label_name = table.label_name;
    for (uint32_t m = n; m-- > 0;) {
        const char *name = ams_names_get(&table.model_name, m);
        ck_assert_int_eq(ams_names_add(&other.model_name, name, strlen(name), &index, NULL),
                         AMS_OK);
    }
    ck_assert_int_eq(ams_policy_file_map(&read, &other, &map, NULL), AMS_OK);
    for (uint8_t g = 0; g < 3; g++) {
        double *was = asked(&p.net, 1, table.n_labels, g);
        double *is = asked(&read.net, 1, table.n_labels + n - 1, g);
        for (uint32_t m = 0; m < n; m++) {
            ck_assert_double_eq_tol(is[n - 1 - m], was[m], 1e-6);
        }
        ck_assert_double_eq_tol(is[n], was[n], 1e-6);
        free(was);
        free(is);
    }
    ams_blob_fini(&blob);
    ams_names_fini(&other.model_name);
    ams_policy_file_fini(&read);
    ams_net_fini(&p.net);
    ams_table_fini(&table);
}
END_TEST

/* Each head of the mean says the mean of what the members' heads say. */
START_TEST(mean_of_heads)
{
    static const char *const path[] = {"a", "b"};
    ams_policy_file a;
    ams_policy_file b;
    ams_error err = {{0}};
    open_table();
    make_policy(&a, true, AMS_STORED_FP32, 5);
    make_policy(&b, false, AMS_STORED_FP32, 6);
    ck_assert_int_eq(ams_policy_average(&a, &b, 1, path, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "goal inputs or output heads"));
    ams_net_fini(&b.net);
    make_policy(&b, true, AMS_STORED_FP32, 6);
    double *said[2][3];
    for (uint8_t g = 0; g < 3; g++) {
        said[0][g] = asked(&a.net, 1, table.n_labels, g);
        said[1][g] = asked(&b.net, 1, table.n_labels, g);
    }
    ck_assert_int_eq(ams_policy_average(&a, &b, 1, path, &err), AMS_OK);
    ck_assert_uint_eq(a.net.heads, 3);
    for (uint8_t g = 0; g < 3; g++) {
        double *mean = asked(&a.net, 1, table.n_labels, g);
        for (uint32_t m = 0; m <= table.n_models; m++) {
            ck_assert_double_eq_tol(mean[m], (said[0][g][m] + said[1][g][m]) / 2, 1e-6);
        }
        free(mean);
        free(said[0][g]);
        free(said[1][g]);
    }
    ams_net_fini(&a.net);
    ams_net_fini(&b.net);
    ams_table_fini(&table);
}
END_TEST

/* Members of other goals, or of none, have no mean; deadlines become the mean of theirs. */
START_TEST(mean)
{
    static const char *const path[] = {"a", "b"};
    ams_policy_file a;
    ams_policy_file b;
    ams_error err = {{0}};
    open_table();
    make_policy(&a, false, AMS_STORED_FP32, 5);
    make_policy(&b, false, AMS_STORED_FP32, 6);
    b.env.goal[0] = 0.5;
    ck_assert_int_eq(ams_policy_average(&a, &b, 1, path, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "goal inputs"));
    b.env.goal[0] = a.env.goal[0];
    b.serves_ms[1] = 25;
    ck_assert_int_eq(ams_policy_average(&a, &b, 1, path, &err), AMS_OK);
    ck_assert_uint_eq(a.net.width[1], 12);
    ck_assert_double_eq(a.serves_ms[1], 75);
    ck_assert_double_eq(a.serves_ms[2], 125.5);
    ams_net_fini(&a.net);
    ams_net_fini(&b.net);
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, round_trip, 0, 6);
    tcase_add_loop_test(tests, contradictions, 0, 2);
    tcase_add_test(tests, mapping);
    tcase_add_test(tests, mapping_of_heads);
    tcase_add_test(tests, mean_of_heads);
    tcase_add_test(tests, mean);
}

int main(void)
{
    return run_suite("rl/policy_goals", add);
}
