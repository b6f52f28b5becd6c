/* Imports of rows in other forms: what becomes of them, and what is said of what is wrong. */
#include "tests/base/suite.h"
#include "tests/data/fixture.h"

#include <stdio.h>
#include <string.h>

/* Of the model nanoa, one of three. The form's label_names are the text of that file. */
static ams_status import(const char *name, const char *text, ams_row_form form,
                         ams_import_counts *counts, ams_error *err)
{
    char of_model[300];
    char names[300];
    const char *const files[] = {of_model};
    ams_import_options options = ams_import_defaults();
    options.models_path = put_models();
    options.output = in_folder("out.h5");
    options.allow_missing = true;
    snprintf(of_model, sizeof of_model, "nanoa=%s", put_file(name, text));
    if (form.model_files == NULL) {
        form.model_files = files;
        form.n_model_files = 1;
    }
    if (form.label_names != NULL) { /* in_folder's paths last for a few calls */
        snprintf(names, sizeof names, "%s", put_file("names.txt", form.label_names));
        form.label_names = names;
    }
    options.form = form;
    return ams_data_import(NULL, 0, &options, counts, err);
}

static const struct {
    const char *name, *text;
    ams_row_form form;
    const char *same; /* rows as docs/format.md has them */
} good[] = {
    {"r.json",
     "\n [{\"item\": 7, \"labels\": {\"x\": 0.5}},\n  {\"labels\": [], \"item\": \"b\"} ]\n",
     {0},
     "{\"item\":\"7\",\"model\":\"nanoa\",\"labels\":[[\"x\",0.5]]}\n"
     "{\"item\":\"b\",\"model\":\"nanoa\",\"labels\":[]}\n"},
    {"r.json",
     "[{\"i\":1,\"l\":2,\"s\":0.5},{\"i\":1,\"l\":0,\"s\":1},{\"i\":2,\"l\":1,\"s\":0.25}]",
     {.columns = "item=i,label=l,conf=s", .label_names = "x\ny\nz\n\n"},
     "{\"item\":\"1\",\"model\":\"nanoa\",\"labels\":[[\"z\",0.5],[\"x\",1]]}\n"
     "{\"item\":\"2\",\"model\":\"nanoa\",\"labels\":[[\"y\",0.25]]}\n"},
    {"r.json",
     "{\"p\": [[\"x\", 0.5]], \"q\": {\"label\": \"y\", \"prob\": 0.25}, \"r\": {\"x\": 1}}",
     {.format = AMS_FORMAT_KEYED, .columns = "conf=prob"},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"labels\":[[\"x\",0.5]]}\n"
     "{\"item\":\"q\",\"model\":\"nanoa\",\"labels\":[[\"y\",0.25]]}\n"
     "{\"item\":\"r\",\"model\":\"nanoa\",\"labels\":[[\"x\",1]]}\n"},
    {"r.txt",
     "i;t;x;y\np;2500;0.5;0\nq;500;;0.03\n",
     {.columns = "item=i,time_ms=t,conf=*", .separator = ";", .time_unit = "us", .keep = 0.1},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"time_ms\":2.5,\"labels\":[[\"x\",0.5]]}\n"
     "{\"item\":\"q\",\"model\":\"nanoa\",\"time_ms\":0.5,\"labels\":[]}\n"},
    {"r.tsv",
     "i\tx 1\ty 1\tx 2\ty 2\np\tx\t0.5\ty\t0.25\nq\t\t\tz\t1\n",
     {.columns = "item=i,label=x *,conf=y *"},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"labels\":[[\"x\",0.5],[\"y\",0.25]]}\n"
     "{\"item\":\"q\",\"model\":\"nanoa\",\"labels\":[[\"z\",1]]}\n"},
    /* Constants, in each reader. */
    {"r.json",
     "[{\"item\":\"p\",\"conf\":1,\"labels\":[\"x\",{\"label\":\"y\",\"score\":0.9},[\"z\",1]]}"
     "]",
     {.columns = "conf==0.5,time_ms==3,truth==x,group==g,split==test"},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"time_ms\":3,\"truth\":\"x\",\"group\":\"g\","
     "\"split\":\"test\",\"labels\":[[\"x\",0.5],[\"y\",0.5],[\"z\",1]]}\n"},
    {"r.json",
     "[{\"item\":\"p\"},{\"item\":\"q\"}]",
     {.columns = "labels==x,conf==0.25"},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"labels\":[[\"x\",0.25]]}\n"
     "{\"item\":\"q\",\"model\":\"nanoa\",\"labels\":[[\"x\",0.25]]}\n"},
    {"r.json",
     "{\"p\": [\"x\"], \"q\": {\"label\": \"y\"}}",
     {.format = AMS_FORMAT_KEYED, .columns = "conf==0.5,time_ms==2,truth==x,group==g"},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"time_ms\":2,\"truth\":\"x\",\"group\":\"g\","
     "\"labels\":[[\"x\",0.5]]}\n"
     "{\"item\":\"q\",\"model\":\"nanoa\",\"time_ms\":2,\"truth\":\"x\",\"group\":\"g\","
     "\"labels\":[[\"y\",0.5]]}\n"},
    {"r.csv",
     "item,label\np,x\np,y\nq,\n",
     {.columns = "conf==0.5,time_ms==3,truth==x"},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"time_ms\":3,\"truth\":\"x\",\"labels\":[[\"x\",0.5]"
     ","
     "[\"y\",0.5]]}\n"
     "{\"item\":\"q\",\"model\":\"nanoa\",\"time_ms\":3,\"truth\":\"x\",\"labels\":[]}\n"},
    {"r.csv",
     "item,score\np,0.5\nq,\n",
     {.columns = "label==right,conf=score"},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"labels\":[[\"right\",0.5]]}\n"
     "{\"item\":\"q\",\"model\":\"nanoa\",\"labels\":[]}\n"},
    {"r.csv",
     "item,l_1,l_2\np,x,y\nq,z,\n",
     {.columns = "label=l_*,conf==0.25,time_ms==3,truth==x"},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"time_ms\":3,\"truth\":\"x\",\"labels\":[[\"x\",0."
     "25],"
     "[\"y\",0.25]]}\n"
     "{\"item\":\"q\",\"model\":\"nanoa\",\"time_ms\":3,\"truth\":\"x\",\"labels\":[[\"z\","
     "0.25]]}\n"},
    /* One column of confidences for all labels of a row. */
    {"r.csv",
     "item,l_1,l_2,sure\np,x,y,0.5\nq,z,,\n",
     {.columns = "label=l_*,conf=sure"},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"labels\":[[\"x\",0.5],[\"y\",0.5]]}\n"
     "{\"item\":\"q\",\"model\":\"nanoa\",\"labels\":[]}\n"},
    /* Columns of other parts are no labels, nor those that a constant or --model stands for. */
    {"r.csv",
     "item,model,group,x\np,m,h,0.5\n",
     {.columns = "group==g,conf=*"},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"group\":\"g\",\"labels\":[[\"x\",0.5]]}\n"},
    {"r.csv",
     "nanob,nanoa\n0,0.5\n",
     {.columns = "item=nanob,model=*,label==right,conf=*"},
     "{\"item\":\"0\",\"model\":\"nanoa\",\"labels\":[[\"right\",0.5]]}\n"},
    {"r.csv",
     "item,label_a,a\np,x,0.5\n",
     {.columns = "label=label_*,conf=*"},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"labels\":[[\"x\",0.5]]}\n"},
    /* Zeros of columns are no outputs, whatever the file. */
    {"r.json",
     "[{\"item\":\"p\",\"nanoa\":0,\"nanob\":0.5}]",
     {.columns = "model=*,label==x,conf=*"},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"labels\":[]}\n"
     "{\"item\":\"p\",\"model\":\"nanob\",\"labels\":[[\"x\",0.5]]}\n"},
    {"r.csv",
     "item,nanoa,nanob\np,0,0.5\n",
     {.columns = "model=*,label==x,conf=*"},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"labels\":[]}\n"
     "{\"item\":\"p\",\"model\":\"nanob\",\"labels\":[[\"x\",0.5]]}\n"},
    /* null is an empty cell: no labels in that shape, and no output without its confidence. */
    {"r.json",
     "[{\"item\":\"p\",\"nanoa\":null,\"nanoa_l\":\"x\"}]",
     {.columns = "model=*,labels=*,label=*_l"},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"labels\":[[\"x\",1]]}\n"},
    {"r.json",
     "[{\"item\":\"p\",\"nanoa\":null,\"nanoa_l\":\"x\"}]",
     {.columns = "model=*,label=*_l,conf=*"},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"labels\":[]}\n"},
    {"r.csv",
     "item,nanoa,nanoa_l\np,,x\n",
     {.columns = "model=*,label=*_l,conf=*"},
     "{\"item\":\"p\",\"model\":\"nanoa\",\"labels\":[]}\n"},
    /* Right answers as ids. */
    {"r.json",
     "[{\"item\":1,\"labels\":[[0,0.5]],\"truth\":[1,\"0\"]},"
     "{\"item\":2,\"labels\":[],\"truth\":1}]",
     {.label_names = "x\ny\n"},
     "{\"item\":\"1\",\"model\":\"nanoa\",\"truth\":[\"x\",\"y\"],\"labels\":[[\"x\",0.5]]}\n"
     "{\"item\":\"2\",\"model\":\"nanoa\",\"truth\":\"y\",\"labels\":[]}\n"},
};
enum { N_GOOD = sizeof good / sizeof *good };

START_TEST(test_same)
{
    ams_import_counts counts;
    ams_error err = {""};
    char expected[64];
    ams_import_options plain = ams_import_defaults();
    plain.allow_missing = true;
    put_models();
    ck_assert_msg(import_text(good[_i].same, plain, &counts, &err) == AMS_OK, "%s", err.text);
    snprintf(expected, sizeof expected, "%s", hash_of("out.h5"));
    ck_assert_msg(import(good[_i].name, good[_i].text, good[_i].form, &counts, &err) == AMS_OK,
                  "%s", err.text);
    ck_assert_str_eq(hash_of("out.h5"), expected);
}
END_TEST

static const struct {
    const char *name, *text;
    ams_row_form form;
    ams_status status;
    const char *message; /* what it says, after the folder if it begins with @ */
} bad[] = {
    {"r.json",
     "[{\"item\":\"i\",\"labels\":[]}\n {",
     {0},
     AMS_BAD_DATA,
     "@r.json:2: expected a comma or a closing bracket, found '{'"},
    {"r.json",
     "[{\"item\":\"i\",\"labels\":[]},\n{\"item\":",
     {0},
     AMS_BAD_DATA,
     "@r.json:2: expected a closing bracket, found the end of the file"},
    {"r.json",
     "[\n\n3]",
     {0},
     AMS_BAD_DATA,
     "@r.json:3: expected one JSON object, found: '[' or '{' expected near '3' (column 1)"},
    {"r.json",
     "[] x",
     {0},
     AMS_BAD_DATA,
     "@r.json:1: expected the end of the file after the last value, found 'x'"},
    {"r.json",
     "{\"info\":{\"samples\":[1]}}",
     {.format = AMS_FORMAT_FIFTYONE},
     AMS_BAD_DATA,
     "@r.json:1: expected a member \"samples\", found none"},
    {"r.json",
     "{\"samples\":[{\"filepath\":\"p\",\"z\":[]}]}",
     {.format = AMS_FORMAT_FIFTYONE},
     AMS_BAD_DATA,
     "@r.json:1: expected a field of at least one of the models 'nanoa', ...; found none"},
    {"r.json",
     "[{\"image_id\":1,\"category_id\":9,\"score\":0.5}]",
     {.format = AMS_FORMAT_COCO, .label_names = "x\ny\nz\n\n"},
     AMS_BAD_DATA,
     "@r.json:1: expected a label that @names.txt names, found '9' of model 'nanoa' on item "
     "'1'"},
    {"r.csv",
     "i,x\np,high\n",
     {.columns = "item=i,conf=*"},
     AMS_BAD_DATA,
     "@r.csv:2: column 'x': expected a number, found 'high'"},
    {"r.csv",
     "i,x\np,0.5\n",
     {.columns = "item=id,conf=*"},
     AMS_BAD_DATA,
     "@r.csv:1: expected a column 'id', found none; --columns item=NAME names it"},
    {"r.csv",
     "i,x\np,0.5\n",
     {.columns = "item=i,conf=p_*"},
     AMS_BAD_DATA,
     "@r.csv:1: expected columns 'p_*' with a label in place of the *, found none"},
    {"r.csv",
     "i,l_1,p_1,p_2\n",
     {.columns = "item=i,label=l_*,conf=p_*"},
     AMS_BAD_DATA,
     "@r.csv:1: expected a column 'l_2' beside 'p_2', found none"},
    {"r.csv",
     "i,x\np,0.5\n",
     {.columns = "item=i,label=x"},
     AMS_BAD_DATA,
     "@r.csv:1: expected a header with item, model, label and conf, found no 'conf'; --columns "
     "says which columns stand for them"},
    {"r.csv",
     "",
     {.columns = "itme=i"},
     AMS_USAGE,
     "option --columns: expected item, model, labels, label, conf, group, split, time_ms or "
     "truth before the '=' of 'itme=i', found 'itme'; did you mean 'item'?"},
    {"r.csv",
     "",
     {.columns = "item=*"},
     AMS_USAGE,
     "option --columns: expected a * in label and conf alone, and in labels and time_ms with "
     "model=*; found one in item"},
    {"r.csv",
     "",
     {.columns = "split==val"},
     AMS_USAGE,
     "option --columns: expected split train, validation or test, found 'val'"},
    {"r.csv",
     "",
     {.separator = "::"},
     AMS_USAGE,
     "option --separator: expected one byte, such as ; or |, or tab; found '::'"},
    {"r.csv",
     "",
     {.time_unit = "min"},
     AMS_USAGE,
     "option --time-unit: expected s, ms, us or ns, found 'min'"},
    {"r.json",
     "[\n{\"item\":\"p\",\"labels\":[\"x\",\"y\"],\"score\":[0.5,1,1]}]",
     {0},
     AMS_BAD_DATA,
     "@r.json:2: expected as many confidences as labels, 2, found 3"},
    {"r.json",
     "[{\"item\":\"p\",\"label\":\"x\",\"score\":[0.5,1]}]",
     {0},
     AMS_BAD_DATA,
     "@r.json:1: expected as many confidences as labels, 1, found 2"},
    {"r.json",
     "",
     {.columns = "conf==high"},
     AMS_USAGE,
     "option --columns: conf: expected a confidence from 0 to 1, found 'high'"},
    {"r.json",
     "",
     {.columns = "conf==2"},
     AMS_USAGE,
     "option --columns: conf: expected a confidence from 0 to 1, found '2'"},
    {"r.json",
     "",
     {.columns = "time_ms==0"},
     AMS_USAGE,
     "option --columns: time_ms: expected a number greater than 0 and below 3.4e38, found '0'"},
    {"r.json",
     "",
     {.columns = "truth==a\tb"},
     AMS_USAGE,
     "option --columns: expected a name of the truth in UTF-8 without control characters, "
     "found "
     "byte 0x09 at its position 2"},
    {"r.csv",
     "item,tags\np,x\n",
     {.columns = "labels=tags"},
     AMS_USAGE,
     "option --columns: expected label in place of labels, since @r.csv is CSV, which has a "
     "label "
     "per record or column"},
    {"r.csv",
     "item,x\np,1\n",
     {.columns = "labels==tags,conf=*"},
     AMS_USAGE,
     "option --columns: expected label in place of labels, since @r.csv is CSV, which has a "
     "label "
     "per record or column"},
    {"r.csv",
     "item,x,item\np,1,q\n",
     {.columns = "conf=*"},
     AMS_BAD_DATA,
     "@r.csv:1: expected one column 'item', found two"},
    {"r.json",
     "[{\"item\":1,\"labels\":[],\"truth\":7}]",
     {.label_names = "x\ny\n"},
     AMS_BAD_DATA,
     "@r.json:1: expected a label that @names.txt names, found '7' as truth of item '1'"},
    {"r.json",
     "[{\"item\":1,\"labels\":[],\"truth\":7}]",
     {0},
     AMS_BAD_DATA,
     "@r.json:1: field 'truth': expected the name of a label, found the number 7; "
     "--label-names "
     "FILE says which label that is"},
};
enum { N_BAD = sizeof bad / sizeof *bad };

START_TEST(test_refused)
{
    ams_import_counts counts;
    ams_error err = {""};
    char expected[1024] = "";
    for (const char *at = bad[_i].message; *at != '\0'; at++) {
        const char one[2] = {*at, '\0'};
        strncat(expected, *at == '@' ? in_folder("") : one,
                sizeof expected - strlen(expected) - 1);
    }
    ck_assert_int_eq(import(bad[_i].name, bad[_i].text, bad[_i].form, &counts, &err),
                     bad[_i].status);
    ck_assert_str_eq(err.text, expected);
}
END_TEST

START_TEST(test_listed_items)
{
    ams_import_counts counts;
    ams_error err = {""};
    ams_row_form form = {.items = put_file("items.json", "{\"annotations\":[{}],\"images\":"
                                                         "[{\"id\":1},{\"id\":2}]}")};
    const char rows[] = "[{\"item\":1,\"labels\":[\"x\"]}]";
    ck_assert_msg(import("r.json", rows, form, &counts, &err) == AMS_OK, "%s", err.text);
    ck_assert_uint_eq(counts.n_items, 2);
    ck_assert_uint_eq(counts.missing_runs, 5);
    ck_assert_int_eq(import("r.json", "[{\"item\":3,\"labels\":[]}]", form, &counts, &err),
                     AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "items.json, found '3'"));
}
END_TEST

/* Larger than any block that is read at once, and a bracket in a text. */
START_TEST(test_large_array)
{
    enum { N = 20000 };
    static char text[N * 48];
    size_t used = (size_t)snprintf(text, sizeof text, "[");
    for (int i = 0; i < N; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{\"item\":%d,\"labels\":[[\"x]\\\"}\",0.5]]}",
                                 i == 0 ? "" : ",", i);
    }
    snprintf(text + used, sizeof text - used, "]");
    ams_import_counts counts;
    ams_error err = {""};
    ck_assert_msg(import("r.json.gz", text, (ams_row_form){0}, &counts, &err) == AMS_OK, "%s",
                  err.text);
    ck_assert_uint_eq(counts.rows, N);
    ck_assert_uint_eq(counts.n_outputs, N);
    ck_assert_uint_eq(counts.n_labels, 1);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, folder_begin, folder_end);
    tcase_add_loop_test(tests, test_same, 0, N_GOOD);
    tcase_add_loop_test(tests, test_refused, 0, N_BAD);
    tcase_add_test(tests, test_listed_items);
    tcase_add_test(tests, test_large_array);
}

int main(void)
{
    return run_suite("data_forms", add);
}
