/* Each model's own valuable threshold: against a table that says the same with 0.5. */
#include "ams/link_file.h"
#include "tests/base/suite.h"
#include "tests/links/fixture.h"

#include <stdlib.h>
#include <string.h>

static const random_table_options own = {.seed = 31,
                                         .n_items = 70,
                                         .n_models = 5,
                                         .n_labels = 14,
                                         .n_tasks = 5,
                                         .empty = 0.3,
                                         .meaning = true};

/* The same outputs are valuable, with the usual threshold: 0.9 above a model's own, 0.1 else.
 */
static void with_half(ams_table *t)
{
    for (uint32_t r = 0; r < t->n_items * t->n_models; r++) {
        for (uint64_t at = t->indptr[r]; at < t->indptr[r + 1]; at++) {
            t->conf[at] = t->conf[at] > t->threshold[r % t->n_models] ? 0.9F : 0.1F;
        }
    }
    free(t->threshold);
    t->threshold = NULL;
}

/* Links of bits see nothing but what is valuable. */
START_TEST(links_of_bits_are_those_of_a_table_with_half)
{
    links_fixture a;
    links_fixture b;
    ams_error err;
    ams_link_map map_a;
    ams_link_map map_b;
    ams_link_options o = ams_link_defaults();
    o.features = AMS_LINK_BITS;
    o.targets = AMS_LINK_BITS;
    links_fixture_init(&a, &own, &o);
    links_fixture_init(&b, &own, &o);
    links_fixture_fini(&b);
    random_table(&b.table, &own);
    with_half(&b.table);
    links_fixture_of_table(&b, &o);
    ck_assert_uint_eq(a.space.n_columns, b.space.n_columns);
    ck_assert_mem_eq(a.space.label, b.space.label, a.space.n_columns * sizeof *a.space.label);
    ck_assert_int_eq(ams_link_fit(&map_a, &a.space, &a.gram, 3, &err), AMS_OK);
    ck_assert_int_eq(ams_link_fit(&map_b, &b.space, &b.gram, 3, &err), AMS_OK);
    ck_assert_mem_eq(map_a.weight, map_b.weight,
                     (size_t)map_a.n_rows * map_a.n_columns * sizeof *map_a.weight);
    for (int tune = 0; tune < 2; tune++) {
        ck_assert_int_eq(ams_link_rate_map(&map_a, &a.space, &a.items, tune, &err), AMS_OK);
        ck_assert_int_eq(ams_link_rate_map(&map_b, &b.space, &b.items, tune, &err), AMS_OK);
        ck_assert_mem_eq(map_a.tau, map_b.tau, sizeof map_a.tau);
        ck_assert_mem_eq(map_a.quality, map_b.quality, sizeof map_a.quality);
    }
    for (size_t r = 0; r < (size_t)own.n_items * own.n_models; r++) {
        ck_assert_uint_eq(a.items.truth[r].n, b.items.truth[r].n);
    }
    ams_link_map_fini(&map_a);
    ams_link_map_fini(&map_b);
    links_fixture_fini(&a);
    links_fixture_fini(&b);
}
END_TEST

START_TEST(levels_are_confidences_where_the_threshold_is_half)
{
    ams_link_space space = {.n_models = 4, .threshold = {0.5F, 0, 0.99F, 0.3F}};
    for (uint32_t i = 0; i <= 1000; i++) {
        const float p = (float)i / 1000;
        ck_assert_float_eq(ams_link_level(&space, 0, p), p);
        ck_assert_double_eq(ams_link_at_level(&space, 0, i / 1000.0), i / 1000.0);
        for (uint32_t m = 1; m < 4;
             m++) { /* they rise, and the threshold is where they are 0.5 */
            const float level = ams_link_level(&space, m, p);
            ck_assert_int_eq(p > space.threshold[m], level > 0.5F);
            ck_assert(level >= 0 && level <= 1);
            if (m != 1 || p > 0) {
                ck_assert_float_eq_tol((float)ams_link_at_level(&space, m, (double)level), p,
                                       2e-6F);
            }
        }
    }
    for (uint32_t m = 0; m < 4; m++) {
        ck_assert_double_eq(ams_link_at_level(&space, m, 0.5), (double)space.threshold[m]);
        ck_assert_float_eq(ams_link_level(&space, m, 1), 1);
        ck_assert_float_eq(ams_link_level(&space, m, 0), 0);
    }
    space.options.targets = AMS_LINK_BITS; /* predictions are chances */
    ck_assert_float_eq(ams_link_level(&space, 3, 0.3F), 0.3F);
}
END_TEST

/* Version 2 where they differ, else version 1, which has one for all. */
START_TEST(files_keep_the_thresholds)
{
    for (int version = 1; version <= 2; version++) {
        links_fixture f;
        ams_error err;
        ams_link_map any;
        ams_link_file file;
        char magic[8] = "";
        const ams_link_options o = ams_link_defaults();
        const ams_link_map *const map = &any;
        static const char hash[AMS_HASH_TEXT] = "hash";
        random_table_options table = own;
        table.meaning = version == 2;
        links_fixture_init(&f, &table, &o);
        ck_assert_int_eq(ams_link_fit_any(&any, &f.space, &f.gram, &err), AMS_OK);
        ck_assert_int_eq(ams_link_file_write("l.ams", &f.table, hash, &f.space, &map, 1,
                                             AMS_LINK_NOT_CHOSEN, &err),
                         AMS_OK);
        FILE *stream = fopen("l.ams", "rb");
        ck_assert(stream != NULL && fread(magic, 1, 8, stream) == 8);
        fclose(stream);
        ck_assert_mem_eq(magic, version == 2 ? "AMSLNK02" : "AMSLNK01", 8);
        ck_assert_int_eq(ams_link_file_read(&file, "l.ams", &err), AMS_OK);
        for (uint32_t m = 0; m < own.n_models; m++) {
            ck_assert_float_eq(file.space.threshold[m], ams_table_threshold(&f.table, m));
        }
        ams_link_file_fini(&file);
        ams_link_map_fini(&any);
        links_fixture_fini(&f);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, links_of_bits_are_those_of_a_table_with_half);
    tcase_add_test(tests, levels_are_confidences_where_the_threshold_is_half);
    tcase_add_test(tests, files_keep_the_thresholds);
}

int main(void)
{
    return run_suite("thresholds", add);
}
