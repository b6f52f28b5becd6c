/* Lists beside the rows: what ids of labels stand for, which items there are, and right answers
 * in a table. */
#include "tests/base/suite.h"
#include "tests/data/fixture.h"

#include "data/label_names.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *file, *text;
    uint32_t ids;
    const char *id, *name; /* one of them */
} good[] = {
    {"names.txt", "cat\ndog\n", 2, "1", "dog"},
    {"names.csv", "/m/1,cat\n/m/2,\"a, b\"\n", 2, "/m/2", "a, b"},
    {"names.json", "[\"cat\",\"dog\"]", 2, "0", "cat"},
    {"names.json", "{\"0\":\"cat\",\"7\":\"dog\"}", 2, "7", "dog"},
    {"names.json", "{\"names\":{\"0\":\"cat\"}}", 1, "0", "cat"},
    {"names.json", "{\"names\":[\"cat\",\"dog\"]}", 2, "1", "dog"},
    /* config.json of a model of Hugging Face: texts that are no labels, among them empty ones
     * and one id's name twice. */
    {"config.json",
     "{\"_name_or_path\":\"\",\"architectures\":[\"ViTForImageClassification\"],"
     "\"hidden_act\":\"gelu\",\"id2label\":{\"0\":\"maillot\",\"1\":\"tench, Tinca tinca\","
     "\"2\":\"maillot\"},\"image_size\":224,\"label2id\":{\"maillot\":0},\"model_type\":"
     "\"vit\","
     "\"0\":\"\",\"problem_type\":null,\"torch_dtype\":\"float32\"}",
     3, "1", "tench, Tinca tinca"},
    /* Annotations of COCO: the other members are passed over. */
    {"instances.json",
     "{\"info\":{\"year\":2017,\"url\":\"]}\"},\"images\":[{\"id\":1}],\"annotations\":[{"
     "\"id\":9}],"
     "\"categories\":[{\"supercategory\":\"animal\",\"id\":17,\"name\":\"cat\"}],\"licenses\":["
     "]}",
     1, "17", "cat"},
};
enum { N_GOOD = sizeof good / sizeof *good };

START_TEST(test_names)
{
    ams_label_names names;
    ams_error err = {""};
    ck_assert_msg(ams_label_names_read(&names, put_file(good[_i].file, good[_i].text), &err) ==
                      AMS_OK,
                  "%s", err.text);
    ck_assert_uint_eq(names.id.count, good[_i].ids);
    ck_assert_ptr_nonnull(ams_label_name(&names, good[_i].id));
    ck_assert_str_eq(ams_label_name(&names, good[_i].id), good[_i].name);
    ams_label_names_fini(&names);
}
END_TEST

static const struct {
    const char *file, *text, *message; /* after the path */
} bad[] = {
    {"names.json", "{\"images\":[],\n\"categories\":[{\"id\":1}]}",
     ":2: member 'categories': expected a name, or an object with id and name, found an object "
     "with 1 field"},
    {"names.json", "{\"categories\":[{\"id\":1,\"name\":\"a\"},\n{\"id\":1,\"name\":\"b\"}]}",
     ":1: member 'categories': expected an id once, found '1' as 'a' and 'b'"},
    {"names.json", "{\"categories\":[{\"id\":1,\"name\":\"a\"}]",
     ":1: expected a comma or a closing bracket, found the end of the file"},
    {"names.json", "{\"id2label\":{\"0\":\"a\",\"1\":3}}",
     ":1: member 'id2label': expected a name of the label '1', found the number 3"},
    {"names.json", "{\"0\":\"a\",\n\"1\":3}",
     ":2: expected a name of the label '1', found the number 3"},
    {"names.json", "{\"0\":\"a\",\n\"1\":\"\"}",
     ":2: expected a name of the label, found an empty text"},
    {"names.json", "{\"0\":\"a\",\"classes\":[\"b\"]}",
     ":1: expected a name of the label 'classes', found an array or an object"},
    {"names.json", "{}",
     ": expected names of labels: one per line, id,name in .csv, or JSON with categories, "
     "id2label or names; found none"},
    {"names.txt", "\xEF\xBB\xBF",
     ": expected names of labels: one per line, id,name in .csv, or JSON with categories, "
     "id2label or names; found none"},
    {"names.txt", "a\n\nb\n",
     ":3: expected a name of the label before this line, found an empty "
     "text"},
};
enum { N_BAD = sizeof bad / sizeof *bad };

START_TEST(test_bad_names)
{
    ams_label_names names;
    ams_error err = {""};
    const char *path = put_file(bad[_i].file, bad[_i].text);
    ck_assert_int_eq(ams_label_names_read(&names, path, &err), AMS_BAD_DATA);
    ck_assert_int_eq(strncmp(err.text, path, strlen(path)), 0);
    ck_assert_str_eq(err.text + strlen(path), bad[_i].message);
    ck_assert_uint_eq(names.id.count, 0);
}
END_TEST

/* What is written to a pipe can be read once. */
static const char *pipe_of(const char *text, int *end)
{
    static char path[32];
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
    close(ends[1]);
    *end = ends[0];
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    return path;
}

START_TEST(test_names_from_a_pipe)
{
    static const char *const text[] = {"cat\ndog\n", "[\"cat\"]", "{\"0\":\"cat\"}",
                                       "{\"categories\":[{\"id\":0,\"name\":\"cat\"}]}"};
    ams_label_names names;
    ams_error err = {""};
    int end = -1;
    ck_assert_msg(ams_label_names_read(&names, pipe_of(text[_i], &end), &err) == AMS_OK, "%s",
                  err.text);
    ck_assert_str_eq(ams_label_name(&names, "0"), "cat");
    ams_label_names_fini(&names);
    close(end);
}
END_TEST

#define ROW "{\"item\":\"p\",\"model\":\"nanoa\",\"labels\":[]}\n"

static ams_status import_listed(const char *list, ams_import_counts *counts, ams_error *err)
{
    ams_import_options options = ams_import_defaults();
    put_models();
    options.form.items = list;
    return import_text(ROW, options, counts, err);
}

START_TEST(test_items_from_a_pipe)
{
    ams_import_counts counts;
    ams_error err = {""};
    int end = -1;
    ck_assert_msg(import_listed(pipe_of("p\n\nq\r\n", &end), &counts, &err) == AMS_OK, "%s",
                  err.text);
    ck_assert_uint_eq(counts.n_items, 2);
    close(end);
}
END_TEST

static const struct {
    const char *text, *message; /* after the path */
} bad_items[] = {
    {"p\n\n\xFFq\n",
     ":3: expected a name of the item in UTF-8 without control characters, found "
     "byte 0xFF at its position 1"},
    {"p\nq\tr\n", ":2: expected a name of the item in UTF-8 without control characters, found "
                  "byte 0x09 at its position 2"},
    {"\n", ": expected item ids, one per line, found none"},
    {"\xEF\xBB\xBF", ": expected item ids, one per line, found none"},
    {"{\"images\":[{\"id\":1},\n{\"name\":2}]}",
     ":2: expected an image with an id, found nothing"},
};
enum { N_BAD_ITEMS = sizeof bad_items / sizeof *bad_items };

START_TEST(test_bad_items)
{
    ams_import_counts counts;
    ams_error err = {""};
    const char *path = put_file("items.txt", bad_items[_i].text);
    ck_assert_int_eq(import_listed(path, &counts, &err), AMS_BAD_DATA);
    ck_assert_int_eq(strncmp(err.text, path, strlen(path)), 0);
    ck_assert_str_eq(err.text + strlen(path), bad_items[_i].message);
}
END_TEST

/* Right answers of a table: by id, or by name. */
START_TEST(test_truth_by_id)
{
    static const char *const tables[] = {"item\ttruth\ttask\np\t1\tone\n",
                                         "item\ttruth\ttask\np\tdog\tone\n"};
    char hash[AMS_HASH_TEXT];
    ams_import_counts counts;
    ams_error err = {""};
    ams_import_options options = ams_import_defaults();
    put_models();
    options.allow_missing = true;
    ck_assert_msg(import_text("{\"item\":\"p\",\"model\":\"nanoa\",\"labels\":[[\"cat\",0.5]],"
                              "\"truth\":\"dog\"}\n",
                              options, &counts, &err) == AMS_OK,
                  "%s", err.text);
    strcpy(hash, hash_of("out.h5"));
    char names[300]; /* in_folder's paths last for a few calls */
    snprintf(names, sizeof names, "%s", put_file("names.txt", "cat\ndog\n"));
    options.form.label_names = names;
    options.truth_path = put_file("truth.tsv", tables[_i]);
    const char *row = "{\"item\":\"p\",\"model\":\"nanoa\",\"labels\":[[0,0.5]]}\n";
    ck_assert_msg(import_text(row, options, &counts, &err) == AMS_OK, "%s", err.text);
    ck_assert_str_eq(hash_of("out.h5"), hash);
    options.truth_path = put_file("truth.tsv", "item\ttruth\ttask\np\t2\tone\n");
    ck_assert_int_eq(import_text(row, options, &counts, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "truth.tsv:2: expected a label that "));
    ck_assert_ptr_nonnull(strstr(err.text, "names.txt names, found '2' as truth of item 'p'"));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, folder_begin, folder_end);
    tcase_add_loop_test(tests, test_names, 0, N_GOOD);
    tcase_add_loop_test(tests, test_bad_names, 0, N_BAD);
    tcase_add_loop_test(tests, test_names_from_a_pipe, 0, 4);
    tcase_add_test(tests, test_items_from_a_pipe);
    tcase_add_loop_test(tests, test_bad_items, 0, N_BAD_ITEMS);
    tcase_add_loop_test(tests, test_truth_by_id, 0, 2);
}

int main(void)
{
    return run_suite("data_lists", add);
}
