/* Generated files: equal bits, streaming, presets that differ, bad story files. */
#include "ams/synth.h"

#include "tests/base/suite.h"
#include "tests/data/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ams_error err;

static ams_synth_options options_of(const char *preset, uint32_t items, uint64_t seed)
{
    ams_synth_options options = ams_synth_defaults();
    options.preset = preset;
    options.n_items = items;
    options.seed = seed;
    return options;
}

static void make(ams_table *table, const ams_synth_options *options)
{
    ams_synth *synth = NULL;
    ck_assert_msg(ams_synth_create(&synth, options, &err) == AMS_OK, "%s", err.text);
    ck_assert_msg(ams_synth_table(synth, options->n_items, table, &err) == AMS_OK, "%s",
                  err.text);
    ams_synth_destroy(synth);
}

/* Hashes that two compilers, two levels of optimisation and the sanitizers agreed on. They
 * change with the story's files, and then this table does too. */
static const struct {
    const char *preset, *hash;
} known[] = {
    {"coco", "aeb0deb2e1fbbf4d484f88271df70a13"},
    {"places", "5c5650280afc64d39e16120ef3896b50"},
    {"mirflickr", "134c1bf21ff386e6ff5ce5b223afd31a"},
    {"voc", "2fd8b7430d4ac83489dae65b7841bbed"},
    {"stanford40", "844080abf8efac3dee77862e16cdd418"},
    {"dogs", "3383cd2ac4deb4657882e3389268d60e"},
    {"cube", "8f8d479f1619639db6559f8a44fccd4d"},
    {"cube-nm", "9a6140cc88e870d0e6d7376a119346a7"},
    {"plain", "879e030ab878a064598ef1e6b9325231"},
};
enum { KNOWN = sizeof known / sizeof *known };

START_TEST(test_known_bits)
{
    ams_synth_options options = options_of(known[_i].preset, 300, 9);
    ams_table table;
    char hash[AMS_HASH_TEXT];
    options.run_times = true;
    make(&table, &options);
    ck_assert_int_eq(ams_table_hash(&table, hash, &err), AMS_OK);
    ck_assert_msg(strcmp(hash, known[_i].hash) == 0, "%s: %s expected, %s found",
                  known[_i].preset, known[_i].hash, hash);
    ams_table_fini(&table);
}
END_TEST

/* The streamed file has the hash that reading it gives, and holds what memory holds. */
START_TEST(test_file)
{
    ams_synth_options options = options_of(known[_i].preset, 100 + (uint32_t)_i, 3);
    ams_synth *synth = NULL;
    ams_table table;
    char stated[AMS_HASH_TEXT];
    char hash[AMS_HASH_TEXT];
    options.run_times = _i % 2 == 0;
    const char *path = in_folder("f.h5");
    ck_assert_msg(ams_synth_create(&synth, &options, &err) == AMS_OK, "%s", err.text);
    ck_assert_msg(ams_synth_write(synth, path, NULL, NULL, &err) == AMS_OK, "%s", err.text);
    ams_synth_destroy(synth);
    ck_assert_int_eq(ams_table_stored_hash(path, stated, &err), AMS_OK);
    ck_assert_str_eq(hash_of("f.h5"), stated);
    make(&table, &options);
    ck_assert_int_eq(ams_table_hash(&table, hash, &err), AMS_OK);
    ck_assert_str_eq(hash, stated);
    ams_table_fini(&table);
}
END_TEST

/* Item 7 is the same in a file of ten and of a thousand; another seed gives other items. */
START_TEST(test_items_stand_alone)
{
    ams_table few;
    ams_table many;
    ams_table other;
    ams_synth_options options = options_of("mirflickr", 10, 4);
    make(&few, &options);
    options.n_items = 1000;
    make(&many, &options);
    options.seed = 5;
    make(&other, &options);
    uint64_t runs = 10 * 30;
    uint64_t outputs = few.indptr[runs];
    ck_assert_mem_eq(few.indptr, many.indptr, (runs + 1) * sizeof *few.indptr);
    ck_assert_mem_eq(few.label, many.label, outputs * sizeof *few.label);
    ck_assert_mem_eq(few.conf, many.conf, outputs * sizeof *few.conf);
    ck_assert(memcmp(few.indptr, other.indptr, (runs + 1) * sizeof *few.indptr) != 0);
    ck_assert_str_eq(ams_names_get(&few.item_id, 7), ams_names_get(&many.item_id, 7));
    ams_table_fini(&few);
    ams_table_fini(&many);
    ams_table_fini(&other);
}
END_TEST

/* Share of the items where a model of that task outputs a label that starts so, above 0.5. */
static double share_with(const ams_table *t, const char *label)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->n_items; i++) {
        bool found = false;
        uint64_t row = (uint64_t)i * t->n_models;
        for (uint64_t k = t->indptr[row]; k < t->indptr[row + t->n_models]; k++) {
            found = found ||
                    (t->conf[k] > 0.5F && strncmp(ams_names_get(&t->label_name, t->label[k]),
                                                  label, strlen(label)) == 0);
        }
        count += found;
    }
    return (double)count / t->n_items;
}

START_TEST(test_presets_differ)
{
    ams_table dogs;
    ams_table people;
    ams_synth_options options = options_of("dogs", 2000, 1);
    make(&dogs, &options);
    options.preset = "stanford40";
    make(&people, &options);
    ck_assert_double_gt(share_with(&dogs, "dog breeds/"), 0.8);
    ck_assert_double_lt(share_with(&people, "dog breeds/"), 0.2);
    ck_assert_double_gt(share_with(&people, "action classification/"), 0.6);
    ck_assert_double_lt(share_with(&dogs, "action classification/"), 0.2);
    ck_assert_double_gt(share_with(&people, "object detection/person"), 0.7);
    ck_assert_double_lt(share_with(&dogs, "object detection/person"), 0.05);
    ams_table_fini(&dogs);
    ams_table_fini(&people);
}
END_TEST

START_TEST(test_plain)
{
    ams_synth_options options = options_of("plain", 500, 2);
    options.plain_models = 64;
    options.plain_labels = 100000;
    ams_table table;
    make(&table, &options);
    ck_assert_uint_eq(table.n_models, 64);
    ck_assert_uint_eq(table.n_labels, 100000);
    double outputs = (double)ams_table_outputs(&table) / 500 / 64;
    ck_assert_double_eq_tol(outputs, 1.7, 0.05);
    ams_table_fini(&table);
}
END_TEST

static void refuse(const ams_synth_options *options, ams_status expected, const char *says)
{
    ams_synth *synth = NULL;
    ck_assert_int_eq(ams_synth_create(&synth, options, &err), expected);
    ck_assert_msg(strstr(err.text, says) != NULL, "'%s' expected in: %s", says, err.text);
    ck_assert_ptr_null(synth);
}

START_TEST(test_refusals)
{
    ams_synth_options options = options_of("coca", 10, 0);
    refuse(&options, AMS_USAGE,
           "expected one of coco, places, mirflickr, voc, stanford40, dogs, "
           "cube, cube-nm, plain, exits; found 'coca'");
    options.preset = "meaning";
    refuse(&options, AMS_USAGE, "found 'meaning'");
    options = options_of("coco", 0, 0);
    refuse(&options, AMS_USAGE, "items: expected 1 to");
    options = options_of("plain", 10, 0);
    options.plain_models = 65;
    refuse(&options, AMS_USAGE, "1 to 64 models");
    options = options_of("coco", 10, 0);
    options.folder = "no/such/folder";
    refuse(&options, AMS_IO, "expected a folder");
}
END_TEST

/* Replaces `old` by `new` in a file of the story. */
static void edit(const char *file, const char *old, const char *new)
{
    static char text[65536];
    FILE *stream = fopen(in_folder(file), "r");
    ck_assert_ptr_nonnull(stream);
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    fclose(stream);
    char *at = strstr(text, old);
    ck_assert_msg(at != NULL, "'%s' expected in %s", old, file);
    stream = fopen(in_folder(file), "w");
    fprintf(stream, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    fclose(stream);
}

static const struct {
    const char *file, *old, *new, *says;
} edits[] = {
    {"story.tsv", "\npeople\t", "\npeeple\t",
     "unknown parameter 'peeple'; did you mean 'people'?"},
    {"story.tsv", "\npeople\t0.67", "\npeople\t1.67",
     "expected a number from 0 to 1, found 1.67"},
    {"story.tsv", "\npeople\t0.67", "\npeople\tmany", "expected a number, found 'many'"},
    {"story.tsv", "\npeople\t", "\nurban\t", "parameter 'urban' stands there twice"},
    {"models.tsv", "\temotion\t", "\temotions\t", "found 'emotions'; did you mean 'emotion'?"},
    {"models.tsv", "objects-far", "objects-near", "expected a new name, found 'objects-near'"},
    {"models.tsv", "\tdog,animal\t", "\tdog,cats\t", "found 'cats'"},
    {"models.tsv", "scope", "scopes", "expected a column 'scope'"},
    {"labels.tsv", "bird,cat", "bird,bird", "label 'object detection/bird' stands there twice"},
    {"labels.tsv", "\nface detection\tface\tface\t0\t1\t1\t1", "", "face detection"},
    {"cube.tsv", "\nblock\t10\t10", "\nblock\t9\t9", "expected a number from 10 to 20"},
};

START_TEST(test_edited_story)
{
    ck_assert_int_eq(ams_synth_write_files(in_folder("."), &err), AMS_OK);
    ck_assert_int_eq(ams_synth_write_files(in_folder("."), &err), AMS_USAGE);
    bool cube = strcmp(edits[_i].file, "cube.tsv") == 0;
    ams_synth_options options = options_of(cube ? "cube" : "coco", 50, 0);
    char folder[512];
    ams_table built_in;
    ams_table read;
    char hash[2][AMS_HASH_TEXT];
    snprintf(folder, sizeof folder, "%s", in_folder("."));
    make(&built_in, &options);
    options.folder = folder;
    make(&read, &options);
    ck_assert_int_eq(ams_table_hash(&built_in, hash[0], &err), AMS_OK);
    ck_assert_int_eq(ams_table_hash(&read, hash[1], &err), AMS_OK);
    ck_assert_str_eq(hash[0], hash[1]);
    edit(edits[_i].file, edits[_i].old, edits[_i].new);
    refuse(&options, AMS_BAD_DATA, edits[_i].says);
    ams_table_fini(&built_in);
    ams_table_fini(&read);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, folder_begin, folder_end);
    tcase_add_loop_test(tests, test_known_bits, 0, KNOWN);
    tcase_add_loop_test(tests, test_file, 0, KNOWN);
    tcase_add_test(tests, test_items_stand_alone);
    tcase_add_test(tests, test_presets_differ);
    tcase_add_test(tests, test_plain);
    tcase_add_test(tests, test_refusals);
    tcase_add_loop_test(tests, test_edited_story, 0, sizeof edits / sizeof *edits);
}

int main(void)
{
    return run_suite("synth_synth", add);
}
