/* policy.ams: what goes in comes out; no damage gets through. */
#include "base/file.h"
#include "rl/policy/weights.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/rl/reference.h"

#include <math.h>
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

/* Case i: dueling heads where odd, and how the weights are held; the second half has thresholds
 * that differ between models. */
enum { CASES = 12 };
static float thresholds[] = {0.5F, 0.25F, 0, 0.875F, 0.5F, 0.5F};

static ams_stored stored_of(int i)
{
    const int k = i / 2 % 3;
    return k == 0 ? AMS_STORED_FP32 : k == 1 ? AMS_STORED_FP16 : AMS_STORED_INT8;
}

static void with_policy(void (*test)(ams_policy_file *policy, ams_table *table), int i)
{
    ams_table table;
    random_table_options options = random_table_defaults(2);
    random_table(&table, &options);
    ams_policy_file policy;
    make_policy(&policy, &table, i % 2 == 1);
    policy.stored = stored_of(i);
    policy.threshold = i < CASES / 2 ? NULL : thresholds;
    for (uint64_t at = 0; at < policy.net.width[1];
         at++) { /* not all of one size, nor all above 0 */
        policy.net.params[policy.net.weight[0] + at] = at % 3 == 0 ? 0 : 1e-5F * (float)at;
        policy.net.params[policy.net.bias[0] + at] = -0.3F * (float)at;
    }
    ck_assert_int_eq(ams_policy_file_write(&policy, PATH, NULL), AMS_OK);
    test(&policy, &table);
    ams_net_fini(&policy.net);
    ams_table_fini(&table);
    unlink(PATH);
}

/* Each weight is the nearest that its type has: 11 significant bits of fp16, of int8 127 steps
 * to the largest of an input's weights (whose scale has 16 bits). */
static void check_rounding(const ams_net *from, const ams_net *to, ams_stored stored)
{
    for (uint32_t k = 0; k < from->n_layers; k++) {
        const uint32_t n = from->width[k + 1];
        for (uint32_t i = 0; i < from->width[k]; i++) {
            const float *a = from->params + from->weight[k] + (size_t)i * n;
            const float *b = to->params + to->weight[k] + (size_t)i * n;
            double most = 0;
            for (uint32_t j = 0; j < n; j++) {
                most = fmax(most, fabs(a[j]));
            }
            for (uint32_t j = 0; j < n; j++) {
                double allowed = stored == AMS_STORED_FP32 ? 0
                                 : stored == AMS_STORED_FP16
                                     ? fmax(fabs(a[j]), 0x1p-14) * 0x1p-11
                                     : most / 127 / 2 * 1.0001;
                ck_assert_double_le(fabs((double)a[j] - b[j]), allowed);
            }
        }
        ck_assert_mem_eq(from->params + from->bias[k], to->params + to->bias[k],
                         n * sizeof(float));
    }
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
    for (uint32_t m = 0; m < table->n_models; m++) {
        ck_assert_float_eq(read.threshold[m],
                           policy->threshold == NULL ? 0.5F : policy->threshold[m]);
    }
    ck_assert(ams_policy_file_same_thresholds(&read, policy));
    ck_assert_uint_eq(read.net.n_layers, 3);
    ck_assert_int_eq(read.net.dueling, policy->net.dueling);
    ck_assert_int_eq(read.stored, policy->stored);
    check_rounding(&policy->net, &read.net, policy->stored);
    ck_assert_mem_eq(read.time_ms, table->time_ms, table->n_models * sizeof(float));
    ams_label_map map = {.unknown = 9};
    ck_assert_int_eq(ams_policy_file_map(&read, table, &map, NULL), AMS_OK);
    ck_assert_uint_eq(map.unknown + map.missing, 0);
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
    with_policy(check_round_trip, _i);
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
    with_policy(check_damage, _i);
}
END_TEST

static void add_name(ams_names *names, const char *name)
{
    uint32_t index = 0;
    ck_assert_int_eq(ams_names_add(names, name, strlen(name), &index, NULL), AMS_OK);
}

/* Q-values of a state in which every third label has been found and every other model has run,
 * by name: what stands for label l and model m is at `label[l]` and labels + `model[m]`. */
static double *q_of_state(const ams_policy_file *policy, const uint32_t *label,
                          const uint32_t *model, uint32_t n_labels, uint32_t n_models)
{
    uint32_t ptr[2] = {0, 0};
    uint32_t *index = calloc(policy->net.width[0], sizeof *index);
    for (uint32_t i = 0; i < policy->net.width[0]; i++) { /* ascending */
        for (uint32_t l = 0; l < n_labels; l += 3) {
            if (label[l] == i) {
                index[ptr[1]++] = i;
            }
        }
        for (uint32_t m = 0; m < n_models; m += 2) {
            if (policy->label_name.count + model[m] == i) {
                index[ptr[1]++] = i;
            }
        }
    }
    const ams_sparse x = {.n = 1, .columns = policy->net.width[0], .ptr = ptr, .index = index};
    double *q = reference_q(&policy->net, &x);
    free(index);
    return q;
}

/* A table with the models in reverse, label 0 missing, the others in reverse, and a new one. */
static void check_mapping(ams_policy_file *policy, ams_table *table)
{
    ams_policy_file read;
    ams_label_map map;
    ams_error err = {{0}};
    const uint32_t n_models = table->n_models;
    const uint32_t n_labels = table->n_labels;
    ams_table other = {.n_models = n_models, .n_labels = n_labels};
    uint32_t *label[2] = {calloc(n_labels, sizeof(uint32_t)),
                          calloc(n_labels, sizeof(uint32_t))};
    uint32_t model[2][AMS_MAX_MODELS];
    ck_assert_int_eq(ams_policy_file_read(&read, PATH, NULL), AMS_OK);
    for (uint32_t m = 0; m < n_models; m++) {
        add_name(&other.model_name, ams_names_get(&table->model_name, n_models - 1 - m));
        model[0][m] = m;
        model[1][m] = n_models - 1 - m;
    }
    for (uint32_t l = n_labels - 1; l > 0; l--) {
        add_name(&other.label_name, ams_names_get(&table->label_name, l));
    }
    add_name(&other.label_name, "task/never seen");
    for (uint32_t l = 0; l < n_labels; l++) {
        label[0][l] = l == 0 ? UINT32_MAX : l; /* a state never has it */
        label[1][l] = l == 0 ? n_labels - 1 : n_labels - 1 - l;
    }
    double *before = q_of_state(&read, label[0], model[0], n_labels, n_models);
    ck_assert_int_eq(ams_policy_file_map(&read, &other, &map, &err), AMS_OK);
    ck_assert_uint_eq(map.unknown, 1);
    ck_assert_uint_eq(map.missing, 1);
    double *after = q_of_state(&read, label[1], model[1], n_labels, n_models);
    for (uint32_t m = 0; m < n_models; m++) {
        ck_assert_double_eq_tol(after[m], before[model[1][m]], 1e-9);
        ck_assert_float_eq(read.time_ms[m], table->time_ms[model[1][m]]);
        ck_assert_float_eq(read.threshold[m], ams_policy_file_threshold(policy, model[1][m]));
    }
    ck_assert_double_eq_tol(after[n_models], before[n_models], 1e-9); /* END */
    free(before);
    free(after);
    free(label[0]);
    free(label[1]);
    ams_names_fini(&other.model_name);
    ams_names_fini(&other.label_name);
    ams_policy_file_fini(&read);
}

START_TEST(mapping)
{
    with_policy(check_mapping, _i);
}
END_TEST

static void check_mismatch(ams_policy_file *policy, ams_table *table)
{
    ams_policy_file read;
    ams_label_map map;
    ams_error err = {{0}};
    ams_table more = {.n_models = table->n_models + 1};
    ams_table fewer = {.n_models = 1};
    (void)policy;
    for (uint32_t m = 0; m < table->n_models; m++) {
        add_name(&more.model_name, ams_names_get(&table->model_name, m));
    }
    add_name(&more.model_name, "a newer one");
    add_name(&fewer.model_name, ams_names_get(&table->model_name, 0));
    ck_assert_int_eq(ams_policy_file_read(&read, PATH, NULL), AMS_OK);
    ck_assert_int_eq(ams_policy_file_map(&read, &more, &map, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "'a newer one'"));
    ck_assert_ptr_nonnull(strstr(err.text, "ams data select F.h5 --models "));
    ck_assert_int_eq(ams_policy_file_map(&read, &fewer, &map, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, ams_names_get(&table->model_name, 1)));
    ams_names_fini(&more.model_name);
    ams_names_fini(&fewer.model_name);
    ams_policy_file_fini(&read);
}

START_TEST(mismatch)
{
    with_policy(check_mismatch, _i);
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

/* Every half is itself; every float the nearer of its neighbours, the even one between two. */
START_TEST(halves)
{
    for (uint32_t h = 0; h < 0x10000; h++) {
        float x = ams_half_to_float((uint16_t)h);
        if ((h & 0x7fff) <= 0x7c00) {
            ck_assert_uint_eq(ams_half_of(x), h);
            double exact = (h & 0x7c00) == 0
                               ? ldexp(h & 0x3ff, -24)
                               : ldexp(1024 + (h & 0x3ff), (int)(h >> 10 & 31) - 25);
            ck_assert((h & 0x7fff) == 0x7c00 ? isinf(x) : fabs(x) == exact);
        } else {
            ck_assert(isnan(x));
            ck_assert(isnan(ams_half_to_float(ams_half_of(x))));
        }
    }
    for (uint32_t h = 0; h < 0x7bff; h++) {
        float low = ams_half_to_float((uint16_t)h);
        float high = ams_half_to_float((uint16_t)(h + 1));
        float middle = (low + high) / 2; /* exact: a float has more bits */
        ck_assert_uint_eq(ams_half_of(middle), h + h % 2);
        ck_assert_uint_eq(ams_half_of(nextafterf(middle, 0)), h);
        ck_assert_uint_eq(ams_half_of(-nextafterf(middle, 1e9F)), 0x8000 + h + 1);
    }
    ck_assert_uint_eq(ams_half_of(nextafterf(65520, 0)), 0x7bff);
    ck_assert_uint_eq(ams_half_of(65520), 0x7c00);
}
END_TEST

/* What a type cannot hold is refused and named; tiny weights become 0. */
static void check_range(ams_policy_file *policy, ams_table *table)
{
    ams_policy_file read;
    ams_error err = {{0}};
    float *weight = policy->net.params + policy->net.weight[1];
    const float kept = *weight;
    (void)table;
    *weight = policy->stored == AMS_STORED_FP16 ? 65520.0F : 0x1p121F;
    ck_assert_int_eq(ams_policy_file_write(policy, PATH, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "fp32"));
    for (uint32_t j = 0; j < policy->net.width[2]; j++) {
        weight[j] = 1e-38F;
    }
    ck_assert_int_eq(ams_policy_file_write(policy, PATH, &err), AMS_OK);
    ck_assert_int_eq(ams_policy_file_read(&read, PATH, &err), AMS_OK);
    ck_assert_float_eq(read.net.params[read.net.weight[1]], 0);
    ams_policy_file_fini(&read);
    *weight = kept;
}

START_TEST(range)
{
    with_policy(check_range, _i);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, round_trip, 0, CASES);
    tcase_add_loop_test(tests, damage, 0, CASES);
    tcase_add_loop_test(tests, mapping, 4, 8);
    tcase_add_loop_test(tests, mismatch, 0, 2);
    tcase_add_test(tests, no_such_file);
    tcase_add_test(tests, halves);
    tcase_add_loop_test(tests, range, 2, CASES / 2);
}

int main(void)
{
    return run_suite("rl/policy_file", add);
}
