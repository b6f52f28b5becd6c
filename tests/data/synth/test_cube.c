/* CUBE and CUBE-NM by their definition. */
#include "ams/synth.h"

#include "tests/base/suite.h"

#include <stdio.h>
#include <string.h>

static ams_error err;

enum { N = 4000 };

static void make(ams_table *table, const char *preset)
{
    ams_synth *synth = NULL;
    ams_synth_options options = ams_synth_defaults();
    options.preset = preset;
    options.n_items = N;
    ck_assert_msg(ams_synth_create(&synth, &options, &err) == AMS_OK, "%s", err.text);
    ck_assert_msg(ams_synth_table(synth, N, table, &err) == AMS_OK, "%s", err.text);
    ams_synth_destroy(synth);
}

/* What models of a feature say above 0.5: where, and which bit. */
typedef struct cube_reading {
    int n, block[8], feature[8], bit[8];
} cube_reading;

static cube_reading reading_of(const ams_table *t, uint32_t item)
{
    cube_reading found = {.n = 0};
    uint64_t row = (uint64_t)item * t->n_models;
    for (uint64_t k = t->indptr[row]; k < t->indptr[row + t->n_models]; k++) {
        if (t->conf[k] > 0.5F) {
            const char *name = ams_names_get(&t->label_name, t->label[k]);
            ck_assert_int_lt(found.n, 8);
            int i = found.n++;
            ck_assert_msg(sscanf(name, "feature/b%d-f%d=%d", &found.block[i], &found.feature[i],
                                 &found.bit[i]) == 3,
                          "%s", name);
        }
    }
    return found;
}

/* The first informative feature is the class; the bits are its binary digits, lowest first. */
static int class_of(const cube_reading *found, int block)
{
    ck_assert_int_eq(found->n, 3);
    int class = found->feature[0];
    for (int j = 0; j < 3; j++) {
        ck_assert_int_eq(found->block[j], block);
        ck_assert_int_eq(found->feature[j], class + j);
        ck_assert_int_eq(found->bit[j], class >> j & 1);
    }
    ck_assert_int_lt(class, 8);
    return class;
}

static void check_even(const int *count, int n)
{
    for (int k = 0; k < n; k++) { /* five standard deviations of a binomial */
        double mean = (double)N / n;
        ck_assert_double_eq_tol(count[k], mean, 5 * 0.5 * 64);
        ck_assert(count[k] > mean / 2);
    }
}

START_TEST(test_cube)
{
    ams_table table;
    int classes[8] = {0};
    make(&table, "cube");
    ck_assert_uint_eq(table.n_models, 20);
    for (uint32_t i = 0; i < N; i++) {
        cube_reading found = reading_of(&table, i);
        classes[class_of(&found, 0)]++;
    }
    check_even(classes, 8);
    ams_table_fini(&table);
}
END_TEST

/* The context model is the first; its readings are of the labels 0 to 4. */
START_TEST(test_context)
{
    ams_table table;
    int classes[8] = {0};
    int contexts[5] = {0};
    make(&table, "cube-nm");
    ck_assert_uint_eq(table.n_models, 51);
    ck_assert_uint_eq(table.n_labels, 5 + 100);
    ck_assert_str_eq(ams_names_get(&table.model_name, 0), "context");
    for (uint32_t i = 0; i < N; i++) {
        uint64_t row = (uint64_t)i * table.n_models;
        int context = -1;
        float best = 0;
        for (uint64_t k = table.indptr[row]; k < table.indptr[row + 1]; k++) {
            ck_assert(table.label[k] < 5 && table.conf[k] <= 0.5F); /* never of value */
            if (table.conf[k] > best) {
                best = table.conf[k];
                context = (int)table.label[k];
            }
        }
        cube_reading found = reading_of(&table, i);
        classes[class_of(&found, context)]++;
        contexts[context]++;
    }
    check_even(classes, 8);
    check_even(contexts, 5);
    ams_table_fini(&table);
}
END_TEST

/* Readings of features that tell nothing: N(0.5, 0.3), cut to [0, 1], shown at half. */
START_TEST(test_readings)
{
    ams_table table;
    double sum = 0;
    int n = 0;
    make(&table, "cube");
    for (uint64_t row = 10; row < (uint64_t)N * 20; row += 20) { /* the first dummy */
        double one = 0;
        for (uint64_t k = table.indptr[row]; k < table.indptr[row + 1]; k++) {
            ck_assert(table.conf[k] <= 0.5F);
            one = table.label[k] % 2 == 1 ? 2 * (double)table.conf[k] : one;
        }
        sum += one;
        n += one > 0.8; /* one deviation above the mean */
    }
    ck_assert_double_eq_tol(sum / N, 0.5, 5 * 0.3 / 63);
    ck_assert_double_eq_tol((double)n / N, 0.1587, 5 * 0.3654 / 63);
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_cube);
    tcase_add_test(tests, test_context);
    tcase_add_test(tests, test_readings);
}

int main(void)
{
    return run_suite("synth_cube", add);
}
