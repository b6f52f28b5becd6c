#include "ams/data.h"

#include "tests/base/suite.h"
#include "tests/data/fixture.h"
#include "tests/env/random_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 203 };

/* Item names i0.. in three groups of 100, 100 and 3; `reversed` turns the table's order. */
static void make(ams_table *table, bool reversed)
{
    static const float time_ms[] = {1};
    given_table(table, N, 1, 1, time_ms, NULL, 0, AMS_TRAIN);
    ams_names_fini(&table->item_id);
    ams_names_fini(&table->group_name);
    for (uint32_t place = 0; place < N; place++) {
        uint32_t i = reversed ? N - 1 - place : place;
        char text[32];
        uint32_t index = 0;
        snprintf(text, sizeof text, "i%u", i);
        ck_assert_int_eq(ams_names_add(&table->item_id, text, strlen(text), &index, NULL),
                         AMS_OK);
        snprintf(text, sizeof text, "group %u", i / 100);
        ck_assert_int_eq(ams_names_add(&table->group_name, text, strlen(text),
                                       &table->item_group[place], NULL),
                         AMS_OK);
    }
}

static void split(ams_table *table, double a, double b, double c, uint64_t seed)
{
    ams_split_options options = {.share = {a, b, c}, .seed = seed};
    ams_error err = {""};
    ck_assert_msg(ams_data_split(table, &options, &err) == AMS_OK, "%s", err.text);
}

START_TEST(test_counts)
{
    static const struct {
        double share[3];
        uint32_t hundred[3], three[3];
    } cases[] = {
        {{0.5, 0.1, 0.4}, {50, 10, 40}, {2, 0, 1}}, /* 1.5 0.3 1.2 */
        {{1, 0, 0}, {100, 0, 0}, {3, 0, 0}},
        {{0, 0, 1}, {0, 0, 100}, {0, 0, 3}},
        {{0.333, 0.333, 0.334}, {33, 33, 34}, {1, 1, 1}}, /* 33.3 33.3 33.4 */
        {{0.29, 0.71, 0}, {29, 71, 0}, {1, 2, 0}},
    };
    ams_table table;
    make(&table, false);
    split(&table, cases[_i].share[0], cases[_i].share[1], cases[_i].share[2], 5);
    uint32_t count[3][3] = {{0}};
    for (uint32_t i = 0; i < N; i++) {
        count[i / 100][table.split[i]]++;
    }
    for (int part = 0; part < 3; part++) {
        ck_assert_uint_eq(count[0][part], cases[_i].hundred[part]);
        ck_assert_uint_eq(count[1][part], cases[_i].hundred[part]);
        ck_assert_uint_eq(count[2][part], cases[_i].three[part]);
    }
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_depends_on_ids_only)
{
    ams_table forward;
    ams_table backward;
    make(&forward, false);
    make(&backward, true);
    split(&forward, 0.5, 0.1, 0.4, 9);
    split(&backward, 0.5, 0.1, 0.4, 9);
    for (uint32_t i = 0; i < N; i++) {
        ck_assert_uint_eq(forward.split[i], backward.split[N - 1 - i]);
    }
    ams_table_fini(&forward);
    ams_table_fini(&backward);
}
END_TEST

START_TEST(test_seed_and_group_matter)
{
    ams_table one;
    ams_table other;
    make(&one, false);
    make(&other, false);
    split(&one, 0.5, 0.1, 0.4, 1);
    split(&other, 0.5, 0.1, 0.4, 1);
    ck_assert_int_eq(memcmp(one.split, other.split, N), 0);
    /* Two groups of a hundred do not draw alike. */
    ck_assert_int_ne(memcmp(one.split, one.split + 100, 100), 0);
    split(&other, 0.5, 0.1, 0.4, 2);
    ck_assert_int_ne(memcmp(one.split, other.split, 100), 0);
    ck_assert_ptr_nonnull(strstr(other.generator, "data split 0.5,0.1,0.4 seed 2"));
    ams_table_fini(&one);
    ams_table_fini(&other);
}
END_TEST

/* Items of another group do not move these. */
START_TEST(test_groups_are_independent)
{
    ams_table table;
    make(&table, false);
    split(&table, 0.5, 0.1, 0.4, 3);
    uint8_t before[100];
    memcpy(before, table.split, 100);
    for (uint32_t i = 100; i < N; i++) {
        table.item_group[i] = 2;
    }
    split(&table, 0.5, 0.1, 0.4, 3);
    ck_assert_int_eq(memcmp(before, table.split, 100), 0);
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_refused)
{
    static const struct {
        double share[3];
        const char *message;
    } bad[] = {
        {{0.5, 0.5, 0.5},
         "split: expected shares that sum to 1, found 0.5,0.5,0.5, which sum to "
         "1.5"},
        {{-0.5, 1, 0.5}, "split: expected shares from 0 to 1, found -0.5"},
    };
    ams_table table;
    make(&table, false);
    ams_split_options options = {.seed = 1};
    memcpy(options.share, bad[_i].share, sizeof options.share);
    ams_error err = {""};
    ck_assert_int_eq(ams_data_split(&table, &options, &err), AMS_USAGE);
    ck_assert_str_eq(err.text, bad[_i].message);
    ams_table_fini(&table);
}
END_TEST

/* Splits from a table: the column named, `split`, or the only one besides `item`. */
START_TEST(test_from_table)
{
    static const char head[][32] = {"item\tsplit\ta", "a\titem\tother", "item\tany"};
    static const char *const column[] = {NULL, "other", NULL};
    char *text = calloc(1, 8192);
    ams_table table;
    ams_error err = {""};
    folder_begin();
    make(&table, _i == 1);
    size_t used =
        (size_t)sprintf(text, "%s\nelsewhere\ttest%s\n", head[_i], _i == 2 ? "" : "\ttest");
    for (uint32_t i = 0; i < N; i++) {
        const char *split_name = ams_split_name((ams_split)(i * 7 % 3));
        used += (size_t)sprintf(text + used,
                                _i == 0   ? "i%u\t%s\tx\n"
                                : _i == 1 ? "x\ti%u\t%s\n"
                                          : "i%u\t%s\n",
                                i, split_name);
    }
    const char *path = put_file("s.tsv.zst", text);
    ck_assert_msg(ams_data_split_from(&table, path, column[_i], &err) == AMS_OK, "%s",
                  err.text);
    for (uint32_t i = 0; i < N; i++) {
        const uint32_t number = (uint32_t)atoi(ams_names_get(&table.item_id, i) + 1);
        ck_assert_uint_eq(table.split[i], number * 7 % 3);
    }
    ck_assert_ptr_nonnull(strstr(table.generator, "data split from s.tsv.zst"));
    ams_table_fini(&table);
    free(text);
    folder_end();
}
END_TEST

START_TEST(test_from_table_refused)
{
    static const struct {
        const char *text, *words;
        ams_status status;
    } cases[] = {
        {"item\tsplit\ni0\ttrain\n", "found none of 202, 'i1' among them", AMS_BAD_DATA},
        {"item\tsplit\ni0\ttrain\ni0\ttest\n", "s.tsv:3: expected each item once",
         AMS_BAD_DATA},
        {"item\tsplit\ni0\ttraining\n", "s.tsv:2: expected split train, validation or test",
         AMS_BAD_DATA},
        {"item\ta\tb\n", "--column names one", AMS_USAGE},
        {"id\tsplit\n", "item", AMS_BAD_DATA},
    };
    ams_table table;
    ams_error err = {""};
    folder_begin();
    make(&table, false);
    const char *path = put_file("s.tsv", cases[_i].text);
    ck_assert_int_eq(ams_data_split_from(&table, path, NULL, &err), cases[_i].status);
    ck_assert_msg(strstr(err.text, cases[_i].words) != NULL, "%s", err.text);
    for (uint32_t i = 0; i < N; i++) {
        ck_assert_uint_eq(table.split[i], AMS_TRAIN); /* as before */
    }
    ams_table_fini(&table);
    folder_end();
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_counts, 0, 5);
    tcase_add_test(tests, test_depends_on_ids_only);
    tcase_add_test(tests, test_seed_and_group_matter);
    tcase_add_test(tests, test_groups_are_independent);
    tcase_add_loop_test(tests, test_refused, 0, 2);
    tcase_add_loop_test(tests, test_from_table, 0, 3);
    tcase_add_loop_test(tests, test_from_table_refused, 0, 5);
}

int main(void)
{
    return run_suite("data_split", add);
}
