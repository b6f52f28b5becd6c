#include "base/rng.h"
#include "data/row_parser.h"

#include "tests/base/suite.h"
#include "tests/data/same_row.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static ams_row_parser *parser;

static void begin(void)
{
    ck_assert_int_eq(ams_row_parser_create(&parser, NULL), AMS_OK);
}

static void end(void)
{
    ams_row_parser_destroy(parser);
    ams_row_parser_destroy(NULL);
}

static ams_status parse(const char *line, ams_row *row, ams_error *err)
{
    return ams_row_parse(parser, line, strlen(line), row, err);
}

START_TEST(test_full_row)
{
    ams_row row;
    ck_assert_int_eq(
        parse("{\"item\": \"p/1.jpg\", \"group\": \"pets\", \"model\": \"nanodet\", "
              "\"time_ms\": 131.5, \"front_ms\": 3, \"split\": \"test\", \"x\": [], "
              "\"labels\": [[\"person\", 0.93], [\"d\\u00f6g\", 1]]}",
              &row, NULL),
        AMS_OK);
    ck_assert_str_eq(row.item, "p/1.jpg");
    ck_assert_str_eq(row.group, "pets");
    ck_assert_str_eq(row.model, "nanodet");
    ck_assert_str_eq(row.split, "test");
    ck_assert_double_eq(row.time_ms, 131.5);
    ck_assert_uint_eq(row.n_labels, 2);
    ck_assert_str_eq(row.label[0], "person");
    ck_assert_str_eq(row.label[1], "d\xC3\xB6g");
    ck_assert_double_eq(row.conf[0], 0.93);
    ck_assert_double_eq(row.conf[1], 1);
    ck_assert_uint_eq(row.unknown_fields, 2);
    ck_assert_str_eq(row.unknown_field, "front_ms");
}
END_TEST

START_TEST(test_least_row)
{
    ams_row row;
    ck_assert_int_eq(parse("{\"labels\":[],\"model\":\"m\",\"item\":\"i\",\"group\":null,"
                           "\"split\":null,\"time_ms\":null}",
                           &row, NULL),
                     AMS_OK);
    ck_assert_ptr_null(row.group);
    ck_assert_ptr_null(row.split);
    ck_assert(isnan(row.time_ms));
    ck_assert_uint_eq(row.n_labels, 0);
    ck_assert_uint_eq(row.unknown_fields, 0);
}
END_TEST

#define ROW(rest) "{\"item\":\"i\",\"model\":\"m\"," rest "}"

/* Shapes of labels; all are a 0.5 and b 1, or a alone. */
static const struct {
    const char *line;
    uint32_t n_labels, unknown;
} shape[] = {
    {ROW("\"labels\":[[\"a\",0.5],[\"b\",1]]"), 2, 0},
    {ROW("\"labels\":{\"a\":0.5,\"b\":1}"), 2, 0},
    {ROW("\"labels\":[{\"label\":\"a\",\"score\":0.5},{\"label\":\"b\"}]"), 2, 0},
    {ROW("\"labels\":[{\"label\":\"a\",\"conf\":0.5},{\"confidence\":1,\"label\":\"b\"}]"), 2,
     0},
    {ROW("\"labels\":[[\"a\",0.5],\"b\"]"), 2, 0},
    {ROW("\"labels\":[\"a\",\"b\"],\"score\":[0.5,1]"), 2, 0},
    {ROW("\"labels\":{\"_cls\":\"Detections\",\"detections\":[{\"label\":\"a\",\"confidence\":"
         "0.5},"
         "{\"label\":\"b\",\"confidence\":null}]}"),
     2, 0},
    {ROW("\"labels\":{\"classifications\":[{\"label\":\"a\",\"confidence\":0.5}]}"), 1, 0},
    {ROW("\"labels\":{\"label\":\"a\",\"confidence\":0.5,\"logits\":null}"), 1, 0},
    {ROW("\"label\":\"a\",\"conf\":0.5"), 1, 0},
    {ROW("\"label\":[\"a\"],\"confidence\":0.5,\"bbox\":[1,2]"), 1, 1},
    {ROW("\"labels\":[[\"a\",0.5]],\"label\":\"z\",\"score\":1,\"conf\":0"), 1, 3},
};
enum { N_SHAPES = sizeof shape / sizeof *shape };

START_TEST(test_shapes)
{
    ams_row row;
    ams_error err = {""};
    ck_assert_msg(parse(shape[_i].line, &row, &err) == AMS_OK, "%s", err.text);
    ck_assert_uint_eq(row.n_labels, shape[_i].n_labels);
    ck_assert_str_eq(row.label[0], "a");
    ck_assert_double_eq(row.conf[0], 0.5);
    if (row.n_labels == 2) {
        ck_assert_str_eq(row.label[1], "b");
        ck_assert_double_eq(row.conf[1], 1);
    }
    ck_assert_uint_eq(row.unknown_fields, shape[_i].unknown);
}
END_TEST

START_TEST(test_numbered_items)
{
    static const char *const number[] = {"139", "-7", "9007199254740991", "0"};
    for (int i = 0; i < 4; i++) {
        char line[96];
        ams_row row;
        snprintf(line, sizeof line, "{\"item\":%s,\"model\":\"m\",\"labels\":[]}", number[i]);
        ck_assert_int_eq(parse(line, &row, NULL), AMS_OK);
        ck_assert_str_eq(row.item, number[i]);
    }
}
END_TEST

static const struct {
    const char *line, *message;
} bad[] = {
    {"", "expected one JSON object, found: '[' or '{' expected near end of file (column 0)"},
    {"[1]", "expected one JSON object, found an array of 1"},
    {"{\"item\":\"i\"", "expected one JSON object, found: '}' expected near end of file "
                        "(column 11)"},
    {ROW("\"labels\":[]") " x",
     "expected one JSON object, found: end of file expected near 'x' "
     "(column 38)"},
    {ROW("\"labels\":[],\"item\":\"j\""),
     "expected one JSON object, found: duplicate object key "
     "near '\"item\"' (column 42)"},
    {ROW("\"labels\":[[\"a\",NaN]]"),
     "expected one JSON object, found: invalid token near 'NaN' (column 42)"},
    {ROW("\"group\":\"g\""), "expected the fields item, model and labels, found no 'labels'; "
                             "--columns says which fields stand for them"},
    {"{\"item\":\"i\",\"labels\":[]}",
     "expected the fields item, model and labels, found no 'model'; --model NAME=FILE names "
     "the model of a whole file"},
    {"{\"model\":\"i\",\"labels\":[]}",
     "expected the fields item, model and labels, found no 'item'; --columns says which fields "
     "stand for them"},
    {"{\"item\":1.5,\"model\":\"m\",\"labels\":[]}",
     "field 'item': expected a text, or a whole number below 2^53, found the number 1.5"},
    {"{\"item\":9007199254740993,\"model\":\"m\",\"labels\":[]}",
     "field 'item': expected a text, or a whole number below 2^53, found the number "
     "9.00719925e+15"},
    {"{\"item\":\"\",\"model\":\"m\",\"labels\":[]}",
     "expected a name of the item, found an empty text"},
    {"{\"item\":\"a\\tb\",\"model\":\"m\",\"labels\":[]}",
     "expected a name of the item in UTF-8 without control characters, found byte 0x09 at its "
     "position 2"},
    {ROW("\"labels\":null"), "field 'labels': expected labels in an array, found null"},
    {ROW("\"labels\":{\"a\":\"b\"}"),
     "label 'a': expected a confidence from 0 to 1, found the text \"b\""},
    {ROW("\"labels\":[[\"a\",0.5],[\"b\"]]"),
     "field 'labels': expected [\"label\", confidence], an object with label and score, or a "
     "text at position 2, found an array of 1"},
    {ROW("\"labels\":[[\"a\",\"0.5\"]]"),
     "field 'labels': expected [\"label\", confidence], an object with label and score, or a "
     "text at position 1, found the text \"0.5\" as confidence"},
    {ROW("\"labels\":[{\"score\":0.5}]"),
     "field 'labels': expected [\"label\", confidence], an object with label and score, or a "
     "text at position 1, found nothing"},
    {ROW("\"labels\":[\"a\",0.5]"),
     "field 'labels': expected [\"label\", confidence], an object with label and score, or a "
     "text at position 2, found the number 0.5"},
    {ROW("\"labels\":[17]"), "field 'labels': expected the name of a label, found the number "
                             "17; --label-names FILE says which label that is"},
    {ROW("\"labels\":[\"a\",\"b\"],\"score\":[0.5]"),
     "expected as many confidences as labels, 2, found 1"},
    {ROW("\"labels\":[\"a\",\"b\"],\"score\":[0.5,1,1]"),
     "expected as many confidences as labels, 2, found 3"},
    {ROW("\"labels\":[{\"label\":\"a\",\"score\":2}]"),
     "label 'a': expected a confidence from 0 to 1, found 2"},
    {ROW("\"labels\":[[\"a\",1.5]]"),
     "label 'a': expected a confidence from 0 to 1, found 1.5"},
    {ROW("\"labels\":[[\"a\",-0.25]]"),
     "label 'a': expected a confidence from 0 to 1, found -0.25"},
    {ROW("\"labels\":[[\"\",0.5]]"), "expected a name of the label, found an empty text"},
    {ROW("\"labels\":[],\"time_ms\":0"),
     "expected time_ms greater than 0 and below 3.4e38, found 0"},
    {ROW("\"labels\":[],\"time_ms\":-3"),
     "expected time_ms greater than 0 and below 3.4e38, found -3"},
    {ROW("\"labels\":[],\"time_ms\":1e300"),
     "expected time_ms greater than 0 and below 3.4e38, found 1e+300"},
    {ROW("\"labels\":[],\"time_ms\":\"3\""),
     "field 'time_ms': expected a number, found the text \"3\""},
    {ROW("\"labels\":[],\"split\":\"val\""),
     "expected split train, validation or test, found 'val'"},
    {ROW("\"labels\":[],\"group\":true"), "field 'group': expected a text, found true"},
};
enum { N_BAD = sizeof bad / sizeof *bad };

START_TEST(test_refused)
{
    ams_row row;
    ams_error err = {""};
    ck_assert_int_eq(parse(bad[_i].line, &row, &err), AMS_BAD_DATA);
    ck_assert_str_eq(err.text, bad[_i].message);
    /* The parser goes on after it. */
    ck_assert_int_eq(parse(ROW("\"labels\":[]"), &row, &err), AMS_OK);
}
END_TEST

START_TEST(test_embedded_zero)
{
    static const char line[] = "{\"item\":\"i\0\",\"model\":\"m\",\"labels\":[]}";
    ams_row row;
    ck_assert_int_eq(ams_row_parse(parser, line, sizeof line - 1, &row, NULL), AMS_BAD_DATA);
    ck_assert_int_eq(parse("{\"item\":\"i\\u0000\",\"model\":\"m\",\"labels\":[]}", &row, NULL),
                     AMS_BAD_DATA);
}
END_TEST

/* Lines that are read directly, or nearly; each differs from the next in what may go wrong. */
static const char *const near[] = {
    ROW("\"labels\":[[\"a\",0.313476562],[\"b\",1]],\"group\":\"g\",\"split\":\"test\""),
    ROW("\"labels\" : [ [ \"a b\" , 1e-05 ] , [ \"c/d\" , 0.30000001192092896 ] ] , "
        "\"time_ms\" : 12.5 , \"truth\" : [ \"a b\" , \"x\" ]"),
    ROW("\"labels\":[{\"label\":\"a\",\"score\":1.0000001},{\"confidence\":0,\"label\":\"b\"}"
        "]"),
    ROW("\"labels\":{\"a\":0.5,\"label\":1,\"kind\":0.25}"),
    ROW("\"labels\":{\"a\":0.5,\"b\":-0.0,\"c\":1E0},\"truth\":\"a\",\"group\":null"),
    ROW("\"label\":\"a\",\"confidence\":0.5,\"bbox\":[1,2.5,\"x\",null,true,false],\"n\":-3"),
    ROW("\"labels\":[[\"d\xC3\xB6g\",0.5],[\"\xE7\x8A\xAC\",1],[\"\xF0\x9F\x90\xB6\",0]]"),
    "{\"item\":42,\"model\":\"m\",\"labels\":[],\"x\":\"\",\"y\":0,\"split\":null}",
};
enum { N_NEAR = sizeof near / sizeof *near };

/* One byte of the line becomes another, goes or comes again. */
static size_t change(char *line, size_t length, const uint32_t word[4])
{
    static const char byte[] = "{}[]:,\"\\ 01.e-+an\t\xC2\x80\xE7\x7F/x";
    const size_t at = ams_below(word[0], (uint32_t)length);
    switch (ams_below(word[1], 3)) {
    case 0:
        line[at] = byte[ams_below(word[2], sizeof byte - 1)];
        return length;
    case 1:
        memmove(line + at, line + at + 1, length - at - 1);
        return length - 1;
    default:
        memmove(line + at + 1, line + at, length - at);
        return length + 1;
    }
}

/* A row that is read without a tree is the one that the tree gives, and what it does not take
 * gets the tree's message. */
START_TEST(test_direct)
{
    enum { CASES = SUITE_SANITIZED ? 2000 : 20000, LONGEST = 512 };
    ams_row_parser *tree = NULL;
    ck_assert_int_eq(ams_row_parser_create(&tree, NULL), AMS_OK);
    tree->direct.off = true;
    int taken = 0;
    int direct = 0;
    for (uint32_t i = 0; i < CASES; i++) {
        uint32_t word[8];
        char line[LONGEST];
        ams_philox(1, AMS_STREAM_TEST, (uint64_t)i * 2, word);
        ams_philox(1, AMS_STREAM_TEST, (uint64_t)i * 2 + 1, word + 4);
        const char *whole = near[_i];
        size_t length = (size_t)snprintf(line, sizeof line, "%s", whole);
        for (uint32_t k = ams_below(word[7], 3); k > 0; k--) {
            length = change(line, length, &word[2 * (size_t)k - 1]);
        }
        ams_row a = {0};
        ams_row b = {0};
        ams_error one = {""};
        ams_error two = {""};
        const ams_status status = ams_row_parse(parser, line, length, &a, &one);
        ck_assert_int_eq(status, ams_row_parse(tree, line, length, &b, &two));
        ck_assert_msg(status == AMS_OK ? same_row(&a, &b) : strcmp(one.text, two.text) == 0,
                      "%.*s: %s, %s", (int)length, line, one.text, two.text);
        ck_assert(status != AMS_OK || parser->record == tree->record);
        taken += status == AMS_OK;
        direct += status == AMS_OK && parser->direct.held;
    }
    ams_row_parser_destroy(tree);
    ck_assert_int_gt(direct,
                     _i == 3 ? -1 : taken / 2); /* the fourth has what only a tree tells */
    ck_assert_int_gt(taken, CASES / 5);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, test_full_row);
    tcase_add_test(tests, test_least_row);
    tcase_add_loop_test(tests, test_shapes, 0, N_SHAPES);
    tcase_add_test(tests, test_numbered_items);
    tcase_add_loop_test(tests, test_refused, 0, N_BAD);
    tcase_add_test(tests, test_embedded_zero);
    tcase_add_loop_test(tests, test_direct, 0, N_NEAR);
}

int main(void)
{
    return run_suite("data_row", add);
}
