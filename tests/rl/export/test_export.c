/* Exports: every format says what the double-precision network says, for each kind of network
 * and of features; equal policies give equal bytes; what differs is not kept; damage breaks
 * nothing. */
#include "ams/export.h"
#include "ams/export_set.h"
#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/rl/reference.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const hidden[] = {"7", "9x5", "6x5x4"};
enum {
    HIDDEN = 3,
    FEATURES = 4,
    CASES = HIDDEN * FEATURES * 2,
    HEADS = 3,
    ALL = CASES + HEADS
};

/* Case i: a network, features, dueling heads or not; from CASES on an output head per goal.
 * Names and times are lent by the table. */
static float one_threshold[] = {0.25F, 0.25F, 0.25F, 0.25F, 0.25F, 0.25F};
static float thresholds[] = {0.25F, 0.5F, 0, 0.125F, 0.25F, 0.75F};

static void make_policy(ams_policy_file *p, const ams_table *table, int i)
{
    *p = (ams_policy_file){.agent = "dqn",
                           .label = "my */ dqn",
                           .seed = 7,
                           .updates = 1234,
                           .decide = i % 3,
                           .env = ams_env_defaults(),
                           .data_hash = "0123456789abcdef0123456789abcdef",
                           .model_name = table->model_name,
                           .label_name = table->label_name,
                           .time_ms = table->time_ms,
                           .mem_mb = table->mem_mb,
                           .theta = table->theta};
    const bool heads = i >= CASES;
    const bool dueling = i % 2 == 1 && !heads;
    p->env.features = heads ? i - CASES + 1 : i / 2 % FEATURES;
    p->threshold = i % 3 == 0 ? one_threshold : thresholds;
    const bool mask = p->env.features == AMS_FEATURES_LABELS_MASK ||
                      p->env.features == AMS_FEATURES_CONF_MASK;
    ck_assert_int_eq(
        ams_net_init(&p->net, table->n_labels + (mask ? table->n_models : 0),
                     hidden[heads ? i - CASES : i / 2 / FEATURES],
                     heads ? 3 * (table->n_models + 1) : table->n_models + (dueling ? 2 : 1),
                     NULL),
        AMS_OK);
    p->net.dueling = dueling;
    p->env.goal_input = heads;
    p->env.goal_heads = heads;
    p->net.heads = heads ? 3 : 0;
    ams_net_randomize(&p->net, (uint64_t)i);
    float *bias = p->net.params + p->net.bias[p->net.n_layers - 1];
    for (uint32_t a = 0; a < p->net.width[p->net.n_layers]; a++) {
        bias[a] = 0.125F * (float)(a + 1);
    }
}

static void with_policy(void (*test)(ams_policy_file *, const ams_golden *), int i)
{
    ams_table table;
    ams_policy_file policy;
    ams_golden golden;
    random_table_options options = random_table_defaults(2);
    random_table(&table, &options);
    make_policy(&policy, &table, i);
    ck_assert_int_eq(ams_golden_init(&golden, &policy, NULL), AMS_OK);
    test(&policy, &golden);
    ams_golden_fini(&golden);
    ams_net_fini(&policy.net);
    ams_table_fini(&table);
}

/* A program that was built without ONNX says how to get it; the other formats are tested. */
static bool is_there(const ams_export_kind *kind, const ams_policy_file *policy,
                     const ams_golden *golden)
{
    ams_error err = {{0}};
    ams_blob blob = {0};
    ams_status status = kind->write(policy, golden, &blob, &err);
    ams_blob_fini(&blob);
    if (status == AMS_BACKEND) {
        ck_assert_str_eq(kind->name, "onnx");
        ck_assert_ptr_nonnull(strstr(err.text, "libonnx-dev"));
        return false;
    }
    ck_assert_int_eq(status, AMS_OK);
    return true;
}

static void check_states(const ams_golden *golden)
{
    const ams_sparse *x = &golden->x;
    ck_assert_uint_eq(x->n, AMS_GOLDEN_STATES);
    ck_assert_uint_eq(x->ptr[1], 0); /* the first has no feature */
    for (uint32_t b = 0; b < x->n; b++) {
        for (uint32_t i = x->ptr[b]; i < x->ptr[b + 1]; i++) {
            ck_assert_uint_lt(x->index[i], x->columns);
            ck_assert(i == x->ptr[b] || x->index[i - 1] < x->index[i]);
            ck_assert(x->value == NULL || (x->value[i] > 0 && x->value[i] <= 1));
        }
    }
    ck_assert_uint_gt(x->ptr[x->n], AMS_GOLDEN_STATES);
}

static void check_formats(ams_policy_file *policy, const ams_golden *golden)
{
    const size_t n = (size_t)AMS_GOLDEN_STATES * golden->n_actions;
    double *expected = reference_q(&policy->net, &golden->x);
    float *q = malloc(n * sizeof *q);
    check_states(golden);
    for (size_t k = 0; k < ams_n_export_kinds; k++) {
        const ams_export_kind *kind = &ams_export_kinds[k];
        ams_export_report report;
        ams_error err = {{0}};
        char *bytes[2] = {NULL, NULL};
        size_t size[2];
        if (!is_there(kind, policy, golden)) {
            continue;
        }
        for (size_t time = 0; time < 2; time++) {
            ams_status status =
                ams_export_write(kind, policy, golden, kind->file, 1e-5, &report, &err);
            ck_assert_msg(status == AMS_OK, "%s: %s", kind->name, err.text);
            ck_assert_int_eq(
                ams_read_file(kind->file, 1 << 26, &bytes[time], &size[time], NULL), AMS_OK);
        }
        ck_assert_uint_eq(size[0], size[1]);
        ck_assert_mem_eq(bytes[0], bytes[1], size[0]);
        ck_assert_uint_eq(report.bytes, size[0]);
        ams_blob blob = {.data = (uint8_t *)bytes[0], .size = size[0]};
        ck_assert_int_eq(kind->q(&blob, golden, q, NULL), AMS_OK);
        for (size_t i = 0; i < n; i++) {
            ck_assert_double_eq_tol(q[i], expected[i], 1e-5);
        }
        free(bytes[0]);
        free(bytes[1]);
    }
    free(expected);
    free(q);
}

START_TEST(formats)
{
    with_policy(check_formats, _i);
}
END_TEST

static const ams_export_kind *kind_named(const char *name)
{
    for (size_t k = 0; k < ams_n_export_kinds; k++) {
        if (strcmp(ams_export_kinds[k].name, name) == 0) {
            return &ams_export_kinds[k];
        }
    }
    ck_abort_msg("no format %s", name);
    return NULL;
}

/* A text of __metadata__; the same bytes stand in the ONNX file, where there is one. */
static const char *meta_of(const json_t *texts, const ams_blob *onnx, const char *key)
{
    const char *text = json_string_value(json_object_get(texts, key));
    ck_assert_msg(text != NULL, "no %s", key);
    ck_assert_msg(onnx->size == 0 || text[0] == '\0' ||
                      memmem(onnx->data, onnx->size, text, strlen(text)) != NULL,
                  "ONNX: no %s", text);
    return text;
}

static void check_list(const json_t *texts, const ams_blob *onnx, const char *key,
                       const ams_names *names, const float *numbers, uint32_t n)
{
    json_t *list = json_loads(meta_of(texts, onnx, key), 0, NULL);
    ck_assert_uint_eq(json_array_size(list), n);
    for (uint32_t i = 0; i < n; i++) {
        const json_t *entry = json_array_get(list, i);
        if (names != NULL) {
            ck_assert_str_eq(json_string_value(entry), ams_names_get(names, i));
        } else {
            ck_assert_float_eq((float)json_number_value(entry), numbers[i]);
        }
    }
    json_decref(list);
}

static void check_meta(ams_policy_file *p, const ams_golden *golden)
{
    const ams_export_kind *safetensors = kind_named("safetensors");
    const ams_export_kind *onnx = kind_named("onnx");
    ams_blob blob = {0};
    ams_blob other = {0};
    const uint32_t m = p->model_name.count;
    uint64_t length;
    ck_assert_int_eq(safetensors->write(p, golden, &blob, NULL), AMS_OK);
    if (is_there(onnx, p, golden)) {
        ck_assert_int_eq(onnx->write(p, golden, &other, NULL), AMS_OK);
    }
    memcpy(&length, blob.data, sizeof length);
    ck_assert_uint_eq((8 + length) % 64, 0);
    json_t *root = json_loadb((char *)blob.data + 8, length, 0, NULL);
    const json_t *texts = json_object_get(root, "__metadata__");
    check_list(texts, &other, "models", &p->model_name, NULL, m);
    check_list(texts, &other, "labels", &p->label_name, NULL, p->label_name.count);
    check_list(texts, &other, "time_ms", NULL, p->time_ms, m);
    check_list(texts, &other, "mem_mb", NULL, p->mem_mb, m);
    check_list(texts, &other, "theta", NULL, p->theta, m);
    ck_assert_str_eq(meta_of(texts, &other, "features"), ams_feature_modes[p->env.features]);
    ck_assert_str_eq(meta_of(texts, &other, "decide"), ams_decide_modes[p->decide]);
    ck_assert_str_eq(meta_of(texts, &other, "q"),
                     p->decide == AMS_DECIDE_ODDS ? "log-odds" : "value");
    ck_assert_str_eq(meta_of(texts, &other, "threshold"),
                     p->threshold == one_threshold ? "0.25" : "[0.25,0.5,0.0,0.125,0.25,0.75]");
    ck_assert_str_eq(meta_of(texts, &other, "data_hash"), p->data_hash);
    ck_assert_str_eq(meta_of(texts, &other, "dueling"), p->net.dueling ? "true" : "false");
    ck_assert_str_eq(meta_of(texts, &other, "updates"), "1234");
    ck_assert_str_eq(meta_of(texts, &other, "version"), p->net.heads > 0 ? "5" : "1");
    ck_assert(p->net.heads == 0 || strcmp(meta_of(texts, &other, "heads"), "3") == 0);
    json_decref(root);
    ams_blob_fini(&blob);
    ams_blob_fini(&other);
}

START_TEST(metadata)
{
    with_policy(check_meta, _i);
}
END_TEST

/* The states of one policy do not fit a file of another, and nothing of it stays. */
static void check_difference(ams_policy_file *policy, const ams_golden *golden)
{
    for (size_t k = 0; k < ams_n_export_kinds; k++) {
        const ams_export_kind *kind = &ams_export_kinds[k];
        ams_export_report report;
        ams_error err = {{0}};
        if (strcmp(kind->name, "golden") == 0 || !is_there(kind, policy, golden)) {
            continue; /* golden.json holds the states themselves */
        }
        policy->net.params[policy->net.bias[policy->net.n_layers - 1]] += 0.01F;
        ck_assert_int_eq(ams_export_write(kind, policy, golden, "other", 1e-5, &report, &err),
                         AMS_DIFFERS);
        policy->net.params[policy->net.bias[policy->net.n_layers - 1]] -= 0.01F;
        ck_assert_double_eq_tol(report.difference, 0.01, 2e-3);
        ck_assert_ptr_nonnull(strstr(err.text, "other"));
        ck_assert(!ams_exists("other"));
    }
    char command[64];
    snprintf(command, sizeof command, "test -z \"$(ls other*.tmp 2> /dev/null)\"");
    ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c): a test's own folder */
}

START_TEST(difference)
{
    with_policy(check_difference, 2);
}
END_TEST

/* Weights that are finite, and Q-values that are not: infinite or, of dueling heads, no number.
 * No format gets as far as a file. */
START_TEST(not_finite)
{
    ams_table table;
    ams_policy_file policy;
    ams_golden golden;
    ams_error err = {{0}};
    random_table_options options = random_table_defaults(2);
    random_table(&table, &options);
    make_policy(&policy, &table, _i);
    for (uint64_t k = 0; k < policy.net.n_params; k++) {
        policy.net.params[k] = 3e38F;
    }
    ck_assert_int_eq(ams_golden_init(&golden, &policy, &err), AMS_DIVERGED);
    ck_assert_ptr_nonnull(strstr(err.text, "not finite"));
    for (size_t k = 0; k < ams_n_export_kinds; k++) {
        ams_export_set set = {.n = 0};
        ck_assert_int_eq(ams_export_set_add(&set, ams_export_kinds[k].name, &err), AMS_OK);
        ck_assert_int_eq(ams_export_set_write(&set, &policy, "diverged", 1e-5, &err),
                         AMS_DIVERGED);
    }
    ck_assert_int_ne(access("diverged", F_OK), 0);
    ams_net_fini(&policy.net);
    ams_table_fini(&table);
}
END_TEST

/* Cut anywhere, or one bit turned: an error or numbers, never more. */
static void check_damage(ams_policy_file *policy, const ams_golden *golden)
{
    float *q = malloc((size_t)AMS_GOLDEN_STATES * golden->n_actions * sizeof *q);
    for (size_t k = 0; k < ams_n_export_kinds; k++) {
        const ams_export_kind *kind = &ams_export_kinds[k];
        ams_blob blob = {0};
        ams_error err;
        if (strcmp(kind->name, "golden") == 0 || !is_there(kind, policy, golden)) {
            continue;
        }
        ck_assert_int_eq(kind->write(policy, golden, &blob, NULL), AMS_OK);
        const size_t step = blob.size / 400 + 1;
        for (size_t at = 0; at < blob.size; at += step) {
            uint8_t *copy = calloc(1, blob.size + 1);
            memcpy(copy, blob.data, at);
            ams_blob cut = {.data = copy, .size = at};
            ams_status status = kind->q(&cut, golden, q, &err);
            /* A message of protobuf that ends with one of its last texts is whole. */
            ck_assert_msg(status != AMS_OK ||
                              (kind == kind_named("onnx") && at > blob.size * 3 / 5),
                          "%s: cut at %zu of %zu", kind->name, at, blob.size);
            memcpy(copy, blob.data, blob.size);
            copy[at] ^= (uint8_t)(1 << at % 8);
            cut.size = blob.size;
            kind->q(&cut, golden, q, &err);
            free(copy);
        }
        ams_blob_fini(&blob);
    }
    free(q);
}

START_TEST(damage)
{
    with_policy(check_damage, _i);
}
END_TEST

/* Texts of JSON and ONNX are UTF-8; policy.ams takes any bytes. */
static void check_bad_names(ams_policy_file *policy, const ams_golden *golden)
{
    ams_names lent = policy->label_name;
    ams_names names = {0};
    uint32_t index;
    for (uint32_t l = 0; l < lent.count; l++) {
        char name[32];
        int length = snprintf(name, sizeof name, "t/\xff%u", l);
        ck_assert_int_eq(ams_names_add(&names, name, (size_t)length, &index, NULL), AMS_OK);
    }
    policy->label_name = names;
    for (size_t k = 0; k < ams_n_export_kinds; k++) {
        const ams_export_kind *kind = &ams_export_kinds[k];
        ams_blob blob = {0};
        ams_error err = {{0}};
        ams_status status = kind->write(policy, golden, &blob, &err);
        ams_blob_fini(&blob);
        if (kind->rounds) {
            ck_assert_int_eq(status, AMS_OK);
        } else if (status != AMS_BACKEND) {
            ck_assert_int_eq(status, AMS_BAD_DATA);
            ck_assert_ptr_nonnull(strstr(err.text, "labels"));
        }
    }
    ams_names_fini(&policy->label_name);
    policy->label_name = lent;
}

START_TEST(bad_names)
{
    with_policy(check_bad_names, 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, formats, 0, ALL);
    tcase_add_loop_test(tests, metadata, 0, ALL);
    tcase_add_test(tests, difference);
    tcase_add_loop_test(tests, not_finite, 0, 4);
    tcase_add_loop_test(tests, damage, 2, 4);
    tcase_add_test(tests, bad_names);
}

int main(void)
{
    return run_suite("rl/export", add);
}
