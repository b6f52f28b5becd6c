/* An export in several formats: which names it takes, and the files that it writes. */
#include "ams/export_set.h"

#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <string.h>

static void refuse(ams_export_set *set, const char *name, const char *text)
{
    const uint32_t n = set->n;
    ams_error err = {0};
    ck_assert_int_eq(ams_export_set_add(set, name, &err), AMS_USAGE);
    ck_assert_msg(strstr(err.text, text) != NULL, "expected '%s' in: %s", text, err.text);
    ck_assert_uint_eq(set->n, n);
}

START_TEST(test_names)
{
    ams_export_set set = {.n = 0};
    ck_assert_ptr_null(ams_export_set_unrounded(&set));
    refuse(&set, "", "found ''");
    refuse(&set, "heder", "did you mean header?");
    ck_assert_int_eq(ams_export_set_add(&set, "golden", NULL), AMS_OK);
    ck_assert_int_eq(ams_export_set_add(&set, "ams", NULL), AMS_OK);
    ck_assert_ptr_null(ams_export_set_unrounded(&set));
    refuse(&set, "golden", "'golden' stands twice");
    ck_assert_int_eq(ams_export_set_add(&set, "safetensors", NULL), AMS_OK);
    ck_assert_str_eq(ams_export_set_unrounded(&set)->name, "safetensors");
    ck_assert_uint_eq(set.n, 3);
    ck_assert_str_eq(set.kind[0]->file, "golden.json");
}
END_TEST

/* Names and times are lent by the table. */
static void make_policy(ams_policy_file *policy, const ams_table *table)
{
    *policy = (ams_policy_file){.agent = "dqn",
                                .label = "dqn",
                                .seed = 1,
                                .updates = 1,
                                .env = ams_env_defaults(),
                                .data_hash = "0123456789abcdef0123456789abcdef",
                                .model_name = table->model_name,
                                .label_name = table->label_name,
                                .time_ms = table->time_ms,
                                .mem_mb = table->mem_mb,
                                .theta = table->theta};
    policy->env.features = AMS_FEATURES_LABELS;
    ck_assert_int_eq(
        ams_net_init(&policy->net, table->n_labels, "5", table->n_models + 1, NULL), AMS_OK);
    ams_net_randomize(&policy->net, 3);
}

START_TEST(test_files)
{
    const random_table_options shape = random_table_defaults(2);
    ams_export_set set = {.n = 0};
    ams_table table;
    ams_policy_file policy;
    ams_policy_file back;
    ams_golden golden;
    ams_error err = {0};
    random_table(&table, &shape);
    make_policy(&policy, &table);
    ck_assert_int_eq(ams_export_set_add(&set, "ams", NULL), AMS_OK);
    ck_assert_int_eq(ams_export_set_add(&set, "header", NULL), AMS_OK);
    ck_assert_msg(ams_export_set_write(&set, &policy, "out/folder", 1e-5, &err) == AMS_OK, "%s",
                  err.text);
    ck_assert_int_eq(ams_golden_init(&golden, &policy, NULL), AMS_OK);
    ck_assert_float_eq(set.largest_q, golden.largest_q);
    ck_assert(ams_exists("out/folder/policy.h"));
    ck_assert_int_eq(ams_policy_file_read(&back, "out/folder/policy.ams", &err), AMS_OK);
    ck_assert_int_eq(memcmp(back.net.params, policy.net.params,
                            policy.net.n_params * sizeof *policy.net.params),
                     0);
    for (uint32_t k = 0; k < set.n; k++) {
        ck_assert_uint_gt(set.report[k].bytes, 100);
        ck_assert_double_le(set.report[k].difference, set.report[k].allowed);
    }
    ams_golden_fini(&golden);
    ams_policy_file_fini(&back);
    ams_net_fini(&policy.net);
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_names);
    tcase_add_test(tests, test_files);
}

int main(void)
{
    return run_suite("export set", add);
}
